"""What goes wrong around the ledger: a clear error with its cure, and nothing half written."""

from __future__ import annotations

import os
import sqlite3
import stat
import tempfile
import threading
import time
import traceback
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event, make_url, text

from abate.errors import LedgerError
from abate.ledger import Ledger, engine, trouble
from abate.ledger.address import address_of
from abate.ledger.canonical import digest

NOON = "2026-11-22T12:00:00Z"
WRONG = "hunter2"
BIG = b"0" * 200_000


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(trouble, "WAITS", (0.05,) * 40)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("mysql://me:hunter2@host/plans", "cannot be kept in 'mysql'; name one of 'sqlite', 'postgresql'"),
        ("postgres://me:hunter2@host/plans", "did you mean 'postgresql'"),
        ("postgresql://me:hunter2@host:port/plans", "the URL of the ledger cannot be read; give a file"),
        ("postgresql://me:x@hunter2@host/plans", "write an @ in a password as %40"),
        ("postgresql://me:hunter2@127.0.0.1:1/plans", "postgresql://127.0.0.1:1/plans: the server cannot be reached"),
        (
            "postgresql://127.0.0.1:1/plans?password=hunter2",
            "the server cannot be reached .*; see that the server runs",
        ),
        ("sqlite:///plans.db?timeout=1", "is written sqlite:///FILE without options"),
        ("sqlite://", "is written sqlite:///FILE"),
        ("sqlite:///:memory:", "a ledger in memory is gone with the program"),
        ("", "a ledger in memory is gone with the program"),
    ],
)
def test_an_address_that_is_none_is_told_with_its_cure_and_without_its_password(address, words):
    with pytest.raises(LedgerError, match=words) as caught:
        Ledger(address)
    assert WRONG not in "".join(traceback.format_exception(caught.value))


def test_no_text_of_an_address_shows_the_password():
    address = address_of("postgresql://me:hunter2@host/plans?sslpassword=hunter2")
    assert "hunter2" not in f"{address!r} {address} {address.shown}"
    assert address.url.password == "hunter2"


def test_no_text_of_a_ledger_shows_the_password(postgresql):
    password = make_url(postgresql).password
    assert password
    with Ledger(postgresql) as ledger:
        assert password not in repr(ledger)
        assert password not in repr(vars(ledger))
    with pytest.raises(LedgerError, match="name and password are right") as caught:
        Ledger(postgresql.replace(password, WRONG))
    assert WRONG not in "".join(traceback.format_exception(caught.value))


def test_places_that_are_no_file_are_told(tmp_path):
    with pytest.raises(LedgerError, match="is a folder; name a file in it"):
        Ledger(tmp_path)
    with pytest.raises(LedgerError, match=r"the folder of the ledger .* does not exist; make it first"):
        Ledger(tmp_path / "missing" / "plans.db")


def test_a_file_of_another_kind_is_told_and_left_alone(tmp_path):
    file = tmp_path / "plans.db"
    file.write_text("source,load\n" * 100)
    with pytest.raises(LedgerError, match="it is no ledger, but a file of another kind; name another file"):
        Ledger(file)
    assert file.read_text() == "source,load\n" * 100


def test_a_plain_name_and_a_url_are_the_same_file(tmp_path, make_record, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Ledger("plans.db") as ledger:
        ledger.commit(make_record(), NOON)
    for address in ("sqlite:///plans.db", Path("plans.db"), f"sqlite:///{tmp_path / 'plans.db'}"):
        with Ledger(address) as ledger:
            assert len(ledger.history()) == 1


@contextmanager
def without_rights():
    """Give up the rights of root, who may write everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_file_that_may_only_be_read_can_be_read(make_record):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plans.db"
        with Ledger(file) as ledger:
            ledger.commit(make_record(), NOON)
        file.chmod(0o444)
        Path(folder).chmod(0o555)
        try:
            with without_rights(), Ledger(file) as ledger:
                assert ledger.verify().empty
                with pytest.raises(LedgerError, match="it may not be written; ask for the right"):
                    ledger.commit(make_record(cycle="2027"), NOON)
            with without_rights(), pytest.raises(LedgerError, match="cannot be opened; see that its folder is there"):
                Ledger(Path(folder) / "other.db")
        finally:
            Path(folder).chmod(stat.S_IRWXU)


def test_a_role_that_may_not_write_is_told(postgresql, on_server, make_record):
    name = f"reader_{digest(postgresql.encode())[:8]}"
    on_server(f"CREATE ROLE {name} LOGIN PASSWORD 'reader'")
    reader = make_url(postgresql).set(username=name, password="reader").render_as_string(hide_password=False)
    try:
        with pytest.raises(LedgerError, match="it may not be written; ask for the right"):
            Ledger(reader)
    finally:
        on_server(f"DROP ROLE {name}")


def test_a_full_disk_leaves_the_ledger_as_it_was(tmp_path, make_record):
    """SQLite's own limit on the pages of a file gives the same error as a disk that is full."""
    with Ledger(tmp_path / "plans.db") as ledger:
        ledger.commit(make_record(cycle="1"), NOON)
    with _limited_pages(40), Ledger(tmp_path / "plans.db") as ledger:
        with pytest.raises(
            LedgerError, match="the disk is full; make room, then run again: nothing of this was written"
        ):
            ledger.commit(make_record(cycle="2", documents={digest(BIG): BIG}), NOON)
        assert ledger.history()["cycle"].tolist() == ["1"]
        assert ledger.verify().empty
        ledger.commit(make_record(cycle="3"), NOON)
    with Ledger(tmp_path / "plans.db") as ledger:  # room was made
        assert ledger.commit(make_record(cycle="2", documents={digest(BIG): BIG}), NOON).id == 3
        assert ledger.verify().empty


@contextmanager
def _limited_pages(most):
    from sqlalchemy import Engine

    def limit(connection, _):
        if isinstance(connection, sqlite3.Connection):
            connection.execute(f"PRAGMA max_page_count = {most}")

    event.listen(Engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(Engine, "connect", limit)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        # Source: PostgreSQL manual, appendix A
        ("53100", "the disk is full; make room"),
        ("25006", "it may not be written; ask"),
        ("XX001", "the database is damaged; restore it from a backup"),
    ],
)
def test_what_the_server_cannot_do_leaves_the_ledger_as_it_was(postgresql, make_record, code, words):
    """A trigger raises the error, after the document was written and before the row is."""
    from sqlalchemy import create_engine

    with Ledger(postgresql) as ledger:
        ledger.commit(make_record(cycle="1"), NOON)
        own = create_engine(make_url(postgresql).set(drivername="postgresql+psycopg"))
        with own.begin() as connection:
            body = f"BEGIN RAISE EXCEPTION USING ERRCODE = '{code}', MESSAGE = 'no more'; END"
            connection.execute(text(f"CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"))
            connection.execute(text("CREATE TRIGGER fail AFTER INSERT ON cycles EXECUTE FUNCTION fail()"))
        own.dispose()
        with pytest.raises(LedgerError, match=words):
            ledger.commit(make_record(cycle="2", documents={digest(b"new"): b"new"}), NOON)
        with pytest.raises(LedgerError, match="no document"):
            ledger.document(digest(b"new"))
        assert ledger.history()["cycle"].tolist() == ["1"]
        assert ledger.verify().empty


def test_a_ledger_that_another_program_holds_is_waited_for_and_then_told(url, raw, make_record, monkeypatch):
    monkeypatch.setattr(engine, "PATIENCE", 1)
    with Ledger(url) as ledger:
        ledger.commit(make_record(cycle="1"), NOON)
        with raw.connect() as connection:
            lock = f"SELECT pg_advisory_xact_lock({engine._LOCK})"
            connection.exec_driver_sql("BEGIN IMMEDIATE" if raw.dialect.name == "sqlite" else lock)
            with pytest.raises(LedgerError, match=r"another program has held it .*; see what it does, then run again"):
                ledger.commit(make_record(cycle="2"), NOON)
            connection.rollback()
        assert ledger.commit(make_record(cycle="2"), NOON).is_new


def test_a_server_that_restarts_is_waited_for(postgresql, on_server, make_record):
    """It breaks off every connection and refuses new ones for a while; then the batch goes on."""
    name = make_url(postgresql).database
    with Ledger(postgresql) as ledger:
        ledger.commit(make_record(cycle="1"), NOON)
        on_server(
            f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        )

        def come_back():
            time.sleep(0.3)
            on_server(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

        server = threading.Thread(target=come_back)
        server.start()
        assert ledger.commit(make_record(cycle="2"), NOON).revision == 1
        server.join()
        on_server(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        assert ledger.history()["cycle"].tolist() == ["1", "2"]
        on_server(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        assert ledger.verify().empty


def test_a_commit_whose_answer_was_lost_is_there_once(postgresql, on_server, make_record, monkeypatch):
    """The connection breaks after the server committed and before it could say so."""
    from abate.ledger import store

    name, broken = make_url(postgresql).database, []
    writing = engine.writing

    @contextmanager
    def losing(database):
        with writing(database) as connection:
            yield connection
        if not broken:
            broken.append(True)
            on_server(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
            with database.connect() as connection:
                connection.exec_driver_sql("SELECT 1")

    with Ledger(postgresql) as ledger:
        monkeypatch.setattr(store, "writing", losing)
        entry = ledger.commit(make_record(), NOON)
        assert broken
        assert (entry.revision, entry.is_new) == (1, False)
        assert len(ledger.history()) == 1


def test_a_server_that_stays_away_is_told(postgresql, on_server, make_record, monkeypatch):
    monkeypatch.setattr(trouble, "WAITS", (0.01, 0.01))
    name = make_url(postgresql).database
    with Ledger(postgresql) as ledger:
        on_server(f"DROP DATABASE {name} WITH (FORCE)", f"CREATE DATABASE {name} ALLOW_CONNECTIONS false")
        for call in (lambda: ledger.commit(make_record(), NOON), ledger.history, ledger.verify):
            with pytest.raises(LedgerError, match="the server cannot be reached"):
                call()


def test_without_its_library_postgresql_is_told_how_to_get_it(monkeypatch):
    import builtins

    found = builtins.__import__

    def missing(name, *arguments, **named):
        if name == "psycopg":
            raise ImportError(name)
        return found(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(LedgerError, match=r"pip install 'abate\[postgresql\]'"):
        Ledger("postgresql://host/plans")


@pytest.mark.parametrize(
    ("version", "journal"),
    [
        # Source: SQLite's notes on the WAL-reset bug: 3.7.0 to 3.51.2, repaired in 3.44.6, 3.50.7 and 3.51.3
        ((3, 7, 0), "persist"),
        ((3, 40, 1), "persist"),
        ((3, 44, 5), "persist"),
        ((3, 44, 6), "wal"),
        ((3, 45, 0), "persist"),
        ((3, 50, 6), "persist"),
        ((3, 50, 7), "wal"),
        ((3, 51, 0), "persist"),
        ((3, 51, 2), "persist"),
        ((3, 51, 3), "wal"),
        ((3, 52, 0), "wal"),
        ((4, 0, 0), "wal"),
    ],
)
def test_a_write_ahead_log_is_kept_only_where_it_is_safe(version, journal):
    assert engine.journal_for(version) == journal


@pytest.mark.parametrize("version", [(3, 40, 1), (3, 51, 3)])
def test_the_settings_that_make_a_commit_last(tmp_path, make_record, monkeypatch, version):
    """A ledger in one mode is moved to the other by an abate whose SQLite needs it so."""
    for told in (version, (3, 40, 1), (3, 51, 3)):
        monkeypatch.setattr(engine.sqlite3, "sqlite_version_info", told)
        with Ledger(tmp_path / "plans.db") as ledger:
            ledger.commit(make_record(cycle=str(told)), NOON)
            assert ledger.verify().empty
            with ledger._engine.connect() as connection:
                assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
                assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == engine.journal_for(told)


def test_a_log_that_is_not_safe_and_cannot_be_left_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "PATIENCE", 0.1)
    monkeypatch.setattr(engine.sqlite3, "sqlite_version_info", (3, 51, 3))
    with Ledger(tmp_path / "plans.db") as ledger, ledger._engine.connect() as holding:
        holding.exec_driver_sql("BEGIN")
        holding.exec_driver_sql("SELECT * FROM cycles").all()
        monkeypatch.setattr(engine.sqlite3, "sqlite_version_info", (3, 40, 1))
        with pytest.raises(LedgerError, match=r"held it|stays in mode 'wal'"):
            Ledger(tmp_path / "plans.db")
