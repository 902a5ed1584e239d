"""Tables to a formatted workbook: numbers exactly, texts as texts, the same bytes for the same tables.

A text is never a formula, whatever it begins with. A cell that a spreadsheet program is to calculate is a `Formula`,
which only this project makes; it carries the value that it has now, for readers that do not calculate.
"""

from __future__ import annotations

import datetime
import io
import math
import numbers
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from abate_data.cells import number_text, text_of
from abate_data.cellstream import escape
from abate_data.errors import Finding, InputError
from abate_data.looks import LINE, WIDEST, formats_of, height_of, width_of

#: Rows of a sheet, the header included; characters of a cell.
MAX_ROWS, MAX_TEXT = 1_048_576, 32_767
#: When every workbook says that it was made, so that the same tables give the same bytes.
MADE = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)

#: How headings look: dark on light, so that they can be read in grey and by everybody.
HEADING = {"bold": True, "bg_color": "#D9E5F0", "bottom": 1, "text_wrap": True, "valign": "top"}

_LIVE = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Formula:
    """A cell that a spreadsheet program calculates: the formula, with its `=`, and the value that it has now."""

    text: str
    value: float

    def __str__(self) -> str:
        return number_text(self.value)


def write_sheets(tables: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write one sheet per table to the workbook `path`.

    Raises
    ------
    InputError
        Where a table has more rows than a sheet, or a text more characters than a cell.
    """
    for name, frame in tables.items():
        if len(frame) >= MAX_ROWS:
            problem = f"has {len(frame)} rows, more than a sheet of a workbook holds"
            raise InputError([Finding(name, problem, "write a folder of CSV files")])
    with new_book(path) as book:
        for name, frame in tables.items():
            _Sheet(book, name, frame).write()


@contextmanager
def new_book(path: Path) -> Iterator[Any]:
    """Open a new workbook of XlsxWriter; it is written to `path` when it is left without an error."""
    import xlsxwriter

    packed = io.BytesIO()
    # a row at a time goes to the disk, so that large tables take no memory; beside the file, for they need as much room
    with xlsxwriter.Workbook(packed, {"constant_memory": True, "tmpdir": str(path.absolute().parent)}) as book:
        book.set_properties({"created": MADE, "author": "abate"})
        yield book
    path.write_bytes(packed.getvalue())


@cache
def exact_sheet() -> Any:
    """Return the class of sheets that hold what they are given: every digit of a number, every letter of a text."""
    from xlsxwriter.worksheet import Worksheet

    class ExactSheet(Worksheet):  # type: ignore[misc]
        """A sheet of XlsxWriter, which otherwise writes 16 digits and takes a text from <r> to </r> for markup."""

        def _xml_number_element(self, number: float, attributes: list[tuple[str, Any]]) -> None:
            inner = "".join(f' {name}="{value}"' for name, value in attributes)
            self.fh.write(f"<c{inner}><v>{number_text(float(number))}</v></c>")

        def _xml_rich_inline_string(self, text: str, attributes: list[tuple[str, Any]]) -> None:
            self._xml_inline_string(text, True, attributes)

        @staticmethod
        def _escape_control_characters(data: Any) -> Any:
            return escape(data) if isinstance(data, str) else data

    return ExactSheet


def write_text(sheet: Any, row: int, column: int, text: str, plain: Any, quoted: Any) -> None:
    """Write a text as a text; in the style `quoted` where typing it again would make it a formula.

    Raises
    ------
    InputError
        Where a cell cannot hold it.
    """
    if len(text) > MAX_TEXT // 2 and len(text.encode("utf-16-le", "surrogatepass")) > 2 * MAX_TEXT:
        problem = f"holds a text of {len(text)} characters, more than a cell of a workbook"
        cure = "shorten it, or write a folder of CSV files"
        raise InputError([Finding(sheet.get_name(), problem, cure, row=f"row {row + 1}", value=text[:80])])
    sheet.write_string(row, column, text, quoted if text.startswith(_LIVE) else plain)


class _Sheet:
    """One table that is written to a sheet of a book."""

    def __init__(self, book: Any, name: str, frame: pd.DataFrame) -> None:
        self.book, self.frame = book, frame
        self.sheet = book.add_worksheet(name, worksheet_class=exact_sheet())
        self.formats: dict[tuple[str, bool, bool], Any] = {}

    def style(self, code: str = "", *, quoted: bool = False, wrapped: bool = False) -> Any:
        """Return a cell style, made once: of a number where a format is given, else of a text."""
        key = (code, quoted, wrapped)
        if key not in self.formats:
            wanted: dict[str, Any] = {"valign": "top"}
            wanted |= {"num_format": code} if code else {"align": "left", "indent": 1}  # apart from a number
            wanted |= {"quote_prefix": True} if quoted else {}
            wanted |= {"text_wrap": True} if wrapped else {}
            self.formats[key] = self.book.add_format(wanted)
        return self.formats[key]

    def write(self) -> None:
        """Write heading, cells, widths, filter and how it is printed."""
        sheet, frame = self.sheet, self.frame
        headings = [text_of(text) for text in frame.columns]
        values = [frame.iloc[:, place].tolist() for place in range(len(headings))]
        formats = formats_of(frame)
        widths = list(map(width_of, headings, values, formats))
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width)
        plain, quoted = (self.book.add_format({**HEADING, "quote_prefix": live}) for live in (False, True))
        # the arrow of the filter covers the end of a heading
        sheet.set_row(0, height_of(headings, [width - 3 for width in widths]))
        for place, heading in enumerate(headings):
            write_text(sheet, 0, place, heading, plain, quoted)
        self._write_rows(values, formats, [width == WIDEST for width in widths])
        sheet.freeze_panes(1, 1)
        if headings:
            sheet.autofilter(0, 0, max(len(frame), 1), len(headings) - 1)
        for_print(sheet)

    def _write_rows(self, values: list[list[Any]], formats: list[str | list[str]], wrapped: list[bool]) -> None:
        texts = [(self.style(wrapped=wrap), self.style(quoted=True, wrapped=wrap)) for wrap in wrapped]
        wide = [place for place, wrap in enumerate(wrapped) if wrap]
        for row, cells in enumerate(zip(*values, strict=True)):
            if wide:
                height = height_of([text_of(cells[place]) for place in wide], [0.93 * WIDEST] * len(wide))
                self.sheet.set_row(row + 1, height if height > LINE else None)
            for place, value in enumerate(cells):
                if isinstance(value, str):
                    if value:
                        write_text(self.sheet, row + 1, place, value, *texts[place])
                else:
                    code = formats[place]
                    self._write_value(row + 1, place, value, code if isinstance(code, str) else code[row])

    def _write_value(self, row: int, column: int, value: Any, code: str) -> None:
        """Write a cell that is no text; one that is not given stays blank."""
        if isinstance(value, bool):
            self.sheet.write_boolean(row, column, value)
        elif isinstance(value, numbers.Real) and math.isfinite(value):
            self.sheet.write_number(row, column, value, self.style(code))
        elif isinstance(value, Formula):
            now = float(value.value) if math.isfinite(value.value) else ""
            self.sheet.write_formula(row, column, value.text, self.style(code), now)
        elif text := text_of(value):
            write_text(self.sheet, row, column, text, self.style(), self.style(quoted=True))


def for_print(sheet: Any) -> None:
    """Make a sheet print across the page, on as many pages as it has rows for, each with its heading."""
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
