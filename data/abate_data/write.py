"""Cases and result tables to disk: a folder of CSV files or a workbook, whole or not at all.

Everything is first written beside its place, and moved there when it is complete. What stands there already
is never overwritten.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from abate_data.case import Case
from abate_data.cells import text_of
from abate_data.columns import Column
from abate_data.conversion import label
from abate_data.errors import Finding, InputError
from abate_data.folder import SETTINGS
from abate_data.schema import TABLES
from abate_data.settings import setting_rows, toml
from abate_data.sheets import write_sheets
from abate_data.workbook import SETTINGS as SETTINGS_SHEET


def write_case(case: Case, path: str | Path) -> None:
    """Write a case so that reading it returns an equal one.

    Parameters
    ----------
    path : of a workbook where it ends in `.xlsx`, else of a folder; nothing may stand there but an empty
        folder. A case that was read with a scenario is written as it stands, without the scenario's name.

    Raises
    ------
    InputError
        Where something stands there already, or nothing can be written there.
    """
    tables = {name: written_table(case, name) for name in TABLES if len(case[name])}
    if is_workbook(path):
        settings = pd.DataFrame(setting_rows(case.settings), columns=["key", "value"], dtype=object)
        write_whole(path, lambda part: write_sheets({SETTINGS_SHEET: settings, **tables}, part))
    else:
        write_whole(path, lambda part: write_folder(tables, part, {SETTINGS: toml(case.settings)}))


def write_tables(tables: Mapping[str, pd.DataFrame], path: str | Path) -> None:
    """Write result tables to a new workbook (`.xlsx`) or a new folder of CSV files, a sheet or file each.

    An index that says more than the number of the row is written as the first columns.

    Raises
    ------
    InputError
        Where something stands there already, or nothing can be written there.
    """
    flat = {
        name: frame if isinstance(frame.index, pd.RangeIndex) else frame.reset_index() for name, frame in tables.items()
    }
    if is_workbook(path):
        write_whole(path, lambda part: write_sheets(flat, part))
    else:
        write_whole(path, lambda part: write_folder(flat, part, {}))


def is_workbook(path: str | Path) -> bool:
    """Return whether a path is that of a workbook."""
    return Path(path).suffix.lower() == ".xlsx"


def write_whole(path: str | Path, write: Callable[[Path], None]) -> None:
    """Let `write` make a file or folder beside `path`, and move it there when it is complete.

    Raises
    ------
    InputError
        Where anything but an empty folder stands there, or nothing can be written there.
    """
    target = Path(path)
    try:
        if target.is_dir() and not any(target.iterdir()):
            target.rmdir()
        if target.exists() or target.is_symlink():
            raise InputError([Finding("output", "something stands there already", "name a new place", value=str(path))])
        with tempfile.TemporaryDirectory(dir=target.absolute().parent, prefix=".abate-") as scratch:
            part = Path(scratch) / target.name
            write(part)
            os.replace(part, target)
    except OSError as error:
        cure = "name a place in a folder that is there and may be written to"
        finding = Finding("output", f"cannot be written: {error.strerror}", cure, value=str(path))
        raise InputError([finding]) from error


def write_folder(tables: Mapping[str, pd.DataFrame], folder: Path, texts: Mapping[str, str]) -> None:
    """Write a folder of a CSV file per table, and of texts by file name."""
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    for name, frame in tables.items():
        plain = frame.set_axis(pd.Index([text_of(text) for text in frame.columns]), axis=1)
        # csv puts a text with a line break in quotes, but not yet one with a bare carriage return
        quoting: Literal[0, 2] = csv.QUOTE_NONNUMERIC if _has_return(plain) else csv.QUOTE_MINIMAL
        path = folder / f"{name}.csv"
        plain.to_csv(path, index=False, encoding="utf-8", lineterminator="\n", quoting=quoting)


def _has_return(frame: pd.DataFrame) -> bool:
    texts = (frame[name] for name in frame.columns if not pd.api.types.is_numeric_dtype(frame[name]))
    return any("\r" in str(value) for column in texts for value in column.unique())


def written_table(case: Case, name: str) -> pd.DataFrame:
    """Return a table with headers that state units: columns that are required, or say more than a default."""
    frame = case[name]
    columns = {column.name: column for column in TABLES[name].columns}
    kept = {}
    for text in frame.columns:
        column = columns.get(text)
        if column is None or column.required or not _is_default(frame[text], column):
            unit = label(column, case.settings) if column else ""
            kept[f"{text} [{unit}]" if unit else text] = _written(frame[text])
    return pd.DataFrame(kept)


def _is_default(values: pd.Series[Any], column: Column) -> bool:
    return bool((values.isna() | (values.astype(object) == column.default)).all())


def _written(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return what is written for a column: a blank for no bound, words for flags."""
    if pd.api.types.is_bool_dtype(values):
        return values.map({True: "true", False: "false"})
    return values.replace(np.inf, np.nan) if pd.api.types.is_float_dtype(values) else values
