"""An independent least-cost solution of a small case, written from the semantics of the tables alone.

It reads the tables as text and numbers, builds dense matrices with loops and calls scipy: nothing of ours
is used, so that it can contradict us. Years and probabilities are outside it.

Columns: extents x by option, z by option that is installed or not, e by option of which part is built
(extent to be added), one free percentage by uniform rule and pollutant.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import LinearConstraint, linprog, milp

from abate_data.case import Case

Answer = tuple[float, "pd.Series[float]"]

#: Mass, volume and length units in kg, m3 and m, and times in days, for rivers.
SIZES = {"kg": 1.0, "g": 1e-3, "t": 1e3, "kt": 1e6, "m3": 1.0, "L": 1e-3, "m": 1.0, "km": 1e3, "ft": 0.3048}
DAYS = {"yr": 365.0, "d": 1.0, "h": 1 / 24, "s": 1 / 86400}
#: Units of concentration in mg/L.
CONCENTRATIONS = {"mg/L": 1.0, "g/m3": 1.0, "ug/L": 1e-3, "mg/m3": 1e-3, "kg/m3": 1e3, "ug/m3": 1e-6}


@dataclass
class Rows:
    """Rows `coefficients . x <= bound`, with a label and the size of what was taken to the bound each."""

    width: int
    coefficients: list[np.ndarray] = field(default_factory=list)
    bounds: list[float] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)

    def at_most(self, row: np.ndarray, bound: float, label: str, size: float = 0.0) -> None:
        wide = np.zeros(self.width)
        wide[: len(row)] = row
        self.coefficients.append(wide)
        self.bounds.append(bound)
        self.labels.append(label)
        self.sizes.append(max(size, abs(bound)))

    def matrix(self) -> np.ndarray:
        return np.array(self.coefficients).reshape(-1, self.width)


class Reading:
    """A case as text, dense matrices and dictionaries."""

    def __init__(self, case: Case) -> None:
        self.tables = {name: _plain(table) for name, table in case.tables.items()}
        self.options = self.tables["options"]
        self.loads = self.tables["loads"].copy()
        sources = self.tables["sources"].set_index("source")
        self.sources = sources
        for column in ("region", "sector", "output", "income"):
            self.loads[column] = self.loads["source"].map(sources[column])
        self.base = self.loads["load"].to_numpy(float)
        self.units = case.settings.units
        self.removed = self._removed()
        self.operating = self.options["unit_cost"].to_numpy(float)
        self.capital = self._capital(case.settings.discount_rate)
        self.built = self.options["built"].to_numpy(float)
        self.fixed = self.options["fixed_cost"].to_numpy(float)
        self.lower = self.options["min_extent"].to_numpy(float)
        self.upper = self.options["max_extent"].to_numpy(float)
        self.upper = np.where(self.asked(self.options), self.upper, 0.0)
        self.binary = np.flatnonzero((self.fixed > 0) | (self.lower > 0))
        self.growing = np.flatnonzero((self.built > 0) & (self.capital > 0))
        self.width = len(self.options) + len(self.binary) + len(self.growing)
        parents = self.tables["regions"]
        self.parent = dict(zip(parents["region"], parents["parent"], strict=True))
        self.reaches = {row.reach: row for row in self.tables["reaches"].itertuples()}
        self.known_quality: dict[tuple[str, str], tuple[float, np.ndarray]] = {}

    def _removed(self) -> np.ndarray:
        """Load removed by one unit of extent: option x load."""
        table = self.tables["removals"]
        known = {(r.source, r.measure, r.pollutant): (r.removal, r.basis) for r in table.itertuples()}
        result = np.zeros((len(self.options), len(self.loads)))
        for j, option in enumerate(self.options.itertuples()):
            for i, load in enumerate(self.loads.itertuples()):
                if option.source != load.source:
                    continue
                entry = known.get((load.source, option.measure, load.pollutant))
                entry = entry or known.get(("", option.measure, load.pollutant))
                if entry:
                    result[j, i] = entry[0] * (load.load if entry[1] == "fraction" else 1.0)
        return result

    def _capital(self, rate: float) -> np.ndarray:
        """Yearly payment for the capital of one unit of extent."""
        measures = self.tables["measures"]
        lifetimes = dict(zip(measures["measure"], measures["lifetime_years"], strict=True))
        years = self.options["measure"].map(lifetimes).to_numpy(float)
        capital = self.options["capital_cost"].to_numpy(float)
        factor = 1 / years if rate == 0 else rate / (1 - (1 + rate) ** -years)
        return np.where(capital > 0, capital * factor, 0.0)

    def cost_row(self, mask: np.ndarray) -> np.ndarray:
        """Yearly cost of a unit of every column, of the options in the mask."""
        grows = np.zeros(len(self.options), dtype=bool)
        grows[self.growing] = True
        extent = self.operating + np.where(grows, 0.0, self.capital)
        return np.concatenate(
            [
                np.where(mask, extent, 0.0),
                np.where(mask, self.fixed, 0.0)[self.binary],
                np.where(mask, self.capital, 0.0)[self.growing],
            ]
        )

    def spent(self, extents: np.ndarray, installed: np.ndarray) -> np.ndarray:
        """Yearly cost of every option."""
        added = np.maximum(extents - self.built, 0.0)
        return self.operating * extents + self.capital * added + self.fixed * installed

    def within(self, region: str, zone: str) -> bool:
        """Whether a region is a zone or lies inside it; a blank zone is everywhere."""
        while region and zone and region != zone:
            region = self.parent.get(region, "")
        return not zone or region == zone

    def scope(self, table: pd.DataFrame, row: Any) -> np.ndarray:
        """Mask of the rows of sources, options or loads that a target or rule speaks of."""
        region, sector = getattr(row, "region", ""), getattr(row, "sector", "")
        own = table["source"].map(self.sources["region"])
        branch = table["source"].map(self.sources["sector"])
        mask = np.array([self.within(r, region) for r in own], dtype=bool)
        mask &= np.array([not sector or s == sector for s in branch], dtype=bool)
        pollutant = getattr(row, "pollutant", "")
        if "pollutant" in table and pollutant:
            mask &= (table["pollutant"] == pollutant).to_numpy()
        return mask

    def asked(self, table: pd.DataFrame) -> np.ndarray:
        """Mask of the rows whose source a plan may ask something of."""
        return table["source"].map(self.sources["controllable"]).to_numpy(bool)

    def quality(self, receptor: str, parameter: str) -> tuple[float, np.ndarray]:
        """Background and the coefficient of every load."""
        key = (receptor, parameter)
        if key not in self.known_quality:
            self.known_quality[key] = self._quality(receptor, parameter)
        return self.known_quality[key]

    def _quality(self, receptor: str, parameter: str) -> tuple[float, np.ndarray]:
        background, transfer = self.tables["background"], self.tables["transfer"]
        here = background[(background["receptor"] == receptor) & (background["parameter"] == parameter)]
        rows = transfer[(transfer["receptor"] == receptor) & (transfer["parameter"] == parameter)]
        known = {(r.source, r.pollutant): r.coefficient for r in rows.itertuples()}
        pairs = zip(self.loads["source"], self.loads["pollutant"], strict=True)
        table = np.array([known.get(pair, 0.0) for pair in pairs])
        natural = float(here["value"].sum())
        if not len(self.tables["reaches"]) or not len(self.tables["kinetics"]):
            return natural, table
        place = self.tables["receptors"].set_index("receptor").loc[receptor]
        if not len(here) and parameter == "dissolved_oxygen" and place["reach"]:
            natural = self._saturation(place["reach"])
        return natural, table + self._by_river(place, parameter)

    def _saturation(self, reach: str) -> float:
        """Oxygen in water at rest (Benson & Krause 1984)."""
        kelvin = self.reaches[reach].temperature + 273.15
        logarithm = (
            -139.34411 + 1.575701e5 / kelvin - 6.642308e7 / kelvin**2 + 1.2438e10 / kelvin**3
        ) - 8.621949e11 / kelvin**4
        return math.exp(logarithm) / CONCENTRATIONS[self.units.quality["dissolved_oxygen"]]

    def _by_river(self, place: Any, parameter: str) -> np.ndarray:
        """Rise of a parameter at a receptor per unit of each load, by Streeter and Phelps."""
        answer = np.zeros(len(self.loads))
        for i, load in enumerate(self.loads.itertuples()):
            start, kinetics = self.sources.loc[load.source], self._kinetics(load.pollutant)
            if not start["reach"] or not place["reach"] or not kinetics:
                continue
            reach, position, mass, deficit = start["reach"], start["position"], 1.0, 0.0
            while reach and reach != place["reach"]:
                mass, deficit = self._flow(reach, self.reaches[reach].length - position, mass, deficit, kinetics)
                reach, position = self.reaches[reach].downstream, 0.0
            if reach and place["position"] >= position:
                mass, deficit = self._flow(reach, place["position"] - position, mass, deficit, kinetics)
                own = kinetics.get(reach, kinetics.get("")).parameter
                flux = mass if parameter == own else -deficit if parameter == "dissolved_oxygen" else 0.0
                kilograms = flux * _size(self.units.load)  # per day
                daily = self.reaches[reach].flow * _size(self.units.flow)  # m3 per day
                if flux:
                    answer[i] = 1000 * kilograms / daily / CONCENTRATIONS[self.units.quality[parameter]]
        return answer

    def _kinetics(self, pollutant: str) -> dict[str, Any]:
        return {row.reach: row for row in self.tables["kinetics"].itertuples() if row.pollutant == pollutant}

    def _flow(
        self, name: str, way: float, mass: float, deficit: float, kinetics: dict[str, Any]
    ) -> tuple[float, float]:
        """Load and oxygen deficit after a way within a reach."""
        reach = self.reaches[name]
        row = kinetics.get(name, kinetics.get(""))
        days = way * SIZES[self.units.length] / (reach.velocity * _size(self.units.velocity))
        k = row.decay * row.temperature_factor ** (reach.temperature - 20)
        a = reach.reaeration * 1.024 ** (reach.temperature - 20)
        gap = a - k if abs(a - k) > 1e-9 else 1e-9
        made = row.oxygen_demand * k * mass * (math.exp(-k * days) - math.exp(-(k + gap) * days)) / gap
        return mass * math.exp(-k * days), deficit * math.exp(-a * days) + made


def _size(unit: str) -> float:
    """Amount per day in a unit of a rate, in kg, m3 or m."""
    amount, time = unit.split("/")
    return SIZES[amount] / DAYS[time]


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Ids as str with blank for any."""
    result = pd.DataFrame(index=table.index)
    for name in table.columns:
        column = table[name]
        text = isinstance(column.dtype, pd.CategoricalDtype)
        result[name] = column.astype(object).where(column.notna(), "") if text else column
    return result


def physical_rows(case: Reading, width: int) -> Rows:
    """Groups, floors, resources and yes-or-no decisions: what holds whatever the targets are."""
    rows, count = Rows(width), len(case.options)
    switch = {int(j): count + position for position, j in enumerate(case.binary)}
    named = case.options[case.options["group"] != ""]
    for (source, group), members in named.groupby(["source", "group"], sort=False):
        row = np.zeros(width)
        row[[switch.get(j, j) for j in members.index]] = 1.0
        rows.at_most(row, 1.0, f"group {source} {group}")
    for i, load in enumerate(case.loads.itertuples()):
        label = f"floor {load.source} {load.pollutant}"
        rows.at_most(case.removed[:, i], load.load - load.floor, label, load.load)
    use = case.tables["resource_use"]
    for resource in case.tables["resources"].itertuples():
        per_unit = use[use["resource"] == resource.resource].set_index("measure")["use"]
        taken = case.options["measure"].map(per_unit).fillna(0.0).to_numpy(float)
        row = np.where(case.scope(case.options, resource), taken, 0.0)
        rows.at_most(row, resource.available, f"resource {resource.resource} {resource.region}")
    for j, place in switch.items():
        row = np.zeros(width)
        row[j], row[place] = 1.0, -case.upper[j]
        rows.at_most(row, 0.0, f"installed {j}")
        row = np.zeros(width)
        row[j], row[place] = -1.0, case.lower[j]
        rows.at_most(row, 0.0, f"least extent {j}")
    for position, j in enumerate(case.growing):
        row = np.zeros(width)
        row[j], row[count + len(case.binary) + position] = 1.0, -1.0
        rows.at_most(row, case.built[j], f"built {j}")
    return rows


def best_quality(case: Reading, weights: np.ndarray) -> float:
    """Return the least of `weights . load` over all extents, ignoring targets."""
    aim = np.zeros(case.width)
    aim[: len(case.options)] = -(case.removed @ weights)
    size = float(np.abs(aim).max(initial=0.0)) or 1.0
    status, least, _ = _minimum(case, aim / size, physical_rows(case, case.width), 0)
    assert status == 0
    return float(weights @ case.base + least * size)


def _minimum(
    case: Reading, aim: np.ndarray, rows: Rows, free: int, decisions: np.ndarray | None = None
) -> tuple[int, float, np.ndarray]:
    """Status (0 solved, 2 infeasible), least value of `aim` and where; `decisions` as for `least_cost`."""
    count, whole = len(case.options), len(case.binary)
    low, high = np.zeros(len(aim)), np.full(len(aim), np.inf)
    high[:count] = case.upper
    high[count : count + whole] = 1.0
    low[len(aim) - free :] = -np.inf
    integer = np.zeros(len(aim))
    integer[count : count + whole] = 1
    if decisions is not None:
        low[count : count + whole] = high[count : count + whole] = decisions[case.binary]
        integer[:] = 0
    if integer.any():
        answer = milp(
            aim,
            integrality=integer,
            bounds=(low, high),
            constraints=LinearConstraint(rows.matrix(), -np.inf, rows.bounds),
            options={"mip_rel_gap": 1e-9},
        )
    else:
        answer = linprog(aim, A_ub=rows.matrix(), b_ub=rows.bounds, bounds=np.column_stack([low, high]))
    assert answer.status in (0, 2), answer.message
    return answer.status, answer.fun, answer.x


def target_rows(case: Reading, rows: Rows) -> None:
    """One row a target."""
    for target in case.tables["targets"].itertuples():
        if target.kind == "quality":
            _quality_row(case, rows, target)
        elif target.kind == "budget":
            cost = case.cost_row(case.scope(case.options, target))
            rows.at_most(cost, target.limit - target.margin_of_safety, f"target {target.target}")
        else:
            _load_row(case, rows, target)


def _quality_row(case: Reading, rows: Rows, target: Any) -> None:
    background, weights = case.quality(target.receptor, target.parameter)
    sign = -1.0 if target.sense == "at_least" else 1.0
    base, limit = background + weights @ case.base, target.limit
    if target.basis == "gap_closure":
        best = background + sign * best_quality(case, sign * weights)
        limit = base - limit / 100 * (base - best)
    bound = sign * (limit - base) - target.margin_of_safety
    size = abs(background) + np.abs(weights) @ case.base + abs(limit)
    rows.at_most(-sign * (case.removed @ weights), bound, f"target {target.target}", size)


def _load_row(case: Reading, rows: Rows, target: Any) -> None:
    mask = case.scope(case.loads, target)
    base = case.base[mask].sum()
    limit, basis, kind = target.limit, target.basis, target.kind
    if kind == "reduction":
        limit = base - (limit if basis == "value" else limit / 100 * base)
    elif kind == "intensity" and basis == "output":
        limit *= case.sources["output"][case.scope(case.sources.reset_index(), target)].sum()
    elif kind == "intensity":
        limit *= _of_region(case.tables["regions"], target.region, basis)
    elif basis == "percent":
        limit = limit / 100 * base
    held = target.margin_of_safety + target.reserve
    row = -case.removed[:, mask].sum(axis=1)
    rows.at_most(row, limit - held - base, f"target {target.target}", base + abs(limit))


def _of_region(regions: pd.DataFrame, region: str, basis: str) -> float:
    """The region's own figure, or where that is blank those of the regions in it; blank means everywhere."""
    own = regions[regions["region"] == region][basis] if region else pd.Series(dtype=float)
    if own.notna().any():
        return float(own.iloc[0])
    inside = regions[regions["parent"] == region]["region"]
    return sum(_of_region(regions, child, basis) for child in inside)


def target_value(case: Reading, target: Any, load: np.ndarray, spent: np.ndarray) -> tuple[float, float]:
    """What a target looks at for given loads and yearly costs of options, and the size of its terms."""
    if target.kind == "budget":
        value = float(spent[case.scope(case.options, target)].sum())
        return value, value
    if target.kind == "quality":
        background, weights = case.quality(target.receptor, target.parameter)
        return float(background + weights @ load), float(abs(background) + np.abs(weights) @ case.base)
    mask = case.scope(case.loads, target)
    return float(load[mask].sum()), float(case.base[mask].sum())


def rule_rows(case: Reading, rows: Rows, first_free: int) -> None:
    """Bounds on shares of the burden; a uniform rule has one free variable a pollutant."""
    for rule in case.tables["rules"].itertuples():
        if rule.kind == "burden":
            _burden_rows(case, rows, rule)
            continue
        for pollutant in dict.fromkeys(case.loads["pollutant"]):
            if rule.pollutant and rule.pollutant != pollutant:
                continue
            mask = case.scope(case.loads, rule) & (case.loads["pollutant"] == pollutant).to_numpy()
            members = np.flatnonzero(mask & (case.base > 0) & case.asked(case.loads))
            for i in members:
                percent = np.zeros(rows.width)
                percent[: len(case.options)] = 100 * case.removed[:, i] / case.base[i]
                if rule.kind == "uniform":
                    percent[first_free] = -1.0
                    rows.at_most(percent, 0.0, f"rule {rule.rule}", 100.0)
                    rows.at_most(-percent, 0.0, f"rule {rule.rule}", 100.0)
                    percent[first_free] = 0.0
                # one percentage for all lies between 0 and 100 even where the rule gives no bounds
                uniform = rule.kind == "uniform"
                upper = 100.0 if uniform and math.isnan(rule.upper) else rule.upper
                lower = 0.0 if uniform and math.isnan(rule.lower) else rule.lower
                if not math.isnan(upper):
                    rows.at_most(percent, upper, f"rule {rule.rule}", 100.0)
                if not math.isnan(lower):
                    rows.at_most(-percent, -lower, f"rule {rule.rule}", 100.0)
            first_free += rule.kind == "uniform"


def _burden_rows(case: Reading, rows: Rows, rule: Any) -> None:
    table = case.sources.reset_index()
    for source in table["source"][case.scope(table, rule) & case.asked(table)]:
        mine = (case.options["source"] == source).to_numpy()
        if mine.any():
            ability = case.sources.loc[source, rule.ability]
            rows.at_most(case.cost_row(mine), rule.upper * ability, f"rule {rule.rule}")


def all_rows(case: Reading) -> tuple[Rows, int]:
    """Every row, and the number of free variables."""
    uniform = [rule for rule in case.tables["rules"].itertuples() if rule.kind == "uniform"]
    pollutants = case.loads["pollutant"].nunique()
    free = sum(1 if rule.pollutant else pollutants for rule in uniform)
    rows = physical_rows(case, case.width + free)
    target_rows(case, rows)
    rule_rows(case, rows, case.width)
    return rows, free


def least_cost(case: Case, decisions: np.ndarray | None = None) -> Answer:
    """Return the least yearly cost and the extents, or infinity and no extents.

    `decisions` says of every option whether it is installed, and turns a MILP into an LP.
    """
    reading = Reading(case)
    rows, free = all_rows(reading)
    cost = np.concatenate([reading.cost_row(np.ones(len(reading.options), dtype=bool)), np.zeros(free)])
    money = float(cost.max(initial=0.0)) or 1.0  # HiGHS stumbles over costs of 1e9 beside rows of 1
    status, least, values = _minimum(reading, cost / money, rows, free, decisions)
    if status:
        return math.inf, pd.Series(dtype=float)
    keys = pd.MultiIndex.from_frame(reading.options[["source", "measure"]])
    return float(least) * money, pd.Series(values[: len(keys)], index=keys)


def worst_violation(case: Case | Reading, extents: np.ndarray, installed: np.ndarray | None = None) -> float:
    """Return the greatest violation of a row by these extents over the size of its terms.

    `installed` defaults to the options with an extent above 0.
    """
    reading = case if isinstance(case, Reading) else Reading(case)
    rows, free = all_rows(reading)
    installed = extents > 0 if installed is None else installed
    added = np.maximum(extents - reading.built, 0.0)[reading.growing]
    point = np.concatenate([extents, installed[reading.binary], added, np.zeros(free)])
    matrix, bounds = rows.matrix(), np.array(rows.bounds)
    for column in range(len(point) - free, len(point)):
        point[column] = _common_percent(matrix, point, column)
    size = np.maximum(np.abs(matrix) @ np.abs(point), np.array(rows.sizes))
    excess = (matrix @ point - bounds) / np.where(size > 0, size, 1.0)
    beyond = np.maximum(-extents, extents - reading.upper) / np.maximum(1e-300, reading.upper)
    return float(max(excess.max(initial=0.0), beyond.max(initial=0.0)))


def _common_percent(matrix: np.ndarray, point: np.ndarray, column: int) -> float:
    """The percentage that the members of a uniform rule reach on average."""
    members = matrix[:, column] < 0
    return float((matrix @ point)[members].mean()) if members.any() else 0.0
