"""Convergence to equal loads per head."""

from __future__ import annotations

from abate.errors import Finding, InputError
from abate.strategies.filling import Family, proportional
from abate.strategies.parties import Baseline, Parties


def convergence(parties: Parties, *, baseline: Baseline = "current", elapsed: float = 0.5) -> Family:
    """Move from today's shares to shares by population: x = E ((1 - f) B / sum of B + f P / sum of P).

    Source: Meyer, Contraction and Convergence (2000).

    Parameters
    ----------
    baseline : the loads B that shares start from.
    elapsed : f, the years since the start over the years to convergence.

    Raises
    ------
    InputError
        Where population or baseline is missing for some, or the share is none.
    """
    if not 0 <= elapsed <= 1:
        cure = "give a share from 0 (today's shares) to 1 (equal per head)"
        raise InputError([Finding("strategy", "is not a share", cure, "", "elapsed", str(elapsed))])
    start = parties.baseline(baseline, "convergence")
    people = parties.attribute("population", "convergence")
    return proportional(parties, (1 - elapsed) * parties.shares(start) + elapsed * parties.shares(people))
