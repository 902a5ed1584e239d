"""How a table looks in a workbook: number formats by unit, and widths of columns."""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate_data.cells import text_of
from abate_data.sheet import read_header

#: Digits that are shown of the middle one of the numbers that share a format.
DIGITS = 4
WHOLE, YEAR, SCIENTIFIC, SHARE = "#,##0", "0", "0.000E+00", "0.0"
#: Whole numbers that are taken for years where a column holds all sorts of things.
FIRST_YEAR, LAST_YEAR = 1900, 2200
#: Widths of columns in characters, and rows that are looked at for them.
NARROWEST, WIDEST, HEADING, LOOKED_AT = 9, 68, 22, 300
#: Points of a line of text, and lines that a row shows at most.
LINE, MOST_LINES = 15.0, 20
#: The column that says in which unit the numbers of a row are.
UNIT = "unit"


def number_format(values: NDArray[np.float64]) -> str:
    """Return the format that shows four digits of the middle one of some numbers.

    >>> number_format(np.array([1234.5, 8000.0])), number_format(np.array([0.125])), number_format(np.array([2e-12]))
    ('#,##0', '#,##0.0000', '0.000E+00')
    """
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    if not len(sizes):
        return "General"
    if (sizes == np.round(sizes)).all():
        return WHOLE if sizes.max() < 1e15 else SCIENTIFIC
    middle = float(np.sort(sizes)[len(sizes) // 2])  # the mean of two middle ones may be too large a number
    decimals = DIGITS - 1 - math.floor(math.log10(middle))
    if not -DIGITS * 3 < decimals < 3 * DIGITS:
        return SCIENTIFIC
    return f"{WHOLE}.{'0' * decimals}" if decimals > 0 else WHOLE


def formats_of(frame: pd.DataFrame) -> list[str | list[str]]:
    """Return the number format of each column; one per row where the unit, or the kind of value, changes by row.

    Numbers whose unit stands in the heading share a format; where it stands in a column `unit`, those of one unit do,
    so that a limit and what makes it up can be read side by side.
    """
    by_row = _by_unit(frame) if UNIT in frame.columns else None
    found: list[str | list[str]] = []
    for place, heading in enumerate(map(str, frame.columns)):
        column = frame.iloc[:, place]
        header = read_header(heading, place)
        if header.name == "year":
            found.append(YEAR)
        elif header.unit == "%":
            found.append(SHARE)
        elif not pd.api.types.is_numeric_dtype(column):
            found.append([_format_of(value) for value in column] if _mixed(column) else WHOLE)
        elif pd.api.types.is_integer_dtype(column) or by_row is None or header.unit:
            found.append(number_format(_numbers(column)))
        else:
            found.append(by_row)
    return found


def _by_unit(frame: pd.DataFrame) -> list[str]:
    """Return the number format of each row, that of the numbers of its unit without a unit in their heading."""
    plain = [
        place
        for place, heading in enumerate(map(str, frame.columns))
        if pd.api.types.is_float_dtype(frame.dtypes.iloc[place]) and not read_header(heading, place).unit
    ]
    codes, names = pd.factorize(frame[UNIT].astype(str))
    values = frame.iloc[:, plain].to_numpy(dtype=np.float64)
    formats = [number_format(values[codes == code].ravel()) for code in range(len(names))]
    return [formats[code] for code in codes]


def _format_of(value: object) -> str:
    """Return the number format of one cell among others that hold something else; a year has no comma."""
    year = isinstance(value, int) and FIRST_YEAR <= value <= LAST_YEAR
    return YEAR if year else number_format(_alone(value))


def _mixed(column: pd.Series[Any]) -> bool:
    """Return whether any value among texts is a number."""
    return any(not isinstance(value, str) and len(_alone(value)) for value in column)


def _alone(value: object) -> NDArray[np.float64]:
    """Return the number of a cell, alone in an array; nothing where it holds none."""
    value = getattr(value, "value", value)  # of a formula, what it comes to
    number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return np.array([value] if number else [], dtype=np.float64)


def _numbers(column: pd.Series[Any]) -> NDArray[np.float64]:
    return column.to_numpy(dtype=np.float64, na_value=math.nan)


def width_of(heading: str, values: Sequence[Any], formats: str | list[str]) -> int:
    """Return the width of a column in characters; what is longer than the widest is to be wrapped."""
    looked_at = values[:LOOKED_AT]
    codes = formats if isinstance(formats, list) else [formats] * len(looked_at)
    shown = [len(_shown(value, code)) for value, code in zip(looked_at, codes, strict=False)]
    return min(max(NARROWEST, min(len(heading) + 3, HEADING), *(length + 2 for length in shown), 0), WIDEST)


def height_of(texts: Sequence[str], widths: Sequence[float]) -> float:
    """Return the height in points of a row whose texts are wrapped at the widths of their columns."""
    lines = [
        sum(1 + (len(line) - 1) // max(int(width), 1) for line in text.split("\n"))
        for text, width in zip(texts, widths, strict=False)
    ]
    return LINE * min(max(1, *lines, 1), MOST_LINES)


def _shown(value: Any, code: str) -> str:
    number = _alone(value)
    if not len(number):
        return max(text_of(value).split("\n"), key=len)
    if not np.isfinite(number[0]):
        return ""
    if "E" in code:
        return f"{number[0]:.3e}"
    return f"{number[0]:,.{len(code.partition('.')[2])}f}"
