"""The command that tests proposed projects against a plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from rich.console import Console

from abate.appraisal.appraise import appraise as appraise_proposals
from abate.appraisal.result import Appraisal
from abate.attainable import Progress
from abate.cli.files import refuse_taken
from abate.cli.options import CaseName, Scenario, TablesPath
from abate.cli.show import console, counted, money, printable, show_title, tabled
from abate.cli.wait import wait_for
from abate.errors import Finding, InputError
from abate.ledger import Ledger
from abate.loop.records import replayed
from abate.plan import Plan
from abate.tables import with_units
from abate_data.case import Case
from abate_data.names import offer
from abate_data.read import load
from abate_data.write import write_tables

#: Rows of a long table that are shown; all of them are in the files.
SHOWN = 20
#: Rows of each proposal, or each target of it, that are shown.
EACH = 5

app = typer.Typer()


@app.command(epilog="Example: abate appraise echo-reservoir proposals.csv --scenario pooled --out appraisal.xlsx")
def appraise(
    case: CaseName,
    proposals: Annotated[
        Path | None,
        typer.Argument(
            help="Proposed projects, a .csv or an .xlsx with a sheet `proposals`.  [default: those of the case]",
            show_default=False,
        ),
    ] = None,
    scenario: Scenario = None,
    strategy: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Test against the plan of this allocation strategy.  [default: least-cost]"),
    ] = None,
    ledger: Annotated[
        str | None,
        typer.Option(metavar="PLACE", help="Test against the plan in force in this ledger.  [default: none]"),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What the ledger calls the region.  [default: the case's name]"),
    ] = None,
    use_reserve: Annotated[
        bool, typer.Option("--use-reserve", help="Let growth use what targets hold back for it.")
    ] = False,
    out: TablesPath = None,
) -> None:
    """Test proposed projects against a plan, in their order: effect, headroom, cheapest offset, verdict and reasons."""
    read = load(case, scenario)
    if out is not None:
        refuse_taken(out)
    if strategy is not None and ledger is not None:
        cure = "leave one of the two out"
        raise InputError([Finding("options", "does not go with --ledger", cure, column="--strategy")])

    def work(progress: Progress) -> Appraisal:
        asked = proposals if proposals is not None else read["proposals"]
        if ledger is None:
            plan: Plan | str = strategy or "least-cost"
            return appraise_proposals(read, plan, asked, use_reserve=use_reserve, progress=progress)
        standing = _in_force(ledger, region or read.settings.name)
        return appraise_proposals(standing.case, standing, asked, use_reserve=use_reserve, progress=progress)

    made = wait_for(work)
    screen = console()
    show_appraisal(screen, made)
    if out is not None:
        write_appraisal(made, out)
        screen.print(f"\nwritten: {out}", soft_wrap=True)


def _in_force(place: str, region: str) -> Plan:
    """Return the plan in force of a region: that of its latest revision, computed again."""
    with Ledger(place, create=False) as opened:
        entry = opened.latest(region)
        if entry is None:
            known = opened.history()["region"].unique()
            cure = offer(region, known, "region") if len(known) else "revise one first"
            raise InputError([Finding("ledger", "there is no such region in it", cure, value=region)])
        return replayed(opened, entry).plan


def show_appraisal(screen: Console, made: Appraisal) -> None:
    """Show what an appraisal came to: each verdict with its reasons, what moves, and where offsets are cheapest."""
    show_title(screen, made.before.case)
    screen.print(printable(f"tested against the plan: {_told(made.before)}"), soft_wrap=True)
    if made.use_reserve:
        screen.print("growth may use the reserves")
    for one in made.decisions:
        screen.print(printable(f"\n{one.proposal}: {one.verdict.value}"), style="bold", soft_wrap=True)
        for reason in one.reasons:
            screen.print(printable(f"  {reason}"), soft_wrap=True)
    _show_table(screen, "targets that would change, those with the least headroom first", _tightest(made))
    offsets = made.offsets.drop(columns="own")
    offsets.attrs = made.offsets.attrs
    _show_table(screen, "cheapest offsets", offsets)
    _show_table(screen, "where an offset is cheapest", _cheapest(made))


def _told(plan: Plan) -> str:
    """Return a plan in short: its strategy and what it costs."""
    if np.isnan(plan.cost):
        return f"{plan.strategy}, no costs known"
    return f"{plan.strategy}, {money(plan.cost)} {plan.case.settings.currency}/yr"


def _tightest(made: Appraisal) -> pd.DataFrame:
    """Return the targets that each proposal changes and that have the least headroom left."""
    table = made.effects[made.effects["change"] != 0]
    share = table["headroom_after"] / table["limit"].abs().where(table["limit"] != 0, 1.0)
    order = pd.Categorical(table["proposal"], categories=table["proposal"].unique())
    table = table.assign(order=order, share=share).sort_values(["order", "share"], kind="stable")
    columns = ["before", "after", "headroom_before", "headroom_after", "headroom_left"]
    return table.groupby("order", observed=True).head(EACH)[["proposal", "target", "unit", *columns]]


def _cheapest(made: Appraisal) -> pd.DataFrame:
    """Return where an offset is cheapest, for each proposal and target; sources that have nothing left are left out."""
    table = made.ratios[~(made.ratios["available"] == 0)]
    kept = table.groupby(["proposal", "target"], sort=False).head(EACH)
    kept = kept[["proposal", "target", "source", "pollutant", "ratio", "available", "cost_per_load"]]
    kept.attrs = made.ratios.attrs
    return kept


def _show_table(screen: Console, heading: str, table: pd.DataFrame) -> None:
    if not len(table):
        return
    shown = table.head(SHOWN).rename(columns=lambda name: name.replace("_", " "))
    shown.attrs["units"] = {name.replace("_", " "): unit for name, unit in table.attrs.get("units", {}).items()}
    screen.print(f"\n{heading}")
    screen.print(tabled(shown, once=("proposal",), whole=("proposal", "target", "source", "unit")))
    if len(table) > SHOWN:
        screen.print(f"and {counted(len(table) - SHOWN, 'more row')}; --out writes all of them")


def write_appraisal(made: Appraisal, path: Path) -> None:
    """Write a summary and every table of an appraisal to a new workbook (`.xlsx`) or folder, whole or not at all.

    The tables of the plan after the approved proposals stand beside them, as `plan_allocation` and so on.

    Raises
    ------
    InputError
        Where something stands there already, or nothing can be written there.
    """
    tables = {name: with_units(table) for name, table in made.tables().items()}
    plan = {f"plan_{name}": with_units(table) for name, table in made.plan.tables().items()}
    write_tables({"summary": _summary(made), **tables, **plan}, path)


def _summary(made: Appraisal) -> pd.DataFrame:
    case: Case = made.before.case
    rows = [
        ("case", case.settings.name),
        ("scenario", case.scenario),
        ("tested against", made.before.strategy),
        ("SHA-256 of the case", case.hash),
        ("growth may use the reserves", made.use_reserve),
        ("SHA-256 of the case with what is approved", made.case.hash),
        *[(f"proposal {one.proposal}", one.verdict.value) for one in made.decisions],
        *[("citation", sentence) for sentence in case.settings.citations],
        ("licence of the figures", case.settings.licence),
    ]
    return pd.DataFrame(rows, columns=["item", "value"], dtype=object)
