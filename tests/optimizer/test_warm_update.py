"""Sessions that take rows and new models while they are warm: the same answers as from cold, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

import abate
from abate.bound import proved_bound
from abate.solver import Session, SolutionStatus
from abate_data.synthetic import synthetic_case
from abate_models.assemble import assemble
from abate_models.compile import CompiledModel, compile_model
from abate_models.problem import Problem, read_problem

INF = np.inf


def model(seed, rows=6, columns=9, whole=0) -> CompiledModel:
    """Return a random model that has a solution: upper limits above 0, and a need of all columns together."""
    rng = np.random.default_rng(seed)
    matrix = np.vstack([rng.uniform(0, 1, (rows, columns)) * 10.0 ** rng.integers(-3, 4, (rows, 1)), np.ones(columns)])
    upper = np.append(0.6 * matrix[:-1].sum(axis=1), INF)
    integer = np.arange(columns) < whole
    return CompiledModel(
        matrix=sparse.csr_array(matrix),
        cost=rng.uniform(1, 2, columns),
        offset=3.0,
        row_lower=np.append(np.full(rows, -INF), 0.3 * columns),
        row_upper=upper,
        column_lower=np.zeros(columns),
        column_upper=np.ones(columns),
        integer=integer,
        columns={"extent": slice(0, columns)},
        rows={"cap": np.arange(rows), "need": np.array([rows])},
        keys={"cap": [f"cap {row}" for row in range(rows)], "need": [None]},
    )


def moved(compiled, seed):
    """Return the model with other numbers everywhere, also on another scale."""
    rng = np.random.default_rng(seed)
    matrix = compiled.matrix.copy()
    matrix.data *= rng.uniform(0.9, 1.1, matrix.nnz)
    return replace(
        compiled,
        matrix=matrix,
        cost=100 * compiled.cost * rng.uniform(0.9, 1.1, len(compiled.cost)),
        row_upper=compiled.row_upper * rng.uniform(0.9, 1.1, len(compiled.row_upper)),
    )


def least(compiled):
    """Return the optimum of a model of continuous columns by SciPy."""
    matrix, lower = compiled.matrix.toarray(), compiled.row_lower
    upper = np.isfinite(compiled.row_upper)
    rows = np.vstack([matrix[upper], -matrix[np.isfinite(lower)]])
    bounds = np.concatenate([compiled.row_upper[upper], -lower[np.isfinite(lower)]])
    columns = np.column_stack([compiled.column_lower, compiled.column_upper])
    return linprog(compiled.cost, rows, bounds, bounds=columns).fun + compiled.offset


class TestRows:
    @pytest.mark.parametrize("seed", range(5))
    def test_rows_that_are_added_hold(self, seed):
        session = Session(model(seed))
        first = session.solve()
        rng = np.random.default_rng(seed + 100)
        for number in range(3):
            row = sparse.csr_array(rng.uniform(0, 1000, (1, 9)))
            least_of_row = 1.03 * float((row @ session.solve().values)[0])
            session.add_rows(row, np.array([least_of_row]), np.array([INF]), name="cut", keys=[number])
        solution = session.solve()
        assert solution.objective == pytest.approx(least(session.compiled), rel=1e-7)
        assert solution.objective > first.objective
        assert proved_bound(session.compiled, solution.prices) == pytest.approx(solution.objective, rel=1e-9)
        assert session.compiled.keys["cut"] == [0, 1, 2]
        assert session.compiled.rows["cut"].tolist() == [7, 8, 9]

    def test_rows_without_a_name_are_numbered(self):
        session = Session(model(1))
        for _ in range(2):
            session.add_rows(sparse.csr_array(np.ones((2, 9))), np.zeros(2), np.full(2, 9.0))
        assert session.compiled.keys["added"] == [0, 1, 2, 3]

    def test_bounds_of_an_added_row_can_be_changed(self):
        session = Session(model(2))
        session.add_rows(sparse.csr_array(1000.0 * np.ones((1, 9))), np.array([-INF]), np.array([9000.0]))
        row = session.compiled.rows["added"]
        session.bound_rows(row, np.array([4000.0]), np.array([9000.0]))
        changed = replace(session.compiled, row_lower=np.append(session.compiled.row_lower[:-1], 4000.0))
        assert session.solve().objective == pytest.approx(least(changed), rel=1e-7)

    def test_a_size_sharpens_a_row_without_changing_it(self):
        row, most = sparse.csr_array(np.ones((1, 9))), np.array([1e-3])
        free = replace(model(3), row_lower=np.full(7, -INF), cost=-np.ones(9), offset=0.0)
        for sizes in (None, most):
            session = Session(free)
            session.add_rows(row, np.array([-INF]), most, sizes=sizes)
            assert session.solve().objective == pytest.approx(-1e-3, rel=1e-3)

    def test_a_twin_has_the_rows_and_the_basis(self):
        session = Session(model(4))
        session.solve()
        session.add_rows(sparse.csr_array(np.ones((1, 9))), np.array([4.0]), np.array([INF]))
        objective = session.solve().objective
        twin = session.twin().solve()
        assert twin.objective == pytest.approx(objective)
        assert twin.iterations == 0

    def test_relaxed_is_for_a_while(self):
        compiled = model(5, whole=9)
        session = Session(compiled)
        with session.relaxed():
            relaxed = session.solve()
            assert not session.is_whole
        whole = session.solve()
        assert session.is_whole
        assert relaxed.objective == pytest.approx(least(replace(compiled, integer=np.zeros(9, dtype=bool))))
        assert whole.objective >= relaxed.objective
        assert whole.values == pytest.approx(np.round(whole.values))


class TestUpdates:
    @pytest.mark.parametrize("seed", range(8))
    def test_new_numbers_have_the_answer_of_a_new_session(self, seed):
        compiled = model(seed)
        session = Session(compiled)
        session.solve()
        for step in range(3):
            compiled = moved(compiled, 10 * seed + step)
            assert session.update(compiled) == "updated"
            solution = session.solve()
            assert solution.status is SolutionStatus.OPTIMAL
            assert solution.objective == pytest.approx(least(compiled), rel=1e-7)
            assert proved_bound(session.compiled, solution.prices) == pytest.approx(solution.objective, rel=1e-9)

    def test_the_basis_stays(self):
        compiled = compiled_of(synthetic_case("air", sources=60, receptors=6, seed=3))
        session = Session(compiled)
        first = session.solve()
        assert session.update(compiled) == "updated"
        again = session.solve()
        assert again.iterations == 0 < first.iterations
        assert again.objective == first.objective
        session.update(
            replace(
                compiled, row_upper=np.where(compiled.row_lower < compiled.row_upper, 1.01, 1.0) * compiled.row_upper
            )
        )
        assert session.solve().iterations < first.iterations / 4

    def test_rows_that_were_added_are_dropped(self):
        compiled = model(1)
        session = Session(compiled)
        session.solve()
        session.add_rows(sparse.csr_array(np.ones((1, 9))), np.array([5.0]), np.array([INF]), name="cut")
        held = session.solve().objective
        assert session.update(compiled) == "updated"
        solution = session.solve()
        assert session.compiled is compiled
        assert solution.objective == pytest.approx(least(compiled))
        assert solution.objective < held
        assert len(solution.prices) == 7

    def test_costs_and_bounds_of_before_are_dropped(self):
        compiled = model(2)
        session = Session(compiled)
        session.minimise(np.ones(9))
        session.bound_columns(np.arange(9), np.full(9, 0.5), np.ones(9))
        session.solve()
        session.update(compiled)
        assert session.solve().objective == pytest.approx(least(compiled))

    def test_whole_numbers_are_whole_again(self):
        compiled = model(3, whole=9)
        session = Session(compiled)
        session.fix_integers(session.solve().values)
        session.solve()
        other = moved(compiled, 7)
        assert session.update(other) == "updated"
        found = session.solve()
        assert found.values == pytest.approx(np.round(found.values))
        assert found.objective == pytest.approx(Session(other).solve().objective)
        assert np.isnan(found.prices).all()

    def test_before_any_solve(self):
        session, other = Session(model(4)), moved(model(4), 1)
        assert session.update(other) == "updated"
        assert session.solve().objective == pytest.approx(least(other))

    def test_an_infeasible_model_can_be_left(self):
        compiled = model(5)
        session = Session(replace(compiled, row_lower=np.append(np.full(6, -INF), 10.0)))
        assert session.solve().status is SolutionStatus.INFEASIBLE
        assert session.update(compiled) == "updated"
        assert session.solve().objective == pytest.approx(least(compiled))

    def test_numbers_that_are_none_are_refused(self):
        session = Session(model(6))
        with pytest.raises(abate.SolverError, match="not a number"):
            session.update(replace(model(6), cost=np.full(9, np.nan)))


TWO = {
    "sources": "source income\nmill 3\ntown 4",
    "loads": "source pollutant load\nmill P 100\ntown P 50",
    "options": "source measure max_extent unit_cost fixed_cost\nmill filter 1 30 .\ntown filter 1 20 .",
    "removals": "source measure pollutant removal\n* filter P 0.8",
    "targets": "target kind limit\nbasin load 60",
}
#: Other tables, and why the model is then another one.
OTHERS = {
    "same": ({"targets": "target kind limit\nbasin load 70"}, "updated"),
    "an option": (
        {"options": TWO["options"] + "\ntown lime 1 5 .", "removals": TWO["removals"] + "\n* lime P 0.1"},
        "rebuilt because 1 option was added",
    ),
    "options": (
        {
            "options": TWO["options"] + "\ntown lime 1 5 .\nmill lime 1 5 .",
            "removals": TWO["removals"] + "\n* lime P 0.1",
        },
        "rebuilt because 2 options were added",
    ),
    "fewer": (
        {"options": "source measure max_extent unit_cost\nmill filter 1 30"},
        "rebuilt because 1 option was removed",
    ),
    "loads": (
        {"loads": TWO["loads"] + "\nmill N 20", "targets": "target kind pollutant limit\nbasin load P 60"},
        "rebuilt because 1 load was added",
    ),
    "decisions": (
        {"options": TWO["options"].replace("30 .", "30 2")},
        "rebuilt because 1 yes-or-no decision was added",
    ),
    "targets": (
        {"targets": "target kind limit priority\nbasin load 60 1\na load 80 2\nb load 90 3\nc load 95 4\nd load 96 5"},
        "rebuilt because the targets differ: a, b, c and 1 more were added",
    ),
    "another": (
        {"targets": "target kind limit\nbay load 60"},
        "rebuilt because the targets differ: bay was added, basin was removed",
    ),
    "rules": (
        {"rules": "rule kind upper\nfair reduction_percent 60"},
        "rebuilt because the rules differ: fair / mill / P, fair / town / P were added",
    ),
}


def compiled_of(case) -> CompiledModel:
    problem: Problem = read_problem(case)
    return compile_model(assemble(problem))


@pytest.mark.parametrize("other", OTHERS)
def test_why_a_model_is_rebuilt(make_case, other):
    tables, said = OTHERS[other]
    session = Session(compiled_of(make_case(TWO)))
    session.solve()
    compiled = compiled_of(make_case({**TWO, **tables}))
    assert session.update(compiled) == said
    cold, warm = Session(compiled).solve(), session.solve()
    assert warm.status is cold.status
    assert warm.objective == pytest.approx(cold.objective, nan_ok=True)


def test_another_order_is_another_model():
    compiled = model(1)
    session = Session(compiled)
    other = "rebuilt because the targets stand in another order, or some were switched on or off"
    keys = {**compiled.keys, "cap": compiled.keys["cap"][::-1]}
    turned = replace(compiled, keys=keys)
    assert session.update(turned) == other
    off = replace(turned, rows={**compiled.rows, "cap": np.array([0, 1, 2, 3, 4, -1])})
    assert session.update(off) == other
    whole = replace(off, integer=np.ones(9, dtype=bool))
    assert session.update(whole) == "rebuilt because other variables take whole numbers"
