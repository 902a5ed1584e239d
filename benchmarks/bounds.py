"""What is promised, and whether it is kept."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks import figures
from benchmarks.figures import Figure
from benchmarks.speed import Measured


@dataclass(frozen=True)
class Bound:
    """A promise about a figure of some cases.

    Attributes
    ----------
    text : the promise in words.
    figure : what is measured.
    limit : the figure's limit; it is an upper one unless `at_least`.
    cases : the first words of the cases that it is made for.
    """

    text: str
    figure: Figure
    limit: float
    cases: str = ""
    at_least: bool = False

    def covers(self, result: Measured) -> bool:
        """Whether the promise is made for a case, and the case was run for it."""
        return result.case.startswith(self.cases) and result.has(self.figure.task)

    def verdict(self, result: Measured) -> str:
        """Return `met` or `not met`."""
        value = self.figure.median(result)
        return "met" if (value >= self.limit if self.at_least else value <= self.limit) else "**not met**"


BOUNDS = [
    Bound(
        "case in memory to HiGHS-ready at least 15 times faster than idiomatic Pyomo, 2,000 sources",
        figures.IDIOMATIC_RATIO,
        15.0,
        "medium",
        at_least=True,
    ),
    Bound(
        "case in memory to HiGHS-ready in at most 12 microseconds per column and row",
        figures.MICROSECONDS,
        12.0,
    ),
    Bound("decompose at most 1.25 times bare HiGHS, 2,000 sources", figures.WHOLE_RATIO, 1.25, "medium"),
    Bound("decompose at most 1.1 times bare HiGHS, 10,000 sources", figures.WHOLE_RATIO, 1.1, "large"),
    Bound("our method no slower than HiGHS's own choice on our model", figures.CHOICE_RATIO, 1.0),
    Bound("peak memory at most 1.5 times bare HiGHS", figures.MEMORY_RATIO, 1.5),
]
