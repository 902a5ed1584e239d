"""The case that the planner of a hidden world is given: what the library says, right or wrong.

Sources and receptors lie on a unit square; a coefficient falls off exponentially with the distance. Every source can
take every measure to any share of its full extent; what each removes adds up to three quarters of the load and rises in
price from measure to measure. Limits take a share of the sources' contribution away, a share drawn for each receptor.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.loop.backtest.scenario import Scenario
from abate_data.case import Case
from abate_data.read import load

Floats = NDArray[np.float64]

FIRST_YEAR = 2021
POLLUTANT, PARAMETER = "phosphorus", "concentration"
QUALITY = 100.0  # ug/L, mean over the receptors before any measure
BACKGROUND = 0.25  # share of it that no source makes
DISTANCE = 0.3  # over which a coefficient falls to 37 %, side of the square
MEAN_LOAD, LOAD_SPREAD = 1000.0, 0.7  # kg/yr, standard deviation of its logarithm
REMOVAL = (0.36, 0.30, 0.24)  # of the load at full extent
PRICE = (20.0, 40.0, 75.0)  # USD/yr for a yearly kg removed
PRICE_SPREAD = 0.15
CAPITAL = 0.6  # share of the price that repays capital
LIFETIME, DISCOUNT_RATE = 15, 0.04
GROWTH = (-0.005, 0.015)  # a year, range over the sources


def library(rng: np.random.Generator, scenario: Scenario) -> Case:
    """Draw the case of a world."""
    count = (scenario.receptors, scenario.sources)
    sources = [f"source-{number:02d}" for number in range(1, scenario.sources + 1)]
    receptors = [f"receptor-{number}" for number in range(1, scenario.receptors + 1)]
    loads = rng.lognormal(0.0, LOAD_SPREAD, scenario.sources)
    loads *= MEAN_LOAD * scenario.sources / loads.sum()
    gap = rng.random((count[0], 1, 2)) - rng.random((1, count[1], 2))
    near = np.exp(-np.linalg.norm(gap, axis=2) / DISTANCE)
    transfer = near * (1 - BACKGROUND) * QUALITY / (near @ loads).mean()
    background = BACKGROUND * QUALITY * rng.lognormal(0.0, 0.1, scenario.receptors)
    left = 1 - rng.uniform(*scenario.cut, scenario.receptors)
    return load(
        {
            "case": _settings(),
            "sources": pd.DataFrame({"source": sources}),
            "loads": pd.DataFrame(
                {
                    "source": sources,
                    "pollutant": POLLUTANT,
                    "load": loads,
                    "relative_sd": scenario.load,
                    "growth": rng.uniform(*GROWTH, scenario.sources),
                }
            ),
            **_measures(rng, scenario, sources, loads),
            "transfer": _transfer(sources, receptors, transfer, scenario),
            "background": pd.DataFrame(
                {
                    "receptor": receptors,
                    "parameter": PARAMETER,
                    "value": background,
                    "sd": background * scenario.background,
                }
            ),
            "targets": pd.DataFrame(
                {
                    "target": [f"limit at {receptor}" for receptor in receptors],
                    "kind": "quality",
                    "receptor": receptors,
                    "parameter": PARAMETER,
                    "limit": background + transfer @ loads * left,
                }
            ),
        }
    )


def _settings() -> dict[str, object]:
    return {
        "name": "hidden-world",
        "title": "What the planner of a hidden world is given",
        "currency": "USD",
        "discount_rate": DISCOUNT_RATE,
        "assumptions": ["Every figure is random."],
        "units": {"load": "kg/yr", "quality": {PARAMETER: "ug/L"}},
    }


def _transfer(sources: list[str], receptors: list[str], coefficient: Floats, scenario: Scenario) -> pd.DataFrame:
    receptor, source = zip(*product(receptors, sources), strict=True)
    parts = (scenario.transfer_receptor, scenario.transfer_source, scenario.transfer_pair)
    return pd.DataFrame(
        {
            "source": source,
            "receptor": receptor,
            "pollutant": POLLUTANT,
            "parameter": PARAMETER,
            "coefficient": coefficient.ravel(),
            "relative_sd": float(np.linalg.norm(parts)),
        }
    )


def _measures(
    rng: np.random.Generator, scenario: Scenario, sources: list[str], loads: Floats
) -> dict[str, pd.DataFrame]:
    """Return measures, options and removals; each option costs its price for what the library says it removes."""
    measures = ["housekeeping", "treatment", "polishing"]
    shape = (scenario.sources, len(measures))
    price = np.array(PRICE) * rng.lognormal(0.0, PRICE_SPREAD, (scenario.sources, 1))
    yearly = price * rng.lognormal(0.0, PRICE_SPREAD / 2, shape) * np.array(REMOVAL) * loads[:, None]
    recovery = DISCOUNT_RATE / -np.expm1(-LIFETIME * np.log1p(DISCOUNT_RATE))
    source, measure = zip(*product(sources, measures), strict=True)
    return {
        "measures": pd.DataFrame({"measure": measures, "lifetime_years": LIFETIME}),
        "options": pd.DataFrame(
            {
                "source": source,
                "measure": measure,
                "max_extent": 1.0,
                "unit_cost": ((1 - CAPITAL) * yearly).ravel(),
                "capital_cost": (CAPITAL * yearly / recovery).ravel(),
                "ramp": scenario.ramp,
            }
        ),
        "removals": pd.DataFrame(
            {"source": "*", "measure": measures, "pollutant": POLLUTANT, "removal": REMOVAL, "basis": "fraction"}
        ),
    }
