"""Learning from one more cycle: from what was believed when it began to what is believed now.

Learning goes on from the last snapshot whose results, and measures in use, are the same still. Where a result came late
or was corrected, everything since is learnt again in order of time, which gives the same numbers as if it had been
there from the start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from abate.errors import Finding, InputError
from abate.loop.activity import first_year, with_activity
from abate.loop.belief import Belief, start
from abate.loop.hydrology import at_reference_flow
from abate.loop.memory import Memory
from abate.loop.periods import Period, periods_of
from abate.loop.prior import Prior
from abate.loop.relearning import APART, Replay, Snapshot, first_snapshot, replay
from abate_data.case import Case
from abate_data.documents import table_document, table_of
from abate_models.problem import Problem

#: Ends of periods of which residuals are kept for the alarms.
KEPT_PERIODS = 60
#: Snapshots that are kept for late results: each is as large as a belief.
KEPT_SNAPSHOTS = 2


@dataclass(frozen=True)
class Learning:
    """What a cycle has taught.

    Attributes
    ----------
    before, after : belief at the end of the last cycle, and now.
    periods : every monitored period in order of time, with an activity for every source.
    new : those that the last cycle did not know.
    residuals : how results lay to what was expected, of the last `KEPT_PERIODS` ends of periods.
    snapshots : to go on from in the next cycle.
    notes : what else is to be told, in sentences.
    """

    before: Belief
    after: Belief
    periods: list[Period]
    new: list[Period]
    residuals: pd.DataFrame
    snapshots: tuple[Snapshot, ...]
    notes: tuple[str, ...]


def learn_from(case: Case, problem: Problem, observations: pd.DataFrame, memory: Memory, prior: Prior) -> Learning:
    """Return what observations teach beyond what the last cycle knew.

    Parameters
    ----------
    observations : everything monitored so far, cleaned (`abate_data.observations`).
    memory : what the last cycle left.
    prior : how well the figures of the case are known.

    Raises
    ------
    InputError
        Where nothing was monitored since the last cycle.
    """
    found = at_reference_flow(case, problem, periods_of(observations, problem))
    periods = with_activity(problem, found, first_year(case, found))
    known = [period for period in periods if period.end <= memory.until]
    new = [period for period in periods if period.end > memory.until]
    if not new:
        told = f"nothing was monitored after {memory.until}" if memory.until else "nothing was monitored"
        raise InputError([Finding("observations", told, "add the results of the cycle, with their periods")])
    stored = (first_snapshot(start(problem, prior)), *map(Snapshot.from_json, memory.snapshots))
    extents = [memory.extents_at(period.start, problem) for period in periods]
    before = replay(stored, problem, known, extents[: len(known)])
    now = replay(before.snapshots, problem, periods, extents)
    return Learning(
        before=before.belief,
        after=now.belief,
        periods=periods,
        new=new,
        residuals=_residuals(memory, before, now, periods),
        snapshots=now.snapshots[1:][-KEPT_SNAPSHOTS:],
        notes=_notes(before, known),
    )


def _residuals(memory: Memory, before: Replay, now: Replay, periods: Sequence[Period]) -> pd.DataFrame:
    """Return the residuals of the last periods: those that were learnt from again, and the kept ones before them."""
    kept = table_of(memory.residuals) if memory.residuals else pd.DataFrame()
    tables = [_without(kept, periods[before.first :]), _without(before.residuals, periods[now.first :]), now.residuals]
    joined = pd.concat([table for table in tables if len(table)] or [pd.DataFrame()], ignore_index=True)
    if len(joined):
        ends = sorted({period.end for period in periods})[-KEPT_PERIODS:]
        joined = joined[joined["period_end"].isin(ends)].reset_index(drop=True)
    # as it comes out of a document, so that the next cycle sees the same
    return table_of(table_document(joined))


def _without(residuals: pd.DataFrame, periods: Sequence[Period]) -> pd.DataFrame:
    """Return the residuals of other periods than these."""
    if not len(residuals):
        return residuals
    spans = {(period.start, period.end) for period in periods}
    other = [span not in spans for span in zip(residuals["period_start"], residuals["period_end"], strict=True)]
    return residuals[other]


def _notes(before: Replay, known: Sequence[Period]) -> tuple[str, ...]:
    expected = len(known) // APART * APART
    if before.first >= expected:
        return ()
    since = known[before.first].start
    return (f"results came late or were corrected: everything since {since} was learnt again",)
