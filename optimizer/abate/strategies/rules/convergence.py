"""Convergence to equal loads per head."""

from __future__ import annotations

from abate.errors import Finding, InputError
from abate.strategies.filling import Family, proportional
from abate.strategies.parties import Baseline, Parties


def convergence(parties: Parties, *, baseline: Baseline = "current", progress: float = 0.5) -> Family:
    """Move from today's shares to shares by population: x = E ((1 - f) B / sum of B + f P / sum of P).

    f is how much of the way is gone: the years since the start over the years to convergence (Meyer, Contraction and
    Convergence, 2000).
    """
    if not 0 <= progress <= 1:
        cure = "give a share from 0 (today's shares) to 1 (equal per head)"
        raise InputError([Finding("strategy", "is not a share", cure, "", "progress", str(progress))])
    start = parties.baseline(baseline, "convergence")
    people = parties.attribute("population", "convergence")
    return proportional(parties, (1 - progress) * parties.shares(start) + progress * parties.shares(people))
