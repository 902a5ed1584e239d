"""The data dictionary: every table, column, setting and unit, rendered from their declarations."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel

from abate_data.cells import number_text
from abate_data.columns import Column, Table
from abate_data.schema import DOMAINS, TABLES
from abate_data.settings import Horizon, Settings, Units
from abate_data.units import QUALITY_LABELS, UNITS

COLUMN_HEADS = ("column", "holds", "unit", "blank means", "meaning")

_INTRODUCTION = """\
# The tables of a case

This page is made by `abate_data.dictionary.tables_page()` from the declarations that the checks use.

A case is a folder with `case.toml` and a CSV file per table, or a workbook with a sheet `case` (columns key
and value) and a sheet per table, or a mapping of DataFrames. Only the tables marked *required* must be there;
each further one adds its part to the model. Plans and their costs need `options` and `removals`; a case without
them can be read, checked and split by rules that ask for no costs. CSV files are UTF-8, with commas between
cells and points in numbers. `scenarios/NAME/TABLE.csv`, or a sheet `TABLE@NAME`, replaces a table where the
scenario NAME is asked for.

- Ids are texts and stay as written; a blank id, or `*`, means any where the column is not required.
- A blank number means the default of its column.
- A unit may stand in a header, as in `load [t/yr]` or `coefficient [ug/m3 per kt/yr]`; it is converted to the
  unit that `case.toml` gives.
- Tables marked *open* take further columns, as attributes.
- Messages count rows as a spreadsheet does: the header is row 1.
"""

_UNITS = """\
A year has 365 days. `t` and `tonne` are 1000 kg, `short_ton` is 2000 lb (907.18474 kg), `Mgal/d(US)` counts
US gallons. Names that mean different things to different people (`ton`, `gal`, `MG`, `ppm`) are refused. The
unit of a quality per load is written as in `ug/m3 per kt/yr`.
"""


def tables_page() -> str:
    """Return the page `docs/tables.md`, in Markdown."""
    parts = [_INTRODUCTION, *map(_table, TABLES.values()), _ids(), _settings(), _units()]
    return "\n".join(parts)


def setting_fields() -> Iterator[tuple[str, str, str, str]]:
    """Yield every setting as (key, type, default, description), those of a group after one another."""
    groups: dict[str, type[BaseModel]] = {"horizon": Horizon, "units": Units}
    for name, field in Settings.model_fields.items():
        if name in groups:
            for inner, part in groups[name].model_fields.items():
                yield f"{name}.{inner}", _type(part.annotation), _default(part), part.description or ""
        else:
            yield name, _type(field.annotation), _default(field), field.description or ""


def facts(column: Column) -> str:
    """Return what a cell of a column may hold, in a line."""
    kind = {
        "id": f"id of a {column.domain}",
        "choice": "one of " + ", ".join(f"`{choice}`" for choice in column.choices if choice),
        "flag": "true or false",
        "integer": "whole number",
    }.get(column.kind, column.kind)
    return f"{kind}{_range(column)}"


def _range(column: Column) -> str:
    low, high = (number_text(bound) for bound in (column.low, column.high))
    if math.isfinite(column.low) and math.isfinite(column.high):
        return f", {low} to {high}"
    if math.isfinite(column.low):
        return f", at least {low}"
    return f", at most {high}" if math.isfinite(column.high) else ""


def blank(column: Column) -> str:
    """Return what a blank cell of a column means."""
    if column.required:
        return "required"
    if column.kind == "id":
        return "any or none"
    if isinstance(column.default, float) and not math.isfinite(column.default):
        return "no bound" if math.isinf(column.default) else "not given"
    if column.default in ("", None):
        return "nothing"
    if isinstance(column.default, bool):
        return str(column.default).lower()
    return number_text(column.default) if isinstance(column.default, float) else str(column.default)


def column_rows(table: Table) -> Iterator[tuple[str, ...]]:
    """Yield a table's columns as rows under `COLUMN_HEADS`."""
    for column in table.columns:
        yield column.name, facts(column), column.unit, blank(column), column.description


def _table(table: Table) -> str:
    marks = ", ".join(mark for mark, holds in (("required", table.required), ("open", table.open)) if holds)
    heading = f"## {table.name}" + (f" ({marks})" if marks else "")
    key = ", ".join(f"`{name}`" for name in table.key)
    rows = ((f"`{name}`", *rest) for name, *rest in column_rows(table))
    return "\n".join([heading, "", f"A row is {table.row}. Key: {key}.", "", *_grid(COLUMN_HEADS, rows), ""])


def _settings() -> str:
    rows = ((f"`{key}`", kind, default, meaning) for key, kind, default, meaning in setting_fields())
    return "\n".join(["## case.toml", "", *_grid(("setting", "holds", "default", "meaning"), rows), ""])


def _type(annotation: Any) -> str:
    text = str(annotation)
    names = {
        "tuple": "list of texts",
        "dict": "text per parameter",
        "bool": "true or false",
        "int": "whole number",
    }
    found = [word for name, word in names.items() if name in text]
    return found[0] if found else ("number" if "float" in text else "text")


def _default(field: Any) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    return str(value).lower() if isinstance(value, bool) else str(value) if value or value == 0.0 else ""


def _ids() -> str:
    intro = "Ids are defined in the first of these columns whose table has rows, parameters in both."
    places = ((domain, ", ".join(f"`{place}`" for place in columns)) for domain, columns in DOMAINS.items())
    return "\n".join(["## Ids", "", intro, "", *_grid(("ids of", "defined in"), places), ""])


def _units() -> str:
    rows = [(dimension, ", ".join(f"`{unit}`" for unit in known)) for dimension, known in UNITS.items()]
    rows.append(("quality, never converted", ", ".join(f"`{unit}`" for unit in QUALITY_LABELS)))
    return "\n".join(["## Units", "", _UNITS, *_grid(("dimension", "units"), rows), ""])


def _grid(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    yield _line(header)
    yield _line(tuple("---" for _ in header))
    for row in rows:
        yield _line(row)


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
