"""An empty case to fill in, as a folder or a workbook, made from the declarations that the checks use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from abate_data.columns import Column
from abate_data.conversion import label
from abate_data.dictionary import COLUMN_HEADS, blank, column_rows, facts, setting_fields, tables_page
from abate_data.folder import SETTINGS
from abate_data.schema import TABLES
from abate_data.settings import Settings, Units
from abate_data.sheets import save
from abate_data.workbook import README
from abate_data.workbook import SETTINGS as SETTINGS_SHEET
from abate_data.write import is_workbook, write_folder, write_whole

#: The row of a workbook that stands for a setting with an entry per parameter, and its meaning.
QUALITY_ROW = (
    "units.quality.PARAMETER",
    "unit of one parameter: write its name for PARAMETER, as in units.quality.tp with the value mg/L; "
    "a row for each parameter",
)

#: What a template says until the planner says otherwise.
DEFAULTS = Settings(
    name="my-case",
    units=Units(load="kg/yr", flow="m3/s", length="km", area="km2", velocity="m/s"),
)


def write_template(path: str | Path) -> None:
    """Write an empty case: a workbook where `path` ends in `.xlsx`, else a folder.

    Every table has its header, with units; what it means stands in a note on each header of the workbook, and
    in README.md of the folder. Tables that are not needed may be deleted, or left without rows.

    Raises
    ------
    InputError
        Where something stands there already, or nothing can be written there.
    """
    if is_workbook(path):
        write_whole(path, _write_workbook)
    else:
        headers = {name: pd.DataFrame(columns=_headers(name)) for name in TABLES}
        texts = {SETTINGS: _toml(), "README.md": tables_page()}
        write_whole(path, lambda part: write_folder(headers, part, texts))


def _headers(table: str) -> list[str]:
    return [_header(column) for column in TABLES[table].columns]


def _header(column: Column) -> str:
    unit = "" if "money" in column.unit else label(column, DEFAULTS)  # the currency is the planner's
    return f"{column.name} [{unit}]" if unit else column.name


def _setting_values() -> Iterator[tuple[str, str, str]]:
    """Yield every setting as (key, value, meaning), the value blank where the template has none."""
    values = {**DEFAULTS.model_dump(), **{f"units.{k}": v for k, v in DEFAULTS.units.model_dump().items()}}
    for key, _, _, meaning in setting_fields():
        value = values.get(key)
        yield key, str(value) if isinstance(value, str) else "", meaning


def _toml() -> str:
    """Return the settings as TOML, each under its meaning; those without a value are commented out."""
    lines, group = ["# What holds for the whole case. Lines that begin with # say nothing."], ""
    for key, value, meaning in _setting_values():
        name = key.rpartition(".")[2]
        if key != name and key.split(".")[0] != group:
            group = key.split(".")[0]
            lines += ["", f"[{group}]" if group == "units" else f"# [{group}]"]
        lines += ["", f"# {meaning}", f'{name} = "{value}"' if value else f"# {name} ="]
    return "\n".join(lines) + "\n"


def _write_workbook(path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    readme = book.active
    readme.title = README
    readme.append(["table", *COLUMN_HEADS])
    for table in TABLES.values():
        readme.append([table.name, f"{'required' if table.required else 'optional'}: a row is {table.row}"])
        for row in column_rows(table):
            readme.append([table.name, *row])
    settings = book.create_sheet(SETTINGS_SHEET)
    settings.append(["key", "value", "meaning"])
    for key, value, meaning in _setting_values():
        name, said = QUALITY_ROW if key == "units.quality" else (key, meaning)
        settings.append([name, value or None, said])
    settings.column_dimensions["A"].width, settings.column_dimensions["B"].width = 24, 40
    for name in TABLES:
        _add_sheet(book.create_sheet(name), name)
    save(book, path)


def _add_sheet(sheet: Any, table: str) -> None:
    """Fill one sheet: headers with notes, and lists to choose from."""
    from openpyxl.comments import Comment
    from openpyxl.styles import Font
    from openpyxl.worksheet.datavalidation import DataValidation

    sheet.freeze_panes = "A2"
    for place, column in enumerate(TABLES[table].columns, start=1):
        cell = sheet.cell(1, place, _header(column))
        cell.font = Font(bold=True)
        note = f"{column.description}\n{facts(column)}\nblank: {blank(column)}"
        cell.comment = Comment(note, "abate", width=320, height=120)
        sheet.column_dimensions[cell.column_letter].width = max(12, len(cell.value) + 2)
        choices = ("true", "false") if column.kind == "flag" else tuple(filter(None, column.choices))
        if choices:
            listed = DataValidation("list", formula1=f'"{",".join(choices)}"', allow_blank=True)
            listed.add(f"{cell.column_letter}2:{cell.column_letter}1048576")
            sheet.add_data_validation(listed)
