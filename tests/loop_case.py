"""A case that can be followed by hand, and what monitoring shows of it; written without the code that it tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

import abate
from abate.loop.belief import Belief, start, update
from abate.loop.periods import Period, blank_period
from abate.loop.prior import Prior
from abate_data.case import Case
from abate_models.problem import Problem, read_problem

SOURCES = ["town", "mill", "farm"]
RECEPTORS = ["lake", "bay"]
MEASURES = ["plant", "filter"]
LOAD = np.array([100.0, 60.0, 40.0])
#: Receptors x sources.
TRANSFER = np.array([[0.010, 0.020, 0.005], [0.002, 0.005, 0.030]])
BACKGROUND = np.array([0.5, 0.8])
#: Share of the load that one unit of each measure removes.
REMOVAL = np.array([0.5, 0.2])
#: Options stand source by source: town/plant, town/filter, mill/plant ...
EXTENTS = np.array([1.0, 0.0, 0.6, 0.5, 0.0, 1.0])
UNIT_COST = 10.0


def tables() -> dict[str, Any]:
    """Return the tables of the case."""
    options = pd.DataFrame([(s, m) for s in SOURCES for m in MEASURES], columns=["source", "measure"])
    pairs = [(s, k, TRANSFER[i, j]) for i, k in enumerate(RECEPTORS) for j, s in enumerate(SOURCES)]
    return {
        "case": {"name": "by-hand", "currency": "EUR", "units": {"load": "t/yr", "quality": {"tp": "mg/L"}}},
        "sources": pd.DataFrame({"source": SOURCES, "output": [10.0, 20.0, 5.0]}),
        "loads": pd.DataFrame({"source": SOURCES, "pollutant": "P", "load": LOAD}),
        "options": options.assign(max_extent=1.0, unit_cost=UNIT_COST),
        "removals": pd.DataFrame({"source": "*", "measure": MEASURES, "pollutant": "P", "removal": REMOVAL}),
        "receptors": pd.DataFrame({"receptor": RECEPTORS}),
        "transfer": pd.DataFrame(pairs, columns=["source", "receptor", "coefficient"]).assign(
            pollutant="P", parameter="tp"
        ),
        "background": pd.DataFrame({"receptor": RECEPTORS, "parameter": "tp", "value": BACKGROUND}),
        "targets": pd.DataFrame(
            [
                ("lake-tp", "quality", "lake", "tp", "", 2.0, "value"),
                ("bay-tp", "quality", "bay", "tp", "", 2.2, "value"),
                ("cap", "load", "", "", "P", 130.0, "value"),
                ("cut", "reduction", "", "", "P", 40.0, "percent"),
                ("clean-output", "intensity", "", "", "P", 4.0, "output"),
                ("money", "budget", "", "", "", 40.0, "value"),
            ],
            columns=["target", "kind", "receptor", "parameter", "pollutant", "limit", "basis"],
        ),
    }


def make_case(**changed: pd.DataFrame) -> tuple[Case, Problem]:
    """Return the case, with some tables changed, and the same as numbers."""
    case = abate.load({**tables(), **changed})
    return case, read_problem(case)


def loads(effectiveness: np.ndarray | float = 1.0, activity: Any = 1.0, operation: Any = 1.0) -> np.ndarray:
    """Return the load of each source with the measures in use, as it is."""
    removed = (REMOVAL * (np.asarray(effectiveness) * EXTENTS).reshape(3, 2)).sum(axis=1)
    return np.asarray(activity * LOAD * (1.0 - operation * removed))


def quality(load: np.ndarray, background: Any = 1.0, transfer: Any = 1.0) -> np.ndarray:
    """Return the quality at each receptor."""
    return np.asarray(background * BACKGROUND + (transfer * TRANSFER) @ load)


def months(problem: Problem, count: int, first: str = "2026-01", **results: Any) -> list[Period]:
    """Return monthly periods; each result is an array (months, places), or the same for all months."""
    start_ = np.datetime64(first, "M")
    spans = [(start_ + one, (start_ + one + 1).astype("datetime64[D]") - 1) for one in range(count)]
    periods = []
    for month, (begin, end) in enumerate(spans):
        own = {name: np.asarray(one)[month] if np.ndim(one) == 2 else np.asarray(one) for name, one in results.items()}
        periods.append(replace(blank_period(problem, f"{begin}-01", str(end)), **own))
    return periods


def learnt(problem: Problem, prior: Prior, periods: list[Period]) -> tuple[Belief, Belief, pd.DataFrame]:
    """Return the belief before and after some periods, and the residuals."""
    before = after = start(problem, prior)
    found = []
    for period in periods:
        after, residuals = update(after, problem, period, EXTENTS)
        found.append(residuals)
    return before, after, pd.concat(found, ignore_index=True)


def observed(periods: list[Period]) -> pd.DataFrame:
    """Return periods as a table of observations."""
    rows = []
    for period in periods:
        days = {"period_start": period.start, "period_end": period.end}
        found = [("quality", "receptor", RECEPTORS, period.quality), ("load", "source", SOURCES, period.load)]
        found += [("activity", "source", SOURCES, period.activity), ("operation", "source", SOURCES, period.operation)]
        for kind, column, names, values in found:
            of = {"quality": {"parameter": "tp"}, "load": {"pollutant": "P"}}.get(kind, {})
            known = zip(names, values, strict=True)
            rows += [
                {**days, "kind": kind, column: name, **of, "value": one} for name, one in known if not np.isnan(one)
            ]
    return pd.DataFrame(rows)


def set_theta(belief: Belief, **parts: tuple[int, float]) -> Belief:
    """Return a belief with some numbers of theta set: name of the layout -> (position, value)."""
    mean = belief.mean.copy()
    for name, (place, value) in parts.items():
        mean[getattr(belief.layout, name)[place]] = value
    return replace(belief, mean=mean)
