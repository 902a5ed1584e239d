"""The mean miss of the targets in the worst scenarios of transfer coefficients, from the tables."""

from __future__ import annotations

import numpy as np

from abate.certify.arrays import Floats, totals
from abate.certify.measures import Measures
from abate.certify.quality import Quality
from abate.certify.targets import Targets
from abate_models.scenarios import RELATIVE_SD, TAIL_SHARE, draw_errors


def tail_risk(share: str, measures: Measures, quality: Quality, targets: Targets) -> tuple[float, float]:
    """Return the mean relative miss in the worst scenarios and its size, below a share of which it is nothing.

    Parameters
    ----------
    share : of the scenarios that do not count as the worst; 0.9 where blank.
    """
    rows = np.flatnonzero(targets.is_quality)
    places, place = np.unique(targets.places, return_inverse=True)
    drawn = _drawn(measures, quality, np.asarray(places))[:, place.ravel()]
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


def _drawn(measures: Measures, quality: Quality, places: np.ndarray) -> Floats:
    """Return the quality at some places in each scenario, shape (scenarios x places)."""
    place, load, coefficient, deviation = quality.coefficients(places, RELATIVE_SD)
    errors_at, errors = draw_errors(len(places), len(place))
    drawn = quality.background[places] + errors_at * quality.background_sd[places]
    for scenario, error in enumerate(errors):
        brought = (coefficient + deviation * error) * measures.claim.load[load]
        drawn[scenario] += totals(np.searchsorted(places, place), brought, len(places))
    return np.asarray(drawn)
