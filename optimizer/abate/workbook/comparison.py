"""The tables of a comparison as files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from abate.comparison.comparing import Comparison
from abate.comparison.judging import COLUMNS
from abate.tables import with_units
from abate_data.write import write_tables


def write_comparison(comparison: Comparison, path: Path) -> None:
    """Write every table of a comparison to a new workbook (`.xlsx`) or folder, whole or not at all.

    Raises
    ------
    InputError
        Where something stands there already, or nothing can be written there.
    """
    units = comparison.table.attrs["units"]
    columns = [(name, f"{says} [{units[name]}]" if units.get(name) else says) for name, says in COLUMNS.items()]
    case, view = comparison.case, comparison.view
    rows = [
        ("case", case.settings.name),
        ("scenario", case.scenario),
        ("SHA-256 of the case", case.hash),
        ("inequality of", comparison.table.attrs["inequality"]),
        ("draws, seed, relative standard deviation", f"{view.samples}, {view.seed}, {view.relative_sd:g}"),
        *[(f"column {name}", says) for name, says in columns],
        *[("citation", sentence) for sentence in case.settings.citations],
        ("licence of the figures", case.settings.licence),
    ]
    summary = pd.DataFrame(rows, columns=["item", "value"], dtype=object)
    tables = {name: with_units(table) for name, table in comparison.tables().items()}
    write_tables({"summary": summary, **tables}, path)
