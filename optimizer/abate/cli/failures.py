"""What goes wrong, in words on stderr, and the exit code that a script can tell it by."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pandas as pd
import typer
from rich.console import Console
from rich.table import Table
from typer.core import TyperGroup

from abate.cli.show import console, counted, printable, tabled
from abate.errors import Finding, InputError, LedgerError, NoPlanError, SolverError
from abate.noplan import eased_limit

INVALID, NO_PLAN, FAILED, LEDGER, REGIONS_FAILED, INTERRUPTED = 2, 3, 4, 5, 6, 130


class Commands(TyperGroup):
    """The group of all commands: each ends with a message and an exit code, never with a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        with _warnings_shown(), _failures_explained():
            return super().invoke(ctx)


@contextmanager
def _failures_explained() -> Iterator[None]:
    screen = console(stderr=True)
    try:
        yield
    except InputError as error:
        _show_findings(screen, error.findings)
        raise typer.Exit(INVALID) from None
    except NoPlanError as error:
        _show_conflict(screen, error)
        raise typer.Exit(NO_PLAN) from None
    except SolverError as error:
        screen.print(printable(str(error)), soft_wrap=True)
        raise typer.Exit(FAILED) from None
    except LedgerError as error:
        screen.print(printable(str(error)), soft_wrap=True)
        raise typer.Exit(LEDGER) from None
    except KeyboardInterrupt:
        screen.print("interrupted; nothing was written")
        raise typer.Exit(INTERRUPTED) from None
    except OSError as error:
        screen.print(printable(f"{error.filename or 'output'}: {error.strerror or error}"), soft_wrap=True)
        raise typer.Exit(INVALID) from None


def finding_table(findings: Sequence[Finding]) -> Table:
    """Return a row per finding, without the columns that all of them leave blank."""
    rows = [(one.cell or one.table, one.row, one.column, one.value, f"{one.problem}; {one.cure}") for one in findings]
    place = "cell" if any(one.cell for one in findings) else "table"
    table = pd.DataFrame(rows, columns=[place, "row", "column", "value", "problem; cure"])
    return tabled(table.loc[:, (table != "").any()], whole=(place,))


def _show_findings(screen: Console, findings: Sequence[Finding]) -> None:
    if len(findings) == 1:
        screen.print(printable(str(findings[0])), soft_wrap=True)
        return
    screen.print(f"{counted(len(findings), 'finding')} in the input")
    screen.print(finding_table(findings))


def _show_conflict(screen: Console, error: NoPlanError) -> None:
    """Show the first and the last sentence of the message, and as tables what lies between."""
    first, *rest = str(error).splitlines()
    screen.print(printable(first), soft_wrap=True)
    if len(error.reach):
        screen.print("\nwhat each can come to by itself, with all measures:")
        screen.print(tabled(error.reach))
    if len(error.relaxation):
        screen.print("\nthe smallest relaxation that gives a plan:")
        screen.print(tabled(_to_type_back(error.relaxation)))
    if rest:
        screen.print(printable(rest[-1].strip()), soft_wrap=True)


def _to_type_back(relaxation: pd.DataFrame) -> pd.DataFrame:
    """Return the table with limits that still give a plan when they are typed back as they are printed."""
    eased = map(eased_limit, relaxation["allowed"], relaxation["becomes"])
    return relaxation.assign(becomes=list(eased)).rename(columns={"gives_way": "gives way"})


class _Warnings(logging.Handler):
    """Shows what the library logs."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one message."""
        text = f"{record.levelname.lower()}: {record.getMessage()}"
        console(stderr=True).print(printable(text), soft_wrap=True)


@contextmanager
def _warnings_shown() -> Iterator[None]:
    logger, handler = logging.getLogger("abate"), _Warnings(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
