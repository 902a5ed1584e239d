"""Everything that one running server holds: what it serves, its jobs, its ledgers and the workbooks that were sent."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from pathlib import Path

from abate.serve.books import Books
from abate.serve.guard import Access
from abate.serve.jobs import Desk
from abate.serve.places import FOLDER, SHIPPED, UPLOAD, CasePlace, LedgerPlace, Places, shipped

#: Workbooks that are kept; when another one comes the oldest goes that no job waits for.
KEPT = 20


@dataclass
class Site:
    """One server.

    Attributes
    ----------
    places : what it was started for.
    access : who may talk to it.
    folder : for uploads and the files of jobs; it is removed at the end, and nothing is written elsewhere.
    solving, checking : where jobs are done; checking a case does not wait for a long solve.
    """

    places: Places
    access: Access
    folder: Path
    books: Books = field(default_factory=Books)
    solving: Desk = field(init=False)
    checking: Desk = field(init=False)
    uploads: OrderedDict[str, CasePlace] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        for name in ("solving", "checking", "uploads"):
            (self.folder / name).mkdir(parents=True)
        self.solving, self.checking = Desk(self.folder / "solving"), Desk(self.folder / "checking")
        self._warmed = threading.Event()
        self._lock = threading.Lock()

    def warm(self) -> None:
        """Load what reads and solves, in the background; again does nothing."""
        with self._lock:
            if self._warmed.is_set():
                return
            self._warmed.set()
        threading.Thread(target=self._warm, daemon=True, name="abate-serve-warm").start()

    def _warm(self) -> None:
        self.checking.start()
        self.solving.start()
        self.books.warm()

    def close(self) -> None:
        """End all processes, and remove what was sent and made."""
        self.solving.close()
        self.checking.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def case(self, kind: str, name: str) -> CasePlace | None:
        """Return a case by its kind and name; names are looked up, and never become part of a path."""
        known = {SHIPPED: shipped, FOLDER: self.places.cases, UPLOAD: self._sent}.get(kind)
        return next((one for one in known() if one.name == name), None) if known else None

    def _sent(self) -> list[CasePlace]:
        with self._lock:
            return list(self.uploads.values())

    def ledger(self, key: str) -> LedgerPlace | None:
        """Return a ledger by the key of its name."""
        return next((one for one in self.places.ledgers() if key_of(one.name) == key), None)

    def keep(self, content: bytes, shown: str) -> CasePlace:
        """Keep a workbook that was sent, under a name of our own; the same one once, called as it was sent last."""
        name = hashlib.sha256(content).hexdigest()[:16]
        with self._lock:
            if known := self.uploads.get(name):
                self.uploads[name] = replace(known, shown=shown)
            else:
                path = self.folder / "uploads" / f"{name}.xlsx"
                path.write_bytes(content)
                self.uploads[name] = CasePlace(UPLOAD, name, str(path), shown=shown)
            self.uploads.move_to_end(name)
            self._forget()
            return self.uploads[name]

    def _forget(self) -> None:
        """Remove the oldest uploads, but not those of jobs that still have to read them, nor the newest."""
        jobs = [*self.solving.all(), *self.checking.all()]
        needed = {job.task["source"] for job in jobs if job.unfinished}
        idle = [name for name, one in list(self.uploads.items())[:-1] if one.source not in needed]
        for name in idle[: max(0, len(self.uploads) - KEPT)]:
            Path(self.uploads.pop(name).source).unlink(missing_ok=True)


def key_of(name: str) -> str:
    """Return a short text for an address that stands for a name with any letters."""
    return hashlib.sha256(name.encode()).hexdigest()[:12]
