"""Factors against pint, and names that must be refused."""

from fractions import Fraction

import numpy as np
import pint
import pytest

from abate_data.errors import InputError
from abate_data.units import DAYS_PER_YEAR, UNITS, convert, factor, fault

REGISTRY = pint.UnitRegistry()
REGISTRY.define(f"planning_year = {DAYS_PER_YEAR} * day")
REGISTRY.define("million_cubic_metres = 1e6 * meter**3")
REGISTRY.define("million_gallons = 1e6 * US_liquid_gallon")
REGISTRY.define("international_acre = 43560 * foot**2")

#: How pint spells our names. `Mg`, `kt` ... it knows as SI prefixes of gram and tonne.
PINT = {"yr": "planning_year", "d": "day", "h": "hour", "s": "second", "short_ton": "short_ton", "t": "tonne"}
WHOLE = {
    "million m3": "million_cubic_metres",
    "Mgal/d(US)": "million_gallons / day",
    "m3": "m**3",
    "ft3": "foot**3",
    "ft": "foot",
    "kt": "kilotonne",
    "Mt": "megatonne",
    "ML": "megaliter",
    "L": "liter",
    "km2": "km**2",
    "m2": "m**2",
    "mi2": "mile**2",
    "ha": "hectare",
    "mi": "mile",
    "lb": "pound",
    "acre": "international_acre",
}
CASES = [(dimension, unit) for dimension, known in UNITS.items() for unit in known if dimension != "temperature"]


def in_pint(unit: str) -> str:
    if unit in WHOLE:
        return WHOLE[unit]
    parts = unit.split("/")
    words = [WHOLE.get(part, PINT.get(part, part)) for part in parts]
    return f"({words[0]})" + "".join(f" / ({word})" for word in words[1:])


def test_a_year_has_365_days():
    assert convert([1.0], "kg/d", "kg/yr")[0] == 365.0


@pytest.mark.parametrize(("dimension", "unit"), CASES)
def test_factor_equals_that_of_pint(dimension, unit):
    base = next(iter(UNITS[dimension]))
    expected = REGISTRY.Quantity(1.0, in_pint(unit)).to(in_pint(base)).magnitude
    assert float(factor(unit, base, dimension)) == pytest.approx(expected, rel=1e-12)


def test_published_factors_are_exact():
    assert factor("lb/d", "kg/d", "load") == Fraction("0.45359237")
    assert factor("short_ton/yr", "kg/yr", "load") == Fraction("907.18474")
    assert factor("acre", "m2", "area") == Fraction("4046.8564224")
    assert factor("ft3/s", "m3/s", "flow") == Fraction("0.028316846592")
    assert factor("mg/L", "g/m3", "quality") == 1


def test_whole_factors_are_rounded_once():
    values = np.array([0.1, 3.0, 7.3])
    assert (convert(values, "kg/yr", "t/yr") == np.array([0.1 / 1000, 3.0 / 1000, 7.3 / 1000])).all()


@pytest.mark.parametrize("micro", ["µg/m3", "μg/m3", "ug/m3", "µg/m³"])
def test_both_spellings_of_micro(micro):
    assert convert([1000.0], micro, "mg/m3")[0] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("unit", "dimension", "choices"),
    [
        ("ton", "load", ("t/yr", "short_ton/yr")),
        ("tons", "load", ("t/yr", "short_ton/yr")),
        ("ton/yr", "load", ("t/yr", "short_ton/yr")),
        ("kton/yr", "load", ("t/yr", "short_ton/yr")),
        ("kg", "load", ("kg/yr", "kg/d")),
        ("MG", "load", ("Mg/yr", "Mgal/d(US)")),
        ("MG/yr", "load", ("Mg/yr", "Mgal/d(US)")),
        ("gal", "flow", ("Mgal/d(US)", "ML/d")),
        ("MGD", "flow", ("Mgal/d(US)", "ML/d")),
        ("Mgal/d", "flow", ("Mgal/d(US)", "ML/d")),
        ("5", "load", ("kg/yr",)),
        ("1,000.5", "flow", ("m3/s",)),
        ("ppb", "quality", ("ug/L", "ug/m3")),
        ("kg/year", "load", ("kg/yr",)),
        ("cfs", "flow", ("ft3/s",)),
        ("mg N/L", "quality", ("mg/L",)),
        ("9**9**9**9", "load", ("kg/yr",)),
        ("degF", "temperature", ("degC",)),
        ("", "load", ("kg/yr",)),
    ],
)
def test_refused_with_the_choices(unit, dimension, choices):
    problem, cure = fault(unit, dimension)
    assert problem
    for choice in choices:
        assert choice in cure


@pytest.mark.parametrize(
    ("unit", "first"),
    [("t/a", "t/yr, kg/yr"), ("kg/year", "kg/yr, t/yr"), ("t/yr.", "t/yr, kg/yr"), ("lb/day", "lb/d, kg/yr")],
)
def test_a_unit_in_other_words_is_offered_first(unit, first):
    assert fault(unit, "load")[1].startswith(f"write {first}")


def test_labels_of_quality_are_not_converted():
    assert factor("pH", "pH", "quality") == 1
    with pytest.raises(InputError, match="cannot be converted"):
        factor("pH", "mg/L", "quality")


@pytest.mark.parametrize(("source", "target"), [("kg/yr", "km"), ("nonsense", "kg/yr"), ("kg/yr", "ton/yr")])
def test_convert_refuses(source, target):
    with pytest.raises(InputError):
        convert([1.0], source, target)
