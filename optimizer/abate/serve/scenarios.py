"""The scenarios of a case side by side: the plan of each, or why there is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from abate.decomposing import decompose
from abate.errors import InputError, NoPlanError, SolverError
from abate.plan import Plan
from abate.serve.tables import BASE, plain_table
from abate.tables import with_units
from abate_data.read import load, shipped_cases, shipped_scenarios
from abate_data.write import write_tables
from abate_data.xlsx import Book


def names(place: Path, source: str) -> list[str]:
    """Return the scenarios of a case: folders, or sheets `TABLE@SCENARIO` of a workbook."""
    if source in shipped_cases():
        return shipped_scenarios(source)
    if place.is_file():
        try:
            with Book(place) as book:
                titles = [sheet.title for sheet in book.sheets]
        except (InputError, OSError):
            return []
        return sorted({title.split("@", 1)[1] for title in titles if "@" in title})
    folder = place / "scenarios"
    return sorted(one.name for one in folder.iterdir() if one.is_dir()) if folder.is_dir() else []


def side_by_side(task: dict[str, Any], workbook: Path, step: Callable[[str, int, int], None]) -> dict[str, Any]:
    """Plan a case and each of its scenarios at least cost, and return them beside each other."""
    every = [None, *names(Path(str(task["source"])), str(task["source"]))]
    plans: dict[str, Plan] = {}
    rows, title, label = [], "", ""
    for done, scenario in enumerate(every):
        called = scenario or BASE
        step(called if scenario else "planning", done, len(every))
        try:
            case = load(task["source"], scenario)
            title, label = title or case.settings.title, label or case.settings.name
            plans[called] = decompose(case, time_limit=task.get("time_limit"))
            rows.append(_row(called, plans[called]))
        except (NoPlanError, SolverError, InputError) as error:
            if scenario is None and isinstance(error, InputError):
                raise
            rows.append({"scenario": called, "status": "no plan", "reason": str(error).splitlines()[0].rstrip(":")})
    table = pd.DataFrame(rows)
    table.attrs["units"] = _units(plans)
    tables = {"scenarios": table, **_regions(plans), **_targets(plans)}
    write_tables({name: with_units(one) for name, one in tables.items()}, workbook)
    facts = {"label": label, "title": title, "planned": len(plans), "scenarios": len(every)}
    return {"facts": facts, "tables": {name: plain_table(one) for name, one in tables.items()}, "files": ["plan.xlsx"]}


def _row(called: str, plan: Plan) -> dict[str, Any]:
    baseline, reduction = plan.allocation["baseline"].sum(), plan.allocation["reduction"].sum()
    return {
        "scenario": called,
        "status": "planned",
        "cost": plan.cost,
        "reduction": reduction,
        "percent": 100.0 * reduction / baseline if baseline else np.nan,
        "measures": len(plan.measures),
        "binding": int(plan.attainment["binding"].sum()),
        "reason": "",
    }


def _units(plans: dict[str, Plan]) -> dict[str, str]:
    if not plans:
        return {}
    settings = next(iter(plans.values())).case.settings
    return {"cost": f"{settings.currency}/yr", "reduction": settings.units.load}


def _regions(plans: dict[str, Plan]) -> dict[str, pd.DataFrame]:
    """Return the percent by which each region reduces, a column per scenario; none without a plan."""
    if not plans:
        return {}
    parts = [
        plan.regions.set_index(["region", "pollutant"])["percent"].rename(called) for called, plan in plans.items()
    ]
    table = pd.concat(parts, axis=1, sort=False).reset_index()
    table.attrs["units"] = dict.fromkeys(plans, "%")
    return {"regions": table}


def _targets(plans: dict[str, Plan]) -> dict[str, pd.DataFrame]:
    """Return what each target comes to, a column per scenario; none without a plan."""
    if not plans:
        return {}
    parts = [plan.attainment.set_index(["target", "unit"])["after"].rename(called) for called, plan in plans.items()]
    return {"targets": pd.concat(parts, axis=1, sort=False).reset_index()}
