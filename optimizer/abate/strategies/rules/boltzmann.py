"""Boltzmann shares."""

from __future__ import annotations

import numpy as np

from abate.errors import Finding, InputError
from abate.strategies.filling import Family, proportional
from abate.strategies.parties import Parties

#: Greatest b; beyond it, one source has all and the others nothing.
STEEPEST = 1e3
#: Least exponent: a weight stays above nothing, so that everybody is served in the end where there is enough.
LEAST = -500.0


def boltzmann(parties: Parties, *, beta: float = 1.0) -> Family:
    """Share by population, less to those who emit more per head: share = P exp(-b e) / sum of P exp(-b e).

    e is the load per head over its mean, so that b has no unit. To see what b does, compare several:
    ``sweep("boltzmann", beta=(-1, 0, 1, 2))``. Source: Park, Kim and Isard, Permit allocation in emissions trading
    using the Boltzmann distribution, Physica A 391 (2012) 4883-4890.

    Parameters
    ----------
    beta : b; 0 gives equal loads per head, below 0 who emits more today gets more.

    Raises
    ------
    InputError
        Where population is missing for some, or b is beyond 1000.
    """
    if not abs(beta) <= STEEPEST:
        cure = f"give a number from -{STEEPEST:g} to {STEEPEST:g}"
        raise InputError([Finding("strategy", "is no number that shares can be told by", cure, "", "beta", str(beta))])
    people = parties.attribute("population", "boltzmann")
    load, head = parties.shares(parties.current), parties.shares(people)
    exponent = -beta * np.divide(load, head, out=np.zeros_like(head), where=head > 0)
    below = exponent - exponent[parties.movable].max(initial=-np.inf)
    return proportional(parties, people * np.exp(np.clip(below, LEAST, 0.0)))
