"""How numbers, names and tables look on a terminal or in a pipe."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table

from abate_data.case import Case

#: What to do where a rule asks for more than measures can do.
WITHIN_REACH = "to ask nobody for more than measures can do, add floor=measures to a rule's name"
#: Characters in a line where the output goes to no terminal, and at least on one.
PIPED_WIDTH, LEAST_WIDTH = 100, 80


def console(*, stderr: bool = False) -> Console:
    """Return the screen of results, or that of messages; what is printed there is never read as markup."""
    screen = Console(stderr=stderr, markup=False, emoji=False, highlight=False)
    screen.width = max(screen.width, LEAST_WIDTH) if screen.is_terminal else PIPED_WIDTH
    return screen


def show_title(screen: Console, case: Case) -> None:
    """Show what a case is and what it is called, once where both are the same."""
    title = case.settings.title or case.label
    screen.print(printable(title), style="bold", soft_wrap=True)
    if case.label != title:
        screen.print(printable(case.label), soft_wrap=True)


def number(value: float) -> str:
    """Return a number with at least four digits that count; from 1,000 on to the unit, so that columns add up.

    >>> [number(value) for value in (0.0, 12.34567, 4283.476, 39815.0, 6.4368e7, 1.5e-7, float("nan"))]
    ['0', '12.35', '4,283', '39,815', '64,368,000', '1.5e-07', '-']
    """
    if math.isnan(value):
        return "-"
    return f"{value:,.0f}" if 1e3 <= abs(value) < 1e15 or value == 0 else f"{value:.4g}"


def money(value: float) -> str:
    """Return a sum of money to the unit, thousands apart; a small one with four digits that count.

    >>> money(1000074.2441), money(3.14159)
    ('1,000,074', '3.142')
    """
    return f"{value:,.0f}" if abs(value) >= 1e3 else number(value)


def counted(count: int, noun: str) -> str:
    """Return how many of something there are.

    >>> counted(1, "finding"), counted(1200, "row")
    ('1 finding', '1,200 rows')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def printable(text: str) -> str:
    r"""Return a text in which what would move the cursor or colour the screen is written out.

    >>> print(printable("a\x1b[31mb"))
    a\x1b[31mb
    """
    return "".join(letter if letter.isprintable() or letter == "\n" else ascii(letter)[1:-1] for letter in text)


def tabled(frame: pd.DataFrame, *, once: Sequence[str] = (), whole: Sequence[str] = ()) -> Table:
    """Return a table to print: units under the headings, numbers to the right, cost to the unit.

    Parameters
    ----------
    once : columns left blank in a row whose first column says the same as that of the row above.
    whole : columns of text that are not to be broken.
    """
    units: dict[str, str] = frame.attrs.get("units", {})
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    repeated = frame.iloc[:, 0].eq(frame.iloc[:, 0].shift()).tolist()
    columns = []
    for name in frame.columns:
        numeric = pd.api.types.is_numeric_dtype(frame[name])
        heading = f"{name}\n[{units[name]}]" if units.get(name) else name
        table.add_column(
            printable(heading),
            justify="right" if numeric else "left",
            no_wrap=numeric or name in whole,
            overflow="fold",
            vertical="top",
        )
        cells = _cells(frame[name], name)
        columns.append(["" if name in once and again else cell for cell, again in zip(cells, repeated, strict=True)])
    for row in zip(*columns, strict=True):
        table.add_row(*row)
    return table


def _cells(column: pd.Series, name: str) -> list[str]:
    if pd.api.types.is_integer_dtype(column):
        return [str(value) if name == "year" else f"{value:,d}" for value in column]
    if pd.api.types.is_float_dtype(column):
        return [money(value) if name == "cost" else number(value) for value in column]
    return [printable(str(value)) for value in column]
