"""The units that a case may be written in, with exact factors; nothing else is a unit.

A year has 365 days, in every conversion between a rate per year and a rate per day or second. Names are as
people write them (`t/yr`, `ug/m3`, `Mgal/d(US)`); `µ` may be either of its two code points, and `³`, `²` and
`°C` may be written so. Names that mean different things to different people are refused with the choices.
"""

from __future__ import annotations

import difflib
import re
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from abate_data.errors import Finding, InputError

DAYS_PER_YEAR = 365

_POUND = Fraction(45359237, 10**8)
_MASSES = {  # in kg
    "kg": Fraction(1),
    "g": Fraction(1, 1000),
    "t": Fraction(1000),
    "tonne": Fraction(1000),
    "Mg": Fraction(1000),
    "kt": Fraction(10**6),
    "Gg": Fraction(10**6),
    "Mt": Fraction(10**9),
    "lb": _POUND,
    "short_ton": 2000 * _POUND,
}
_VOLUMES = {  # in m3
    "m3": Fraction(1),
    "L": Fraction(1, 1000),
    "ML": Fraction(1000),
    "million m3": Fraction(10**6),
    "ft3": Fraction(3048, 10000) ** 3,
}
_TIMES = {  # in days
    "yr": Fraction(DAYS_PER_YEAR),
    "d": Fraction(1),
    "h": Fraction(1, 24),
    "s": Fraction(1, 86400),
}


def _rates(amounts: dict[str, Fraction]) -> dict[str, Fraction]:
    return {f"{amount}/{time}": size / days for amount, size in amounts.items() for time, days in _TIMES.items()}


#: Dimension -> unit -> its size in the dimension's base unit, exactly.
UNITS: dict[str, dict[str, Fraction]] = {
    "load": _rates(_MASSES),
    "flow": _rates(_VOLUMES) | {"Mgal/d(US)": Fraction(3785411784, 10**6)},
    "length": {
        "km": Fraction(1000),
        "m": Fraction(1),
        "mi": Fraction(1609344, 1000),
        "ft": Fraction(3048, 10**4),
    },
    "area": {
        "km2": Fraction(10**6),
        "ha": Fraction(10**4),
        "m2": Fraction(1),
        "acre": Fraction(40468564224, 10**7),
        "mi2": Fraction(1609344, 1000) ** 2,
    },
    "velocity": _rates({"m": Fraction(1), "km": Fraction(1000), "ft": Fraction(3048, 10**4)}),
    "temperature": {"degC": Fraction(1)},
    "quality": {  # mass per volume of water or air, in g/m3
        "mg/L": Fraction(1),
        "ug/L": Fraction(1, 10**3),
        "ng/L": Fraction(1, 10**6),
        "g/L": Fraction(10**3),
        "kg/m3": Fraction(10**3),
        "g/m3": Fraction(1),
        "mg/m3": Fraction(1, 10**3),
        "ug/m3": Fraction(1, 10**6),
        "ng/m3": Fraction(1, 10**9),
    },
}

#: Further units of quality: each stands for itself and is never converted.
QUALITY_LABELS = ("pH", "NTU", "%", "index", "count/100mL", "CFU/100mL", "MPN/100mL")

_SPELLINGS = str.maketrans({"µ": "u", "μ": "u", "³": "3", "²": "2"})
_NUMBER = re.compile(r"[+-]?[\d.,]+")

#: Times as people write them, by how abate does.
_TIME_NAMES = {
    **dict.fromkeys(("a", "y", "yr", "yrs", "year", "years", "annum"), "yr"),
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("h", "hr", "hour", "hours"), "h"),
    **dict.fromkeys(("s", "sec", "second", "seconds"), "s"),
}
#: What a load is usually counted in, offered first.
_USUAL = {"load": ["kg/yr", "t/yr", "kg/d"]}

#: Names that mean different things to different people: pattern, problem, cure.
_AMBIGUOUS = (
    (
        re.compile(r"[kM]?tons?(/.*)?"),
        "'ton' may be 1000 kg or 2000 lb",
        "write t/yr (1000 kg) or short_ton/yr (2000 lb)",
    ),
    (
        re.compile(r"MG(/.*)?"),
        "'MG' may be megagrams or million gallons",
        "write Mg/yr (1000 kg) or Mgal/d(US)",
    ),
    (
        re.compile(r"([Mm]?[Gg]al(lons?)?|mgd|MGD)(/.*)?"),
        "a gallon may be US or imperial",
        "write Mgal/d(US), ML/d or m3/d",
    ),
    (
        re.compile(r"pp[mb]"),
        "may be a share of mass or of volume",
        "write mg/L, ug/L or ug/m3",
    ),
)


def spelling(unit: str) -> str:
    """Return a unit as the tables of this module spell it."""
    return unit.strip().translate(_SPELLINGS).replace("°C", "degC")


def fault(unit: str, dimension: str) -> tuple[str, str] | None:
    """Say what is wrong with a unit of a dimension, and the cure; None where nothing is."""
    name, known = spelling(unit), UNITS[dimension]
    if name in known or (dimension == "quality" and name in QUALITY_LABELS):
        return None
    for pattern, problem, cure in _AMBIGUOUS:
        if pattern.fullmatch(name):
            return problem, cure
    if _NUMBER.fullmatch(name):
        return "a number is not a unit", f"name the unit, such as {_some(known)}"
    if dimension == "load" and name in _MASSES:
        return "a load is a mass per time", f"write {name}/yr or {name}/d"
    return f"is not a unit of {dimension} that abate knows", f"write {_some(_near(name, dimension))}"


def _near(name: str, dimension: str) -> list[str]:
    """Return the units of a dimension that may be meant by a name, likeliest first."""
    known, usual = UNITS[dimension], _USUAL.get(dimension, [])
    amount, _, time = name.rstrip(".").partition("/")
    meant = f"{amount.strip()}/{_TIME_NAMES.get(time.strip().casefold(), time)}"
    if meant in known:
        return list(dict.fromkeys([meant, *usual]))[:3]
    return difflib.get_close_matches(name, known, n=3, cutoff=0.5) or list(dict.fromkeys([*usual, *known]))


def _some(names: list[str] | dict[str, Fraction]) -> str:
    *first, last = list(names)[:6]
    return f"{', '.join(first)} or {last}" if first else last


def factor(source: str, target: str, dimension: str) -> Fraction:
    """Return by what a number in `source` is multiplied to be in `target`, exactly.

    Raises
    ------
    InputError
        Where one of the two is not a unit of the dimension, or is a label that cannot be converted.
    """
    for unit in (source, target):
        if wrong := fault(unit, dimension):
            raise InputError([Finding("units", *wrong, column=dimension, value=unit)])
    start, end = spelling(source), spelling(target)
    if start == end:
        return Fraction(1)
    known = UNITS[dimension]
    if start not in known or end not in known:
        problem = f"{start} cannot be converted to {end}"
        raise InputError([Finding("units", problem, f"give it in {end}", column=dimension, value=source)])
    return known[start] / known[end]


def convert(values: ArrayLike, source: str, target: str) -> NDArray[np.float64]:
    """Return `values`, given in the unit `source`, in the unit `target`; any shape.

    Raises
    ------
    InputError
        Where the units are unknown, ambiguous or of different dimensions.

    Examples
    --------
    >>> convert([1.0, 2.5], "t/yr", "kg/yr")
    array([1000., 2500.])
    """
    return scale(np.asarray(values, dtype=np.float64), factor(source, target, dimension_of(source)))


def scale(values: NDArray[np.float64], by: Fraction) -> NDArray[np.float64]:
    """Multiply by an exact factor: rounded once where the factor or its inverse is a whole number."""
    return values if by == 1 else values * float(by.numerator) / float(by.denominator)


def dimension_of(unit: str) -> str:
    """Return the dimension that a unit belongs to.

    Raises
    ------
    InputError
        Where it belongs to none.
    """
    for dimension, known in UNITS.items():
        if spelling(unit) in known:
            return dimension
    if spelling(unit) in QUALITY_LABELS:
        return "quality"
    wrong = fault(unit, "load") or ("is not a unit", "")
    raise InputError([Finding("units", *wrong, value=unit)])
