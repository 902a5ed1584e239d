"""What is read from a run: times, sizes, ratios and peaks, each with the way it is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.speed import Measured, Run


@dataclass(frozen=True)
class Figure:
    """One figure of a run.

    Attributes
    ----------
    name : heading of its column.
    of : reads it from a run.
    form : format of the number.
    task : the task without which there is none.
    """

    name: str
    of: Callable[[Run], float]
    form: str = ".2f"
    task: str = "whole"

    def median(self, result: Measured) -> float:
        """Return the median over the runs."""
        return result.of(self.of)

    def text(self, result: Measured) -> str:
        """Return the median as it is written; a dash where the task was not run."""
        return format(self.median(result), self.form) if result.has(self.task) else "-"


def _read(task: str, key: str, name: str = "", form: str = ".2f") -> Figure:
    return Figure(name or key, lambda run: float(run[task][key]), form, task)


def _peak(phase: str) -> Figure:
    return Figure(phase, lambda run: float(run["whole"]["peaks"][phase]), ".0f")


def _ready(run: Run) -> float:
    return float(sum(run["whole"][phase] for phase in ("build", "compile", "load")))


def _lines(run: Run) -> float:
    return float(run["again"]["rows"] + run["again"]["columns"])


def _idiomatic(run: Run) -> float:
    return float(sum(run["idiomatic"][phase] for phase in ("data", "build", "hand over")))


def _bare(run: Run) -> float:
    return float(run["bare"]["load"] + run["bare"]["solve"])


IDIOMATIC_RATIO = Figure("idiomatic / ours", lambda run: _idiomatic(run) / _ready(run), ".1f", "idiomatic")
MICROSECONDS = Figure("us per column and row", lambda run: 1e6 * _ready(run) / _lines(run), ".1f")
WHOLE_RATIO = Figure("decompose / bare", lambda run: float(run["whole"]["decompose"]) / _bare(run))
CHOICE_RATIO = Figure("solve / own choice", lambda run: float(run["whole"]["solve"] / run["choose"]["solve"]))
MEMORY_RATIO = Figure("ours / bare", lambda run: float(run["whole"]["memory"] / run["bare"]["memory"]))

SIZE = [_read("again", key, form=",.0f") for key in ("columns", "rows", "nonzeros")]
READY = [
    *(_read("whole", key, form=".3f") for key in ("build", "compile", "load")),
    Figure("ready", _ready, ".3f"),
    MICROSECONDS,
    _read("bare", "load", "bare load", ".3f"),
    Figure("idiomatic", _idiomatic, ".2f", "idiomatic"),
    IDIOMATIC_RATIO,
]
SOLVE = [
    _read("whole", "solve"),
    _read("choose", "solve", "own choice"),
    CHOICE_RATIO,
    _read("bare", "solve", "bare solve"),
    Figure("again", lambda run: float(run["again"]["second"] / run["again"]["first"]), ".3f"),
]
PLAN = [
    _read("whole", "check"),
    _read("whole", "decompose"),
    Figure("bare", _bare),
    WHOLE_RATIO,
]
MEMORY = [
    _read("whole", "memory", "ours", ".0f"),
    _read("bare", "memory", "bare", ".0f"),
    MEMORY_RATIO,
    *(_peak(phase) for phase in ("start", "build", "compile", "load", "solve", "check")),
]
