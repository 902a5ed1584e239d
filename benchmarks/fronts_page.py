"""The page on fronts: promises with met or not met, exact fronts, searches."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.fronts import Exact
from benchmarks.fronts_search import LONG, Searched
from benchmarks.markdown import table

PAGE = """\
# Fronts: how fast, how complete

Written by `python -m benchmarks fronts`; run it again rather than edit it.

Times are CPU seconds of one run, in one process. Seconds are those of one machine, which others use too: compare the
ratios.

{machine}.

## What is promised

{promises}

## Exact fronts

*Bare* are the same solves, under the same weights and in the same order, in a loop on bare HiGHS that stays warm and
reads each solution. Seeds 0 and 1 of the allocation case are instances whose extreme points were published with a
tolerance of 1e-8 (233 and 215 points); with a tolerance of 1e-9 there are some more, see
`tests/optimizer/test_front_exact.py`. 2kp50 and 3kp40 are knapsacks with known fronts (pyaugmecon, MIT licence).

{exact}

## Searches

Allocation case of seed 0: 100 sources with 4 options each, 20 receptors with limits. Share is the hypervolume over that
of a reference. Of two objectives that is their exact front with all mixtures of its corners, which no finite number of
points reaches. Of three it is the union of all rows and of our search with {long} times the evaluations and another
seed. *No seeds* is the algorithm as it comes out of the box: real shares, the last population. *Exact points only* is
what our search starts from.

{searches}
"""

MOST_RATIO, MOST_CPU, MOST_SURFACE = 10.0, 1.0, 2.0
MOST_SOLVES_A_POINT, MOST_TWO, MOST_THREE = 1.1, 8.0, 300.0
LEAST_SHARE = 0.985


def fronts_page(exact: list[Exact], searched: dict[str, list[Searched]], machine: dict[str, Any]) -> str:
    """Return the page in Markdown; `searched` is by the objectives."""
    versions = ", ".join(f"{name} {version}" for name, version in machine.items() if name != "cores")
    return PAGE.format(
        machine=f"{versions}; {machine['cores']} cores",
        promises=_promises({one.instance: one for one in exact}, searched),
        exact=_exact(exact),
        long=LONG,
        searches="\n\n".join(f"### {name}\n\n{_searches(rows)}" for name, rows in searched.items()),
    )


def _promises(exact: dict[str, Exact], searched: dict[str, list[Searched]]) -> str:
    rows = []

    def promise(text: str, measured: str, kept: bool) -> None:
        rows.append([text, measured, "met" if kept else "**not met**"])

    if two := exact.get("allocation, seed 0"):
        ratio = two.cpu / two.bare
        promise(f"all extreme points within {MOST_RATIO:.0f} times bare HiGHS", f"{ratio:.2f}", ratio <= MOST_RATIO)
        promise(f"all extreme points within {MOST_CPU:.1f} s", f"{two.cpu:.2f}", two.cpu <= MOST_CPU)
    if surface := exact.get("allocation, seed 0, with total load"):
        text = f"three objectives to gap 1e-3 within {MOST_SURFACE:.0f} s"
        promise(text, f"{surface.cpu:.2f}", surface.cpu <= MOST_SURFACE)
    if two := exact.get("2kp50"):
        each = two.solves / two.points
        promise(f"2kp50: at most {MOST_SOLVES_A_POINT} solves a point", f"{each:.2f}", each <= MOST_SOLVES_A_POINT)
        promise(f"2kp50 within {MOST_TWO:.0f} s", f"{two.cpu:.2f}", two.cpu <= MOST_TWO)
    if three := exact.get("3kp40"):
        promise(f"3kp40 within {MOST_THREE:.0f} s on one worker", f"{three.cpu:.0f}", three.cpu <= MOST_THREE)
        if both := exact.get("3kp40, 2 workers"):
            ratio = both.wall / three.wall
            promise("3kp40 faster on two workers (wall time, two over one)", f"{ratio:.2f}", ratio < 1)
    for name, rows_of in searched.items():
        share = rows_of[-1].share
        if "inequity" in name:
            text = f"{name}: at least {LEAST_SHARE} of the reference at {rows_of[0].evaluations:,} evaluations"
            promise(text, f"{share:.4f}", share >= LEAST_SHARE)
    return table(["promise", "measured", "verdict"], rows)


def _exact(exact: list[Exact]) -> str:
    rows = [
        [
            *(one.instance, one.method, f"{one.points:,}", f"{one.solves:,}", f"{one.solves / one.points:.2f}"),
            *(f"{one.gap:.1g}", f"{one.cpu:.2f}", f"{one.wall:.2f}"),
            *("" if np.isnan(one.bare) else f"{seconds:.2f}" for seconds in (one.bare, one.cpu / one.bare)),
            one.known,
        ]
        for one in exact
    ]
    heading = ["instance", "method", "points", "solves", "solves a point", "gap", "CPU s", "wall s", "bare CPU s"]
    return table([*heading, "CPU / bare", "known front"], rows)


def _searches(rows: list[Searched]) -> str:
    cells = [[one.method, f"{one.evaluations:,}", f"{one.cpu:.1f}", f"{one.share:.4f}"] for one in rows]
    return table(["method", "evaluations", "CPU s", "share"], cells)
