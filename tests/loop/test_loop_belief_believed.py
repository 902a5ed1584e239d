"""The case with believed figures, and how far its targets may lie from what is believed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from belief_worlds import draw_world, monitored, month, river_case
from hypothesis import given
from hypothesis import strategies as st
from random_cases import examples, shapes, written

import abate
from abate.errors import InputError
from abate.loop.belief import Belief, start, update
from abate.loop.believed import believed_case, believed_problem, deviations
from abate.loop.prior import Prior
from abate.loop.response import Situation, respond
from abate_data.documents import case_document, case_of
from abate_data.synthetic import synthetic_case
from abate_models.problem import Problem, read_problem
from abate_models.targets import CAP


def shaken(belief: Belief, seed: int, size: float = 0.15) -> Belief:
    """The belief with every figure somewhere else."""
    return replace(belief, mean=size * np.random.default_rng(seed).normal(size=len(belief.mean)))


def arrays(problem: Problem) -> dict[str, np.ndarray]:
    return {
        "baseline": problem.loads.baseline,
        "floor": problem.loads.floor,
        "removal": problem.options.removal.toarray(),
        "upper": problem.options.upper,
        "transfer": problem.receptors.transfer.toarray(),
        "background": problem.receptors.background,
        "limit": problem.targets.limit,
    }


SHIPPED = ("echo-reservoir", "europe-air", "tampa-bay")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_belief_begins_with_the_very_case(name):
    case = abate.load(name)
    problem = read_problem(case)
    belief = start(problem, Prior.of(case))
    assert believed_case(case, belief) == case
    for name, array in arrays(believed_problem(problem, belief)).items():
        assert np.array_equal(array, arrays(problem)[name], equal_nan=True), name


@examples(12)
@given(shape=shapes(), seed=st.integers(0, 10**6))
def test_case_and_problem_hold_the_same_believed_figures(shape, seed):
    case = synthetic_case(**shape)
    problem = read_problem(case)
    belief = start(problem, Prior.of(case))
    assert believed_case(case, belief) == case
    check_same(case, problem, shaken(belief, seed))


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_cases_hold_the_same_believed_figures(name):
    case = abate.load(name)
    problem = read_problem(case)
    check_same(case, problem, shaken(start(problem, Prior.of(case)), 1))


def check_same(case: abate.Case, problem: Problem, belief: Belief) -> None:
    after = believed_case(case, belief)
    assert case_of(case_document(after)) == after  # it passes every check
    believed, again = arrays(believed_problem(problem, belief)), read_problem(after)
    assert again.receptors.keys == problem.receptors.keys
    assert again.options.keys == problem.options.keys
    # a reduction of a baseline that is believed to lie below what it allows is none
    reduces = (np.asarray(problem.targets.form) == CAP) & (problem.targets.step > 0)
    most = np.where(reduces, problem.targets.scope @ believed["baseline"], np.inf)
    believed["limit"] = np.minimum(believed["limit"], most)
    for name, array in arrays(again).items():
        np.testing.assert_allclose(array, believed[name], rtol=1e-9, atol=1e-12, err_msg=name)


def test_the_case_keeps_its_rows_and_gets_rows_for_single_sources(minimal_case_tables):
    tables = minimal_case_tables
    tables["loads"] = tables["loads"].assign(growth=[0.01, 0.0, 0.02])
    case = abate.load(tables)
    problem = read_problem(case)
    belief = start(problem, Prior.of(case))
    mean = belief.mean.copy()
    mean[belief.layout.own[0]] = -0.25  # precipitation at the town, that has a general row
    mean[belief.layout.own[1]] = 0.10  # at the mill, that has a row of its own
    mean[belief.layout.growth[2]] = np.log(1.5)  # the farm, whose buffers remove a mass per km
    after = written(believed_case(case, replace(belief, mean=mean)))
    removals = after["removals"].set_index(["source", "measure"])["removal"]
    assert removals["", "precipitation"] == 0.8  # the general row stands
    assert removals["town", "precipitation"] == pytest.approx(0.6, rel=1e-6)
    assert removals["mill", "precipitation"] == pytest.approx(0.77, rel=1e-6)
    assert removals["farm", "buffer"] == pytest.approx(0.375)  # as much more as there is more load
    assert after["loads"]["load"].tolist() == pytest.approx([40.0, 25.0, 90.0])
    assert after["loads"]["growth"].tolist() == [0.01, 0.0, 0.02]
    assert after["options"].equals(written(case)["options"])


def test_a_cap_does_not_move_with_the_baseline(minimal_case_tables):
    case = abate.load(minimal_case_tables)
    problem = read_problem(case)
    belief = start(problem, Prior.of(case))
    mean = belief.mean.copy()
    mean[belief.layout.growth[0]] = np.log(1.2)
    after = believed_case(case, replace(belief, mean=mean))
    # 10 % off 40 t/yr allows 36 t/yr; of the 48 t/yr that are now believed that is 25 % off
    assert after["targets"]["limit"].tolist() == pytest.approx([0.05, 90.0, 25.0])
    np.testing.assert_allclose(read_problem(after).targets.limit, problem.targets.limit)


def test_a_measure_never_removes_more_than_there_is():
    case = river_case(1, 1, 1, removal=0.9)
    problem = read_problem(case)
    belief = start(problem, Prior.of(case))
    mean = belief.mean.copy()
    mean[belief.layout.own[0]] = 0.5
    belief = replace(belief, mean=mean)
    believed = believed_problem(problem, belief)
    assert believed.options.removal.toarray()[0, 0] == believed.loads.baseline[0]
    assert written(believed_case(case, belief))["removals"]["removal"].max() == 1.0


def test_a_prior_may_expect_less_than_the_case_says():
    case = river_case(2, 1, 2)
    problem = read_problem(case)
    belief = start(problem, replace(Prior.of(case), effectiveness=0.8))
    np.testing.assert_allclose(
        believed_problem(problem, belief).options.removal.toarray(), 0.8 * problem.options.removal.toarray()
    )
    assert belief.parameters().query("kind == 'effectiveness'")["prior"].eq(0.8).all()


@examples(10)
@given(shape=shapes(), seed=st.integers(0, 10**6), years=st.sampled_from([0.0, 2.5]))
def test_deviations_are_those_of_the_slopes(shape, seed, years):
    # independent: slopes of the response to theta by central differences, with the whole covariance
    case = synthetic_case(**shape)
    problem = read_problem(case)
    rng = np.random.default_rng(seed)
    belief = shaken(start(problem, Prior.of(case)), seed, 0.05)
    size = len(belief.mean)
    root = rng.normal(size=(size, size)) * 0.1
    belief = replace(belief, covariance=belief.covariance + root @ root.T / size)
    extents = rng.uniform(0, 0.1, len(problem.options.keys)) * np.minimum(problem.options.upper, 1.0)
    one = np.ones(len(problem.loads.keys))

    def values(theta: np.ndarray) -> np.ndarray:
        response = respond(problem, belief.layout, theta, Situation(extents, one, one))
        quality = np.append(response.quality, 0.0)[problem.targets.quality]
        return np.where(np.asarray(problem.targets.form) == CAP, problem.targets.scope @ response.load, quality)

    step = 1e-5
    slopes = np.array([(values(belief.mean + d) - values(belief.mean - d)) / (2 * step) for d in step * np.eye(size)]).T
    later = belief.covariance + np.diag(belief.drift * years)
    expected = np.sqrt(np.einsum("ti,ij,tj->t", slopes, later, slopes))
    believed = believed_problem(problem, belief)
    load = believed.loads.baseline - believed.options.removal @ extents
    found = deviations(problem, belief, years)
    for row, form in enumerate(problem.targets.form):
        if form == "budget":
            assert row not in found
        else:
            value = found[row].at(load, extents) if row in found else 0.0
            assert value == pytest.approx(expected[row], rel=1e-4, abs=1e-9)


def test_deviations_shrink_with_what_is_learnt_and_grow_with_time():
    case = river_case(4, 2, 1)
    problem, prior = read_problem(case), Prior()
    rng = np.random.default_rng(0)
    extents = np.full(4, 0.5)
    belief = first = start(problem, prior)
    for period in monitored(draw_world(problem, prior, rng), prior, rng, extents, "2020-01", 24):
        belief, _ = update(belief, problem, period, extents)
    sizes = []
    for one, years in ((first, 0.0), (belief, 0.0), (belief, 2.0), (belief, 8.0)):
        believed = believed_problem(problem, one)
        load = believed.loads.baseline - believed.options.removal @ extents
        sizes.append([found.at(load, extents) for found in deviations(problem, one, years).values()])
    before, now, soon, late = np.array(sizes)
    assert (now < 0.5 * before).all()
    assert (now < soon).all()
    assert (soon < late).all()


def test_coefficients_beyond_those_estimated_count_as_noise(monkeypatch):
    problem = read_problem(river_case(6, 3, 1))
    prior = Prior(receptor_sd=0.0, source_sd=0.0, load_sd=0.0, background_sd=0.0, measure_sd=0.0, option_sd=0.0)
    whole = start(problem, prior)
    monkeypatch.setattr("abate.loop.state.PAIRS_IN_STATE", 5)
    part = start(problem, prior)
    assert (part.layout.pair >= 0).sum() == 5
    none = np.zeros(6)
    for row, found in deviations(problem, whole).items():
        load = problem.loads.baseline
        assert deviations(problem, part)[row].at(load, none) == pytest.approx(found.at(load, none), rel=1e-9)
    expected = problem.receptors.background + problem.receptors.transfer @ problem.loads.baseline
    period = replace(month(problem, "2020-01"), quality=1.1 * expected)
    sds = [update(belief, problem, period, none)[1]["sd"].to_numpy() for belief in (whole, part)]
    np.testing.assert_allclose(sds[0], sds[1], rtol=1e-9)
    assert part.parameters().query("kind == 'transfer'")["upper"].gt(1.2).all()


def test_a_belief_is_refused_another_problem():
    problem = read_problem(river_case(3, 2, 1))
    belief = shaken(start(problem, Prior()), 0)
    now = believed_problem(problem, belief)
    for refused in (
        lambda: believed_problem(now, belief),
        lambda: deviations(now, belief),
        lambda: update(belief, now, month(problem, "2020-01"), np.zeros(3)),
        lambda: believed_case(river_case(3, 2, 2), belief),
    ):
        with pytest.raises(InputError, match="other figures"):
            refused()
