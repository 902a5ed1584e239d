"""By how much plans break what has to be kept: targets that may not give way, floors, resources and rules.

Bounds of the extents and groups are no business of this file: whoever makes plans keeps them.
"""

from __future__ import annotations

import numpy as np

from abate.front.exact.point import Flags, Floats
from abate.front.searched.batch import Batch
from abate.solver import FEASIBILITY_TOLERANCE
from abate_models.equity import abilities
from abate_models.problem import Problem
from abate_models.relaxation import target_sizes


class Limits:
    """Hard constraints of a problem, each relative to its own size.

    Parameters
    ----------
    problem : with every limit resolved.
    soft : (targets) which of them may give way.
    """

    def __init__(self, problem: Problem, soft: Flags) -> None:
        self._problem = problem
        self.hard = np.flatnonzero(~soft)
        self._sizes = target_sizes(problem)
        available = problem.resources.available
        self._resource_sizes = np.where(available > 0, available, 1.0)
        self._floor_sizes = np.where(problem.loads.baseline > 0, problem.loads.baseline, 1.0)
        self._ability = {row: self._abilities(int(row)) for row in problem.rules.rows("burden")}

    def violation(self, batch: Batch) -> Floats:
        """Return the sum of the relative violations of each plan, (plans); 0 where all is kept."""
        pieces = [self.excess(batch), self._floors(batch), self._percents(batch), self._burdens(batch)]
        pieces += [self._uniform(batch, int(row)) for row in self._problem.rules.rows("uniform")]
        return np.asarray(sum(_beyond(piece).sum(axis=1) for piece in pieces))

    def excess(self, batch: Batch) -> Floats:
        """Return by how much targets and then resources are passed, (plans x rows); negative where there is room."""
        targets, resources = self._problem.targets, self._problem.resources
        passed = (targets.sign * (batch.targets - targets.allowed) / self._sizes)[:, self.hard]
        used = (batch.extents @ resources.use.T - resources.available) / self._resource_sizes
        return np.hstack([passed, used])

    def _floors(self, batch: Batch) -> Floats:
        return np.asarray((self._problem.loads.floor - batch.load) / self._floor_sizes)

    def _percents(self, batch: Batch) -> Floats:
        rules = self._problem.rules
        rows = rules.rows("reduction_percent")
        rule, load = np.nonzero(rules.loads[rows])
        reduced = self._reduced(batch)[:, load]
        lower, upper = np.nan_to_num(rules.lower, nan=-np.inf)[rows[rule]], np.nan_to_num(rules.upper, nan=np.inf)
        return np.maximum(lower / 100.0 - reduced, reduced - upper[rows[rule]] / 100.0)

    def _uniform(self, batch: Batch, row: int) -> Floats:
        """Return how far each load is from the common percentage of its zone and pollutant."""
        rules, loads = self._problem.rules, self._problem.loads
        least, most = np.nan_to_num(rules.lower[row], nan=0.0), np.nan_to_num(rules.upper[row], nan=100.0)
        pieces = [np.zeros((len(batch.extents), 0))]
        for pollutant in range(len(self._problem.pollutants)):
            reduced = self._reduced(batch)[:, rules.loads[row] & (loads.pollutant == pollutant)]
            if reduced.size:
                common = np.clip(reduced.mean(axis=1, keepdims=True), least / 100.0, most / 100.0)
                pieces.append(np.abs(reduced - common))
        return np.hstack(pieces)

    def _burdens(self, batch: Batch) -> Floats:
        rules = self._problem.rules
        pieces = [np.zeros((len(batch.extents), 0))]
        for row, (members, ability) in self._ability.items():
            limit = rules.upper[row] * ability
            pieces.append((batch.source_cost[:, members] - limit) / np.where(limit > 0, limit, 1.0))
        return np.hstack(pieces)

    def _reduced(self, batch: Batch) -> Floats:
        """Return the share of each load's baseline that is taken away, (plans x loads)."""
        return np.asarray((self._problem.loads.baseline - batch.load) / self._floor_sizes)

    def _abilities(self, row: int) -> tuple[np.ndarray, Floats]:
        problem, rules = self._problem, self._problem.rules
        with_options = np.isin(np.arange(len(problem.sources)), problem.options.source)
        members = np.flatnonzero(rules.sources[row] & with_options)
        return members, abilities(problem, members, rules.ability[row], f"rule {rules.ids[row]!r}")


def _beyond(excess: Floats) -> Floats:
    """Return what is more than the tolerance leaves room for."""
    return np.asarray(np.where(excess > FEASIBILITY_TOLERANCE, excess, 0.0))
