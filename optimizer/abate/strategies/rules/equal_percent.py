"""Equal percent removal."""

from __future__ import annotations

from abate.strategies.filling import Family, proportional
from abate.strategies.parties import Baseline, Parties


def equal_percent(parties: Parties, *, baseline: Baseline = "current") -> Family:
    """Cut every load by the same percentage of its baseline: x = (1 - r) B.

    Measured from raw loads it rewards early action, from today's loads it punishes it (scheme 1 of the US EPA's
    Technical Support Document for Water Quality-based Toxics Control, 1991, here TSD).
    """
    return proportional(parties, parties.baseline(baseline, "equal-percent"))
