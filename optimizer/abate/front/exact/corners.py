"""The corners of a front: the best of each objective, and the scale that follows for each of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abate.errors import Finding, InputError, SolverError
from abate.front.exact.point import SAME, Floats, Point
from abate.front.exact.space import INTERRUPTED, SPENT, Answer, Space, Step

#: Weight of the other objectives, on their scales, while one is made least: enough to choose among its best points.
TIE_BREAK = 1e-6
#: Gap below which no method looks where values have no steps: ties are broken by as much.
LEAST_GAP = TIE_BREAK


class NoCornerError(SolverError):
    """A corner was not found; `points` are those that were found before."""

    def __init__(self, reason: str, points: list[Point]) -> None:
        super().__init__(f"no point of the front was found: {reason}; raise the time limit, or see the log")
        self.reason, self.points = reason, points


class InfeasibleError(SolverError):
    """No solution of the model exists."""


@dataclass(frozen=True, eq=False)
class Corners:
    """The end points of a front.

    Attributes
    ----------
    points : one per objective: the best of it, and among those the best of the others.
    ideal : (p) proved least value of each objective.
    scale : (p) range of each objective over the corners.
    ties : (p) weight of each other objective while one is made least, per unit; row k for objective k.
    """

    points: list[Point]
    ideal: Floats
    scale: Floats
    ties: Floats

    def weights(self, objective: int) -> Floats:
        """Return the weights under which one objective is made least, and then the others."""
        return np.asarray(self.ties[objective])


def find_corners(space: Space, budget: float = np.inf) -> Corners:
    """Return the corners of a space.

    Parameters
    ----------
    budget : how many solves may have been made in all when it stops.

    Raises
    ------
    InputError
        Where an objective can fall without end, or has the same value in every solution.
    InfeasibleError
        Where the model has no solution.
    NoCornerError
        Where a solve fails, or is stopped before its end.
    KeyboardInterrupt
        Where there is no point to keep yet.
    """
    looking = _Looking(space, budget)
    try:
        return looking.corners()
    except KeyboardInterrupt:
        if not looking.points:
            raise
        raise NoCornerError(INTERRUPTED, looking.points) from None


class _Looking:
    """The search for corners; `points` are all that were found on the way."""

    def __init__(self, space: Space, budget: float) -> None:
        self._space, self._budget = space, budget
        self.points: list[Point] = []
        self._ranges: dict[int, float] = {}

    def corners(self) -> Corners:
        space = self._space
        if space.steps is not None:
            ties = space.steps.ties
            points, _ = self._least(ties)
            ideal = np.diagonal([point.objectives for point in points]).copy()
        else:
            alone, ideal = self._least(np.eye(space.count))
            scale = self._scale(alone)
            ties = np.where(np.eye(space.count, dtype=bool), 1.0, TIE_BREAK * scale[:, None] / scale[None, :])
            points, _ = self._least(ties)
        return Corners(points, ideal, self._scale(points), ties)

    def _least(self, weights: Floats) -> tuple[list[Point], Floats]:
        """Return a point that is best under each row of weights, and the proved least sum of each."""
        bounds = []
        for objective, row in zip(self._space.objectives, weights, strict=True):
            answer = self._solve(f"best {objective.name}", row)
            if answer.unbounded:
                cure = "bound the variables that it rewards"
                raise InputError([Finding("objectives", "can get better without end", cure, value=objective.name)])
            self.points.append(self._point(answer, f"best {objective.name}"))
            bounds.append(answer.bound)
        return self.points[-len(weights) :], np.array(bounds)

    def _scale(self, points: list[Point]) -> Floats:
        """Return the range of each objective over some points; where it has none, its range over all solutions."""
        values = np.array([point.objectives for point in points])
        scale = np.ptp(values, axis=0)
        for place in np.flatnonzero(scale <= SAME * np.abs(values).max(axis=0)).tolist():
            if place not in self._ranges:
                self._ranges[place] = self._range(place, values[:, place].min())
            scale[place] = self._ranges[place]
        return np.asarray(scale)

    def _range(self, place: int, least: float) -> float:
        """Return by how much an objective can change at all, InputError where that is nothing."""
        objective = self._space.objectives[place]
        answer = self._solve("range", -np.eye(self._space.count)[place])
        if answer.unbounded:
            return max(abs(least), 1.0)
        worst = float(self._point(answer, f"worst {objective.name}").objectives[place])
        if worst - least <= SAME * max(abs(least), abs(worst)):
            shown = -least if objective.maximised else least
            cure = "leave it out: there is nothing to trade"
            raise InputError([Finding("objectives", f"is {shown:.6g} in every solution", cure, value=objective.name)])
        return worst - least

    def _solve(self, name: str, weights: Floats) -> Answer:
        if self._space.made >= self._budget:
            raise NoCornerError(SPENT, self.points)
        return self._space.solve(Step(name, weights, np.full(self._space.count, np.inf)))

    def _point(self, answer: Answer, what: str) -> Point:
        if answer.infeasible:
            raise InfeasibleError("no solution keeps all constraints")
        if answer.point is None:
            raise NoCornerError(answer.failure, self.points)
        if not answer.point.optimal:
            reason = f"the {what} was not proved: a solve stopped at a gap of {answer.point.gap:.2g}"
            raise NoCornerError(reason, [*self.points, answer.point])
        return answer.point
