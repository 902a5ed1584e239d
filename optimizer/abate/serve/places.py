"""What there is to serve: the cases and ledgers of a folder, a single ledger, and the cases that come with abate.

Only names and settings are looked at here; reading a case is the work of a process of its own.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from abate_data.errors import Finding, InputError

SETTINGS, SCENARIOS = "case.toml", "scenarios"
#: Where a case comes from.
SHIPPED, FOLDER, UPLOAD = "shipped", "folder", "upload"
#: Endings of workbooks and of ledgers.
WORKBOOKS, LEDGERS = (".xlsx", ".xlsm"), (".db", ".sqlite", ".sqlite3")
#: What a ledger's URL begins with.
SCHEMES = ("postgresql://", "postgresql+psycopg://", "sqlite:///")
#: Files of a case that are looked at to tell whether it changed.
LOOKED_AT = 500


@dataclass(frozen=True)
class CasePlace:
    """A case that can be opened.

    Attributes
    ----------
    kind : `SHIPPED`, `FOLDER` or `UPLOAD`.
    name : by which pages and addresses know it; for a file or folder its name.
    source : what `abate.load` takes: the name of a shipped case, or a path.
    title : what its settings call it; blank where they are in a workbook, which takes long to open.
    scenarios : names of the folders of scenarios.
    shown : what people call it: for an upload the name of the file that was sent.
    """

    kind: str
    name: str
    source: str
    title: str = ""
    scenarios: tuple[str, ...] = ()
    shown: str = ""

    @property
    def label(self) -> str:
        """What people call it."""
        return self.shown or self.name

    def signature(self) -> str:
        """Return a text that changes with the files of the case."""
        place = Path(self.source)
        if self.kind == SHIPPED:
            return self.source
        files = [place] if place.is_file() else _files_of(place)
        stats = [(file.name, stat.st_mtime_ns, stat.st_size) for file in files if (stat := _stat(file))]
        return f"{self.source} {hash(tuple(stats))}"


@dataclass(frozen=True)
class LedgerPlace:
    """A ledger: `name` for pages and addresses, without a password; `url` for `abate.Ledger`."""

    name: str
    url: str


@dataclass(frozen=True)
class Places:
    """What a server was started for.

    Attributes
    ----------
    folder : holds cases and ledgers; None where a single ledger is served.
    single : that ledger.
    """

    folder: Path | None = None
    single: LedgerPlace | None = None

    @property
    def shown(self) -> str:
        """What is served, in a word."""
        return self.single.name if self.single else str(self.folder)

    def cases(self) -> list[CasePlace]:
        """Return the cases of the folder, in order of their names; of a folder that is a case, that one."""
        found = []
        itself = [self.folder] if self.folder and (self.folder / SETTINGS).is_file() else []
        for place in itself or self._listed():
            if place.suffix.lower() in WORKBOOKS and place.is_file() and not place.name.startswith("~$"):
                found.append(CasePlace(FOLDER, place.name, str(place)))
            elif (place / SETTINGS).is_file():
                title = _title(place / SETTINGS)
                name = place.resolve().name if itself else place.name  # the folder may be given as `.`
                found.append(CasePlace(FOLDER, name, str(place), title, _scenarios(place / SCENARIOS)))
        return found

    def ledgers(self) -> list[LedgerPlace]:
        """Return the ledgers, in order of their names."""
        if self.single:
            return [self.single]
        return [
            LedgerPlace(place.name, str(place))
            for place in self._listed()
            if place.suffix.lower() in LEDGERS and place.is_file()
        ]

    def missing(self) -> bool:
        """Whether the folder is gone."""
        return self.folder is not None and not self.folder.is_dir()

    def _listed(self) -> list[Path]:
        try:
            every = sorted(self.folder.iterdir()) if self.folder else []
        except OSError:
            return []
        return [place for place in every if not place.name.startswith(".")]


def places_of(given: str) -> Places:
    """Return what a folder, a case, a ledger's file or its URL means.

    Raises
    ------
    InputError
        Where it is none of these, with the cure.
    """
    if "://" in given:
        return Places(single=LedgerPlace(_without_password(given), given))
    path = Path(given)
    if path.is_dir():
        return Places(folder=path)
    if path.is_file() and path.suffix.lower() not in WORKBOOKS:
        return Places(single=LedgerPlace(path.name, str(path)))
    if path.is_file():
        cure = "name the folder that it lies in"
        raise InputError([Finding("serve", "is a workbook, and folders or ledgers are served", cure, value=given)])
    cure = "name a folder of cases and ledgers, a ledger such as plans.db, or postgresql://NAME@HOST/DATABASE"
    raise InputError([Finding("serve", "there is no such folder or ledger", cure, value=given)])


def shipped() -> list[CasePlace]:
    """Return the cases that come with abate."""
    shelf = Path(str(resources.files("abate_data"))) / "cases"
    names = sorted(place.name for place in shelf.iterdir() if (place / SETTINGS).is_file())
    return [
        CasePlace(SHIPPED, name, name, _title(shelf / name / SETTINGS), _scenarios(shelf / name / SCENARIOS))
        for name in names
    ]


def _without_password(url: str) -> str:
    """Return a ledger's URL without name, password and options.

    Raises
    ------
    InputError
        Where it is the URL of something else; it is not shown, for it may hold a password.
    """
    if not url.startswith(SCHEMES):
        cure = "write postgresql://NAME:PASSWORD@HOST/DATABASE, or the name of a file"
        raise InputError([Finding("serve", "is no URL of a ledger", cure, value=url.partition("://")[0] + "://")])
    # heavy, and needed for a URL only
    from abate.errors import LedgerError
    from abate.ledger.address import address_of

    # an option of a URL without a database is taken for a name before an @, and a part of it for the host
    before, sign, _ = url.partition("://")[2].partition("@")
    if sign and "?" in before and "/" not in before.partition("?")[0]:
        cure = "write a ? in a password as %3F, and an @ as %40"
        raise InputError([Finding("serve", "the URL of the ledger holds a ? before an @", cure)])
    try:
        return address_of(url).shown
    except LedgerError as error:
        cure = "write postgresql://NAME:PASSWORD@HOST/DATABASE, or the name of a file"
        raise InputError([Finding("serve", str(error), cure)]) from None


def _title(settings: Path) -> str:
    read: dict[str, Any] = {}
    try:
        read = tomllib.loads(settings.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
        return ""  # checking the case says what is wrong
    return str(read.get("title") or read.get("name") or "")


def _scenarios(folder: Path) -> tuple[str, ...]:
    try:
        return tuple(sorted(one.name for one in folder.iterdir() if one.is_dir())) if folder.is_dir() else ()
    except OSError:
        return ()


def _files_of(folder: Path) -> list[Path]:
    patterns = (SETTINGS, "*.csv", f"{SCENARIOS}/*/*.csv")
    return sorted(file for pattern in patterns for file in folder.glob(pattern))[:LOOKED_AT]


def _stat(file: Path) -> Any:
    try:
        return file.stat()
    except OSError:
        return None
