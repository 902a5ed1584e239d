r"""Near-optimal plans: one session on all plans whose objective is within a share of its best.

.. math::

    f(x) \le f^* + \epsilon |f^*|

f is the objective of the model, f* its best value and epsilon the share. One row says so; every question is then
a solve of the same session with other costs.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from abate.errors import SolverError
from abate.front.exact.point import Floats
from abate.outcome import ROOM_FOR_COST, clean, option_costs
from abate.solver import Session, SolutionStatus
from abate_models.added_rows import with_rows
from abate_models.assemble import assemble
from abate_models.compile import compile_model
from abate_models.cost import cost_vectors
from abate_models.problem import Problem

logger = logging.getLogger(__name__)

#: Relative gap of each solve with yes-or-no decisions: four digits of an end are enough.
END_GAP = 1e-4


@dataclass(frozen=True, eq=False)
class NearPlan:
    """What came of one question: columns, None where there are none, and whether they are proved to be the best."""

    columns: Floats | None
    proved: bool


class NearOptimal:
    """The plans of a problem whose objective is within a share of its best.

    Parameters
    ----------
    problem : with every limit resolved.
    objective : name of the objective.
    best : columns of a plan that is best in it, in the model that `assemble` builds.
    within : the share.
    time_limit : seconds for each solve; None for no limit.
    """

    def __init__(
        self, problem: Problem, objective: str, best: Floats, within: float, *, time_limit: float | None
    ) -> None:
        self.problem = problem
        self.compiled = compile_model(assemble(problem, objective))
        value = self.value(best)
        self._best = best
        # without any share a hair of room, so that the best is not lost to rounding
        limit = value + (within if within > 0 else ROOM_FOR_COST) * abs(value)
        row, most = self.compiled.cost[np.newaxis], limit - self.compiled.offset
        bounded = with_rows(self.compiled, "near_optimal", ["near_optimal"], row, most)
        self._session = Session(bounded, time_limit=time_limit, gap=END_GAP)

    @property
    def solves(self) -> int:
        """How many solves were made."""
        return self._session.solves

    def value(self, columns: Floats) -> float:
        """Return the value of the objective, to be minimised."""
        return float(self.compiled.cost @ columns + self.compiled.offset)

    def least(self, costs: Floats) -> NearPlan:
        """Return the plan of which costs @ columns is least, or the best one that was found in time."""
        session = self._session
        session.minimise(costs)
        if self.compiled.integer.any():
            session.start_from(self._best)
        try:
            solution = session.solve()
        except SolverError as error:
            logger.warning("a solve among the near-optimal plans failed: %s", error)
            return NearPlan(None, proved=False)
        return NearPlan(solution.values if solution.found else None, solution.status is SolutionStatus.OPTIMAL)

    def settled(self, columns: Floats) -> Floats:
        """Return columns with the same extents and all else chosen anew, at the best of the objective."""
        extents = self.compiled.positions("extent")
        self._session.bound_columns(extents, columns[extents], columns[extents])
        found = self.least(self.compiled.cost).columns
        lower, upper = self.compiled.column_lower[extents], self.compiled.column_upper[extents]
        self._session.bound_columns(extents, lower, upper)
        return columns if found is None else found

    def meaning(self, columns: Floats) -> tuple[Floats, Floats]:
        """Return the load of each load, and the yearly cost of each source, that columns stand for."""
        problem = self.problem
        extent, installed, load = clean(problem, self.compiled, columns.copy())
        cost = option_costs(problem, extent, installed)
        return load, np.asarray(np.bincount(problem.options.source, cost, len(problem.sources)), dtype=np.float64)

    def load_weights(self) -> sparse.csr_array:
        """Return (loads x columns) of which the product with columns is each load."""
        columns = self.compiled.positions("allowed_load")
        entries = (np.ones(len(columns)), (np.arange(len(columns)), columns))
        return sparse.csr_array(entries, shape=(len(columns), len(self.compiled.cost)))

    def cost_weights(self, *, most: bool) -> sparse.csr_array:
        """Return (sources x columns) of which the product with columns is the yearly cost of each source.

        Where the `most` is looked for, the capital of an option that is built in part is spread over all of its
        extent: that is never less than what it costs, and equal to it at no extent and in full. (Capital is only
        paid for what is added; a model that wants to spend could otherwise add what it never uses.)
        """
        options = self.problem.options
        members = {
            "extent": np.arange(len(options.keys)),
            "installed": np.flatnonzero(options.discrete),
            "expansion": options.expandable,
        }
        vectors = cost_vectors(self.problem)
        if most and "expansion" in vectors:
            at = options.expandable
            share = np.maximum(1.0 - options.built[at] / np.maximum(options.upper[at], options.built[at]), 0.0)
            vectors["extent"] = vectors["extent"].copy()
            vectors["extent"][at] += share * vectors.pop("expansion")
        values = np.concatenate(list(vectors.values()))
        rows = np.concatenate([options.source[members[name]] for name in vectors])
        columns = np.concatenate([self.compiled.positions(name) for name in vectors])
        shape = (len(self.problem.sources), len(self.compiled.cost))
        return sparse.csr_array(sparse.coo_array((values, (rows, columns)), shape=shape))

    def load_bounds(self) -> tuple[Floats, Floats]:
        """Return the least and the most of each load that the case allows by itself."""
        at, baseline = self.compiled.positions("allowed_load"), self.problem.loads.baseline
        options = self.problem.options
        moves = abs(options.removal) @ (options.upper > 0).astype(float) > 0
        lower, upper = self.compiled.column_lower[at], self.compiled.column_upper[at]
        return np.where(moves, lower, baseline), np.where(moves, upper, baseline)
