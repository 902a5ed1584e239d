"""Random small cases of several years, and their least discounted cost by scipy, written from the tables alone.

Columns by year: extent x of each option, what stands of it K, whether it is installed z. Nothing of ours is used but
to read the case, so that it can contradict us.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

from abate_data.case import Case


def random_tables(seed: int) -> dict[str, Any]:
    """A case of two to four sources, one pollutant, two measures and three to five years, as a planner writes it."""
    rng = np.random.default_rng(seed)
    sources = [f"s{place}" for place in range(rng.integers(2, 5))]
    count, years = len(sources), int(rng.integers(3, 6))
    start, end = 2030, 2030 + years - 1
    whole = seed % 3 == 0
    rows = [_option(rng, source, measure, start, whole) for source in sources for measure in ("filter", "pond")]
    targets = [
        {"target": "first", "kind": "load", "limit": round(88.0 * count, 2), "basis": "value", "year": start + 1},
        {"target": "last", "kind": "reduction", "limit": int(rng.integers(20, 60)), "basis": "percent", "year": ""},
    ]
    return {
        "case": {
            "name": "years",
            "units": {"load": "t/yr"},
            "discount_rate": round(float(rng.uniform(0, 0.1)), 3),
            "horizon": {"start": start, "end": end},
        },
        "sources": pd.DataFrame({"source": sources}),
        "loads": pd.DataFrame(
            {
                "source": sources,
                "pollutant": "P",
                "load": np.round(rng.uniform(60, 140, count), 2),
                "floor": 5.0,
                "growth": np.round(rng.uniform(-0.04, 0.04, count), 3),
            }
        ),
        "measures": pd.DataFrame({"measure": ["filter", "pond"], "lifetime_years": [10, 25]}),
        "options": pd.DataFrame(rows),
        "removals": pd.DataFrame(
            {
                "source": "",
                "measure": ["filter", "pond"],
                "pollutant": "P",
                "removal": [0.8, 0.6],
                "basis": ["fraction", "mass"],
            }
        ),
        "targets": pd.DataFrame(targets),
    }


def _option(rng: np.random.Generator, source: str, measure: str, start: int, whole: bool) -> dict[str, Any]:
    """A filter of the whole source, or a pond of so many hectares."""
    filters = measure == "filter"
    most = 1.0 if filters else round(float(rng.uniform(10, 40)), 3)
    size = 1 if filters else 20
    return {
        "source": source,
        "measure": measure,
        "max_extent": most,
        "unit_cost": round(float(rng.uniform(1, 40)) / size, 3),
        "fixed_cost": round(float(rng.uniform(1, 10)), 2) if whole and rng.random() < 0.5 else 0.0,
        "capital_cost": round(float(rng.uniform(50, 300)) / size, 2) if rng.random() < 0.8 else 0.0,
        "ramp": "" if rng.random() < 0.5 else round(float(rng.uniform(0.4, 0.8)) * size, 3),
        "first_year": "" if rng.random() < 0.7 else start + 1,
        "lead_time": int(rng.random() < 0.2),
        "built": 0.2 if rng.random() < 0.3 else 0.0,
    }


def least_discounted_cost(case: Case, years: list[int]) -> float:
    """The least cost of all years together, discounted to the first; infinite where there is no plan."""
    options, loads = case["options"], case["loads"]
    rate, start = case.settings.discount_rate, case.settings.horizon.start
    n, count = len(options), len(years)
    width = 3 * n * count
    cost, lower, upper = np.zeros(width), np.zeros(width), np.full(width, np.inf)
    whole = np.zeros(width)
    rows: list[tuple[np.ndarray, float, float]] = []

    def at(kind: int, t: int, j: int) -> int:
        return 3 * n * t + kind * n + j

    def row(entries: dict[int, float], least: float, most: float) -> None:
        values = np.zeros(width)
        for column, value in entries.items():
            values[column] += value
        rows.append((values, least, most))

    lifetime = {"filter": 10, "pond": 25}
    for t, year in enumerate(years):
        worth = 1 / (1 + rate) ** t
        load = {one.source: one.load * (1 + one.growth) ** (year - start) for one in loads.itertuples()}
        removal = []
        for j, one in enumerate(options.itertuples()):
            life = lifetime[str(one.measure)]
            annual = one.capital_cost * (1 / life if rate == 0 else rate / (1 - (1 + rate) ** -life))
            removal.append(0.8 * load[one.source] if one.measure == "filter" else 0.6)
            x, stands, z = at(0, t, j), at(1, t, j), at(2, t, j)
            cost[[x, stands, z]] = worth * np.array([one.unit_cost, annual, one.fixed_cost])
            upper[x], upper[z] = one.max_extent, 1
            lower[stands] = one.built
            row({x: 1, stands: -1}, -np.inf, 0)
            if one.fixed_cost > 0:
                whole[z] = 1
                row({x: 1, z: -one.max_extent}, -np.inf, 0)
            first = max(years[0] + one.lead_time, 0 if np.isnan(one.first_year) else one.first_year)
            if year < first:
                upper[stands] = one.built
            if t:
                row({stands: 1, at(1, t - 1, j): -1}, 0, one.ramp)
                row({z: 1, at(2, t - 1, j): -1}, 0, np.inf)
            else:
                upper[stands] = min(upper[stands], one.built + one.ramp)
        for source, baseline in load.items():
            mine = {at(0, t, j): removal[j] for j in range(n) if options["source"].iloc[j] == source}
            row(mine, -np.inf, baseline - 5.0)
        for target in case["targets"].itertuples():
            due = years[-1] if np.isnan(target.year) else target.year
            cap = target.limit if target.kind == "load" else loads["load"].sum() * (1 - target.limit / 100)
            if year >= due:
                row({at(0, t, j): removal[j] for j in range(n)}, sum(load.values()) - cap, np.inf)
    built = [
        options["capital_cost"].iloc[j]
        * (1 / lifetime[str(m)] if rate == 0 else rate / (1 - (1 + rate) ** -lifetime[str(m)]))
        * options["built"].iloc[j]
        for j, m in enumerate(options["measure"])
    ]
    spent = sum(built) * sum(1 / (1 + rate) ** t for t in range(count))
    matrix, least, most = (np.array(part) for part in zip(*rows, strict=True))
    found = milp(
        cost,
        constraints=LinearConstraint(matrix, least, most),
        bounds=Bounds(lower, upper),
        integrality=whole,
        options={"mip_rel_gap": 1e-9},
    )
    return float(found.fun - spent) if found.status == 0 else np.inf
