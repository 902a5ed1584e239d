r"""What a revision changes, and why: the loads and measures that moved, and what made each target ask for it.

An allocation moves from the load allowed before to the load allowed now in two steps, which add up:

    by what is believed   the old measures under the new figures, less the old allocation
    by measures           the new measures less the old ones, both under the new figures

A target asks for something else than before because its value under the old measures is believed to be another, or
because it has another limit or margin. Its value moves in four steps that add up: with the new baseline loads, then the
new removals, then the new transfer coefficients, then the new background.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.tables import target_units
from abate_data.case import Case
from abate_models.problem import Problem
from abate_models.receptors import Receptors
from abate_models.targets import CAP, QUALITY

Floats = NDArray[np.float64]

#: A load or extent has moved where it did so by more than this share of its size.
MOVED_SHARE = 1e-4
#: Parts of the shift of a target, and what each is called in a sentence.
PARTS = {
    "by_loads": "the loads before measures",
    "by_removals": "what measures remove",
    "by_transfer": "how quality responds to loads",
    "by_background": "the background",
    "by_margin": "the margin",
    "by_limit": "the limit and the reserve",
}


@dataclass(frozen=True)
class Position:
    """Where things stand: figures, measures, loads allowed, and the margins that targets hold.

    Attributes
    ----------
    problem : figures that are believed; options, loads, receptors and targets are the same in any two positions.
    extents : (options,).
    allowed : (loads,), load per year.
    margins : (targets,), held back beyond what the problem's own margins say, in the unit of the row.
    """

    problem: Problem
    extents: Floats
    allowed: Floats
    margins: Floats


def target_shifts(case: Case, before: Position, after: Position) -> pd.DataFrame:
    """Return a row per quality and cap target: by how much it is tighter than before under the old measures, and why.

    Returns
    -------
    target, unit, tighter (in the unit, positive where more is asked), then a column per part; the parts add up.
    """
    targets = after.problem.targets
    rows = np.sort(np.concatenate([targets.rows(QUALITY), targets.rows(CAP)])).astype(np.int64)
    steps = _values_in_steps(before, after, rows)
    sign = targets.sign[rows]
    parts = {name: sign * (steps[place + 1] - steps[place]) for place, name in enumerate(list(PARTS)[:4])}
    parts["by_margin"] = (after.margins - before.margins)[rows]
    was, is_ = before.problem.targets.allowed[rows], targets.allowed[rows]
    # a target that does not hold yet has no limit
    known = np.isfinite(was) & np.isfinite(is_)
    parts["by_limit"] = sign * np.subtract(was, is_, out=np.zeros(len(rows)), where=known)
    units = target_units(case, after.problem)
    table = pd.DataFrame({"target": [targets.ids[row] for row in rows], "unit": [units[row] for row in rows]})
    table["tighter"] = np.sum(list(parts.values()), axis=0) if len(rows) else np.zeros(0)
    return table.assign(**parts)


def _values_in_steps(before: Position, after: Position, rows: NDArray[np.int64]) -> list[Floats]:
    """Return the targets' values under the old measures, with one more kind of new figure in each step."""
    old, new, extents = before.problem, after.problem, before.extents
    loads = [
        old.loads.baseline - old.options.removal @ extents,
        new.loads.baseline - old.options.removal @ extents,
        new.loads.baseline - new.options.removal @ extents,
    ]
    mixed = replace(old.receptors, transfer=new.receptors.transfer)
    receptors = [old.receptors, old.receptors, old.receptors, mixed, new.receptors]
    steps = zip(receptors, [*loads, loads[2], loads[2]], strict=True)
    return [values_of(new, receptor, load, rows) for receptor, load in steps]


def values_of(problem: Problem, receptors: Receptors, load: Floats, rows: NDArray[np.int64]) -> Floats:
    """Return the value of quality and cap targets under given loads (loads,), in the unit of their rows."""
    targets = problem.targets
    quality = receptors.background + receptors.transfer @ load
    at = targets.quality[rows]
    return np.where(at >= 0, np.append(quality, np.nan)[at], targets.scope[rows] @ load)


def measure_changes(case: Case, before: Position, after: Position) -> pd.DataFrame:
    """Return a row per option whose extent moved: before, after, change, and what a year of the change costs."""
    options = after.problem.options
    size = np.maximum(np.abs(before.extents), np.abs(after.extents))
    moved = np.flatnonzero(np.abs(after.extents - before.extents) > MOVED_SHARE * np.maximum(size, 1e-300))
    change = (after.extents - before.extents)[moved]
    units = dict(zip(case["measures"]["measure"].astype(str), case["measures"]["unit"], strict=True))
    table = pd.DataFrame(
        {
            "source": [options.keys[row][0] for row in moved],
            "measure": [options.keys[row][1] for row in moved],
            "unit": [str(units.get(options.keys[row][1], "share")) for row in moved],
            "before": before.extents[moved],
            "after": after.extents[moved],
            "change": change,
            "yearly_cost": options.unit_cost[moved] * change,
        }
    )
    table.attrs["units"] = {"yearly_cost": f"{case.settings.currency}/yr"}
    return table


def load_changes(
    case: Case, before: Position, after: Position, asked_by: list[str], shifts: pd.DataFrame
) -> pd.DataFrame:
    """Return a row per allocation that moved: by how much, by what is believed and by measures, and why.

    Parameters
    ----------
    asked_by : per load, the target that values a further reduction there most; empty where none does.
    shifts : from `target_shifts`.
    """
    loads = after.problem.loads
    carried = loads.baseline - after.problem.options.removal @ before.extents
    by_belief, by_measures = carried - before.allowed, after.allowed - carried
    size = np.maximum(np.maximum(before.allowed, after.allowed), loads.baseline)
    moved = np.flatnonzero(np.abs(after.allowed - before.allowed) > MOVED_SHARE * size)
    reason = _target_reasons(shifts)
    table = pd.DataFrame(
        {
            "source": [loads.keys[row][0] for row in moved],
            "pollutant": [loads.keys[row][1] for row in moved],
            "before": before.allowed[moved],
            "after": after.allowed[moved],
            "change": (after.allowed - before.allowed)[moved],
            "by_belief": by_belief[moved],
            "by_measures": by_measures[moved],
            "asked_by": [asked_by[row] for row in moved],
            "why": [
                _why(before, after, int(row), by_belief[row], by_measures[row], asked_by[row], reason) for row in moved
            ],
        }
    )
    unit = case.settings.units.load
    table.attrs["units"] = dict.fromkeys(("before", "after", "change", "by_belief", "by_measures"), unit)
    return table


def _target_reasons(shifts: pd.DataFrame) -> dict[str, str]:
    """Return for each target, in a clause, which part moved it most."""
    reasons = {}
    for row in shifts.to_dict("records"):
        sign = 1.0 if row["tighter"] > 0 else -1.0
        name = max(PARTS, key=lambda part: sign * float(row[part]))
        if row["tighter"]:
            tighter = "tighter" if row["tighter"] > 0 else "looser"
            reasons[str(row["target"])] = (
                f"which is {tighter} by {abs(row['tighter']):.4g} {row['unit']}, most of it by {PARTS[name]}"
            )
    return reasons


def _why(
    before: Position,
    after: Position,
    row: int,
    by_belief: float,
    by_measures: float,
    asked_by: str,
    reason: dict[str, str],
) -> str:
    said = []
    if abs(by_belief) > MOVED_SHARE * max(after.problem.loads.baseline[row], 1e-300):
        said.append(_belief_clause(before, after, row))
    if abs(by_measures) > MOVED_SHARE * max(after.problem.loads.baseline[row], 1e-300):
        more = "less is asked" if by_measures > 0 else "more is asked"
        cause = f" for target {asked_by}" if asked_by else ""
        clause = reason.get(asked_by, "")
        said.append(f"{more}{cause}" + (f", {clause}" if clause else ""))
    return "; ".join(said)


def _belief_clause(before: Position, after: Position, row: int) -> str:
    """Say which belief moved the load under the old measures: its baseline, or what a measure removes."""
    old, new = before.problem, after.problem
    baseline = float(new.loads.baseline[row] - old.loads.baseline[row])
    removed = (new.options.removal[[row]] - old.options.removal[[row]]).toarray()[0] * before.extents
    most = int(np.abs(removed).argmax()) if len(removed) else -1
    if most >= 0 and abs(removed[most]) > abs(baseline):
        more = "more" if removed[most] > 0 else "less"
        return f"{new.options.keys[most][1]} is believed to remove {more} here"
    share = 100.0 * baseline / old.loads.baseline[row] if old.loads.baseline[row] else np.inf
    if abs(share) < 0.05:
        return "the allocation before was not what its measures leave"
    return f"the load before measures is believed {abs(share):.3g} % {'higher' if baseline > 0 else 'lower'}"
