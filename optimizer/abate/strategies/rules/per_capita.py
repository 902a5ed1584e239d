"""Equal load per head."""

from __future__ import annotations

from abate.strategies.filling import Family, proportional
from abate.strategies.parties import Parties


def per_capita(parties: Parties) -> Family:
    """Allow everybody served the same load: x = min(D, k P), with P the population (TSD scheme 4)."""
    return proportional(parties, parties.attribute("population", "per-capita"))
