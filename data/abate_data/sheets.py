"""Tables to a workbook: numbers exactly, texts as texts, the same bytes for the same tables."""

from __future__ import annotations

import io
import math
import numbers
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from abate_data.cells import number_text, text_of
from abate_data.errors import Finding, InputError
from abate_data.workbook import escape

#: Rows of a sheet, the header included.
MAX_ROWS = 1_048_576

_LIVE = ("=", "+", "-", "@", "\t", "\r")
_MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def write_sheets(tables: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write one sheet per table to the workbook `path`.

    Raises
    ------
    InputError
        Where a table has more rows than a sheet.
    """
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook(write_only=True)
    for name, frame in tables.items():
        if len(frame) >= MAX_ROWS:
            problem = f"has {len(frame)} rows, more than a sheet of a workbook holds"
            raise InputError([Finding(name, problem, "write a folder of CSV files")])
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        header = [_cell(sheet, text_of(text)) for text in frame.columns]
        for cell in header:
            cell.font = Font(bold=True)
        sheet.append(header)
        for row in frame.itertuples(index=False, name=None):
            sheet.append([_cell(sheet, value) for value in row])
    save(book, path)


def _cell(sheet: Any, value: Any) -> Any:
    """Return a cell that reads back as exactly this value and is never a formula."""
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet)
    if isinstance(value, (bool, numbers.Real)) and math.isfinite(value):
        if isinstance(value, bool):
            cell.value = value
        else:  # openpyxl would round a number to 16 digits
            cell._value, cell.data_type = number_text(float(value)), "n"
    elif text := text_of(value):
        cell._value, cell.data_type = escape(text), "s"
        cell.quotePrefix = text.startswith(_LIVE)
    return cell


def save(book: Any, path: Path) -> None:
    """Write a workbook without the time at which it is made."""
    packed = io.BytesIO()
    book.save(packed)
    with zipfile.ZipFile(packed) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = _MOMENT.sub(b"2000-01-01T00:00:00Z", content)
            target.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
