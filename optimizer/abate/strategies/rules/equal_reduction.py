"""Equal reduction."""

from __future__ import annotations

import numpy as np

from abate.strategies.filling import Family
from abate.strategies.parties import Baseline, Parties


def equal_reduction(parties: Parties, *, baseline: Baseline = "raw") -> Family:
    """Take the same mass from every baseline: x = max(0, B - d) (TSD scheme 5).

    Of raw loads as the scheme has it; of today's loads it is the rule of constrained equal losses.
    """
    start = parties.baseline(baseline, "equal-reduction")
    largest = np.zeros(int(parties.pollutant.max(initial=0)) + 1)
    np.maximum.at(largest, parties.pollutant[parties.movable], start[parties.movable])
    return Family(lambda level: start - (1.0 - level) * largest[parties.pollutant])
