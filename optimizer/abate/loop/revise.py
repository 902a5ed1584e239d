"""The public side of the loop: take in a cycle's results, re-align the targets, keep the record."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pandas as pd

from abate.attainable import Progress
from abate.errors import Finding, InputError
from abate.ledger import Ledger
from abate.loop.first import in_force
from abate.loop.inputs import Inputs, require_name
from abate.loop.memory import Memory
from abate.loop.realign import realign
from abate.loop.realignment import Realignment
from abate.loop.records import memory_before, recorded, start_of_first
from abate.loop.revision import Revision
from abate.plan import Plan
from abate_data.case import Case
from abate_data.observations import clean_observations, written_observations

logger = logging.getLogger(__name__)


def revise(
    case: Case,
    previous: Plan | Revision | Memory | None = None,
    observations: pd.DataFrame | str | Path | None = None,
    *,
    ledger: Ledger | str | Path | None = None,
    region: str | None = None,
    cycle: str | None = None,
    realignment: Realignment | None = None,
    progress: Progress | None = None,
) -> Revision:
    """Learn from monitored results, judge the plan in force, and re-align what each source has to do.

    Parameters
    ----------
    case : as the planner keeps it, with what the library says of measures; the same in every cycle.
    previous : the plan in force all along, or since some day (`in_force`), or the revision of the cycle before. With a
        ledger that knows the region it is not needed: the last cycle is read from there.
    observations : everything monitored so far: a table, or the path of a CSV file or workbook; None for the case's own.
    ledger : where the revision is recorded: a file such as ``plans.db``, a URL, or an open ledger; None for no record.
    region : what the ledger calls the region; the case's name unless given.
    cycle : what the ledger calls the cycle; the last monitored day unless given.
    realignment : the planner's choices; the defaults are measured ones.
    progress : called with (what, done, total) as the work goes on.

    Returns
    -------
    Revision
        With a ledger, it stands there when it is returned. The same inputs give the same bytes, and are recorded once;
        other results for the same cycle are its next revision, and leave the one before.

    Raises
    ------
    InputError
        Where observations contradict the case or themselves, or nothing is new among them.
    NoPlanError
        Where targets cannot be eased enough for a plan.
    SolverError
        Where the solver failed, or its result did not pass the certificate.
    LedgerError
        Where the ledger cannot be read or written; then nothing is recorded.
    """
    if not isinstance(case, Case):
        raise InputError([Finding("case", "is not a case", "read it with abate.load first", value=repr(case)[:80])])
    with ExitStack() as opened:
        if ledger is not None and not isinstance(ledger, Ledger):
            ledger = opened.enter_context(Ledger(ledger))
        inputs = inputs_for(case, previous, observations, ledger, region=region, cycle=cycle, realignment=realignment)
        revision = realign(inputs, progress=progress)
        return revision if ledger is None else recorded(revision, ledger)


def inputs_for(
    case: Case,
    previous: Plan | Revision | Memory | None,
    observations: pd.DataFrame | str | Path | None,
    ledger: Ledger | None,
    *,
    region: str | None = None,
    cycle: str | None = None,
    realignment: Realignment | None = None,
) -> Inputs:
    """Return the inputs of a revision; what the cycle before left is read from the ledger where it knows the region.

    Raises
    ------
    InputError
        Where a name is none, the plan is one of another case, or the cycle ends before the last one that is recorded.
    """
    region = case.settings.name if region is None else region
    frame = written_observations(case, observations)
    realignment = realignment or Realignment()
    cycle = last_day(case, frame, realignment.as_of) if cycle is None else cycle
    require_name("region", region)
    require_name("cycle", cycle)
    memory = None if ledger is None else memory_before(ledger, region, cycle)
    if memory is not None and isinstance(previous, Plan | Memory):
        logger.warning("the plan that was given is not used: the ledger knows what is in force in %r", region)
    # a first cycle that is revised again starts from the plan that was in force then
    alone = memory is None and previous is None
    begun = start_of_first(ledger, region, cycle) if alone and ledger is not None else None
    if begun is not None:
        memory = begun[0]
        realignment = replace(realignment, first_plan=realignment.first_plan or begun[1])
    if memory is None:
        memory = _memory_of(case, previous)
    return Inputs(region, cycle, case, frame, memory, realignment)


def last_day(case: Case, frame: pd.DataFrame, as_of: str) -> str:
    """Return the last monitored day of what is known; a cycle that is given no name is called after it.

    Raises
    ------
    InputError
        Where observations contradict the case or themselves, or there is no quality or load among them.
    """
    table = clean_observations(case, frame, as_of=as_of or None).table
    found = table[table["kind"].isin(("quality", "load"))]
    if not len(found):
        cure = "add qualities at receptors, or loads of sources, with their periods"
        told = f"nothing was received by {as_of}" if as_of else "nothing was monitored"
        raise InputError([Finding("observations", told, cure)])
    return str(found["period_end"].max())


def _memory_of(case: Case, previous: Plan | Revision | Memory | None) -> Memory:
    """Return what a first cycle starts from.

    Raises
    ------
    InputError
        Where the plan is one of another case.
    """
    if previous is None:
        return Memory()
    if isinstance(previous, Memory):
        return previous
    if isinstance(previous, Revision):
        return previous.memory
    if previous.case.settings.name != case.settings.name:
        cure = "give the plan that was made for this case, or the revision of its last cycle"
        raise InputError([Finding("previous", "is a plan of another case", cure, value=previous.case.label)])
    return in_force(previous)
