"""Revisions and the ledger: what is recorded of one, what is read back for the next, and the replay of an old one."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

from abate.certify.certificate import software_versions
from abate.errors import LedgerError
from abate.ledger import Entry, Ledger, Record
from abate.ledger.canonical import digest, dumps, loads
from abate.loop.inputs import DOCUMENTS, Inputs, inputs_of, references
from abate.loop.memory import Memory
from abate.loop.realign import realign
from abate.loop.revision import Revision
from abate_data.names import offer

logger = logging.getLogger(__name__)


def record_of(revision: Revision, actor: str = "") -> Record:
    """Return what a ledger keeps of a revision: inputs and memory as documents, the tables of the result."""
    inputs = revision.inputs
    documents = inputs.documents()
    memory = dumps(revision.memory.to_json(), name="memory")
    return Record(
        region=inputs.region,
        cycle=inputs.cycle,
        inputs=references(documents),
        result={**revision.result(), "memory": digest(memory)},
        options=options_of(inputs),
        seed=0,
        versions=software_versions(),
        actor=actor,
        documents={digest(content): content for content in (*documents.values(), memory)},
    )


def options_of(inputs: Inputs) -> dict[str, Any]:
    """Return the planner's choices as a ledger keeps them."""
    return {"realignment": inputs.realignment.to_json()}


def recorded(revision: Revision, ledger: Ledger) -> Revision:
    """Return the revision once it stands in the ledger; warn where a later revision has taken its place."""
    entry = ledger.commit(record_of(revision, ledger.actor), ledger.clock())
    newest = ledger.entry(entry.region, entry.cycle).revision
    if newest > entry.revision:
        told = "region %r, cycle %r: these inputs are those of revision %d, which revision %d has taken the place of"
        logger.warning(told, entry.region, entry.cycle, entry.revision, newest)
    return replace(revision, entry=entry)


def memory_before(ledger: Ledger, region: str, cycle: str | None) -> Memory | None:
    """Return what the cycle before left, by its newest revision; None where it is the first.

    Cycles follow one another as they were begun. A cycle that stands in the ledger already is revised from what the one
    before it left.
    """
    history = ledger.history(region)
    begun = history.loc[history["revision"] == 1, "cycle"].tolist()
    earlier = begun[: begun.index(cycle)] if cycle in begun else begun
    if not earlier:
        return None
    last = ledger.entry(region, earlier[-1])
    return Memory.from_json(loads(ledger.document(last.result["memory"])))


def start_of_first(ledger: Ledger, region: str, cycle: str) -> tuple[Memory, str] | None:
    """Return what the first cycle of a region started from, by its newest revision; None where it is not recorded.

    Returns
    -------
    The memory, and the strategy of the plan in force where it was told by that.
    """
    if cycle not in ledger.history(region)["cycle"].tolist():
        return None
    entry = ledger.entry(region, cycle)
    memory = Memory.from_json(loads(ledger.document(entry.inputs["memory"])))
    return memory, str(entry.options["realignment"]["first_plan"])


def replayed(ledger: Ledger, entry: Entry) -> Revision:
    """Return a recorded revision, computed again from what was recorded of its inputs.

    Raises
    ------
    LedgerError
        Where a document of its inputs is missing.
    """
    documents = {name: ledger.document(entry.inputs[name]) for name in DOCUMENTS}
    return realign(inputs_of(entry.region, entry.cycle, documents, entry.options))


def same_as_recorded(ledger: Ledger, entry: Entry) -> str | None:
    """Return what is wrong with a recorded revision, None where computing it again gives the same bytes."""
    revision = replayed(ledger, entry)
    again = record_of(revision).result
    if dumps(again, name="result") == dumps(entry.result, name="result"):
        return None
    versions = {name: one for name, one in entry.versions.items() if software_versions().get(name) != one}
    if versions:
        made = ", ".join(f"{name} {one}" for name, one in versions.items())
        return f"computed again it differs; it was made with {made}"
    differing = sorted(name for name, table in again["tables"].items() if table != entry.result["tables"].get(name))
    return f"computed again it differs in {', '.join(differing) or 'what is told of it'}"


def entry_to_replay(ledger: Ledger, region: str | None, cycle: str, revision: int | None) -> Entry:
    """Return the entry of a cycle; the region may be left out where only one has it.

    Raises
    ------
    LedgerError
        Where there is none, or more than one region has such a cycle.
    """
    if region is None:
        history = ledger.history()
        regions = list(dict.fromkeys(history.loc[history["cycle"] == cycle, "region"]))
        if len(regions) != 1:
            if regions:
                raise LedgerError(f"cycle {cycle!r} is one of several regions: {', '.join(regions)}; name one")
            raise LedgerError(f"there is no cycle {cycle!r}; {offer(cycle, history['cycle'].unique(), 'cycle')}")
        region = regions[0]
    return ledger.entry(region, cycle, revision)
