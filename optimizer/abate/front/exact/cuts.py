"""Cuts: what is proved for every solution, weights @ objectives >= bound, and how much lies above all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from abate.front.exact.point import Floats

#: (weights, bound); weights are at least 0.
Cut = tuple[Floats, float]


def height_above(corner: Floats, scale: Floats, cuts: Sequence[Cut]) -> float:
    """Return how far one can go down from a corner, by the same share of each scale, until a cut is met; at least 0.

    Parameters
    ----------
    corner, scale : (p) in the units of the objectives.
    """
    if not cuts:
        return np.inf
    weights = np.array([weight for weight, _ in cuts])
    bounds = np.array([bound for _, bound in cuts])
    return max(float(((weights @ corner - bounds) / (weights @ scale)).min()), 0.0)


def area_above(low: Floats, high: Floats, scale: Floats, cuts: Sequence[Cut]) -> float:
    """Return the area of a box of two objectives above all cuts, both objectives divided by their scale."""
    (left, bottom), (right, top) = low / scale, high / scale
    corners = np.array([[left, bottom], [right, bottom], [right, top], [left, top]])
    for weights, bound in cuts:
        corners = _clipped(corners, corners @ (weights * scale) - bound)
        if len(corners) < 3:
            return 0.0
    following = np.roll(corners, -1, axis=0)
    return float(abs(np.sum(corners[:, 0] * following[:, 1] - following[:, 0] * corners[:, 1])) / 2)


def _clipped(corners: Floats, height: Floats) -> Floats:
    """Return the part of a convex polygon where the height of its corners over a line is not negative."""
    if (height >= 0).all():
        return corners
    kept: list[Floats] = []
    for place in range(len(corners)):
        here, there = height[place], height[(place + 1) % len(corners)]
        if here >= 0:
            kept.append(corners[place])
        if here * there < 0:
            kept.append(corners[place] + here / (here - there) * (corners[(place + 1) % len(corners)] - corners[place]))
    return np.array(kept).reshape(-1, 2)
