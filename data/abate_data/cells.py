"""What one cell says: text to number, flag or choice, and the cure where it says none of them.

A column is read through its distinct texts, so that four million cells that name twenty sources are read as
twenty texts. The functions that read one text return its value or a `Fault`.
"""

from __future__ import annotations

import datetime
import math
import numbers
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate_data.names import offer

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NUMBERS = re.compile(r"[0-9eE+\-.\n]*")
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity|n/?a|null|none|-)", re.IGNORECASE)
_WITH_UNIT = re.compile(r"[+-]?[\d.,]+(?:[eE][+-]?\d+)?\s*([^\W\d_][^\d]*.*|[%°].*)")
_PERCENT = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))\s*%", re.ASCII)
_DATE = re.compile(r"([12]\d{3})-\d\d-\d\d(?:[T ].*)?|\d{1,2}[./]\d{1,2}[./]([12]\d{3})", re.ASCII)
_COMMA = re.compile(r"[+-]?\d+,\d+")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:[,.'’\s]\d{3})+(?:[.,]\d+)?")
_NOTHING = (type(None), type(pd.NA), type(pd.NaT))
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Fault:
    """Why a text is not what its column holds, and the cure."""

    problem: str
    cure: str


@dataclass(frozen=True)
class Texts:
    """The texts of a column: `codes` (rows,) are positions in the distinct `labels`, -1 for a blank cell."""

    codes: NDArray[np.int64]
    labels: list[str]

    def spread(self, values: NDArray[Any], blank: object) -> NDArray[Any]:
        """Return per row the value of its label, `blank` for blank cells."""
        return np.append(values, np.array([blank], dtype=values.dtype))[self.codes]


def text_of(value: object) -> str:
    """Return what a cell holds as a planner would type it: exact numbers, ISO dates, nothing for nothing."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, numbers.Integral):
        return str(int(value))
    if isinstance(value, numbers.Real):
        return number_text(float(value))
    if isinstance(value, _NOTHING):
        return ""
    text = value.isoformat() if isinstance(value, datetime.datetime) else str(value)
    return text.removesuffix("T00:00:00")


def number_text(value: float) -> str:
    """Return the shortest text that reads back as exactly this number; nothing for not-a-number."""
    if math.isnan(value):
        return ""
    return repr(float(value)).removesuffix(".0")


def texts(column: pd.Series[Any], *, keep_spaces: bool = False) -> Texts:
    """Return a column's texts in order of first appearance, without the spaces around them unless kept."""
    if column.dtype == object:  # 1, True and "1" would count as one value
        column = pd.Series([text_of(value) for value in column], dtype=object)
    codes, distinct = pd.factorize(column)
    labels = [text_of(value) for value in distinct.tolist()]
    if not keep_spaces:
        labels = [label.strip() for label in labels]
    inner, names = pd.factorize(np.array([label or None for label in labels], dtype=object))
    return Texts(np.append(inner, -1)[codes].astype(np.int64), [str(name) for name in names])


def read_each(labels: list[str], read: Callable[[str], Any]) -> tuple[list[Any], dict[int, Fault]]:
    """Read every label; None and a fault at its position where it cannot be read."""
    results = [read(label) for label in labels]
    faults = {i: result for i, result in enumerate(results) if isinstance(result, Fault)}
    return [None if isinstance(result, Fault) else result for result in results], faults


def read_numbers(labels: list[str]) -> tuple[NDArray[np.float64], dict[int, Fault]]:
    """Read labels as numbers, NaN where they are none."""
    if _NUMBERS.fullmatch("\n".join(labels)):
        try:
            quick = np.array(labels, dtype=object).astype(np.float64)
        except ValueError:
            quick = np.array([math.inf])
        if np.isfinite(quick).all():
            return quick, {}
    values, faults = read_each(labels, number)
    return np.array(values, dtype=np.float64), faults


def read_years(labels: list[str]) -> tuple[NDArray[np.float64], dict[int, Fault]]:
    """Read labels as years, NaN where they are none; of a date the cure is its year."""
    values, faults = read_numbers(labels)
    for place in faults:
        if match := _DATE.fullmatch(labels[place]):
            year = match.group(1) or match.group(2)
            faults[place] = Fault("is a date where a year is asked for", f"write the year, {year}")
    return values, faults


def number(text: str) -> float | Fault:
    """Read a decimal number with a point."""
    if _NUMBER.fullmatch(text):
        value = float(text)
        return value if math.isfinite(value) else Fault("is too large a number", "write a finite number")
    if _NOT_FINITE.fullmatch(text):
        return Fault("is not a finite number", "write a number, or leave the cell blank where none is known")
    if _GROUPED.fullmatch(text):
        return Fault("has a thousand separator or a decimal comma", f"write {_plain(text)}")
    if _COMMA.fullmatch(text):
        return Fault("has a decimal comma", f"write {text.replace(',', '.')} with a decimal point")
    if unit := unit_in(text):
        return _with_unit(text, unit)
    return Fault("is not a number", "write a number such as 12.5")


def _with_unit(text: str, unit: str) -> Fault:
    if match := _PERCENT.fullmatch(text):
        share = number_text(float(Decimal(match.group(1)) / 100))
        cure = f"write {share} (a fraction), or {match.group(1)} where the column is in percent"
        return Fault("holds a percentage", cure)
    cure = f"write the number alone; if {unit} is not the unit of the column, say so once, in its header or in the case"
    return Fault("holds a number with a unit", cure)


def _plain(grouped: str) -> str:
    """Return what a number with separators may mean; a lone comma or point may be either mark."""
    digits = re.sub(r"['’\s]", "", grouped)
    mark = max(",.", key=digits.rfind)
    whole, _, rest = digits.rpartition(mark)
    thousands = re.sub("[,.]", "", digits)
    decimal = f"{re.sub('[,.]', '', whole)}.{rest}"
    if ("," in digits and "." in digits) or (whole and len(rest) != 3):
        return decimal
    return f"{thousands} or {decimal}" if digits.count(mark) == 1 else thousands


def unit_in(text: str) -> str:
    """Return the unit of a text that is a number with a unit, or an empty string."""
    match = _WITH_UNIT.fullmatch(text)
    return match.group(1).strip() if match else ""


def flag(text: str) -> bool | Fault:
    """Read true or false, yes or no, 1 or 0."""
    value = _FLAGS.get(text.casefold())
    return Fault("is neither true nor false", "write true or false") if value is None else value


def choice(choices: tuple[str, ...]) -> Callable[[str], str | Fault]:
    """Return a reader of one of the choices."""

    def read(text: str) -> str | Fault:
        if text in choices:
            return text
        return Fault("is not a choice", offer(text, [name for name in choices if name], "choice"))

    return read
