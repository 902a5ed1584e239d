"""Run every task of every case in a process of its own, and pair the runs."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.registry import CASES, TASKS, tasks_of

ROOT = Path(__file__).parents[1]
#: Relative difference up to which two objectives are the same.
SAME_OBJECTIVE = 1e-6

Run = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Measured:
    """All runs of one case; a run holds what each task reports, by its name."""

    case: str
    runs: list[Run]

    def of(self, figure: Callable[[Run], float]) -> float:
        """Return the median of a figure of each run; for a ratio this pairs the two sides run by run."""
        return median(figure(run) for run in self.runs)

    def has(self, task: str) -> bool:
        """Whether the case was run with a task."""
        return task in self.runs[0]


def measure(case: str, runs: int, report: Callable[[str], None]) -> Measured:
    """Run the tasks of a case, one after the other.

    Raises
    ------
    RuntimeError
        Where a task fails, or two of them find different objectives.
    """
    with tempfile.TemporaryDirectory() as folder:
        report(f"{case}: making the case")
        _child("benchmarks.prepare", folder, json.dumps(CASES[case].arguments()))
        found = []
        for number in range(1, runs + 1):
            run: Run = {}
            for task in tasks_of(case):
                report(f"{case}: run {number} of {runs}, {task}")
                run[task] = _child(*TASKS[task], folder)
            _compare_objectives(case, run)
            found.append(run)
    return Measured(case, found)


def machine() -> dict[str, Any]:
    """Return the versions and the number of cores that the figures hold for."""
    return _child("benchmarks.machine")


def _child(module: str, *arguments: str) -> dict[str, Any]:
    """Run a module and return what it prints; its peak memory starts at this process's, which is next to nothing."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{module} {arguments[0]} failed:\n{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _compare_objectives(case: str, run: Run) -> None:
    objectives = {task: result["objective"] for task, result in run.items() if "objective" in result}
    if any(not math.isclose(one, run["bare"]["objective"], rel_tol=SAME_OBJECTIVE) for one in objectives.values()):
        raise RuntimeError(f"{case}: the tasks do not find the same objective: {objectives}")
