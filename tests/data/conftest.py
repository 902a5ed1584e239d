"""An independent least-cost solution of a small case, written from the semantics of the tables alone.

It reads the tables as text and numbers, builds dense matrices with loops and calls scipy: nothing of ours
is used, so that it can contradict us. Stages, capital of built extents, probabilities and rivers are
outside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import LinearConstraint, linprog, milp

from abate_data.case import Case

Answer = tuple[float, "pd.Series[float]"]


@pytest.fixture(scope="session")
def independent_least_cost() -> Callable[[Case], Answer]:
    """Function(case) -> least yearly cost (infinity where there is no plan), extents by (source, measure)."""
    return least_cost


@pytest.fixture(scope="session")
def independent_check() -> Callable[[Case, np.ndarray], float]:
    """Function(case, extents in the order of the options) -> greatest relative violation of any row."""
    return worst_violation


@dataclass
class Rows:
    """Rows `coefficients . x <= bound`, with a label each."""

    width: int
    coefficients: list[np.ndarray] = field(default_factory=list)
    bounds: list[float] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)

    def at_most(self, row: np.ndarray, bound: float, label: str) -> None:
        wide = np.zeros(self.width)
        wide[: len(row)] = row
        self.coefficients.append(wide)
        self.bounds.append(bound)
        self.labels.append(label)

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
        self.removed = self._removed()
        self.cost = self._cost(case.settings.discount_rate)
        self.fixed = self.options["fixed_cost"].to_numpy(float)
        self.lower = self.options["min_extent"].to_numpy(float)
        self.upper = self.options["max_extent"].to_numpy(float)
        self.upper = np.where(self.asked(self.options), self.upper, 0.0)
        self.binary = np.flatnonzero((self.fixed > 0) | (self.lower > 0))
        parents = self.tables["regions"]
        self.parent = dict(zip(parents["region"], parents["parent"], strict=True))

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

    def _cost(self, rate: float) -> np.ndarray:
        if (self.options["built"] > 0).any():
            raise NotImplementedError("built extents")
        measures = self.tables["measures"]
        years = (
            self.options["measure"]
            .map(dict(zip(measures["measure"], measures["lifetime_years"], strict=True)))
            .to_numpy(float)
        )
        capital = self.options["capital_cost"].to_numpy(float)
        factor = 1 / years if rate == 0 else rate / (1 - (1 + rate) ** -years)
        return self.options["unit_cost"].to_numpy(float) + np.where(capital > 0, capital * factor, 0.0)

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
        background, transfer = self.tables["background"], self.tables["transfer"]
        here = background[(background["receptor"] == receptor) & (background["parameter"] == parameter)]
        rows = transfer[(transfer["receptor"] == receptor) & (transfer["parameter"] == parameter)]
        known = {(r.source, r.pollutant): r.coefficient for r in rows.itertuples()}
        pairs = zip(self.loads["source"], self.loads["pollutant"], strict=True)
        return float(here["value"].sum()), np.array([known.get(pair, 0.0) for pair in pairs])


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Ids as str with blank for any."""
    result = pd.DataFrame(index=table.index)
    for name in table.columns:
        column = table[name]
        text = isinstance(column.dtype, pd.CategoricalDtype)
        result[name] = column.astype(object).where(column.notna(), "") if text else column
    return result


def physical_rows(case: Reading, width: int) -> Rows:
    """Groups, floors and resources: what holds whatever the targets are."""
    rows = Rows(width)
    named = case.options[case.options["group"] != ""]
    for (source, group), members in named.groupby(["source", "group"], sort=False):
        row = np.zeros(len(case.options))
        row[members.index] = 1.0
        rows.at_most(row, 1.0, f"group {source} {group}")
    for i, load in enumerate(case.loads.itertuples()):
        rows.at_most(case.removed[:, i], load.load - load.floor, f"floor {load.source} {load.pollutant}")
    use = case.tables["resource_use"]
    for resource in case.tables["resources"].itertuples():
        per_unit = use[use["resource"] == resource.resource].set_index("measure")["use"]
        taken = case.options["measure"].map(per_unit).fillna(0.0).to_numpy(float)
        row = np.where(case.scope(case.options, resource), taken, 0.0)
        rows.at_most(row, resource.available, f"resource {resource.resource} {resource.region}")
    for j in case.binary:
        row = np.zeros(width)
        place = len(case.options) + int(np.flatnonzero(case.binary == j)[0])
        row[j], row[place] = 1.0, -case.upper[j]
        rows.at_most(row, 0.0, f"installed {j}")
        row = np.zeros(width)
        row[j], row[place] = -1.0, case.lower[j]
        rows.at_most(row, 0.0, f"least extent {j}")
    return rows


def best_quality(case: Reading, weights: np.ndarray) -> float:
    """Return the least of `weights . load` over all extents, ignoring targets."""
    rows = physical_rows(case, len(case.options) + len(case.binary))
    keep = [i for i, label in enumerate(rows.labels) if not label.startswith(("installed", "least extent"))]
    answer = linprog(
        np.concatenate([-(case.removed @ weights), np.zeros(len(case.binary))]),
        A_ub=rows.matrix()[keep],
        b_ub=np.array(rows.bounds)[keep],
        bounds=_bounds(case),
    )
    assert answer.status == 0, answer.message
    return float(weights @ case.base + answer.fun)


def _bounds(case: Reading, extra: int = 0) -> list[tuple[float, float | None]]:
    extents = [(0.0, None if math.isinf(bound) else float(bound)) for bound in case.upper]
    return extents + [(0.0, 1.0)] * len(case.binary) + [(-math.inf, math.inf)] * extra


def target_rows(case: Reading, rows: Rows) -> None:
    """One row a target."""
    for target in case.tables["targets"].itertuples():
        if target.kind == "quality":
            _quality_row(case, rows, target)
        elif target.kind == "budget":
            mask = case.scope(case.options, target)
            cost = np.concatenate(
                [np.where(mask, case.cost, 0.0), np.where(mask, case.fixed, 0.0)[case.binary]]
            )
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
    rows.at_most(-sign * (case.removed @ weights), bound, f"target {target.target}")


def _load_row(case: Reading, rows: Rows, target: Any) -> None:
    mask = case.scope(case.loads, target)
    base = case.base[mask].sum()
    limit, basis, kind = target.limit, target.basis, target.kind
    if kind == "reduction":
        limit = base - (limit if basis == "value" else limit / 100 * base)
    elif kind == "intensity" and basis == "output":
        limit *= case.sources["output"][case.scope(case.sources.reset_index(), target)].sum()
    elif kind == "intensity":
        regions = case.tables["regions"].set_index("region")
        limit *= regions.loc[target.region, basis]
    elif basis == "percent":
        limit = limit / 100 * base
    held = target.margin_of_safety + target.reserve
    row = -case.removed[:, mask].sum(axis=1)
    rows.at_most(row, limit - held - base, f"target {target.target}")


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
            for i in np.flatnonzero(mask & (case.base > 0) & case.asked(case.loads)):
                percent = np.zeros(rows.width)
                percent[: len(case.options)] = 100 * case.removed[:, i] / case.base[i]
                if rule.kind == "uniform":
                    percent[first_free] = -1.0
                    rows.at_most(percent, 0.0, f"rule {rule.rule}")
                    rows.at_most(-percent, 0.0, f"rule {rule.rule}")
                    continue
                if not math.isnan(rule.upper):
                    rows.at_most(percent, rule.upper, f"rule {rule.rule}")
                if not math.isnan(rule.lower):
                    rows.at_most(-percent, -rule.lower, f"rule {rule.rule}")
            first_free += rule.kind == "uniform"


def _burden_rows(case: Reading, rows: Rows, rule: Any) -> None:
    table = case.sources.reset_index()
    for source in table["source"][case.scope(table, rule) & case.asked(table)]:
        mask = (case.options["source"] == source).to_numpy()
        cost = np.concatenate([np.where(mask, case.cost, 0.0), np.where(mask, case.fixed, 0.0)[case.binary]])
        ability = case.sources.loc[source, rule.ability]
        rows.at_most(cost, rule.upper * ability, f"rule {rule.rule}")


def all_rows(case: Reading) -> tuple[Rows, int]:
    """Every row, and the number of free variables."""
    uniform = [rule for rule in case.tables["rules"].itertuples() if rule.kind == "uniform"]
    pollutants = case.loads["pollutant"].nunique()
    free = sum(1 if rule.pollutant else pollutants for rule in uniform)
    width = len(case.options) + len(case.binary) + free
    rows = physical_rows(case, width)
    target_rows(case, rows)
    rule_rows(case, rows, width - free)
    return rows, free


def least_cost(case: Case) -> Answer:
    """Return the least yearly cost and the extents, or infinity and no extents."""
    reading = Reading(case)
    rows, free = all_rows(reading)
    cost = np.concatenate([reading.cost, reading.fixed[reading.binary], np.zeros(free)])
    money = float(cost.max(initial=1.0))  # HiGHS stumbles over costs of 1e9 beside rows of 1
    cost /= money
    bounds = _bounds(reading, free)
    if len(reading.binary):
        whole = np.zeros(len(cost))
        whole[len(reading.options) : len(reading.options) + len(reading.binary)] = 1
        low, high = np.array([(b[0], math.inf if b[1] is None else b[1]) for b in bounds]).T
        answer = milp(
            cost,
            integrality=whole,
            bounds=(low, high),
            constraints=LinearConstraint(rows.matrix(), -np.inf, rows.bounds),
            options={"mip_rel_gap": 1e-6},
        )
    else:
        answer = linprog(cost, A_ub=rows.matrix(), b_ub=rows.bounds, bounds=bounds)
    keys = pd.MultiIndex.from_frame(reading.options[["source", "measure"]])
    if answer.status == 2:
        return math.inf, pd.Series(dtype=float)
    assert answer.status == 0, answer.message
    return float(answer.fun) * money, pd.Series(answer.x[: len(keys)], index=keys)


def worst_violation(case: Case, extents: np.ndarray) -> float:
    """Return the greatest violation of a row by these extents over its bound, uniform rules left out."""
    reading = Reading(case)
    rows, free = all_rows(reading)
    point = np.concatenate([extents, extents[reading.binary] > 0, np.zeros(free)])
    matrix, bounds = rows.matrix(), np.array(rows.bounds)
    keep = (
        np.ones(len(bounds), dtype=bool) if not free else ~(matrix[:, len(point) - free :] != 0).any(axis=1)
    )
    excess = (matrix @ point - bounds) / np.maximum(1.0, np.abs(bounds))
    return float(excess[keep].max(initial=0.0))
