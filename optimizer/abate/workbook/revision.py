"""The tables of a revision as files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from abate.loop.revision import Revision
from abate.tables import with_units
from abate_data.write import write_tables


def write_revision(revision: Revision, path: Path) -> None:
    """Write a summary and every table of a revision to a new workbook (`.xlsx`) or folder, whole or not at all.

    Raises
    ------
    InputError
        Where something stands there already, or nothing can be written there.
    """
    inputs, entry = revision.inputs, revision.entry
    rows = [
        ("region", inputs.region),
        ("cycle", inputs.cycle),
        ("new plan", revision.renewed),
        ("reason", revision.reason),
        ("SHA-256 of the case", inputs.case.hash),
        ("row of the ledger", "" if entry is None else entry.row_hash),
        *[("note", note) for note in revision.notes],
        *[("choice", f"{name} = {value}") for name, value in inputs.realignment.to_json().items()],
    ]
    overview = pd.DataFrame(rows, columns=["item", "value"], dtype=object)
    tables = {name: with_units(table) for name, table in revision.tables().items()}
    write_tables({"summary": overview, **tables}, path)
