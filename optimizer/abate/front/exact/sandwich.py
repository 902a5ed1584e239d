"""Sandwich: the convex front of three or more linear objectives between an inner and an outer approximation.

Inside lies the convex hull of the points that were found, with all that is worse than they are. Outside lies what the
solves prove: under the weights w of a solve no solution has a sum below its least sum v. The facet of the hull below
which the most can lie is solved for under its own normal; the answer is a new point of the hull, or proves the facet.

What lies below a facet is bounded without a solve where its normal is a mixture of known weights: the same mixture of
the sums is then proved for it.

Source: Rennen, van Dam and den Hertog, INFORMS Journal on Computing 23 (2011); Craft et al., Medical Physics 33 (2006).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from abate.front.exact.corners import LEAST_GAP, Corners
from abate.front.exact.cuts import Cut
from abate.front.exact.point import SAME, Floats, Point
from abate.front.exact.space import Answer, Space, Step

#: How far out, in scales, the points stand that turn the hull into all that is worse than the points.
FAR = 1e3
#: A normal of a facet that faces the ideal has no component further below zero: points far out are not at infinity.
FACING = -5.0 / FAR
#: Least weight of any objective in a solve, so that the answer is not merely weakly efficient.
LEAST_WEIGHT = 1e-6


@dataclass(frozen=True, eq=False)
class Facet:
    """A facet of the hull: its weights (p) on the objectives' scales, which sum to 1, its sum, and its gap."""

    weights: Floats
    sum: float
    gap: float


class Sandwich:
    """Points of a convex front until nothing lies further than a gap below their hull.

    Parameters
    ----------
    space, corners : the model and its end points.
    gap : gap at which a facet is left alone.
    """

    name = "sandwich"

    def __init__(self, space: Space, corners: Corners, gap: float) -> None:
        self._scale, self._ideal, self._allowed = corners.scale, corners.ideal, max(gap, LEAST_GAP)
        self._free = np.full(space.count, np.inf)
        self.points = list(corners.points)
        #: weights and least sums that are proved, on the scales, from the ideal
        self._weights, self._sums = np.eye(space.count), np.zeros(space.count)
        self._failed: list[Facet] = []
        self._facets: list[Facet] | None = None
        self._wave: list[Facet] = []

    def ask(self, most: int) -> list[Step]:
        """Return a step for each of the facets with the largest gaps."""
        open_facets = [facet for facet in self._hull() if facet.gap > self._allowed and not self._has_failed(facet)]
        self._wave = sorted(open_facets, key=lambda facet: -facet.gap)[:most]
        return [Step("facet", facet.weights / self._scale, self._free) for facet in self._wave]

    def tell(self, answers: list[Answer]) -> None:
        """Add what is proved, and the points below their facets."""
        self._facets = None
        for facet, answer in zip(self._wave, answers, strict=True):
            if answer.point is None or not answer.point.optimal:
                self._failed.append(facet)
                continue
            self._weights = np.vstack([self._weights, facet.weights])
            self._sums = np.append(self._sums, answer.bound - facet.weights @ (self._ideal / self._scale))
            if facet.sum - facet.weights @ self._placed(answer.point) > SAME:
                self.points.append(answer.point)

    def gap(self) -> float:
        """Return the largest gap of any facet."""
        return max((facet.gap for facet in self._hull()), default=0.0)

    def cuts(self) -> list[Cut]:
        """Return (weights, bound) of which weights @ objectives >= bound is proved for every solution."""
        base = self._ideal / self._scale
        return [
            (weights / self._scale, float(least + weights @ base))
            for weights, least in zip(self._weights, self._sums, strict=True)
        ]

    def _placed(self, point: Point) -> Floats:
        return np.asarray((point.objectives - self._ideal) / self._scale)

    def _has_failed(self, facet: Facet) -> bool:
        return any(np.allclose(failed.weights, facet.weights, rtol=0, atol=SAME) for failed in self._failed)

    def _hull(self) -> list[Facet]:
        """Return the facets of the hull that face the ideal."""
        if self._facets is None:
            weights, sums = _facets(np.array([self._placed(point) for point in self.points]))
            gaps = np.maximum(sums - _proved(weights, self._weights, self._sums), 0.0)
            self._facets = [Facet(w, float(s), float(g)) for w, s, g in zip(weights, sums, gaps, strict=True)]
        return self._facets


def _facets(points: Floats) -> tuple[Floats, Floats]:
    """Return weights (facets x p), which sum to 1, and sums of the facets of all that is worse than the points."""
    count = points.shape[1]
    far = points.max(axis=0) + FAR * np.eye(count)
    cloud = np.vstack([points, far])
    normals = -_equations(cloud)[:, :-1]
    facing = (normals >= FACING).all(axis=1)
    weights = np.maximum(normals[facing], 0.0)
    weights = np.unique(np.round(weights / weights.sum(axis=1, keepdims=True), 12), axis=0)
    weights = np.maximum(weights, LEAST_WEIGHT)
    weights /= weights.sum(axis=1, keepdims=True)
    return weights, (points @ weights.T).min(axis=0)


def _proved(weights: Floats, known: Floats, sums: Floats) -> Floats:
    """Return what the sum under each row of weights is at least.

    The known weights around each row come from the convex hull of all of them, lifted by their sums: the greatest
    mixture of sums over all mixtures of weights is the upper hull, which is concave.
    """
    lifted = np.column_stack([known[:, :-1], sums])
    below = np.append(known.mean(axis=0)[:-1], sums.min() - 1.0)
    equations = _equations(np.vstack([lifted, below]))
    upper = equations[equations[:, -2] > SAME]
    # a facet with a normal (n, m) and offset d: sum = -(n @ weights + d) / m
    heights = -(weights[:, :-1] @ upper[:, :-2].T + upper[:, -1]) / upper[:, -2]
    bound: Floats = heights.min(axis=1)
    return bound


def _equations(points: Floats) -> Floats:
    """Return the facets of the convex hull of (points x p), (facets x p + 1): the outward normal and the offset."""
    try:
        return np.asarray(ConvexHull(points).equations)
    except QhullError:  # too flat: some objectives move together
        return np.asarray(ConvexHull(points, qhull_options="QJ").equations)
