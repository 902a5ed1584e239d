"""Rules about tables, columns, headers and the units that they are written in."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from pydantic import BaseModel, ValidationError

from abate_data import conversion, units
from abate_data.cells import texts
from abate_data.draft import Draft
from abate_data.errors import Finding
from abate_data.names import nearest, offer
from abate_data.raw import Raw
from abate_data.schema import TABLES
from abate_data.settings import Horizon, Settings, Units
from abate_data.sheet import Header, Sheet

#: Table -> the table whose rows cannot do without it.
NEEDED_BY = {"removals": "options"}

#: An attribute as like a column that is not given is taken for a slip.
LIKENESS = 0.8


def read_settings(raw: Raw) -> tuple[Settings, list[Finding]]:
    """Return the settings, without the values that are wrong, and what is wrong with those."""
    try:
        return Settings.model_validate(dict(raw.settings)), []
    except ValidationError as error:
        wrong = error.errors(include_url=False)
    kept = {key: dict(value) if isinstance(value, dict) else value for key, value in raw.settings.items()}
    for fault in wrong:
        top, *rest = (str(part) for part in fault["loc"])
        inner = kept.get(top)
        if rest and isinstance(inner, dict) and top == "units":
            inner.pop(rest[0], None)
        else:
            kept.pop(top, None)
    kept.setdefault("name", "case")
    try:
        settings = Settings.model_validate(kept)
    except ValidationError:  # more than one layer of it is wrong
        settings = Settings(name="case")
    return settings, [_setting_finding(fault["type"], fault["loc"], fault["msg"], fault["input"]) for fault in wrong]


def _setting_finding(kind: str, place: tuple[int | str, ...], message: str, value: object) -> Finding:
    key = ".".join(map(str, place))
    if kind == "missing":
        return Finding("case.toml", "is missing", f"add `{key} = ...`", column=key)
    if kind == "extra_forbidden":
        models: dict[str, type[BaseModel]] = {"horizon": Horizon, "units": Units}
        known = models.get(str(place[0]), Settings).model_fields if len(place) > 1 else Settings.model_fields
        cure = offer(str(place[-1]), known, "setting")
        return Finding("case.toml", "is not a setting", cure, column=key)
    if kind == "dict_type":
        cure = 'write `quality = { tp = "mg/L" }` under [units]; in a workbook write a row units.quality.tp'
        return Finding("case.toml", "is no unit of a named parameter", cure, column=key, value=str(value)[:80])
    problem = message[:1].lower() + message[1:]
    return Finding("case.toml", problem, f"correct `{key}`", column=key, value=str(value)[:80])


def check_tables(draft: Draft) -> Iterator[Finding]:
    """Find tables that are unknown, missing or without rows."""
    for name in draft.raw.tables:
        if name not in TABLES:
            yield Finding(name, "is not a table of a case", offer(name, TABLES, "table"))
    unread = {finding.table for finding in draft.raw.findings}
    for name, table in TABLES.items():
        needed = table.required or (name in NEEDED_BY and draft.has(NEEDED_BY[name]))
        if needed and name not in draft.sheets and name not in unread:
            columns = ", ".join(column.name for column in table.columns if column.required)
            yield Finding(name, "the table is missing", f"add it, with the columns {columns} at least")
        elif needed and not draft.has(name) and name not in unread:
            yield Finding(name, "the table has no rows", f"add at least one row: a row is {table.row}")


def check_columns(draft: Draft) -> Iterator[Finding]:
    """Find columns that are unknown, missing or there twice."""
    for name, sheet in draft.sheets.items():
        seen: dict[str, Header] = {}
        for header in sheet.headers:
            if header.name in seen and header.text.strip():
                yield Finding(name, "the column stands twice", "keep one of them", column=header.name)
            seen.setdefault(header.name, header)
            yield from _column(sheet, header)
        for column in sheet.table.columns:
            if column.required and column.name not in sheet.declared:
                cure = f"add it: {column.description}"
                yield Finding(name, "the column is missing", cure, column=column.name)


def _column(sheet: Sheet, header: Header) -> Iterator[Finding]:
    name, missing = sheet.table.name, [c.name for c in sheet.table.columns if c.name not in sheet.declared]
    if not header.text.strip():
        if not texts(sheet.frame.iloc[:, header.position]).labels:
            return
        cure = "give the column a name, or delete its cells"
        yield Finding(name, f"column {header.position + 1} has no name in row 1", cure)
    elif header.name in sheet.declared:
        return
    elif not sheet.table.open:
        known = [column.name for column in sheet.table.columns]
        yield Finding(name, "is not a column of this table", offer(header.name, known, "column"), column=header.text)
    elif near := difflib.get_close_matches(header.name.casefold(), missing, n=1, cutoff=LIKENESS):
        cure = f"did you mean {near[0]!r}? An attribute of your own needs a name less like it"
        yield Finding(name, "is no column of this table, but very like one", cure, column=header.text)


def check_header_units(draft: Draft) -> Iterator[Finding]:
    """Find headers with units that cannot be converted."""
    for name, sheet in draft.sheets.items():
        for column in sheet.columns():
            header = sheet.declared[column.name]
            wrong = conversion.fault(draft, column, header) if header.unit else None
            if wrong:
                yield Finding(name, wrong[0], wrong[1], row="row 1", column=column.name, value=header.unit)


def check_units(draft: Draft) -> Iterator[Finding]:
    """Find dimensions in use without a unit, and units that abate does not know."""
    own = draft.settings.units
    used = _dimensions_in_use(draft)
    for dimension in conversion.PLAIN:
        yield from _unit(dimension, str(getattr(own, dimension)), f"units.{dimension}", used.get(dimension, ""))
    parameters = draft.labels("transfer", "parameter")[: draft.known["parameter"]]
    for parameter in dict.fromkeys([*own.quality, *parameters]):
        user = "the parameter is in use" if parameter in parameters else ""
        yield from _unit("quality", own.quality.get(parameter, ""), f"units.quality.{parameter}", user)
    for parameter in own.quality:
        if parameters and parameter not in parameters and (near := nearest(parameter, parameters)):
            cure = f"did you mean {near!r}?"
            yield Finding("case.toml", "is a unit of no parameter", cure, column=f"units.quality.{parameter}")


def _dimensions_in_use(draft: Draft) -> dict[str, str]:
    """Return the dimensions that tables use, each with the first column that does."""
    used: dict[str, str] = {}
    for name, sheet in draft.sheets.items():
        for column in sheet.columns():
            new = [dimension for dimension in conversion.dimensions(column) if dimension not in used]
            if new and (draft.values(name, column.name)[draft.given(name, column.name)] != column.default).any():
                used |= dict.fromkeys(new, f"{name}.{column.name} is in use")
    return used


def _unit(dimension: str, unit: str, key: str, user: str) -> Iterator[Finding]:
    if not unit and user:
        some = ", ".join(list(units.UNITS[dimension])[:3])
        yield Finding("case.toml", f"the unit is missing, and {user}", f"add `{key}`, such as {some}", column=key)
    elif unit and (wrong := units.fault(unit, dimension)):
        yield Finding("case.toml", *wrong, column=key, value=unit)
