"""Searches side by side: evolutionary ones without seeds, exact points only, and ours, by what they dominate."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.algorithms.moo.nsga3 import NSGA3
from pymoo.core.problem import Problem
from pymoo.optimize import minimize
from pymoo.util.ref_dirs import get_reference_directions

from abate.front import Effort, Front, explore
from abate.front.exact.point import non_dominated
from abate.front.indicators import hypervolume
from abate.front.searched.evaluation import Evaluation
from abate_data.case import Case
from abate_models.problem import read_problem

Report = Callable[[str], None]

#: Plans in a population of the searches without seeds, and divisions of the reference directions of NSGA-III.
POPULATION, DIVISIONS = 100, {2: 99, 3: 12}
#: Evaluations of the long search that the reference is made of, as a multiple of those that are compared.
LONG = 3


@dataclass(frozen=True)
class Searched:
    """What one search came to: evaluations, CPU seconds, and its hypervolume over that of the reference."""

    method: str
    evaluations: int
    cpu: float
    share: float


def searches(case: Case, objectives: tuple[str, ...], evaluations: int, report: Report) -> list[Searched]:
    """Return every search on a case.

    Two objectives are linear, and stated against their exact front; more against the union of all that was found, a
    longer search included.
    """
    evaluation = Evaluation(case, read_problem(case), objectives)
    found: dict[str, tuple[int, float, np.ndarray]] = {}
    for name in ("NSGA-II", "NSGA-III"):
        report(f"{name} without seeds")
        found[f"{name}, no seeds, real shares"] = (
            evaluations,
            *_timed(lambda n=name: plain(n, evaluation, evaluations)),
        )
    report("exact points only")
    cpu, front = _timed(lambda: explored(case, objectives, 1))
    found["exact points only"] = (0, cpu, front.values)
    report("exact points, search and polish")
    cpu, front = _timed(lambda: explored(case, objectives, evaluations))
    found["abate: exact points, search, polish"] = (front.solves["evaluations"], cpu, front.values)
    if len(objectives) == 2:
        report("the exact front")
        exact = explore(case, objectives).values
        return _shares(found, exact.min(axis=0), exact.max(axis=0), convex_area(exact))
    report("the reference")
    long = explored(case, objectives, LONG * evaluations, seed=1).values
    union = np.vstack([*(values for _, _, values in found.values()), long])
    union = union[non_dominated(union)]
    low, high = union.min(axis=0), union.max(axis=0)
    return _shares(found, low, high, hypervolume(union, low, high))


def convex_area(values: np.ndarray) -> float:
    """Return the share of the box around a convex front of two objectives that it and its mixtures dominate.

    Parameters
    ----------
    values : (points x 2) its corners, by the first objective.
    """
    across, down = ((values - values.min(axis=0)) / np.ptp(values, axis=0)).T
    return float(np.sum(np.diff(across) * (1.0 - (down[1:] + down[:-1]) / 2.0)))


def explored(case: Case, objectives: tuple[str, ...], evaluations: int, seed: int = 0) -> Front:
    """Return the searched front of a case."""
    return explore(case, objectives, method="search", effort=Effort(evaluations=evaluations, seed=seed))


def plain(name: str, evaluation: Evaluation, evaluations: int) -> np.ndarray:
    """Return the values of the last population of a search as it comes out of the box, without seeds.

    Genes are real shares of the options; those of a group are scaled down to a sum of 1.
    """
    population = POPULATION
    if name == "NSGA-II":
        algorithm: Any = NSGA2(pop_size=population)
    else:
        count = len(evaluation.criteria)
        directions = get_reference_directions("das-dennis", count, n_partitions=DIVISIONS[count])
        population = len(directions)
        algorithm = NSGA3(ref_dirs=directions, pop_size=population)
    result = minimize(_Shares(evaluation), algorithm, ("n_gen", max(evaluations // population, 1)), seed=0)
    empty = np.zeros((0, len(evaluation.criteria)))
    return empty if result.F is None else np.atleast_2d(result.F)


class _Shares(Problem):  # type: ignore[misc]  # pymoo carries no types
    """Real shares of the greatest extents, with what has to be kept as a constraint."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        options = evaluation.problem.options
        super().__init__(n_var=len(options.keys), n_obj=len(evaluation.criteria), n_ieq_constr=1, xl=0.0, xu=1.0)

    def _evaluate(self, x: np.ndarray, out: dict[str, Any], *_args: Any, **_kwargs: Any) -> None:
        options = self._evaluation.problem.options
        extents = x * options.upper
        for group in range(len(options.groups)):
            members = np.flatnonzero(options.group == group)
            extents[:, members] /= np.maximum(extents[:, members].sum(axis=1, keepdims=True), 1.0)
        out["F"] = self._evaluation.values(extents)
        out["G"] = self._evaluation.violation(extents)[:, None]


def _shares(
    found: dict[str, tuple[int, float, np.ndarray]], low: np.ndarray, high: np.ndarray, whole: float
) -> list[Searched]:
    return [
        Searched(name, evaluations, cpu, hypervolume(values, low, high) / whole)
        for name, (evaluations, cpu, values) in found.items()
    ]


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    result = work()
    return time.process_time() - start, result
