"""Extreme points of a convex front of two objectives: those that do not lie on the line between their neighbours."""

from __future__ import annotations

import numpy as np

from abate.front.exact.point import SAME, Codes, Floats


def extreme(values: Floats) -> Codes:
    """Return the places of the extreme points.

    Parameters
    ----------
    values : (points x 2) that do not dominate one another, by the first objective, both on their scales.

    >>> extreme(np.array([[0.0, 1.0], [0.4, 0.3], [0.7, 0.15], [1.0, 0.0]])).tolist()
    [0, 1, 3]
    """
    kept: list[int] = []
    for place in range(len(values)):
        while len(kept) > 1 and _depth(values[kept[-2]], values[kept[-1]], values[place]) <= SAME:
            kept.pop()
        kept.append(place)
    return np.array(kept, dtype=np.int64)


def _depth(left: Floats, middle: Floats, right: Floats) -> float:
    """Return how far a point lies below the line between two others, in the 1-norm of the line's weights."""
    weights = np.array([left[1] - right[1], right[0] - left[0]])
    return float(weights @ (left - middle) / weights.sum())
