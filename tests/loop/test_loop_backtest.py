"""The backtest: worlds that depend on their seed alone, policies that see no truth, scores by hand."""

import importlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from pandas.testing import assert_frame_equal

from abate.loop.backtest.backtest import backtest, prediction_error
from abate.loop.backtest.library import FIRST_YEAR
from abate.loop.backtest.policies import LOOP, ORACLE, POLICIES, RESTLESS
from abate.loop.backtest.running import brief_of, run
from abate.loop.backtest.scenario import Scenario
from abate.loop.backtest.scoring import Score, exceedance, objective, score
from abate.loop.backtest.truth import Truth, observe
from abate.loop.backtest.watching import fault_rows
from abate.loop.backtest.world import draw_world
from abate.loop.trigger import Trigger

pytestmark = pytest.mark.slow

TINY = Scenario(sources=4, receptors=2, years=5, phase_in=2)
ROOT = Path(__file__).parents[2]
NAMED = {policy.name: policy for policy in POLICIES}
FEW = [NAMED[name] for name in ("static plan", "belief, no margin", RESTLESS, LOOP, ORACLE)]


def mean_quality(world, year, extents):
    """Independent of `Truth.quality`: load by load, as the docstring of `Truth` says it."""
    truth, total = world.truth, world.truth.background.copy()
    for source in range(len(truth.load)):
        removed = sum(
            truth.removal[year, option] * extents[option] for option in np.flatnonzero(truth.source == source)
        )
        total += truth.transfer[:, source] * truth.activity[year, source] * (truth.load[source] - removed)
    return total


# --- worlds ---


def test_a_seed_gives_the_same_world_and_another_one_another():
    one, same, other = (draw_world(seed, "unbiased", TINY) for seed in (3, 3, 4))
    assert_array_equal(one.truth.removal, same.truth.removal)
    assert_array_equal(one.noise.quality, same.noise.quality)
    assert_array_equal(one.limits, same.limits)
    assert not np.array_equal(one.truth.load, other.truth.load)


def test_an_optimistic_prior_changes_the_truth_alone_and_by_the_stated_shares():
    fair, rosy = (draw_world(5, bias, TINY) for bias in ("unbiased", "optimistic"))
    assert_array_equal(fair.problem.loads.baseline, rosy.problem.loads.baseline)
    assert_array_equal(fair.limits, rosy.limits)
    assert_array_equal(fair.truth.transfer, rosy.truth.transfer)
    assert_allclose(rosy.truth.load, fair.truth.load * (1 + TINY.understated))
    ratio = rosy.truth.removal / fair.truth.removal / (1 + TINY.understated)
    # where all options together would take nearly everything, both are cut down
    assert_allclose(np.median(ratio), 1 - TINY.overstated, rtol=1e-9)


def test_errors_of_the_library_scatter_about_one_as_widely_as_stated():
    scenario = replace(TINY, sources=200, receptors=20, faults=0)
    world = draw_world(0, "unbiased", scenario)
    load = world.truth.load / world.problem.loads.baseline
    transfer = world.truth.transfer / world.problem.receptors.transfer.toarray()
    assert load.mean() == pytest.approx(1.0, abs=4 * scenario.load / np.sqrt(200))
    assert np.log(load).std() == pytest.approx(scenario.load, rel=0.2)
    whole = np.sqrt(scenario.transfer_receptor**2 + scenario.transfer_source**2 + scenario.transfer_pair**2)
    assert np.log(transfer).std() == pytest.approx(whole, rel=0.15)


def test_limits_fall_to_those_of_the_case():
    world = draw_world(1, "unbiased", TINY)
    final = world.problem.targets.limit
    assert_allclose(world.limits, np.outer([1 + TINY.interim, 1 + TINY.interim / 2, 1.0, 1.0, 1.0], final))


def test_a_fault_halves_what_every_measure_removes_and_reports_may_hide_it():
    for hidden in (0.0, 1.0):
        sound = draw_world(2, "unbiased", replace(TINY, hidden=hidden))
        (fault,) = sound.truth.faults
        own, year = sound.truth.source == fault.source, fault.year
        shown = sound.truth.reported_removal[year, own] / sound.truth.removal[year, own]
        assert np.all(shown >= 1.5) if fault.hidden else np.allclose(shown, 1.0)
        assert_allclose(sound.truth.removal[: fault.year], sound.truth.reported_removal[: fault.year])


# --- monitoring ---


def test_monitoring_is_truth_times_noise_with_limits_of_detection_and_gaps():
    world = draw_world(7, "unbiased", replace(TINY, detection=0.9))
    extents = np.linspace(0.0, 1.0, len(world.problem.options.keys))
    assert_allclose(world.truth.quality(2, extents), mean_quality(world, 2, extents))
    months = observe(world.truth, world.noise, 2, extents, FIRST_YEAR)
    assert [months[0].start, months[1].end, months[11].end] == ["2023-01-01", "2023-02-28", "2023-12-31"]
    for number, month in enumerate(months):
        true = mean_quality(world, 2, extents) * world.noise.quality[2, number]
        gone, below = world.noise.quality_missing[2, number], true < world.noise.detection
        assert_array_equal(np.isnan(month.quality), gone)
        assert_array_equal(month.nondetect, below & ~gone)
        assert_allclose(month.quality[below & ~gone], world.noise.detection[below & ~gone])
        assert_allclose(month.quality[~below & ~gone], true[~below & ~gone])
        assert_array_equal(month.activity, world.truth.activity[2])


# --- policies ---


@pytest.mark.parametrize("name", [policy.name for policy in POLICIES if policy.name != ORACLE])
def test_a_policy_sees_no_truth(name):
    """A truth that differs only in years to come changes no decision up to then."""
    world = draw_world(11, "optimistic", TINY)
    truth, year = world.truth, 2
    later = truth.removal.copy()
    later[year:] *= 0.3
    grown = truth.activity.copy()
    grown[year:] *= 1.4
    hidden: Truth = replace(truth, removal=later, reported_removal=later, activity=grown)
    one, other = run(world, NAMED[name]), run(replace(world, truth=hidden), NAMED[name])
    assert_array_equal(one.extents[: year + 1], other.extents[: year + 1])
    assert_array_equal(one.capacity[: year + 1], other.capacity[: year + 1])
    assert one.decisions[year].reason == other.decisions[year].reason


def test_capacity_is_not_unbuilt_and_grows_within_its_ramp():
    world = draw_world(1, "optimistic", TINY)
    for name in (LOOP, "relative response factor", ORACLE):
        found = run(world, NAMED[name])
        steps = np.diff(found.capacity, axis=0, prepend=0.0)
        assert steps.min() >= 0
        assert steps.max() <= TINY.ramp + 1e-9
        assert np.all(found.extents <= found.capacity + 1e-9)


def test_a_static_plan_is_never_changed_and_every_plan_has_a_reason():
    world = draw_world(0, "unbiased", TINY)
    static, loop = run(world, NAMED["static plan"]), run(world, NAMED[LOOP])
    assert [bool(one.reason) for one in static.decisions] == [True, False, False, False, False]
    assert sum(one.change for one in static.decisions) == 0
    for decision in loop.decisions:
        assert bool(decision.reason) or decision.change == pytest.approx(0.0, abs=1e-9)
    assert set(loop.decisions[0].forecasts) == {0, 4}
    assert set(loop.decisions[1].forecasts) == {0}  # the fifth year is beyond the last one


def test_the_closed_loop_and_the_one_without_stability_rule_differ_in_that_alone():
    loop, restless = NAMED[LOOP], NAMED[RESTLESS]
    assert replace(loop, name=RESTLESS, tolerance=None, trigger=None, forecasts=()) == restless


# --- the whole ---


@pytest.fixture(scope="module")
def tested():
    return backtest([0, 1], policies=FEW, scenario=TINY)


def test_the_same_seeds_give_the_same_bytes_and_nobody_beats_the_oracle(tested):
    first, second = tested, backtest([0, 1], policies=FEW, scenario=TINY, workers=2)
    for name in ("scores", "forecasts", "faults", "false_alarms"):
        assert_frame_equal(getattr(first, name), getattr(second, name), check_exact=True)
    assert first.scores["regret"].min() >= -1e-6
    assert list(first.table["policy"]) == 2 * [policy.name for policy in FEW]
    assert list(first.forecasts.columns[2:]) == [
        "target", "made", "year", "years_ahead", "expected", "sd", "probability", "outcome", "held",
    ]  # fmt: skip
    assert len(first.forecasts) == 2 * 2 * (TINY.years + 1) * TINY.receptors
    assert len(first.plot().axes) == 4


def test_the_page_says_what_the_backtest_found(tested, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    page = importlib.import_module("benchmarks.loop_page").page
    names = ("policies", "policies-chosen", "receptor")
    text = page(tested, tested, ([0, 1], [0, 1]), {name: f"{name}.png" for name in names})
    for prior in ("unbiased", "optimistic"):
        for policy in FEW:
            regret, attained = (tested.value(prior, policy.name, name) for name in ("regret", "attained"))
            cost = tested.value(prior, policy.name, "cost_ratio")
            assert f"| {policy.name} | {regret:.2f} | {cost:.2f} | {attained:.1%} |" in text
        met = "met" if tested.value(prior, LOOP, "attained") >= 0.90 else "NOT met"
        assert f"{tested.value(prior, LOOP, 'attained'):.3f} (0.90 at least: {met})" in text
        assert f"Brier score {tested.calibration(prior, 1.0).brier:.3f}" in text
    assert all(f"]({name}.png)" in text for name in names)


def test_without_the_oracle_there_is_no_regret():
    with pytest.raises(ValueError, match="add the policy 'oracle'"):
        backtest([0], policies=FEW[:2], scenario=TINY)


def test_progress_is_told():
    told = []
    backtest([0], biases=["unbiased"], policies=FEW[-1:], scenario=TINY, progress=lambda *at: told.append(at))
    assert told == [(1, 1)]


# --- scores, by hand ---


def test_regret_by_hand():
    """Two years at 10 % discount: cost 100 and 110 is 200 now; 5 % over in the second year at 2,200 is 110, now 100."""
    over = exceedance(np.array([[10.0, 9.0], [10.5, 3.0]]), np.array([[10.0, 10.0], [10.0, 10.0]]))
    assert_allclose(over, [[0.0, 0.0], [0.05, 0.0]])
    whole, paid = objective(np.array([100.0, 110.0]), over, penalty=2200.0, rate=0.1)
    assert (whole, paid) == pytest.approx((300.0, 200.0))
    found = score(np.array([100.0, 110.0]), over, changes=[0.0, 0.3], plans=2, penalty=2200.0, rate=0.1)
    assert found == Score(pytest.approx(300.0), pytest.approx(200.0), 0.75, pytest.approx(0.05), 0.15, 2)
    row = found.against(Score(240.0, 160.0, 1.0, 0.0, 0.0, 1))
    assert (row["regret"], row["cost_ratio"]) == pytest.approx((0.25, 1.25))


def test_rounding_of_a_solver_is_no_exceedance():
    assert exceedance(np.array([[1.0 + 1e-9]]), np.array([[1.0]])).max() == 0


def test_calibration_by_hand(tested):
    """Four forecasts of .8 of which one failed, one of .1 that failed: Brier (3 x .04 + .64 + .01) / 5 = .154."""
    stated, held = [0.8, 0.8, 0.8, 0.8, 0.1], [True, True, True, False, False]
    forecasts = pd.DataFrame(
        {
            "prior": "unbiased", "seed": 0, "target": "a", "made": 2021, "year": 2021, "years_ahead": 1.0,
            "expected": [90.0, 99.0, 110.0, 100.0, 100.0], "sd": 1.0, "probability": stated,
            "outcome": 100.0, "held": held,
        }
    )  # fmt: skip
    found = replace(tested, forecasts=forecasts).calibration("unbiased", 1.0)
    assert found.brier == pytest.approx(0.154)
    rows = found.reliability_table
    assert list(rows["forecasts"]) == [1, 4]
    assert_allclose(rows["stated"], [0.1, 0.8])
    assert_allclose(rows["seen"], [0.0, 0.75])
    # errors of 10, 1, 10, 0 and 0 percent: the middle one is 1
    assert prediction_error(forecasts).loc[2021, "unbiased"] == pytest.approx(0.01)


def test_a_fault_of_a_source_without_measures_is_not_looked_for():
    world = draw_world(0, "unbiased", TINY)
    loop = run(world, NAMED[LOOP])
    idle = replace(loop, extents=np.zeros_like(loop.extents))
    assert fault_rows(world, idle) == []
    full = replace(loop, extents=np.ones_like(loop.extents))
    (row,) = fault_rows(world, full)
    (fault,) = world.truth.faults
    assert row["source"] == world.problem.sources[fault.source]
    assert row["year"] == FIRST_YEAR + fault.year


# --- trigger ---


@pytest.mark.parametrize(
    ("standing", "renewed", "savings", "said"),
    [
        ([0.1, 0.2], [0.1, 0.2], 0.0, ""),
        ([0.1, 0.6], [0.1, 0.2], -0.3, "b would be missed with a probability of 60% under the plan in force, 20%"),
        ([0.5, 0.6], [0.1, 0.2], 0.0, "b (and 1 more target) would be missed"),
        ([0.1, 0.6], [0.1, 0.58], 0.0, ""),  # what cannot be helped
        ([0.1, 0.6], [0.1, 0.58], 0.04, "saves 4.0% of the cost still to come"),
    ],
)
def test_a_plan_gives_way_to_a_risk_that_can_be_helped_or_to_savings(standing, renewed, savings, said):
    reason = Trigger(risk=0.25, relief=0.05, savings=0.01).reason(
        ["a", "b"], np.array(standing), np.array(renewed), savings
    )
    assert (said in reason) if said else reason == ""


def test_the_brief_holds_nothing_of_the_truth():
    fair, rosy = (brief_of(draw_world(5, bias, TINY)) for bias in ("unbiased", "optimistic"))
    assert fair.prior == rosy.prior
    assert_array_equal(fair.problem.receptors.transfer.toarray(), rosy.problem.receptors.transfer.toarray())
    assert (fair.penalty, fair.growth_sd) == (rosy.penalty, rosy.growth_sd)
