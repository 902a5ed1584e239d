"""What a report is made of: sections with sentences, key figures, charts and tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from abate.words import Words

if TYPE_CHECKING:
    import altair as alt

#: Significant digits of the numbers in a page's tables; result files hold all of them.
DIGITS = 7
#: Rows of a table that stand in the page before its script runs, in print, and where there is no script.
FIRST_ROWS = 20
#: Columns of units, and of words that are ours and no planner's: names are never translated.
UNITS = ("unit", "unit_as_asked")
WORDED = (
    "kind",
    "limit_basis",
    "price_basis",
    "status",
    "verdict",
    "standing",
    "sense",
    "direction",
    "no_concentration",
)
#: A number below this share of the largest of its column is rounding.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Tile:
    """A key figure: what it is, its value as it is read, and a remark."""

    label: str
    value: str
    remark: str = ""


@dataclass(frozen=True)
class Picture:
    """A chart by its name, which is that of its file as well, with what it shows in words."""

    name: str
    chart: alt.TopLevelMixin
    caption: str


@dataclass(frozen=True)
class Table:
    """A table as a page shows it.

    Attributes
    ----------
    name : what a file of it would be called.
    caption : what a row is.
    headings : of the columns, with their units.
    columns : the values of each column: texts, or numbers with NaN where there is none.
    """

    name: str
    caption: str
    headings: tuple[str, ...]
    columns: tuple[list[Any], ...]

    @cached_property
    def numeric(self) -> tuple[bool, ...]:
        """Which columns hold numbers."""
        return tuple(not any(isinstance(value, str) for value in column) for column in self.columns)

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0

    def first(self, words: Words) -> list[list[str]]:
        """Return the first rows as they are read."""
        said = [
            [words.number(value) if numeric else str(value) for value in _filled(column[:FIRST_ROWS], numeric)]
            for column, numeric in zip(self.columns, self.numeric, strict=True)
        ]
        return [list(row) for row in zip(*said, strict=True)]


@dataclass(frozen=True)
class Explorer:
    """A front's points to move among: the objectives as they are read at each, and the charts that follow.

    Attributes
    ----------
    start : the point shown first.
    labels : names of the objectives.
    values : (points x objectives) as they are read.
    changes : (points) how each differs from the point that costs least, in words.
    """

    start: int
    labels: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    changes: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """A part of a report under one heading. Texts are plain: whoever makes a page of them escapes them."""

    key: str
    title: str
    sentences: tuple[str, ...] = ()
    tiles: tuple[Tile, ...] = ()
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()
    explorer: Explorer | None = None
    details: tuple[str, ...] = ()


def pictures(charts: Mapping[str, alt.TopLevelMixin | None], words: Words) -> tuple[Picture, ...]:
    """Return the charts that there are, each with the words of the catalogue on it."""
    return tuple(
        Picture(name, chart, words(f"report.picture.{name}")) for name, chart in charts.items() if chart is not None
    )


def table(name: str, frame: pd.DataFrame, words: Words, columns: tuple[str, ...] = ()) -> tuple[Table, ...]:
    """Return a table of results for a page, with its columns as they are called there; nothing of one without rows.

    Parameters
    ----------
    columns : those that are shown; all by default.
    """
    if not len(frame):
        return ()
    shown = list(columns) or list(frame.columns)
    units: dict[str, str] = frame.attrs.get("units", {})
    headings = tuple(_heading(str(column), units.get(column, ""), words) for column in shown)
    values = tuple(_values(frame[column], words) for column in shown)
    return (Table(name, words(f"report.table.{name}"), headings, values),)


def _heading(column: str, unit: str, words: Words) -> str:
    said = words.column(column)
    return f"{said} [{words.unit(unit)}]" if unit else said


def _values(column: pd.Series, words: Words) -> list[Any]:
    """Return the values of a column: numbers with `DIGITS` digits, yes and no in words, fixed words translated."""
    if column.dtype == bool:
        return [words("report.yes") if value else words("report.no") for value in column]
    if pd.api.types.is_numeric_dtype(column):
        return _short(column.to_numpy(dtype=np.float64))
    texts = column.astype(object).where(column.notna(), "")
    if column.name in UNITS:
        return [words.unit(str(value)) for value in texts]
    if column.name in WORDED:
        return [words.value(str(value)) for value in texts]
    return [str(value) for value in texts]


def _short(values: np.ndarray) -> list[float]:
    """Return numbers with `DIGITS` digits; what is rounding beside the largest of its column is nothing."""
    known = np.isfinite(values)
    values = np.where(known & (np.abs(values) <= ROUNDING * np.abs(values[known]).max(initial=0.0)), 0.0, values)
    return [float(f"{value:.{DIGITS}g}") for value in values.tolist()]


def _filled(column: list[Any], numeric: bool) -> list[Any]:
    return [np.nan if numeric and value is None else value for value in column]
