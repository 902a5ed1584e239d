"""Laws that every front keeps, whatever its model and method."""

from __future__ import annotations

from dataclasses import replace

import moocore
import numpy as np
import pytest
from front_oracles import Floats, Model, found, model, table
from hypothesis import given
from hypothesis import strategies as st
from random_cases import examples
from scipy.optimize import Bounds, LinearConstraint, milp

from abate.errors import AbateError
from abate.front.exact.find import Found
from abate.front.exact.point import SAME
from abate.front.exact.point import non_dominated as flags_of
from abate.front.exact.space import LinearObjective

#: By method: which columns are whole, the number of objectives, whether their coefficients are, and the gap.
FORMS: dict[str, tuple[str, int, bool, float | None]] = {
    "dichotomy": ("none", 2, False, None),
    "sandwich": ("none", 3, False, 2e-2),
    "epsilon": ("all", 2, True, None),
    "boxes": ("some", 2, False, 4e-2),
    "zones": ("all", 3, True, None),
    "zones with a gap": ("some", 3, False, 0.25),
}
SEEDS = st.integers(0, 10**6)
METHODS = pytest.mark.parametrize("form", FORMS)


def made(form: str, seed: int) -> Model:
    """A model of six columns in which all objectives can be traded."""
    whole, count, integral, _ = FORMS[form]
    generator = np.random.default_rng(seed)
    costs = generator.integers(-9, 10, (count, 6)).astype(float) if integral else generator.normal(size=(count, 6))
    costs[:, :count] = np.eye(count) * 4 - 2  # each objective gains where the others lose
    rows = generator.uniform(0.2, 1, (2, 6))
    integer = {"none": np.zeros(6), "all": np.ones(6), "some": np.arange(6) % 2}[whole]
    return model(costs, rows, rows.sum(axis=1) * 0.6, integer.astype(bool))


def run(form: str, whole: Model, objectives: list[LinearObjective] | None = None, **limits: float) -> Found:
    method, gap = form.split(" ", maxsplit=1)[0], FORMS[form][3]
    return found(whole, method, **{"gap": gap, **limits}, objectives=objectives)[0]  # type: ignore[arg-type]


def ordered(values: Floats) -> Floats:
    return values[np.lexsort(values.T[::-1])]


@METHODS
@given(seed=SEEDS)
@examples(2)
def test_no_point_dominates_another_and_each_is_a_solution(form: str, seed: int) -> None:
    whole = made(form, seed)
    front = run(form, whole)
    values = table(front)
    for place, mine in enumerate(values):
        others = np.delete(values, place, axis=0)
        assert not ((others <= mine).all(axis=1)).any()
        assert whole.keeps(front.points[place].columns)
        assert mine == pytest.approx(whole.costs @ front.points[place].columns)
    assert ordered(values).tolist() == values.tolist()


@METHODS
@given(seed=SEEDS)
@examples(2)
def test_the_ends_are_the_best_of_each_objective_alone(form: str, seed: int) -> None:
    whole = made(form, seed)
    front = run(form, whole)
    for place, cost in enumerate(whole.costs):
        alone = milp(
            cost,
            constraints=LinearConstraint(whole.rows, ub=whole.most),
            integrality=whole.integer.astype(int),
            bounds=Bounds(whole.lows, whole.highs),
            options={"mip_rel_gap": 0.0},
        ).fun
        assert front.ideal[place] == pytest.approx(alone, abs=1e-6)
        assert table(front)[:, place].min() == pytest.approx(alone, abs=1e-5)


@METHODS
@given(seed=SEEDS)
@examples(1)
def test_more_solves_never_cover_less_and_leave_no_larger_gap(form: str, seed: int) -> None:
    whole = made(form, seed)
    complete = run(form, whole)
    reference = table(complete).max(axis=0) + 10.0
    covered, gap = 0.0, np.inf
    for budget in [*range(1, 12), *range(12, 200, 5)]:
        front = run(form, whole, budget=budget)
        now = moocore.hypervolume(table(front), ref=reference)
        assert now >= covered - 1e-9
        assert front.gap <= gap + 1e-9
        covered, gap = now, front.gap
        if not front.reason:
            break
    assert covered <= moocore.hypervolume(table(complete), ref=reference) + 1e-9


@METHODS
@given(seed=SEEDS)
@examples(2)
def test_workers_and_repetition_change_no_byte(form: str, seed: int) -> None:
    whole = made(form, seed)
    for limits in ({}, {"budget": 11}):
        fronts = [run(form, whole, workers=workers, **limits) for workers in (1, 1, 3)]
        assert len({bytes_of(front) for front in fronts}) == 1


def bytes_of(front: Found) -> bytes:
    columns = np.array([point.columns for point in front.points])
    ends = np.array([front.gap, front.unexplored, *front.ideal, *front.scale])
    return table(front).tobytes() + columns.tobytes() + ends.tobytes() + front.reason.encode()


def agree(front: Found, values: Floats, other: Found, room: float) -> None:
    """Two fronts are one, the other's values given in the units of the first; between points of pieces lies a gap."""
    assert front.reason == other.reason
    assert front.gap == pytest.approx(other.gap, abs=1e-4)
    mine = table(front)
    assert len(mine) == len(values)
    apart = np.abs((mine[:, None] - values[None]) / front.scale).max(axis=2)
    assert apart.min(axis=1).max() <= room
    assert apart.min(axis=0).max() <= room


@pytest.mark.parametrize("form", ["dichotomy", "epsilon", "boxes", "zones"])
@given(seed=SEEDS)
@examples(3)
def test_units_and_constants_change_nothing_else(form: str, seed: int) -> None:
    whole = made(form, seed)
    front = run(form, whole)
    factors, constants = np.array([1e6, 1e-3, 1.0])[: len(whole.costs)], np.array([12.5, -4e3, 1.0])[: len(whole.costs)]
    objectives = [
        replace(objective, coefficients=objective.coefficients * factor, constant=constant * factor)
        for objective, factor, constant in zip(whole.objectives, factors, constants, strict=True)
    ]
    other = run(form, whole, objectives)
    agree(front, table(other) / factors - constants, other, 1e-6)


@pytest.mark.parametrize("form", ["dichotomy", "epsilon", "zones"])
@given(seed=SEEDS)
@examples(3)
def test_objectives_in_another_order_give_the_same_front(form: str, seed: int) -> None:
    whole = made(form, seed)
    front = run(form, whole)
    turned = run(form, replace(whole, costs=whole.costs[::-1]))
    agree(front, table(turned)[:, ::-1], turned, 1e-6)


@METHODS
@given(seed=SEEDS)
@examples(2)
def test_a_wider_gap_takes_no_more_solves_and_is_kept(form: str, seed: int) -> None:
    """Each point of the finer front is no better than the coarser one by more than the coarser one says."""
    whole = made(form, seed)
    fine, coarse = run(form, whole), run(form, whole, gap=0.4)
    assert coarse.gap <= 0.4
    assert not coarse.reason
    assert len(coarse.points) <= len(fine.points)
    values, finer = table(coarse) / fine.scale, table(fine) / fine.scale
    if form in ("dichotomy", "sandwich"):
        weights = np.random.default_rng(seed).dirichlet(np.ones(values.shape[1]), 100)
        left = (values @ weights.T).min(axis=0) - (finer @ weights.T).min(axis=0)
    else:
        left = (values[:, None] - finer[None]).max(axis=2).min(axis=0)
    assert left.max() <= coarse.gap + 1e-6


@given(seed=SEEDS, count=st.integers(2, 4), ties=st.booleans())
@examples(15)
def test_what_is_kept_is_not_dominated_and_what_is_not_is(seed: int, count: int, ties: bool) -> None:
    generator = np.random.default_rng(seed)
    values = generator.integers(0, 4, (20, count)) if ties else generator.normal(size=(20, count))
    values = values.astype(float)
    flags = flags_of(values)
    kept = values[flags]
    for place, mine in enumerate(values):
        better = (values <= mine).all(axis=1) & (values < mine).any(axis=1)
        assert not (flags[place] and better.any())
        assert (kept <= mine).all(axis=1).any()
    assert len(np.unique(kept, axis=0)) == len(kept)


def test_what_differs_by_rounding_alone_is_one_point() -> None:
    values = np.array([[0.0, 1.0], [SAME / 3, 1.0 - SAME / 3], [1.0, 0.0]])
    assert flags_of(values).sum() == 2


@METHODS
def test_counts_of_solves_are_those_that_were_made(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from abate.solver import Session

    calls, solve = [], Session.solve
    monkeypatch.setattr(Session, "solve", lambda session: calls.append(1) or solve(session))
    front, space = found(made(form, 1), form.split(" ", maxsplit=1)[0], gap=FORMS[form][3])
    assert space.made == len(calls)
    assert sum(space.solves.values()) == len(calls)
    assert len(front.points)


def test_a_model_with_one_solution_has_one_point_or_nothing_to_trade() -> None:
    single = model([[1.0, 2.0], [2.0, -1.0]], [[-1.0, -1.0]], [-2.0], True)
    with pytest.raises(AbateError, match="in every solution"):
        found(single)
