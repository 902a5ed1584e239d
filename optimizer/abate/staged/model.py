"""A staged model ready to be solved: its columns, its chances, what its change and its freeze mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from abate.margins import Chance, chances_of, solve_with_margins
from abate.solver import Session, Solution
from abate.staged.reading import Reading, read_columns
from abate.staged.stage import Stage
from abate_models.compile import CompiledModel, compile_model
from abate_models.cost import cost_of_columns
from abate_models.problem import Problem
from abate_models.stability import change_weights
from abate_models.stages import Coupling, assemble_stages, discount_factors, staged_problems, year_of

Floats = NDArray[np.float64]
Positions = NDArray[np.int64]

#: What the whole cost weighs against the whole change of the plan of least cost, so that among equal changes the
#: cheaper one is taken; what that can add to the change is this share of the tolerance on the cost.
COST_AMONG_EQUALS = 1e-3


class StagedModel:
    """The compiled model of some stages.

    Attributes
    ----------
    stages, coupling : what it was made from.
    previous : (years x options), extents of the plan before, NaN where it has none.
    problems : by year, with what stands then.
    factors : (years,), what money of each year is worth in the first one.
    compiled : the model; its objective is the discounted cost with the price of what gives way.
    cost : (columns,), discounted cost of a unit of each column.
    chances : every limit that holds with a probability.
    """

    def __init__(self, stages: Sequence[Stage], coupling: Coupling, previous: Floats | None = None) -> None:
        self.stages, self.coupling = stages, coupling
        options = len(stages[0].problem.options.keys)
        self.previous = np.full((len(stages), options), np.nan) if previous is None else previous
        given = {stage.year: stage.problem for stage in stages}
        self.problems: dict[int, Problem] = staged_problems(given, coupling)
        self.factors = discount_factors(list(given), coupling.discount_rate)
        self.compiled: CompiledModel = compile_model(assemble_stages(given, coupling))
        self._views = {year: year_of(self.compiled, year) for year in given}
        years = zip(self.factors, self.problems.values(), self._views.values(), strict=True)
        self.cost = np.sum([factor * cost_of_columns(problem, view) for factor, problem, view in years], axis=0)
        self.chances, self._owners = self._chances()
        self._weights = np.array([change_weights(problem) for problem in self.problems.values()])

    @property
    def is_whole(self) -> bool:
        """Whether any decision is a yes or no."""
        return bool(self.compiled.integer.any())

    @property
    def has_change(self) -> bool:
        """Whether the model has rows that count the change from the plan before."""
        return "cost_held" in self.compiled.rows

    def solve(self, session: Session, near: Floats | None = None) -> tuple[Solution, Floats]:
        """Solve a session on the model with its chances held; return the margin of each as well."""
        if not self.chances:
            return session.solve(), np.zeros(0)
        return solve_with_margins(session, self.chances, near=near)

    def read(self, columns: Floats) -> Reading:
        """Return what columns say."""
        return read_columns(self.problems, self.compiled, columns, self.coupling.ramp)

    def columns_of(self, variable: str) -> Positions:
        """Return the columns of a variable of all years."""
        found = [view.positions(variable) for view in self._views.values() if variable in view.columns]
        return np.concatenate([np.zeros(0, dtype=np.int64), *found])

    def margins(self, of_chances: Floats) -> Floats:
        """Return the margin that each target holds, shape (years x targets)."""
        held = np.zeros((len(self.stages), len(self.stages[0].problem.targets.ids)))
        for (row, target), margin in zip(self._owners, of_chances, strict=True):
            held[row, target] = margin
        return held

    def change(self, extents: Floats) -> float:
        """Return the weighted change of extents (years x options) from the plan before; 0 where there was none."""
        moved = np.nan_to_num(np.abs(extents - self.previous), nan=0.0)
        return float(np.sum(self._weights * moved))

    def change_objective(self, change: float, cost: float) -> Floats:
        """Return the change as an objective, as shares of a change and, far below, of a cost; shape (columns,)."""
        objective = np.zeros(len(self.cost))
        for weights, before, view in zip(self._weights, self.previous, self._views.values(), strict=True):
            for name in ("rise", "fall"):
                if name in view.columns:
                    objective[view.columns[name]] = weights[~np.isnan(before)] / change
        return objective + (COST_AMONG_EQUALS / cost * self.cost if cost > 0 else 0.0)

    def frozen(self, years: int) -> CompiledModel | None:
        """Return the model with the first years held as the plan before has them; None where it has none of them.

        What the plan before has is cut down to what can stand: what is built and, year by year, the ramp.
        """
        held = self.previous[:years]
        if np.isnan(held).all():
            return None
        lower, upper = self.compiled.column_lower.copy(), self.compiled.column_upper.copy()
        reach = reachable_capacity(self.problems, self.coupling)
        for most, before, view in zip(reach, held, self._views.values(), strict=False):
            columns = view.positions("extent")
            kept = np.minimum(np.minimum(before, most), upper[columns])
            known = ~np.isnan(kept)
            lower[columns[known]] = upper[columns[known]] = np.maximum(kept[known], 0.0)
        return replace(self.compiled, column_lower=lower, column_upper=upper)

    def _chances(self) -> tuple[list[Chance], list[tuple[int, int]]]:
        """Return the chances of all years, and the year and target of each by position."""
        chances: list[Chance] = []
        owners: list[tuple[int, int]] = []
        for row, (stage, view) in enumerate(zip(self.stages, self._views.values(), strict=True)):
            for target, deviation in stage.deviations.items():
                found = chances_of(stage.problem, view, {target: deviation}, stage.quantile)
                chances += found
                owners += [(row, target)] * len(found)
        return chances, owners


def reachable_capacity(problems: dict[int, Problem], coupling: Coupling) -> Floats:
    """Return the most that can stand of each option in each year, shape (years x options)."""
    reach, standing = [], coupling.built[0]
    for built, year in zip(coupling.built, problems, strict=True):
        added = np.where(coupling.available_from > year, 0.0, coupling.ramp)
        standing = np.maximum(standing + added, built)
        reach.append(standing)
    return np.array(reach)
