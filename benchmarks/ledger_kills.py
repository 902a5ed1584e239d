"""Writers that are killed at random moments: then every cycle has to be there exactly once, and the chain valid.

All writers share one list of cycles, each goes through it in an order of its own, skips what is there and commits the
rest. What a writer was told to be committed it notes in a file, so that a commit that was lost would show.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pandas as pd

from abate.ledger import Ledger
from abate.ledger.entry import hash_of_inputs
from benchmarks.ledger_records import RECORDED_AT, record

ROOT = Path(__file__).parents[1]
#: Longest life of a writer, s; the first moments of it go into opening, or making, the ledger.
LIFE = 0.25
#: Longest time that a plan takes to compute, s.
WORK = 0.005
#: Cycles per kill: enough that the writers do not run out of work.
CYCLES = 30

Task = tuple[str, str]


def ledger_kills(urls: Mapping[str, str], kills: int = 200, writers: int = 4, seed: int = 1) -> pd.DataFrame:
    """Kill writers of empty ledgers.

    Parameters
    ----------
    urls : ledger by the name of its database.
    kills : SIGKILLs to live writers.
    writers : at the same time.
    seed : of the moments.

    Returns
    -------
    DataFrame
        A row per database: database, writers, kills, cycles, entries, twice (cycles with more than one entry),
        missing, lost (told to be committed, and not there), faults (of `verify`), seconds.
    """
    return pd.DataFrame([{"database": name, **_apart(url, kills, writers, seed)} for name, url in urls.items()])


def _apart(url: str, kills: int, writers: int, seed: int) -> dict[str, Any]:
    """Run in a process of its own, which has no threads and may fork; the URL holds a password, so it goes by stdin."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.ledger_kills"],
        input=json.dumps([url, kills, writers, seed]),
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"benchmarks.ledger_kills failed:\n{done.stderr}")
    facts: dict[str, Any] = json.loads(done.stdout)
    return facts


def _run(url: str, kills: int, writers: int, seed: int) -> dict[str, Any]:
    start = time.perf_counter()
    tasks = [(f"region {number % 100}", f"cycle {number // 100}") for number in range(CYCLES * kills)]
    with tempfile.TemporaryDirectory() as name:
        told = Path(name) / "told"
        _kill(url, tasks, told, kills, writers, random.Random(seed))
        for writer in [_started(url, tasks, told, seed + number) for number in range(writers)]:
            writer.join()
            if writer.exitcode:
                raise RuntimeError("a writer that nobody killed did not come to its end")
        promised = [tuple(line.split("\t")) for line in told.read_text("utf-8").splitlines()]
    facts = {"writers": writers, "kills": kills, **_facts(url, tasks, promised)}
    return {**facts, "seconds": round(time.perf_counter() - start, 1)}


def _kill(url: str, tasks: list[Task], told: Path, kills: int, writers: int, moments: random.Random) -> None:
    """Keep some writers alive, each until its moment comes."""
    alive: list[tuple[float, BaseProcess]] = []
    for kill in range(kills + writers):
        if len(alive) == writers:
            moment, writer = alive.pop(alive.index(min(alive, key=lambda one: one[0])))
            time.sleep(max(0.0, moment - time.perf_counter()))
            if not writer.is_alive():
                raise RuntimeError("the writers ran out of work before they were killed: give them more cycles")
            writer.kill()
            writer.join()
        if kill < kills:
            writer = _started(url, tasks, told, moments.randrange(2**32))
            alive.append((time.perf_counter() + moments.uniform(0, LIFE), writer))


def _started(url: str, tasks: list[Task], told: Path, seed: int) -> BaseProcess:
    writer = multiprocessing.get_context("fork").Process(target=_write, args=(url, tasks, told, seed))
    writer.start()
    return writer


def _write(url: str, tasks: list[Task], told: Path, seed: int) -> None:
    order = random.Random(seed)
    notes = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with Ledger(url) as ledger:
        for region, cycle in order.sample(tasks, len(tasks)):
            one = record(region, cycle)
            if ledger.find(region, cycle, hash_of_inputs(one.inputs, one.options, one.seed)) is None:
                time.sleep(order.uniform(0, WORK))
                entry = ledger.commit(one, RECORDED_AT)
                os.write(notes, f"{region}\t{cycle}\t{entry.row_hash}\n".encode())


def _facts(url: str, tasks: list[Task], promised: list[tuple[str, ...]]) -> dict[str, Any]:
    with Ledger(url, create=False) as ledger:
        history, faults = ledger.history(), ledger.verify()
    entries = history.groupby(["region", "cycle"]).size()
    there = set(history[["region", "cycle", "row_hash"]].itertuples(index=False, name=None))
    return {
        "cycles": len(tasks),
        "entries": len(history),
        "twice": int((entries > 1).sum()),
        "missing": len(set(tasks) - set(entries.index)),
        "lost": len(set(promised) - there),
        "faults": len(faults),
    }


if __name__ == "__main__":
    print(json.dumps(_run(*json.load(sys.stdin))))
