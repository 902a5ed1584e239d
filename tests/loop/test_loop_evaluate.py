"""The evaluation of a cycle: targets by hand and by draws, everything from observations on, and what is refused."""

from dataclasses import replace

import loop_case as made
import numpy as np
import pandas as pd
import pytest

import abate
from abate.errors import InputError
from abate.loop.attainment import attainment_table, probability_attained
from abate.loop.belief import start, update
from abate.loop.evaluate import evaluate, extents_of
from abate.loop.evaluation import Cycle, Evaluation, Foresight
from abate.loop.expectation import expect
from abate.loop.forecast import YearAhead
from abate.loop.periods import periods_of
from abate.loop.prior import Prior
from abate.loop.response import Situation, respond
from abate.loop.scorecard import rate
from abate_data.observations import clean_observations

CASE, PROBLEM = made.make_case()
ONES = np.ones(3)
CALM = Prior(load_noise=0.05, quality_noise=0.05)
#: The town's plant removes half of what it should.
HALVED = np.array([0.5, 1, 1, 1, 1, 1])


def attained(belief, situation=None, problem=PROBLEM):
    situation = situation or Situation(made.EXTENTS, ONES, ONES)
    return attainment_table(CASE, problem, expect(problem, belief, situation)).set_index("target")


# --- targets


def test_every_kind_of_target_by_hand():
    """Loads 50 + 36 + 32 = 118 t: a reduction of 41 % of 200 t, 118 / 35 per unit of output; 31 EUR for 3.1 extents."""
    table = attained(start(PROBLEM, Prior()))
    assert table.loc["lake-tp", "expected"] == pytest.approx(0.5 + 0.5 + 0.72 + 0.16)
    assert table.loc["bay-tp", "expected"] == pytest.approx(0.8 + 0.1 + 0.18 + 0.96)
    assert table.loc["cap", "expected"] == pytest.approx(118.0)
    assert table.loc["cut", ["expected_as_asked", "limit_as_asked"]].tolist() == pytest.approx([41.0, 40.0])
    assert table.loc["cut", "unit_as_asked"] == "percentage point"
    assert table.loc["clean-output", "expected_as_asked"] == pytest.approx(118 / 35)
    assert table.loc["money", ["expected", "lower", "upper", "probability"]].tolist() == [31.0, 31.0, 31.0, 1.0]
    assert table["unit"].tolist() == ["mg/L", "mg/L", "t/yr", "t/yr", "t/yr", "EUR/yr"]


def test_intervals_and_probabilities_are_those_of_draws():
    """1500 thetas through the model: the cap of 130 t and the 90 % interval of the load."""
    belief = start(PROBLEM, Prior(load_sd=0.05, measure_sd=0.05, option_sd=0.05))
    table, rng = attained(belief), np.random.default_rng(2)
    thetas = rng.standard_normal((1500, len(belief.mean))) * np.sqrt(np.diag(belief.covariance))
    situation = Situation(made.EXTENTS, ONES, ONES)
    total = np.array([respond(PROBLEM, belief.layout, theta, situation).load.sum() for theta in thetas])
    row = table.loc["cap"]
    assert row["probability"] == pytest.approx((total <= 130).mean(), abs=0.03)
    assert np.mean((total >= row["lower"]) & (total <= row["upper"])) == pytest.approx(0.9, abs=0.02)


@pytest.mark.parametrize(("limit", "verdict"), [(200.0, "attained"), (118.0, "not certain"), (60.0, "missed")])
def test_verdicts_follow_from_the_interval(limit, verdict):
    targets = PROBLEM.targets
    moved = replace(targets, limit=np.where(np.array(targets.ids) == "cap", limit, targets.limit))
    assert attained(start(PROBLEM, Prior()), problem=replace(PROBLEM, targets=moved)).loc["cap", "verdict"] == verdict


def test_reserve_is_held_back_and_the_margin_is_not():
    targets = PROBLEM.targets
    held = replace(targets, reserve=np.full(6, 12.0), margin=np.full(6, 50.0))
    row = attained(start(PROBLEM, Prior()), problem=replace(PROBLEM, targets=held)).loc["cap"]
    assert row["limit"] == 118.0
    assert row["probability"] == pytest.approx(0.5, abs=1e-6)


def test_a_lower_limit_is_kept_from_above():
    targets = replace(PROBLEM.targets, sign=-np.ones(6), limit=np.full(6, 1.0))
    found = probability_attained(targets, np.array([2, 0.5, 1, 1, 1, 0.0]), np.array([1, 1, 1, 0, 1, 0.0]))
    assert found == pytest.approx([0.8413, 0.3085, 0.5, 1.0, 0.5, 0.0], abs=1e-4)


def test_what_is_observed_of_operation_counts():
    table = attained(start(PROBLEM, Prior()), Situation(made.EXTENTS, ONES, np.array([0.5, 1.0, 1.0])))
    assert table.loc["cap", "expected"] == pytest.approx(143.0)


# --- everything together


def cycle_of(years=1, seed=1, fails=99, **truth):
    """A cycle of monthly results from a table of observations on, with 5 % noise; something fails after some months."""
    rng = np.random.default_rng(seed)
    months = 12 * years
    load = np.array([made.loads(**(truth if month >= fails else {})) for month in range(months)])
    quality = np.array([made.quality(one) for one in load])
    periods = made.months(
        PROBLEM,
        months,
        load=load * np.exp(0.05 * rng.standard_normal((months, 3))),
        quality=quality * np.exp(0.05 * rng.standard_normal((months, 2))),
    )
    observations = clean_observations(CASE, made.observed(periods))
    periods = periods_of(observations.table, PROBLEM)
    before, after, residuals = made.learnt(PROBLEM, CALM, periods)
    return Cycle(observations, periods, residuals, made.EXTENTS, before, after)


@pytest.fixture(scope="module")
def as_planned() -> Evaluation:
    return evaluate(CASE, PROBLEM, cycle_of(years=2))


@pytest.fixture(scope="module")
def failing() -> Evaluation:
    return evaluate(CASE, PROBLEM, second_year(cycle_of(years=2, fails=12, effectiveness=HALVED)))


def second_year(cycle: Cycle) -> Cycle:
    """The second of two years: what the first one taught is no news."""
    belief = start(PROBLEM, CALM)
    for period in cycle.periods[:12]:
        belief, _ = update(belief, PROBLEM, period, made.EXTENTS)
    return replace(cycle, periods=cycle.periods[12:], before=belief, earlier=cycle.periods[:12])


def test_a_plan_that_works_is_found_to_work(as_planned):
    assert (as_planned.since, as_planned.until) == ("2026-01-01", "2027-12-31")
    verdict = as_planned.attainment.set_index("target")["verdict"]
    assert verdict[["lake-tp", "bay-tp", "money"]].tolist() == ["attained", "attained", "attained"]
    assert as_planned.delivery["share"].to_numpy() == pytest.approx(1.0, abs=0.15)
    assert len(as_planned.alarms) <= 2  # 120 results, one false alarm in 465
    assert as_planned.scorecard.total > 85
    assert "Targets:" in str(as_planned)
    assert repr(as_planned).startswith("<Evaluation of 2026-01-01 to 2027-12-31: 0 of 6 targets missed")


def test_a_plan_that_fails_is_found_to_fail(failing):
    lake = failing.attainment.set_index("target").loc["lake-tp"]
    assert lake["expected"] == pytest.approx(2.13, abs=0.06)  # 25 t more at 0.01
    assert lake["verdict"] == "missed"
    assert failing.warnings.set_index("target").loc["lake-tp", "standing"] == "off track"
    worst = failing.delivery.sort_values("share").iloc[0]
    assert worst[["source", "measure"]].tolist() == ["town", "plant"]
    assert failing.attribution["delivery"].iloc[0] > 0.1
    first = failing.alarms.iloc[0]
    assert (first["source"], first["direction"]) == ("town", "higher")
    assert first["detected"] == "2027-01-31"  # at once
    assert "2026-11-01" <= first["since"] <= "2027-01-01"
    proposed = failing.standards.iloc[0]
    assert (proposed["measure"], proposed["sources"]) == ("plant", 2)
    assert "lake-tp is off track" in str(failing)
    assert "Reports of P from town are higher than expected" in str(failing)


def test_every_table_is_there_with_its_units(as_planned):
    found = as_planned.tables()
    assert all(isinstance(table, pd.DataFrame) for table in found.values())
    names = ("attainment", "delivery", "attribution", "causes", "precision", "scorecard", "ratings", "trends", "alarms")
    more = ("compliance", "forecasts", "warnings", "settled", "open", "reliability", "horizons", "standards", "flags")
    assert set(found) >= {*names, *more}
    assert as_planned.load_attribution.attrs["units"]["measured"] == "t/yr"
    assert as_planned.precision.attrs["units"]["cost"] == "EUR/yr"


def test_the_same_cycle_gives_the_same_evaluation(as_planned):
    again = evaluate(CASE, PROBLEM, cycle_of(years=2))
    for name, table in as_planned.tables().items():
        pd.testing.assert_frame_equal(table, again.tables()[name])


def test_measured_and_modelled_are_those_of_the_cycle(as_planned):
    cycle = cycle_of(years=2)
    mean = np.array([period.load for period in cycle.periods]).mean(axis=0)
    assert as_planned.load_attribution["measured"].to_numpy() == pytest.approx(
        mean, rel=0.005
    )  # months differ in length
    assert as_planned.load_attribution["modelled"].tolist() == pytest.approx([50.0, 36.0, 32.0], rel=1e-3)


def test_growth_that_was_planned_needs_no_explanation():
    """10 % a year, from the first year on; the second year's activity is 1.1 as expected, the first is 1."""
    loads = made.tables()["loads"].assign(growth=0.1)
    case, problem = made.make_case(loads=loads)
    activity = np.repeat([[1.0], [1.1]], 12, axis=0) * ONES
    periods = made.months(problem, 24, load=made.loads() * activity, activity=activity)
    before, after, residuals = made.learnt(problem, CALM, periods)
    observations = clean_observations(case, made.observed(periods))
    cycle = Cycle(observations, periods, residuals, made.EXTENTS, before, after)
    found = evaluate(case, problem, cycle)
    assert found.load_attribution["activity"].to_numpy() == pytest.approx(0.0, abs=0.01)
    # and goes on from the last year that was observed
    assert found.forecasts.set_index("target").loc["cap", "expected"] == pytest.approx(118 * 1.21, rel=0.02)


def test_forecasts_are_settled_when_their_year_has_been_monitored(as_planned):
    outlook = Foresight(years=[YearAhead(2028, made.EXTENTS, ONES), YearAhead(2029, made.EXTENTS, ONES)])
    first = evaluate(CASE, PROBLEM, cycle_of(years=2), outlook)
    assert sorted(set(first.open["year"])) == [2028, 2029]
    cycle = cycle_of(years=3)
    second = evaluate(CASE, PROBLEM, cycle, Foresight(forecasts=first.open))
    assert second.settled["year"].unique().tolist() == [2028]
    assert second.settled["target"].tolist() == PROBLEM.targets.ids
    assert second.calibration.forecasts == 6
    assert second.calibration.brier < 0.25
    assert sorted(set(second.open["year"])) == [2029]
    assert (second.open["made"] == "2028-12-31").sum() == 6
    third = evaluate(CASE, PROBLEM, cycle, Foresight(settled=second.settled))
    assert third.calibration.forecasts == 6


def test_the_score_card_takes_ratings(as_planned):
    ratings = rate(
        pd.DataFrame({"records": [40.0], "cooperation": [60.0]}), weights={"records": 0.5, "cooperation": 0.5}
    )
    with_ratings = evaluate(CASE, PROBLEM, cycle_of(years=2), ratings=ratings)
    assert with_ratings.scorecard.total == pytest.approx(0.7 * as_planned.scorecard.total + 0.3 * 50.0)


def test_flags_reach_the_evaluation_and_the_score_card():
    periods = made.months(PROBLEM, 12, load=np.tile(made.loads(), (12, 1)))
    frame = made.observed(periods).astype(object)
    frame.loc[3, "value"] = None
    frame["received"] = ""
    frame.loc[4, "received"] = "2027-06-01"
    observations = clean_observations(CASE, frame)
    known = periods_of(observations.table, PROBLEM)
    before, after, residuals = made.learnt(PROBLEM, CALM, known)
    found = evaluate(CASE, PROBLEM, Cycle(observations, known, residuals, made.EXTENTS, before, after))
    assert found.flags["flag"].tolist() == ["missing", "late"]
    score = found.scorecard.figures.set_index("indicator")["value"]
    assert score[["results complete", "results in time"]].tolist() == pytest.approx([35 / 36, 34 / 35])
    assert "listed in `flags`: 2" in str(found)


def test_a_case_without_receptors_is_evaluated_too():
    empty = {name: made.tables()[name].iloc[:0] for name in ("receptors", "transfer", "background")}
    case, problem = made.make_case(
        targets=made.tables()["targets"].iloc[2:].drop(columns=["receptor", "parameter"]), **empty
    )
    results = {"load": np.tile(made.loads(), (12, 1))}
    observed = clean_observations(case, made.observed(made.months(PROBLEM, 12, **results)))
    periods = periods_of(observed.table, problem)
    before, after, residuals = made.learnt(problem, CALM, periods)
    found = evaluate(case, problem, Cycle(observed, periods, residuals, made.EXTENTS, before, after))
    assert found.attainment["target"].tolist() == ["cap", "cut", "clean-output", "money"]
    assert all(len(table) == 0 for table in (found.attribution, found.precision, found.trends, found.compliance))
    assert np.isnan(found.scorecard.figures.set_index("indicator").loc["quality per load", "value"])


def test_extents_of_a_plan():
    plan = abate.decompose(CASE)
    extent = extents_of(plan, PROBLEM)
    used = dict(zip(PROBLEM.options.keys, extent, strict=True))
    for row in plan.measures.itertuples():
        assert used.pop((row.source, row.measure)) == row.extent
    assert not any(used.values())


def test_nothing_to_evaluate_and_strangers_are_refused():
    cycle = cycle_of()
    with pytest.raises(InputError, match="nothing was monitored"):
        evaluate(CASE, PROBLEM, replace(cycle, periods=[]))
    other = made.make_case(loads=made.tables()["loads"].assign(load=[1.0, 2.0, 3.0]))[1]
    with pytest.raises(InputError, match="other figures"):
        evaluate(CASE, other, cycle)


def test_an_update_between_two_cycles_is_what_the_second_one_sees():
    """The belief before the second year is the one after the first: what was known then is no news."""
    cycle = cycle_of(years=2, fails=0, effectiveness=HALVED)
    found = evaluate(CASE, PROBLEM, second_year(cycle))
    assert found.since == "2027-01-01"
    whole = evaluate(CASE, PROBLEM, cycle)
    assert abs(found.attribution["delivery"].iloc[0]) < 0.3 * whole.attribution["delivery"].iloc[0]
    assert found.delivery["share"].iloc[0] == pytest.approx(1.0, abs=0.15)
    assert found.attainment["expected"].tolist() == pytest.approx(whole.attainment["expected"].tolist())
