"""A case in a workbook: a sheet `case` of keys and values, a sheet per table, `TABLE@SCENARIO` for some.

Sheets of notes are passed over, hidden ones too; a table on a hidden sheet is refused, for a plan would rest on figures
that nobody sees. So are formulas and merged cells: what they say depends on who opens them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from abate_data.cells import text_of
from abate_data.cellstream import MAX_CELLS, Cells, Live
from abate_data.draft import LISTED
from abate_data.errors import Finding, InputError
from abate_data.names import offer, sentence
from abate_data.package import LARGE
from abate_data.places import Layout, cell_name
from abate_data.raw import Raw, require_scenario
from abate_data.schema import TABLES
from abate_data.settings import Settings
from abate_data.xlsx import HIDDEN, VISIBLE, Book, Sheet

SETTINGS = "case"
README = "README"
#: The first sheet of a marked copy, which lists what was found.
FINDINGS = "findings"
#: Between the name of a table and that of the scenario in which its sheet replaces the table.
AT = "@"

#: Whole numbers up to which a float is exact.
_EXACT = 2**53
_OTHER_FILE = re.compile(r"\[[^\]]*\][^\[\]]*!")
_UNHIDE = {
    HIDDEN: "unhide it (right click on any sheet's tab, Unhide), or delete it",
    "veryHidden": "no menu shows it: copy its cells to a new sheet of that name, or delete it with the Visual Basic "
    "editor",
}


def read_workbook(path: Path, scenario: str | None) -> Raw:
    """Read the sheets of a workbook as they are.

    Raises
    ------
    InputError
        Where the file is no workbook, is too large, or has no such scenario. What is wrong with a sheet is a
        finding of the result.
    """
    with Book(path) as book:
        reading = _Reading(book)
        tables = {name: name for name in reading.sheets if AT not in name and name not in (SETTINGS, README, FINDINGS)}
        if scenario is not None:
            require_scenario(scenario, sorted({name.split(AT, 1)[1] for name in reading.sheets if AT in name}))
            tables |= {name.split(AT, 1)[0]: name for name in reading.sheets if name.endswith(AT + scenario)}
        frames = {}
        for name, given in tables.items():
            if name in TABLES:
                frames[name] = _frame(reading.rows(given, name))
            elif reading.is_meant(given):
                reading.find_unknown(name)
        if SETTINGS in reading.sheets:
            rows = reading.rows(SETTINGS, "case.toml")
            settings, lines = _settings(rows, reading.findings)
        else:
            settings, lines = {}, {}
            cure = "add it, with columns key and value"
            reading.findings.append(Finding("case.toml", "the workbook has no sheet `case`", cure))
    titles = {name: reading.sheets[given].title for name, given in tables.items()}
    if SETTINGS in reading.sheets:
        titles["case.toml"] = reading.sheets[SETTINGS].title
    layout, unread = Layout(titles, lines), frozenset(reading.unread)
    return Raw(settings, frames, scenario or "", tuple(reading.findings), SETTINGS, unread, layout)


def read_one_sheet(path: Path, name: str) -> tuple[pd.DataFrame, list[Finding], frozenset[tuple[str, int, int]]]:
    """Return the cells of one table's sheet, what is wrong with single cells, and where those are (see `Raw`).

    Raises
    ------
    InputError
        Where the file is no workbook or is too large, or has no such sheet.
    """
    with Book(path) as book:
        reading = _Reading(book)
        if name not in reading.sheets:
            cure = f"call the sheet with the rows {name!r}"
            raise InputError([Finding(name, "the workbook has no sheet of this name", cure, value=path.name)])
        frame = _frame(reading.rows(name, name))
    return frame, reading.findings, frozenset(reading.unread)


def name_of(title: str) -> str:
    """Return the name that a sheet stands for: `Loads` is loads, `LOADS@dry` is loads@dry."""
    table, mark, scenario = title.partition(AT)
    known = {name.casefold(): name for name in (SETTINGS, README, FINDINGS, *TABLES)}
    return known.get(table.strip().casefold(), table) + mark + scenario


class _Reading:
    """A workbook that is being read: its sheets by the name that they stand for, and what is wrong with them."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.findings: list[Finding] = []
        self.unread: set[tuple[str, int, int]] = set()
        self.sheets: dict[str, Sheet] = {}
        for sheet in book.sheets:
            name = name_of(sheet.title)
            if name in self.sheets:
                problem = f"is not a table of its own: the sheet {self.sheets[name].title} stands for {name} already"
                self.findings.append(Finding(sheet.title, problem, "delete one of the two, or call it README"))
            else:
                self.sheets[name] = sheet

    def is_meant(self, name: str) -> bool:
        """Return whether a sheet that is no table says anything to a reader: a blank or hidden one does not."""
        sheet = self.sheets[name]
        if sheet.state != VISIBLE:
            return False
        cells = self.book.cells(sheet, first=True)
        return bool(cells.rows or cells.live or cells.too_large)

    def find_unknown(self, name: str) -> None:
        """Find a sheet that is no table."""
        cure = f"{sentence(offer(name, TABLES, 'table'))} A sheet of notes is called {README}"
        cell = cell_name(self.sheets[name].title, 0, 1)
        self.findings.append(Finding(name, "is not a table of a case", cure, cell=cell))

    def rows(self, given: str, name: str) -> dict[int, list[Any]]:
        """Return the rows of a sheet that are not blank, by number; what is no plain cell is found and unread."""
        sheet = self.sheets[given]
        title = sheet.title
        if sheet.state != VISIBLE:
            problem = f"sheet {title} is {'hidden' if sheet.state == HIDDEN else 'hidden from every menu'}"
            self.findings.append(Finding(name, problem, _UNHIDE.get(sheet.state, _UNHIDE[HIDDEN])))
        cells = self.book.cells(sheet)
        if cells.too_large:
            problem = f"sheet {title} uses {cells.height} rows and {cells.width} columns or more"
            self.findings.append(Finding(name, problem, f"{LARGE}; a sheet may use {MAX_CELLS:,} cells"))
            return {}
        self.findings.extend(_merged_findings(cells, title, name))
        self.findings.extend(_live_findings(cells, title, name))
        self.unread |= {(name, live.row, live.column) for live in cells.live}
        return cells.rows


def _merged_findings(cells: Cells, title: str, name: str) -> Iterator[Finding]:
    """Yield a finding for each of the first ranges of merged cells."""
    for merged in cells.merged[:LISTED]:
        cure, cell = "unmerge them and fill every cell", f"{cell_name(title, 0, 1)[:-2]}{merged.split(':')[0]}"
        yield Finding(name, f"sheet {title} has merged cells", cure, value=merged, cell=cell)
    if cells.merged_count > LISTED:
        more = f"{cells.merged_count - LISTED} more merged cells, {cells.merged_count} in all"
        yield Finding(name, more, "mend them likewise")


def _live_findings(cells: Cells, title: str, name: str) -> Iterator[Finding]:
    """Yield a finding for each of the first cells that hold a formula or its error."""
    for live in cells.live[:LISTED]:
        problem = f"cell {live.coordinate} of sheet {title} holds {_kind(live)}"
        cure = "replace it by its value (copy, then paste as values)"
        cell = cell_name(title, live.column, live.row)
        yield Finding(name, problem, cure, row=f"row {live.row}", value=live.text[:80], cell=cell)
    if cells.live_count > LISTED:
        more = f"{cells.live_count - LISTED} more cells like these, {cells.live_count} in all"
        yield Finding(name, more, "mend them likewise")


def _kind(live: Live) -> str:
    if live.kind == "error":
        return "an error"
    # [1]Sheet1!A1 names another file, Table1[load] does not
    return "a formula that refers to another workbook" if _OTHER_FILE.search(live.text) else "a formula"


def _frame(rows: dict[int, list[Any]]) -> pd.DataFrame:
    """Return the rows below row 1 as a frame, with the texts of row 1 as header."""
    header = [text_of(value) for value in rows.pop(1, [])]
    width = max([len(header), *(len(row) for row in rows.values())])
    header += [""] * (width - len(header))
    for row in rows.values():
        row.extend([None] * (width - len(row)))
    columns = {place: _series([row[place] for row in rows.values()]) for place in range(width)}
    frame = pd.DataFrame(columns, columns=range(width))
    return frame.set_axis(pd.Index(list(rows), dtype="int64"), axis=0).set_axis(pd.Index(header, dtype=object), axis=1)


def _series(values: list[Any]) -> pd.Series[Any]:
    """Return a column: as numbers where every cell is one or blank, so that nothing is turned into text and back."""
    kinds = set(map(type, values))
    if kinds <= {float, int, type(None)} and kinds != {type(None)}:
        numbers = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        if int not in kinds or not (np.abs(numbers) >= _EXACT).any():  # longer ones may be ids
            return pd.Series(numbers)
    return pd.Series(values, dtype=object)


def _settings(rows: Mapping[int, list[Any]], findings: list[Finding]) -> tuple[dict[str, Any], dict[str, int]]:
    """Return the settings of a sheet of keys and values, and the row of each.

    Dots in a key go down a level, repeated keys make a list.
    """
    settings: dict[str, Any] = {}
    lines: dict[str, int] = {}
    lists = {name for name, entry in Settings.model_fields.items() if entry.default == ()}
    for number, row in rows.items():
        key, value = (text_of(cell).strip() for cell in [*row, None][:2])
        lines.setdefault(key, number)
        if value == "" or (number == 1 and key == "key"):
            continue
        *path, last = key.split(".", 2)
        level = _level(settings, path)
        if level is None or (last in level and key not in lists):
            problem, cure = "the key is given twice, or below one that has a value", "keep one of the rows"
            findings.append(Finding("case.toml", problem, cure, row=f"row {number}", column=key))
        elif key in lists:
            level.setdefault(key, []).append(value)
        else:
            level[last] = value
    return settings, lines


def _level(settings: dict[str, Any], path: list[str]) -> dict[str, Any] | None:
    """Return the settings at a path, made where there are none; None where a value stands in the way."""
    for part in path:
        settings = settings.setdefault(part, {})
        if not isinstance(settings, dict):
            return None
    return settings
