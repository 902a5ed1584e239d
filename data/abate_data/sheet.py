"""One table as it was written, with its headers understood."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pandas as pd

from abate_data.columns import Column, Table

_HEADER = re.compile(r"\s*(.*?)\s*(?:\[\s*(.*?)\s*\])?\s*", re.DOTALL)


@dataclass(frozen=True)
class Header:
    """A header such as `load [t/yr]`: its text, the name and the unit in it, and where it stands."""

    text: str
    name: str
    unit: str
    position: int


@dataclass(frozen=True)
class Sheet:
    """A table of the schema and the frame that was written for it.

    Attributes
    ----------
    frame : the cells as written; the index is the row of a spreadsheet.
    declared : header by name, of the columns that the schema knows.
    attributes : header by name, of the columns that the planner added.
    """

    table: Table
    frame: pd.DataFrame
    headers: tuple[Header, ...]
    declared: dict[str, Header]
    attributes: dict[str, Header]

    def series(self, name: str) -> pd.Series[Any]:
        """Return the cells under one header, as written."""
        header = self.declared.get(name) or self.attributes[name]
        return self.frame.iloc[:, header.position]

    def columns(self) -> list[Column]:
        """Return the schema's columns that the frame gives, in the schema's order."""
        return [column for column in self.table.columns if column.name in self.declared]


def read_sheet(table: Table, frame: pd.DataFrame) -> Sheet:
    """Understand the headers of a frame; of a repeated name the first counts."""
    headers = tuple(read_header(str(text), position) for position, text in enumerate(frame.columns))
    names = {column.name for column in table.columns}
    first = {header.name: header for header in reversed(headers)}
    declared = {name: header for name, header in first.items() if name in names}
    attributes: dict[str, Header] = {}
    if table.open:
        for header in headers:
            if header.name not in names and header.text.strip():
                attributes.setdefault(header.text.strip(), header)
    return Sheet(table, frame, headers, declared, attributes)


def read_header(text: str, position: int) -> Header:
    """Split a header such as `load [t/yr]` into its name and its unit."""
    match = _HEADER.fullmatch(text)
    name, unit = match.groups(default="") if match else (text, "")
    return Header(text, name, unit, position)
