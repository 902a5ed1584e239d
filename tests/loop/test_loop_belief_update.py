"""One step of learning against closed forms, sampling and the laws of learning."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from belief_worlds import draw_world, monitored, month, river_case
from hypothesis import given
from hypothesis import strategies as st
from random_cases import examples

import abate
from abate.loop.belief import Belief, start, update
from abate.loop.prior import Prior
from abate_data.synthetic import synthetic_case
from abate_models.problem import Problem, read_problem

STEADY = Prior(option_drift=0.0, load_drift=0.0, background_drift=0.0)


def figure(belief: Belief, kind: str) -> np.ndarray:
    table = belief.parameters()
    return table.loc[table["kind"] == kind, "mean"].to_numpy()


def learnt(belief: Belief, problem: Problem, periods, extents: np.ndarray) -> Belief:
    for period in periods:
        belief = update(belief, problem, period, extents)[0]
    return belief


def test_a_linear_world_is_learnt_in_closed_form():
    # no background and no measure in use: log report = log L0 + g + q, log quality = log(T L0) + g + r + s + p.
    # expected values: normal conjugacy of (g, q, r + s + p) with two rows, solved by hand with a 3 x 3 precision matrix
    problem = read_problem(river_case(background=0.0))
    prior = replace(STEADY, load_noise=0.05, quality_noise=0.08, fault_sd=0.0)
    load, coefficient = problem.loads.baseline[0], problem.receptors.transfer.toarray()[0, 0]
    rows = np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
    spread = np.diag([prior.load_sd**-2, prior.report_sd**-2, prior.transfer_sd**-2])
    precision = spread + rows.T @ np.diag([1 / 0.05**2, 1 / 0.08**2]) @ rows
    away = np.array([np.log(1.1), np.log(0.9)])
    expected = np.linalg.solve(precision, rows.T @ (away / np.array([0.05, 0.08]) ** 2))
    period = replace(month(problem, "2020-01"), load=np.array([1.1 * load]))
    period = replace(period, quality=np.array([0.9 * coefficient * load]))
    table = update(start(problem, prior), problem, period, np.zeros(1))[0].parameters().set_index("kind")
    for kind, mean, variance in zip(
        ("load", "report", "transfer"), expected, np.diag(np.linalg.inv(precision)), strict=True
    ):
        assert np.log(table.loc[kind, "mean"]) == pytest.approx(mean, rel=1e-9)
        width = np.log(table.loc[kind, "upper"] / table.loc[kind, "lower"])
        assert width == pytest.approx(2 * 1.6448536 * np.sqrt(variance), rel=1e-6)


def test_a_nonlinear_world_is_learnt_as_by_importance_sampling():
    problem = read_problem(river_case(background=1.0, removal=0.8))
    prior = replace(STEADY, load_noise=0.1, quality_noise=0.1)
    load, coefficient = problem.loads.baseline[0], problem.receptors.transfer.toarray()[0, 0]
    extents = np.array([0.8])
    periods = [
        replace(
            month(problem, "2020-01", n),
            load=np.array([0.5 * load]),
            quality=np.array([1.0 + 0.45 * coefficient * load]),
        )
        for n in range(6)
    ]
    table = learnt(start(problem, prior), problem, periods, extents).parameters().set_index("kind")
    # the second method: a million draws of the prior, weighted by the likelihood of the six months
    rng = np.random.default_rng(0)
    z = rng.normal(size=(5, 1_000_000))
    e = 1.0 + np.hypot(prior.measure_sd, prior.option_sd) * z[0]
    g, q, tau, beta = (sd * one for sd, one in zip((0.1, 0.1, prior.transfer_sd, 0.2), z[1:], strict=True))
    left = load * np.exp(g) * (1 - 0.8 * 0.8 * e)
    weight = np.zeros(z.shape[1])
    possible = left > 0
    of_load = np.log(0.5 * load) - np.log(left[possible]) - q[possible]
    quality = np.exp(beta) + coefficient * np.exp(tau) * left
    of_quality = np.log(1.0 + 0.45 * coefficient * load) - np.log(quality[possible])
    weight[possible] = np.exp(-0.5 * 6 * (of_load**2 + of_quality**2) / 0.01)
    weight /= weight.sum()
    for kind, draws in {"load": g, "report": q, "transfer": tau, "background": beta, "effectiveness": e}.items():
        mean = weight @ draws
        sd = np.sqrt(weight @ (draws - mean) ** 2)
        ends = table.loc[kind, ["mean", "lower", "upper"]].to_numpy(dtype=float)
        middle, low, high = ends if kind == "effectiveness" else np.log(ends)
        assert middle == pytest.approx(mean, abs=0.12 * sd), kind
        assert (high - low) / (2 * 1.6448536) == pytest.approx(sd, rel=0.12), kind


@pytest.fixture(scope="module")
def year():
    """A year of a world of six sources, three receptors and two measures."""
    problem = read_problem(river_case(6, 3, 2))
    rng = np.random.default_rng(5)
    extents = rng.uniform(0.1, 0.5, len(problem.options.keys))
    return problem, monitored(draw_world(problem, STEADY, rng), STEADY, rng, extents, "2020-01"), extents


def test_the_covariance_stays_symmetric_and_positive(year):
    problem, periods, extents = year
    belief = learnt(start(problem, Prior()), problem, periods, extents)
    assert np.array_equal(belief.covariance, belief.covariance.T)
    assert np.linalg.eigvalsh(belief.covariance).min() > 0


def test_precise_results_keep_it_positive(year):
    problem, periods, extents = year
    sharp = replace(STEADY, load_noise=1e-5, quality_noise=1e-5)
    belief = learnt(start(problem, sharp), problem, periods, extents)
    assert np.linalg.eigvalsh(belief.covariance).min() > -1e-12


def test_a_result_never_makes_anything_less_certain(year):
    problem, periods, extents = year
    belief = start(problem, replace(STEADY, fault_sd=0.0))
    for period in periods:
        after = update(belief, problem, period, extents)[0]
        assert np.linalg.eigvalsh(belief.covariance - after.covariance).min() > -1e-10
        belief = after


@examples(8)
@given(seed=st.integers(0, 10**6))
def test_the_order_of_the_sources_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    order = rng.permutation(5)
    one, other = (read_problem(river_case(5, 2, 2, order=order)) for order in (None, order))
    prior = replace(Prior(), weather=0.05)
    extents = rng.uniform(0, 0.6, (5, 2))
    world = draw_world(one, prior, rng)
    beliefs = [start(one, prior), start(other, prior)]
    for period in monitored(world, prior, rng, extents.ravel(), "2020-01", 4):
        below = rng.random(5) < 0.3
        twin = replace(period, load=period.load[order], load_nondetect=below[order])
        beliefs[0] = update(beliefs[0], one, replace(period, load_nondetect=below), extents.ravel())[0]
        beliefs[1] = update(beliefs[1], other, twin, extents[order].ravel())[0]
    ids = ["kind", "source", "measure", "receptor"]
    first, second = (belief.parameters().sort_values(ids).reset_index(drop=True) for belief in beliefs)
    for name in ("mean", "lower", "upper"):
        np.testing.assert_allclose(first[name], second[name], rtol=1e-6)


def test_one_wild_result_moves_little_and_is_marked(year):
    problem, periods, extents = year
    belief = learnt(start(problem, STEADY), problem, periods, extents)
    sound = replace(periods[0], start="2021-01-01", end="2021-01-31")
    wild = replace(sound, load=np.where(np.arange(6) == 2, 10 * sound.load, sound.load))
    sober, (upset, residuals) = (update(belief, problem, one, extents) for one in (sound, wild))
    assert residuals["trust"].iloc[2] < 0.05
    assert (residuals["trust"].drop(2) > 0.5).all()
    # in standard deviations a result that is 23 times its noise off moves no more than one that is 2.5 off
    move = np.abs(upset.mean - sober[0].mean) / np.sqrt(np.diag(belief.covariance))
    assert move.max() < 1.0
    np.testing.assert_allclose(figure(upset, "load"), figure(sober[0], "load"), rtol=0.03)


def test_nothing_monitored_leaves_the_prior_and_what_has_drifted(year):
    problem, _, extents = year
    prior = Prior()
    belief = start(problem, prior)
    for number in range(24):
        belief, residuals = update(belief, problem, month(problem, "2020-01", number), extents)
        assert residuals.empty
    assert not belief.mean.any()
    years = 731 / 365.25  # two years, one of them a leap year
    first = start(problem, prior).covariance
    np.testing.assert_allclose(belief.covariance, first + np.diag(belief.drift * years), rtol=1e-12, atol=1e-15)
    own, growth = belief.layout.own, belief.layout.growth
    np.testing.assert_allclose(np.diag(belief.covariance)[own], 0.15**2 + 0.03**2 * years)
    np.testing.assert_allclose(np.diag(belief.covariance)[growth], 0.10**2 + 0.01**2 * years)


def test_weather_that_all_receptors_share_is_told_from_what_lasts():
    # with weather of 0.3 shared, eight receptors that are all 0.2 up say little more than one does
    problem = read_problem(river_case(1, 8, 1))
    expected = problem.receptors.background + problem.receptors.transfer @ problem.loads.baseline
    period = replace(month(problem, "2020-01"), quality=1.2 * expected)
    moves = []
    for weather in (0.0, 0.3):
        belief = start(problem, replace(STEADY, weather=weather, quality_noise=0.05))
        moves.append(figure(update(belief, problem, period, np.zeros(1))[0], "load")[0] - 1.0)
    assert moves[0] > 2.5 * moves[1] > 0


def test_activity_and_operation_explain_a_load():
    problem = read_problem(river_case(1, 1, 1, removal=0.8))
    belief, load = start(problem, STEADY), problem.loads.baseline[0]
    for activity, operation, expected in ((1.0, 1.0, 0.2), (2.0, 1.0, 0.4), (1.0, 0.0, 1.0), (0.5, 0.5, 0.3)):
        period = replace(
            month(problem, "2020-01"),
            activity=np.array([activity]),
            operation=np.array([operation]),
            load=np.array([load]),
        )
        residuals = update(belief, problem, period, np.ones(1))[1]
        assert residuals["expected"].iloc[0] == pytest.approx(expected * load, rel=1e-6)


def test_a_source_that_stands_still_is_not_compared():
    problem = read_problem(river_case(2, 1, 1))
    period = replace(month(problem, "2020-01"), activity=np.array([0.0, 1.0]), load=np.zeros(2))
    belief, residuals = update(start(problem, STEADY), problem, period, np.zeros(2))
    assert residuals["source"].tolist() == ["s1"]
    assert residuals["below"].all()  # a load of 0 is one below a hundredth of its baseline
    assert np.isfinite(belief.mean).all()


def test_intercepts_and_qualities_below_zero_are_compared_as_they_stand():
    case = abate.load("europe-air")
    problem = read_problem(case)
    belief = start(problem, Prior.of(case))
    expected = problem.receptors.background + problem.receptors.transfer @ problem.loads.baseline
    quality = expected.copy()
    quality[:3] = (-0.5, 0.0, 1e-9)
    still = np.zeros(len(problem.options.keys))
    period = replace(month(problem, "2020-01"), quality=quality, nondetect=expected > 9)
    after, residuals = update(belief, problem, period, still)
    assert residuals["scale"].iloc[:2].tolist() == ["linear", "linear"]
    assert np.isfinite(after.mean).all()
    assert np.linalg.eigvalsh(after.covariance).min() > 0
    shifts = after.parameters().query("kind == 'background shift'")
    assert (shifts["mean"].iloc[:2] < 0).all()


def test_oxygen_falls_with_loads():
    case = synthetic_case("river", sources=4, technologies=2, receptors=2, pollutants=1, seed=1)
    problem = read_problem(case)
    oxygen = [row for row, (_, parameter) in enumerate(problem.receptors.keys) if parameter == "dissolved_oxygen"]
    quality = np.full(len(problem.receptors.keys), np.nan)
    expected = problem.receptors.background + problem.receptors.transfer @ problem.loads.baseline
    quality[oxygen] = 0.8 * expected[oxygen]
    belief = start(problem, replace(Prior.of(case), background_sd=0.01))
    still = np.zeros(len(problem.options.keys))
    after = update(belief, problem, replace(month(problem, "2020-01"), quality=quality), still)[0]
    assert (figure(after, "load") > 1).any()
    assert figure(after, "load").min() > 1 - 1e-9
