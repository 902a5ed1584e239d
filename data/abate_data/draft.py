"""A case under examination: every cell that can be read is read, and what cannot be is remembered.

The rules look at a `Draft`. Its tables look like those of the case that it becomes, except that an id column
may hold ids that its domain does not know: they follow the known ones among the categories.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate_data import cells
from abate_data.cells import Fault, Texts
from abate_data.columns import Column
from abate_data.errors import Finding
from abate_data.raw import FIRST_ROW, Raw
from abate_data.schema import DOMAINS, OXYGEN, TABLES
from abate_data.settings import Settings
from abate_data.sheet import Sheet, read_sheet

#: So many findings of one rule about one column are listed; the others are counted.
LISTED = 20

Cells = Texts | NDArray[np.float64]
Words = str | Callable[[int], str]


@dataclass
class Draft:
    """The tables of a case while they are checked.

    Attributes
    ----------
    settings : what `case.toml` says, as far as it is right.
    raw : the case as written.
    sheets : the tables that are written, by name.
    cells : (table, column) -> the column's texts, or its numbers where it came as numbers.
    faults : (table, column) -> position among the distinct texts -> why it cannot be read.
    known : domain -> how many of its ids are known; further categories are unknown ids.
    tables : every table of the schema, as in a `Case`, but with the spreadsheet's rows as index.
    """

    settings: Settings
    raw: Raw
    sheets: dict[str, Sheet]
    cells: dict[tuple[str, str], Cells] = field(default_factory=dict)
    faults: dict[tuple[str, str], dict[int, Fault]] = field(default_factory=dict)
    known: dict[str, int] = field(default_factory=dict)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)

    def has(self, table: str) -> bool:
        """Return whether the table has rows."""
        return table in self.sheets and len(self.sheets[table].frame) > 0

    def codes(self, table: str, column: str) -> NDArray[np.int64]:
        """Return the positions of ids in their domain (rows,), -1 for blank."""
        return np.asarray(self.tables[table][column].cat.codes, dtype=np.int64)

    def labels(self, table: str, column: str) -> list[str]:
        """Return the ids of a column's domain, unknown ones last."""
        return list(map(str, self.tables[table][column].cat.categories))

    def values(self, table: str, column: str) -> NDArray[np.float64]:
        """Return a number column (rows,), blanks as the column's default."""
        return np.asarray(self.tables[table][column], dtype=np.float64)

    def choices(self, table: str, column: str) -> NDArray[Any]:
        """Return a text or choice column (rows,) of str."""
        return np.asarray(self.tables[table][column], dtype=object)

    def given(self, table: str, column: str) -> NDArray[np.bool_]:
        """Return which rows (rows,) have anything written in a column."""
        written = self.cells.get((table, column))
        if written is None:
            return np.zeros(len(self.tables[table]), dtype=bool)
        return written.codes >= 0 if isinstance(written, Texts) else ~np.isnan(written)

    def unread(self, table: str, column: str) -> NDArray[np.bool_]:
        """Return which rows (rows,) of a written column could not be read at all, which is a finding already."""
        sheet = self.sheets[table]
        if column not in sheet.declared:
            return np.zeros(len(sheet.frame), dtype=bool)
        position = sheet.declared[column].position
        wrong = [row for name, row, place in self.raw.unread if name == table and place == position]
        return np.asarray(sheet.frame.index.isin(wrong), dtype=bool)

    def written(self, table: str, column: str, position: int) -> str:
        """Return a cell's text as written; empty where the column is not."""
        sheet = self.sheets[table]
        if column not in sheet.declared and column not in sheet.attributes:
            return ""
        return cells.text_of(sheet.series(column).iloc[position])

    def row(self, table: str, position: int) -> str:
        """Return how a planner finds a row: its number in a spreadsheet and its ids."""
        sheet = self.sheets[table]
        ids = [(name, self.written(table, name, position).strip()) for name in sheet.table.key]
        known = ", ".join(f"{name} {text!r}" for name, text in ids if text)
        number = f"row {sheet.frame.index[position]}"
        return f"{number} ({known})" if known else number

    def findings(self, table: str, column: str, wrong: NDArray[Any], problem: Words, cure: Words) -> Iterable[Finding]:
        """Yield a finding for each of the first rows that are wrong, and one that counts the others.

        `wrong` is a mask (rows,); `problem` and `cure` may depend on the row's position.
        """
        positions = np.flatnonzero(wrong)
        for position in map(int, positions[:LISTED]):
            yield Finding(
                table,
                problem if isinstance(problem, str) else problem(position),
                cure if isinstance(cure, str) else cure(position),
                row=self.row(table, position),
                column=column,
                value=self.written(table, column, position).strip(),
            )
        if len(positions) > LISTED:
            more = f"{len(positions) - LISTED} more rows like these, {len(positions)} in all"
            yield Finding(table, more, "mend them likewise", column=column)


def make_draft(raw: Raw, settings: Settings) -> Draft:
    """Read every cell of a raw case."""
    sheets = {name: read_sheet(TABLES[name], frame) for name, frame in raw.tables.items() if name in TABLES}
    draft = Draft(settings, raw, sheets)
    for name, sheet in sheets.items():
        for column in sheet.columns():
            draft.cells[name, column.name] = _read_cells(column, sheet.series(column.name))
    domains = _domains(draft)
    for name in TABLES:
        draft.tables[name] = _table(draft, name, domains)
    kind = draft.tables["targets"]["kind"]
    _fill(draft, "targets", "pollutant", kind.isin(("load", "reduction", "intensity")))
    _fill(draft, "targets", "parameter", kind == "quality")
    _fill(draft, "targets", "receptor", kind == "quality")
    answered = draft.tables["proposals"]["receptor"].notna()
    _fill(draft, "proposals", "pollutant", answered | draft.tables["proposals"]["load"].notna())
    _fill(draft, "proposals", "parameter", answered)
    return draft


def _fill(draft: Draft, table: str, column: str, rows: pd.Series[bool]) -> None:
    """Name the only pollutant, parameter or receptor of the case in rows of a table that leave it blank."""
    frame = draft.tables[table]
    blank = frame[column].isna() & rows
    if draft.known[column] == 1 and blank.any():
        codes = np.where(blank, 0, draft.codes(table, column))
        frame[column] = pd.Categorical.from_codes(codes, categories=frame[column].cat.categories)


def _read_cells(column: Column, series: pd.Series[Any]) -> Cells:
    if column.kind in ("number", "integer") and is_number(series):
        return series.to_numpy(dtype=np.float64, na_value=math.nan)
    written = cells.texts(series, keep_spaces=column.kind == "text")
    if column.kind == "id" and "*" in written.labels:  # any
        star = written.labels.index("*")
        return Texts(np.where(written.codes == star, -1, written.codes), written.labels)
    return written


def is_number(series: pd.Series[Any]) -> bool:
    """Return whether a column came as numbers."""
    dtype = series.dtype
    return pd.api.types.is_any_real_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype)


def _domains(draft: Draft) -> dict[str, pd.CategoricalDtype]:
    """Return the ids of every domain, known ones first, in the planner's order."""
    domains = {}
    for domain, places in DOMAINS.items():
        given = [place for place in (tuple(place.split(".")) for place in places) if draft.has(place[0])]
        defining = given if domain == "parameter" else given[:1]
        known = dict.fromkeys(label for table, column in defining for label in _used(draft, table, column))
        if domain == "parameter" and _makes_oxygen(draft):
            known.setdefault(OXYGEN)
        draft.known[domain] = len(known)
        others = (
            label
            for table, sheet in draft.sheets.items()
            for column in sheet.columns()
            if column.domain == domain
            for label in _used(draft, table, column.name)
        )
        names = list(dict.fromkeys([*known, *others]))
        domains[domain] = pd.CategoricalDtype(pd.Index(names, dtype=object))
    return domains


def _used(draft: Draft, table: str, column: str) -> list[str]:
    written = draft.cells.get((table, column))
    return [label for label in written.labels if label != "*"] if isinstance(written, Texts) else []


def _makes_oxygen(draft: Draft) -> bool:
    demand = draft.cells.get(("kinetics", "oxygen_demand"))
    if isinstance(demand, Texts):
        demand = cells.read_numbers(demand.labels)[0]
    return demand is not None and bool((demand > 0).any())


def _table(draft: Draft, name: str, domains: dict[str, pd.CategoricalDtype]) -> pd.DataFrame:
    """Return one table with every declared column read, blanks replaced by defaults."""
    sheet = draft.sheets.get(name)
    index = sheet.frame.index if sheet else pd.RangeIndex(FIRST_ROW, FIRST_ROW)
    columns: dict[str, Any] = {}
    for column in TABLES[name].columns:
        written = draft.cells.get((name, column.name))
        if written is None:
            written = Texts(np.full(len(index), -1, dtype=np.int64), [])
        columns[column.name] = _read(draft, name, column, written, domains)
    for attribute in sheet.attributes if sheet else ():
        columns[attribute] = _attribute(draft, name, attribute)
    return pd.DataFrame(columns, index=index, copy=False)


def _read(draft: Draft, name: str, column: Column, written: Cells, domains: dict[str, pd.CategoricalDtype]) -> Any:
    if not isinstance(written, Texts):
        default = column.default if isinstance(column.default, (int, float)) else math.nan
        return np.where(np.isnan(written), default, written)
    if column.kind == "id":
        dtype = domains[column.domain]
        positions = dtype.categories.get_indexer(pd.Index(written.labels, dtype=object))
        return pd.Categorical.from_codes(written.spread(positions, -1), dtype=dtype)
    values, faults = _read_labels(column, written.labels)
    if faults:
        draft.faults[name, column.name] = faults
    unsaid = "" if column.kind == "choice" and column.required else column.default
    return written.spread(values, unsaid)


def _read_labels(column: Column, labels: list[str]) -> tuple[NDArray[Any], dict[int, Fault]]:
    if column.kind == "integer" and column.unit == "year":
        return cells.read_years(labels)
    if column.kind in ("number", "integer"):
        return cells.read_numbers(labels)
    if column.kind == "text":
        return np.array(labels, dtype=object), {}
    read = cells.flag if column.kind == "flag" else cells.choice(column.choices)
    values, faults = cells.read_each(labels, read)
    blank = "" if column.kind == "choice" else column.default  # so that no other rule stumbles over it
    filled = [blank if value is None else value for value in values]
    return np.array(filled, dtype=bool if column.kind == "flag" else object), faults


def _attribute(draft: Draft, table: str, name: str) -> NDArray[Any]:
    """Return a column that the planner added: numbers where every cell is one, else text."""
    series = draft.sheets[table].series(name)
    if is_number(series):
        numbers = series.to_numpy(dtype=np.float64, na_value=math.nan, copy=True)
        draft.cells[table, name] = numbers
        return numbers
    written = cells.texts(series, keep_spaces=True)
    draft.cells[table, name] = written
    values, faults = cells.read_numbers([label.strip() for label in written.labels])
    if faults:
        return written.spread(np.array(written.labels, dtype=object), "")
    return written.spread(values, math.nan)
