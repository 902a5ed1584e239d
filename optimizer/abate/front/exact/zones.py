"""Search zones: the front of three or more objectives in a model with whole numbers.

What is not yet known lies below one of the local upper bounds u that the points found so far leave, better than u in
every objective. A zone u is searched in one direction k: the best of objective k among all solutions that are better
than u in the others. A point that bounds the zone in direction k is such a solution, so the solve starts from it.
Either the answer is better than u in objective k, and new, or the zone is empty, and so is every zone within it that
asks for no more.

Zones follow Klamroth, Lacour and Vanderpooten, European Journal of Operational Research 245 (2015), with the points
that bound a zone kept, so that no zone stands twice; the choice of the zone and its direction by the largest volume
follows Tamby and Vanderpooten, INFORMS Journal on Computing 33 (2021).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abate.front.exact.corners import LEAST_GAP, Corners
from abate.front.exact.cuts import Cut, height_above
from abate.front.exact.local_bounds import LocalBounds
from abate.front.exact.point import SAME, Floats, Point
from abate.front.exact.space import Answer, Space, Step


@dataclass(frozen=True, eq=False)
class ZoneSearch:
    """What was asked: the best of objective `direction` among all that is better than `upper` (p) in the others."""

    upper: Floats
    direction: int


class Zones:
    """All points of a front, or enough of them to leave at most a gap.

    Parameters
    ----------
    space, corners : the model and its end points.
    cuts : what is proved for every solution.
    gap : share of each objective's range by which a zone has to be better to be searched, where objectives have no
        steps; with steps, all points are found.
    """

    name = "zones"

    def __init__(self, space: Space, corners: Corners, cuts: list[Cut], gap: float) -> None:
        self._corners, self._cuts = corners, cuts
        # half a step off, so that rounding does not decide; without steps, the gap that is allowed
        self._allowed = max(gap, LEAST_GAP) if space.steps is None else 0.0
        self._step = self._allowed * corners.scale if space.steps is None else space.steps.sizes / 2
        self._bounds = LocalBounds(space.count)
        self._failed: list[ZoneSearch] = []
        self._wave: list[ZoneSearch] = []
        self.points: list[Point] = []
        for point in corners.points:
            self._learn(point)
        for objective, least in enumerate(corners.ideal):
            self._bounds.empty(objective, np.full(space.count, np.inf), least + self._step[objective])

    def ask(self, most: int) -> list[Step]:
        """Return a step for each of the zones with the largest volumes."""
        volumes = self._volumes()
        self._wave = []
        for place in np.argsort(-volumes.max(axis=1), kind="stable"):
            search = ZoneSearch(self._bounds.upper[place].copy(), int(volumes[place].argmax()))
            if not self._is_failed(search):
                self._wave.append(search)
            if len(self._wave) == most:
                break
        return [self._step_of(search) for search in self._wave]

    def tell(self, answers: list[Answer]) -> None:
        """Learn the points that were found, and drop the zones that are empty."""
        for search, answer in zip(self._wave, answers, strict=True):
            point, k = answer.point, search.direction
            if point is not None:
                self._learn(point)
            if answer.infeasible:
                self._bounds.empty(k, search.upper, np.inf)
            elif point is not None and point.optimal:
                self._bounds.empty(k, search.upper, float(point.objectives[k]) + self._step[k])
            if self._bounds.has(search.upper):  # it failed, or the step is less than the solver's tolerance
                self._failed.append(search)

    def gap(self) -> float:
        """Return the most by which a point in any zone could be better in all objectives than those that were found.

        Where objectives have no steps, that is at least the gap at which a zone is dropped.
        """
        upper, scale = self._bounds.upper, self._corners.scale
        lower = self._bounds.lower(self._corners.ideal) - self._step
        sides = ((upper - lower) / scale).min(axis=1)
        heights = [height_above(u, scale, self._cuts) if np.isfinite(u).all() else np.inf for u in upper]
        return float(np.minimum(sides, heights).max(initial=self._allowed))

    def _learn(self, point: Point) -> None:
        room = SAME * self._corners.scale
        if any((np.abs(point.objectives - known.objectives) <= room).all() for known in self.points):
            return
        self.points.append(point)
        self._bounds.learn(point.objectives, len(self.points) - 1)

    def _finite(self) -> Floats:
        """Return the upper corner of each zone, no further out than any point that was found."""
        worst = np.max([point.objectives for point in self.points], axis=0)
        return np.asarray(np.minimum(self._bounds.upper, worst))

    def _volumes(self) -> Floats:
        """Return, for each zone and direction, the volume of the other objectives' sides (zones x p)."""
        sides = np.maximum((self._finite() - self._corners.ideal) / self._corners.scale, 1e-12)
        volumes: Floats = sides.prod(axis=1, keepdims=True) / sides
        return volumes

    def _step_of(self, search: ZoneSearch) -> Step:
        caps = search.upper - self._step
        caps[search.direction] = np.inf
        known = self._bounds.bounding(search.upper, search.direction)
        start = None if known is None else self.points[known].columns
        return Step("zone", self._corners.weights(search.direction), caps, start)

    def _is_failed(self, search: ZoneSearch) -> bool:
        return any(np.array_equal(failed.upper, search.upper) for failed in self._failed)
