"""The least of a ratio of two linear objectives, exactly, by changing costs alone.

For the ratio N / D of two sums that are never negative, the least of N - g D is found for the g of the last point;
where it is 0, g is the least ratio. Rounds converge faster than linearly, and few are needed.

Source: Dinkelbach, Management Science 13 (1967).
"""

from __future__ import annotations

import numpy as np

from abate.front.exact.point import Floats, Point
from abate.front.exact.space import Space, Step

#: Relative difference of two rounds below which the ratio is the least.
SETTLED = 1e-9
#: Rounds after which the last point is returned; convergence is faster than linear.
MOST_ROUNDS = 50


def least_ratio(space: Space, numerator: int, denominator: int, caps: Floats) -> tuple[Point | None, str]:
    """Return the point with the least ratio of two objectives under caps on all.

    Parameters
    ----------
    numerator, denominator : places of the two in the space.
    caps : (p) greatest value of each objective, infinite where there is none.

    Returns
    -------
    The point, None where no solution keeps the caps, and why a solve failed, blank where none did.
    """
    best: Point | None = None
    ratio = np.inf
    weights = np.zeros(space.count)
    weights[numerator] = 1.0
    for _ in range(MOST_ROUNDS):
        answer = space.solve(Step("least ratio", weights, caps, None if best is None else best.columns))
        if answer.point is None:
            return best, "" if answer.infeasible else answer.failure
        reached = ratio_at(answer.point, numerator, denominator)
        if not reached < ratio * (1 - SETTLED):
            return best or answer.point, ""
        best, ratio = answer.point, reached
        if ratio <= SETTLED:
            return best, ""
        weights = weights.copy()
        weights[denominator] = -ratio
    return best, ""


def ratio_at(point: Point, numerator: int, denominator: int) -> float:
    """Return the ratio of two objectives, 0 where both are 0."""
    above, below = point.objectives[numerator], point.objectives[denominator]
    return max(float(above / below), 0.0) if below > 0 else 0.0
