"""Learning again where results came late or were corrected: from the last snapshot before the first change.

A snapshot holds a belief and a seal of everything that went into it, in order. The same periods and extents up to a
snapshot give the same seal, so a later list of periods that agrees with it goes on from there, and any other goes back
to the last snapshot with which it agrees. A step depends on nothing but the belief before it, the period and the
extents, so the outcome is the same, to the last bit, as that of learning everything anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.loop.belief import Belief, update
from abate.loop.periods import Period
from abate_data.errors import Finding, InputError
from abate_models.problem import Problem

Floats = NDArray[np.float64]

#: Periods from one snapshot to the next: a year of months.
APART = 12


@dataclass(frozen=True)
class Snapshot:
    """A belief on the way.

    Attributes
    ----------
    belief : what was believed.
    periods : how many periods it had learnt from.
    seal : hash of the belief at the start, and of these periods with their extents.
    """

    belief: Belief
    periods: int
    seal: str

    def to_json(self) -> dict[str, Any]:
        """Return the snapshot as a document of numbers, texts and lists."""
        return {"belief": self.belief.to_json(), "periods": self.periods, "seal": self.seal}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Snapshot:
        """Return the snapshot of a document."""
        return cls(Belief.from_json(document["belief"]), int(document["periods"]), str(document["seal"]))


@dataclass(frozen=True)
class Replay:
    """What learning from a list of periods came to.

    Attributes
    ----------
    belief : after the last period.
    snapshots : in order of time, the first one of the start.
    residuals : of the periods that were learnt from now, as `abate.loop.belief.update` gives them.
    first : number of the first of these periods in the list.
    """

    belief: Belief
    snapshots: tuple[Snapshot, ...]
    residuals: pd.DataFrame
    first: int


def first_snapshot(belief: Belief) -> Snapshot:
    """Return the snapshot of a belief at its start."""
    digest = hashlib.sha256(repr((belief.figures, belief.until, belief.prior)).encode())
    for array in (belief.mean, belief.covariance):
        digest.update(np.ascontiguousarray(array).tobytes())
    return Snapshot(belief, 0, digest.hexdigest())


def replay(
    snapshots: Sequence[Snapshot], problem: Problem, periods: Sequence[Period], extents: Sequence[Floats]
) -> Replay:
    """Learn from periods, going on from the last snapshot that agrees with them.

    Parameters
    ----------
    snapshots : of an earlier replay, or only `first_snapshot` of a belief at its start.
    problem : the one that the belief was started from.
    periods : everything monitored so far, in order of time.
    extents : (options,) in use during each period.

    Raises
    ------
    InputError
        Where there is no snapshot, or not one set of extents for each period; and as `abate.loop.belief.update` does.
    """
    if not snapshots or snapshots[0].periods:
        cure = "begin with first_snapshot of a belief at its start"
        raise InputError([Finding("belief", "there is no snapshot of the start", cure)])
    if len(extents) != len(periods):
        cure = "give the extents in use during each period"
        raise InputError([Finding("belief", f"{len(extents)} sets of extents for {len(periods)} periods", cure)])
    seals = _seals(snapshots[0].seal, periods, extents)
    kept = [one for one in snapshots if one.periods < len(seals) and seals[one.periods] == one.seal]
    belief, first = kept[-1].belief, kept[-1].periods
    tables = []
    for number in range(first, len(periods)):
        belief, residuals = update(belief, problem, periods[number], extents[number])
        tables.append(residuals)
        if (number + 1) % APART == 0:
            kept.append(Snapshot(belief, number + 1, seals[number + 1]))
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    return Replay(belief, tuple(kept), table, first)


def _seals(start: str, periods: Sequence[Period], extents: Sequence[Floats]) -> list[str]:
    """Return the seal before the first period and after each."""
    seals = [start]
    for period, extent in zip(periods, extents, strict=True):
        content = np.ascontiguousarray(extent, dtype=np.float64).tobytes()
        seals.append(hashlib.sha256(f"{seals[-1]}{period.digest}".encode() + content).hexdigest())
    return seals
