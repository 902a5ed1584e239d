"""A case to fill in, as a folder or a workbook, made from the declarations that the checks use.

It holds a small example, so that every command can be tried at once and each figure has a model to be written over.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from abate_data import example
from abate_data.columns import Column
from abate_data.conversion import label
from abate_data.dictionary import setting_fields, tables_page
from abate_data.folder import SETTINGS
from abate_data.schema import TABLES
from abate_data.settings import Settings, Units, toml_value
from abate_data.template_book import write_template_book
from abate_data.write import is_workbook, write_folder, write_whole

#: What the rows of the setting with an entry per parameter mean in a workbook.
QUALITY_MEANING = (
    "unit of one parameter, whose name ends the key, as in units.quality.tp with the value mg/L; a row for each of them"
)

#: What an empty template says until the planner says otherwise.
DEFAULTS = Settings(
    name="my-case",
    units=Units(load="kg/yr", flow="m3/s", length="km", area="km2", velocity="m/s"),
)


def write_template(path: str | Path, *, blank: bool = False) -> None:
    """Write a case to fill in: a workbook where `path` ends in `.xlsx`, else a folder.

    Every table has its header, with units; what it means stands in a note on each header of the workbook, and
    in README.md of the folder. Tables that are not needed may be deleted, or left without rows.

    Parameters
    ----------
    blank : without the rows of the example (`abate_data.example`).

    Raises
    ------
    InputError
        Where something stands there already, or nothing can be written there.
    """
    settings = DEFAULTS if blank else example.SETTINGS
    tables = {name: _table(name, settings, blank=blank) for name in (*example.ROWS, *TABLES)}
    if is_workbook(path):
        rows = list(_setting_rows(settings))
        write_whole(path, lambda part: write_template_book(tables, rows, part))
    else:
        texts = {SETTINGS: _toml(settings), "README.md": tables_page()}
        write_whole(path, lambda part: write_folder({name: tables[name] for name in TABLES}, part, texts))


def _table(name: str, settings: Settings, *, blank: bool) -> pd.DataFrame:
    """Return a table of every column, with the rows of the example where it has any."""
    columns = TABLES[name].columns
    headings = [heading(column, settings) for column in columns]
    if blank or name not in example.ROWS:
        return pd.DataFrame(columns=headings)
    given, rows = example.ROWS[name]
    cells = [[dict(zip(given, row, strict=True)).get(column.name) for column in columns] for row in rows]
    return pd.DataFrame(cells, columns=headings, dtype=object)


def heading(column: Column, settings: Settings) -> str:
    """Return the heading of a column, with the unit that its numbers are in; money stays as the planner's own."""
    unit = column.unit if "money" in column.unit else label(column, settings)
    qualities = set(settings.units.quality.values())
    if "quality" in column.unit and len(qualities) == 1:
        unit = column.unit.replace("/", " per ").replace("quality", min(qualities)).replace("load", settings.units.load)
    return f"{column.name} [{unit}]" if unit else column.name


def _given(settings: Settings) -> dict[str, Any]:
    """Return the settings that a template fills in, by key: what differs from a default, and every text."""
    values = {**settings.model_dump(), **{f"units.{name}": unit for name, unit in settings.units.model_dump().items()}}
    stated = settings.model_dump(exclude_defaults=True).keys() | {"units.quality"}
    return {key: value for key, value in values.items() if value and (isinstance(value, str) or key in stated)}


def _setting_rows(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Yield every setting as (key, value, meaning), as a workbook has them: a row per entry."""
    given = _given(settings)
    for key, _, _, meaning in setting_fields():
        value = given.get(key, "")
        if key == "units.quality":
            units = value or {"PARAMETER": ""}
            yield from ((f"{key}.{name}", unit, QUALITY_MEANING) for name, unit in units.items())
        elif isinstance(value, tuple):
            yield from ((key, entry, meaning) for entry in value)
        else:
            yield key, str(value), meaning


def _toml(settings: Settings) -> str:
    """Return the settings as TOML, each under its meaning; those without a value are commented out."""
    given = _given(settings)
    lines, group = ["# What holds for the whole case. Lines that begin with # say nothing."], ""
    for key, _, _, meaning in setting_fields():
        name = key.rpartition(".")[2]
        if key != name and key.split(".")[0] != group:
            group = key.split(".")[0]
            lines += ["", f"[{group}]" if group == "units" else f"# [{group}]"]
        lines += ["", f"# {meaning}", f"{name} = {toml_value(given[key])}" if key in given else f"# {name} ="]
    return "\n".join(lines) + "\n"
