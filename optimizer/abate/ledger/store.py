"""The ledger: an append-only, hash-chained record of every cycle, on SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Select, select

from abate.errors import LedgerError
from abate.ledger.address import address_of
from abate.ledger.append import append
from abate.ledger.engine import engine_at, writing
from abate.ledger.entry import Entry, Record
from abate.ledger.layout import bring_up
from abate.ledger.reading import read
from abate.ledger.rows import PLAIN_DATA, Row, columns_of, entry_of, is_document, moment
from abate.ledger.schema import cycles, documents
from abate.ledger.trouble import again, explained
from abate.ledger.verify import Check, faults_of
from abate_data.names import offer

_HISTORY = [column for column in cycles.columns if column.name not in PLAIN_DATA]


def machine_clock() -> str:
    """Return the time of this machine's clock, with its offset from UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class Ledger:
    """The record of what was decided in every cycle, and from what.

    Parameters
    ----------
    url : a file, such as ``plans.db`` or ``sqlite:///plans.db``, for one machine; or
        ``postgresql://NAME:PASSWORD@HOST/DATABASE`` for several. A network folder is no place for a file that more
        than one machine writes.
    create : whether a ledger is made where there is none; an older one is moved up either way.

    Raises
    ------
    LedgerError
        Where the ledger cannot be opened; it says why, and the cure.

    Notes
    -----
    Rows are only ever added; a correction is a new revision that names the one before it. Their order is that of
    their `id` and of the hashes; `recorded_at` is what the writer's clock said and decides nothing, so that a clock
    that was set back does no harm: it is recorded as it was, with a warning in the log.
    """

    def __init__(
        self, url: str | Path, *, create: bool = True, actor: str = "", clock: Callable[[], str] | None = None
    ) -> None:
        self.actor = actor
        self.clock = clock or machine_clock
        address = address_of(url)
        self._shown = address.shown
        if address.file is not None and not create and not address.file.exists():
            raise LedgerError(f"there is no ledger at {self._shown}; see that it is the right place")
        self._engine = engine_at(address)
        try:
            with explained(self._shown):
                bring_up(self._engine, self._shown, create=create)
        except BaseException:
            self._engine.dispose()
            raise

    def __repr__(self) -> str:
        return f"Ledger({self._shown!r})"

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back; the ledger opens new ones where it is used again."""
        self._engine.dispose()

    def commit(self, record: Record, recorded_at: str) -> Entry:
        """Write a cycle, in one transaction; where its inputs were recorded before, nothing is written.

        Parameters
        ----------
        record : the cycle. Other inputs, options or seed for a cycle that is there make its next revision.
        recorded_at : the time, with its offset from UTC, such as ``2026-11-22T19:30:00Z``.

        Returns
        -------
        Entry
            What stands in the ledger now for these inputs. Its `is_new` is False where it stood there before, also
            where an earlier try of this very commit wrote it and the server was gone before it could say so.

        Raises
        ------
        LedgerError
            Where the record is no plain data, or the database fails: the disk is full, another program holds the
            ledger, the server stays away. Then nothing was written; the commit may be done again.
        """
        columns = columns_of(record)
        moment(recorded_at)

        def work() -> Entry:
            with writing(self._engine) as connection:
                return append(connection, columns, record.documents, recorded_at)

        with explained(self._shown):
            return again(work, self._shown)

    def entry(self, region: str, cycle: str, revision: int | None = None) -> Entry:
        """Return a cycle's newest revision, or the one that is asked for.

        Raises
        ------
        LedgerError
            Where there is none, or its row is damaged.
        """
        query = select(cycles).where(cycles.c.region == region, cycles.c.cycle == cycle)
        found = self._newest(query if revision is None else query.where(cycles.c.revision == revision))
        if found is None:
            raise LedgerError(f"the ledger {self._shown} has no {self._missing(region, cycle, revision)}")
        return found

    def find(self, region: str, cycle: str, input_hash: str) -> Entry | None:
        """Return what was recorded for the same inputs (`abate.ledger.entry.hash_of_inputs`), or None.

        Raises
        ------
        LedgerError
            Where its row is damaged.
        """
        query = select(cycles).where(cycles.c.region == region, cycles.c.cycle == cycle)
        return self._newest(query.where(cycles.c.input_hash == input_hash))

    def latest(self, region: str) -> Entry | None:
        """Return the newest revision of the cycle that was begun last in a region; None where there is none yet.

        A late correction of an earlier cycle does not make that cycle the latest.

        Raises
        ------
        LedgerError
            Where its row is damaged.
        """
        begun = select(cycles.c.cycle).where(cycles.c.region == region, cycles.c.revision == 1)
        last = begun.order_by(cycles.c.id.desc()).limit(1).scalar_subquery()
        return self._newest(select(cycles).where(cycles.c.region == region, cycles.c.cycle == last))

    def history(self, region: str | None = None) -> pd.DataFrame:
        """Return a row per entry, in the order in which they were written, without what is plain data.

        Raises
        ------
        LedgerError
            Where the database fails.
        """
        query = select(*_HISTORY).order_by(cycles.c.id)
        rows = self._read(query if region is None else query.where(cycles.c.region == region))
        return pd.DataFrame(rows, columns=[column.name for column in _HISTORY])

    def document(self, name: str) -> bytes:
        """Return the document with a hash.

        Raises
        ------
        LedgerError
            Where there is none, or it is damaged.
        """
        rows = self._read(select(documents.c.content).where(documents.c.hash == name))
        if not rows:
            cure = "the `documents` of an entry name its own"
            raise LedgerError(f"the ledger {self._shown} has no document {name!r}; {cure}")
        content: bytes = rows[0]["content"]
        if not is_document(name, content):
            raise LedgerError(f"the document {name!r} in the ledger {self._shown} is damaged; restore it from a backup")
        return content

    def verify(self, check: Check | None = None) -> pd.DataFrame:
        """Check every row and document against its hash, the chain, and the order of revisions.

        Parameters
        ----------
        check : asked about every entry that is sound so far; returns what is wrong with it, or None or blank. What it
            raises as an AbateError counts as its answer.

        Returns
        -------
        DataFrame
            A row per fault: region, cycle, revision, fault; none where the ledger is sound. The first three are
            blank, blank and 0 where the fault is of the file, or of a document by itself.

        Notes
        -----
        A chain does not show that rows were cut off at its end; note the newest `row_hash` elsewhere to see that.
        """
        return faults_of(self._engine, self._shown, check)

    def _newest(self, query: Select[Any]) -> Entry | None:
        rows = self._read(query.order_by(cycles.c.revision.desc()).limit(1))
        return entry_of(rows[0]) if rows else None

    def _read(self, query: Select[Any]) -> list[Row]:
        with explained(self._shown):
            return read(self._engine, self._shown, query)

    def _missing(self, region: str, cycle: str, revision: int | None) -> str:
        """Return the first part that is unknown of an entry that is not there, and what there is instead."""
        history = self.history()
        if history.empty:
            return "entries yet; commit one first"
        of_region = history[history["region"] == region]
        if of_region.empty:
            return f"region {region!r}; {offer(region, history['region'].unique(), 'region')}"
        known = of_region["cycle"].unique()
        if cycle not in known:
            return f"cycle {cycle!r} of region {region!r}; {offer(cycle, known, 'cycle')}"
        newest = of_region.loc[of_region["cycle"] == cycle, "revision"].max()
        return f"revision {revision} of cycle {cycle!r} of region {region!r}; the newest is {newest}"
