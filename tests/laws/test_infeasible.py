"""Where there is no plan: the conflict is irreducible, and the relaxation is enough and no more than that."""

from __future__ import annotations

import math
from functools import cache

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from independent import Reading, target_value
from independent import least_cost as independent_cost
from random_cases import changed, examples, least_cost, shapes, written
from scipy.optimize import brentq

import abate
from abate import Case, NoPlanError
from abate_data.synthetic import synthetic_case

INFEASIBLE = {"target", "budget", "joint"}


def refused(case: Case) -> NoPlanError:
    with pytest.raises(NoPlanError) as caught:
        abate.decompose(case)
    return caught.value


def with_only(case: Case, names: set[str]) -> Case:
    """The case with the targets and rules of these names alone."""
    tables = written(case)
    for name, key in (("targets", "target"), ("rules", "rule")):
        if name in tables:
            tables[name] = tables[name][tables[name][key].isin(names)].reset_index(drop=True)
    if not len(tables["targets"]):  # a case needs a target: one that asks for nothing
        pollutant = tables["loads"]["pollutant"].iloc[0]
        idle = {"target": "idle", "kind": "load", "pollutant": pollutant, "limit": 1e9}
        tables["targets"] = pd.DataFrame([idle])
    return abate.load({name: table for name, table in tables.items() if len(table)})


def relaxed(case: Case, relaxation: pd.DataFrame, share: float = 1.0) -> Case:
    """The case with its targets given way by a share of what the relaxation says, written as a planner would."""
    reading, targets = Reading(case), written(case)["targets"]
    for row in relaxation.itertuples():
        at = targets.index[targets["target"] == row.target][0]
        target = reading.tables["targets"].loc[at]
        becomes = row.allowed + share * (row.becomes - row.allowed)
        held = target["margin_of_safety"] + target["reserve"]
        becomes += -held if target["sense"] == "at_least" else held
        targets.loc[at, ["limit", "basis"]] = _as_asked(reading, target, becomes)
    return changed(case, targets=targets)


def _as_asked(reading: Reading, target: pd.Series, becomes: float) -> list[object]:
    baseline, _ = target_value(reading, target, reading.base, 0 * reading.fixed)
    kind, basis = target["kind"], target["basis"]
    if kind == "reduction":
        reduction = baseline - becomes
        return [reduction if basis == "value" else 100 * reduction / baseline, basis]
    if kind == "intensity":
        scope = reading.scope(reading.sources.reset_index(), target)
        return [becomes / reading.sources["output"].to_numpy()[scope].sum(), basis]
    return [becomes, "value"]


ALL = shapes(fixed_cost_shares=(0.0, 0.0, 0.3), tightness=(0.3, 0.8))


@given(ALL, st.sampled_from(sorted(INFEASIBLE)))
@examples(7)
def test_a_conflict_cannot_hold_and_can_without_any_one_of_its_members(shape, infeasible):
    case = synthetic_case(**{**shape, "infeasible": infeasible})
    assert independent_cost(case)[0] == math.inf
    error = refused(case)
    members = set(error.conflict)
    assert members
    assert len(members) == len(error.conflict)
    assert least_cost(with_only(case, members)) == math.inf
    for member in members:
        assert least_cost(with_only(case, members - {member})) < math.inf
    assert all(member in str(error) for member in members)
    assert set(error.reach["target"]) <= members | set(error.relaxation["target"])


@given(ALL, st.sampled_from(sorted(INFEASIBLE)))
@examples(7)
def test_the_relaxation_gives_a_plan_at_the_cost_it_says_and_nothing_less_does(shape, infeasible):
    case = synthetic_case(**{**shape, "infeasible": infeasible})
    error = refused(case)
    assert len(error.relaxation)
    assert (error.relaxation["priority"] > 0).all()
    plan = abate.decompose(relaxed(case, error.relaxation))
    assert plan.cost == pytest.approx(error.relaxed_cost, rel=1e-4)
    assert least_cost(relaxed(case, error.relaxation, share=0.99)) == math.inf


def test_what_the_author_of_the_case_made_impossible_is_named():
    shape = {"sources": 6, "technologies": 3, "receptors": 3, "seed": 5}
    for kind in ("air", "river", "mixed"):
        joint = refused(synthetic_case(kind, **shape, infeasible="joint"))
        assert set(joint.conflict) == {"twin-1/cap", "twin-2/cap"}
        first = synthetic_case(kind, **shape, infeasible="target")
        assert refused(first).conflict == [first["targets"]["target"].iloc[0]]
        budget = refused(synthetic_case(kind, **shape, infeasible="budget"))
        assert "too-little-money" in budget.conflict


# --- Echo Reservoir: nearly everything, for two million dollars a year ---------------------------------------


BUDGET = 2.0e6


def echo(percent: float, budget: float, priority: int = 1) -> Case:
    """Every source of every sub-watershed reduced by as many percent, within a budget."""
    case = abate.load("echo-reservoir")
    targets = written(case)["targets"].assign(basis="percent", limit=percent)
    row = {"target": "budget", "kind": "budget", "limit": budget, "priority": priority}
    return changed(case, targets=pd.concat([targets, pd.DataFrame([row])], ignore_index=True))


@cache
def echo_refusal(priority: int) -> NoPlanError:
    return refused(echo(99, BUDGET, priority))


def echo_cost(exceedance: float) -> float:
    """Least cost, found independently, where every load may exceed the one percent that is left to it."""
    case = echo(99 - exceedance, 1e9)
    return independent_cost(case)[0]


@pytest.mark.parametrize("priority", [0, 1])
def test_echo_cannot_do_nearly_everything_for_two_million(priority):
    assert echo_cost(0.0) > BUDGET
    error = echo_refusal(priority)
    assert "budget" in error.conflict
    assert set(error.conflict) <= {"budget", *abate.load("echo-reservoir")["targets"]["target"]}
    asked = {name: 99.0 for name in error.conflict if name != "budget"}
    for left_out in error.conflict:
        budget = 1e9 if left_out == "budget" else BUDGET
        kept = {name: percent for name, percent in asked.items() if name != left_out}
        cost = independent_cost(_echo_with(kept, budget))[0]
        assert cost < math.inf
    assert independent_cost(_echo_with(asked, BUDGET))[0] == math.inf


def _echo_with(percents: dict[str, float], budget: float) -> Case:
    case = echo(99, budget)
    targets = written(case)["targets"]
    return changed(case, targets=targets[targets["target"].isin([*percents, "budget"])])


def test_echo_says_how_far_each_target_could_come_by_itself():
    error = echo_refusal(1)
    reach = error.reach.set_index("target")
    loads = abate.load("echo-reservoir")["loads"].astype({"source": str}).set_index("source")["load"]
    for name in set(error.conflict) - {"budget"}:
        assert reach.loc[name, "baseline"] == loads[name]
        assert reach.loc[name, "allowed"] == pytest.approx(0.01 * loads[name])
        assert reach.loc[name, "best"] == pytest.approx(0.0, abs=1e-6)
        assert reach.loc[name, "unit"] == "kg/yr"


def test_echo_gives_way_everywhere_where_the_budget_may_too():
    """The least greatest exceedance w solves: cost of leaving 1 + w percent everywhere = (1 + w) budgets."""
    error = echo_refusal(1)
    worst = brentq(lambda w: echo_cost(w) - BUDGET * (1 + w), 0.0, 5.0, xtol=1e-10)
    assert error.relaxation["percent"].max() == pytest.approx(100 * worst, rel=1e-5)
    budget = error.relaxation.set_index("target").loc["budget"]
    assert budget["becomes"] == pytest.approx(BUDGET * (1 + worst), rel=1e-6)
    assert error.relaxed_cost == pytest.approx(budget["becomes"], rel=1e-6)
    assert least_cost(relaxed(echo(99, BUDGET), error.relaxation)) == pytest.approx(error.relaxed_cost, rel=1e-5)


def test_echo_gives_way_in_its_loads_where_the_budget_is_hard():
    error = echo_refusal(0)
    worst = brentq(lambda w: echo_cost(w) - BUDGET, 0.0, 98.0, xtol=1e-9)
    assert "budget" not in set(error.relaxation["target"])
    assert error.relaxation["percent"].max() == pytest.approx(100 * worst, rel=1e-5)
    assert error.relaxed_cost == pytest.approx(BUDGET, rel=1e-6)
    assert set(error.relaxation["unit"]) == {"kg/yr"}
    loads = abate.load("echo-reservoir")["loads"].astype({"source": str}).set_index("source")["load"]
    left = error.relaxation.set_index("target")["becomes"] / loads[error.relaxation["target"]]
    assert left.max() == pytest.approx(0.01 * (1 + worst), rel=1e-5)
