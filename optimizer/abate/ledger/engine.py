"""Connections to the database, and the one lock under which a ledger is written.

SQLite: a write is one ``BEGIN IMMEDIATE`` transaction with ``synchronous=FULL``, so that what was committed is on the
disk when `commit` returns, also where the power fails. The journal is a write-ahead log only where the SQLite at hand
is free of the bug that can damage a ledger in that mode; else it is a rollback journal, whose file stays beside the
ledger (``PERSIST``: three times as fast as making it anew for every commit).

PostgreSQL: a write is one transaction under an advisory lock, which the server gives back when the writer dies.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

from abate.errors import LedgerError
from abate.ledger.address import Address

#: How long a writer waits for another one, seconds.
PATIENCE = 60
#: Any number will do, as long as every abate has the same.
_LOCK = 0x61626174_65000001


def engine_at(address: Address) -> Engine:
    """Return an engine; nothing is opened yet.

    Raises
    ------
    LedgerError
        Where the library for PostgreSQL is not installed.
    """
    if address.file is None:
        try:
            return create_engine(address.url, hide_parameters=True)
        except ImportError:
            cure = "install it with: pip install 'abate[postgresql]'"
            raise LedgerError(f"a ledger on PostgreSQL needs the library psycopg; {cure}") from None
    engine = create_engine(address.url, hide_parameters=True, connect_args={"timeout": PATIENCE})
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a transaction that no other writer is in; it is committed at the end, or rolled back whole."""
    with engine.begin() as connection:
        connection.exec_driver_sql(_beginning(engine.dialect.name)).close()
        yield connection


def _beginning(dialect: str) -> str:
    if dialect == "sqlite":
        return "BEGIN IMMEDIATE"
    # a writer whose machine is gone loses the lock before the others lose patience; TCP would take hours to notice
    idle, wait = int(500 * PATIENCE), int(1000 * PATIENCE)
    limits = f"SET LOCAL idle_in_transaction_session_timeout = {idle}; SET LOCAL lock_timeout = {wait}"
    return f"{limits}; SELECT pg_advisory_xact_lock({_LOCK})"


def journal_for(version: tuple[int, int, int]) -> str:
    """Return the journal mode that is safe with a version of SQLite.

    From 3.7.0 on a log that is reset while another connection uses it can damage the file; it was repaired in 3.51.3
    and, for older lines, in 3.50.7 and 3.44.6. Source: SQLite's list of changes, "WAL-reset bug".
    """
    repaired = version >= (3, 51, 3) or any(fix <= version < (3, fix[1] + 1, 0) for fix in ((3, 50, 7), (3, 44, 6)))
    return "wal" if repaired else "persist"


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # the sqlite3 module then begins no transaction of its own
    # a damaged text is still read, so that `verify` can name its row
    connection.text_factory = lambda raw: raw.decode("utf-8", "backslashreplace")
    wanted = journal_for(sqlite3.sqlite_version_info)
    (found,) = connection.execute(f"PRAGMA journal_mode = {wanted}").fetchone()
    if found != wanted:
        cure = "close the programs that use it, then open it again"
        raise LedgerError(f"the journal of the ledger stays in mode {found!r}, where {wanted!r} is safe; {cure}")
    connection.execute("PRAGMA synchronous = FULL")
