"""Where a ledger is: a file for SQLite, or the URL of a PostgreSQL database, whose password is never shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from abate.errors import LedgerError
from abate_data.names import offer

_FORMS = "give a file, such as plans.db, or postgresql://NAME:PASSWORD@HOST/DATABASE"
_POSTGRESQL = ("postgresql", "postgresql+psycopg")


@dataclass(frozen=True)
class Address:
    """Where a ledger is.

    Attributes
    ----------
    url : for SQLAlchemy, its driver named.
    shown : for messages: without name, password and options.
    file : the SQLite file; None on PostgreSQL.
    """

    url: URL
    shown: str
    file: Path | None

    def __repr__(self) -> str:
        return f"Address({self.shown!r})"


def address_of(text: str | Path) -> Address:
    """Return the address that a file's path, ``sqlite:///FILE`` or ``postgresql://...`` means.

    Raises
    ------
    LedgerError
        Where it is none of these, with the cure.
    """
    if isinstance(text, Path) or "://" not in text:
        return _file(str(text))
    scheme, _, rest = text.partition("://")
    if scheme == "sqlite":
        if "?" in rest or not rest.startswith("/"):
            raise LedgerError("a ledger on SQLite is written sqlite:///FILE without options, or just FILE")
        return _file(rest[1:])
    if scheme not in _POSTGRESQL:
        cure = offer(scheme, ["sqlite", "postgresql"], "database")
        raise LedgerError(f"a ledger cannot be kept in {scheme!r}; {cure}; {_FORMS}")
    return _server(text)


def _file(name: str) -> Address:
    if not name or name == ":memory:":
        raise LedgerError("a ledger in memory is gone with the program; name a file, such as plans.db")
    path = Path(name)
    if path.is_dir():
        raise LedgerError(f"{name!r} is a folder; name a file in it, such as plans.db")
    if not path.parent.is_dir():
        raise LedgerError(f"the folder of the ledger {name!r} does not exist; make it first, or name another one")
    return Address(URL.create("sqlite", database=name), name, path)


def _server(text: str) -> Address:
    try:
        url = make_url(text).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError):
        # neither the URL nor the error is shown: both may hold the password
        raise LedgerError(f"the URL of the ledger cannot be read; {_FORMS}") from None
    if "@" in (url.host or ""):
        raise LedgerError("the URL of the ledger holds an @ too many; write an @ in a password as %40")
    place = f"{url.host or 'localhost'}{f':{url.port}' if url.port else ''}"
    return Address(url, f"postgresql://{place}/{url.database or ''}", None)
