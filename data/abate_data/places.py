"""Where a workbook has what a finding is about: the sheet and the cell, as in `loads!C7`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from abate_data.cellstream import letters_of
from abate_data.errors import Finding
from abate_data.sheet import read_header

_ROW = re.compile(r"row (\d+)")
_PLAIN = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Layout:
    """Where a workbook has the parts of a case.

    Attributes
    ----------
    sheets : title of the sheet by table; that of the settings is `case.toml`.
    settings : row of each setting by its key; its value stands in column B.
    """

    sheets: Mapping[str, str]
    settings: Mapping[str, int]


def cell_name(title: str, column: int, row: int) -> str:
    """Return the name of a cell as a formula would: the column by its position, that of A being 0.

    >>> cell_name("loads", 2, 7), cell_name("loads@dry year", 0, 1)
    ('loads!C7', "'loads@dry year'!A1")
    """
    return f"{_quoted(title)}!{letters_of(column)}{row}"


def cell_range(title: str, column: int, first: int, last: int) -> str:
    """Return the cells of a column from a first to a last row, as a formula on another sheet names them.

    >>> cell_range("loads", 2, 2, 9)
    'loads!$C$2:$C$9'
    """
    letters = letters_of(column)
    return f"{_quoted(title)}!${letters}${first}:${letters}${last}"


def _quoted(title: str) -> str:
    return title if _PLAIN.fullmatch(title) else "'" + title.replace("'", "''") + "'"


def with_cell(finding: Finding, layout: Layout, tables: Mapping[str, pd.DataFrame]) -> Finding:
    """Return a finding that names its cell: its row and column, or the header of its column, or where its row begins.

    One whose table has no sheet, or that names its cell already, stays as it is.
    """
    title = layout.sheets.get(finding.table)
    if finding.cell or title is None:
        return finding
    if finding.table == "case.toml":
        row = layout.settings.get(finding.column)
        return replace(finding, cell=cell_name(title, 1, row) if row else cell_name(title, 0, 1))
    match = _ROW.match(finding.row)
    row = int(match.group(1)) if match else 1
    return replace(finding, cell=cell_name(title, _position(tables.get(finding.table), finding.column), row))


def _position(table: pd.DataFrame | None, column: str) -> int:
    """Return the position of a column by its name, or by its heading as written; 0 where there is none."""
    if table is None or not column:
        return 0
    for position, text in enumerate(map(str, table.columns)):
        if column in (text, text.strip(), read_header(text, position).name):
            return position
    return 0
