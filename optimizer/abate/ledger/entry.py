"""What goes into the ledger, and what stands in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from abate.ledger.canonical import digest, dumps


@dataclass(frozen=True)
class Record:
    """One cycle of one region as it is handed in.

    Attributes
    ----------
    region, cycle : what the record is about; as the planner writes them.
    inputs : all that the result was computed from, as plain data (see `abate.ledger.canonical`).
    result : all that came out, as plain data.
    options : how it was computed, as plain data.
    seed : of the random numbers.
    versions : version by the name of the solver or library.
    code : the commit of the code that ran, or blank.
    actor : who ran it, or blank.
    documents : files by the SHA-256 of their bytes (64 hexadecimal digits); `inputs` and `result` refer to them by it.
    """

    region: str
    cycle: str
    inputs: Mapping[str, Any]
    result: Mapping[str, Any]
    options: Mapping[str, Any]
    seed: int
    versions: Mapping[str, str]
    code: str = ""
    actor: str = ""
    documents: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """One row of the ledger.

    Attributes
    ----------
    id : place in the ledger, from 1 on, without gaps.
    region, cycle : what the entry is about.
    revision : 1 for the first of the cycle, one more for every correction.
    input_hash : SHA-256 of the inputs, options and seed.
    result_hash : SHA-256 of the result.
    prev_hash : row_hash of the row before it in the ledger.
    row_hash : SHA-256 of all other fields.
    inputs, result, options, seed, versions, code, actor : as in `Record`.
    recorded_at : when it was written, by the clock of who wrote it.
    supersedes : row_hash of the revision that this one corrects; blank for the first.
    documents : SHA-256 of every document that belongs to it, in order.
    is_new : whether the commit that returned it wrote it; False where it stood there before.
    """

    id: int
    region: str
    cycle: str
    revision: int
    input_hash: str
    result_hash: str
    prev_hash: str
    row_hash: str
    inputs: dict[str, Any]
    result: dict[str, Any]
    options: dict[str, Any]
    seed: int
    versions: dict[str, str]
    code: str
    actor: str
    recorded_at: str
    supersedes: str
    documents: tuple[str, ...]
    is_new: bool = field(default=False, compare=False)


def hash_of_inputs(inputs: Mapping[str, Any], options: Mapping[str, Any], seed: int) -> str:
    """Return the hash by which the ledger knows that a cycle was done; versions and code have no part in it.

    Raises
    ------
    LedgerError
        Where they are not plain data.
    """
    return digest(dumps({"inputs": dict(inputs), "options": dict(options), "seed": seed}, name=""))
