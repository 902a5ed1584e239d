"""Planned against delivered: by hand, with intervals that count shared errors; standards; quality per ton and money."""

import loop_case as made
import numpy as np
import pandas as pd
import pytest

from abate.loop.belief import start
from abate.loop.delivery import delivery_by_measure, delivery_by_source
from abate.loop.effectiveness import effectiveness_of
from abate.loop.precision import precision
from abate.loop.prior import Prior
from abate.loop.response import Situation
from abate.loop.standards import proposed_standards

CASE, PROBLEM = made.make_case()
ONES = np.ones(3)


def situation(operation=ONES):
    return Situation(made.EXTENTS, ONES, np.asarray(operation, dtype=float))


def delivered(before, after, operation=ONES, by=delivery_by_measure):
    then, now = effectiveness_of(PROBLEM, before), effectiveness_of(PROBLEM, after)
    return by(CASE, PROBLEM, situation(operation), then, now)


def test_planned_and_delivered_by_hand():
    """Planned 50, 18, 6 and 8 t; the town's plant at 0.7, the mill's measures running 80 % of the time."""
    before = start(PROBLEM, Prior())
    table = delivered(before, made.set_theta(before, own=(0, -0.3)), [1.0, 0.8, 1.0])
    assert table[["source", "measure", "pollutant"]].values.tolist() == [
        ["town", "plant", "P"],
        ["mill", "plant", "P"],
        ["mill", "filter", "P"],
        ["farm", "filter", "P"],
    ]
    assert table["planned"].tolist() == pytest.approx([50.0, 18.0, 6.0, 8.0])
    assert table["delivered"].tolist() == pytest.approx([35.0, 14.4, 4.8, 8.0], rel=1e-4)
    assert table["share"].tolist() == pytest.approx([0.7, 0.8, 0.8, 1.0], rel=1e-4)
    assert table["operation"].tolist() == [1.0, 0.8, 0.8, 1.0]
    assert table.attrs["units"]["planned"] == "t/yr"
    by_source = delivered(before, made.set_theta(before, own=(0, -0.3)), [1.0, 0.8, 1.0], delivery_by_source)
    assert by_source["planned"].tolist() == pytest.approx([50.0, 24.0, 8.0])
    assert by_source["delivered"].tolist() == pytest.approx([35.0, 19.2, 8.0], rel=1e-4)


def test_intervals_hold_what_is_not_known():
    """Effectiveness with sd sqrt(0.1^2 + 0.2^2): 90 % of the town's 50 t within 50 x 1.645 x 0.2236 = 18.39."""
    before = start(PROBLEM, Prior(measure_sd=0.1, option_sd=0.2))
    table = delivered(before, before)
    assert (table["upper"] - table["delivered"]).iloc[0] == pytest.approx(18.39, rel=1e-3)
    assert table["lower"].iloc[0] == pytest.approx(50 - 18.39, rel=1e-3)
    # the mill's plant and filter share no common part: sqrt(18^2 + 6^2) x 0.2236
    by_source = delivered(before, before, by=delivery_by_source)
    width = by_source["upper"] - by_source["delivered"]
    assert width.iloc[1] == pytest.approx(1.645 * 0.2236 * np.hypot(18, 6), rel=1e-3)


def test_options_of_one_measure_err_together():
    before = start(PROBLEM, Prior(measure_sd=0.1, option_sd=0.2))
    found = effectiveness_of(PROBLEM, before)
    both = np.zeros((1, 6))
    both[0, [0, 2]] = 1.0  # the plants of town and mill
    # 2 x 0.2^2 + 4 x 0.1^2
    from scipy import sparse

    assert found.sum_sd(sparse.csr_array(both)) == pytest.approx(np.sqrt(0.12), rel=1e-3)


def test_a_plan_made_with_what_is_believed_is_held_against_that():
    before = made.set_theta(start(PROBLEM, Prior()), own=(0, -0.3))
    table = delivered(before, before)
    assert table["planned"].iloc[0] == pytest.approx(35.0, rel=1e-4)
    assert table["share"].tolist() == pytest.approx([1.0] * 4)


# --- quality per ton and money


def test_precision_by_hand():
    """Lake and bay weigh alike: planned gains of 50 x 0.006, 24 x 0.0125 and 8 x 0.0175 add to 0.74 mg/L for 82 t."""
    before = start(PROBLEM, Prior())
    cost = made.UNIT_COST * made.EXTENTS.sum()
    after = made.set_theta(before, own=(0, -0.3))
    row = precision(CASE, PROBLEM, situation(), before, after).iloc[0]
    assert (row["gain_planned"], row["load_planned"], row["cost"]) == pytest.approx((0.74, 82.0, cost), rel=1e-4)
    assert row["gain_delivered"] == pytest.approx(0.74 - 15 * 0.006, rel=1e-4)
    assert row["per_load_ratio"] == pytest.approx((0.65 / 67) / (0.74 / 82), rel=1e-4)
    assert row["per_money_ratio"] == pytest.approx(0.65 / 0.74, rel=1e-4)
    # where the tons fall short that count least, the others count for more
    assert row["per_load_ratio"] > 1.0


def test_precision_weighs_by_people_where_the_case_knows_them():
    receptors = pd.DataFrame({"receptor": made.RECEPTORS, "population": [300.0, 100.0]})
    case, problem = made.make_case(receptors=receptors)
    before = start(problem, Prior())
    row = precision(case, problem, situation(), before, before).iloc[0]
    assert row["gain_planned"] == pytest.approx(50 * 0.008 + 24 * 0.01625 + 8 * 0.01125)
    assert row["per_load_ratio"] == 1.0


# --- standards


def monitored(effectiveness, months=36, noise=0.03, **prior):
    """Belief before and after results of loads alone, with everything but effectiveness well known."""
    known = Prior(load_sd=0.005, report_sd=0.005, load_noise=noise, option_drift=0.0, load_drift=0.0, **prior)
    rng = np.random.default_rng(9)
    found = made.loads(effectiveness) * np.exp(noise * rng.standard_normal((months, 3)))
    return made.learnt(PROBLEM, known, made.months(PROBLEM, months, load=found))[:2]


def test_a_measure_that_removes_less_everywhere_is_proposed_for_revision():
    """Plants of town and mill remove 0.35 instead of 0.5 of the load; filters do what they should."""
    before, after = monitored(np.array([0.7, 1, 0.7, 1, 1, 1]), measure_sd=0.15, option_sd=0.1)
    table = proposed_standards(CASE, PROBLEM, before, after, made.EXTENTS)
    assert table[["source", "measure", "pollutant", "basis"]].values.tolist() == [["*", "plant", "P", "fraction"]]
    row = table.iloc[0]
    assert (row["sources"], row["library"]) == (2, 0.5)
    assert row["lower"] <= 0.35 <= row["upper"] < 0.5
    assert row["proposed"] == pytest.approx(0.35, abs=0.02)
    assert row["proposed"] < row["elsewhere"] < 0.5  # two sources do not speak for all


def test_as_the_library_says_nothing_is_proposed():
    before, after = monitored(1.0)
    assert len(proposed_standards(CASE, PROBLEM, before, after, made.EXTENTS)) == 0


def test_a_prior_alone_proposes_nothing():
    before = start(PROBLEM, Prior(effectiveness=0.5, measure_sd=0.01, option_sd=0.01))
    assert len(proposed_standards(CASE, PROBLEM, before, before, made.EXTENTS)) == 0


def test_a_sources_own_row_is_judged_by_itself():
    removals = pd.DataFrame(
        [("*", "plant", 0.5), ("town", "plant", 0.5), ("*", "filter", 0.2)], columns=["source", "measure", "removal"]
    ).assign(pollutant="P")
    case, problem = made.make_case(removals=removals)
    assert (problem.options.removal != PROBLEM.options.removal).nnz == 0  # the same problem, so the same beliefs
    before, after = monitored(np.array([0.7, 1, 1, 1, 1, 1]), measure_sd=0.02, option_sd=0.2)
    table = proposed_standards(case, problem, before, after, made.EXTENTS)
    assert table[["source", "measure", "sources"]].values.tolist() == [["town", "plant", 1]]
