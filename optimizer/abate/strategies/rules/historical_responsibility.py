"""Historical responsibility."""

from __future__ import annotations

from abate.errors import Finding, InputError
from abate.strategies.filling import Family
from abate.strategies.parties import Parties


def historical_responsibility(parties: Parties, *, years: float) -> Family:
    """Share what was and what may be emitted per head: x = (P / sum of P) (E + sum of H / T) - H / T.

    H is the load that a source has emitted so far (attribute ``historical_load``, load unit x years), P its population.
    Cumulative loads per head are then equal at the end, but for those whom their debt has brought to the floor.

    Parameters
    ----------
    years : T, over which what was emitted too much per head is given back.

    Raises
    ------
    InputError
        Where population or historical load is missing for some, or the years are none.
    """
    if not years > 0:
        cure = "give the years over which past loads are made good"
        raise InputError([Finding("strategy", "is not a number of years", cure, "", "years", str(years))])
    people = parties.attribute("population", "historical-responsibility")
    debt = parties.attribute("historical_load", "historical-responsibility", or_zero=True) / years
    share = parties.shares(people)
    held = parties.movable & (share > 0)
    total = parties.of_pollutant(parties.current + debt)
    needed = (parties.current + debt)[held] / (share * total)[held]
    return Family(lambda level: level * share * total - debt, top=float(needed.max(initial=1.0)))
