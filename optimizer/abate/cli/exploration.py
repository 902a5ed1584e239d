"""Trade-offs at the command line: what is shown while a front is found and afterwards, and what is written."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from abate.cli.files import refuse_place, refuse_taken
from abate.cli.show import console, counted, number, printable, show_title, tabled
from abate.cli.wait import PATIENCE
from abate.front.choice import Choice
from abate.front.evenly import evenly
from abate.front.exact.method import Report
from abate.front.exact.space import INTERRUPTED as SAID_INTERRUPTED
from abate.front.front import Front
from abate.front.stored import refuse_ending
from abate_data.case import Case

#: Points of a table on the screen; the files hold all of them.
ROWS = 20
#: What a report of a search begins with: it counts evaluations.
_SEARCH = "generation"


@contextmanager
def watched() -> Iterator[Report]:
    """Yield a callback whose reports are shown on stderr, where somebody looks on, once the work takes its time.

    The work has to be done in the main thread: Ctrl-C then reaches it, and it returns what it has found.
    """
    screen = console(stderr=True)
    if not screen.is_terminal:
        yield lambda *_: None
        return
    said = ("{task.description}", "{task.fields[made]}", "{task.fields[left]}")
    parts = [TextColumn(text, markup=False) for text in said]
    bar = Progress(SpinnerColumn("line"), *parts, TimeElapsedColumn(), console=screen, transient=True)
    task = bar.add_task("reading the case", total=None, made="", left="")
    timer = threading.Timer(PATIENCE, bar.start)
    timer.start()

    def report(what: str, made: int, gap: float) -> None:
        search = what.startswith(_SEARCH)
        left = f"gap {gap:.2g}" if np.isfinite(gap) and not search else ""
        count = counted(made, "evaluation" if search else "solve")
        bar.update(task, description=printable(what), made=count, left=left)

    try:
        yield report
    finally:
        timer.cancel()
        timer.join()
        if bar.live.is_started:
            bar.stop()


def interrupted(front: Front) -> bool:
    """Return whether Ctrl-C ended the work on a front."""
    return SAID_INTERRUPTED in front.reason


def show_front(screen: Console, case: Case, front: Front) -> None:
    """Show a front in short: how it was found, its points, the knee, and what one unit more is worth there."""
    show_title(screen, case)
    made = ", ".join(f"{count:,} {name}" for name, count in front.solves.items())
    for line in (
        f"trade-off of {' and '.join(front.names)}: {counted(len(front), 'point')}, {front.status}",
        f"  method  {front.method}: {front.why}",
        f"  solves  {made}",
    ):
        screen.print(printable(line), soft_wrap=True)
    knee = front.knee()
    screen.print("\npoints")
    screen.print(tabled(_shown(front, knee)))
    if len(front) > ROWS:
        screen.print(f"{ROWS} of {len(front):,} points, evenly chosen; --out writes all of them")
    _show_knee(screen, front, knee)


def _shown(front: Front, knee: Choice) -> pd.DataFrame:
    """Return the rows of evenly chosen points, both ends and the knee among them."""
    places = evenly(len(front), ROWS)
    if knee.point is not None and knee.point not in places:
        # of the points between the ends the nearest one makes room
        places[1 + np.abs(places[1:-1] - knee.point).argmin()] = knee.point
    table = front.points.iloc[places]
    proved = front.optimal.all() and not front.gaps.any()
    shown = table.drop(columns=["status", "gap"] if proved else []).reset_index()
    shown["knee"] = ["knee" if place == knee.point else "" for place in places]
    shown.attrs = dict(table.attrs)
    return shown


def _show_knee(screen: Console, front: Front, knee: Choice) -> None:
    said = ", ".join(
        f"{criterion.name} {number(knee.values[criterion.name])} {criterion.unit}".rstrip()
        for criterion in front.criteria
    )
    screen.print(printable(f"\nknee: point {knee.point}, {said}"), soft_wrap=True)
    rates = knee.rates
    if rates.isna().to_numpy().all():
        screen.print("no marginal rates are known: not every objective is linear")
        return
    screen.print("by how much the objective of a column changes where that of a row may be one unit worse, at the knee")
    table = rates.rename_axis("one unit worse").reset_index()
    units = {criterion.name: criterion.unit for criterion in front.criteria}
    table["one unit worse"] = [f"{name} [{units[name]}]" if units[name] else name for name in front.names]
    table.attrs["units"] = units
    screen.print(tabled(table))


def refuse_out(path: Path) -> None:
    """Raise InputError where a front cannot be written, before work is spent on it."""
    if path.suffix.lower() == ".npz":
        refuse_ending(path)
        refuse_place("output", path)
    else:
        refuse_taken(path)
