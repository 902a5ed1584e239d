"""The page: promises with met or not met, and the tables that they are read from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks import figures
from benchmarks.bounds import BOUNDS
from benchmarks.figures import Figure
from benchmarks.markdown import table
from benchmarks.registry import CASES
from benchmarks.speed import Measured

INTRODUCTION = """\
# Benchmarks

Written by `python -m benchmarks speed`; run it again rather than edit it. All cases take some six minutes with one run.

Every figure is the median of {runs}. Each task of a run is a process of its own that starts from the case, or from the
arrays of its model, in memory. Times are CPU seconds; memory is the peak of the whole process, in MB. A ratio pairs the
tasks of one run. Seconds are those of one machine, which others use too: compare the ratios.

{machine}.

Cases are synthetic (`abate_data.synthetic.synthetic_case`, kind air). *Bare* is a process that imports NumPy and HiGHS
only, hands over the same arrays unscaled and runs HiGHS as it comes, on one thread. *Idiomatic* is the same model in
Pyomo with sets, indexed variables, and constraint rules with generator sums.

{sizes}

## What is promised

{bounds}
"""

READY = """\
## Case in memory to HiGHS-ready

*Build* reads the tables and makes the Pyomo model, *compile* turns it into one sparse matrix, *load* scales it and
hands it to HiGHS. The idiomatic model starts from arrays that abate had to read itself, goes through dictionaries and
rules, and ends with `set_instance` of Pyomo's own interface to HiGHS. Of large cases it would take too long.

{table}
"""

SOLVE = """\
## Solve

*Own choice* is our scaled model solved with the method and the presolve that HiGHS takes when it is left to choose.
*Again* is a second solve in the same session, after every limit of quality and caps has moved by up to 1 % at random,
over the first.

{table}
"""

PLAN = """\
## Case in memory to a verified plan

*Check* reads the solution, proves the bound, recomputes the certificate from the tables and makes the plan. *Bare* is
load and solve: the arrays are there already, and nothing is checked.

{table}
"""

MEMORY = """\
## Peak memory

*Start* is before any work: the case in memory, and Pyomo, pandas and SciPy imported, which take some 100 MB and are
most of a small case's peak. The columns after it are the peaks by the end of each phase.

{table}
"""


def page(results: Sequence[Measured], machine: dict[str, Any]) -> str:
    """Return the page in Markdown."""
    runs = len(results[0].runs)
    versions = ", ".join(f"{name} {version}" for name, version in machine.items() if name != "cores")
    introduction = INTRODUCTION.format(
        runs="1 run" if runs == 1 else f"{runs} runs",
        machine=f"{versions}; {machine['cores']} cores",
        sizes=_sizes(results),
        bounds=_bounds(results),
    )
    sections = [
        READY.format(table=_figures(results, figures.READY)),
        SOLVE.format(table=_solves(results)),
        PLAN.format(table=_figures(results, figures.PLAN)),
        MEMORY.format(table=_figures(results, figures.MEMORY)),
    ]
    return "\n".join([introduction, *sections])


def _sizes(results: Sequence[Measured]) -> str:
    heading = ["case", "sources x technologies x receptors x pollutants", *(figure.name for figure in figures.SIZE)]
    rows = [[r.case, str(CASES[r.case]), *(figure.text(r) for figure in figures.SIZE)] for r in results]
    return table(heading, rows)


def _bounds(results: Sequence[Measured]) -> str:
    rows = [
        [bound.text, result.case, bound.figure.text(result), bound.verdict(result)]
        for bound in BOUNDS
        for result in results
        if bound.covers(result)
    ]
    return table(["promise", "case", "measured", "verdict"], rows)


def _solves(results: Sequence[Measured]) -> str:
    heading = ["case", "method", *(figure.name for figure in figures.SOLVE)]
    rows = [[r.case, r.runs[0]["whole"]["method"], *(figure.text(r) for figure in figures.SOLVE)] for r in results]
    return table(heading, rows)


def _figures(results: Sequence[Measured], columns: Sequence[Figure]) -> str:
    rows = [[result.case, *(figure.text(result) for figure in columns)] for result in results]
    return table(["case", *(figure.name for figure in columns)], rows)
