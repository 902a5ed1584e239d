"""From a rule of division to a family: claims rules under caps and quality targets.

A claims rule divides an estate E among claims d. Here the claims are loads, the estate is what may be emitted, and
floors are met first: x = floor + rule(E - sum of floors, d - floor). All rules give nobody less of a larger estate, so
each is a family in E and is driven up to the targets like any other rule. Parties that no target ties together share
no estate: each set of them is divided by itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from abate.errors import Finding, InputError
from abate.strategies.claims import Rule, with_floors
from abate.strategies.filling import Family, Mode, fill, refuse_floors_above_limits
from abate.strategies.parties import Baseline, Parties, components

Floats = NDArray[np.float64]


def divide(parties: Parties, rule: Rule, *, baseline: Baseline, mode: Mode, name: str) -> Floats:
    """Return what a claims rule awards to each party, in the case's load unit.

    Raises
    ------
    InputError
        Where the baseline is missing for some, or every cap is above the claims on it.
    NoPlanError
        Where the floors alone pass a target.
    """
    claims = np.maximum(parties.baseline(baseline, name), parties.lower)
    _refuse_plenty(parties, claims, name)
    refuse_floors_above_limits(parties)
    exceeded = np.flatnonzero(parties.rows @ parties.current > parties.limits)
    asked = parties.loading[exceeded].sum(axis=0) > 0
    allowed = parties.current.copy()
    for members in components(parties):
        if asked[members].any():
            some = parties.take(members)
            allowed[members] = fill(some, _family(some, claims[members], rule), mode)
    return allowed


def _family(parties: Parties, claims: Floats, rule: Rule) -> Family:
    """Return the awards by the share of what lies above the floors; pollutants are divided one by one."""
    lower = parties.lower
    movable = [np.flatnonzero((parties.pollutant == code) & parties.movable) for code in np.unique(parties.pollutant)]
    groups = [members for members in movable if len(members)]

    def awards(level: float) -> Floats:
        loads = lower.copy()
        for members in groups:
            floors, claimed = lower[members], claims[members]
            estate = floors.sum() + level * (claimed - floors).sum()
            loads[members] = with_floors(rule, float(estate), claimed, floors)
        return loads

    return Family(awards)


def _refuse_plenty(parties: Parties, claims: Floats, name: str) -> None:
    """Raise InputError where nothing has to be divided."""
    if (parties.loading @ claims > parties.limits).any():
        return
    cure = "no reduction is needed; tighten a limit, or choose another baseline"
    raise InputError([Finding("targets", f"every limit is above the sum of claims on it, so {name} is idle", cure)])
