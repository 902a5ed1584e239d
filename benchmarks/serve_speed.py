"""How soon `abate serve` shows its first page, what that page imports, and how soon a plan is ready afterwards."""

from __future__ import annotations

import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

from benchmarks.markdown import table

#: The command as its script starts it.
START = "from abate.cli import main; main()"
#: What was promised of the first page, s.
PROMISED = 1.0
#: Libraries that the first page does not wait for.
HEAVY = ("pandas", "numpy", "scipy", "pyomo", "highspy", "sqlalchemy", "matplotlib", "altair", "openpyxl")


def speed_page(machine: str, report: Callable[[str], None], runs: int = 11) -> str:
    """Return the page: medians and the slowest of some starts, each a new process on a folder of cases."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        times = []
        for run in range(runs):
            report(f"start {run + 1} of {runs}")
            times.append(_start(folder, plan=run == runs - 1))
    first = [one["first page"] for one in times]
    rows = [
        _row("the server says that it is up", [one["up"] for one in times]),
        _row("the first page is there", first),
        _row("second page, from its request", [one["second page"] for one in times]),
        _row("first plan of Echo Reservoir with report and workbook, from its button", [times[-1]["plan"]]),
    ]
    heavy = _imported()
    met = "met" if max(first) < PROMISED else "not met"
    return "\n".join(
        [
            "# Speed of `abate serve`",
            "",
            f"Written by `python -m benchmarks serve-speed`. {machine}",
            "",
            f"Promised: the first page under {PROMISED:g} s after the start of the command. It is {met}: the slowest "
            f"of {runs} starts took {max(first):.2f} s. Seconds are counted from the start of the process; from the "
            "second start on files are in the cache of the system.",
            "",
            table(["what", "median [s]", "slowest [s]"], rows),
            "",
            f"The first page imports {heavy or 'none'} of {', '.join(HEAVY)}: they are loaded in the background and in "
            "the processes that read, check and solve, while the first page is looked at.",
            "",
        ]
    )


def _row(what: str, seconds: list[float]) -> tuple[str, str, str]:
    return what, f"{statistics.median(seconds):.2f}", f"{max(seconds):.2f}"


def _start(folder: Path, *, plan: bool) -> dict[str, float]:
    """Start the command, look at the first page, and end it."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", START, "serve", str(folder), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        if found is None:
            raise RuntimeError("the server did not start")
        address = found.group()
        times = {"up": time.perf_counter() - began}
        _page(address)
        times["first page"] = time.perf_counter() - began
        again = time.perf_counter()
        _page(address)
        times["second page"] = time.perf_counter() - again
        times["plan"] = _plan(address) if plan else 0.0
        return times
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _plan(address: str) -> float:
    """Press the button, and wait until the plan's page is there."""
    token = re.search(r'name="form_token" value="(\w+)"', _page(address))
    fields = {"kind": "shipped", "name": "echo-reservoir", "work": "plan", "minutes": "10"}
    body = urllib.parse.urlencode({**fields, "form_token": token.group(1) if token else ""}).encode()
    began = time.perf_counter()
    with urllib.request.urlopen(address + "jobs", body) as answer:
        place, text = answer.url, answer.read().decode()
    while 'data-watch="1"' in text:
        time.sleep(0.05)
        text = _page(place)
    if "1,000,074" not in text:
        raise RuntimeError("the plan was not made")
    return time.perf_counter() - began


def _page(address: str) -> str:
    with urllib.request.urlopen(address) as answer:
        text: str = answer.read().decode()
        return text


def _imported() -> str:
    """Return which of the heavy libraries stand in a process that is ready to serve."""
    code = f"import sys, abate.cli.serve, abate.serve.run; print(*[m for m in {HEAVY!r} if m in sys.modules], sep=', ')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()
