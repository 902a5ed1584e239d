"""Boxes: the front of two objectives in a model that has both whole numbers and shares.

Such a front can consist of points, pieces of lines and gaps. Between two neighbours lies a box in which all that is not
yet known must be. The box with the largest gap is cut at half its height: the best of the first objective below that
line is a point of the front, and what is left to explore is at most half of the box, above the line and to the left of
the point, or below the point and to its right.

The front of the model without whole numbers bounds all boxes from below.

Source: Boland, Charkhgard and Savelsbergh, INFORMS Journal on Computing 27 (2015), the balanced box method; here with
the bound of the relaxation and only one lexicographic solve a box.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abate.front.exact.corners import LEAST_GAP, Corners
from abate.front.exact.cuts import Cut, area_above, height_above
from abate.front.exact.point import SAME, Floats, Point
from abate.front.exact.space import Answer, Step


@dataclass(frozen=True, eq=False)
class Box:
    """Where points may lie: from `low` to `high`, each (2); `start` is a point of the front below half its height."""

    low: Floats
    high: Floats
    start: Point


class Boxes:
    """Points of a front of two objectives until no box leaves more than a gap.

    Parameters
    ----------
    corners : the end points.
    cuts : of the relaxation.
    gap : gap at which a box is left alone.
    """

    name = "boxes"

    def __init__(self, corners: Corners, cuts: list[Cut], gap: float) -> None:
        self._corners, self._allowed = corners, max(gap, LEAST_GAP)
        self._cuts = cuts
        self.points = list(corners.points)
        self._open: list[tuple[float, Box]] = []
        self._settled: list[Box] = []
        self._failed: list[tuple[float, Box]] = []
        self._wave: list[tuple[float, Box]] = []
        left, right = self.points
        self._add(
            Box(
                np.array([left.objectives[0], right.objectives[1]]),
                np.array([right.objectives[0], left.objectives[1]]),
                right,
            )
        )

    def ask(self, most: int) -> list[Step]:
        """Return a step for each of the boxes with the largest gaps."""
        self._open.sort(key=lambda entry: -entry[0])
        self._wave, self._open = self._open[:most], self._open[most:]
        return [self._step(box) for _, box in self._wave]

    def tell(self, answers: list[Answer]) -> None:
        """Replace each box by what is left of it."""
        for entry, answer in zip(self._wave, answers, strict=True):
            if answer.point is None or not answer.point.optimal:
                self._failed.append(entry)
                self.points += [answer.point] if answer.point else []
            else:
                self._split(entry[1], answer.point)
        self._wave = []

    def gap(self) -> float:
        """Return the largest gap of any box."""
        return max((self._gap(box) for box in self._left()), default=0.0)

    def unexplored(self) -> float:
        """Return the area of all boxes above the cuts, as a share of the rectangle between the corners."""
        return sum(area_above(box.low, box.high, self._corners.scale, self._cuts) for box in self._left())

    def _left(self) -> list[Box]:
        return [box for _, box in [*self._open, *self._failed, *self._wave]] + self._settled

    def _step(self, box: Box) -> Step:
        caps = np.array([np.inf, (box.low[1] + box.high[1]) / 2])
        return Step("box", self._corners.weights(0), caps, box.start.columns)

    def _split(self, box: Box, point: Point) -> None:
        half, (across, down) = (box.low[1] + box.high[1]) / 2, point.objectives
        if across < box.high[0] - SAME * self._corners.scale[0]:
            self.points.append(point)
            self._add(Box(np.array([across, box.low[1]]), np.array([box.high[0], down]), box.start))
            self._add(Box(np.array([box.low[0], half]), np.array([across, box.high[1]]), point))
        else:  # nothing better lies below the line
            self._add(Box(np.array([box.low[0], half]), box.high, point))

    def _add(self, box: Box) -> None:
        gap = self._gap(box)
        if gap > self._allowed:
            self._open.append((gap, box))
        elif gap > SAME:
            self._settled.append(box)

    def _gap(self, box: Box) -> float:
        scale = self._corners.scale
        sides = float(((box.high - box.low) / scale).min())
        return max(min(sides, height_above(box.high, scale, self._cuts)), 0.0)
