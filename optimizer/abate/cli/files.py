"""The files of a plan or comparison: all tables, with a summary that says where they come from; and figures."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from abate.comparison.comparing import Comparison
from abate.comparison.judging import COLUMNS
from abate.errors import Finding, InputError
from abate.loop.revision import Revision
from abate.plan import Plan
from abate.tables import objective_unit, with_units
from abate_data.write import write_tables

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Endings of the figures that are saved, and dots per inch of those that are made of dots.
FIGURES, RESOLUTION = (".png", ".svg", ".pdf"), 110
#: Keeps the time of day out of figures, as a fixed salt keeps chance, so that the same comparison gives the same bytes.
_NO_CLOCK: dict[str, dict[str, None]] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}

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


def refuse_taken(path: Path) -> None:
    """Raise InputError where nothing can be written, before work is spent on it."""
    if path.suffix.lower() not in ("", ".xlsx"):
        cure = "end it in .xlsx for a workbook, or give it no ending for a folder of CSV"
        raise InputError([Finding("output", "is no kind of file that is written here", cure, value=str(path))])
    refuse_place("output", path)


def refuse_place(what: str, path: Path) -> None:
    """Raise InputError where something stands already, or the folder is not there."""
    empty = path.is_dir() and not any(path.iterdir())
    if not empty and (path.exists() or path.is_symlink()):
        cure = "name a new place, or move what is there"
        raise InputError([Finding(what, "something stands there already", cure, value=str(path))])
    if not path.absolute().parent.is_dir():
        cure = "make that folder, or name a place in one that is there"
        raise InputError([Finding(what, "lies in a folder that is not there", cure, value=str(path))])


def refuse_figure(path: Path) -> None:
    """Raise InputError where no figure can be saved, before work is spent on it."""
    if path.suffix.lower() not in FIGURES:
        cure = f"end it in {', '.join(FIGURES)}"
        raise InputError([Finding("figure", "is no kind of figure that is made here", cure, value=str(path))])
    refuse_place("figure", path)


def save_figure(figure: Figure, path: Path) -> None:
    """Save a figure, whole or not at all.

    Raises
    ------
    InputError
        Where nothing can be written there.
    """
    from matplotlib import rc_context

    try:
        with tempfile.TemporaryDirectory(dir=path.absolute().parent) as folder, rc_context({"svg.hashsalt": "abate"}):
            drawn = Path(folder) / path.name
            figure.savefig(drawn, dpi=RESOLUTION, metadata=_NO_CLOCK.get(path.suffix.lower()))
            drawn.replace(path)
    except OSError as error:
        cure = "name a place where you may write"
        raise InputError([Finding("figure", f"cannot be written: {error.strerror}", cure, value=str(path))]) from error


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


def write_plan(plan: Plan, path: Path) -> None:
    """Write a summary and every table of a plan to a new workbook (`.xlsx`) or folder, whole or not at all.

    Raises
    ------
    InputError
        Where something stands there already, or nothing can be written there.
    """
    tables = {name: with_units(table) for name, table in plan.tables().items()}
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
