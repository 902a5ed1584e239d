"""Equal effluent concentration."""

from __future__ import annotations

from abate.strategies.filling import Family, proportional
from abate.strategies.parties import Parties


def equal_concentration(parties: Parties) -> Family:
    """Allow every effluent the same concentration: x = min(D, c Q), with Q the flow (TSD scheme 2)."""
    return proportional(parties, parties.attribute("flow", "equal-concentration"))
