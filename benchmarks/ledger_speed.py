"""Commits a second of the ledger with one writer, beside bare SQLite with the same settings on the same disk."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from abate.ledger import Ledger
from abate.ledger.canonical import dumps
from abate.ledger.engine import journal_for
from benchmarks.ledger_records import RECORDED_AT, record


def ledger_speed(postgresql: str = "", commits: int = 1000) -> pd.DataFrame:
    """Measure a new ledger on SQLite and, where its URL is given, on an empty PostgreSQL database.

    Returns
    -------
    DataFrame
        A row per database: database, durability, payload [kB], commits/s, repeated/s (the same commits again, which
        write nothing), verified/s (rows), bare commits/s (one insert of the same payload with the sqlite3 module),
        flush [ms] (one fsync of 4 kB on the disk of the SQLite file).
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        journal = journal_for(sqlite3.sqlite_version_info)
        bare, flush = _bare(folder / "bare.db", journal, commits), _flush(folder / "flushed")
        durability = f"synchronous=FULL, journal_mode={journal.upper()}"
        found = [{**_measure(str(folder / "plans.db"), commits), "bare commits/s": bare, "flush [ms]": flush}]
    found[0] |= {"database": f"SQLite {sqlite3.sqlite_version}", "durability": durability}
    if postgresql:
        found.append(
            {**_measure(postgresql, commits), "database": "PostgreSQL", "durability": "as the server is set up"}
        )
    return pd.DataFrame(found).set_index(["database", "durability"]).reset_index()


def _measure(url: str, commits: int) -> dict[str, Any]:
    records = [record(f"region {number % 50}", f"cycle {number // 50}") for number in range(commits)]
    with Ledger(url) as ledger:
        commit = [lambda one=one: ledger.commit(one, RECORDED_AT) for one in records]
        return {
            "payload [kB]": round(len(dumps([records[0].inputs, records[0].result])) / 1000, 1),
            "commits/s": _rate(commit),
            "repeated/s": _rate(commit),
            "verified/s": _rate([ledger.verify]) * commits,
        }


def _bare(file: Path, journal: str, commits: int) -> float:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute(f"PRAGMA journal_mode = {journal}")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE cycles (id INTEGER PRIMARY KEY, payload TEXT)")
    payload = dumps([record("region", "cycle").inputs, record("region", "cycle").result]).decode()

    def commit() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO cycles (payload) VALUES (?)", (payload,))
        connection.execute("COMMIT")

    rate = _rate([commit] * commits)
    connection.close()
    return rate


def _flush(file: Path, times: int = 200) -> float:
    with file.open("wb", buffering=0) as opened:

        def write() -> None:
            opened.write(b"\0" * 4096)
            os.fsync(opened.fileno())

        return 1000 / _rate([write] * times)


def _rate(steps: Iterable[Callable[[], object]]) -> float:
    """Return steps a second."""
    done, start = 0, time.perf_counter()
    for step in steps:
        step()
        done += 1
    return done / (time.perf_counter() - start)
