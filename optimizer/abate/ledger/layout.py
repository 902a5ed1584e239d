"""Brings a database to the layout that this version reads: made at the first opening, moved up where it is older."""

from __future__ import annotations

import threading

from sqlalchemy import Connection, Engine, column, inspect, select, table

from abate.errors import LedgerError
from abate.ledger.engine import writing
from abate.ledger.schema import REVISION, VERSION_TABLE, metadata

#: Alembic hands its migrations the connection through globals of its own.
_ONE_AT_A_TIME = threading.Lock()


def bring_up(engine: Engine, shown: str, *, create: bool) -> None:
    """Make or move up the tables, in one transaction: whoever dies in it leaves the database as it was.

    Parameters
    ----------
    engine : of the database.
    shown : the ledger's name in messages.
    create : whether a ledger is made where there is none.

    Raises
    ------
    LedgerError
        Where there is no ledger and none is to be made, where one was written by a newer version, or where the
        database holds tables of the same names that are no ledger's.
    """
    with engine.connect() as connection:
        found = _revision(connection)
        taken = set(inspect(connection).get_table_names()) & set(metadata.tables) if found is None else set()
    if found == REVISION:
        return
    if found is None and not create:
        raise LedgerError(f"there is no ledger at {shown}; see that it is the right place")
    if taken:
        names = " and ".join(sorted(taken))
        raise LedgerError(f"{shown} is the database of another program (it has tables {names}); name another one")
    with writing(engine) as connection:
        if _revision(connection) != REVISION:  # another process may have been first
            _migrate(connection, shown)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    revision: str | None = connection.scalar(select(column("version_num")).select_from(table(VERSION_TABLE)))
    return revision


def _migrate(connection: Connection, shown: str) -> None:
    from alembic import command  # takes a while, and is needed once in a ledger's life
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", "abate.ledger:migrations")
    config.attributes["connection"] = connection
    found = _revision(connection)
    try:
        with _ONE_AT_A_TIME:
            command.upgrade(config, REVISION)
    except CommandError as error:
        told = f"its tables are of layout {found}, this version knows them up to {REVISION}"
        message = f"the ledger {shown} was written by a newer version of abate ({told}); upgrade abate"
        raise LedgerError(message) from error
