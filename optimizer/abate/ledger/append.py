"""The one way in which a row comes into the ledger."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Select, bindparam, insert, select

from abate.ledger.entry import Entry
from abate.ledger.rows import Row, chained, entry_of, moment, new_entry
from abate.ledger.schema import cycles, documents

logger = logging.getLogger(__name__)


_OF_CYCLE = (cycles.c.region == bindparam("region"), cycles.c.cycle == bindparam("cycle"))
_STANDING = select(cycles).where(*_OF_CYCLE, cycles.c.input_hash == bindparam("input_hash"))
_NEWEST = select(cycles.c.id, cycles.c.row_hash, cycles.c.recorded_at).order_by(cycles.c.id.desc()).limit(1)
_CORRECTED = select(cycles.c.revision, cycles.c.row_hash).where(*_OF_CYCLE).order_by(cycles.c.revision.desc()).limit(1)
_DOCUMENT = select(documents.c.hash).where(documents.c.hash == bindparam("hash"))


def append(connection: Connection, columns: Row, contents: Mapping[str, bytes], recorded_at: str) -> Entry:
    """Add a row and its documents, or return the row that stands there for the same inputs.

    Parameters
    ----------
    connection : in a transaction that no other writer is in.
    columns : as `abate.ledger.rows.columns_of` gives them.
    contents : of the documents, by their hashes.
    recorded_at : the time.
    """
    if standing := _first(connection, _STANDING, columns):
        _compare_results(standing, columns)
        return entry_of(standing)
    last = _first(connection, _NEWEST, {})
    corrected = _first(connection, _CORRECTED, columns)
    _compare_clocks(last, recorded_at)
    row = chained({**columns, "recorded_at": recorded_at}, last, corrected)
    _add_documents(connection, contents)
    connection.execute(insert(cycles), row)
    return new_entry(row)


def _add_documents(connection: Connection, contents: Mapping[str, bytes]) -> None:
    """Add those that are not there; no other writer can add one between the look and the insert."""
    for name, content in contents.items():
        row = {"hash": name, "content": content}
        if _first(connection, _DOCUMENT, row) is None:
            connection.execute(insert(documents), row)


def _compare_results(standing: Row, columns: Row) -> None:
    if standing["result_hash"] != columns["result_hash"]:
        logger.warning(
            "region %r, cycle %r: the same inputs gave another result than the recorded one, which stands",
            standing["region"],
            standing["cycle"],
        )


def _compare_clocks(last: Row | None, recorded_at: str) -> None:
    """Say that a clock was set back. It decides nothing, as the order is that of the rows, but somebody should know."""
    if last and moment(recorded_at) < moment(last["recorded_at"]):
        logger.warning("the clock was set back: %s is before the last row's %s", recorded_at, last["recorded_at"])


def _first(connection: Connection, query: Select[Any], values: Row) -> Row | None:
    found = connection.execute(query, values).mappings().first()
    return None if found is None else dict(found)
