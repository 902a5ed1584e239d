"""The tables of a front as files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from abate.front.allocations import allocations
from abate.front.front import Front
from abate.front.stored import save
from abate.tables import with_units
from abate_data.case import Case
from abate_data.write import write_tables


def write_front(case: Case, front: Front, path: Path) -> None:
    """Write a front to a file that can be loaded (`.npz`), or its tables to a new workbook (`.xlsx`) or folder.

    Raises
    ------
    InputError
        Where something stands there already, or nothing can be written there.
    """
    if path.suffix == ".npz":
        save(front, path)
        return
    tables = {"points": front.points.reset_index().rename_axis(index=None)}
    tables["points"].attrs = dict(front.points.attrs)
    if len(front.names) == 2:
        tables["rates"] = front.rates
    tables["allocations"] = allocations(front)
    tables["solves"] = pd.DataFrame({"name": list(front.solves), "solves": list(front.solves.values())})
    if len(front.history):
        tables["history"] = front.history
    headed = {name: with_units(table) for name, table in tables.items()}
    write_tables({"summary": _summary(case, front), **headed}, path)


def _summary(case: Case, front: Front) -> pd.DataFrame:
    settings, knee = case.settings, front.knee()
    rows: list[tuple[str, object, str]] = [
        ("case", settings.name, ""),
        ("title", settings.title, ""),
        ("scenario", case.scenario, ""),
        ("SHA-256 of the case", case.hash, ""),
        ("points", len(front), ""),
        ("status", front.status, ""),
        ("method", front.method, ""),
        ("why this method", front.why, ""),
        ("knee", f"point {knee.point}", ""),
        ("hypervolume", front.hypervolume(), "share of the box from ideal to nadir"),
    ]
    for place, criterion in enumerate(front.criteria):
        wanted = "most" if criterion.maximised else "least"
        sign = front.signs[place]
        rows += [
            (f"objective {criterion.name}", f"the {wanted} is best", criterion.unit),
            (f"proved best {criterion.name}", sign * front.ideal[place], criterion.unit),
            (f"worst {criterion.name} on the front", sign * front.nadir[place], criterion.unit),
        ]
    rows += [("assumption of the case", sentence, "") for sentence in settings.assumptions]
    rows += [("citation", sentence, "") for sentence in settings.citations]
    rows += [("licence of the figures", settings.licence, "")]
    return pd.DataFrame(rows, columns=["item", "value", "unit"], dtype=object)
