"""The mean miss of the targets in the worst scenarios of transfer coefficients, from the tables."""

from __future__ import annotations

import numpy as np

from abate.certify.arrays import Floats, totals
from abate.certify.measures import Measures
from abate.certify.quality import Quality
from abate.certify.targets import Targets
from abate_data.case import Case
from abate_models.scenarios import RELATIVE_SD, TAIL_SHARE, draw_errors


def tail_risk(case: Case, share: str, measures: Measures, quality: Quality, targets: Targets) -> tuple[float, float]:
    """Return the mean relative miss in the worst scenarios and its size, below a share of which it is nothing.

    Parameters
    ----------
    share : of the scenarios that do not count as the worst; 0.9 where blank.
    """
    rows = np.flatnonzero(targets.is_quality)
    places, place = np.unique(targets.places, return_inverse=True)
    drawn = _drawn(case, measures, quality, np.asarray(places))[:, place.ravel()]
    miss = (targets.sign[rows] * (drawn - targets.limit[rows]) / targets.relative_to[rows]).max(axis=1)
    size = float((targets.baseline_terms[rows] / targets.relative_to[rows]).max())
    return _mean_of_worst(miss, float(share or TAIL_SHARE)), size


def _mean_of_worst(miss: Floats, share: float) -> float:
    """Return the mean over the worst 1 - share of equally likely scenarios, of which one may count in part."""
    left, total = (1.0 - share) * len(miss), 0.0
    counted = left
    for value in sorted(miss.tolist(), reverse=True):
        weight = min(1.0, left)
        total, left = total + weight * value, left - weight
        if left <= 0:
            break
    return total / counted


def _drawn(case: Case, measures: Measures, quality: Quality, places: np.ndarray) -> Floats:
    """Return the quality at some places in each scenario, shape (scenarios x places)."""
    place, load, coefficient, deviation = _coefficients(case, measures, quality, places)
    errors_at, errors = draw_errors(len(places), len(place))
    background_sd = np.zeros(quality.places)
    own = quality.place(case.codes("background", "receptor"), case.codes("background", "parameter"))
    background_sd[own] = np.nan_to_num(case.values("background", "sd"))
    drawn = quality.background[places] + errors_at * background_sd[places]
    for scenario, error in enumerate(errors):
        brought = (coefficient + deviation * error) * measures.claim.load[load]
        drawn[scenario] += totals(np.searchsorted(places, place), brought, len(places))
    return np.asarray(drawn)


def _coefficients(
    case: Case, measures: Measures, quality: Quality, places: np.ndarray
) -> tuple[np.ndarray, np.ndarray, Floats, Floats]:
    """Return place, load, coefficient and standard deviation in the order in which errors are drawn."""
    place, origin, coefficient = quality.entries()
    given = np.full(len(place), np.nan)
    given[: len(case.tables["transfer"])] = case.values("transfer", "relative_sd")
    deviation = coefficient * np.where(np.isnan(given), RELATIVE_SD, given)
    of_origin = np.full(measures.sources * measures.pollutants, -1)
    of_origin[measures.load_source * measures.pollutants + measures.load_pollutant] = np.arange(len(measures.baseline))
    load = of_origin[origin]
    kept = np.isin(place, places) & (load >= 0)
    key, at = np.unique(place[kept] * len(measures.baseline) + load[kept], return_inverse=True)
    coefficient, deviation = (totals(at.ravel(), values[kept], len(key)) for values in (coefficient, deviation))
    return key // len(measures.baseline), key % len(measures.baseline), coefficient, deviation
