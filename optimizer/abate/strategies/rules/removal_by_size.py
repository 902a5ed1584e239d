"""Percent removal in proportion to size."""

from __future__ import annotations

from abate.strategies.filling import Family
from abate.strategies.parties import Baseline, Parties
from abate.strategies.rules.removal import removal_in_proportion


def removal_by_size(parties: Parties, *, baseline: Baseline = "current", most: float = 1.0) -> Family:
    """Ask the larger for the larger percentage: x = (1 - r) B with r = min(r_max, k B) (TSD scheme 11a).

    Parameters
    ----------
    baseline : the loads B.
    most : r_max, the greatest share that anybody may be asked for.

    Raises
    ------
    InputError
        Where baseline is missing for some, or r_max is no share.
    """
    start = parties.baseline(baseline, "removal-by-size")
    return removal_in_proportion(parties, start, start, most)
