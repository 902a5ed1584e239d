"""A case as one plain document of texts and numbers, and back: what a ledger keeps of it.

The document holds what the case's files would: the settings that are no defaults, and the columns of every table that
say more than a default. Numbers keep every digit, so that the case that is read from it equals the one written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from abate_data.case import Case
from abate_data.cells import text_of
from abate_data.read import load
from abate_data.schema import TABLES
from abate_data.write import written_table


def case_document(case: Case) -> dict[str, Any]:
    """Return a case as mappings, lists, texts, numbers and None, ready for JSON.

    Returns
    -------
    ``{"case": settings, "scenario": name, "tables": {table: {heading: values}}}``; a heading states the unit of its
    column, a blank cell is None.
    """
    tables = {name: _columns(written_table(case, name)) for name in TABLES if len(case[name])}
    settings = case.settings.model_dump(mode="json", exclude_defaults=True)
    return {"case": settings, "scenario": case.scenario, "tables": tables}


def case_of(document: Mapping[str, Any]) -> Case:
    """Return the case of a document.

    Raises
    ------
    InputError
        Where the document is none of a case, or its case does not pass the checks.
    """
    tables = {name: pd.DataFrame(columns, dtype=object) for name, columns in dict(document["tables"]).items()}
    scenario = str(document["scenario"])
    if not scenario:
        return load({"case": document["case"], **tables})
    return load({"case": document["case"], **tables, "scenarios": {scenario: {}}}, scenario=scenario)


def table_document(table: pd.DataFrame) -> dict[str, list[Any]]:
    """Return any table as lists by column name; what is not a number, or blank, is None."""
    return _columns(table if isinstance(table.index, pd.RangeIndex) else table.reset_index())


def table_of(columns: Mapping[str, list[Any]]) -> pd.DataFrame:
    """Return the table of `table_document`; columns of numbers are float64 with NaN where nothing was."""
    return pd.DataFrame({name: _values(values) for name, values in columns.items()})


def _values(values: list[Any]) -> np.ndarray:
    plain = all(value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)) for value in values)
    if plain and any(isinstance(value, float) for value in values):
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return np.array(values, dtype=object)


def _columns(table: pd.DataFrame) -> dict[str, list[Any]]:
    return {str(name): [_plain(value) for value in table[name].tolist()] for name in table.columns}


def _plain(value: object) -> str | float | int | bool | None:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if np.isfinite(value) else None
    return text_of(value) or None
