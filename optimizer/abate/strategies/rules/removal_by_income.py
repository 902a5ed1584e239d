"""Percent removal in proportion to income."""

from __future__ import annotations

from abate.strategies.filling import Family
from abate.strategies.parties import Baseline, Parties
from abate.strategies.rules.removal import removal_in_proportion


def removal_by_income(parties: Parties, *, baseline: Baseline = "current", most: float = 1.0) -> Family:
    """Ask the richer for the larger percentage: x = (1 - r) B, r = min(r_max, k I), I the income (TSD scheme 12).

    Parameters
    ----------
    baseline : the loads B.
    most : r_max, the greatest share that anybody may be asked for.

    Raises
    ------
    InputError
        Where baseline or income is missing for some, or r_max is no share.
    """
    start = parties.baseline(baseline, "removal-by-income")
    return removal_in_proportion(parties, start, parties.attribute("income", "removal-by-income"), most)
