"""Units at the door: what a header or a cell states, and the numbers in the units of `case.toml`."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from abate_data import units
from abate_data.columns import Column
from abate_data.draft import Draft
from abate_data.errors import InputError
from abate_data.settings import Settings
from abate_data.sheet import Header

#: Dimensions that have one unit in the whole case.
PLAIN = ("load", "flow", "length", "area", "velocity", "temperature")

#: What the unit of a column follows from, where a header cannot give it.
FOLLOWS = {
    "target": "the kind and basis of each target",
    "cap": "the kind and basis of each target",
    "price": "the kind and basis of each target",
    "extent": "the unit of each measure, in the table measures",
    "observation": "the column `unit` of each row",
    "% or share": "the kind of each rule",
    "": "nothing: it is a plain number",
}


def dimensions(column: Column) -> list[str]:
    """Return the dimensions whose units a column needs."""
    return [part for part in column.unit.split("/") if part in (*PLAIN, "quality")]


def label(column: Column, settings: Settings) -> str:
    """Return the unit that a header states by default; empty where a header states none."""
    if column.unit in PLAIN:
        return str(getattr(settings.units, column.unit))
    if column.unit in FOLLOWS or "quality" in column.unit or column.unit == "year":
        return ""
    return column.unit.replace("money", settings.currency)


def convert_stated(draft: Draft) -> None:
    """Convert numbers in place to the units of the case, wherever a header or a row states another."""
    for name, sheet in draft.sheets.items():
        for column in sheet.columns():
            header = sheet.declared[column.name]
            if header.unit and dimensions(column) and not fault(draft, column, header):
                _rescale(draft, name, column, _factors(draft, column, header.unit))
    if draft.has("observations"):
        _convert_observations(draft)


def fault(draft: Draft, column: Column, header: Header) -> tuple[str, str] | None:
    """Say what is wrong with the unit in a header, and the cure; None where nothing is."""
    if not dimensions(column):
        return _fixed_fault(draft, column, header)
    stated = _parts(column, header.unit)
    if stated is None:
        return "is a quality per load", "write the unit as in [ug/m3 per kt/yr]"
    for dimension, unit in stated.items():
        if wrong := units.fault(unit, dimension):
            return wrong
    try:
        _factors(draft, column, header.unit)
    except InputError as error:
        return error.findings[0].problem, error.findings[0].cure
    return None


def _fixed_fault(draft: Draft, column: Column, header: Header) -> tuple[str, str] | None:
    """Say what is wrong with a unit in the header of a column whose unit cannot be chosen."""
    expected = label(column, draft.settings)
    if column.unit in FOLLOWS:
        cure = f"drop [{header.unit}] from the header: the unit follows from {FOLLOWS[column.unit]}"
        return "takes no unit in its header", cure
    if header.unit in (expected, column.unit):
        return None
    cure = f"convert the numbers and write [{expected or column.unit}] in the header, or nothing"
    return f"is counted in {expected or column.unit}", cure


def _parts(column: Column, unit: str) -> dict[str, str] | None:
    """Split `ug/m3 per kt/yr` into the units of its dimensions; None where it cannot be split."""
    names = dimensions(column)
    parts = unit.split(" per ") if len(names) > 1 else [unit]
    return dict(zip(names, (part.strip() for part in parts), strict=True)) if len(parts) == len(names) else None


def _factors(draft: Draft, column: Column, unit: str) -> list[Fraction]:
    """Return by what a column's numbers are multiplied: one factor, or one per parameter of a quality."""
    stated = _parts(column, unit) or {}
    by = Fraction(1)
    for dimension in stated.keys() - {"quality"}:
        change = change_of(stated[dimension], str(getattr(draft.settings.units, dimension)), dimension)
        by = by * change if column.unit == dimension else by / change
    if "quality" not in stated:
        return [by]
    targets = draft.settings.units.quality
    parameters = draft.labels("transfer", "parameter")
    return [by * change_of(stated["quality"], targets.get(name, ""), "quality") for name in parameters]


def change_of(unit: str, target: str, dimension: str) -> Fraction:
    """Return the factor from a unit to the case's, 1 where the case's is missing or wrong itself.

    Raises
    ------
    InputError
        Where the one cannot be converted to the other.
    """
    known = target and not units.fault(target, dimension)
    return units.factor(unit, target, dimension) if known else Fraction(1)


def _rescale(draft: Draft, table: str, column: Column, factors: list[Fraction]) -> None:
    if all(by == 1 for by in factors):
        return
    frame = draft.tables[table]
    by_parameter = "quality" in dimensions(column)
    rows = draft.codes(table, "parameter") if by_parameter else np.zeros(len(frame), dtype=np.int64)
    above = np.array([float(by.numerator) for by in factors] + [1.0])
    below = np.array([float(by.denominator) for by in factors] + [1.0])
    frame[column.name] = draft.values(table, column.name) * above[rows] / below[rows]


def observed_units(draft: Draft) -> Iterator[tuple[int, NDArray[np.bool_], str, str, str]]:
    """Yield every combination of kind, parameter and unit among the observations of quality, load and flow.

    A combination is its first row's position, the mask of its rows (rows,), the unit it states, the unit of
    the case (empty where there is none) and the dimension.
    """
    frame = draft.tables["observations"]
    groups = frame.groupby(["kind", "parameter", "unit"], observed=True, dropna=False, sort=False)
    number = groups.ngroup().to_numpy()
    own = draft.settings.units
    for group, position in enumerate(np.unique(number, return_index=True)[1]):
        kind, stated = str(frame["kind"].iloc[position]), str(frame["unit"].iloc[position])
        parameter = str(frame["parameter"].iloc[position])
        if kind in ("quality", "load", "flow"):
            target = own.quality.get(parameter, "") if kind == "quality" else str(getattr(own, kind))
            yield int(position), number == group, stated.strip(), target, kind


def observed_fault(stated: str, target: str, dimension: str) -> tuple[str, str] | None:
    """Say what is wrong with the unit of an observation, and the cure; None where nothing is."""
    if stated and (wrong := units.fault(stated, dimension)):
        return wrong
    try:
        change_of(stated or target, target, dimension)
    except InputError as error:
        return error.findings[0].problem, error.findings[0].cure
    return None


def _convert_observations(draft: Draft) -> None:
    frame = draft.tables["observations"]
    unit = frame["unit"].to_numpy(dtype=object, copy=True)
    numbers = {name: draft.values("observations", name).copy() for name in ("value", "sd")}
    for _, rows, stated, target, dimension in observed_units(draft):
        if observed_fault(stated, target, dimension):
            continue
        by = change_of(stated or target, target, dimension)
        for values in numbers.values():
            values[rows] = units.scale(values[rows], by)
        unit[rows] = target or stated
    draft.tables["observations"] = frame.assign(unit=unit, **numbers)
