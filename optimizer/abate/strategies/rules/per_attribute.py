"""Equal load per unit of any attribute."""

from __future__ import annotations

from abate.strategies.filling import Family, proportional
from abate.strategies.parties import Parties


def per_attribute(parties: Parties, *, attribute: str) -> Family:
    """Allow every unit of an attribute the same load: x = min(D, k M), such as raw material used (TSD scheme 9)."""
    return proportional(parties, parties.attribute(attribute, "per-attribute"))
