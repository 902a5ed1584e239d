"""Dichotomy: all extreme points of the front of two linear objectives, one weighted solve each.

Between two neighbours p and q the sum of the objectives is made least under the weights for which p and q are equal. A
better point splits the segment in two; where there is none, the segment is an edge of the front, and its slope is what
one unit of one objective costs in units of the other.

The least sum is a concave function of the weights. So what lies below a segment is bounded by the sums already known
under the nearest weights on either side.

Source: Cohon, Multiobjective Programming and Planning (1978); Aneja and Nair, Management Science 25 (1979).
"""

from __future__ import annotations

from bisect import bisect, insort
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np

from abate.front.exact.corners import Corners
from abate.front.exact.point import SAME, Point
from abate.front.exact.space import Answer, Space, Step


@dataclass(frozen=True, eq=False)
class Segment:
    """Two neighbours, equal under a `share` for the first objective and the rest for the second, on their scales.

    `sum` is what they come to under it, and `gap` the most by which a point below them could do better.
    """

    left: Point
    right: Point
    share: float
    sum: float
    gap: float


class Dichotomy:
    """All extreme points of a convex front of two objectives, or those that leave at most a gap.

    Parameters
    ----------
    space, corners : the model and its end points.
    gap : gap at which a segment is left alone; 0 for all extreme points.
    """

    name = "dichotomy"

    def __init__(self, space: Space, corners: Corners, gap: float = 0.0) -> None:
        self._scale, self._allowed = corners.scale, gap
        self._free = np.full(space.count, np.inf)
        self.points = list(corners.points)
        #: (share, proved least sum), sorted
        self._known = [(0.0, float(corners.ideal[1] / self._scale[1])), (1.0, float(corners.ideal[0] / self._scale[0]))]
        self._open: list[tuple[float, int, Segment]] = []
        self._added = 0
        self._settled: list[Segment] = []
        self._failed: list[Segment] = []
        self._wave: list[Segment] = []
        self._add(*self.points)

    def ask(self, most: int) -> list[Step]:
        """Return a step for each of the segments with the largest gaps."""
        count = min(most, len(self._open))
        self._wave = [heappop(self._open)[-1] for _ in range(count)]
        return [Step("segment", self._weights(segment.share), self._free) for segment in self._wave]

    def tell(self, answers: list[Answer]) -> None:
        """Split the segments below which there is a point, and settle the others."""
        for segment, answer in zip(self._wave, answers, strict=True):
            if answer.point is None or not answer.point.optimal:
                self._failed.append(segment)
                continue
            insort(self._known, (segment.share, answer.bound))
            if segment.sum - float(self._weights(segment.share) @ answer.point.objectives) > SAME:
                self.points.append(answer.point)
                self._add(segment.left, answer.point)
                self._add(answer.point, segment.right)
        self._wave = []

    def gap(self) -> float:
        """Return the largest gap of a segment that is not settled."""
        unproved = [*self._settled, *self._failed, *self._wave, *self._waiting()]
        return max((segment.gap for segment in unproved), default=0.0)

    def cuts(self) -> list[tuple[np.ndarray, float]]:
        """Return (weights, bound) of which weights @ objectives >= bound is proved for every solution."""
        return [(self._weights(share), bound) for share, bound in self._known]

    def _add(self, left: Point, right: Point) -> None:
        across, down = (right.objectives - left.objectives) / self._scale * (1, -1)
        if across <= SAME or down <= SAME:
            return  # they are the same point
        share = down / (across + down)
        total = float(self._weights(share) @ left.objectives)
        segment = Segment(left, right, share, total, max(total - self._bound(share), 0.0))
        if segment.gap > max(self._allowed, SAME):
            self._added += 1
            heappush(self._open, (-segment.gap, self._added, segment))
        else:
            self._settled.append(segment)

    def _waiting(self) -> list[Segment]:
        return [segment for _, _, segment in self._open]

    def _weights(self, share: float) -> np.ndarray:
        return np.array([share, 1.0 - share]) / self._scale

    def _bound(self, share: float) -> float:
        """Return what the sum under a share is at least, by the nearest shares that are known."""
        place = bisect(self._known, (share, -np.inf))
        (below, least), (above, most) = self._known[max(place - 1, 0)], self._known[min(place, len(self._known) - 1)]
        return least if above == below else least + (most - least) * (share - below) / (above - below)
