"""A case whose plans can be made by hand, and monitoring of it; written without the code that it tests.

Two sources of phosphorus, two measures at each, one cap and one lake. In tonnes reduced, with what one costs:

    town/filter  a <= 25 at 4 EUR/t      mill/plant   c <= 40 at 5 EUR/t
    town/plant   b <= 50 at 6 EUR/t      mill/filter  d <= 20 at 8 EUR/t

    cap   180 - (a + b + c + d)                       <= 130    so that a + b + c + d >= 50
    lake  3.1 - 0.01 (a + b) - 0.02 (c + d)           <= 2.3    so that 0.01 (a + b) + 0.02 (c + d) >= 0.8

Least cost: a = 20 and c = 30 keep both with equality at 4 x 20 + 5 x 30 = 230 EUR/yr. The prices 3 EUR/t of the cap and
100 EUR per mg/L of the lake prove it: 3 + 0.01 x 100 = 4, 3 + 0.02 x 100 = 5, 4 < 6, 5 < 8, 3 x 50 + 100 x 0.8 = 230.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

import abate
from abate.loop.prior import Prior
from abate_data.case import Case

SOURCES = ["town", "mill"]
LOAD = np.array([100.0, 80.0])
TRANSFER = np.array([0.01, 0.02])
BACKGROUND = 0.5
#: town/plant, town/filter, mill/plant, mill/filter: tonnes that a whole measure removes, and what it costs.
OPTIONS = [("town", "plant"), ("town", "filter"), ("mill", "plant"), ("mill", "filter")]
TONNES = np.array([50.0, 25.0, 40.0, 20.0])
COST = np.array([300.0, 100.0, 200.0, 160.0])

#: Every figure is known for sure, so that the case's own figures are believed whatever is monitored.
CERTAIN = Prior(
    measure_sd=0.0,
    option_sd=0.0,
    load_sd=0.0,
    report_sd=0.0,
    receptor_sd=0.0,
    source_sd=0.0,
    pair_sd=0.0,
    background_sd=0.0,
    option_drift=0.0,
    load_drift=0.0,
    background_drift=0.0,
    fault_sd=0.0,
)


def tables(**settings: Any) -> dict[str, Any]:
    """Return the tables of the case; `settings` go into case.toml."""
    units = {"load": "t/yr", "quality": {"tp": "mg/L"}}
    pairs = pd.DataFrame({"source": SOURCES, "receptor": "lake", "pollutant": "P", "parameter": "tp"})
    return {
        "case": {"name": "two-rivers", "currency": "EUR", "units": units, **settings},
        "sources": pd.DataFrame({"source": SOURCES}),
        "loads": pd.DataFrame({"source": SOURCES, "pollutant": "P", "load": LOAD}),
        "measures": pd.DataFrame({"measure": ["plant", "filter"], "lifetime_years": [20.0, 20.0]}),
        "options": pd.DataFrame(OPTIONS, columns=["source", "measure"]).assign(max_extent=1.0, unit_cost=COST),
        "removals": pd.DataFrame(
            {"source": "*", "measure": ["plant", "filter"], "pollutant": "P", "removal": [0.5, 0.25]}
        ),
        "receptors": pd.DataFrame({"receptor": ["lake"]}),
        "transfer": pairs.assign(coefficient=TRANSFER),
        "background": pd.DataFrame({"receptor": ["lake"], "parameter": ["tp"], "value": [BACKGROUND]}),
        "targets": pd.DataFrame(
            [("cap", "load", "", "", "P", 130.0), ("lake", "quality", "lake", "tp", "", 2.3)],
            columns=["target", "kind", "receptor", "parameter", "pollutant", "limit"],
        ),
    }


def make_case(given: dict[str, Any] | None = None, /, **columns: Any) -> Case:
    """Return the case with some columns changed, named as `targets_limit` or `options_unit_cost`."""
    changed = dict(given or tables())
    for name, value in columns.items():
        table, column = name.split("_", 1)
        changed[table] = changed[table].assign(**{column: value})
    return abate.load(changed)


def capped(limit: float, **columns: Any) -> Case:
    """Return the case with another limit of the cap."""
    return make_case(targets_limit=[limit, 2.3], **columns)


def monitored(
    years: Sequence[int],
    extents: np.ndarray,
    *,
    activity: Any = 1.0,
    effectiveness: Any = 1.0,
    noise: float = 0.0,
    periods: int = 1,
) -> pd.DataFrame:
    """Return what is found in some years: loads of both sources, their activity, and the quality of the lake.

    `extents` are (options,), or (years x options); activity is a number or one per year; effectiveness is one per
    option or a number; each year has so many periods.
    """
    rows: list[dict[str, Any]] = []
    in_use, busy = np.broadcast_to(extents, (len(years), 4)), np.broadcast_to(activity, len(years))
    for place, year in enumerate(years):
        rng = np.random.default_rng(year)  # the past stays what it was when a year is added
        removed = (TONNES * effectiveness * in_use[place]).reshape(2, 2).sum(axis=1)
        load = busy[place] * (LOAD - removed)
        edges = pd.date_range(f"{year}-01-01", f"{year + 1}-01-01", periods=periods + 1).normalize()
        for first, after in pairwise(edges):
            days = {"period_start": f"{first:%Y-%m-%d}", "period_end": f"{after - pd.Timedelta(days=1):%Y-%m-%d}"}
            found = load * np.exp(noise * rng.standard_normal(2))
            for source, value in zip(SOURCES, found, strict=True):
                rows += [{**days, "kind": "load", "source": source, "pollutant": "P", "value": value}]
                rows += [{**days, "kind": "activity", "source": source, "value": busy[place]}]
            quality = (BACKGROUND + TRANSFER @ load) * np.exp(noise * rng.standard_normal())
            rows += [{**days, "kind": "quality", "receptor": "lake", "parameter": "tp", "value": quality}]
    return pd.DataFrame(rows)


def extents_in(revision: abate.Revision) -> np.ndarray:
    """Return the extents of the plan for the next year, in the order of `OPTIONS`."""
    return extents_of(revision.plan)


def extents_of(plan: abate.Plan) -> np.ndarray:
    """Return the extents of a plan, in the order of `OPTIONS`."""
    used = plan.measures
    known = dict(zip(zip(used["source"], used["measure"], strict=True), used["extent"], strict=True))
    return np.array([known.get(key, 0.0) for key in OPTIONS])
