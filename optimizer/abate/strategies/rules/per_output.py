"""Equal load per unit of production."""

from __future__ import annotations

from abate.strategies.filling import Family, proportional
from abate.strategies.parties import Parties


def per_output(parties: Parties) -> Family:
    """Allow every unit of production the same load: x = min(D, k Y), with Y the output (TSD scheme 10)."""
    return proportional(parties, parties.attribute("output", "per-output"))
