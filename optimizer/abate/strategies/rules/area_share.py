"""Shares by area."""

from __future__ import annotations

from abate.strategies.filling import Family, proportional
from abate.strategies.parties import Parties


def area_share(parties: Parties) -> Family:
    """Allow every unit of land the same load: x = min(D, k A), with A the area.

    The usual split of a stormwater allocation among municipal systems (Minnesota Stormwater Manual, guidance for
    categorical TMDLs).
    """
    return proportional(parties, parties.attribute("area", "area-share"))
