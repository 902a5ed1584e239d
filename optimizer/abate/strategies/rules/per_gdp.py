"""Equal load per unit of gross domestic product."""

from __future__ import annotations

from abate.strategies.filling import Family, proportional
from abate.strategies.parties import Parties


def per_gdp(parties: Parties) -> Family:
    """Allow every unit of domestic product the same load: x = min(D, k G), with G the gross domestic product."""
    return proportional(parties, parties.attribute("gdp", "per-gdp"))
