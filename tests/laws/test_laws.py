"""What holds of every plan, whatever the case: identities, bounds, and the verdict of an independent solver."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from independent import least_cost as independent_cost
from plan_check import decisions, faults
from pyomo.environ import Constraint, value
from random_cases import changed, column_of, examples, least_cost, shapes, with_column, written

import abate
from abate import Case
from abate_data.synthetic import synthetic_case


@given(shapes(fixed_cost_shares=(0.0, 0.4), tightness=(0.0, 1.0)))
@examples(6)
def test_every_number_of_a_plan_is_what_an_independent_reading_finds(shape):
    case = synthetic_case(**shape)
    assert faults(abate.decompose(case)) == []


@given(shapes(tightness=(0.0, 1.0)))
@examples(8)
def test_a_linear_plan_costs_what_an_independent_solver_finds(shape):
    case = synthetic_case(**shape)
    assert_same(least_cost(case), independent_cost(case)[0])


@given(shapes(fixed_cost_shares=(0.2, 0.6, 1.0), tightness=(0.1, 0.9)))
@examples(6)
def test_installations_cost_what_an_independent_solver_finds(shape):
    case = synthetic_case(**shape)
    assert_same(least_cost(case), independent_cost(case)[0])


def assert_same(ours: float, theirs: float) -> None:
    assert ours == theirs == math.inf or ours == pytest.approx(theirs, rel=2e-6, abs=1e-4)


def test_a_plan_that_presolve_loses():
    case = synthetic_case(
        "river", sources=4, technologies=3, receptors=3, fixed_cost_share=1.0, tightness=0.3, seed=32768
    )
    assert least_cost(case) == pytest.approx(independent_cost(case)[0], rel=1e-6)


@given(shapes(fixed_cost_shares=(0.0, 0.4)))
@examples(6)
def test_allocations_background_margin_reserve_and_what_is_left_add_up_to_the_limit(shape):
    case = synthetic_case(**shape)
    limit = column_of(case, "targets", "limit")
    case = with_column(case, "targets", "margin_of_safety", 1e-4 * limit)
    cap = column_of(case, "targets", "kind") == "load"
    case = with_column(case, "targets", "reserve", np.where(cap, 2e-4 * limit, 0.0))
    try:
        plan = abate.decompose(case)
    except abate.NoPlanError:
        return
    balance = plan.balance
    parts = ["point", "diffuse", "background", "margin", "reserve", "unused"]
    np.testing.assert_allclose(balance[parts].sum(axis=1), balance["limit"], rtol=1e-9)
    assert plan.balance["target"].tolist() == case["targets"].query("kind != 'budget'")["target"].tolist()
    assert (balance["margin"] != 0).any()
    assert faults(plan) == []


@given(shapes(fixed_cost_shares=(0.0, 0.4)))
@examples(8)
def test_the_tables_say_what_the_model_says(shape):
    case = synthetic_case(**shape)
    plan = abate.decompose(case)
    model, attained = plan.model, plan.attainment.set_index("target")
    background = plan.balance.set_index("target")["background"]
    for name in ("quality", "cap", "budget"):
        for target, row in (model.component(name) or {}).items():
            natural = background[target] if name == "quality" else 0.0
            assert value(row.body) + natural == pytest.approx(attained.loc[target, "after"], rel=1e-9, abs=1e-9)
    assert value(model.objective) == pytest.approx(plan.value, rel=1e-9)
    assert plan.value == pytest.approx(plan.cost, rel=1e-12)
    allowed = [value(model.allowed_load[key]) for key in zip(*_keys(case, "loads", "pollutant"), strict=True)]
    assert allowed == plan.allocation["allowed"].tolist()
    extents = [value(model.extent[key]) for key in zip(*_keys(case, "options", "measure"), strict=True)]
    assert extents == decisions(plan)[0].tolist()
    for component in model.component_objects(Constraint):
        for row in component.values():
            assert_kept(row)


def _keys(case: Case, table: str, column: str) -> tuple[list[str], list[str]]:
    return column_of(case, table, "source").tolist(), column_of(case, table, column).tolist()


def assert_kept(row) -> None:
    """A row of the model within its bounds, by the size of its terms."""
    body = value(row.body)
    size = sum(abs(value(term)) for term in row.body.args) + 1e-12
    for bound, sign in ((row.lower, -1), (row.upper, 1)):
        if bound is not None:
            assert sign * (body - value(bound)) <= 2e-6 * max(size, abs(value(bound)))


@given(shapes(fixed_cost_shares=(0.2, 0.6)))
@examples(6)
def test_shares_cost_no_more_than_installations(shape):
    """The LP relaxation: of an option of which a share may be built, the same share of its fixed cost is due."""
    case = synthetic_case(**shape)
    options = written(case)["options"]
    unit_cost = options["unit_cost"] + options["fixed_cost"] / options["max_extent"]
    shares = changed(case, options=options.assign(unit_cost=unit_cost, fixed_cost=0.0, min_extent=0.0))
    plan = abate.decompose(case)
    if "gap_closure" in set(case["targets"]["basis"]):  # what can be reached changes too
        assert least_cost(shares) == pytest.approx(independent_cost(shares)[0], rel=2e-6)
    else:
        assert least_cost(shares) <= plan.cost * (1 + 1e-6)
    assert plan.certificate.bound <= plan.cost * (1 + 1e-12)
    assert plan.certificate.gap <= 1e-6


@given(shapes(), st.data())
@examples(6)
def test_a_target_at_the_reach_can_be_met_and_one_beyond_cannot(shape, data):
    case = synthetic_case(**shape)
    reach = abate.reach(case).receptors
    row = data.draw(st.integers(0, len(reach) - 1))
    receptor, parameter, _, baseline, best = reach.iloc[row][["receptor", "parameter", "unit", "baseline", "best"]]
    sense = "at_least" if best > baseline else "at_most"
    gap = abs(best - baseline)
    if gap <= 1e-9 * abs(baseline):
        return
    assert_reached(case, sense, receptor, parameter, best, gap)


def assert_reached(case: Case, sense: str, receptor: str, parameter: str, best: float, gap: float) -> None:
    target = {"target": "edge", "kind": "quality", "receptor": receptor, "parameter": parameter, "sense": sense}
    beyond = 1e-4 * gap if sense == "at_least" else -1e-4 * gap
    for limit, feasible in ((best, True), (best + beyond, False)):
        if limit >= 0:
            assert math.isfinite(least_cost(with_one_target(case, limit=limit, **target))) == feasible


def with_one_target(case: Case, **target: str | float) -> Case:
    """The case without rules and with a single target."""
    tables = written(case)
    tables.pop("rules", None)
    return abate.load({**tables, "targets": pd.DataFrame([target])})


@given(shapes(kinds=("air", "mixed"), tightness=(0.3, 0.9)))
@examples(3)
def test_the_reach_of_a_region_is_attained_too(shape):
    case = synthetic_case(**shape)
    zones = abate.reach(case).regions
    assert (zones["least"] >= 0).all()
    for zone in zones[zones["region"] == "all"].itertuples():
        target = {"target": "edge", "kind": "load", "pollutant": zone.pollutant}
        for limit, feasible in ((zone.least, True), (zone.least - 1e-4 * zone.baseline, False)):
            assert math.isfinite(least_cost(with_one_target(case, limit=limit, **target))) == feasible
        almost = with_one_target(case, limit=zone.least * (1 + 2e-6), **target)
        assert least_cost(almost) == pytest.approx(zone.cost, rel=1e-3)
