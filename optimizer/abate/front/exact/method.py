"""What every exact method has in common: it asks for steps, is told their answers, and knows what may still be missed.

The inner order of each method's file is the same: what it holds, `ask`, `tell`, `gap`, helpers. The gap of a method is
the greatest share of the objectives' ranges by which a point that was missed could be better than the front in every
objective at once (the additive epsilon indicator, Zitzler et al. 2003, on ranges). Methods for convex models count what
lies between their points as part of the front.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

import numpy as np

from abate.front.exact.point import Point
from abate.front.exact.space import INTERRUPTED, LANES, OVER, SPENT, Answer, Space, Step

#: Failures after which no further step is tried.
ENDS = {OVER, SPENT, INTERRUPTED}

#: Called with what is being done, how many solves were made, and the gap that is left (infinite while unknown).
Report = Callable[[str, int, float], None]


class Method(Protocol):
    """An exact method, as the driver sees it.

    Attributes
    ----------
    points : what was found, in the order in which it was.
    """

    points: list[Point]

    def ask(self, most: int) -> list[Step]:
        """Return at most so many steps that may be solved side by side, largest gap first; none where all is done."""

    def tell(self, answers: list[Answer]) -> None:
        """Take the answers to the steps last asked for, in their order; a failed one is not asked for again."""

    def gap(self) -> float:
        """Return the gap that is left, steps that failed included."""


def drive(space: Space, method: Method, *, budget: float, report: Report, what: str) -> str:
    """Solve step after step until a method has no more, or has to stop.

    Parameters
    ----------
    budget : how many solves may have been made in all when it stops.

    Returns
    -------
    Why it stopped before its end; blank where it came to its end.
    """
    failures: list[str] = []
    while steps := method.ask(int(min(LANES, max(budget - space.made, 1)))):
        try:
            answers = _answers(space, steps, budget)
        except KeyboardInterrupt:
            answers = [Answer(None, -np.inf, failure=INTERRUPTED)] * len(steps)
        method.tell(answers)
        failures += [answer.failure for answer in answers if answer.failure]
        failures += [_stopped(answer.point) for answer in answers if answer.point and not answer.point.optimal]
        if ends := ENDS.intersection(failures):
            return min(ends)
        try:
            report(what, space.made, method.gap())
        except KeyboardInterrupt:
            return INTERRUPTED
    return _said(failures)


def _answers(space: Space, steps: list[Step], budget: float) -> list[Answer]:
    """Return the answers to steps; where nothing is left to spend, that nothing is."""
    over = OVER if time.monotonic() >= space.deadline else SPENT if space.made >= budget else ""
    return [Answer(None, -np.inf, failure=over)] * len(steps) if over else space.solve_all(steps)


def _stopped(point: Point) -> str:
    return f"a solve stopped at a gap of {point.gap:.2g}"


def _said(failures: list[str]) -> str:
    if not failures:
        return ""
    count = "a solve" if len(failures) == 1 else f"{len(failures)} solves"
    return f"{count} failed, the first: {failures[0]}"
