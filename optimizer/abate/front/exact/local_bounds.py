"""Local upper bounds: the corners below which a point that no known one dominates has to lie.

Source: Klamroth, Lacour and Vanderpooten, European Journal of Operational Research 245 (2015), algorithm 5: a bound is
split only where the new corner is not within another one, which the points that bound it tell.
"""

from __future__ import annotations

import numpy as np

from abate.front.exact.point import Codes, Flags, Floats


class LocalBounds:
    """The local upper bounds of a growing set of points, without those that are proved empty.

    Parameters
    ----------
    count : number of objectives p.

    Attributes
    ----------
    upper : (bounds x p) corners; what is searched for is less than a corner in every objective.
    """

    def __init__(self, count: int) -> None:
        self.upper = np.full((1, count), np.inf)
        #: per bound and objective, the numbers of the known points that lie at the bound in that objective
        self._at: list[tuple[tuple[int, ...], ...]] = [((),) * count]
        self._values: dict[int, Floats] = {}
        #: per direction, the corners and the least values that are proved: (k x p), (k)
        self._proved: list[tuple[Floats, Floats]] = [(np.empty((0, count)), np.empty(0)) for _ in range(count)]

    def learn(self, values: Floats, number: int) -> None:
        """Split the bounds above a new point."""
        self._values[number] = values
        above = np.asarray((values < self.upper).all(axis=1))
        self._touch(values, number, above)
        made, at = [], []
        for place in np.flatnonzero(above):
            for k in range(len(values)):
                if values[k] > self._greatest_of_others(int(place), k):
                    corner = self.upper[place].copy()
                    corner[k] = values[k]
                    made.append(corner)
                    at.append(self._after(int(place), k, values, number))
        kept = np.flatnonzero(~above)
        self._take(kept)
        if made:
            corners = np.array(made)
            alive = np.flatnonzero(~self._is_proved_empty(corners))
            self.upper = np.vstack([self.upper, corners[alive]])
            self._at += [at[place] for place in alive]

    def empty(self, direction: int, corner: Floats, least: float) -> None:
        """Note that nothing below a corner in the other objectives has less than `least` of one; drop what is empty."""
        corners, values = self._proved[direction]
        self._proved[direction] = (np.vstack([corners, corner]), np.append(values, least))
        others = np.arange(len(corner)) != direction
        within = (self.upper[:, others] <= corner[others]).all(axis=1) & (self.upper[:, direction] <= least)
        self._take(np.flatnonzero(~within))

    def lower(self, ideal: Floats) -> Floats:
        """Return what is proved to be the least of each objective below each bound (bounds x p)."""
        lower = np.tile(ideal, (len(self.upper), 1))
        for direction, (corners, values) in enumerate(self._proved):
            others = np.arange(len(ideal)) != direction
            for corner, value in zip(corners, values, strict=True):
                within = (self.upper[:, others] <= corner[others]).all(axis=1)
                lower[within, direction] = np.maximum(lower[within, direction], value)
        return lower

    def has(self, corner: Floats) -> bool:
        """Whether a corner is one of the bounds."""
        return bool((self.upper == corner).all(axis=1).any())

    def bounding(self, corner: Floats, direction: int) -> int | None:
        """Return the number of a point at a bound in one direction and below it in the others; None where none is."""
        place = np.flatnonzero((self.upper == corner).all(axis=1))
        at = self._at[int(place[0])][direction] if len(place) else ()
        return at[0] if at else None

    def _touch(self, values: Floats, number: int, above: Flags) -> None:
        """Add a point to those that bound a corner in one objective and lie below it in the others."""
        equal = values == self.upper
        once = (equal.sum(axis=1) == 1) & ((values < self.upper) | equal).all(axis=1) & ~above
        for place in np.flatnonzero(once):
            k = int(np.flatnonzero(equal[place])[0])
            at = list(self._at[place])
            at[k] = (*at[k], number)
            self._at[place] = tuple(at)

    def _greatest_of_others(self, place: int, k: int) -> float:
        """Return the least value that a new bound in direction k must pass so as not to lie within another one."""
        least = [
            min((self._values[number][k] for number in numbers), default=-np.inf)
            for j, numbers in enumerate(self._at[place])
            if j != k
        ]
        return max(least, default=-np.inf)

    def _after(self, place: int, k: int, values: Floats, number: int) -> tuple[tuple[int, ...], ...]:
        """Return the points that bound a corner after it has moved to a new point in direction k."""
        return tuple(
            (number,) if j == k else tuple(old for old in numbers if self._values[old][k] < values[k])
            for j, numbers in enumerate(self._at[place])
        )

    def _is_proved_empty(self, corners: Floats) -> Flags:
        empty = np.zeros(len(corners), dtype=bool)
        for direction, (known, values) in enumerate(self._proved):
            others = np.arange(corners.shape[1]) != direction
            inside = (corners[:, None, others] <= known[None, :, others]).all(axis=2)
            empty |= (inside & (corners[:, None, direction] <= values[None, :])).any(axis=1)
        return empty

    def _take(self, places: Codes) -> None:
        self.upper = self.upper[places]
        self._at = [self._at[place] for place in places]
