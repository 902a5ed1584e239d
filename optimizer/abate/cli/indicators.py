"""The command that turns a plan into what an inspector can hold each source to."""

from __future__ import annotations

from typing import Annotated

import pandas as pd
import typer
from rich.console import Console

from abate.attainable import Progress
from abate.cli.files import refuse_taken
from abate.cli.options import CaseName, Scenario, TablesPath
from abate.cli.show import console, counted, printable, show_title, tabled
from abate.cli.summary import refuse_unknown_source
from abate.cli.wait import wait_for
from abate.decomposing import decompose
from abate.indicators import CONTENTS, Indicators, Sampling
from abate.indicators import indicators as indicators_of
from abate.plan import Plan
from abate.strategies.allocate import allocate
from abate.tables import with_units
from abate_data.read import load
from abate_data.write import write_tables

#: Rows of a long table that are shown; all of them are in the files.
SHOWN = 20

app = typer.Typer()


@app.command(epilog="Example: abate indicators echo-reservoir --source weber-above/manure --out permits.xlsx")
def indicators(
    case: CaseName,
    scenario: Scenario = None,
    strategy: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Split by this allocation strategy, with its options if any.  [default: least cost]"
        ),
    ] = None,
    source: Annotated[
        str | None, typer.Option(metavar="SOURCE", help="Write the permit of this source.  [default: all in short]")
    ] = None,
    out: TablesPath = None,
) -> None:
    """Turn a plan into permits: loads by season, concentrations, measures, milestones, and how each is judged."""
    read = load(case, scenario)
    if out is not None:
        refuse_taken(out)
    if source is not None:
        refuse_unknown_source(read, source)

    def work(progress: Progress) -> tuple[Plan, Indicators]:
        made = decompose(read, progress=progress) if strategy is None else allocate(read, strategy, progress=progress)
        return made, indicators_of(made)

    plan, found = wait_for(work)
    if source is not None:
        found = found.of(source)
    screen = console()
    show_title(screen, read)
    if source is not None:
        screen.print(f"\n{printable(found.permit(source))}", soft_wrap=True)
    else:
        _show_all(screen, found)
    if out is not None:
        tables = {name: with_units(table) for name, table in found.tables().items()}
        write_tables({"summary": _summary(plan), **tables}, out)
        screen.print(f"\nwritten: {out}", soft_wrap=True)


def _show_all(screen: Console, found: Indicators) -> None:
    """Show the permits in short, and what every region is made up of."""
    columns = ["source", "pollutant", "allowed", "percent", "concentration", "average_monthly", "maximum_daily"]
    permits = found.permits
    limits = permits["concentration"].notna()
    _show(screen, "permits", permits[[*(columns if limits.any() else columns[:4]), "target"]], permits)
    for why, rows in permits[~limits].groupby("no_concentration", sort=False):
        screen.print(f"no concentration for {counted(len(rows), 'load')}: {why}")
    rollup = found.rollup[found.rollup["kind"] == "region"]
    # a column that is nothing everywhere says nothing
    parts = [name for name in ("point", "diffuse", "margin", "reserve", "early_action", "unused") if rollup[name].any()]
    _show(screen, "regions", rollup[["where", "of", "unit", "limit", *parts]], rollup)
    screen.print("\n--source SOURCE writes the permit of one source, --out every table")


def _show(screen: Console, heading: str, table: pd.DataFrame, whole: pd.DataFrame) -> None:
    table.attrs = whole.attrs
    screen.print(f"\n{heading}")
    screen.print(tabled(table.head(SHOWN)))
    if len(table) > SHOWN:
        screen.print(f"and {counted(len(table) - SHOWN, 'more row')}; --out writes all of them")


def _summary(plan: Plan) -> pd.DataFrame:
    """Return rows of item and value: the plan, what the limits stand on, and what each table is."""
    usual = Sampling()
    rows = [
        ("case", plan.case.label),
        ("SHA-256 of the case", plan.certificate.case_hash),
        ("strategy", plan.strategy),
        ("average monthly limit over long-term average", f"{usual.average_monthly:.4g}"),
        ("maximum daily limit over long-term average", f"{usual.maximum_daily:.4g}"),
        ("coefficient of variation of samples", f"{usual.cv:g}"),
        ("samples a month", f"{usual.per_month}"),
        ("source of the two limits", "US EPA, EPA/505/2-90-001 (1991), section 5.4.4 and table 5-2"),
        *[(f"table {name}", says) for name, says in CONTENTS.items()],
        *[("assumption of the case", sentence) for sentence in plan.case.settings.assumptions],
        *[("citation", sentence) for sentence in plan.case.settings.citations],
        ("licence of the figures", plan.case.settings.licence),
    ]
    return pd.DataFrame(rows, columns=["item", "value"], dtype=object)
