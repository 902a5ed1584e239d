"""The commands of `abate` and their options."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.console import Console

from abate.attainable import Progress
from abate.cli import appraisal, cycles, indicators, report, serve
from abate.cli.comparison import show_comparison
from abate.cli.exploration import interrupted, refuse_out, show_front, watched
from abate.cli.failures import INTERRUPTED, INVALID, Commands, finding_table
from abate.cli.files import refuse_figure, refuse_marked, refuse_taken, save_figure
from abate.cli.options import CaseName, FigurePath, Scenario, TablesPath
from abate.cli.show import console, counted, tabled
from abate.cli.summary import refuse_unknown_source, show_explanation, show_plan
from abate.cli.wait import wait_for
from abate.comparison import comparing
from abate.comparison.view import View
from abate.decomposing import decompose
from abate.errors import Finding, InputError
from abate.front import explore as find_front
from abate.front.effort import Effort
from abate.front.usual import usual_objectives
from abate.plan import Plan
from abate.solver import DEFAULT_GAP
from abate.strategies.allocate import allocate, known_strategies
from abate.workbook import write_comparison, write_front, write_plan
from abate_data.case import Case
from abate_data.marked import write_marked
from abate_data.read import load, shipped_cases, shipped_scenarios
from abate_data.remarks import notes
from abate_data.template import write_template

app = typer.Typer(
    cls=Commands,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 2 findings in the input or the output, 3 no plan, 4 the solver failed, "
    "5 the ledger, 6 a region of a batch failed, 130 interrupted.",
)
for group in (report, indicators, appraisal, cycles, serve):
    app.add_typer(group.app)


def main() -> None:
    """Run the command of the process's arguments; the entry point of `abate`."""
    for stream in (sys.stdout, sys.stderr):
        # a terminal that cannot show a letter of a name shows a question mark
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        app()
    except SystemExit as stop:
        if stop.code == INTERRUPTED:
            # the solver may be deep in its own code, and a normal end would wait for it
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(INTERRUPTED)
        raise


def _show_version(asked: bool) -> None:
    if asked:
        console().print(f"abate {version('abate')}")
        raise typer.Exit


@app.callback()
def abate(
    show_version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version.")
    ] = False,
) -> None:
    """Split regional quality and total-load targets into what each source has to do, at least cost."""


@app.command(epilog="Example: abate cases")
def cases() -> None:
    """List the cases that come with abate."""
    titles = shipped_cases()
    shelf = {
        "name": list(titles),
        "title": list(titles.values()),
        "scenarios": [", ".join(shipped_scenarios(name)) for name in titles],
    }
    console().print(tabled(pd.DataFrame(shelf)))


@app.command(epilog="Example: abate check my-case.xlsx --mark marked.xlsx")
def check(
    case: CaseName,
    scenario: Scenario = None,
    mark: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Write a copy of the workbook to this .xlsx in which all findings are marked.  [default: no copy]",
        ),
    ] = None,
) -> None:
    """Check a case, and show everything that is wrong with it or perhaps not meant."""
    out = console()
    if mark is not None:
        refuse_marked(case, mark)
    try:
        checked = load(case, scenario)
    except InputError as error:
        out.print(counted(len(error.findings), "finding"))
        out.print(finding_table(error.findings))
        if mark is not None:
            write_marked(case, error.findings, mark)
            out.print(f"\nwritten: {mark}", soft_wrap=True)
        raise typer.Exit(INVALID) from None
    out.print(f"no findings in {checked.label}", soft_wrap=True)
    sizes = {table: len(rows) for table, rows in checked.tables.items() if len(rows)}
    out.print(tabled(pd.DataFrame({"table": list(sizes), "rows": list(sizes.values())})))
    _show_notes(out, checked)
    if mark is not None:
        out.print("\nnothing is marked, for there are no findings")


def _show_notes(screen: Console, case: Case) -> None:
    """Show what is allowed and yet seldom meant; nothing where there is none."""
    found = notes(case)
    if found:
        screen.print(f"\n{counted(len(found), 'note')}: allowed, but perhaps not meant")
        screen.print(finding_table(found))


@app.command(epilog="Example: abate template my-case.xlsx")
def template(
    path: Annotated[Path, typer.Argument(help="Workbook (.xlsx) or folder to make; nothing may stand there.")],
    blank: Annotated[bool, typer.Option("--blank", help="Leave out the example.")] = False,
) -> None:
    """Write a case to fill in, every column explained, with a small example to write over."""
    write_template(path, blank=blank)
    console().print(f"written: {path}", soft_wrap=True)


@app.command(epilog="Example: abate strategies")
def strategies() -> None:
    """List the allocation strategies, what each does and which options it takes."""
    table = known_strategies()
    console().print(tabled(table.drop(columns="kind"), whole=("strategy",)))
    console().print("\noptions with ! have no default; write them after the name: 'per-attribute attribute=jobs'")


@app.command(epilog="Example: abate compare echo-reservoir --scenario pooled --figure strategies.png")
def compare(
    case: CaseName,
    scenario: Scenario = None,
    strategy: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A strategy, with its options if any, such as 'equal-percent baseline=raw'; give it again for each.  "
            "[default: all for which the case has the data]",
        ),
    ] = None,
    variable: Annotated[
        str, typer.Option(metavar="NAME", help="What may be unequal: reduction, allowed or cost.")
    ] = "reduction",
    weight: Annotated[
        str,
        typer.Option(metavar="NAME", help="Per unit of what: baseline, equal, or an attribute such as population."),
    ] = "baseline",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draws behind the probability of attainment.")] = 0,
    out: TablesPath = None,
    figure: FigurePath = None,
) -> None:
    """Compare allocation strategies on a case: cost, attainment, use of capacity and who bears what."""
    read = load(case, scenario)
    view = View(variable, weight, seed=seed)  # type: ignore[arg-type]  # checked by the view
    if out is not None:
        refuse_taken(out)
    if figure is not None:
        refuse_figure(figure)
    made = wait_for(lambda progress: comparing.compare(read, strategy, view=view, progress=progress))
    screen = console()
    show_comparison(screen, made)
    if out is not None:
        write_comparison(made, out)
        screen.print(f"\nwritten: {out}", soft_wrap=True)
    if figure is not None:
        save_figure(made.plot(), figure)
        screen.print(f"\nwritten: {figure}", soft_wrap=True)


@app.command(epilog="Example: abate plan echo-reservoir --out plan.xlsx")
def plan(
    case: CaseName,
    scenario: Scenario = None,
    objective: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="What to make least: cost, exposure, total_load, exceedance, max_burden or tail_risk; or most: "
            "removal. Where there are several pollutants or parameters, with the one that is meant, such as "
            "total_load:NOx.",
        ),
    ] = "cost",
    strategy: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Split by this allocation strategy instead, with its options if any; `abate strategies` lists them.  "
            "[default: the least of the objective]",
        ),
    ] = None,
    time_limit: Annotated[
        float | None, typer.Option(min=0, metavar="SECONDS", help="Limit of each solve.  [default: none]")
    ] = None,
    gap: Annotated[
        float,
        typer.Option(min=0, max=1, metavar="SHARE", help="Gap at which a yes-or-no plan counts as optimal."),
    ] = DEFAULT_GAP,
    out: TablesPath = None,
    explain: Annotated[
        str | None,
        typer.Option(metavar="SOURCE", help="Say why this source does what it does.  [default: none]"),
    ] = None,
) -> None:
    """Split the targets of a case into what each source has to do."""
    read = load(case, scenario)
    if out is not None:
        refuse_taken(out)
    if explain is not None:
        refuse_unknown_source(read, explain)
    if strategy is not None and objective != "cost":
        cure = "leave out --objective: the strategy decides, and its measures are those of least cost"
        raise InputError([Finding("options", "does not go with --strategy", cure, column="--objective")])

    def work(progress: Progress) -> Plan:
        if strategy is not None:
            return allocate(read, strategy, time_limit=time_limit, gap=gap, progress=progress)
        return decompose(read, objective, time_limit=time_limit, gap=gap, progress=progress)

    made = wait_for(work)
    screen = console()
    show_plan(screen, made)
    _show_notes(screen, read)
    if explain is not None:
        show_explanation(screen, made, explain)
    if out is not None:
        write_plan(made, out)
        screen.print(f"\nwritten: {out}", soft_wrap=True)


@app.command(epilog="Example: abate explore europe-air --objective cost --objective exposure --figure front.png")
def explore(
    case: CaseName,
    scenario: Scenario = None,
    objective: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="What to trade off: an objective of `abate plan`, or inequity or attainment, which are searched; give "
            "it twice or more.  [default: cost, and exposure or else total_load]",
        ),
    ] = None,
    gap: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            metavar="SHARE",
            help="Share of the objectives' ranges by which a plan may be missed.  [default: what suits the method]",
        ),
    ] = None,
    time_limit: Annotated[
        float | None, typer.Option(min=0, metavar="SECONDS", help="Limit of the whole work.  [default: none]")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Threads that solve at the same time.")] = 1,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Write all tables to this .xlsx or folder, or the front to this .npz.  [default: no files]",
        ),
    ] = None,
    figure: FigurePath = None,
) -> None:
    """Find the plans among which none is better than another in every objective; Ctrl-C keeps what was found."""
    read = load(case, scenario)
    effort = Effort(gap=gap, time_limit=time_limit, workers=workers)
    if out is not None:
        refuse_out(out)
    if figure is not None:
        refuse_figure(figure)
    with watched() as progress:
        front = find_front(read, objective or usual_objectives(read), effort=effort, progress=progress)
    screen = console()
    show_front(screen, read, front)
    if out is not None:
        write_front(read, front, out)
        screen.print(f"\nwritten: {out}", soft_wrap=True)
    if figure is not None:
        save_figure(front.plot(), figure)
        screen.print(f"\nwritten: {figure}", soft_wrap=True)
    if interrupted(front):
        raise typer.Exit(INTERRUPTED)
