"""Repair: plans of the options space are changed until targets and resources are kept, the cheapest way first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abate.front.exact.point import Codes, Flags, Floats
from abate.front.searched.batch import Batch
from abate.front.searched.limits import Limits
from abate.outcome import option_costs
from abate.solver import FEASIBILITY_TOLERANCE
from abate_models.problem import Problem
from abate_models.targets import BUDGET

if TYPE_CHECKING:
    from abate.front.searched.choices import Choices

#: Steps for each slot after which a plan is left as it is.
STEPS_PER_SLOT = 3
#: A step changes one slot of each so many: one by one would take long where there are thousands.
SLOTS_OF_A_STEP = 150
#: Slots whose choices are looked at together, to keep memory small.
SLOTS_AT_ONCE = 50
#: Share of the dearest choice that a step is taken to cost at least.
LEAST_COST = 1e-9


class Repair:
    """Greedy repair of many plans at once.

    A step changes the choice of one slot, or of several where there are many slots: those that take most off the rows
    that are passed for their cost, among those that make no shared resource or budget pass its limit. A plan is left
    alone as soon as no step helps.

    Parameters
    ----------
    problem, limits : what is planned, and what has to be kept.
    space : the slots and their choices.
    """

    def __init__(self, problem: Problem, limits: Limits, space: Choices) -> None:
        self._problem, self._limits, self._space = problem, limits, space
        self._shape = space.table.shape[:2]
        allowed = np.arange(self._shape[1]) <= space.upper[:, None]
        self._effect, self._cost = _effects(problem, limits, space)
        self._slot, self._allowed = np.repeat(np.arange(self._shape[0]), self._shape[1]), allowed.ravel()
        self._step_cost = LEAST_COST * float(self._cost.max(initial=0.0)) or 1.0
        shared = np.asarray(problem.targets.form)[limits.hard] == BUDGET
        resources = np.ones(len(problem.resources.keys), dtype=bool)
        self._shared = np.flatnonzero(np.concatenate([shared, resources]))

    def of(self, genes: Codes) -> Codes:
        """Return repaired genes, (plans x slots)."""
        genes = genes.copy()
        excess = self._limits.excess(Batch(self._problem, self._space.decode(genes.astype(float))))
        active = np.flatnonzero((excess > FEASIBILITY_TOLERANCE).any(axis=1))
        for _ in range(STEPS_PER_SLOT * self._shape[0]):
            if not len(active):
                break
            moved = self._step(genes, excess, active)
            active = active[moved]
            active = active[(excess[active] > FEASIBILITY_TOLERANCE).any(axis=1)]
        return genes

    def _step(self, genes: Codes, excess: Floats, active: Codes) -> Flags:
        """Make one step for each active plan, in place; return which of them got better by it."""
        now = genes[active] + np.arange(self._shape[0]) * self._shape[1]
        over = np.maximum(excess[active], 0.0)
        passed = (over > FEASIBILITY_TOLERANCE).astype(float)
        weight = -(passed @ self._effect.T)
        gain = weight - np.take_along_axis(weight, now, axis=1)[:, self._slot]
        price = self._cost - self._cost[now][:, self._slot]
        score = np.where(gain > 0, gain / np.maximum(price, self._step_cost), -np.inf)
        score[:, ~self._allowed] = -np.inf
        for row in self._shared:
            use = self._effect[:, row]
            becomes = excess[active, row][:, None] + use - use[now][:, self._slot]
            score[(becomes > FEASIBILITY_TOLERANCE) & (becomes > excess[active, row][:, None])] = -np.inf
        return self._made(genes, excess, active, score)

    def _made(self, genes: Codes, excess: Floats, active: Codes, score: Floats) -> Flags:
        """Make the best steps of as many slots, until a plan keeps all rows; return which plans got better."""
        slots, choices = self._shape
        by_slot = score.reshape(len(active), slots, choices)
        best = by_slot.argmax(axis=2)
        worth = np.take_along_axis(by_slot, best[:, :, None], axis=2)[:, :, 0]
        slot = np.argsort(-worth, axis=1, kind="stable")[:, : -(-slots // SLOTS_OF_A_STEP)]
        new, old = (np.take_along_axis(choice, slot, axis=1) for choice in (best, genes[active]))
        useful = np.isfinite(np.take_along_axis(worth, slot, axis=1))[:, :, None]
        change = (self._effect[slot * choices + new] - self._effect[slot * choices + old]) * useful
        after = excess[active][:, None] + change.cumsum(axis=1)
        # the steps of a plan end where all rows are kept
        kept = (after <= FEASIBILITY_TOLERANCE).all(axis=2)
        last = np.where(kept.any(axis=1), kept.argmax(axis=1), slot.shape[1] - 1)
        reached = after[np.arange(len(active)), last]
        better = np.maximum(reached, 0.0).sum(axis=1) < np.maximum(excess[active], 0.0).sum(axis=1)
        made = useful[:, :, 0] & (np.arange(slot.shape[1]) <= last[:, None]) & better[:, None]
        plan, place = np.nonzero(made)
        genes[active[plan], slot[plan, place]] = new[plan, place]
        excess[active[better]] = reached[better]
        return np.asarray(better)


def _effects(problem: Problem, limits: Limits, space: Choices) -> tuple[Floats, Floats]:
    """Return by how much each choice changes the excess of each row, (choices x rows), and what it costs."""
    slots, choices, width = space.table.shape
    effects, costs = [], []
    for first in range(0, slots, SLOTS_AT_ONCE):
        some = np.arange(first, min(first + SLOTS_AT_ONCE, slots))
        # a plan for each choice of each slot, with nothing done elsewhere
        extents = np.zeros((len(some) * choices, len(problem.options.keys)))
        option = np.repeat(space.members[some], choices, axis=0)
        plan, place = np.nonzero(option >= 0)
        extents[plan, option[plan, place]] = space.table[some].reshape(-1, width)[plan, place]
        effects.append(limits.excess(Batch(problem, extents)))
        costs.append(option_costs(problem, extents, extents > 0).sum(axis=1))
    nothing = limits.excess(Batch(problem, np.zeros((1, len(problem.options.keys)))))
    return np.vstack([nothing[:0], *effects]) - nothing, np.concatenate([np.zeros(0), *costs])
