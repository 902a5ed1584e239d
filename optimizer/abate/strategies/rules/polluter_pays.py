"""Polluter pays by contribution."""

from __future__ import annotations

import numpy as np

from abate.strategies.filling import Family
from abate.strategies.parties import Parties


def polluter_pays(parties: Parties) -> Family:
    """Ask for reductions in proportion to what a source contributes to the targets that are missed today: z = t c.

    c is the largest share that its load has in any target that today's loads miss. At a single receptor this is
    z = R a D / sum of a^2 D, with a the transfer coefficient and R the fall of the concentration that is needed.
    """
    loads = parties.loading @ parties.current
    missed = np.flatnonzero(parties.rows @ parties.current > parties.limits)
    share = np.zeros(len(parties.names))
    for row in missed:
        entries = slice(parties.loading.indptr[row], parties.loading.indptr[row + 1])
        column = parties.loading.indices[entries]
        part = parties.loading.data[entries] * parties.current[column] / loads[row]
        np.maximum.at(share, column, part)
    held = parties.movable & (share > 0)
    most = float((parties.current[held] / share[held]).max(initial=0.0))
    return Family(lambda level: parties.current - (1.0 - level) * most * share)
