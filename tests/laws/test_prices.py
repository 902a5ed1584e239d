"""Prices are what a planner finds who moves a limit a little and plans again."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from independent import least_cost
from plan_check import decisions
from random_cases import column_of, examples, shapes, with_column

import abate
from abate import Case
from abate_data.synthetic import synthetic_case

#: Step of a limit, as a share of the limit or of what the target asks for.
STEP = 1e-3


def value_of(case: Case, objective: str = "cost") -> float:
    try:
        return abate.decompose(case, objective).value
    except abate.NoPlanError:
        return math.inf


def moved(case: Case, column: str, row: int, by: float) -> Case:
    values = column_of(case, "targets", column).copy()
    values[row] += by
    return with_column(case, "targets", column, values)


def assert_between(price: float, low: float, high: float, noise: float) -> None:
    """The price lies between the quotients on both sides, and so is equal to them where they agree."""
    room = noise + 1e-5 * max(abs(low), abs(price))
    assert low - room <= price
    assert price <= high + room


def with_room(case: Case) -> tuple[Case, np.ndarray]:
    """The case with a little margin in every target, and the step of each margin: in the unit of its row."""
    plan = abate.decompose(case)
    span = (plan.attainment["before"] - plan.attainment["after"]).abs().to_numpy()
    step = STEP * np.where(span > 0, span, 1e-3 * plan.attainment["limit"].abs())
    return with_column(case, "targets", "margin_of_safety", 2 * step), step


@given(shapes(tightness=(0.3, 0.85)), st.data())
@examples(7)
def test_a_price_is_the_slope_of_the_cost_in_the_unit_of_the_row(shape, data):
    case = synthetic_case(**shape)
    try:
        case, steps = with_room(case)
        plan = abate.decompose(case)
    except abate.NoPlanError:
        assume(False)
    rows = np.flatnonzero(plan.attainment["binding"])
    assume(len(rows))
    row = int(data.draw(st.sampled_from(rows.tolist())))
    step, price = float(steps[row]), float(plan.prices["price"].iloc[row])
    tighter = (value_of(moved(case, "margin_of_safety", row, step)) - plan.value) / step
    looser = (plan.value - value_of(moved(case, "margin_of_safety", row, -step))) / step
    assert_between(price, looser, tighter, 1e-8 * plan.value / step)


@given(shapes(tightness=(0.3, 0.85)), st.data())
@examples(7)
def test_a_price_as_asked_is_the_slope_of_the_cost_in_the_unit_of_the_limit(shape, data):
    case = synthetic_case(**shape)
    plan = abate.decompose(case)
    targets = written_targets(plan.case)
    rows = np.flatnonzero(plan.attainment["binding"] & (targets["limit"] > 0))
    assume(len(rows))
    row = int(data.draw(st.sampled_from(rows.tolist())))
    target = targets.iloc[row]
    step = STEP * float(target["limit"])
    upwards = target["kind"] == "reduction" or target["sense"] == "at_least" or target["basis"] == "gap_closure"
    up, down = (value_of(moved(case, "limit", row, by)) for by in (step, -step))
    tighter, looser = (up, down) if upwards else (down, up)
    price = float(plan.prices["price_as_asked"].iloc[row])
    low, high = (plan.value - looser) / step, (tighter - plan.value) / step
    assert_between(price, low, high, 1e-8 * plan.value / step)


def written_targets(case: Case) -> pd.DataFrame:
    return case["targets"].astype({"target": str}).reset_index(drop=True)


@given(shapes(fixed_cost_shares=(0.0, 0.4)))
@examples(10)
def test_what_does_not_bind_has_no_price(shape):
    case = synthetic_case(**shape)
    plan = abate.decompose(case)
    idle = ~plan.attainment["binding"]
    assert (plan.prices.loc[idle, ["price", "price_as_asked"]].to_numpy() == 0).all()
    assert (plan.prices[["price", "price_as_asked"]].to_numpy() >= 0).all()


@given(shapes(fixed_cost_shares=(0.3, 0.8), tightness=(0.3, 0.85)), st.data())
@examples(5)
def test_prices_of_installations_hold_for_the_decisions_as_they_are(shape, data):
    """Costs here are those of an independent LP in which the same options are installed."""
    case = synthetic_case(**shape)
    try:
        case, steps = with_room(case)
        plan = abate.decompose(case)
    except abate.NoPlanError:
        assume(False)
    rows = np.flatnonzero(plan.attainment["binding"])
    assume(len(rows))
    row = int(data.draw(st.sampled_from(rows.tolist())))
    step, price = float(steps[row]), float(plan.prices["price"].iloc[row])
    _, installed = decisions(plan)
    tighter, looser = (
        least_cost(moved(case, "margin_of_safety", row, by), decisions=installed)[0] for by in (step, -step)
    )
    assert_between(price, (plan.cost - looser) / step, (tighter - plan.cost) / step, 2e-8 * plan.cost / step)
    assert set(plan.prices["basis"]) == {"yes-or-no decisions fixed"}


@pytest.mark.parametrize("objective", ["exposure", "total_load:pollutant-1", "max_burden"])
def test_prices_are_in_the_unit_of_the_objective(objective):
    """With a budget a fifth above the least cost, where more money means cleaner air or a fairer share."""
    case = synthetic_case("mixed", sources=5, technologies=3, receptors=2, seed=1)
    limits = column_of(case, "targets", "limit").copy()
    limits[-1] = 1.2 * abate.decompose(case).cost
    case = with_column(case, "targets", "limit", limits)
    plan = abate.decompose(case, objective)
    step = 1e-3 * plan.attainment["limit"].abs().to_numpy()
    priced = np.flatnonzero(plan.prices["price"] > 0)
    assert len(priced)
    for row in priced:
        slope = (value_of(moved(case, "margin_of_safety", row, step[row]), objective) - plan.value) / step[row]
        price = plan.prices["price"].iloc[row]
        assert price <= slope * (1 + 1e-6) + 1e-8 * abs(plan.value) / step[row]
        assert price == pytest.approx(slope, rel=1e-3) or slope > price
