"""The search: values against the models, encodings, repair, archive, determinism, resume, and what ends it."""

from __future__ import annotations

import importlib
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given as examples_of
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

import abate
from abate.attainable import resolve_limits
from abate.comparison.chance import Chances
from abate.comparison.view import View
from abate.errors import InputError, SolverError
from abate.front.indicators import hypervolume
from abate.front.searched import search as search_file
from abate.front.searched.archive import Archive
from abate.front.searched.choices import Choices
from abate.front.searched.evaluation import SAMPLES, Evaluation
from abate.front.searched.mixing import Mixer
from abate.front.searched.policies import Policies
from abate.front.searched.polish import polish
from abate.front.searched.search import SearchResult, search
from abate.front.searched.seeds import starting_genes
from abate.front.searched.spaces import choose_encoding
from abate.inequality import gini_pairwise
from abate_data.synthetic import synthetic_case
from abate_models.assemble import assemble_several
from abate_models.objectives import free_row
from abate_models.problem import Problem, read_problem
from abate_models.tail import tail_risk_of

ROOT = Path(__file__).parents[2]
OBJECTIVES = ["cost", "exposure", "inequity:equal"]


def numbers_of(case: abate.Case) -> Problem:
    return resolve_limits(read_problem(case))[0]


@pytest.fixture(scope="module")
def allocation():
    """A small random allocation problem: 12 sources that share out three technologies each, four receptors."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        return importlib.import_module("benchmarks.fronts_cases").allocation_case(12, 3, 4, seed=1)


@pytest.fixture(scope="module")
def evaluation(allocation) -> Evaluation:
    return Evaluation(allocation, numbers_of(allocation), OBJECTIVES)


@pytest.fixture(scope="module")
def space(evaluation) -> Choices:
    return Choices(evaluation.problem, evaluation.limits)


@pytest.fixture(scope="module")
def given(allocation) -> np.ndarray:
    return np.array([abate.decompose(allocation, name)._outcome.extent for name in ("cost", "exposure")])


@pytest.fixture(scope="module")
def mixed() -> abate.Case:
    """A case with every kind of target and rule, a resource, and yes-or-no decisions."""
    return synthetic_case("mixed", sources=6, technologies=3, receptors=3, fixed_cost_share=0.3, tightness=0.4, seed=5)


@pytest.fixture
def run(evaluation, space, given):
    return partial(search, evaluation, space, given, evaluations=402, population=40, seed=3)


def some_extents(problem: Problem, count: int = 20) -> np.ndarray:
    """Random extents within bounds and groups, some options left out."""
    rng = np.random.default_rng(0)
    options = problem.options
    extents = rng.uniform(options.lower, options.upper, (count, len(options.keys)))
    extents *= rng.random(extents.shape) < 0.3
    for group in range(len(options.groups)):
        members = np.flatnonzero(options.group == group)
        kept = rng.choice(members, count)
        extents[:, members] = np.where(members == kept[:, None], extents[:, members], 0.0)
    return extents


def same(one: SearchResult, other: SearchResult) -> bool:
    return (
        one.values.tobytes() == other.values.tobytes()
        and one.extents.tobytes() == other.extents.tobytes()
        and one.history.equals(other.history)
    )


# ---------------------------------------------------------------------------------------------------- values


def test_linear_objectives_are_those_of_the_model(mixed):
    problem = numbers_of(mixed)
    pollutant, parameter = problem.pollutants[0], problem.receptors.parameters[0]
    names = ["cost", f"exposure:{parameter}", f"total_load:{pollutant}", f"removal:{pollutant}"]
    extents = some_extents(problem)
    evaluation = Evaluation(mixed, problem, names)
    told = evaluation.values(extents) * [1, 1, 1, -1]
    model, objectives = assemble_several(problem, names)
    rows = [free_row(objective) for objective in objectives]
    for place, row in enumerate(rows):
        model.add_component(f"told_{place}", row)
    for values, extent in zip(told, extents, strict=True):
        load = problem.loads.baseline - problem.options.removal @ extent
        added = np.maximum(extent - problem.options.built, 0.0)[problem.options.expandable]
        columns = {"extent": extent, "allowed_load": load, "expansion": added}
        columns["installed"] = (extent > 0)[problem.options.discrete].astype(float)
        for name, column in columns.items():
            if model.component(name) is not None:
                for variable, value in zip(model.component(name).values(), column, strict=True):
                    variable.set_value(float(value), skip_validation=True)
        expected = [row.row_value(0) + objective.constant for row, objective in zip(rows, objectives, strict=True)]
        np.testing.assert_allclose(values, expected, rtol=1e-9)


@pytest.mark.parametrize("objective", ["exceedance", "tail_risk:0.8", "cost", "max_burden"])
def test_the_value_of_a_plan_is_what_its_objective_says(mixed, objective):
    plan = abate.decompose(mixed, objective)
    evaluation = Evaluation(mixed, numbers_of(mixed), [objective])
    assert evaluation.values(plan._outcome.extent[None])[0, 0] == pytest.approx(plan.value, rel=1e-6, abs=1e-9)


def test_ratios_and_tails_agree_with_formulas_that_stand_elsewhere(mixed):
    problem = numbers_of(mixed)
    evaluation = Evaluation(mixed, problem, ["inequity:equal", "tail_risk:0.8"])
    extents = some_extents(problem)
    told = evaluation.values(extents)
    options = problem.options
    for values, extent in zip(told, extents, strict=True):
        added = np.maximum(extent - options.built, 0.0)
        paid = options.operating * extent + options.annual_capital * added + options.fixed * (extent > 0)
        by_source = np.bincount(options.source, paid, len(problem.sources))[np.unique(options.source)]
        assert values[0] == pytest.approx(gini_pairwise(by_source), abs=1e-12)
        load = problem.loads.baseline - options.removal @ extent
        assert values[1] == pytest.approx(float(tail_risk_of(problem, 0.8)(load)), abs=1e-12)


def test_attainment_is_the_probability_that_comparisons_tell(allocation):
    problem, plan = numbers_of(allocation), abate.decompose(allocation)
    evaluation = Evaluation(allocation, problem, ["cost", "attainment"], seed=7)
    told = evaluation.values(plan._outcome.extent[None])[0, 1]
    chances = Chances(allocation, problem, View(samples=SAMPLES, seed=7))
    assert -told == chances.of(plan)[0]
    assert evaluation.criteria[1].maximised


def test_a_function_of_ones_own_sees_the_allocation(allocation):
    def greatest_share(allocation):
        assert list(allocation) == ["source", "pollutant", "baseline", "allowed", "reduction"]
        assert allocation.attrs["units"]["allowed"] == "t/yr"
        allocation["baseline"] += 1.0  # stays in this call
        return (allocation["reduction"] / (allocation["baseline"] - 1.0)).max()

    greatest_share.maximise = True
    problem = numbers_of(allocation)
    evaluation = Evaluation(allocation, problem, [greatest_share, "cost"])
    extents = some_extents(problem)
    loads = problem.loads.baseline
    expected = ((extents @ problem.options.removal.T) / loads).max(axis=1)
    np.testing.assert_allclose(evaluation.values(extents)[:, 0], -expected)
    assert evaluation.criteria[0].name == "greatest_share"


def test_objectives_that_cannot_be_told_are_refused(allocation):
    problem = numbers_of(allocation)
    for objectives, said in (
        (["cost", "kost"], "did you mean 'cost'"),
        (["cost", "cost"], "named twice"),
        ([len, len], "named twice"),
        (["cost", 3], "neither a name nor a function"),
    ):
        with pytest.raises(InputError, match=said):
            Evaluation(allocation, problem, objectives)


def test_violations_are_those_that_others_find(mixed, independent_check):
    problem = numbers_of(mixed)
    evaluation = Evaluation(mixed, problem, ["cost", "removal:" + problem.pollutants[0]])
    extents = np.vstack([some_extents(problem), abate.decompose(mixed)._outcome.extent])
    expected = [independent_check(mixed, extent) > 1e-6 for extent in extents]
    assert (evaluation.violation(extents) > 0).tolist() == expected
    assert not expected[-1]
    assert any(expected)


def test_targets_give_way_only_where_exceedance_is_an_objective(minimal_case_tables):
    case = abate.load(minimal_case_tables)
    problem = numbers_of(case)
    nothing = np.zeros((1, len(problem.options.keys)))
    hard = Evaluation(case, problem, ["cost", "total_load"])
    soft = Evaluation(case, problem, ["cost", "exceedance"])
    # basin-cap alone has priority 0: 125 t of 90
    assert soft.violation(nothing)[0] == pytest.approx(35 / 90)
    assert hard.violation(nothing)[0] > soft.violation(nothing)[0]


# ------------------------------------------------------------------------------------------------- encodings


def test_what_choices_write_down_they_read_again(space, evaluation):
    genes = np.random.default_rng(1).integers(0, space.upper.astype(int) + 1, (50, len(space.upper))).astype(float)
    extents = space.decode(genes)
    np.testing.assert_array_equal(space.encode(extents), genes)
    groups = evaluation.problem.options.group
    shares = np.stack([extents[:, groups == group].sum(axis=1) for group in range(groups.max() + 1)])
    assert shares.max() <= 1.0


def test_rounding_draws_one_of_the_two_nearest_choices(evaluation):
    space = Choices(evaluation.problem, evaluation.limits, levels=1)
    extents = np.zeros((400, len(evaluation.problem.options.keys)))
    extents[:, 0] = 0.25
    genes = space.encode(extents, np.random.default_rng(0).random((400, len(space.upper))))
    assert set(genes[:, 0]) == {0.0, 1.0}
    assert genes[:, 0].mean() == pytest.approx(0.25, abs=0.1)
    assert not genes[:, 1:].any()


def test_choices_keep_least_extents(mixed):
    problem = numbers_of(mixed)
    evaluation = Evaluation(mixed, problem, ["cost", "exceedance"])
    space = Choices(problem, evaluation.limits)
    extents = space.decode(np.tile(space.upper, (1, 1)))[0]
    used = np.unique(space.table[:, 1:][space.table[:, 1:] > 0])
    assert used.min() >= problem.options.lower.min() > 0
    assert np.all(extents <= problem.options.upper)


def test_repair_makes_plans_feasible_and_leaves_the_others_alone(space, evaluation):
    rng = np.random.default_rng(2)
    genes = rng.integers(0, space.upper.astype(int) + 1, (60, len(space.upper))).astype(float)
    genes[0] = 0.0
    before = evaluation.violation(space.decode(genes))
    repaired = space.repair(genes)
    assert (before > 0).any()
    assert not evaluation.violation(space.decode(repaired)).any()
    np.testing.assert_array_equal(repaired[before == 0], genes[before == 0])


def test_repair_respects_shared_resources(mixed):
    problem = numbers_of(mixed)
    evaluation = Evaluation(mixed, problem, ["cost", "exceedance"])
    space = Choices(problem, evaluation.limits)
    assert len(problem.resources.keys)
    repaired = space.decode(space.repair(np.zeros((1, len(space.upper)))))[0]
    assert np.all(problem.resources.use @ repaired <= problem.resources.available * (1 + 1e-6))


def test_mixtures_keep_limits_and_decisions(mixed, evaluation, given):
    rng = np.random.default_rng(0)
    scaled = np.eye(2)
    between = Mixer(evaluation.problem).mix(given, scaled, 50, rng)
    groups = evaluation.problem.options.group
    assert between.min() >= 0.0
    assert max(between[:, groups == group].sum(axis=1).max() for group in range(12)) <= 1.0 + 1e-12
    problem = numbers_of(mixed)
    plans = some_extents(problem, 2)
    either = Mixer(problem).mix(plans, scaled, 50, rng)
    assert np.all((either == plans[0]) | (either == plans[1]))


def test_starting_genes_begin_with_the_given_plans(space, evaluation, given):
    values = evaluation.values(given)
    draw = partial(starting_genes, space, given, values, 30)
    genes = draw(np.random.default_rng(4))
    assert genes.shape == (30, len(space.upper))
    np.testing.assert_array_equal(genes[:2], space.repair(space.encode(given)))
    np.testing.assert_array_equal(genes, draw(np.random.default_rng(4)))


def test_a_policy_without_tightening_is_the_least_cost_plan(allocation, evaluation):
    policies = Policies(evaluation.problem, evaluation.limits)
    least = abate.decompose(allocation).cost
    extents = policies.decode(np.vstack([policies.lower, policies.upper, 0.5 * policies.upper]))
    cost = evaluation.values(extents)[:, 0]
    assert cost[0] == pytest.approx(least)
    assert cost[0] < cost[2] <= cost[1] * (1 + 1e-9)
    assert not evaluation.violation(extents).any()
    again = policies.decode(policies.encode(extents[:1]))
    assert evaluation.values(again)[0, 0] == pytest.approx(least, rel=1e-5)


def test_policies_are_searched_as_well(evaluation, given):
    found = search(
        evaluation, Policies(evaluation.problem, evaluation.limits), given, evaluations=122, population=30, seed=1
    )
    assert found.reason == "122 evaluations were made"
    assert not evaluation.violation(found.extents).any()
    assert len(found.values) > 10


def test_the_space_follows_from_the_size_unless_named(evaluation, monkeypatch):
    assert isinstance(choose_encoding(evaluation), Choices)
    assert isinstance(choose_encoding(evaluation, "policy"), Policies)
    monkeypatch.setattr("abate.front.searched.spaces.MOST_SLOTS", 5)
    assert isinstance(choose_encoding(evaluation), Policies)
    with pytest.raises(InputError, match="did you mean 'policy'"):
        choose_encoding(evaluation, "polcy")


# --------------------------------------------------------------------------------------------------- archive


@settings(max_examples=40, deadline=None)
@examples_of(arrays_of.arrays(float, (24, 3), elements=st.integers(0, 6).map(float)))
def test_the_archive_keeps_what_none_dominates_once(values):
    box = (np.zeros(3), np.full(3, 6.0))
    archive = Archive.empty(3, 1, box)
    shares = [0.0]
    for start in range(0, 24, 6):
        archive = archive.with_plans(values[start : start + 6], np.arange(start, start + 6.0)[:, None])
        shares.append(archive.hypervolume())
    beaten = [any((other <= one).all() and (other < one).any() for other in values) for one in values]
    expected = {tuple(one) for one, lost in zip(values, beaten, strict=True) if not lost}
    assert sorted(map(tuple, archive.values)) == sorted(expected)
    np.testing.assert_array_equal(values[archive.extents[:, 0].astype(int)], archive.values)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(hypervolume(values, *box))


# ---------------------------------------------------------------------------------------------------- search


def test_the_search_improves_on_what_it_was_given(run, evaluation, given):
    found = run()
    assert not evaluation.violation(found.extents).any()
    np.testing.assert_allclose(evaluation.values(found.extents), found.values, rtol=1e-12)
    no_worse = (found.values[None] <= found.values[:, None]).all(axis=2)
    better = (found.values[None] < found.values[:, None]).any(axis=2)
    assert not (no_worse & better).any()
    # given plans are there as they are, whatever their genes make of them, unless a better one was found
    for plan in evaluation.values(given):
        assert np.any(np.all(found.values <= plan + 1e-9 * np.abs(plan), axis=1))
    assert len(found.values) > 20


def test_hypervolume_never_falls_and_grows_with_the_budget(run):
    less, more = run(evaluations=202), run()
    assert np.all(np.diff(more.history["hypervolume"]) >= 0)
    assert more.history["hypervolume"].iloc[-1] > less.history["hypervolume"].iloc[-1]
    assert less.history.equals(more.history.iloc[: len(less.history)])
    assert less.reason == "202 evaluations were made"


def test_the_same_seed_finds_the_same_bytes(run):
    first = run()
    np.random.seed(99)
    assert same(first, run())
    assert not same(first, run(seed=4))


def test_a_search_without_given_plans_or_decisions_finds_its_own(mixed, evaluation, space, given):
    found = search(evaluation, space, given[:0], evaluations=200, population=40)
    assert len(found.values) > 5
    problem = numbers_of(mixed)
    judged = Evaluation(mixed, problem, ["cost", "exceedance", "inequity:equal"])
    options = problem.options
    nothing = np.zeros((0, len(options.keys)))
    found = search(judged, Choices(problem, judged.limits), nothing, evaluations=400, population=40)
    assert len(found.values) > 1
    assert not judged.violation(found.extents).any()
    assert np.all((found.extents == 0) | (found.extents >= options.lower * (1 - 1e-12)))


@pytest.mark.parametrize("stop", [0, 1, 4])
def test_an_interrupted_search_goes_on_to_the_same_bytes(run, tmp_path, stop):
    def interrupt(generation, evaluations, hypervolume):
        if generation == stop:
            raise KeyboardInterrupt

    checkpoint = tmp_path / "search.npz"
    broken = run(checkpoint=checkpoint, report=interrupt)
    assert broken.reason == "it was interrupted"
    assert len(broken.history) == stop + 1
    assert same(run(checkpoint=checkpoint), run())
    # what is done already is not done again
    assert same(run(checkpoint=checkpoint, report=interrupt), run())
    assert [file.name for file in tmp_path.iterdir()] == ["search.npz"]


def test_ctrl_c_inside_a_function_keeps_the_last_full_generation(allocation, given):
    calls = []

    def tired(allocation):
        calls.append(0)
        if len(calls) > 150:
            raise KeyboardInterrupt
        return float(allocation["allowed"].max())

    problem = numbers_of(allocation)
    evaluation = Evaluation(allocation, problem, ["cost", tired])
    found = search(evaluation, Choices(problem, evaluation.limits), given, evaluations=1000, population=40)
    assert found.reason == "it was interrupted"
    assert found.history["evaluations"].iloc[-1] <= 150
    assert len(found.values)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (lambda: 1 / 0, "ZeroDivisionError"),
        (lambda: float("nan"), "nan"),
        (lambda: -np.inf, "inf"),
        (lambda: "much", "'much'"),
        (lambda: None, "None"),
        (lambda: np.zeros(2), "array"),
    ],
)
@pytest.mark.parametrize("good", [0, 1, 90])
def test_a_function_that_fails_is_named_and_the_generation_kept(allocation, given, fault, said, good):
    calls = []

    def unlucky(allocation):
        calls.append(0)
        return float(allocation["allowed"].max()) if len(calls) <= good else fault()

    problem = numbers_of(allocation)
    evaluation = Evaluation(allocation, problem, ["cost", unlucky])
    found = search(evaluation, Choices(problem, evaluation.limits), given, evaluations=1000, population=40)
    assert "'unlucky'" in found.reason
    assert said in found.reason
    assert found.reason.endswith(f"in generation {len(found.history)}")
    assert (len(found.values) > 0) == (good == 90)


def test_a_solve_that_fails_ends_the_search_of_policies(evaluation, given, monkeypatch):
    policies = Policies(evaluation.problem, evaluation.limits)
    whole, calls = Policies.decode, []

    def decode(self, genes):
        calls.append(0)
        if len(calls) > 2:
            raise SolverError("the solver gave up")
        return whole(self, genes)

    monkeypatch.setattr(Policies, "decode", decode)
    found = search(evaluation, policies, given, evaluations=1000, population=20)
    assert found.reason == "the solver gave up, in generation 3"
    assert len(found.values)


def test_time_and_stall_end_a_search(run):
    late = run(deadline=0.0)
    assert late.reason == "the time was over"
    assert len(late.history) == 1
    assert len(late.values) == 2
    assert run(evaluations=10**6, stall=1).reason == "stalled"


def test_a_checkpoint_of_another_search_is_refused(run, tmp_path, evaluation, given):
    checkpoint = tmp_path / "search.npz"
    run(checkpoint=checkpoint, evaluations=100)
    with pytest.raises(InputError, match=r"was made for seed 3"):
        run(checkpoint=checkpoint, seed=4)
    with pytest.raises(InputError, match="was made for population 40"):
        run(checkpoint=checkpoint, population=50)
    other = Evaluation(evaluation.case, evaluation.problem, ["cost", "exposure"])
    with pytest.raises(InputError, match="was made for objectives cost, exposure:c, inequity:equal"):
        search(other, Choices(other.problem, other.limits), given, population=40, seed=3, checkpoint=checkpoint)
    policies = Policies(evaluation.problem, evaluation.limits)
    with pytest.raises(InputError, match="was made for encoding options space"):
        search(evaluation, policies, given, population=40, seed=3, checkpoint=checkpoint)
    for rubbish in (b"", b"PK\x03\x04rubbish", b"\x80\x04N.", b"\x93NUMPY"):
        checkpoint.write_bytes(rubbish)
        with pytest.raises(InputError, match="is no checkpoint of a search"):
            run(checkpoint=checkpoint)


def test_checkpoints_hold_no_pickles(run, tmp_path, monkeypatch):
    monkeypatch.setattr(search_file, "CHECKPOINT_SECONDS", 0.0)
    checkpoint = tmp_path / "search.npz"
    run(checkpoint=checkpoint)
    with np.load(checkpoint, allow_pickle=False) as stored:
        assert {stored[name].dtype.kind for name in stored.files} == {"f", "U"}


# ---------------------------------------------------------------------------------------------------- polish


def test_polish_makes_wasteful_plans_cheaper_and_no_more(evaluation, space, independent_check):
    judged = Evaluation(evaluation.case, evaluation.problem, ["cost", "exposure"])
    genes = np.random.default_rng(5).integers(0, space.upper.astype(int) + 1, (30, len(space.upper))).astype(float)
    wasteful = space.decode(space.repair(genes))
    before = judged.values(wasteful)
    extents, values = polish(judged, wasteful, before, most=10)
    assert np.all(values <= before * (1 + 1e-9))
    assert (values[:, 0] < before[:, 0] * (1 - 1e-3)).sum() == 10
    assert max(independent_check(judged.case, extent) for extent in extents) <= 1e-6
    np.testing.assert_allclose(judged.values(extents), values, rtol=1e-12)


def test_polish_keeps_decisions(mixed):
    problem = numbers_of(mixed)
    evaluation = Evaluation(mixed, problem, ["cost", "exceedance"])
    space = Choices(problem, evaluation.limits)
    found = search(evaluation, space, np.zeros((0, len(problem.options.keys))), evaluations=400, population=40)
    extents, values = polish(evaluation, found.extents, found.values)
    assert np.all(values <= found.values * (1 + 1e-9) + 1e-9)
    discrete = problem.options.discrete
    np.testing.assert_array_equal(extents[:, discrete] > 0, found.extents[:, discrete] > 0)
    assert not evaluation.violation(extents).any()


def test_polish_stops_when_it_has_to(evaluation, given):
    values = evaluation.values(given)
    late = polish(evaluation, given, values, deadline=0.0)
    np.testing.assert_array_equal(late[0], given)
    nothing = polish(evaluation, given[:0], values[:0])
    assert nothing[0].shape == (0, given.shape[1])
