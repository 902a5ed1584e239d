"""What is measured: synthetic cases, and the tasks that are run on each."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Size:
    """Size of a synthetic case; `density` is the share of the transfer matrix that is not zero."""

    sources: int
    technologies: int
    receptors: int
    density: float
    pollutants: int = 2

    def arguments(self) -> dict[str, float]:
        """Return the arguments of `synthetic_case`."""
        return asdict(self)

    def __str__(self) -> str:
        shape = f"{self.sources:,} x {self.technologies} x {self.receptors} x {self.pollutants}"
        return shape if self.density == 1 else f"{shape}, {self.density:.0%} dense"


CASES = {
    "small": Size(200, 5, 20, 1.0),
    "medium-dense": Size(2_000, 6, 100, 1.0),
    "medium-sparse": Size(2_000, 6, 100, 0.05),
    "large-sparse": Size(10_000, 6, 200, 0.05),
    "large-dense": Size(10_000, 6, 200, 1.0),
}

#: Module and arguments of each measured process; it is given the case's folder last.
TASKS = {
    "whole": ("benchmarks.ours", "whole"),
    "bare": ("benchmarks.bare",),
    "again": ("benchmarks.ours", "again"),
    "choose": ("benchmarks.ours", "choose"),
    "idiomatic": ("benchmarks.idiomatic",),
}

#: Cases up to so many sources are also built in idiomatic Pyomo.
IDIOMATIC_SOURCES = 2_000


def chosen_cases(sizes: list[str]) -> list[str]:
    """Return the cases that sizes name; `medium` stands for every case whose name begins with it.

    Raises
    ------
    ValueError
        Where a size names no case.
    """
    for size in sizes:
        if not any(name.startswith(size) for name in CASES):
            raise ValueError(f"there is no size {size!r}; choose from {', '.join(CASES)}")
    return [name for name in CASES if any(name.startswith(size) for size in sizes)]


def tasks_of(case: str) -> list[str]:
    """Return the tasks of a case, in the order in which they are run."""
    small_enough = CASES[case].sources <= IDIOMATIC_SOURCES
    return [task for task in TASKS if task != "idiomatic" or small_enough]
