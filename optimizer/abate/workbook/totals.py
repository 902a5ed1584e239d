"""Totals of a plan's tables as formulas, each beside what the plan says and the difference.

A total is taken over the rows of one pollutant, which is compared letter by letter (`EXACT`): as a criterion of
`SUMIFS` a name such as `<5` or `P*` would mean something else. `SUBTOTAL(109, ...)` is what a filter shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from abate_data.places import cell_range
from abate_data.sheets import Formula

COLUMNS = ["total of", "table", "pollutant", "total", "unit", "as the plan says", "difference", "shown by the filter"]


@dataclass(frozen=True)
class Total:
    """A column to add up, and where the plan says what it adds up to, by pollutant.

    Attributes
    ----------
    table, column : what is added up; its rows are those of several pollutants where it has a column `pollutant`.
    said : what the plan says, by pollutant; under an empty name where the table has none.
    """

    table: str
    column: str
    said: Mapping[str, float]


def totals(tables: Mapping[str, pd.DataFrame], wanted: list[Total]) -> pd.DataFrame:
    """Return the sheet of totals.

    Parameters
    ----------
    tables : the tables as they are written: from A1 on a sheet of their name, without an index.
    wanted : what is added up; columns that a table does not have, and tables without rows, are left out.
    """
    entries = [
        (tables[total.table], total, pollutant)
        for total in wanted
        if len(tables.get(total.table, ())) and total.column in tables[total.table]
        for pollutant in total.said
    ]
    rows = [_row(*entry, line) for line, entry in enumerate(entries, start=2)]
    return pd.DataFrame(rows, columns=COLUMNS, dtype=object)


def _row(table: pd.DataFrame, total: Total, pollutant: str, line: int) -> tuple[object, ...]:
    """Return a row of the sheet; `line` is its number there."""
    columns = list(table.columns)
    cells = cell_range(total.table, columns.index(total.column), 2, len(table) + 1)
    values = table[total.column].to_numpy(dtype=np.float64)
    everything = float(np.nansum(values))
    if pollutant:
        names = cell_range(total.table, columns.index("pollutant"), 2, len(table) + 1)
        now = float(np.nansum(values[table["pollutant"].to_numpy() == pollutant]))
        # SUMPRODUCT of two arrays takes a blank cell for 0
        formula = Formula(f"=SUMPRODUCT(--EXACT({names},C{line}),{cells})", now)
    else:
        now, formula = everything, Formula(f"=SUM({cells})", everything)
    said = total.said[pollutant]
    unit = table.attrs.get("units", {}).get(total.column, "")
    difference = Formula(f"=D{line}-F{line}", now - said)
    shown = Formula(f"=SUBTOTAL(109,{cells})", everything)
    return total.column, total.table, pollutant, formula, unit, said, difference, shown
