"""Fronts: exact methods against bare HiGHS and known fronts, and the search against what it starts from."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from abate.front import Effort, Front, solve
from abate.front.case_source import CaseSource
from abate.front.exact.find import find
from abate.front.exact.route import choose_route
from abate.front.exact.space import Answer, Space, Step
from abate.front.solving import front_of
from abate_data.case import Case
from benchmarks.fronts_cases import allocation_case
from benchmarks.knapsacks import knapsack

Report = Callable[[str], None]

#: Objectives of the allocation case that are linear: two, and three.
TWO, THREE = ("cost", "exposure"), ("cost", "exposure", "total_load")


@dataclass(frozen=True)
class Exact:
    """One exact front.

    Attributes
    ----------
    instance, method : what was solved, and how.
    points, solves : how many were found, with how many solves.
    gap : that is left.
    cpu, wall : seconds.
    bare : CPU seconds of the same solves in bare HiGHS, NaN where that was not tried.
    known : what a known front says of it, in words.
    """

    instance: str
    method: str
    points: int
    solves: int
    gap: float
    cpu: float
    wall: float
    bare: float
    known: str


def exact_fronts(report: Report, *, small: bool = False) -> list[Exact]:
    """Measure every exact front; the knapsack with three objectives takes minutes, and is left out where `small`."""
    found = []
    for seed in (0, 1):
        report(f"allocation {seed}, two objectives")
        found.append(_allocation(seed))
    report("allocation 0, three objectives")
    found.append(_surface())
    names = [("2kp50", 1)] if small else [("2kp50", 1), ("3kp40", 1), ("3kp40", 2)]
    for name, workers in names:
        report(f"knapsack {name}, {workers} workers")
        found.append(_knapsack(name, workers))
    return found


def _allocation(seed: int) -> Exact:
    """Return the front of cost and exposure, and the time of the same solves in bare HiGHS."""
    space = _space(allocation_case(seed=seed), TWO)
    steps: list[Step] = []
    space.solve_all = _recorded(space.solve_all, steps)  # type: ignore[method-assign]
    cpu, wall, front = _timed(lambda: _front(space, None))
    return _exact(f"allocation, seed {seed}", front, (cpu, wall), bare=bare_seconds(space, steps))


def _surface() -> Exact:
    """Return the front of three linear objectives."""
    space = _space(allocation_case(seed=0), THREE)
    steps: list[Step] = []
    space.solve_all = _recorded(space.solve_all, steps)  # type: ignore[method-assign]
    cpu, wall, front = _timed(lambda: _front(space, 1e-3))
    return _exact("allocation, seed 0, with total load", front, (cpu, wall), bare=bare_seconds(space, steps))


def _knapsack(name: str, workers: int) -> Exact:
    instance = knapsack(name)
    model = instance.model()
    objectives = {f"profit {k}": model.profit[k] for k in model.profit}
    cpu, wall, front = _timed(lambda: solve(model, objectives, effort=Effort(workers=workers)))
    same = np.array_equal(np.unique(-front.values, axis=0), np.unique(instance.front, axis=0))
    known = f"{len(instance.front)} points, {'the same' if same else '**not the same**'}"
    label = name if workers == 1 else f"{name}, {workers} workers"
    return _exact(label, front, (cpu, wall), known=known)


def _space(case: Case, objectives: tuple[str, ...]) -> Space:
    source = CaseSource.of(case, objectives)
    return Space(source.compiled, source.objectives)


def _front(space: Space, gap: float | None) -> Front:
    route = choose_route(space, None, gap)
    return front_of(find(space, route, budget=np.inf, report=lambda *_: None), space, route, None)  # type: ignore[arg-type]


def _exact(
    instance: str, front: Front, seconds: tuple[float, float], *, bare: float = np.nan, known: str = ""
) -> Exact:
    return Exact(
        instance=instance,
        method=front.method,
        points=len(front),
        solves=sum(front.solves.values()),
        gap=front.gap,
        cpu=seconds[0],
        wall=seconds[1],
        bare=bare,
        known=known,
    )


def _recorded(
    solve_all: Callable[[list[Step]], list[Answer]], steps: list[Step]
) -> Callable[[list[Step]], list[Answer]]:
    def recording(asked: list[Step]) -> list[Answer]:
        steps.extend(asked)
        return solve_all(asked)

    return recording


def bare_seconds(space: Space, steps: list[Step]) -> float:
    """Return the CPU seconds of the same solves, warm, in a loop on bare HiGHS that reads each solution."""
    compiled = space.compiled
    highs, matrix = highspy.Highs(), compiled.matrix
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    columns = np.arange(matrix.shape[1], dtype=np.int32)
    costs = [step.weights @ space.coefficients for step in steps]
    start = time.process_time()
    highs.passModel(
        matrix.shape[1],
        matrix.shape[0],
        matrix.nnz,
        int(highspy.MatrixFormat.kRowwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        compiled.cost,
        compiled.column_lower,
        compiled.column_upper,
        compiled.row_lower,
        compiled.row_upper,
        matrix.indptr.astype(np.int32),
        matrix.indices.astype(np.int32),
        matrix.data,
        np.zeros(matrix.shape[1], dtype=np.int32),
    )
    for cost in costs:
        highs.changeColsCost(len(columns), columns, cost)
        highs.run()
        values = np.array(highs.getSolution().col_value)
        space.coefficients @ values
    return time.process_time() - start


def _timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return CPU and wall seconds of some work, and its result."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    return time.process_time() - cpu, time.perf_counter() - wall, result
