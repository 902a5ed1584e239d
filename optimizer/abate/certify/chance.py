"""What is held back from limits so that they hold with a probability, from the tables."""

from __future__ import annotations

from functools import cached_property
from statistics import NormalDist

import numpy as np

from abate.certify.arrays import Flags, Floats, totals
from abate.certify.measures import Measures
from abate.certify.quality import Quality
from abate.certify.targets import Targets
from abate_data.case import Case


class Chance:
    """How far the value of each target may be from what is expected; every array has one number for each target."""

    def __init__(self, case: Case, measures: Measures, quality: Quality, targets: Targets) -> None:
        self._case, self._quality, self._targets, self._measures = case, quality, targets, measures

    @cached_property
    def asked(self) -> Flags:
        """Which targets have a probability while something that goes into them is uncertain."""
        given = ~np.isnan(self._case.values("targets", "probability"))
        return np.asarray(given & (self._deviation(np.ones(len(self._measures.baseline))) > 0))

    def margin(self, load: Floats) -> Floats:
        """Return the normal quantile of each target's probability times the standard deviation of its value."""
        probability = self._case.values("targets", "probability").tolist()
        quantile = [0.0 if np.isnan(share) else NormalDist().inv_cdf(share) for share in probability]
        return np.array(quantile) * self._deviation(load)

    def _deviation(self, load: Floats) -> Floats:
        """Return the standard deviations under loads, all errors being independent."""
        targets, variance = self._targets, np.zeros(len(self._targets.kind))
        load_sd = np.nan_to_num(self._case.values("loads", "relative_sd"), nan=0.0)
        if targets.is_quality.any():
            variance[targets.is_quality] = self._of_qualities(load, load_sd)[targets.places]
        variance[targets.is_cap] = targets.in_scope((load * load_sd) ** 2)
        return np.sqrt(variance)

    def _of_qualities(self, load: Floats, load_sd: Floats) -> Floats:
        """Return the variance of quality at each place that a target limits, 0 elsewhere."""
        quality = self._quality
        place, at, coefficient, deviation = quality.coefficients(self._targets.places, 0.0)
        # of a product of two figures: squares of the one's mean and the other's deviation, and of both deviations
        of_both = (coefficient * load_sd[at]) ** 2 + deviation**2 + (deviation * load_sd[at]) ** 2
        return quality.background_sd**2 + totals(place, of_both * load[at] ** 2, quality.places)
