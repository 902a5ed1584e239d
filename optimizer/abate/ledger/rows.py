"""From a record to a row and from a row to an entry, and the hashes that hold a row together.

The chain runs through the whole ledger, not through each region: a row that is taken out breaks it wherever it stood,
also where it was the only row of its region, and the order in which regions were decided can be shown. The price is
that commits of all regions wait for one another, as they do on SQLite anyway; a commit takes milliseconds.

A chain cannot show that rows were cut off at its end. Who needs that notes the newest `row_hash` elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from abate.errors import LedgerError
from abate.ledger.canonical import digest, dumps, loads
from abate.ledger.entry import Entry, Record, hash_of_inputs
from abate.ledger.schema import cycles

#: prev_hash of the first row.
FIRST = "0" * 64
#: Columns of canonical JSON.
PLAIN_DATA = ("inputs", "result", "options", "versions", "documents")
_HASHED = [column.name for column in cycles.columns if column.name != "row_hash"]
_LARGEST_SEED = 2**63 - 1

Row = dict[str, Any]


def columns_of(record: Record) -> Row:
    """Return the columns of a row that the record alone decides.

    Raises
    ------
    LedgerError
        Where the record cannot be kept: no plain data, a blank region or cycle, a document under another's hash.
    """
    _check_texts(record)
    _check_documents(record.documents)
    if isinstance(record.seed, bool) or not isinstance(record.seed, int) or abs(record.seed) > _LARGEST_SEED:
        raise LedgerError(f"the seed is {record.seed!r}; give a whole number of at most 64 bits")
    result = dumps(dict(record.result), "result")
    return {
        "region": record.region,
        "cycle": record.cycle,
        "input_hash": hash_of_inputs(record.inputs, record.options, record.seed),
        "result_hash": digest(result),
        "inputs": dumps(dict(record.inputs), "inputs").decode(),
        "result": result.decode(),
        "options": dumps(dict(record.options), "options").decode(),
        "seed": record.seed,
        "versions": dumps(dict(record.versions), "versions").decode(),
        "code": record.code,
        "actor": record.actor,
        "documents": dumps(sorted(record.documents), "documents").decode(),
    }


def chained(columns: Row, last: Row | None, corrected: Row | None) -> Row:
    """Return the row that follows the ledger's last one, and corrects a revision of its cycle where there is one."""
    row = {
        **columns,
        "id": last["id"] + 1 if last else 1,
        "prev_hash": last["row_hash"] if last else FIRST,
        "revision": corrected["revision"] + 1 if corrected else 1,
        "supersedes": corrected["row_hash"] if corrected else "",
    }
    return {**row, "row_hash": hash_of_row(row)}


def hash_of_row(row: Mapping[str, Any]) -> str:
    """Return the hash of all columns but `row_hash`.

    Raises
    ------
    LedgerError
        Where a column holds what no ledger writes.
    """
    return digest(dumps({name: row[name] for name in _HASHED}, "row"))


def fault_of_row(row: Mapping[str, Any]) -> str:
    """Return what was changed in a row since it was written, or an empty string."""
    try:
        if hash_of_row(row) == row["row_hash"]:
            return ""
        if digest(row["result"].encode()) != row["result_hash"]:
            return "its result is not the one that was recorded"
        kept = hash_of_inputs(loads(row["inputs"]), loads(row["options"]), row["seed"])
        if kept != row["input_hash"]:
            return "its inputs, options or seed are not the ones that were recorded"
    except (LedgerError, AttributeError, TypeError, ValueError, RecursionError):
        return "it holds what no ledger writes, and cannot be read"
    return "one of its fields is not as it was recorded (its row_hash does not fit)"


def entry_of(row: Mapping[str, Any]) -> Entry:
    """Return the entry of a row that stands in the ledger.

    Raises
    ------
    LedgerError
        Where the row was changed since it was written.
    """
    if fault := fault_of_row(row):
        raise LedgerError(f"the ledger's row of {named(row)} is damaged: {fault}; restore the ledger from a backup")
    return _entry(row, is_new=False)


def new_entry(row: Mapping[str, Any]) -> Entry:
    """Return the entry of a row that was just made."""
    return _entry(row, is_new=True)


def named(row: Mapping[str, Any]) -> str:
    """Return what a row is about, in words."""
    return f"region {row['region']!r}, cycle {row['cycle']!r}, revision {row['revision']}"


def is_document(name: object, content: object) -> bool:
    """Whether a document is the one that its hash names."""
    return isinstance(content, bytes) and digest(content) == name


def moment(recorded_at: str) -> datetime:
    """Return a time that was written with its offset from UTC, e.g. ``2026-11-22T19:30:00Z``.

    Raises
    ------
    LedgerError
        Where it is no such time.
    """
    try:
        found = datetime.fromisoformat(recorded_at)
    except (TypeError, ValueError):
        found = None
    if found is None or found.tzinfo is None:
        raise LedgerError(
            f"recorded_at is {recorded_at!r}; write a time with its offset from UTC, such as '2026-11-22T19:30:00Z'"
        )
    return found


def _entry(row: Mapping[str, Any], *, is_new: bool) -> Entry:
    plain = {name: loads(row[name]) for name in PLAIN_DATA}
    return Entry(**{**row, **plain, "documents": tuple(plain["documents"])}, is_new=is_new)


def _check_texts(record: Record) -> None:
    for name in ("region", "cycle", "code", "actor"):
        value = getattr(record, name)
        if not isinstance(value, str) or "\0" in value:
            raise LedgerError(f"{name} is {value!r}; give a text without a NUL character")
        dumps(value, name)
    for name in ("region", "cycle"):
        if not getattr(record, name).strip():
            raise LedgerError(f"the {name} of a record is blank; name it")


def _check_documents(documents: Mapping[str, bytes]) -> None:
    for key, content in documents.items():
        if not is_document(key, content):
            cure = "key it by `abate.ledger.canonical.digest`"
            raise LedgerError(f"the document under {str(key)[:16]!r} has another hash; {cure}")
