"""Early warning: probabilities against draws from the belief, horizons, classes with stated thresholds."""

from dataclasses import replace

import loop_case
import numpy as np
import pytest
from scipy import stats

from abate.loop.belief import start
from abate.loop.expectation import expect
from abate.loop.forecast import YearAhead, due_years, early_warning, standing, years_to_judge
from abate.loop.prior import Prior
from abate.loop.response import Situation, respond

CASE, PROBLEM = loop_case.make_case(targets=loop_case.tables()["targets"].iloc[:2])
EXTENTS = loop_case.EXTENTS
ONES = np.ones(3)


def believed(**prior):
    return replace(start(PROBLEM, Prior(**prior)), until="2026-12-31")


def year(number=2027, extents=EXTENTS, activity=ONES):
    return YearAhead(number, extents, activity)


@pytest.mark.parametrize(
    ("probability", "required", "said"),
    [
        (0.80, 0.8, "on track"),
        (0.796, 0.8, "on track"),
        (0.79, 0.8, "at risk"),
        (0.21, 0.8, "at risk"),
        (0.20, 0.8, "off track"),
        (0.90, 0.95, "at risk"),
        (0.60, 0.5, "on track"),
        (np.nan, 0.8, ""),
    ],
)
def test_classes_have_their_thresholds(probability, required, said):
    assert standing(probability, required) == said


def test_the_probability_is_that_of_draws_from_the_belief():
    """2000 thetas from the belief, each through the model as it is, against Phi of the first-order deviation."""
    belief = believed(receptor_sd=0.05, source_sd=0.05, pair_sd=0.05, background_sd=0.1, load_sd=0.05)
    situation = Situation(EXTENTS, ONES, ONES)
    rng = np.random.default_rng(4)
    thetas = rng.standard_normal((2000, len(belief.mean))) * np.sqrt(np.diag(belief.covariance))
    drawn = np.array([respond(PROBLEM, belief.layout, theta, situation).quality for theta in thetas])
    expected = expect(PROBLEM, belief, situation)
    assert expected.quality_sd == pytest.approx(drawn.std(axis=0), rel=0.05)
    for limit in (0.95, 1.0, 1.05):
        problem = replace(PROBLEM, targets=replace(PROBLEM.targets, limit=limit * expected.quality))
        still = replace(belief, drift=np.zeros_like(belief.drift))
        table = early_warning(CASE, problem, still, [year()])
        seen = (drawn <= limit * expected.quality).mean(axis=0)
        assert table["probability"].to_numpy() == pytest.approx(seen, abs=0.035)


def test_years_ahead_are_less_certain_by_the_drift():
    belief = believed(load_drift=0.1, background_drift=0.1, option_drift=0.1)
    table = early_warning(CASE, PROBLEM, belief, [year(2027), year(2031)])
    near, far = (table[table["year"] == one].reset_index(drop=True) for one in (2027, 2031))
    assert (far["sd"] > 1.2 * near["sd"]).all()
    assert near["years_ahead"].tolist() == pytest.approx([183 / 365.25] * 2)
    assert far["expected"].tolist() == near["expected"].tolist()
    ahead = expect(PROBLEM, belief.ahead(far["years_ahead"][0]), Situation(EXTENTS, ONES, ONES))
    assert far["sd"].tolist() == ahead.target_sd.tolist()


def test_the_factor_widens_by_horizon():
    belief = believed()
    plain = early_warning(CASE, PROBLEM, belief, [year(2027), year(2031)])
    wide = early_warning(CASE, PROBLEM, belief, [year(2027), year(2031)], lambda ahead: 2.0 if ahead > 1 else 1.0)
    assert (wide["sd"] / plain["sd"]).tolist() == [1.0, 1.0, 2.0, 2.0]
    score = (plain["limit"] - plain["expected"]) / plain["sd"]
    assert wide["probability"].tolist()[2:] == pytest.approx(stats.norm.cdf(score[2:] / 2).tolist())


def test_growth_counts():
    belief = believed()
    now, later = (expect(PROBLEM, belief, Situation(EXTENTS, one * ONES, ONES)).target for one in (1.0, 1.2))
    table = early_warning(CASE, PROBLEM, belief, [year(activity=1.2 * ONES)])
    assert table["expected"].tolist() == later.tolist()
    assert (later > now).all()


def test_a_target_is_judged_in_the_year_by_which_it_must_hold():
    targets = replace(PROBLEM.targets, year=np.array([2029.0, np.nan]))
    problem = replace(PROBLEM, targets=targets)
    assert due_years(CASE, problem, 2027) == [2029, 2027]
    assert years_to_judge(CASE, problem, 2027) == [2027, 2029]
    table = early_warning(CASE, problem, believed(), [year(one) for one in (2027, 2028, 2029, 2030)])
    assert table.loc[table["due"], ["target", "year"]].values.tolist() == [["bay-tp", 2027], ["lake-tp", 2029]]
    # a date that has passed is the next year; one beyond the years given is the last of them
    past = replace(problem, targets=replace(targets, year=np.array([2020.0, 2040.0])))
    table = early_warning(CASE, past, believed(), [year(2027), year(2028)])
    assert table.loc[table["due"], ["target", "year"]].values.tolist() == [["lake-tp", 2027], ["bay-tp", 2028]]


def test_the_message_says_the_horizon_and_is_never_quite_sure():
    sure = replace(PROBLEM, targets=replace(PROBLEM.targets, limit=np.array([1e6, 1e-6])))
    first, second = early_warning(CASE, sure, believed(), [year()])["message"]
    assert first == "lake-tp is on track: it holds in 2027 with more than 99 %, seen 0.5 years ahead."
    assert second == "bay-tp is off track: it holds in 2027 with less than 1 %, seen 0.5 years ahead."
    unknown = replace(PROBLEM, targets=replace(PROBLEM.targets, limit=np.array([np.nan, 3.0])))
    table = early_warning(CASE, unknown, believed(), [year()])
    assert np.isnan(table["probability"][0])
    assert "not known" in table["message"][0]


def test_a_target_asks_for_its_own_probability():
    limit = expect(PROBLEM, believed(), Situation(EXTENTS, ONES, ONES)).target
    targets = replace(PROBLEM.targets, limit=limit, probability=np.array([0.5, 0.9]))
    table = early_warning(CASE, replace(PROBLEM, targets=targets), believed(), [year()])
    assert table["probability"].tolist() == pytest.approx([0.5, 0.5])
    assert table["standing"].tolist() == ["on track", "at risk"]
