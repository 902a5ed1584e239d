"""What a front says when a solve fails, is stopped or is interrupted: at each solve, for every method."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from front_oracles import Floats, Model, enumerated, envelope, found, least, missed, model, table, vertices

from abate.errors import AbateError, InputError, SolverError
from abate.front.exact.corners import InfeasibleError, NoCornerError
from abate.front.exact.find import Found
from abate.solver import Session, Solution, SolutionStatus, StopReason

Solve = Callable[[Session], Solution]

#: By method: its model and the gap that is asked for.
ASKED: dict[str, tuple[str, float | None]] = {
    "dichotomy": ("shares of two", None),
    "sandwich": ("shares of three", 0.05),
    "epsilon": ("whole of two", None),
    "boxes": ("mixed of two", 0.2),
    "zones": ("whole of three", None),
    "zones, mixed": ("mixed of two", 0.2),
}


def named(method: str) -> str:
    return method.partition(",")[0]


@cache
def given(name: str) -> Model:
    generator = np.random.default_rng(3)
    match name:
        case "shares of two":
            return model(generator.integers(-9, 10, (2, 5)), generator.integers(1, 9, (2, 5)), [11, 12])
        case "shares of three":
            return model(generator.integers(-9, 10, (3, 5)), generator.integers(1, 9, (2, 5)), [11, 12])
        case "whole of two":
            return model(generator.integers(-9, 10, (2, 8)), generator.integers(1, 9, (2, 8)), [18, 19], True)
        case "whole of three":
            return model(generator.integers(-9, 10, (3, 6)), generator.integers(1, 9, (2, 6)), [12, 13], True)
    # two decisions with a charge open three shares: the front has pieces
    costs = np.array([[3.0, 2.0, 4.1, 1.3, 2.2], [0.0, 0.0, -7.0, -3.1, -4.3]])
    rows = np.array([[-1.0, 0, 1, 0, 0], [0, -1, 0, 1, 0], [0, 0, 1, 1, 1]])
    return model(costs, rows, [0, 0, 2.5], [True, True, False, False, False])


@cache
def truth(name: str) -> Floats:
    """Enough values of solutions to tell what was missed: all that are whole, all corners of what is shared."""
    whole = given(name)
    if not whole.integer.any():
        return vertices(whole) @ whole.costs.T
    if whole.integer.all():
        return enumerated(whole)
    best, kinks = envelope(whole)
    second = np.linspace(kinks[:, 1].min(), kinks[:, 1].max(), 500)
    return np.vstack([kinks, np.column_stack([best(second), second])])


def error(session: Session) -> Solution:
    raise SolverError("the solver broke down")


def interrupt(session: Session) -> Solution:
    raise KeyboardInterrupt


def nothing(stop: StopReason) -> Solve:
    def answer(session: Session) -> Solution:
        width, height = len(session.compiled.cost), len(session.compiled.row_upper)
        return Solution(
            stop=stop,
            status=SolutionStatus.UNKNOWN,
            values=np.full(width, np.nan),
            prices=np.full(height, np.nan),
            objective=np.nan,
            bound=-np.inf,
            iterations=0,
            nodes=0,
            seconds=0.0,
            method="",
        )

    return answer


def unproved(session: Session) -> Solution:
    solution = SOLVE(session)
    if not solution.found:
        return nothing(StopReason.TIME_LIMIT)(session)
    return replace(solution, stop=StopReason.TIME_LIMIT, status=SolutionStatus.FEASIBLE, bound=-np.inf)


SOLVE = Session.solve
FAULTS: dict[str, Solve] = {
    "error": error,
    "time limit": nothing(StopReason.TIME_LIMIT),
    "failed": nothing(StopReason.FAILED),
    "unproved": unproved,
}


@pytest.fixture
def fail_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, Solve], None]:
    """Return a function that makes the k-th solve from now on come to something else."""

    def arrange(k: int, fault: Solve) -> None:
        numbers, lock = itertools.count(1), threading.Lock()

        def solve(session: Session) -> Solution:
            with lock:
                number = next(numbers)
            return fault(session) if number == k else SOLVE(session)

        monkeypatch.setattr(Session, "solve", solve)

    return arrange


@cache
def solves_of(method: str) -> int:
    name, gap = ASKED[method]
    front, space = found(given(name), named(method), gap=gap)
    assert not front.reason
    return space.made


def keeps_its_word(front: Found, name: str, convex: bool) -> None:
    """Points are solutions, the proved ones such that nothing is better in every objective; the gap is true."""
    values, all_values, whole = table(front), truth(name), given(name)
    size = np.ptp(all_values, axis=0)
    for point in front.points:
        assert whole.keeps(point.columns)
        assert point.objectives == pytest.approx(whole.costs @ point.columns)
        if point.optimal:
            assert not (all_values < point.objectives - 1e-6 * size).all(axis=1).any()
    if np.isfinite(front.gap) and convex:
        weights = np.random.default_rng(1).dirichlet(np.ones(values.shape[1]), 200) / front.scale
        depth = (values @ weights.T).min(axis=0) - (all_values @ weights.T).min(axis=0)
        assert depth.max() <= front.gap + 1e-6
    elif np.isfinite(front.gap):
        assert missed(values, all_values, front.scale) <= front.gap + 1e-6


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("method", ASKED)
def test_a_fault_at_any_solve_is_said_and_what_is_found_is_kept(
    method: str, fault: str, fail_at: Callable[[int, Solve], None]
) -> None:
    name, gap = ASKED[method]
    for k in range(1, solves_of(method) + 1):
        fail_at(k, FAULTS[fault])
        if k == 1 and fault != "unproved":
            with pytest.raises(NoCornerError, match="no point of the front was found"):
                found(given(name), named(method), gap=gap)
            continue
        front, _ = found(given(name), named(method), gap=gap)
        assert front.points
        assert front.reason
        keeps_its_word(front, name, method in ("dichotomy", "sandwich"))


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("method", ASKED)
def test_an_interruption_at_any_solve_keeps_what_is_found(
    method: str, workers: int, fail_at: Callable[[int, Solve], None]
) -> None:
    name, gap = ASKED[method]
    fail_at(1, interrupt)
    with pytest.raises(KeyboardInterrupt):
        found(given(name), named(method), gap=gap, workers=workers)
    for k in range(2, solves_of(method) + 1):
        fail_at(k, interrupt)
        front, space = found(given(name), named(method), gap=gap, workers=workers)
        assert front.reason == "it was interrupted"
        assert space.made <= k + 3  # those that were solved side by side
        keeps_its_word(front, name, method in ("dichotomy", "sandwich"))


@pytest.mark.parametrize("method", ASKED)
def test_any_budget_is_kept_and_the_gap_is_true(method: str) -> None:
    name, gap = ASKED[method]
    needed = solves_of(method)
    for budget in range(1, needed + 2):
        front, space = found(given(name), named(method), gap=gap, budget=budget)
        assert space.made <= budget
        assert front.reason == "" if budget >= needed else front.reason or front.gap <= (gap or 0.0)
        keeps_its_word(front, name, method in ("dichotomy", "sandwich"))


@pytest.mark.parametrize("method", ASKED)
def test_time_that_is_over_before_the_first_solve_is_an_error(method: str) -> None:
    name, gap = ASKED[method]
    with pytest.raises(NoCornerError, match="the time was over"):
        found(given(name), named(method), gap=gap, deadline=time.monotonic() - 1.0)


@pytest.mark.parametrize("method", ASKED)
def test_time_that_runs_out_on_the_way_is_said(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of the space jumps past the deadline at the k-th solve."""
    name, gap = ASKED[method]
    for k in range(2, solves_of(method)):
        numbers, now = itertools.count(1), [0.0]

        def solve(session: Session, k: int = k, numbers: itertools.count = numbers, now: list[float] = now) -> Solution:
            solution = SOLVE(session)
            now[0] = 10.0 if next(numbers) >= k else 0.0
            return solution

        monkeypatch.setattr(Session, "solve", solve)
        monkeypatch.setattr(time, "monotonic", lambda now=now: now[0])
        front, _ = found(given(name), named(method), gap=gap, deadline=5.0)
        monkeypatch.undo()
        assert front.reason == "the time was over"
        keeps_its_word(front, name, method in ("dichotomy", "sandwich"))


def test_a_front_that_is_done_when_time_runs_out_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers, last, now = itertools.count(1), solves_of("dichotomy"), [0.0]

    def solve(session: Session) -> Solution:
        solution = SOLVE(session)
        now[0] = 10.0 if next(numbers) >= last else 0.0
        return solution

    monkeypatch.setattr(Session, "solve", solve)
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    assert not found(given("shares of two"), deadline=5.0)[0].reason


@pytest.mark.parametrize("method", ASKED)
def test_a_model_without_solution_is_an_error(method: str) -> None:
    whole = given(ASKED[method][0])
    impossible = replace(whole, rows=np.vstack([whole.rows, -np.ones(whole.width)]), most=np.append(whole.most, -99.0))
    with pytest.raises(InfeasibleError, match="no solution"):
        found(impossible, named(method))


@pytest.mark.parametrize("method", ASKED)
def test_an_objective_that_never_changes_is_named(method: str) -> None:
    whole = given(ASKED[method][0])
    costs = whole.costs.copy()
    costs[-1] = 0.0
    with pytest.raises(InputError, match="is 0 in every solution") as caught:
        found(replace(whole, costs=costs), "zones" if method == "epsilon" else named(method))
    assert caught.value.findings[0].value == f"f{len(costs) - 1}"


def test_an_objective_that_rows_alone_hold_still_is_named_as_people_read_it() -> None:
    """The second objective is x1 + x2, of which more is better, and the rows make it 1."""
    still = model([[1.0, 2.0], [-1.0, -1.0]], [[1.0, 1.0], [-1.0, -1.0]], [1.0, -1.0])
    objectives = [still.objectives[0], replace(still.objectives[1], maximised=True)]
    with pytest.raises(InputError, match="is 1 in every solution") as caught:
        found(still, objectives=objectives)
    assert caught.value.findings[0].value == "f1"


@pytest.mark.parametrize("integer", [False, True])
def test_an_objective_without_end_is_named(integer: bool) -> None:
    endless = model([[1.0, 2.0, 0.0], [1.0, 0.5, -1.0]], [[-1.0, -1.0, 0.0]], [-1.0], [integer, False, False])
    endless = replace(endless, highs=np.array([1.0, 1.0, np.inf]))
    with pytest.raises(InputError, match="can get better without end") as caught:
        found(endless)
    assert caught.value.findings[0].value == "f1"


def test_numbers_that_a_solver_cannot_read_are_an_error() -> None:
    whole = given("shares of two")
    most = whole.most.copy()
    most[0] = np.nan
    with pytest.raises(AbateError, match="not a number"):
        found(replace(whole, most=most))


def test_the_cuts_of_a_front_that_was_stopped_are_true() -> None:
    whole = given("mixed of two")
    for budget in range(5, 12):
        front, _ = found(whole, "boxes", gap=0.05, budget=budget)
        for weights, bound in front.cuts:
            assert least(whole, weights)[0] >= bound - 1e-6 * (weights @ front.scale)
