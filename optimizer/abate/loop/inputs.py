"""All that a revision is computed from, as one value: the same inputs give the same bytes, whenever and wherever."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from abate.errors import Finding, InputError
from abate.ledger.canonical import digest, dumps, loads
from abate.loop.memory import Memory
from abate.loop.realignment import Realignment
from abate_data.case import Case
from abate_data.documents import case_document, case_of, table_document, table_of

#: The parts of the inputs that a ledger keeps as documents of their own, each once however many cycles share it.
DOCUMENTS = ("case", "observations", "memory")


@dataclass(frozen=True)
class Inputs:
    """What one region's revision is computed from.

    Attributes
    ----------
    region, cycle : what the revision is called in a ledger; the cycle is the last day that was monitored unless named.
    case : targets, sources and measures as the planner keeps them, with what the library says of measures.
    observations : everything monitored so far, as the table of that name, rows as they were given.
    memory : what the cycle before left.
    realignment : the planner's choices.
    """

    region: str
    cycle: str
    case: Case
    observations: pd.DataFrame
    memory: Memory
    realignment: Realignment

    def documents(self) -> dict[str, bytes]:
        """Return the parts that are kept as documents, as canonical JSON by name."""
        parts: dict[str, Any] = {
            "case": case_document(self.case),
            "observations": table_document(self.observations),
            "memory": self.memory.to_json(),
        }
        return {name: dumps(parts[name], name=name) for name in DOCUMENTS}


def references(documents: dict[str, bytes]) -> dict[str, str]:
    """Return the hash of each document by name: what the ledger's row holds of the inputs."""
    return {name: digest(content) for name, content in documents.items()}


def inputs_of(region: str, cycle: str, documents: dict[str, bytes], options: dict[str, Any]) -> Inputs:
    """Return the inputs that a ledger holds, to compute them again.

    Parameters
    ----------
    documents : as `Inputs.documents` gives them.
    options : the planner's choices, as they were recorded.
    """
    case, observations, memory = (loads(documents[name]) for name in DOCUMENTS)
    return Inputs(
        region=region,
        cycle=cycle,
        case=case_of(case),
        observations=table_of(observations),
        memory=Memory.from_json(memory),
        realignment=Realignment.from_json(options["realignment"]),
    )


def require_name(what: str, name: str) -> None:
    """Check that a region or cycle has a name that a ledger can find again.

    Raises
    ------
    InputError
        Where it has none.
    """
    if not name or name != name.strip() or len(name) > 200:
        cure = "give 1 to 200 letters, with no space around them"
        raise InputError([Finding(what, "is no name", cure, value=name[:80])])
