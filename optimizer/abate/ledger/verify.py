"""Checks a whole ledger: every row and document against its hash, the chain, the order of revisions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pandas as pd
from sqlalchemy import Engine, Select, select
from sqlalchemy.exc import DBAPIError

from abate.errors import AbateError
from abate.ledger.entry import Entry
from abate.ledger.reading import read
from abate.ledger.rows import FIRST, Row, entry_of, fault_of_row, is_document, named
from abate.ledger.schema import cycles, documents
from abate.ledger.trouble import explained, is_damage, said

Check = Callable[[Entry], str | None]
Fault = tuple[Any, Any, Any, str]
Reader = Callable[[Select[Any]], list[Row]]

COLUMNS = ["region", "cycle", "revision", "fault"]
#: Rows that are read at once; between two readings others may write.
_PAGE = 200
_HASH = re.compile("[0-9a-f]{64}")


def faults_of(engine: Engine, shown: str, check: Check | None) -> pd.DataFrame:
    """Return a row per fault: region, cycle, revision, fault; none where the ledger is sound.

    `region` and `cycle` are blank and `revision` is 0 where the fault is of the file or of a document by itself.

    Raises
    ------
    LedgerError
        Where the ledger cannot be read for another reason than damage.
    """
    faults: list[Fault] = []
    reader = partial(read, engine, shown)
    walk = _Walk(reader, check)
    with explained(shown):
        try:
            faults += [_by_itself(fault) for fault in _file_faults(engine)]
            there = {row["hash"] for row in reader(select(documents.c.hash))}
            for row in _rows(reader):
                faults += [(row["region"], row["cycle"], row["revision"], fault) for fault in walk.faults(row)]
            faults += [_by_itself(_stray(name)) for name in sorted(there - walk.listed)]
        except DBAPIError as error:
            if not is_damage(error):
                raise
            faults.append(_by_itself(f"the file cannot be read {walk.place()}: {said(error)}"))
    return pd.DataFrame(faults, columns=COLUMNS)


class _Walk:
    """Goes over the rows in their order and remembers what the next one has to fit."""

    def __init__(self, reader: Reader, check: Check | None) -> None:
        self._reader, self._check = reader, check
        self._newest: dict[tuple[Any, Any], Row] = {}
        self._sound: dict[str, bool] = {}
        self.last: Row | None = None
        self.listed: set[str] = set()

    def faults(self, row: Row) -> list[str]:
        """Return what is wrong with the next row."""
        self.listed |= set(_HASH.findall(str(row["documents"])))
        found = [*self._own(row), *self._place(row), *self._order(row)]
        self.last = {name: row[name] for name in ("id", "region", "cycle", "revision", "row_hash")}
        self._newest[row["region"], row["cycle"]] = {name: row[name] for name in ("revision", "row_hash")}
        return found

    def place(self) -> str:
        """Return the place after the last row, in words."""
        return f"after row {self.last['id']} ({named(self.last)})" if self.last else "at its start"

    def _own(self, row: Row) -> Iterator[str]:
        if fault := fault_of_row(row):
            yield fault
            return
        entry = entry_of(row)
        for name in entry.documents:
            if not self._is_sound(name):
                yield f"its document {name} is missing or damaged"
        if self._check is not None and (answer := _answer(self._check, entry)):
            yield answer

    def _place(self, row: Row) -> Iterator[str]:
        number, hash_before = (self.last["id"], self.last["row_hash"]) if self.last else (0, FIRST)
        if row["id"] != number + 1:
            yield f"it is row {row['id']} and stands after row {number}: rows between them are missing"
        elif row["prev_hash"] != hash_before:
            yield f"it does not follow row {number}: that row, or this one, was exchanged"

    def _order(self, row: Row) -> Iterator[str]:
        before = self._newest.get((row["region"], row["cycle"]))
        revision, corrected = (before["revision"], before["row_hash"]) if before else (0, "")
        if not isinstance(revision, int) or row["revision"] != revision + 1:
            yield f"it is revision {row['revision']} and comes after revision {revision}"
        elif row["supersedes"] != corrected:
            yield "it does not name the revision before it as the one that it corrects"

    def _is_sound(self, name: str) -> bool:
        if name not in self._sound:
            try:
                rows = self._reader(select(documents.c.content).where(documents.c.hash == name))
                self._sound[name] = bool(rows) and is_document(name, rows[0]["content"])
            except TypeError:  # SQLite keeps what it is given, and this is no longer bytes
                self._sound[name] = False
        return self._sound[name]


def _answer(check: Check, entry: Entry) -> str | None:
    try:
        return check(entry)
    except AbateError as error:
        return str(error)


def _by_itself(fault: str) -> Fault:
    return "", "", 0, fault


def _stray(name: str) -> str:
    return f"document {name} belongs to no row: rows at the end may have been cut off"


def _rows(reader: Reader) -> Iterator[Row]:
    query, size = select(cycles).order_by(cycles.c.id), _PAGE
    following = query
    while True:
        try:
            page = reader(following.limit(size))
        except DBAPIError as error:
            if size == 1 or not is_damage(error):
                raise
            size = 1  # from here on one by one, up to the very row that cannot be read
            continue
        if not page:
            return
        yield from page
        following = query.where(cycles.c.id > page[-1]["id"])


def _file_faults(engine: Engine) -> Iterator[str]:
    """Yield what SQLite finds wrong with its pages and indices; PostgreSQL has tools of its own for that."""
    if engine.dialect.name != "sqlite":
        return
    try:
        with engine.connect() as connection:
            lines = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    except DBAPIError as error:
        if not is_damage(error):
            raise
        lines = [said(error)]
    for line in lines:
        if line != "ok":
            yield f"the file is damaged: {' '.join(line.split())}"
