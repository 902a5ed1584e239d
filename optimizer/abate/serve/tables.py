"""Tables as plain data, and as a page shows them: headings, numbers and fixed words in the language of the reader."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from abate.words import Words

if TYPE_CHECKING:
    import pandas as pd

#: Rows that travel to a page; files hold all of them.
ROWS = 200
#: Columns of shares that people read as percentages.
SHARES = frozenset(("probability", "required", "over_least_cost", "unused_share", "share", "in_force", "new_plan"))
#: Columns whose texts are fixed words of abate, not names of a case.
WORDED = frozenset(("verdict", "standing", "kind", "direction", "status", "sense", "largest"))
#: Columns of units.
UNITS = frozenset(("unit", "price_unit", "unit_as_asked"))
#: What the case without a scenario is called in tables; scenarios are folders or sheets, so none has this name.
BASE = "-/-"
#: Columns of numbers that are names: no digits are grouped.
PLAIN = frozenset(("year", "revision", "point"))


@dataclass(frozen=True)
class Cell:
    """A cell: its text, whether it stands to the right, the class by which it is coloured, whether it is unbroken."""

    text: str
    number: bool = False
    mark: str = ""
    whole: bool = False


@dataclass(frozen=True)
class Heading:
    """The heading of a column, with its unit."""

    text: str
    unit: str = ""
    number: bool = False


@dataclass(frozen=True)
class Shown:
    """A table to show; `count` rows are in it, of which `rows` are shown."""

    headings: list[Heading]
    rows: list[list[Cell]]
    count: int

    @property
    def more(self) -> int:
        """How many rows are not shown."""
        return self.count - len(self.rows)


def plain_table(frame: pd.DataFrame) -> dict[str, Any]:
    """Return the first rows of a table as plain data: columns, units, rows, and how many rows there are in all."""
    from abate_data.documents import table_document

    head = frame.head(ROWS).reset_index(drop=True)
    return {
        "columns": {str(name): values for name, values in table_document(head).items()},
        "units": {str(name): unit for name, unit in frame.attrs.get("units", {}).items() if unit},
        "count": len(frame),
    }


def shown(table: Mapping[str, Any], words: Words, columns: Sequence[str] | None = None, rows: int = ROWS) -> Shown:
    """Return plain data as it is shown; of the ledger's tables as well, which are just lists by column.

    Parameters
    ----------
    columns : those that are shown, in order; all of them without it.
    """
    if "columns" not in table:
        table = {"columns": table, "units": {}, "count": len(next(iter(table.values()), []))}
    every, units = table["columns"], table["units"]
    names = [name for name in (columns or every) if name in every]
    numeric = {name: _numeric(every[name]) for name in names}
    headings = [Heading(heading(name, words), _unit(name, units, words), numeric[name]) for name in names]
    length = min(rows, len(next(iter(every.values()), [])))
    cells = [[cell(every[name][row], name, words, numeric[name]) for name in names] for row in range(length)]
    return Shown(headings, cells, table["count"])


def heading(name: str, words: Words) -> str:
    """Return the heading of a column; what is no column of ours, such as a scenario, is called as it is."""
    if name == BASE:
        return words("serve.ask.base")
    criterion, colon, of = name.partition(":")
    objective = words.known(f"charts.objective_{criterion}", "") if colon else ""
    known = words("charts.objective_of", objective=objective, of=of) if objective else words.known(f"column.{name}", "")
    return known[:1].upper() + known[1:] if known else name.replace("_", " ")


def cell(value: Any, name: str, words: Words, numeric: bool = False) -> Cell:
    """Return one cell of a column."""
    if value is None:
        return Cell("–" if numeric else "", numeric)
    if isinstance(value, bool):
        return Cell(words(f"serve.{'yes' if value else 'no'}"), mark="good" if value else "bad")
    if isinstance(value, int | float):
        return Cell(_number(value, name, words), True)
    text = str(value)
    if name in WORDED:
        return Cell(words.value(text), mark=MARKS.get(text, ""))
    if name == "scenario" and text == BASE:
        return Cell(words("serve.ask.base"))
    return Cell(words.unit(text), whole=True) if name in UNITS else Cell(text)


#: Class of the words by which things are judged.
MARKS = {
    "attained": "good",
    "on track": "good",
    "not certain": "fair",
    "at risk": "fair",
    "missed": "bad",
    "off track": "bad",
}


def _number(value: float, name: str, words: Words) -> str:
    if name in PLAIN:
        return str(int(value)) if math.isfinite(value) and value == int(value) else str(value)
    if name in SHARES:
        return words.percent(100.0 * value)
    if name == "percent":
        return words.percent(value)
    return words.number(round(value)) if name == "cost" and abs(value) >= 100 else words.number(value)


def _unit(name: str, units: Mapping[str, str], words: Words) -> str:
    return "" if name in SHARES or name == "percent" else words.unit(units.get(name, ""))


def _numeric(values: Sequence[Any]) -> bool:
    given = [value for value in values if value is not None]
    return bool(given) and all(isinstance(value, int | float) and not isinstance(value, bool) for value in given)
