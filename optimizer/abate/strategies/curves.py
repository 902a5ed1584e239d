"""Cost curves: what a party pays at least to bring its load down by so much.

The curve is that of the linear relaxation of the party's own options: cheapest removal first, options of an exclusive
group along their lower hull, fixed costs spread over the full extent. Options without a bound, shared resources and
what an option does to other pollutants are left out: a curve guides rules that ask for equal costs; what their plan
really costs is found with all measures together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from abate_models.problem import Problem

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CostCurve:
    """A convex, piecewise linear cost of removal that starts at nothing for nothing.

    Attributes
    ----------
    removal : load removed at each corner, the first is 0; increasing.
    cost : yearly cost at each corner.
    """

    removal: Floats
    cost: Floats


def cost_curves(problem: Problem) -> list[CostCurve]:
    """Return the curve of every load of a problem."""
    options = problem.options
    by_load = problem.options.removal
    running = options.unit_cost + np.divide(
        options.fixed, options.upper, out=np.zeros(len(options.fixed)), where=options.upper > 0
    )
    curves = []
    for load in range(len(problem.loads.keys)):
        entries = slice(by_load.indptr[load], by_load.indptr[load + 1])
        column, rate = by_load.indices[entries], by_load.data[entries]
        used = (rate > 0) & (options.upper[column] > 0) & np.isfinite(options.upper[column])
        column, rate = column[used], rate[used]
        removed, spent = rate * options.upper[column], running[column] * options.upper[column]
        curves.append(_curve(options.group[column], removed, spent))
    return curves


def _curve(group: NDArray[np.int64], removed: Floats, spent: Floats) -> CostCurve:
    """Join the hulls of the groups, and the options that are in none, by rising cost of a unit removed."""
    pieces = [np.column_stack([removed, spent])[group < 0]]
    pieces += [_hull(removed[group == one], spent[group == one]) for one in np.unique(group[group >= 0])]
    steps = np.concatenate(pieces)
    steps = steps[np.argsort(steps[:, 1] / steps[:, 0], kind="stable")]
    corners = np.concatenate([np.zeros((1, 2)), np.cumsum(steps, axis=0)])
    return CostCurve(corners[:, 0], corners[:, 1])


def _hull(removed: Floats, spent: Floats) -> Floats:
    """Return the steps (removed, spent) along the lower hull of options of which one unit in all may be had."""
    order = np.lexsort((spent, removed))
    corners = [(0.0, 0.0)]
    for load, money in zip(removed[order], spent[order], strict=True):
        # a corner above the line between its neighbours is not part of the hull
        while len(corners) > 1 and _is_above(corners[-2], corners[-1], (load, money)):
            corners.pop()
        if load > corners[-1][0]:
            corners.append((float(load), float(money)))
    return np.diff(np.array(corners), axis=0)


def _is_above(first: tuple[float, float], middle: tuple[float, float], last: tuple[float, float]) -> bool:
    return (middle[1] - first[1]) * (last[0] - first[0]) >= (last[1] - first[1]) * (middle[0] - first[0])
