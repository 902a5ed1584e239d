"""What a column and a table of a case are, and the usual kinds of column."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "text", "number", "integer", "flag", "choice"]


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name : column name as in the file's header.
    kind : what a cell holds; a `choice` is one of `choices`, an `id` belongs to `domain`.
    description : what it means, for the planner.
    unit : the dimension (`load`, `flow`, `quality` ...) that `case.toml` or the header gives a unit to, or a
        fixed unit such as `%`, `years` or `1/d`; empty for plain numbers.
    required : every row must give a value.
    default : what a blank cell or an absent column means; `math.nan` is "not given".
    low, high : the closed range of a number.
    domain : of an `id`; a blank cell in a column that is not required means "any".
    """

    name: str
    kind: Kind
    description: str
    unit: str = ""
    required: bool = False
    default: str | float | bool | None = None
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    domain: str = ""


@dataclass(frozen=True)
class Table:
    """One table: its columns, its key, and whether the planner may add attributes of their own."""

    name: str
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    required: bool = False
    open: bool = False

    def column(self, name: str) -> Column:
        """Return the column called `name`; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name} has no column {name!r}")


def id_column(name: str, description: str, *, required: bool = False, domain: str = "") -> Column:
    """Return a column of ids; the domain is called like the column unless another is named."""
    return Column(name, "id", description, required=required, domain=domain or name)


def text(name: str, description: str) -> Column:
    """Return a column of free text, blank where nothing is said."""
    return Column(name, "text", description, default="")


def amount(
    name: str,
    description: str,
    unit: str = "",
    default: float = math.nan,
    *,
    low: float = 0.0,
    high: float = math.inf,
    required: bool = False,
) -> Column:
    """Return a column of numbers, at least 0 unless another range is given."""
    return Column(name, "number", description, unit, required, default, low, high)


def choice(name: str, description: str, *choices: str, required: bool = False) -> Column:
    """Return a column of given words; the first is the default."""
    return Column(name, "choice", description, required=required, default=choices[0], choices=choices)
