"""Speed and memory of checking a large workbook and of writing the workbook of a large plan."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.markdown import table

ROOT = Path(__file__).parents[1]
#: Rows of the workbooks that are checked, sources of the plan that is written.
ROWS, SOURCES = 100_000, 10_000
#: What is promised: seconds and MB of a check, seconds of a result.
CHECK_SECONDS, CHECK_MEMORY, RESULT_SECONDS = 15.0, 500.0, 20.0

PAGE = """\
# Speed of workbooks

Written by `python -m benchmarks workbook` in one run; run it again rather than edit it. {machine}

## Checking

`abate check` of a workbook with {rows:,} rows in one table, as a process of its own from its start to its end: Python,
imports, reading, every rule, notes. *CPU* leaves out the waiting for a machine that others share. Promised: under
{check_seconds:.0f} s within {check_memory:.0f} MB.

{checks}

## Writing a plan

The workbook of a plan with {sources:,} sources, 200 receptors and 2 pollutants, formats and formulas included. *Before*
is the peak memory by the time the plan is made. Promised: under {result_seconds:.0f} s.

{results}
"""

Report = Callable[[str], None]


def workbook_page(machine: str, report: Report, rows: int = ROWS, sources: int = SOURCES) -> str:
    """Return the page, every figure of it measured now."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        report(f"making workbooks of {rows:,} rows")
        written = _child("make", folder, rows)
        checks = []
        for book in ("transfer", "observations"):
            report(f"checking {book}.xlsx")
            seconds, busy, peak = _check(folder / f"{book}.xlsx")
            size = (folder / f"{book}.xlsx").stat().st_size / 1e6
            met = _met(seconds < CHECK_SECONDS and peak < CHECK_MEMORY)
            checks.append(
                [book, f"{size:.1f}", f"{written[book]:.1f}", f"{seconds:.1f}", f"{busy:.1f}", f"{peak:.0f}", met]
            )
        report(f"planning {sources:,} sources")
        made = _child("result", folder, sources)
    result = [f"{made['rows']:,}", f"{made['size']:.1f}", f"{made['seconds']:.1f}", f"{made['before']:.0f}"]
    result += [f"{made['peak']:.0f}", _met(made["seconds"] < RESULT_SECONDS)]
    return PAGE.format(
        machine=machine,
        rows=rows,
        sources=sources,
        check_seconds=CHECK_SECONDS,
        check_memory=CHECK_MEMORY,
        result_seconds=RESULT_SECONDS,
        checks=table(["table", "MB", "written in s", "checked in s", "CPU s", "peak MB", "promise"], checks),
        results=table(["rows of all tables", "MB", "written in s", "before MB", "peak MB", "promise"], [result]),
    )


def _met(kept: bool) -> str:
    return "met" if kept else "**not met**"


def _check(path: Path) -> tuple[float, float, float]:
    """Return wall-clock and CPU seconds and the peak memory, MB, of `abate check`."""
    command = [sys.executable, "-c", "from abate.cli import main; main()", "check", str(path)]
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"the check of {path.name} failed:\n{said}")
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def _child(task: str, folder: Path, count: int) -> dict[str, Any]:
    """Run a task in a process of its own: a child's peak memory starts at its parent's, so this one stays small."""
    command = [sys.executable, "-m", "benchmarks.workbook_tasks", task, str(folder), str(count)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{task} failed:\n{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result
