"""How a ledger is made and moved up, and what guards its rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Text, inspect, text
from sqlalchemy.exc import DatabaseError

from abate.errors import LedgerError
from abate.ledger import Ledger
from abate.ledger.migrations import guards
from abate.ledger.schema import REVISION, VERSION_TABLE, metadata

NOON = "2026-11-22T12:00:00Z"
CHANGES = {
    "update": "UPDATE {table} SET {key} = {key}",
    "delete": "DELETE FROM {table}",
    "replace": "INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
    "truncate": "TRUNCATE {table}",
    "upsert": "INSERT INTO {table} SELECT * FROM {table} WHERE true ON CONFLICT ({key}) DO UPDATE SET {key} = '0'",
}
ONLY = {"replace": "sqlite", "truncate": "postgresql"}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(("table", "key"), [("cycles", "id"), ("documents", "hash")])
def test_the_database_refuses_to_change_what_stands(ledger, make_record, raw, table, key, change):
    if ONLY.get(change, raw.dialect.name) != raw.dialect.name:
        pytest.skip("another database's words")
    ledger.commit(make_record(), NOON)
    before = ledger.entry("Weber", "2026")
    with pytest.raises(DatabaseError, match="append-only"), raw.begin() as connection:
        connection.execute(text(CHANGES[change].format(table=table, key=key)))
    assert ledger.entry("Weber", "2026") == before
    assert ledger.verify().empty


@pytest.mark.parametrize("same", ["id = 9", "id = 9, prev_hash = 'x'", "id = 9, prev_hash = 'x', input_hash = 'x'"])
def test_sqlite_refuses_to_replace_a_row_by_any_of_its_keys(tmp_path, make_record, same):
    """INSERT OR REPLACE takes a row away without asking the triggers for DELETE."""
    import sqlite3

    with Ledger(tmp_path / "plans.db") as ledger:
        ledger.commit(make_record(), NOON)
        connection = sqlite3.connect(tmp_path / "plans.db")
        connection.execute("CREATE TEMP TABLE copy AS SELECT * FROM cycles")
        connection.execute(f"UPDATE copy SET {same}")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute("INSERT OR REPLACE INTO cycles SELECT * FROM copy")
        connection.close()
        assert ledger.history()["id"].tolist() == [1]


def test_a_table_that_alembic_made_anew_has_lost_its_guards_until_it_is_guarded_again(tmp_path, make_record):
    """The trap that `abate.ledger.migrations.guards` tells of, and its cure."""
    from sqlalchemy import create_engine

    with Ledger(tmp_path / "plans.db") as ledger:
        ledger.commit(make_record(), NOON)
    engine = create_engine(f"sqlite:///{tmp_path / 'plans.db'}")
    with engine.begin() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("documents", recreate="always") as batch:
            batch.alter_column("hash", type_=Text())
        assert connection.execute(text("UPDATE documents SET hash = hash")).rowcount == 1
        with Operations.context(operations.migration_context):
            guards.guard("documents", [["hash"]])
        with pytest.raises(DatabaseError, match="append-only"):
            connection.execute(text("UPDATE documents SET hash = hash"))
    engine.dispose()


def test_the_migrations_lead_to_the_tables_of_the_schema(ledger, raw):
    with raw.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == REVISION


def test_the_schema_is_that_of_the_newest_migration():
    config = Config()
    config.set_main_option("script_location", "abate.ledger:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == REVISION


def test_a_ledger_is_made_whole_or_not_at_all(url, raw, monkeypatch):
    def fail(*_):
        raise RuntimeError("killed")

    monkeypatch.setattr(guards, "_sqlite", fail)
    monkeypatch.setattr(guards, "_postgresql", fail)
    with pytest.raises(RuntimeError, match="killed"):
        Ledger(url)
    assert inspect(raw).get_table_names() == []
    monkeypatch.undo()
    with Ledger(url) as ledger:
        assert ledger.verify().empty


def test_a_ledger_of_a_newer_version_is_left_alone(url, ledger, make_record, raw):
    ledger.commit(make_record(), NOON)
    with raw.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '0099'"))
    with pytest.raises(LedgerError, match=r"newer version of abate \(its tables are of layout 0099.*; upgrade abate"):
        Ledger(url)
    with raw.connect() as connection:
        assert connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar() == "0099"
    assert len(ledger.history()) == 1


def test_the_database_of_another_program_is_left_alone(url, raw):
    with raw.begin() as connection:
        connection.execute(text("CREATE TABLE documents (title TEXT)"))
    with pytest.raises(LedgerError, match=r"is the database of another program .*documents.*; name another one"):
        Ledger(url)
    assert inspect(raw).get_table_names() == ["documents"]


def test_tables_of_others_do_not_disturb(url, raw, make_record):
    with raw.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num TEXT)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('theirs')"))
    with Ledger(url) as ledger:
        ledger.commit(make_record(), NOON)
        assert ledger.verify().empty


def test_a_ledger_that_is_only_looked_at_is_not_made(url, raw, tmp_path):
    with pytest.raises(LedgerError, match="there is no ledger at"):
        Ledger(url, create=False)
    assert not list(tmp_path.iterdir())
    assert raw.dialect.name == "sqlite" or inspect(raw).get_table_names() == []


def test_an_empty_file_becomes_a_ledger_only_where_one_may_be_made(tmp_path):
    file = tmp_path / "plans.db"
    file.touch()
    with pytest.raises(LedgerError, match="there is no ledger at"):
        Ledger(file, create=False)
    with Ledger(file) as ledger:
        assert ledger.history().empty


def test_the_migrations_are_beside_the_code_that_runs_them():
    """An installed wheel has them too: hatch takes the package whole, and no file of another kind is needed."""
    import abate.ledger

    folder = Path(abate.ledger.__file__).parent / "migrations"
    assert {file.name for file in folder.rglob("*.py")} == {"__init__.py", "env.py", "guards.py", "r0001_first.py"}
