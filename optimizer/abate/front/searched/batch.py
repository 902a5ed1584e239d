"""What follows from the extents of many plans at once: loads, costs and the values of the targets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from abate.front.exact.point import Floats
from abate.outcome import option_costs
from abate_models.matrix import selection
from abate_models.problem import Problem
from abate_models.targets import BUDGET


@dataclass(frozen=True, eq=False)
class Batch:
    """Plans by their extents, shape (plans x options); whatever has any extent is installed."""

    problem: Problem
    extents: Floats

    @cached_property
    def load(self) -> Floats:
        """Load per year after measures, (plans x loads)."""
        return np.asarray(self.problem.loads.baseline - self.extents @ self.problem.options.removal.T)

    @cached_property
    def option_cost(self) -> Floats:
        """Yearly cost of each option, (plans x options)."""
        return option_costs(self.problem, self.extents, self.extents > 0)

    @cached_property
    def source_cost(self) -> Floats:
        """Yearly cost of each source, (plans x sources)."""
        of_source = selection(self.problem.options.source, len(self.problem.sources))
        return np.asarray(self.option_cost @ of_source)

    @cached_property
    def targets(self) -> Floats:
        """Value of the row of each target, (plans x targets)."""
        targets, receptors = self.problem.targets, self.problem.receptors
        values = np.asarray(self.load @ targets.scope.T)
        judged = np.flatnonzero(targets.quality >= 0)
        at = targets.quality[judged]
        values[:, judged] = receptors.background[at] + self.load @ receptors.transfer[at].T
        budgets = targets.rows(BUDGET)
        values[:, budgets] = self.source_cost @ targets.sources[budgets].T
        return values
