"""The tables of a plan as a workbook shows them: with totals, and the identity of each target, as formulas."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from abate.plan import Plan
from abate.tables import objective_unit, with_units
from abate.workbook.identity import with_sums
from abate.workbook.totals import Total, totals
from abate_data.write import is_workbook, write_tables

#: What a row of each table is.
CONTENTS = {
    "allocation": "a row per source and pollutant: baseline, allowed, reduction, percent, the target that "
    "values a further reduction there most",
    "regions": "the same by region, each with all regions inside it, and the cost of the sources inside; "
    "the first rows are the whole case",
    "measures": "a row per source and measure in use: extent in the measure's unit, yearly cost",
    "practices": "a row per measure in use and pollutant: at how many sources, extent, removed load, yearly "
    "cost (of the measure, whatever the pollutant)",
    "attainment": "a row per target: value before and after, limit, margin, reserve, what is left unused",
    "out_of_reach": "a row per load that the strategy would bring lower than measures can: asked, reached, gap",
    "balance": "a row per quality and load target: limit = point + diffuse + background + margin + reserve + unused",
    "prices": "a row per target: what one unit less costs, per unit of its row and of the limit as asked",
    "certificate": "a row per check: rows checked, largest violation over its row's size, where, tolerance",
}


def plan_sheets(plan: Plan) -> dict[str, pd.DataFrame]:
    """Return the sheets of a plan by name, the totals first, units in their headings."""
    tables = plan.tables()
    names = plan.case.ids("loads", "pollutant")
    whole = plan.regions.iloc[: len(names)]  # the first rows are those of the whole case
    wanted = [
        Total("allocation", column, dict(zip(names, whole[column], strict=True)))
        for column in ("baseline", "allowed", "reduction")
    ]
    wanted.append(Total("measures", "cost", {"": plan.cost}))
    shown = {"totals": totals(tables, wanted), **tables, "balance": with_sums(plan.balance)}
    return {name: with_units(table) for name, table in shown.items()}


def write_plan(plan: Plan, path: Path) -> None:
    """Write a summary and every table of a plan to a new workbook (`.xlsx`) or folder, whole or not at all.

    A workbook has totals and the identities of targets as formulas besides.

    Raises
    ------
    InputError
        Where something stands there already, or nothing can be written there.
    """
    plain = {name: with_units(table) for name, table in plan.tables().items()}
    tables = plan_sheets(plan) if is_workbook(path) else plain
    write_tables({"summary": summary(plan), **tables}, path)


def summary(plan: Plan) -> pd.DataFrame:
    """Return rows of item, value and unit: the plan in short, its proof, its tables and its sources."""
    settings, proof = plan.case.settings, plan.certificate
    money = f"{settings.currency}/yr"
    unit = objective_unit(plan.case, plan.objective)
    rows: list[tuple[str, object, str]] = [
        ("case", settings.name, ""),
        ("title", settings.title, ""),
        ("scenario", plan.case.scenario, ""),
        ("SHA-256 of the case", proof.case_hash, ""),
        ("strategy", plan.strategy, ""),
        *[(f"figure: {name}", value, "") for name, value in plan.figures.items()],
        ("cost", plan.cost, money),
        ("price year", settings.price_year, ""),
        ("objective", plan.objective, ""),
        ("value of the objective", plan.value, unit),
        (f"proved {'upper' if proof.maximised else 'lower'} bound", proof.bound, unit),
        ("gap", proof.gap, ""),
        ("stopped", f"{proof.stop.value}, {proof.status.value}", ""),
        ("method", f"{proof.method}, {proof.iterations} iterations, {proof.solves} solves", ""),
    ]
    rows += [(f"table {name}", CONTENTS[name], "") for name in plan.tables()]
    rows += [(f"tolerance: {name}", value, "") for name, value in proof.tolerances.items()]
    rows += [(f"version of {name}", value, "") for name, value in proof.versions.items()]
    rows += [("assumption of the proof", sentence, "") for sentence in proof.assumptions]
    rows += [("assumption of the case", sentence, "") for sentence in settings.assumptions]
    rows += [("citation", sentence, "") for sentence in settings.citations]
    rows += [("licence of the figures", settings.licence, "")]
    return pd.DataFrame(rows, columns=["item", "value", "unit"], dtype=object)
