"""Revisions, batches and the ledger on the screen."""

from __future__ import annotations

import pandas as pd
from rich.console import Console

from abate.cli.show import counted, printable, show_title, tabled
from abate.loop.revise_all import Revisions
from abate.loop.revision import Revision

#: Rows of a long table that are shown; all of them are in the files.
SHOWN = 20


def show_revision(screen: Console, revision: Revision) -> None:
    """Show what a revision came to: the verdict, the warnings, what moved and why."""
    show_title(screen, revision.inputs.case)
    done = "a new plan is proposed" if revision.renewed else "the plan in force stands"
    screen.print(printable(f"\ncycle {revision.inputs.cycle}: {done}: {revision.reason}"), soft_wrap=True)
    for note in revision.notes:
        screen.print(printable(note), soft_wrap=True)
    _show_table(screen, "loads of the last year, judged at the reference flow of their cap", _verdicts(revision))
    _show_table(screen, "targets, as they are believed to stand", _attainment(revision))
    _show_table(screen, "limits that cannot be held, and what is proposed instead", revision.targets)
    _show_table(screen, "allocations that moved", revision.changes.drop(columns=["by_belief", "by_measures"]))
    _show_table(screen, "measures that moved", revision.measures)
    standards = revision.standards[["source", "measure", "pollutant", "library", "proposed", "sources"]]
    _show_table(screen, "removals of the library that should be revised", standards)
    if len(flags := revision.evaluation.flags):
        listed = ", ".join(f"{count} {flag}" for flag, count in flags["flag"].value_counts(sort=False).items())
        screen.print(f"\nodd observations: {listed}; --out writes them as evaluated_flags")
    if revision.entry is not None:
        said = "recorded" if revision.entry.is_new else "was recorded before"
        screen.print(f"\n{said}: revision {revision.entry.revision}, {revision.entry.row_hash[:12]}")


def _verdicts(revision: Revision) -> pd.DataFrame:
    table: pd.DataFrame = revision.verdicts
    last: pd.DataFrame = table[table["year"] == table["year"].max()]
    return last[["target", "load", "normalised", "limit", "ratio", "attained"]]


def _attainment(revision: Revision) -> pd.DataFrame:
    table = revision.evaluation.attainment
    return table[["target", "unit", "expected", "lower", "upper", "limit", "probability", "verdict"]]


def _show_table(screen: Console, heading: str, table: pd.DataFrame) -> None:
    if not len(table):
        return
    screen.print(f"\n{heading}")
    screen.print(tabled(table.head(SHOWN), whole=("target",)))
    if len(table) > SHOWN:
        screen.print(f"and {counted(len(table) - SHOWN, 'more row')}; --out writes all of them")


def show_batch(screen: Console, made: Revisions) -> None:
    """Show the summary of a batch, and of the regions that failed why."""
    screen.print(tabled(made.table.drop(columns="message").astype(object).fillna("")))
    screen.print(str(made))
    for row in made.failed.to_dict("records"):
        screen.print(printable(f"{row['region']}: {row['message']}"), soft_wrap=True)


def show_history(screen: Console, history: pd.DataFrame) -> None:
    """Show the entries of a ledger, in the order in which they were written."""
    columns = ["region", "cycle", "revision", "recorded_at", "actor", "row_hash"]
    table = history[columns].assign(row_hash=history["row_hash"].str[:12])
    screen.print(tabled(table) if len(table) else "the ledger holds nothing yet")


def show_verification(screen: Console, faults: pd.DataFrame, entries: int) -> None:
    """Show every fault of a ledger, or that there is none."""
    if not len(faults):
        screen.print(f"no fault in {counted(entries, 'row')}")
        return
    screen.print(f"{counted(len(faults), 'fault')}:")
    screen.print(tabled(faults))
