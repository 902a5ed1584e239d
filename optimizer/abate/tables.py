"""The tables of a plan, each with the units of its columns in ``attrs["units"]``."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from abate.outcome import Outcome
from abate_data.case import Case
from abate_models.problem import Problem
from abate_models.regions import Scopes, parents
from abate_models.targets import BUDGET, CAP, QUALITY

Floats = NDArray[np.float64]

#: A target counts as binding where less than this share of what it allows is left unused.
BINDING_SHARE = 1e-6


def with_units(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the unit in each heading that has one, ``allowed [kg/yr]``."""
    units: dict[str, str] = table.attrs.get("units", {})
    named = table.rename(columns={column: f"{column} [{unit}]" for column, unit in units.items() if unit})
    named.attrs = {}
    return named


def allocation(case: Case, problem: Problem, outcome: Outcome) -> pd.DataFrame:
    """Return a row per load: baseline, allowed, reduction, percent, and the target that values it most."""
    loads = problem.loads
    sources = case["sources"]
    table = pd.DataFrame(
        {
            "source": case["loads"]["source"].astype(str),
            "pollutant": case["loads"]["pollutant"].astype(str),
            "region": sources["region"].astype(object).fillna("").to_numpy()[loads.source],
            "sector": sources["sector"].astype(object).fillna("").to_numpy()[loads.source],
            "baseline": loads.baseline,
            "allowed": outcome.load,
            "reduction": loads.baseline - outcome.load,
            "percent": _percent(loads.baseline - outcome.load, loads.baseline),
            "basis": _basis(problem, outcome),
        }
    )
    return _units(table, case, load=("baseline", "allowed", "reduction"), percent=("percent",))


def regions(case: Case, problem: Problem, outcome: Outcome) -> pd.DataFrame:
    """Return a row per region and pollutant, each with all regions inside it; the whole case comes first."""
    loads, scopes = problem.loads, Scopes(case)
    source_cost = np.bincount(problem.options.source, outcome.cost, len(problem.sources))
    if not problem.options.keys:  # nothing is known of costs
        source_cost = np.full(len(problem.sources), np.nan)
    names = ["all", *case.ids("regions", "region")]
    rows = []
    for region, name in enumerate(names, start=-1):
        inside = scopes.sources(region)
        for code, pollutant in enumerate(problem.pollutants):
            counted = inside[loads.source] & (loads.pollutant == code)
            baseline, allowed = float(loads.baseline[counted].sum()), float(outcome.load[counted].sum())
            rows.append((name, pollutant, baseline, allowed, baseline - allowed, float(source_cost[inside].sum())))
    columns = ["region", "pollutant", "baseline", "allowed", "reduction", "cost"]
    table = pd.DataFrame(rows, columns=columns)
    table.insert(5, "percent", _percent(table["reduction"].to_numpy(), table["baseline"].to_numpy()))
    return _units(table, case, load=("baseline", "allowed", "reduction"), percent=("percent",), money=("cost",))


def measures(case: Case, problem: Problem, outcome: Outcome) -> pd.DataFrame:
    """Return a row per option that is used: extent in the measure's unit, yearly cost."""
    options = problem.options
    used = np.flatnonzero(outcome.installed)
    table = pd.DataFrame(
        {
            "source": [options.keys[j][0] for j in used],
            "measure": [options.keys[j][1] for j in used],
            "extent": outcome.extent[used],
            "unit": measure_units(case)[options.measure[used]],
            "cost": outcome.cost[used],
        }
    )
    return _units(table, case, money=("cost",))


def practices(case: Case, problem: Problem, outcome: Outcome) -> pd.DataFrame:
    """Return a row per measure in use and pollutant that it acts on: sources, extent, removed load, cost."""
    options = problem.options
    used = np.flatnonzero(outcome.installed)
    of_loads = sparse.coo_array(options.removal[:, used])
    load, column = of_loads.coords
    acted = pd.DataFrame(
        {
            "measure": options.measure[used[column]],
            "pollutant": problem.loads.pollutant[load],
            "removed": of_loads.data * outcome.extent[used[column]],
        }
    )
    removed = acted.groupby(["measure", "pollutant"])["removed"].sum().reset_index()
    measure, names = removed["measure"].to_numpy(), case.ids("options", "measure")
    count = len(names)
    table = pd.DataFrame(
        {
            "measure": [names[code] for code in measure],
            "pollutant": [problem.pollutants[code] for code in removed["pollutant"]],
            "sources": np.bincount(options.measure[used], minlength=count)[measure],
            "extent": np.bincount(options.measure, outcome.extent, count)[measure],
            "unit": measure_units(case)[measure],
            "removed": removed["removed"],
            "cost": np.bincount(options.measure, outcome.cost, count)[measure],
        }
    )
    return _units(table, case, load=("removed",), money=("cost",))


def attainment(case: Case, problem: Problem, outcome: Outcome) -> pd.DataFrame:
    """Return a row per target: where, what it allows, the value before and after, and what is left unused."""
    targets = problem.targets
    before, after = _values(problem, outcome)
    unused = targets.sign * (targets.allowed - after)
    scale = np.maximum.reduce([np.abs(targets.allowed), np.abs(after), targets.margin])
    table = pd.DataFrame(
        {
            "target": targets.ids,
            "kind": case["targets"]["kind"].astype(str),
            "unit": target_units(case, problem),
            "before": before,
            "after": after,
            "limit": targets.limit,
            "margin": targets.margin,
            "reserve": targets.reserve,
            "unused": np.where(np.abs(unused) <= BINDING_SHARE * scale, 0.0, unused),
            "attained": unused >= -BINDING_SHARE * scale,
            "binding": np.abs(unused) <= BINDING_SHARE * scale,
        }
    )
    table.attrs["units"] = {}
    return table


def balance(case: Case, problem: Problem, outcome: Outcome) -> pd.DataFrame:
    """Return the identity of each quality and cap target: what its limit is made up of.

    For an upper limit: limit = point + diffuse + background + margin + reserve + unused. A lower limit is
    reached from above, so there margin, reserve and unused count downwards.
    """
    targets, receptors = problem.targets, problem.receptors
    rows = np.flatnonzero(np.asarray(targets.form) != BUDGET)
    quality = targets.quality[rows]
    is_quality = quality >= 0
    point = np.asarray(case["sources"]["kind"] == "point")[problem.loads.source]
    parts = []
    for counted in (point, ~point):
        load = np.where(counted, outcome.load, 0.0)
        part = targets.scope[rows] @ load
        part[is_quality] = (receptors.transfer @ load)[quality[is_quality]]
        parts.append(part)
    background = np.zeros(len(rows))
    background[is_quality] = receptors.background[quality[is_quality]]
    units = target_units(case, problem)
    sign = targets.sign[rows]
    margin, reserve = sign * targets.margin[rows], sign * targets.reserve[rows]
    table = pd.DataFrame(
        {
            "target": [targets.ids[row] for row in rows],
            "unit": [units[row] for row in rows],
            "limit": targets.limit[rows],
            "point": parts[0],
            "diffuse": parts[1],
            "background": background,
            "margin": margin,
            "reserve": reserve,
            "unused": targets.limit[rows] - parts[0] - parts[1] - background - margin - reserve,
        }
    )
    table.attrs["units"] = {}
    return table


def prices(case: Case, problem: Problem, outcome: Outcome) -> pd.DataFrame:
    """Return a row per target: what one unit of tightening costs, and where that price comes from."""
    targets = problem.targets
    units = target_units(case, problem)
    paid = objective_unit(case, outcome.objective)
    asked = asked_units(case, units)
    price = outcome.price
    table = pd.DataFrame(
        {
            "target": targets.ids,
            "price": price,
            "unit": [f"{paid} per {unit}" for unit in units],
            "price_as_asked": price * np.abs(targets.step),
            "unit_as_asked": [f"{paid} per {unit}" for unit in asked],
            "basis": "yes-or-no decisions fixed" if outcome.fixed_decisions else "linear model",
        }
    )
    table.attrs["units"] = {}
    return table


def first_level(case: Case) -> list[int]:
    """Return the positions of the regions below the root of the tree; where it has several, of the roots."""
    parent = parents(case)[:-1]
    roots = np.flatnonzero(parent < 0)
    below = np.flatnonzero(parent == roots[0]) if len(roots) == 1 else roots
    return [int(region) for region in (below if len(below) else roots)]


def out_of_reach(case: Case, missed: dict[tuple[str, str], tuple[float, float]]) -> pd.DataFrame:
    """Return a row per load (source, pollutant) of which less is asked than is reached; the two stand in `missed`."""
    rows = [(*key, asked, reached, reached - asked) for key, (asked, reached) in missed.items()]
    table = pd.DataFrame(rows, columns=["source", "pollutant", "asked", "reached", "gap"])
    table = table.astype({"asked": float, "reached": float, "gap": float})
    return _units(table, case, load=("asked", "reached", "gap"))


def target_units(case: Case, problem: Problem) -> list[str]:
    """Return the unit of each target's row."""
    targets, units = problem.targets, case.settings.units
    names = {QUALITY: "", CAP: units.load, BUDGET: f"{case.settings.currency}/yr"}
    return [
        units.quality.get(problem.receptors.keys[at][1], "") if form == QUALITY else names[form]
        for form, at in zip(targets.form, targets.quality, strict=True)
    ]


def objective_unit(case: Case, objective: str) -> str:
    """Return the unit of an objective's value."""
    kind, _, of = objective.partition(":")
    if kind == "exposure":
        parameters = case.settings.units.quality
        unit = parameters.get(of) or next(iter(parameters.values()), "")
        return f"people x {unit}"
    known = {
        "cost": f"{case.settings.currency}/yr",
        "total_load": case.settings.units.load,
        "removal": case.settings.units.load,
        "inequity": "Gini, 0 to 1",
        "tail_risk": "share of the limit",
    }
    return known.get(kind, "share")


def measure_units(case: Case) -> NDArray[np.object_]:
    """Return the unit of each measure's extent; a measure without a row of its own counts in shares."""
    unit = np.full(len(case.ids("options", "measure")), "share", dtype=object)
    unit[case.codes("measures", "measure")] = case["measures"]["unit"].to_numpy(dtype=object)
    return unit


def asked_units(case: Case, units: list[str]) -> list[str]:
    """Return the unit of each target's limit as the planner wrote it; `units` are those of the rows."""
    kind, basis = case["targets"]["kind"], case["targets"]["basis"]
    return [
        "percentage point"
        if basis_ in ("percent", "gap_closure")
        else f"{unit} per {basis_}"
        if kind_ == "intensity"
        else unit
        for kind_, basis_, unit in zip(kind, basis, units, strict=True)
    ]


def _values(problem: Problem, outcome: Outcome) -> tuple[Floats, Floats]:
    """Return the value of each target's row with no measure and with the plan's."""
    nothing = np.zeros_like(outcome.cost)
    before = target_values(problem, problem.loads.baseline, nothing)
    return before, target_values(problem, outcome.load, outcome.cost)


def target_values(problem: Problem, load: Floats, cost: Floats) -> Floats:
    """Return the value of each target's row under loads and costs of options: quality, sum of loads or money."""
    targets, receptors = problem.targets, problem.receptors
    value = targets.scope @ load
    quality = receptors.background + receptors.transfer @ load
    value[targets.quality >= 0] = quality[targets.quality[targets.quality >= 0]]
    at = targets.rows(BUDGET)
    value[at] = targets.sources[at] @ np.bincount(problem.options.source, cost, len(problem.sources))
    return np.asarray(value)


def marginal_values(problem: Problem, outcome: Outcome) -> sparse.csr_array:
    """Return (targets x loads): worth of one unit less of a load through each target, in objective units.

    Where a target holds with a probability, a unit less of a load takes from the target's margin as well.
    """
    targets, receptors = problem.targets, problem.receptors
    priced = np.flatnonzero(outcome.price > 0)
    weight = outcome.price * targets.sign
    pieces = [
        targets.scope[[row]] * weight[row]
        if targets.quality[row] < 0
        else receptors.transfer[[targets.quality[row]]] * weight[row]
        for row in priced
    ]
    if outcome.held is not None:
        slopes = [outcome.held.slope[[row]] * outcome.price[row] for row in priced]
        pieces = [piece + slope for piece, slope in zip(pieces, slopes, strict=True)]
    stacked = sparse.vstack(pieces, format="csr") if pieces else sparse.csr_array((0, len(problem.loads.keys)))
    chosen = sparse.csr_array((np.ones(len(priced)), (priced, np.arange(len(priced)))), (len(targets.ids), len(priced)))
    return sparse.csr_array(chosen @ stacked)


def _basis(problem: Problem, outcome: Outcome) -> list[str]:
    """Return per load the target through which one unit less is worth most; blank where none is priced."""
    values = sparse.coo_array(marginal_values(problem, outcome))
    row, load = values.coords
    best, basis = np.zeros(len(problem.loads.keys)), np.full(len(problem.loads.keys), -1, dtype=np.int64)
    np.maximum.at(best, load, values.data)
    top = (values.data == best[load]) & (values.data > 0)
    # of equals the first target of the table counts
    basis[load[top][::-1]] = row[top][::-1]
    return [problem.targets.ids[target] if target >= 0 else "" for target in basis]


def _percent(part: Floats, whole: Floats) -> Floats:
    return np.divide(100.0 * part, whole, out=np.zeros_like(part), where=whole != 0)


def _units(
    table: pd.DataFrame,
    case: Case,
    load: tuple[str, ...] = (),
    percent: tuple[str, ...] = (),
    money: tuple[str, ...] = (),
) -> pd.DataFrame:
    units = dict.fromkeys(load, case.settings.units.load)
    units |= dict.fromkeys(percent, "%") | dict.fromkeys(money, f"{case.settings.currency}/yr")
    table.attrs["units"] = units
    return table
