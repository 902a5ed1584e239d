"""What a region carries from one cycle to the next: plans in force, what was built, what is believed, credits.

A memory is a plain document, so that a ledger can keep it and a replay can start from it. Options and loads are
named in it: a later case may have more of them, or fewer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abate_models.problem import Problem

Floats = NDArray[np.float64]
Pair = tuple[str, str]
Table = Mapping[str, list[Any]]


@dataclass(frozen=True)
class InForce:
    """A plan in force from a day on: the extent of each option by (source, measure), 0 for those not named."""

    since: str
    extents: Mapping[Pair, float]


@dataclass(frozen=True)
class Memory:
    """The state of one region after a cycle.

    Attributes
    ----------
    until : last day of the last monitored period that was learnt from, YYYY-MM-DD; empty before the first.
    in_force : plans in force, in order of time.
    built : extent that stands and cannot be un-built, by (source, measure).
    allowed : allocation in force by (source, pollutant), load per year.
    credit : load per year that a source stayed under its allocation and may ask back, by (source, pollutant).
    margins : what each target held back for what is not known, in the unit of its row.
    snapshots : beliefs to go on learning from, as `Snapshot.to_json` gives them.
    start : where the last plan's model ended, as `WarmStart.to_json` gives it.
    residuals : how recent results lay to what was expected, a table as lists by column.
    forecasts : forecasts that were given and are not settled yet, a table as lists by column.
    settled : forecasts whose outcome is known, likewise.
    """

    until: str = ""
    in_force: tuple[InForce, ...] = ()
    built: Mapping[Pair, float] | None = None
    allowed: Mapping[Pair, float] | None = None
    credit: Mapping[Pair, float] | None = None
    margins: Mapping[str, float] | None = None
    snapshots: Sequence[Mapping[str, Any]] = ()
    start: Mapping[str, Any] | None = None
    residuals: Table | None = None
    forecasts: Table | None = None
    settled: Table | None = None

    def extents_at(self, day: str, problem: Problem) -> Floats:
        """Return the extents in force on a day, (options,); nothing where no plan was in force yet."""
        chosen: Mapping[Pair, float] = {}
        for plan in self.in_force:
            if plan.since <= day:
                chosen = plan.extents
        return aligned(chosen, problem.options.keys)

    def with_plan(self, since: str, extents: Floats, problem: Problem) -> Memory:
        """Return the memory with a plan in force from a day on; a later one is forgotten."""
        earlier = tuple(plan for plan in self.in_force if plan.since < since)
        return replace(self, in_force=(*earlier, InForce(since, named(extents, problem.options.keys))))

    def to_json(self) -> dict[str, Any]:
        """Return the memory as lists and mappings."""
        return {
            "until": self.until,
            "in_force": [{"since": plan.since, "extents": _rows(plan.extents)} for plan in self.in_force],
            "built": _rows(self.built or {}),
            "allowed": _rows(self.allowed or {}),
            "credit": _rows(self.credit or {}),
            "margins": dict(self.margins or {}),
            "snapshots": list(self.snapshots),
            "start": self.start,
            "residuals": self.residuals,
            "forecasts": self.forecasts,
            "settled": self.settled,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Memory:
        """Return the memory of a document."""
        return cls(
            until=document["until"],
            in_force=tuple(InForce(plan["since"], _pairs(plan["extents"])) for plan in document["in_force"]),
            built=_pairs(document["built"]),
            allowed=_pairs(document["allowed"]),
            credit=_pairs(document["credit"]),
            margins=document["margins"],
            snapshots=document["snapshots"],
            start=document["start"],
            residuals=document["residuals"],
            forecasts=document["forecasts"],
            settled=document["settled"],
        )


def aligned(values: Mapping[Pair, float] | None, keys: Sequence[Pair]) -> Floats:
    """Return the value of each key, 0 where there is none."""
    given = values or {}
    return np.array([given.get(key, 0.0) for key in keys], dtype=np.float64)


def named(values: Floats, keys: Sequence[Pair]) -> dict[Pair, float]:
    """Return the values that are not 0 by their key."""
    return {key: float(value) for key, value in zip(keys, values, strict=True) if value}


def _rows(values: Mapping[Pair, float]) -> list[list[Any]]:
    return [[*key, value] for key, value in values.items()]


def _pairs(rows: Sequence[Sequence[Any]]) -> dict[Pair, float]:
    return {(str(first), str(second)): float(value) for first, second, value in rows}
