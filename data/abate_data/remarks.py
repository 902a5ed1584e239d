"""What is allowed in a case and yet seldom meant: notes that stop nobody from planning."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from abate_data.case import Case
from abate_data.cells import text_of
from abate_data.errors import Finding
from abate_data.schema import OXYGEN, TABLES

#: So many rows of one note are listed; the others are counted.
LISTED = 10
#: Permits that differ from loads by so many times look like a slip of units.
FAR = 100.0

Mask = NDArray[np.bool_]


def notes(case: Case) -> list[Finding]:
    """Return what a planner may want to look at again; an empty list where nothing is.

    Parameters
    ----------
    case : any case that has passed its checks.

    Returns
    -------
    list of Finding
        By rule. Rows are named by their ids, for a case no longer knows the rows of its files; of each rule at
        most ten are listed and the others counted.
    """
    rules = (
        note_sources_without_region,
        note_loads_that_reach_nothing,
        note_oxygen_at_most,
        note_percentages_below_one,
        note_no_options,
        note_permits_far_from_loads,
        note_unused,
        note_certain_figures,
        note_oxygen_background,
    )
    return [finding for rule in rules for finding in rule(case)]


def note_sources_without_region(case: Case) -> Iterator[Finding]:
    """Note sources that lie in no region where regions are given."""
    wrong = case.codes("sources", "region") < 0
    if len(case["regions"]):
        problem = "the source has no region and counts in no region"
        yield from _rows(case, "sources", "region", wrong, problem, "name its region if it lies in one")


def note_loads_that_reach_nothing(case: Case) -> Iterator[Finding]:
    """Note loads that change the quality nowhere, in a case that judges quality."""
    if not (case["targets"]["kind"] == "quality").any():
        return
    size = len(case.ids("loads", "pollutant"))
    source, pollutant = case.codes("loads", "source"), case.codes("loads", "pollutant")
    led = case.codes("transfer", "source") * size + case.codes("transfer", "pollutant")
    on_reach = case.codes("sources", "source")[case.codes("sources", "reach") >= 0]
    by_river = np.isin(source, on_reach) & np.isin(pollutant, case.codes("kinetics", "pollutant"))
    wrong = (case.values("loads", "load") > 0) & ~np.isin(source * size + pollutant, led) & ~by_river
    cure = "add a row to transfer, or the source's reach and the pollutant's kinetics, if it does harm somewhere"
    yield from _rows(case, "loads", "source", wrong, "the load reaches no receptor", cure)


def note_oxygen_at_most(case: Case) -> Iterator[Finding]:
    """Note upper limits of dissolved oxygen."""
    targets = case["targets"]
    wrong = (targets["kind"] == "quality") & (targets["parameter"] == OXYGEN) & (targets["sense"] == "at_most")
    cure = "write at_least if this is the oxygen that must be there"
    problem = "is an upper limit of dissolved oxygen; probably at_least is meant"
    yield from _rows(case, "targets", "sense", wrong.to_numpy(dtype=bool), problem, cure)


def note_percentages_below_one(case: Case) -> Iterator[Finding]:
    """Note percentages that look like fractions."""
    limit = case.values("targets", "limit")
    percent = case["targets"]["basis"].isin(["percent", "gap_closure"]).to_numpy()
    for position in _first(wrong := percent & (limit > 0) & (limit < 1)):
        percent_meant = f"{100 * limit[position]:.6g}"
        problem = f"is {limit[position]:.6g} %, less than one percent"
        cure = f"write {percent_meant} for {percent_meant} %"
        yield _finding(case, "targets", "limit", position, problem, cure)
    yield from _others("targets", "limit", wrong)


def note_no_options(case: Case) -> Iterator[Finding]:
    """Note a case that says what must hold, and not what can be done."""
    if case["options"].empty:
        problem = (
            "the table has no rows: strategies that need no costs can be compared, but there is no plan of least cost"
        )
        yield Finding("options", problem, "fill it, and removals, if there are measures with costs to choose from")


def note_permits_far_from_loads(case: Case) -> Iterator[Finding]:
    """Note permits that are so far from the loads, all together, that they look like another unit."""
    load, permit = case.values("loads", "load"), case.values("loads", "permit_load")
    given = ~np.isnan(permit) & (permit > 0) & (load > 0)
    if not given.any():
        return
    ratio = float(permit[given].sum() / load[given].sum())
    if not 1 / FAR < ratio < FAR:
        cure = f"check the unit: loads are in {case.settings.units.load}"
        yield Finding("loads", f"permits come to {ratio:.3g} times the loads", cure, column="permit_load")


def note_unused(case: Case) -> Iterator[Finding]:
    """Note figures that a plan of a single stage does not use."""
    for table, column, done in (
        ("targets", "year", "there all targets hold at once, whatever their year"),
        ("options", "first_year", "there every option may be used, whatever its first year"),
    ):
        count = int((~np.isnan(case.values(table, column))).sum())
        if count:
            rows = "1 row" if count == 1 else f"{count} rows"
            problem = f"is given in {rows} and not used by a plan of one year: {done}"
            yield Finding(table, problem, "plan the years together with abate.schedule or abate.revise", column=column)


def note_certain_figures(case: Case) -> Iterator[Finding]:
    """Note probabilities where every figure is taken as known."""
    count = int((~np.isnan(case.values("targets", "probability"))).sum())
    deviations = [case.values(*column) for column in (("transfer", "relative_sd"), ("loads", "relative_sd"))]
    if count and not any((given > 0).any() for given in [*deviations, case.values("background", "sd")]):
        rows = "1 row" if count == 1 else f"{count} rows"
        problem = f"is given in {rows}, and no figure is said to be uncertain: targets are met for expected figures"
        cure = "give relative_sd of transfer and loads, or sd of background"
        yield Finding("targets", problem, cure, column="probability")


def note_oxygen_background(case: Case) -> Iterator[Finding]:
    """Note receptors whose dissolved oxygen is taken as saturated but for the loads."""
    if case["reaches"].empty or not (case.values("kinetics", "oxygen_demand") > 0).any():
        return
    oxygen = (case["background"]["parameter"] == OXYGEN).to_numpy(dtype=bool)
    given = np.isin(case.codes("receptors", "receptor"), case.codes("background", "receptor")[oxygen])
    wrong = (case.codes("receptors", "reach") >= 0) & ~given
    problem = "the background of dissolved oxygen is not given and taken as saturation at the reach's temperature"
    cure = "add a row to background if the river comes with less"
    yield from _rows(case, "receptors", "receptor", wrong, problem, cure)


def _rows(case: Case, table: str, column: str, wrong: Mask, problem: str, cure: str) -> Iterator[Finding]:
    """Yield a finding for each of the first rows that are noted, and one that counts the others."""
    for position in _first(wrong):
        yield _finding(case, table, column, position, problem, cure)
    yield from _others(table, column, wrong)


def _first(wrong: Mask) -> list[int]:
    return [int(position) for position in np.flatnonzero(wrong)[:LISTED]]


def _others(table: str, column: str, wrong: Mask) -> Iterator[Finding]:
    count = int(wrong.sum())
    if count > LISTED:
        more = f"{count - LISTED} more rows like these, {count} in all"
        yield Finding(table, more, "look at them likewise", column=column)


def _finding(case: Case, table: str, column: str, position: int, problem: str, cure: str) -> Finding:
    ids = [(name, _text(case, table, name, position)) for name in TABLES[table].key]
    row = ", ".join(f"{name} {text!r}" for name, text in ids if text)
    return Finding(table, problem, cure, row, column, _text(case, table, column, position))


def _text(case: Case, table: str, column: str, position: int) -> str:
    return text_of(case.tables[table][column].iloc[position])
