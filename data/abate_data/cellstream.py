"""The cells of one sheet of a workbook, read as a stream: values, formulas, errors and merged ranges in one pass.

The elements are those of ECMA-376, part 1, section 18.3. Memory grows with what the cells say, and not with the range
that they span; a sheet that spans too much is left where that shows.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from abate_data.xmlstream import Broken, LocalNames, number_of, parse, whole_of

#: Cells of a sheet, blank ones inside its used range included; columns of any workbook.
MAX_CELLS = 3_000_000
MAX_COLUMNS = 16_384
#: Bytes that a cell takes at least in a sheet.
LEAST_BYTES = 10
#: Formulas and errors, and merged ranges, of which it is kept where they stand; more are counted.
KEPT = 100_000

#: How deep elements stand in a sheet (worksheet, sheetData, row, cell, its content); elsewhere they mean other things.
_ROW, _CELL, _CONTENT = 3, 4, 5
_RANGE = re.compile("[A-Z]{1,3}[0-9]+:([A-Z]{1,3})([0-9]{1,9})")
_MERGED = re.compile("[A-Z]{1,3}[1-9][0-9]{0,6}(:[A-Z]{1,3}[1-9][0-9]{0,6})?")
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_ESCAPE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def escape(text: str) -> str:
    """Return a text as a workbook stores it: characters that XML does not know as `_xHHHH_`."""
    return _ESCAPE.sub(lambda match: f"_x{ord(match.group()):04X}_", text)


def unescape(text: str) -> str:
    """Return the text that `escape` was given."""
    return _ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), text) if "_x" in text else text


def letters_of(column: int) -> str:
    """Return the letters of a column by its position, that of the first one 0.

    >>> letters_of(0), letters_of(27)
    ('A', 'AB')
    """
    text, rest = "", column + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        text = chr(ord("A") + letter) + text
    return text


def position_of(letters: str) -> int:
    """Return the position of a column by its letters.

    >>> position_of("A"), position_of("AB")
    (0, 27)
    """
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1


@dataclass(frozen=True, slots=True)
class Live:
    """A cell whose value is computed (`formula`), or could not be (`error`); `column` is its position."""

    row: int
    column: int
    kind: str
    text: str

    @property
    def coordinate(self) -> str:
        """Where it stands, as in `C7`."""
        return f"{letters_of(self.column)}{self.row}"


@dataclass
class Cells:
    """What stands in a sheet.

    Attributes
    ----------
    rows : rows that are not blank, by number; each from column A to its own last cell.
    live : the first cells, up to `KEPT`, that hold a formula or an error; all such count as blank in `rows`.
    merged : the first ranges of merged cells, up to `KEPT`, as in `A2:A3`.
    live_count, merged_count : how many there are in all.
    height, width : the last row and the number of columns in use, as far as the sheet was read.
    too_large : whether it was left before its end because it spans more than `MAX_CELLS`.
    """

    rows: dict[int, list[Any]] = field(default_factory=dict)
    live: list[Live] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    live_count: int = 0
    merged_count: int = 0
    height: int = 0
    width: int = 0
    too_large: bool = False


@dataclass(frozen=True)
class Lookup:
    """What the cells of a sheet refer to.

    Attributes
    ----------
    strings : the texts that all sheets share.
    dates : styles in which a number is a date, and what it counts: `date` or `timedelta`.
    epoch : the day 0 of dates.
    """

    strings: Sequence[str]
    dates: Mapping[str, str]
    epoch: Any


class _Enough(Exception):  # noqa: N818 - no error: the rest of the sheet is not needed
    """Raised to leave a sheet before its end."""


def read_cells(file: IO[bytes], size: int, lookup: Lookup, *, first: bool = False) -> Cells:
    """Return the cells of a sheet of so many bytes; with `first`, no more than its first row that is not blank."""
    stream = _Stream(size, lookup, first=first)
    handlers = {
        "StartElementHandler": stream.start,
        "EndElementHandler": stream.end,
        "CharacterDataHandler": stream.text.append,
    }
    with contextlib.suppress(_Enough):
        parse(file, handlers)
    return stream.cells


class _Stream:
    """The state of a sheet that is being read."""

    def __init__(self, size: int, lookup: Lookup, *, first: bool) -> None:
        self.size, self.lookup, self.first = size, lookup, first
        self.cells = Cells()
        self.text: list[str] = []
        self.row: list[Any] = []
        self.number = self.depth = 0
        self.digits = ""
        self.positions: dict[str, int] = {}
        self.local = LocalNames()
        self.column = -1
        self.type = self.style = ""
        self.value: str | None = None
        self.inline: list[str] = []
        self.formula: str | None = None
        self.phonetic = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin an element."""
        name = self.local[name]
        self.depth += 1
        if name == "c":
            if self.depth == _CELL:
                self._start_cell(attributes)
        elif name in ("v", "t", "f"):
            self.text.clear()
        elif name == "row":
            if self.depth == _ROW:
                self._start_row(attributes.get("r"))
        elif name == "is":
            self.inline.clear()
        elif name == "rPh":
            self.phonetic = True
        elif name == "mergeCell":
            self._note_merged(attributes.get("ref", ""))
        elif name == "dimension":
            self._believe(attributes.get("ref", ""))

    def _start_row(self, stated: str | None) -> None:
        number = whole_of(stated) if stated else self.number + 1
        if number <= self.number:
            raise Broken(f"row {number} stands there twice, or after row {self.number}")
        self.number, self.digits = number, str(number)
        self.row, self.column = [], -1

    def _start_cell(self, attributes: dict[str, str]) -> None:
        place = attributes.get("r")
        letters = place.rstrip("0123456789") if place else ""
        if place and place != letters + self.digits:
            raise Broken(f"cell {place[:20]} stands in row {self.number}")
        column = self.positions.get(letters)
        if column is None:
            column = self._new_column(letters)
        if column <= self.column:
            last = f"{letters_of(self.column)}{self.number}"
            raise Broken(f"cell {place} stands there twice, or after cell {last}")
        self.column = column
        self.type, self.style = attributes.get("t", "n"), attributes.get("s", "")
        self.value = self.formula = None

    def _new_column(self, letters: str) -> int:
        """Return the position of a column that is met for the first time, or of the next where a cell names none."""
        if letters and not (letters.isascii() and letters.isalpha() and letters.isupper()):
            raise Broken(f"no cell is called {letters[:20]}{self.number}")
        column = position_of(letters[:4]) if letters else self.column + 1
        if column >= MAX_COLUMNS:
            raise Broken(f"row {self.number} has a cell beyond column {letters_of(MAX_COLUMNS - 1)}")
        if letters:
            self.positions[letters] = column
        return column

    def _note_merged(self, merged: str) -> None:
        if not _MERGED.fullmatch(merged):
            raise Broken(f"{merged[:20]!r} are no merged cells")
        self.cells.merged_count += 1
        if self.cells.merged_count > MAX_CELLS:
            raise Broken(f"it has more than {MAX_CELLS:,} merged cells")
        if self.cells.merged_count <= KEPT:
            self.cells.merged.append(merged)

    def _believe(self, stated: str) -> None:
        """Leave a sheet at once that states a range of too many cells, and has the bytes to mean it."""
        if (match := _RANGE.fullmatch(stated)) and self.size > MAX_CELLS * LEAST_BYTES:
            self.cells.width, self.cells.height = position_of(match.group(1)) + 1, int(match.group(2))
            if self.cells.height * self.cells.width > MAX_CELLS:
                self.cells.too_large = True
                raise _Enough

    def end(self, name: str) -> None:
        """End an element."""
        name = self.local[name]
        depth, self.depth = self.depth, self.depth - 1
        if name in ("v", "f", "is"):
            if depth == _CONTENT:
                self._end_content(name)
        elif name == "c":
            if depth == _CELL and (self.value is not None or self.formula is not None):
                self._end_cell()
        elif name == "t":
            if not self.phonetic:
                self.inline.append("".join(self.text))
        elif name == "row":
            if depth == _ROW:
                self._end_row()
        elif name == "rPh":
            self.phonetic = False

    def _end_content(self, name: str) -> None:
        if (self.formula if name == "f" else self.value) is not None:
            raise Broken(f"cell {letters_of(self.column)}{self.number} holds two values")
        if name == "f":
            self.formula = "".join(self.text)
        elif name == "v":
            self.value = "".join(self.text)
        elif self.type == "inlineStr":
            self.value = "".join(self.inline)

    def _end_cell(self) -> None:
        value: Any = None
        if self.formula is not None:
            self._note("formula", f"={self.formula}")
        elif self.type == "e":
            self._note("error", self.value or "")
        elif self.value or self.type == "inlineStr":
            value = self._plain(self.value or "")
        missing = self.column - len(self.row)
        if missing:
            self.row.extend([None] * missing)
        self.row.append(value)

    def _note(self, kind: str, text: str) -> None:
        self.cells.live_count += 1
        if self.cells.live_count <= KEPT:
            self.cells.live.append(Live(self.number, self.column, kind, text))

    def _plain(self, text: str) -> Any:
        if self.type == "s":
            return self.lookup.strings[whole_of(text)]
        if self.type == "n":
            number = number_of(text)
            if number is None:
                self._note("error", f"no number: {text}")
                return None
            return self._date(number) if self.style in self.lookup.dates else number
        if self.type == "b":
            return bool(int(text))
        if self.type == "d":
            from openpyxl.utils.datetime import from_ISO8601

            return from_ISO8601(text)
        return unescape(text)

    def _date(self, number: float) -> Any:
        from openpyxl.utils.datetime import from_excel

        counted = self.lookup.dates[self.style]
        try:
            return from_excel(number, self.lookup.epoch, timedelta=counted == "timedelta")
        except (OverflowError, ValueError):
            self._note("error", f"no date: {number}")
            return None

    def _end_row(self) -> None:
        cells = self.cells
        cells.height, cells.width = max(cells.height, self.number), max(cells.width, self.column + 1)
        if cells.height * cells.width > MAX_CELLS:
            cells.too_large = True
            raise _Enough
        if any(value is not None and value != "" for value in self.row):
            cells.rows[self.number] = self.row
            if self.first:
                raise _Enough
