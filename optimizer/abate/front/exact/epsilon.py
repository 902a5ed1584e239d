"""Epsilon constraint: every point of the front of two objectives whose values are whole numbers of steps.

From either end of the front the next point is the best of one objective among those that are at least a step better in
the other: one lexicographic solve a point. The two ends move towards one another and meet.

Source: Haimes, Lasdon and Wismer (1971); Berube, Gendreau and Potvin, European Journal of Operational Research 194
(2009), for the exactness where values are whole.
"""

from __future__ import annotations

import numpy as np

from abate.front.exact.corners import Corners
from abate.front.exact.point import SAME, Floats, Point
from abate.front.exact.space import Answer, Space, Step


class Epsilon:
    """All points of a front of two objectives that have steps.

    Parameters
    ----------
    space, corners : the model, whose objectives have steps, and its end points.
    steps : their sizes (2).
    """

    name = "epsilon"

    def __init__(self, space: Space, corners: Corners, steps: Floats) -> None:
        self._corners, self._steps = corners, steps
        self._free = np.full(space.count, np.inf)
        self.points = list(corners.points)
        #: the last point found from each end, and which ends can still move
        self._ends = list(corners.points)
        self._moving = [0, 1]
        self._wave: list[int] = []

    def ask(self, most: int) -> list[Step]:
        """Return the next step from each end."""
        self._wave = self._moving[:most] if self._room() else []
        return [self._step(end) for end in self._wave]

    def tell(self, answers: list[Answer]) -> None:
        """Move the ends to the points that were found."""
        found = [answer.point if answer.point and answer.point.optimal else None for answer in answers]
        for end, point in zip(self._wave, found, strict=True):
            if point is None:
                self._moving.remove(end)
                continue
            other = self._ends[1 - end]
            self._ends[end] = point
            if self._differ(point, other):
                self.points.append(point)

    def gap(self) -> float:
        """Return the smaller side of the box between the two ends; 0 where nothing can lie in it."""
        return float(self._sides().min()) if self._room() else 0.0

    def _step(self, end: int) -> Step:
        mine, other = self._ends[end], self._ends[1 - end]
        caps = self._free.copy()
        # half a step off, so that neither the point itself nor rounding decides
        caps[1 - end] = mine.objectives[1 - end] - self._steps[1 - end] / 2
        return Step("next point", self._corners.weights(end), caps, other.columns)

    def _room(self) -> bool:
        """Whether another point fits between the two ends: a step from both of them."""
        between = self._ends[1].objectives - self._ends[0].objectives
        return bool(between[0] > 1.5 * self._steps[0] and -between[1] > 1.5 * self._steps[1])

    def _sides(self) -> np.ndarray:
        return np.abs(self._ends[1].objectives - self._ends[0].objectives) / self._corners.scale

    def _differ(self, first: Point, second: Point) -> bool:
        return bool((np.abs(first.objectives - second.objectives) > SAME * self._corners.scale).any())
