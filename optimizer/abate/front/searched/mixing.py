"""Mixtures: plans on the line through two good plans that lie near each other, as shares and not as genes.

Where extents are shares, a mixture of two plans that keep all limits keeps them too, and linear objectives lie on the
line between those of the two. Yes-or-no decisions cannot be mixed: what belongs together is taken from either plan.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from abate.front.exact.point import Codes, Floats
from abate_models.problem import Problem

#: Plans among which the parents of a generation are looked for.
MOST_PARENTS = 1_000
#: How far the aim of the second parent may be from that of the first, 0 for the same and 1 for anywhere.
SPREAD = 0.3
#: How far beyond its parents a plan may lie, as a share of the way between them.
BEYOND = 0.3
#: Least weight of an objective in an aim.
LEAST_WEIGHT = 1e-3


class Mixer:
    """Mixes plans of a problem."""

    def __init__(self, problem: Problem) -> None:
        options = problem.options
        self._upper, self._grouped = options.upper, _groups(problem)
        own = len(options.groups) + np.arange(len(options.keys))
        _, self._slot = np.unique(np.where(options.group >= 0, options.group, own), return_inverse=True)
        whole = np.zeros(self._slot.max(initial=-1) + 1, dtype=bool)
        whole[self._slot[options.discrete]] = True
        self._whole = whole[self._slot]

    def mix(self, extents: Floats, scaled: Floats, count: int, rng: np.random.Generator) -> Floats:
        """Return mixtures, (count x options).

        Parameters
        ----------
        extents : (plans x options).
        scaled : (plans x p) objectives, 0 at the best and 1 at the worst.
        """
        some = rng.permutation(len(extents))[:MOST_PARENTS]
        aims = rng.dirichlet(np.ones(scaled.shape[1]), size=(2, count)) + LEAST_WEIGHT
        aims[1] = (1.0 - SPREAD) * aims[0] + SPREAD * aims[1]
        one, other = (extents[some[_nearest(scaled[some], aim)]] for aim in aims)
        share = rng.uniform(-BEYOND, 1.0 + BEYOND, size=(count, 1))
        from_one = (rng.random((count, self._slot.max(initial=-1) + 1)) < share)[:, self._slot]
        taken = np.where(from_one, one, other)
        return self._within(np.where(self._whole, taken, share * one + (1.0 - share) * other))

    def _within(self, extents: Floats) -> Floats:
        """Return the extents within the bounds of options and groups."""
        extents = np.clip(extents, 0.0, self._upper)
        if self._grouped.shape[1]:
            used = (extents * ~self._whole) @ self._grouped
            extents /= np.maximum(used @ self._grouped.T, 1.0)
        return extents


def _groups(problem: Problem) -> sparse.csr_array:
    """Return (options x groups), 1 where an option is in a group."""
    options = problem.options
    member = np.flatnonzero(options.group >= 0)
    entries = (np.ones(len(member)), (member, options.group[member]))
    return sparse.csr_array(sparse.coo_array(entries, shape=(len(options.keys), len(options.groups))))


def _nearest(scaled: Floats, aims: Floats) -> Codes:
    """Return the plan whose greatest weighted objective is least, for each aim (aims x p)."""
    worst = np.full((len(aims), len(scaled)), -np.inf)
    for weight, values in zip(aims.T, scaled.T, strict=True):
        np.maximum(worst, weight[:, None] * values, out=worst)
    return np.asarray(worst.argmin(axis=1))
