"""Reading ledgers for a page: never for long, for another program may hold one, and never twice what cannot change."""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from abate.serve.places import LedgerPlace

if TYPE_CHECKING:
    from abate.ledger import Entry, Ledger

Result = TypeVar("Result")

#: Seconds that a page waits for a ledger, and while the library that reads it is not loaded yet.
PATIENCE, FIRST_PATIENCE = 4.0, 0.3
#: Entries that are kept in memory; what was recorded never changes.
KEPT = 200
_VERSION_TABLE = "abate_ledger_version"


class BusyError(Exception):
    """The ledger did not answer in time; it may a moment later."""


class Books:
    """All ledgers of a server."""

    def __init__(self) -> None:
        self._locks: dict[str, threading.Lock] = {}
        self._entries: OrderedDict[tuple[str, str], Entry] = OrderedDict()
        self._ready = threading.Event()
        self._lock = threading.Lock()

    def warm(self) -> None:
        """Load the libraries that read ledgers, so that no page waits for them."""
        import_module("abate.ledger")
        self._ready.set()

    def history(self, place: LedgerPlace) -> list[dict[str, Any]]:
        """Return a row per entry in the order in which they were written: id, region, cycle, revision ...

        Raises
        ------
        LedgerError
            Where the ledger cannot be read; it says why, and the cure.
        BusyError
            Where it does not answer in time.
        """

        def rows(ledger: Ledger) -> list[dict[str, Any]]:
            return [{str(name): value for name, value in row.items()} for row in ledger.history().to_dict("records")]

        return self._read(place, rows)

    def entry(self, place: LedgerPlace, row: dict[str, Any]) -> Entry:
        """Return the entry of a row of the history.

        Raises
        ------
        LedgerError, BusyError
            As for `history`, and where the row is damaged.
        """
        key = (place.url, str(row["row_hash"]))
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
                return self._entries[key]
        found = self._read(place, lambda ledger: ledger.entry(row["region"], row["cycle"], int(row["revision"])))
        with self._lock:
            self._entries[key] = found
            while len(self._entries) > KEPT:
                self._entries.popitem(last=False)
        return found

    def _read(self, place: LedgerPlace, work: Callable[[Ledger], Result]) -> Result:
        """Do some work with a ledger, in a thread that is left behind where the ledger does not answer."""
        with self._lock:
            lock = self._locks.setdefault(place.url, threading.Lock())
        patience = PATIENCE if self._ready.is_set() else FIRST_PATIENCE
        result: Future[Result] = Future()

        def run() -> None:
            if not lock.acquire(timeout=patience):
                result.set_exception(BusyError())
                return
            try:
                result.set_result(_with_ledger(place, work))
                self._ready.set()
            except BaseException as error:
                result.set_exception(error)
            finally:
                lock.release()

        threading.Thread(target=run, daemon=True, name="abate-serve-ledger").start()
        try:
            return result.result(patience)
        except TimeoutError:
            raise BusyError from None


def _with_ledger(place: LedgerPlace, work: Callable[[Ledger], Result]) -> Result:
    from abate.errors import LedgerError
    from abate.ledger import Ledger

    if "://" not in place.url and _is_other_database(Path(place.url)):
        raise LedgerError(f"{place.name} is the database of another program, and no ledger")
    with Ledger(place.url, create=False) as ledger:
        return work(ledger)


def _is_other_database(file: Path) -> bool:
    """Whether a file is a database that is no ledger's: opening it as a ledger would set its journal mode.

    Where it cannot be told, it is not: the ledger says what is wrong.
    """
    address = f"file:{quote(str(file.absolute()))}?mode=ro"
    try:
        connection = sqlite3.connect(address, uri=True, timeout=PATIENCE / 4)
    except sqlite3.Error:
        return False
    try:
        found = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = ?", (_VERSION_TABLE,)).fetchone()
        return not found[0]
    except sqlite3.Error:
        return False
    finally:
        connection.close()
