"""Options space: one whole number for each source and group, which says what is done there.

A slot is an exclusive group of one source, or an option that is in no group. Its choices are to do nothing, and each of
its options at one of a few levels. So groups and the bounds of options are kept by every plan that can be written down.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from abate.front.exact.point import Codes, Floats
from abate.front.searched.encoding import Genes
from abate.front.searched.limits import Limits
from abate.front.searched.repair import Repair
from abate_models.loads import greatest_loads
from abate_models.problem import Problem

#: Levels of an option, from its least extent to its greatest.
LEVELS = 4


class Choices:
    """Options space of a problem.

    Parameters
    ----------
    problem, limits : what is planned, and what has to be kept.
    levels : how many levels an option has.

    Attributes
    ----------
    members : (slots x width) options of each slot, -1 where it has fewer.
    table : (slots x choices x width) extent of each of them under each choice; the first choice does nothing.
    """

    whole = True

    def __init__(self, problem: Problem, limits: Limits, *, levels: int = LEVELS) -> None:
        self.members = _slots(problem)
        self._options = len(problem.options.keys)
        self._real = self.members >= 0
        self._scale = _greatest(problem)
        self.table, count = _choices(problem, self.members, self._scale, levels)
        self.lower, self.upper = np.zeros(len(count)), (count - 1).astype(float)
        self.name = f"options space of {len(count)} slots with {int(count.sum())} choices"
        self._repair = Repair(problem, limits, self)

    def decode(self, genes: Genes) -> Floats:
        """Return the extents of plans, (plans x options)."""
        slots = np.arange(len(self.upper))
        chosen = self.table[slots, np.asarray(genes, dtype=np.int64)]
        extents = np.zeros((len(genes), self._options))
        extents[:, self.members[self._real]] = chosen[:, self._real]
        return extents

    def encode(self, extents: Floats, draws: Floats | None = None) -> Genes:
        """Return the genes of the choices nearest to some extents; with draws one of the two nearest."""
        padded = np.hstack([extents / self._scale, np.zeros((len(extents), 1))])
        scale = np.append(self._scale, 1.0)[self.members]
        genes = np.zeros((len(extents), len(self.upper)))
        beyond = np.arange(self.table.shape[1]) > self.upper[:, None]
        for plan, shares in enumerate(padded):
            away = np.linalg.norm(self.table / scale[:, None] - shares[self.members][:, None], axis=2)
            away[beyond] = np.inf
            nearest = np.argsort(away, axis=1, kind="stable")[:, :2]
            genes[plan] = nearest[:, 0]
            if draws is not None and nearest.shape[1] > 1:
                first, second = np.take_along_axis(away, nearest, axis=1).T
                other = draws[plan] * (first + second) < first
                genes[plan, other] = nearest[other, 1]
        return genes

    def repair(self, genes: Genes) -> Genes:
        """Return genes changed step by step, the most cost-effective first, until targets and resources are kept."""
        return self._repair.of(np.asarray(genes, dtype=np.int64)).astype(float)


def count_slots(problem: Problem) -> int:
    """Return how many slots a problem has."""
    return len(_slots(problem))


def _slots(problem: Problem) -> Codes:
    """Return the options of each slot: the groups first, then what is in no group; -1 fills up."""
    options = problem.options
    own = np.flatnonzero((options.group < 0) & (options.upper > 0))
    slot = np.where(options.group >= 0, options.group, -1)
    slot[own] = len(options.groups) + np.arange(len(own))
    used = np.flatnonzero((slot >= 0) & (options.upper > 0))
    _, slot = np.unique(slot[used], return_inverse=True)
    order = np.argsort(slot, kind="stable")
    sizes = np.bincount(slot)
    place = np.arange(len(used)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    members = np.full((len(sizes), sizes.max(initial=0)), -1, dtype=np.int64)
    members[slot[order], place] = used[order]
    return members


def _greatest(problem: Problem) -> Floats:
    """Return the greatest extent that is tried of each option, which is finite, and above 0."""
    options = problem.options
    entries = sparse.coo_array(options.removal)
    load, option = entries.coords
    needed = greatest_loads(problem)[load] / np.abs(entries.data)
    finite = np.zeros(len(options.keys))
    np.maximum.at(finite, option, np.where(np.isfinite(needed), needed, 0.0))
    greatest = np.where(np.isfinite(options.upper), options.upper, finite)
    return np.asarray(np.where(greatest > 0, greatest, 1.0))


def _choices(problem: Problem, members: Codes, greatest: Floats, levels: int) -> tuple[Floats, Codes]:
    """Return the table of choices, and how many each slot has."""
    options = problem.options
    slots, width = members.shape
    table = np.zeros((slots, 1 + levels * width, width))
    count = np.ones(slots, dtype=np.int64)
    for slot, place in zip(*np.nonzero(members >= 0), strict=True):
        option = members[slot, place]
        for extent in _levels(options.lower[option], min(greatest[option], options.upper[option]), levels):
            table[slot, count[slot], place] = extent
            count[slot] += 1
    return table[:, : count.max(initial=1)], count


def _levels(least: float, most: float, levels: int) -> Floats:
    """Return the levels of an option, none where its least extent is beyond its greatest."""
    if least > most:
        return np.zeros(0)
    return np.unique(np.linspace(max(least, most / levels), most, levels))
