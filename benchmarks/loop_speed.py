"""Speed of the loop, part by part, on one page: belief, re-solve, ledger, batch; and writers that are killed."""

from __future__ import annotations

import os
from collections.abc import Callable

import pandas as pd

from benchmarks.batch_speed import batch_table, measured
from benchmarks.belief_speed import belief_speed
from benchmarks.ledger_kills import ledger_kills
from benchmarks.ledger_speed import ledger_speed
from benchmarks.markdown import table
from benchmarks.resolve_speed import resolve_table

#: Names the PostgreSQL server to measure on; its databases LEDGER_SPEED and LEDGER_KILLS are made anew.
POSTGRESQL = "ABATE_TEST_POSTGRESQL"

PAGE = """\
# Speed of the monitoring loop

Written by `python -m benchmarks loop-speed` in one run; run it again rather than edit it. {machine}

## Belief

A month with a report of every load and a result of every receptor, a fifth of these below the limit of detection.
Promised: under 50 ms at 30 sources and 8 receptors.

{belief}

## Re-solve

The same new limits (all within 1 %) and transfer coefficients (5 % of them changed) from cold and on the warm model, in
pairs. Promised: at most 0.2 of a cold solve at 2,000 sources and 100 receptors.

{resolve}

## Ledger

One writer, a payload of about 5 kB, everything on the disk before a commit returns. Promised: 200 commits a second on
SQLite. *Bare* is one insert of the same payload with nothing else, on the same disk in the same run: what the disk
gives. *Flush* is one fsync.

{ledger}

## Batch

A small linear model per region. Promised: 500 regions on two workers at least 1.7 times as fast as on one, and the
driver's memory flat in the number of regions.

{batch}
"""

KILLS = """\
# Writers that are killed

Written by `python -m benchmarks ledger-kills`; run it again rather than edit it. {machine}

Writers go through the same cycles of many regions as a batch does, each in an order of its own: skip what is recorded,
compute, commit. SIGKILL strikes one of them at a random moment, and a new one takes its place, until all is there.
*Lost* are cycles that a writer was told to be committed and that are not there, *faults* those that `abate verify`
finds.

{kills}
"""


def speed_page(machine: str, report: Callable[[str], None]) -> str:
    """Return the page, every figure of it measured now."""
    parts: dict[str, str] = {}
    for name, measure in (
        ("belief", lambda: shown(belief_speed())),
        ("resolve", lambda: shown(resolve_table(report=report))),
        ("ledger", lambda: shown(ledger_speed(os.environ.get(POSTGRESQL, "")))),
        ("batch", lambda: batch_table(measured(report))),
    ):
        report(name)
        parts[name] = measure()
    return PAGE.format(machine=machine, **parts)


def kills_page(machine: str, kills: int, report: Callable[[str], None], places: dict[str, str]) -> str:
    """Return the page of writers that are killed.

    Parameters
    ----------
    places : empty ledgers by the name of their database.
    """
    report(f"{kills} kills on each of {', '.join(places)}")
    return KILLS.format(machine=machine, kills=shown(ledger_kills(places, kills)))


def shown(frame: pd.DataFrame) -> str:
    """Return a table of measurements with four digits that count."""
    rows = [[f"{one:.4g}" if isinstance(one, float) else str(one) for one in row] for row in frame.to_numpy().tolist()]
    return table([str(name) for name in frame.columns], rows)
