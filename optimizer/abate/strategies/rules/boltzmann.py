"""Boltzmann shares."""

from __future__ import annotations

import numpy as np

from abate.strategies.filling import Family, proportional
from abate.strategies.parties import Parties


def boltzmann(parties: Parties, *, beta: float = 1.0) -> Family:
    """Share by population, less to those who emit more per head: share = P exp(-b e) / sum of P exp(-b e).

    e is the load per head over its mean, so that b has no unit; b = 0 gives equal loads per head, a negative b follows
    today's loads. Park, Kim and Lee (2012), Boltzmann distribution for permit allocation, Energy Economics 34. To see
    what b does, compare several: ``sweep("boltzmann", beta=(-1, 0, 1, 2))``.
    """
    people = parties.attribute("population", "boltzmann")
    mean = parties.of_pollutant(parties.current) / parties.of_pollutant(people)
    load = np.divide(parties.current, people, out=np.zeros_like(people), where=people > 0)
    relative = np.divide(load, mean, out=np.zeros_like(mean), where=mean > 0)
    exponent = -beta * relative
    return proportional(parties, people * np.exp(exponent - exponent[parties.movable].max(initial=0.0)))
