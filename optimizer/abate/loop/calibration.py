r"""How far forecasts came true: stated probabilities against what was seen, and by how much to widen the next ones.

With N forecasts of probability p_i and outcomes o_i (1 where the target held), in K classes of n_k forecasts with mean
probability p_k and share of targets that held o_k, and o the share over all, Brier's score splits exactly into

.. math::

    \frac{1}{N} \sum_i (p_i - o_i)^2 =
    \underbrace{\frac{1}{N} \sum_k n_k (p_k - o_k)^2}_{\text{reliability, 0 is best}}
    - \underbrace{\frac{1}{N} \sum_k n_k (o_k - o)^2}_{\text{resolution, more is better}}
    + \underbrace{o (1 - o)}_{\text{uncertainty}} + \text{within}

where `within` is what is left because forecasts of a class are not all the same. Sources: Murphy, Journal of Applied
Meteorology 12 (1973) 595-600; Stephenson, Coelho and Jolliffe, Weather and Forecasting 23 (2008) 752-757 (within).

The factor on the standard deviation of forecasts over h years is the root mean square of their standardised errors,

.. math:: f_h^2 = \frac{m + \sum_i ((y_i - \mu_i) / \sigma_i)^2}{m + n}

held back by m = 5 forecasts that were just right, so that a few do not swing it. It assumes that errors are of one size
relative to what was stated; it makes up for too narrow intervals, not for a forecast that is wrong on one side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Classes of stated probability.
CLASSES = np.linspace(0.0, 1.0, 11)
#: Forecasts that were just right by which a factor is held back.
HELD_BACK = 5.0
#: Horizons in years that have a factor of their own: up to one, two, four, eight years and beyond.
HORIZONS = (1.0, 2.0, 4.0, 8.0)

#: Columns of settled forecasts, with what they hold.
SCORED = {
    "target": "object",
    "made": "object",
    "year": "int64",
    "years_ahead": "float64",
    "expected": "float64",
    "sd": "float64",
    "probability": "float64",
    "outcome": "float64",
    "held": "bool",
}


@dataclass(frozen=True)
class Calibration:
    """Scores of past forecasts.

    Attributes
    ----------
    reliability_table : a row per class of stated probability with forecasts in it: `lower` and `upper` end,
        `forecasts`, mean probability `stated`, share that held `seen`.
    horizons : a row per span of horizons with forecasts in it: `years_ahead` up to which, `forecasts`, `stated`,
        `seen`, `brier`, `factor` on the standard deviation.
    forecasts : how many were scored.
    brier : mean squared error of the probabilities, 0 to 1; NaN without forecasts, as are the next four.
    reliability, resolution, uncertainty, within : its parts; brier = reliability - resolution + uncertainty + within.
    """

    reliability_table: pd.DataFrame
    horizons: pd.DataFrame
    forecasts: int
    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    within: float

    def factor(self, years_ahead: float) -> float:
        """Return by what the standard deviation of a forecast over so many years is multiplied; 1 without a past."""
        own = self.horizons.loc[self.horizons["years_ahead"] == _span(np.array([years_ahead]))[0], "factor"]
        return float(own.iloc[0]) if len(own) else 1.0


def settle(forecasts: pd.DataFrame, attainment: pd.DataFrame, year: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the forecasts for a year with what came of them, and those that are still open.

    Parameters
    ----------
    forecasts : as `abate.loop.forecast.early_warning` gives them, of any number of cycles.
    attainment : the targets as they were found in that year, from `abate.loop.attainment`; what is believed after the
        year's monitoring stands for the truth.
    year : the year that was monitored. Forecasts for earlier years cannot be settled any more, and are dropped.
    """
    found = attainment.set_index("target")
    known = (forecasts["year"] == year) & forecasts["target"].isin(found.index)
    due = forecasts[known].reset_index(drop=True)
    outcome = found["expected"].reindex(due["target"]).to_numpy(dtype=np.float64)
    held = found["probability"].reindex(due["target"]).to_numpy(dtype=np.float64) >= 0.5
    settled = due.assign(outcome=outcome, held=held)[list(SCORED)]
    return settled, forecasts[forecasts["year"] > year].reset_index(drop=True)


def score(settled: pd.DataFrame) -> Calibration:
    """Return the scores of forecasts whose outcome is known.

    Parameters
    ----------
    settled : columns of `SCORED`: among them `probability`, whether the target `held`, `years_ahead`, and the
        `expected` value and `sd` that were forecast with the `outcome`, in one unit per row.
    """
    known = settled[settled["probability"].notna()]
    stated, held = known["probability"].to_numpy(dtype=np.float64), known["held"].to_numpy(dtype=np.float64)
    table = _classes(stated, held)
    if not len(known):
        none = float("nan")
        return Calibration(table, _horizons(known), 0, none, none, none, none, none)
    share = table["forecasts"].to_numpy() / len(known)
    base = float(held.mean())
    brier = float(np.mean((stated - held) ** 2))
    reliability = float(share @ (table["stated"] - table["seen"]).to_numpy() ** 2)
    resolution = float(share @ (table["seen"].to_numpy() - base) ** 2)
    uncertainty = base * (1.0 - base)
    within = brier - (reliability - resolution + uncertainty)
    return Calibration(table, _horizons(known), len(known), brier, reliability, resolution, uncertainty, within)


def spread_factor(errors: Floats) -> float:
    """Return the factor on the standard deviation by which standardised errors (forecasts,) would be of size one."""
    return float(np.sqrt((HELD_BACK + (errors**2).sum()) / (HELD_BACK + len(errors))))


def _classes(stated: Floats, held: Floats) -> pd.DataFrame:
    number = np.clip(np.digitize(stated, CLASSES[1:-1]), 0, len(CLASSES) - 2)
    rows = []
    for one in np.unique(number):
        own = number == one
        low, high = float(CLASSES[one]), float(CLASSES[one + 1])
        rows.append((low, high, int(own.sum()), float(stated[own].mean()), float(held[own].mean())))
    return pd.DataFrame(rows, columns=["lower", "upper", "forecasts", "stated", "seen"])


def _horizons(known: pd.DataFrame) -> pd.DataFrame:
    rows = []
    span = _span(known["years_ahead"].to_numpy(dtype=np.float64))
    for one in np.unique(span):
        own = known[span == one]
        stated, held = own["probability"].to_numpy(dtype=np.float64), own["held"].to_numpy(dtype=np.float64)
        certain = own["sd"].to_numpy(dtype=np.float64) <= 0
        error = (own["outcome"] - own["expected"]).to_numpy(dtype=np.float64)[~certain]
        errors = error / own["sd"].to_numpy(dtype=np.float64)[~certain]
        brier = float(np.mean((stated - held) ** 2))
        rows.append((one, len(own), float(stated.mean()), float(held.mean()), brier, spread_factor(errors)))
    return pd.DataFrame(rows, columns=["years_ahead", "forecasts", "stated", "seen", "brier", "factor"])


def _span(years_ahead: Floats) -> Floats:
    """Return the upper end of the span of horizons that each lies in."""
    ends = np.array([*HORIZONS, np.inf])
    return ends[np.searchsorted(ends, years_ahead)]
