"""Ledgers on both databases: every test that takes `ledger` or `url` runs on SQLite and on PostgreSQL.

The URL of a PostgreSQL server, with a role that may make databases and change triggers, comes from the environment
variable ABATE_TEST_POSTGRESQL; where it is not set, that half is skipped. `.ci/postgresql` starts such a server.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from abate.ledger import Ledger, Record
from abate.ledger.canonical import digest

SERVER = os.environ.get("ABATE_TEST_POSTGRESQL", "")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path) -> Iterator[str]:
    """URL of a database where no ledger is yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'plans.db'}"
    else:
        yield from _schema()


@pytest.fixture
def postgresql() -> Iterator[str]:
    """URL of an empty PostgreSQL database."""
    yield from _database()


def _schema() -> Iterator[str]:
    """Give the first database with a schema of its own, which is made sooner than a database."""
    name = _name()
    run_on_server(f"CREATE SCHEMA {name}")
    yield make_url(SERVER).update_query_dict({"options": f"-csearch_path={name}"}).render_as_string(hide_password=False)
    run_on_server(f"DROP SCHEMA {name} CASCADE")


def _database() -> Iterator[str]:
    name = _name()
    run_on_server(f"CREATE DATABASE {name}")
    yield make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    run_on_server(f"DROP DATABASE {name} WITH (FORCE)")


def _name() -> str:
    if not SERVER:
        pytest.skip("ABATE_TEST_POSTGRESQL is not set")
    return f"abate_test_{uuid.uuid4().hex}"


def run_on_server(*statements: str) -> None:
    """Run statements in the server's first database, each by itself."""
    engine = _engine(SERVER, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def on_server() -> Callable[..., None]:
    return run_on_server


@pytest.fixture
def ledger(url) -> Iterator[Ledger]:
    with Ledger(url) as opened:
        yield opened


@pytest.fixture
def raw(url) -> Iterator[Engine]:
    """A way to the database past the ledger."""
    engine = _engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def tamper(raw) -> Callable[..., None]:
    """Return a function that changes rows as somebody could who takes the triggers away."""

    def change(statement: str, **values: Any) -> None:
        with raw.begin() as connection:
            for table in ("cycles", "documents"):
                for guard in _guards(raw.dialect.name, table):
                    connection.execute(text(guard))
            connection.execute(text(statement), values)

    return change


def _guards(dialect: str, table: str) -> list[str]:
    if dialect == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {table}_refuse_{what}" for what in ("update", "delete", "replace")]
    return [f"ALTER TABLE {table} DISABLE TRIGGER USER"]


def _engine(address: str, **options: Any) -> Engine:
    parsed = make_url(address)
    return create_engine(
        parsed if parsed.drivername == "sqlite" else parsed.set(drivername="postgresql+psycopg"), **options
    )


@pytest.fixture(scope="session")
def make_record() -> Callable[..., Record]:
    """Return a function(region, cycle, **changes) -> Record."""

    def make(region: str = "Weber", cycle: str = "2026", **changes: Any) -> Record:
        whole: dict[str, Any] = {
            "inputs": {"loads": [40.0, 0.1, 1e-300], "report": digest(b"seen"), "target": None},
            "result": {"allowed": {"town": 12.5, "mill": 3.0}, "note": "größte Fracht\x00", "proved": True},
            "options": {"probability": 0.9},
            "seed": 7,
            "versions": {"highspy": "1.15.1"},
            "code": "cb57ef6",
            "actor": "planner",
            "documents": {digest(b"seen"): b"seen"},
        }
        return Record(region, cycle, **(whole | changes))

    return make
