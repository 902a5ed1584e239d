"""A case in a workbook: a sheet `case` of keys and values, a sheet per table, `TABLE@SCENARIO` for some.

A workbook is a packed file that a stranger may have made, so its unpacked size is looked at before it is
read, and the extent of its sheets before their cells are.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from abate_data.cells import text_of
from abate_data.draft import LISTED
from abate_data.errors import Finding, InputError
from abate_data.names import offer, sentence
from abate_data.raw import Raw, require_scenario
from abate_data.schema import TABLES
from abate_data.settings import Settings

SETTINGS = "case"
README = "README"
#: Between the name of a table and that of the scenario in which its sheet replaces the table.
AT = "@"

#: Bytes that a workbook may unpack to, and how many times its packed size where that is not little.
MAX_UNPACKED = 200_000_000
MAX_RATIO = 100
LITTLE = 10_000_000
#: Cells of a sheet, blank ones inside its used range included.
MAX_CELLS = 5_000_000

_LARGE = "delete what is not data, or use a folder of CSV files"
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_ESCAPE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def escape(text: str) -> str:
    """Return a text as a workbook stores it: characters that XML does not know as `_xHHHH_`."""
    return _ESCAPE.sub(lambda match: f"_x{ord(match.group()):04X}_", text)


def unescape(text: str) -> str:
    """Return the text that `escape` was given."""
    return _ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), text)


def read_workbook(path: Path, scenario: str | None) -> Raw:
    """Read the sheets of a workbook as they are.

    Raises
    ------
    InputError
        Where the file is no workbook, is too large, or has no such scenario. What is wrong with a sheet is a
        finding of the result.
    """
    book = _open(path)
    findings: list[Finding] = []
    unread: set[tuple[str, int, int]] = set()
    sheets = {_name(sheet.title): sheet for sheet in book.worksheets if _is_meant(sheet)}
    tables = {title: title for title in sheets if AT not in title and title not in (SETTINGS, README)}
    if scenario is not None:
        require_scenario(scenario, sorted({title.split(AT, 1)[1] for title in sheets if AT in title}))
        tables |= {title.split(AT, 1)[0]: title for title in sheets if title.endswith(AT + scenario)}
    frames = {}
    for name, title in tables.items():
        if name in TABLES:
            frames[name] = _frame(_rows(sheets[title], name, findings, unread))
        else:
            cure = f"{sentence(offer(name, TABLES, 'table'))} A sheet of notes is called {README}"
            findings.append(Finding(name, "is not a table of a case", cure))
    if SETTINGS in sheets:
        settings = _settings(_rows(sheets[SETTINGS], "case.toml", findings, unread), findings)
    else:
        settings = {}
        findings.append(Finding("case.toml", "the workbook has no sheet `case`", "add it, with columns key and value"))
    return Raw(settings, frames, scenario or "", tuple(findings), SETTINGS, frozenset(unread))


def read_one_sheet(path: Path, name: str) -> tuple[pd.DataFrame, list[Finding], frozenset[tuple[str, int, int]]]:
    """Return the cells of one table's sheet, what is wrong with single cells, and where those are (see `Raw`).

    Raises
    ------
    InputError
        Where the file is no workbook or is too large, or has no such sheet.
    """
    sheets = {_name(sheet.title): sheet for sheet in _open(path).worksheets}
    if name not in sheets:
        cure = f"call the sheet with the rows {name!r}"
        raise InputError([Finding(name, "the workbook has no sheet of this name", cure, value=path.name)])
    findings: list[Finding] = []
    unread: set[tuple[str, int, int]] = set()
    return _frame(_rows(sheets[name], name, findings, unread)), findings, frozenset(unread)


def _name(title: str) -> str:
    """Return the name that a sheet stands for: `Loads` is loads, `LOADS@dry` is loads@dry."""
    table, mark, scenario = title.partition(AT)
    known = {name.casefold(): name for name in (SETTINGS, README, *TABLES)}
    return known.get(table.casefold(), table) + mark + scenario


def _is_meant(sheet: Any) -> bool:
    """Return whether a sheet says anything: a blank one such as `Sheet1` does only where it is called like a table."""
    if _name(sheet.title).partition(AT)[0] in (SETTINGS, README, *TABLES):
        return True
    if sheet.max_row * sheet.max_column > MAX_CELLS:
        return True
    return any(value not in (None, "") for row in sheet.iter_rows(values_only=True) for value in row)


def _open(path: Path) -> Any:
    import openpyxl

    problem, cure = "is not a workbook", "save it as an Excel workbook (.xlsx)"
    try:
        with zipfile.ZipFile(path) as packed:
            unpacked = sum(member.file_size for member in packed.infolist())
        if unpacked > MAX_UNPACKED or unpacked > max(LITTLE, MAX_RATIO * path.stat().st_size):
            size = f"unpacks to {unpacked / 1e6:.0f} MB"
            raise InputError([Finding(path.name, f"the workbook {size}, more than is safe to read", _LARGE)])
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of parts that openpyxl does not know and we do not need
            return openpyxl.load_workbook(file)
    except InputError:
        raise
    except OSError as error:
        problem, cure = f"cannot be read: {error.strerror}", "check that the file is there and may be read"
        raise InputError([Finding(path.name, problem, cure)]) from error
    except Exception as error:  # openpyxl raises whatever a broken part of the file makes it stumble over
        raise InputError([Finding(path.name, problem, cure)]) from error


def _rows(sheet: Any, name: str, findings: list[Finding], unread: set[tuple[str, int, int]]) -> dict[int, list[Any]]:
    """Return the rows that are not blank, by number; what is no plain cell becomes a finding and is unread."""
    if sheet.max_row * sheet.max_column > MAX_CELLS:
        problem = f"sheet {sheet.title} uses {sheet.max_row} rows and {sheet.max_column} columns"
        findings.append(Finding(name, problem, _LARGE))
        return {}
    for merged in sheet.merged_cells.ranges:
        cure = "unmerge them and fill every cell"
        findings.append(Finding(name, f"sheet {sheet.title} has merged cells", cure, value=str(merged)))
    live = [cell for row in sheet.iter_rows() for cell in row if cell.data_type in ("f", "e")]
    findings.extend(_formulas(live, sheet.title, name))
    unread |= {(name, cell.row, cell.column - 1) for cell in live}
    rows = {row[0].row: [_value(cell) for cell in row] for row in sheet.iter_rows()}
    return {number: row for number, row in rows.items() if any(value not in (None, "") for value in row)}


def _value(cell: Any) -> Any:
    if cell.data_type not in "nbsd":  # a formula or its error
        return None
    return unescape(cell.value) if isinstance(cell.value, str) else cell.value


def _formulas(wrong: list[Any], title: str, name: str) -> Iterator[Finding]:
    """Yield a finding for each of the first cells that hold a formula or its error."""
    for cell in wrong[:LISTED]:
        kind = "a formula" if cell.data_type == "f" else "an error"
        problem = f"cell {cell.coordinate} of sheet {title} holds {kind}"
        cure = "replace it by its value (copy, then paste as values)"
        value = cell.value if isinstance(cell.value, str) else getattr(cell.value, "text", "")
        yield Finding(name, problem, cure, row=f"row {cell.row}", value=str(value))
    if len(wrong) > LISTED:
        yield Finding(name, f"{len(wrong) - LISTED} more cells like these, {len(wrong)} in all", "mend them likewise")


def _frame(rows: dict[int, list[Any]]) -> pd.DataFrame:
    """Return the rows below row 1 as a frame, with the texts of row 1 as header."""
    header = [text_of(value) for value in rows.pop(1, [])]
    width = max([len(header), *(len(row) for row in rows.values())])
    header += [""] * (width - len(header))
    columns = {i: pd.Series([row[i] for row in rows.values()], dtype=object) for i in range(width)}
    frame = pd.DataFrame(columns, columns=range(width))
    return frame.set_axis(pd.Index(list(rows), dtype="int64"), axis=0).set_axis(pd.Index(header, dtype=object), axis=1)


def _settings(rows: dict[int, list[Any]], findings: list[Finding]) -> dict[str, Any]:
    """Return the settings of a sheet of keys and values; dots go down a level, repeated keys make a list."""
    settings: dict[str, Any] = {}
    lists = {name for name, entry in Settings.model_fields.items() if entry.default == ()}
    for number, row in rows.items():
        key, value = (text_of(cell).strip() for cell in [*row, None][:2])
        if value == "" or (number == 1 and key == "key"):
            continue
        *path, last = key.split(".", 2)
        level = _level(settings, path)
        if level is None or (last in level and key not in lists):
            problem, cure = "the key is given twice, or below one that has a value", "keep one of the rows"
            findings.append(Finding("case.toml", problem, cure, row=f"row {number}", column=key))
        elif key in lists:
            level.setdefault(key, []).append(value)
        else:
            level[last] = value
    return settings


def _level(settings: dict[str, Any], path: list[str]) -> dict[str, Any] | None:
    """Return the settings at a path, made where there are none; None where a value stands in the way."""
    for part in path:
        settings = settings.setdefault(part, {})
        if not isinstance(settings, dict):
            return None
    return settings
