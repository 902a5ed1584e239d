"""Cycle by cycle with a ledger: what each revision came to, and that its record can be replayed."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

import abate
from abate.loop.records import replayed, same_as_recorded


@dataclass(frozen=True)
class Told:
    """The revisions of all cycles, and what became of their record."""

    revisions: list[abate.Revision]
    entries: int
    faults: int
    replayed: int


def cycles(
    case: abate.Case,
    plan: abate.Plan,
    since: str,
    monitored: Callable[[abate.Plan, int], pd.DataFrame],
    years: range,
    realignment: abate.Realignment,
) -> Told:
    """Revise year by year with all that was monitored up to then, record it, and compute every record again.

    Parameters
    ----------
    plan, since : in force before the first year, since that day.
    monitored : returns what is monitored in a year, under the plan in force in it.
    years : a cycle each.
    """
    with tempfile.TemporaryDirectory() as folder, abate.Ledger(Path(folder) / "plans.db", actor="benchmarks") as ledger:
        revisions: list[abate.Revision] = []
        known: list[pd.DataFrame] = []
        for year in years:
            known.append(monitored(revisions[-1].plan if revisions else plan, year))
            before = revisions[-1] if revisions else abate.in_force(plan, since)
            table = pd.concat(known, ignore_index=True)
            revisions.append(abate.revise(case, before, table, ledger=ledger, realignment=realignment))
        faults = ledger.verify(lambda entry: same_as_recorded(ledger, entry))
        again = [replayed(ledger, one.entry).to_bytes() == one.to_bytes() for one in revisions if one.entry]
        return Told(revisions, len(ledger.history()), len(faults), sum(again))


def recorded_sentence(told: Told) -> str:
    """Say what the ledger holds, and that it is sound."""
    return (
        f"The ledger holds {told.entries} cycles; `abate verify --recompute` found {told.faults} faults, and "
        f"{told.replayed} of {len(told.revisions)} revisions came out byte for byte the same when replayed."
    )
