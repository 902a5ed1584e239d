"""A model that a user extends is planned as extended, and the plan's model holds the plan's values."""

from __future__ import annotations

import pyomo.environ as pyo
import pytest

import abate

TWO = {
    "sources": "source\nmill\ntown",
    "loads": "source pollutant load\nmill P 100\ntown P 50",
    "options": "source measure max_extent unit_cost\nmill filter 1 30\ntown filter 1 20",
    "removals": "source measure pollutant removal\n* filter P 0.8",
    "targets": "target kind limit\nbasin load 60",
}


@pytest.fixture
def case(make_case):
    return make_case(TWO)


@pytest.fixture
def model(case):
    return abate.build(case)


class TestConstraints:
    def test_a_constraint_is_respected(self, case, model, keeps_laws):
        # the mill may remove half of its load only: 50 t for 18.75, 40 t at the town for 20
        model.half = pyo.Constraint(expr=model.allowed_load["mill", "P"] >= 50)
        plan = keeps_laws(abate.decompose(case, model=model))
        assert plan.model is model
        assert plan.cost == pytest.approx(38.75)
        assert plan.certificate.gap == 0

    def test_a_variable_of_the_users_own(self, case, model, keeps_laws):
        # both are to carry the burden alike: the difference of the costs may be 3 at most. 0.375 m - 0.5 t <= 3 and
        # m + t = 90: m = 48 / 0.875
        model.apart = pyo.Var(bounds=(0, 3))
        mill, town = (model.extent[name, "filter"] for name in ("mill", "town"))
        model.sides = pyo.ConstraintList()
        model.sides.add(30 * mill - 20 * town <= model.apart)
        model.sides.add(20 * town - 30 * mill <= model.apart)
        plan = keeps_laws(abate.decompose(case, model=model))
        allowed = plan.allocation.set_index("source")["allowed"]
        assert allowed["mill"] == pytest.approx(100 - 48 / 0.875)

    def test_a_yes_or_no_of_the_users_own(self, case, model, keeps_laws):
        # only one of the two may have a filter above a quarter; the mill must then be the one: 80 t and 10 t
        model.big = pyo.Var(["mill", "town"], domain=pyo.Binary)
        model.need = pyo.Constraint(["mill", "town"], rule=lambda m, s: m.extent[s, "filter"] <= 0.25 + 0.75 * m.big[s])
        model.one = pyo.Constraint(expr=model.big["mill"] + model.big["town"] <= 1)
        plan = keeps_laws(abate.decompose(case, model=model))
        assert plan.cost == pytest.approx(35)
        assert plan.model.big["mill"].value == 1
        assert set(plan.prices["basis"]) == {"yes-or-no decisions fixed"}

    def test_a_nested_block(self, case, model, keeps_laws):
        model.part = pyo.Block()
        model.part.half = pyo.Constraint(expr=model.allowed_load["mill", "P"] >= 50)
        assert keeps_laws(abate.decompose(case, model=model)).cost == pytest.approx(38.75)

    def test_a_fixed_variable(self, case, model, keeps_laws):
        model.extent["mill", "filter"].fix(0.625)
        assert keeps_laws(abate.decompose(case, model=model)).cost == pytest.approx(38.75)

    def test_a_clone(self, case, model):
        copy = model.clone()
        copy.half = pyo.Constraint(expr=copy.allowed_load["mill", "P"] >= 50)
        assert abate.decompose(case, model=copy).cost == pytest.approx(38.75)
        assert abate.decompose(case, model=model).cost == pytest.approx(35)

    def test_a_tighter_row(self, case, model, keeps_laws):
        # 100 t instead of 90: 80 t for 30, 20 t for 10
        model.cap["basin"] = sum(model.allowed_load.values()) <= 50
        plan = keeps_laws(abate.decompose(case, model=model))
        assert plan.cost == pytest.approx(40)
        assert plan.attainment["after"].tolist() == pytest.approx([50])

    def test_a_second_plan_from_the_same_model(self, case, model):
        first = abate.decompose(case, model=model)
        model.half = pyo.Constraint(expr=model.allowed_load["mill", "P"] >= 50)
        assert abate.decompose(case, model=first.model).cost == pytest.approx(38.75)

    def test_what_is_not_linear_is_refused(self, case, model):
        mill, town = model.allowed_load.values()
        model.bent = pyo.Constraint(expr=mill * town <= 3)
        with pytest.raises(abate.InputError, match="bent"):
            abate.decompose(case, model=model)


class TestRowsSwitchedOff:
    """A target whose row is off is still proved from the case; where it holds anyway, it costs nothing."""

    @pytest.fixture
    def tables(self):
        return {**TWO, "targets": "target kind limit priority\nloose load 140 2\nbasin load 60 1"}

    def test_a_row_that_would_not_bind(self, make_case, tables, keeps_laws):
        case = make_case(tables)
        model = abate.build(case)
        model.cap["loose"].deactivate()
        assert keeps_laws(abate.decompose(case, model=model)).cost == pytest.approx(35)

    def test_a_row_that_is_off_has_no_price(self, make_case, tables):
        case = make_case(tables)
        model = abate.build(case)
        model.cap["loose"].deactivate()
        prices = abate.decompose(case, model=model).prices.set_index("target")["price"]
        assert prices["basin"] == pytest.approx(0.5)
        assert not prices["loose"] > 0

    @pytest.mark.parametrize("how", ["deactivate", "delete"])
    def test_a_component_that_is_off(self, case, model, how):
        model.mine = pyo.Constraint(expr=sum(model.allowed_load.values()) <= 60)
        model.cap.deactivate() if how == "deactivate" else model.del_component("cap")
        assert abate.decompose(case, model=model).cost == pytest.approx(35)

    def test_a_row_that_is_deleted(self, make_case, tables):
        case = make_case(tables)
        model = abate.build(case)
        del model.cap["loose"]
        assert abate.decompose(case, model=model).cost == pytest.approx(35)

    @pytest.mark.parametrize("how", ["deactivate", "override"])
    def test_a_plan_that_misses_a_loosened_target_is_the_users_doing(self, case, model, how):
        if how == "deactivate":
            model.cap["basin"].deactivate()
        else:
            model.cap["basin"] = sum(model.allowed_load.values()) <= 100
        with pytest.raises(abate.InputError, match="basin"):
            abate.decompose(case, model=model)


class TestObjectives:
    def test_an_objective_of_the_users_own(self, case, model, keeps_laws):
        # as much as can be at the town: 40 t there, 50 t at the mill
        model.objective.deactivate()
        model.mine = pyo.Objective(expr=model.allowed_load["town", "P"] + 0.001 * sum(model.extent.values()))
        plan = keeps_laws(abate.decompose(case, "mine", model=model))
        assert plan.objective == "mine"
        assert plan.value == pytest.approx(10 + 0.001 * (1 + 50 / 80))
        assert plan.cost == pytest.approx(38.75)

    def test_an_objective_of_the_users_own_in_the_place_of_another(self, case, keeps_laws):
        # as little as can be at the mill: the town does its 40 t, the mill the other 50 t
        model = abate.build(case, "total_load")
        model.objective.deactivate()
        model.mine = pyo.Objective(expr=1000 * model.extent["mill", "filter"] + model.extent["town", "filter"])
        plan = keeps_laws(abate.decompose(case, "mine", model=model))
        assert plan.value == pytest.approx(626)

    def test_an_objective_to_maximise(self, case, model):
        model.objective.deactivate()
        model.mine = pyo.Objective(expr=model.allowed_load["mill", "P"], sense=pyo.maximize)
        plan = abate.decompose(case, "mine", model=model)
        # the town does its 40 t, so the mill may keep 50
        assert pyo.value(model.mine) == pytest.approx(50)
        assert plan.value == pytest.approx(50)

    def test_an_objective_of_another_name_is_the_users_slip(self, case, model):
        model.objective.deactivate()
        model.mine = pyo.Objective(expr=model.allowed_load["town", "P"])
        with pytest.raises(abate.InputError, match="objective"):
            abate.decompose(case, model=model)

    def test_a_model_of_another_objective_is_the_users_slip(self, case):
        with pytest.raises(abate.InputError, match="objective"):
            abate.decompose(case, "cost", model=abate.build(case, "total_load"))

    def test_an_objective_with_a_variable_of_the_users_own_is_proved(self, case, model, keeps_laws):
        # 7 EUR/yr a unit by which the mill's extent is above the town's. A tonne moved from the mill to the town costs
        # 0.125 and takes 1 / 80 + 1 / 40 off the difference, a fee of 0.26: so both are equal at 90 / 120
        model.above = pyo.Var(domain=pyo.NonNegativeReals)
        model.need = pyo.Constraint(expr=model.extent["mill", "filter"] - model.extent["town", "filter"] <= model.above)
        model.objective = model.objective.expr + 7 * model.above
        plan = keeps_laws(abate.decompose(case, "objective", model=model))
        assert plan.value == pytest.approx(plan.certificate.bound)
        assert plan.value == pytest.approx(0.75 * 50)
        assert plan.certificate.gap == 0


class TestSlips:
    def test_a_model_that_is_not_of_abate(self, case):
        model = pyo.ConcreteModel()
        model.x = pyo.Var(bounds=(0, 1))
        model.goal = pyo.Objective(expr=model.x)
        with pytest.raises(abate.InputError, match="build"):
            abate.decompose(case, model=model)

    def test_a_model_of_another_case(self, case, make_case):
        other = make_case(
            {
                **TWO,
                "sources": "source\nmill\ntown\nfarm",
                "loads": TWO["loads"] + "\nfarm P 9",
                "options": TWO["options"] + "\nfarm filter 1 1",
            }
        )
        with pytest.raises(abate.InputError):
            abate.decompose(case, model=abate.build(other))

    def test_bounds_that_cross_leave_no_plan(self, case, model):
        model.extent["mill", "filter"].setlb(2)
        with pytest.raises(abate.NoPlanError):
            abate.decompose(case, model=model)

    def test_a_reference_leaves_the_plan_as_it_is(self, case, model):
        model.others = pyo.Reference(model.allowed_load)
        model.half = pyo.Constraint(expr=model.allowed_load["mill", "P"] >= 50)
        assert abate.decompose(case, model=model).cost == pytest.approx(38.75)


@pytest.mark.parametrize("objective", ["cost", "total_load", "exceedance"])
def test_build_and_decompose_solve_the_same_model(case, objective):
    model = abate.build(case, objective)
    pyo.SolverFactory("appsi_highs").solve(model)
    assert abate.decompose(case, objective).value == pytest.approx(pyo.value(model.objective))
