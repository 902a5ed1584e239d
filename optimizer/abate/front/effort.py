"""How much work a front is worth, and how it is shared out."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from pathlib import Path

from abate.errors import Finding, InputError

#: Limits of which there may be none.
_LIMITS = ("gap", "solves", "time_limit")


@dataclass(frozen=True)
class Effort:
    """Limits of an exploration. The workers change how long it takes and nothing else.

    Attributes
    ----------
    gap : share of the objectives' ranges by which a point may be missed; None for what suits the method: nothing is
        missed where the front has finitely many points or corners, otherwise 0.001 (shares) or 0.01 (yes or no).
    solves : greatest number of solves; None for no limit.
    time_limit : seconds; None for no limit.
    evaluations : of allocations by the search, where an objective needs one.
    space : what a search looks through: options (what is done at each source) or policy (how far each target is
        tightened, with least cost inside); None for what suits the size of the case.
    seed : of every random number.
    workers : threads that solve at the same time.
    checkpoint : file in which the search keeps its state and from which it goes on; None for none.
    """

    gap: float | None = None
    solves: int | None = None
    time_limit: float | None = None
    evaluations: int = 20_000
    space: str | None = None
    seed: int = 0
    workers: int = 1
    checkpoint: str | Path | None = None

    def __post_init__(self) -> None:
        findings = [
            *self._least("gap", 0.0, "give a share from 0 to 1, such as 0.01"),
            *self._least("solves", 1, "give a whole number from 1 on"),
            *self._least("time_limit", 0.0, "give seconds from 0 on"),
            *self._least("evaluations", 1, "give a whole number from 1 on"),
            *self._least("seed", 0, "give a whole number from 0 on"),
            *self._least("workers", 1, "give a whole number from 1 on"),
        ]
        if not findings and self.gap is not None and self.gap >= 1:
            findings.append(_finding("gap", self.gap, "give a share below 1, such as 0.01"))
        if self.checkpoint is not None and not Path(self.checkpoint).parent.is_dir():
            findings.append(_finding("checkpoint", self.checkpoint, "name a file in a folder that is there"))
        if findings:
            raise InputError(findings)

    def _least(self, name: str, least: float, cure: str) -> list[Finding]:
        value = getattr(self, name)
        if value is None and name in _LIMITS:
            return []
        known = isinstance(value, Real) and not isinstance(value, bool) and float(value) >= least
        if known and (isinstance(least, float) or float(value).is_integer()):
            return []
        return [_finding(name, value, cure)]


def _finding(name: str, value: object, cure: str) -> Finding:
    return Finding("effort", "is out of range", cure, "", name, str(value))
