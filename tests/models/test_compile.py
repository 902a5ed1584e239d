"""Whatever users add to a model is compiled as they mean it, or refused by name."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pyomo.repn import generate_standard_repn
from scipy import sparse

from abate_data.errors import InputError
from abate_models.added_rows import with_rows
from abate_models.assemble import assemble
from abate_models.compile import compile_model
from abate_models.matrix import MatrixConstraint, MatrixObjective, bounded_variable
from abate_models.problem import read_problem

TABLES = {
    "sources": "source\nmill\ntown",
    "loads": "source pollutant load\nmill P 100\ntown P 50",
    "options": "source measure max_extent unit_cost\nmill filter 1 30\ntown filter 1 20",
    "removals": "source measure pollutant removal\n* filter P 0.8",
    "targets": "target kind limit\nbasin load 90",
}
MILL, TOWN = "allowed_load[mill,P]", "allowed_load[town,P]"


@pytest.fixture
def model(make_case):
    return assemble(read_problem(make_case(TABLES)))


class TestUserParts:
    def test_constraints_of_every_shape(self, model, rows_of):
        mill, town = model.allowed_load.values()
        model.limit = pyo.Param(initialize=7.0, mutable=True)
        model.mine = pyo.ConstraintList()
        model.mine.add(2 * mill + 3 * town + 1 <= model.limit)
        model.mine.add(mill == town)
        model.mine.add((1, mill - town + mill, 5))
        model.mine.add(mill >= 4 + town / 2)
        rows = rows_of(model, "mine")
        assert rows[1] == ({MILL: 2, TOWN: 3}, -np.inf, 6)
        assert rows[2] == ({MILL: 1, TOWN: -1}, 0, 0)
        assert rows[3] == ({MILL: 2, TOWN: -1}, 1, 5)
        coefficients, lower, upper = rows[4]
        sign = np.sign(coefficients[MILL])
        assert {key: sign * value for key, value in coefficients.items()} == {MILL: 1, TOWN: -0.5}
        assert (lower, upper) == ((4, np.inf) if sign > 0 else (-np.inf, -4))
        model.limit = 9.0
        assert rows_of(model, "mine")[1][2] == 8

    def test_named_expressions_and_nested_blocks(self, model, rows_of):
        model.share = pyo.Expression(expr=model.allowed_load["mill", "P"] / 50)
        model.part = pyo.Block([1, 2])
        model.part[2].extra = pyo.Var(bounds=(0, 3))
        model.part[2].need = pyo.Constraint(expr=model.share + model.part[2].extra >= 1)
        assert rows_of(model, "part[2].need") == {None: (pytest.approx({MILL: 0.02, "part[2].extra": 1}), 1, np.inf)}

    def test_variables_of_every_domain(self, model):
        model.n = pyo.Var(domain=pyo.NonNegativeIntegers, bounds=(None, 4))
        model.z = pyo.Var(domain=pyo.Binary)
        model.free = pyo.Var()
        compiled = compile_model(model)
        found = {
            name: (compiled.column_lower[column], compiled.column_upper[column], bool(compiled.integer[column]))
            for name in ("n", "z", "free")
            for column in compiled.positions(name)
        }
        assert found == {"n": (0, 4, True), "z": (0, 1, True), "free": (-np.inf, np.inf, False)}

    def test_an_objective_to_maximise_is_turned(self, model):
        model.objective.deactivate()
        model.mine = pyo.Objective(expr=5 * model.extent["mill", "filter"] + 2, sense=pyo.maximize)
        compiled = compile_model(model)
        assert compiled.cost[compiled.positions("extent")].tolist() == [-5, 0]
        assert compiled.offset == -2

    def test_constraints_off_or_trivial_ask_nothing(self, model):
        before = compile_model(model).matrix.shape
        model.off = pyo.Constraint(expr=model.allowed_load["mill", "P"] <= 1)
        model.off.deactivate()
        model.part = pyo.Block()
        model.part.x = pyo.Var()
        model.part.row = pyo.Constraint(expr=model.part.x <= 1)
        model.part.deactivate()
        model.skipped = pyo.Constraint([1, 2], rule=lambda _, i: pyo.Constraint.Skip)
        assert compile_model(model).matrix.shape == before

    def test_a_fixed_variable_counts_as_its_value(self, model, rows_of):
        mill, town = model.allowed_load.values()
        mill.fix(30)
        model.mine = pyo.Constraint(expr=mill + town <= 70)
        assert rows_of(model, "mine")[None] == ({TOWN: 1}, -np.inf, 40)


class TestRefusals:
    @pytest.mark.parametrize(
        "make", [lambda a, b: a * b <= 3, lambda a, b: a**2 + b <= 1, lambda a, b: pyo.exp(a) <= b]
    )
    def test_what_is_not_linear_is_named(self, model, make):
        model.part = pyo.Block()
        model.part.bent = pyo.Constraint(expr=make(*model.allowed_load.values()))
        with pytest.raises(InputError, match=r"part\.bent.*is not linear"):
            compile_model(model)

    def test_an_objective_that_is_not_linear_is_named(self, model):
        model.objective.deactivate()
        model.bent = pyo.Objective(expr=model.extent["mill", "filter"] ** 2)
        with pytest.raises(InputError, match=r"bent.*is not linear"):
            compile_model(model)

    def test_two_objectives_are_refused_by_name(self, model):
        model.mine = pyo.Objective(expr=model.extent["mill", "filter"])
        with pytest.raises(InputError, match=r"exactly one active objective.*objective, mine"):
            compile_model(model)

    def test_no_objective_is_refused(self, model):
        model.objective.deactivate()
        with pytest.raises(InputError, match="exactly one active objective"):
            compile_model(model)

    def test_a_variable_of_another_model_is_named(self, model):
        other = pyo.ConcreteModel()
        other.x = pyo.Var()
        model.mine = pyo.Constraint(expr=other.x + model.extent["mill", "filter"] <= 1)
        with pytest.raises(InputError, match="mine"):
            compile_model(model)

    def test_a_variable_of_a_block_that_is_off_is_named(self, model):
        model.part = pyo.Block()
        model.part.x = pyo.Var()
        model.mine = pyo.Constraint(expr=model.part.x + model.extent["mill", "filter"] <= 1)
        model.part.deactivate()
        with pytest.raises(InputError, match="mine"):
            compile_model(model)

    @pytest.mark.parametrize("what", ["sos", "logical", "disjunction", "complementarity"])
    def test_what_cannot_be_compiled_is_refused(self, model, what):
        mill, town = model.allowed_load.values()
        if what == "sos":
            model.mine = pyo.SOSConstraint(var=model.extent, sos=1)
        elif what == "logical":
            model.yes = pyo.BooleanVar()
            model.mine = pyo.LogicalConstraint(expr=model.yes.implies(~model.yes))
        elif what == "disjunction":
            from pyomo.gdp import Disjunction

            model.mine = Disjunction(expr=[[mill <= 10], [town <= 10]])
        else:
            from pyomo.mpec import Complementarity, complements

            model.mine = Complementarity(expr=complements(mill >= 10, town >= 10))
        with pytest.raises(InputError, match="mine"):
            compile_model(model)

    def test_a_domain_with_holes_is_refused(self, model):
        model.n = pyo.Var(within={0, 5})
        with pytest.raises(InputError, match="n"):
            compile_model(model)


def test_a_reference_is_no_second_variable(model, rows_of):
    model.others = pyo.Reference(model.extent)
    model.mine = pyo.Constraint(expr=model.extent["mill", "filter"] <= 0.5)
    compiled = compile_model(model)
    mine, balance = compiled.rows["mine"][0], compiled.rows["balance"][0]
    assert set(compiled.matrix[[mine]].indices) <= set(compiled.matrix[[balance]].indices)


class TestRandomModels:
    """The compiled numbers are those that Pyomo's own linear representation of every row gives."""

    @settings(max_examples=30, deadline=None)
    @given(
        data=arrays.arrays(np.float64, (4, 5), elements=st.integers(-3, 3).map(float)),
        lower=arrays.arrays(np.float64, 4, elements=st.sampled_from([-np.inf, -2.0, 0.0])),
        upper=arrays.arrays(np.float64, 4, elements=st.sampled_from([np.inf, 0.0, 5.0])),
        off=st.sets(st.integers(0, 3)),
        anew=st.sets(st.integers(0, 3)),
    )
    def test_matrix_rows_equal_pyomo_rows(self, data, lower, upper, off, anew):
        model = pyo.ConcreteModel()
        model.x = bounded_variable(range(3), np.zeros(3), np.ones(3), doc="x")
        model.y = bounded_variable(range(2), np.zeros(2), np.ones(2), doc="y")
        terms = [(sparse.csr_array(data[:, 3:]), model.y), (sparse.csr_array(data[:, :3]), model.x)]
        model.row = MatrixConstraint(range(4), terms=terms, lower=lower, upper=upper, doc="rows")
        model.goal = MatrixObjective(terms=[(data[0, :3], model.x), (data[1, 3:], model.y)], doc="goal")
        for key in anew:
            model.row[key] = model.x[0] + model.y[1] <= key
        for key in off:
            model.row[key].deactivate()
        compiled = compile_model(model)
        columns = {id(v): column for column, v in enumerate([*model.x.values(), *model.y.values()])}
        for key, row in zip(model.row.keys(), compiled.rows["row"], strict=True):
            assert (row < 0) == (key in off)
            if row < 0:
                continue
            expected = np.zeros(5)
            linear = generate_standard_repn(model.row[key].body)
            for variable, coefficient in zip(linear.linear_vars, linear.linear_coefs, strict=True):
                expected[columns[id(variable)]] += coefficient
            assert compiled.matrix[[row]].toarray()[0].tolist() == expected.tolist()
            assert compiled.row_lower[row] == (-np.inf if model.row[key].lb is None else model.row[key].lb)
            assert compiled.row_upper[row] == (np.inf if model.row[key].ub is None else model.row[key].ub)
        assert compiled.matrix.shape == (4 - len(off), 5)
        assert compiled.cost.tolist() == [*data[0, :3], *data[1, 3:]]


def test_rows_that_are_added_are_known_by_name(model):
    compiled = compile_model(model)
    height, width = compiled.matrix.shape
    more = with_rows(compiled, "limits", ["low", "high"], np.eye(2, width), np.array([3.0, np.inf]))
    assert more.rows_of("limits", ["high", "low"]).tolist() == [height + 1, height]
    assert more.row_component(height + 1) == "limits"  # the warning of small coefficients asks for it
    assert (more.row_lower[height:].tolist(), more.row_upper[height:].tolist()) == ([-np.inf] * 2, [3.0, np.inf])
    np.testing.assert_array_equal(more.matrix.toarray(), np.vstack([compiled.matrix.toarray(), np.eye(2, width)]))
    assert "limits" not in compiled.rows
