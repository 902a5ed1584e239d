"""Grandfathering."""

from __future__ import annotations

from abate.strategies.filling import Family, proportional
from abate.strategies.parties import Baseline, Parties


def grandfathering(parties: Parties, *, baseline: Baseline = "current") -> Family:
    """Keep everybody's share of the baseline: x = E B / sum of B.

    With today's loads it is equal percent removal; with permitted loads it honours permits.
    """
    return proportional(parties, parties.baseline(baseline, "grandfathering"))
