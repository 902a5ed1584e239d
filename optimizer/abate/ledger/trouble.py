"""What a database says when it fails, in a planner's words; and what is worth trying again."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from abate.errors import LedgerError
from abate.ledger.engine import PATIENCE

logger = logging.getLogger(__name__)

#: Before each new try, seconds: long enough for a server to start again.
WAITS = (0.1, 0.3, 1.0, 3.0, 6.0, 10.0)
_NOTHING_WRITTEN = "nothing of this was written, and what stood in the ledger stands"
_BUSY = f"another program has held it for {PATIENCE} s; see what it does, then run again: {_NOTHING_WRITTEN}"
_FULL = f"the disk is full; make room, then run again: {_NOTHING_WRITTEN}"
_FORBIDDEN = "it may not be written; ask for the right to write it, or name another one"

#: Start of SQLite's name of an error -> what to say.
_SQLITE = {
    "SQLITE_FULL": _FULL,
    "SQLITE_BUSY": _BUSY,
    "SQLITE_LOCKED": _BUSY,
    "SQLITE_READONLY": _FORBIDDEN,
    "SQLITE_PERM": _FORBIDDEN,
    "SQLITE_CANTOPEN": "it cannot be opened; see that its folder is there and that you may read and write both",
    "SQLITE_NOTADB": "it is no ledger, but a file of another kind; name another file",
    "SQLITE_CORRUPT": "the file is damaged; see how far with `abate verify`, and restore it from a backup",
    "SQLITE_IOERR": f"the disk failed; see that it is there and has room, then run again: {_NOTHING_WRITTEN}",
}
#: Start of PostgreSQL's code of an error -> what to say. The codes are in appendix A of its manual.
_POSTGRESQL = {
    "53100": _FULL,
    "55P03": _BUSY,
    "42501": _FORBIDDEN,
    "25006": _FORBIDDEN,
    "XX001": "the database is damaged; restore it from a backup",
    "XX002": "the database is damaged; restore it from a backup",
}
#: The server stops, starts, is full of connections, or broke this one off: what was begun is rolled back there.
_PASSES = ("08", "57P01", "57P02", "57P03", "53300", "25P03", "40001", "40P01")

Result = TypeVar("Result")


def again(work: Callable[[], Result], shown: str) -> Result:
    """Return what some work returns; where the server was away, do it again from its start on a new connection.

    The work must be one transaction that may be done twice.
    """
    for wait in WAITS:
        try:
            return work()
        except DBAPIError as error:
            if not _passes(error):
                raise
            logger.warning("the ledger %s does not answer (%s); trying again in %s s", shown, said(error), wait)
            time.sleep(wait)
    return work()


@contextmanager
def explained(shown: str) -> Iterator[None]:
    """Raise what goes wrong with the database as a LedgerError that says what, where and the cure."""
    try:
        yield
    except DBAPIError as error:
        raise LedgerError(f"the ledger {shown}: {_explanation(error)}") from error
    except SQLAlchemyError as error:
        raise LedgerError(f"the ledger {shown}: {error}") from error


def _explanation(error: DBAPIError) -> str:
    name, code = getattr(error.orig, "sqlite_errorname", None), getattr(error.orig, "sqlstate", None)
    for start, words in _SQLITE.items() if name else _POSTGRESQL.items():
        if (name or code or "").startswith(start):
            return f"{words} ({said(error)})"
    if _passes(error):
        cure = "see that the server runs, and that host, port, database, name and password are right"
        return f"the server cannot be reached ({said(error)}); {cure}"
    return said(error)


def _passes(error: DBAPIError) -> bool:
    """Whether the trouble may be over soon; psycopg gives no code where there is no connection at all."""
    if hasattr(error.orig, "sqlite_errorname"):
        return False
    code = getattr(error.orig, "sqlstate", None)
    lost = code is None and isinstance(error, OperationalError)
    return lost or error.connection_invalidated or (code or "").startswith(_PASSES)


def is_damage(error: DBAPIError) -> bool:
    """Whether the database found its own file damaged."""
    name, code = getattr(error.orig, "sqlite_errorname", None), getattr(error.orig, "sqlstate", None)
    return (name or "").startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or code in ("XX001", "XX002")


def said(error: DBAPIError) -> str:
    """Return the words of the database, on one line; without the statement and its values."""
    return " ".join(str(error.orig).split())
