"""What a coalition of players pays at least for meeting its obligations together.

Each player is obliged to the loads that an allocation allows it. A coalition S may shift reductions among its members
as long as together they bring no more to any target than the allocation lets them:

    c(S) = min cost of the measures of S
           subject to  sum over S of a L <= sum over S of a x    for every target,

with a the transfer coefficient (1 in a cap), L the loads of the members and x what the allocation allows them. Two
coalitions that join can do what each did, so that joining never costs more. Where the allocation uses the targets up,
the grand coalition finds the least-cost plan. Shared resources are at the disposal of whoever acts; rules and budgets
of the case are left out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.attainable import technical_problem
from abate.errors import NoPlanError, SolverError
from abate.solver import Session, Solution, SolutionStatus
from abate.strategies.study import Study
from abate_models.assemble import assemble
from abate_models.compile import compile_model
from abate_models.matrix import MatrixConstraint

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

#: Share of a target's size that a coalition may pass its obligation by, against rounding.
ROOM = 1e-9


class Coalitions:
    """Finds the least cost of one coalition after another; the model is built once.

    Parameters
    ----------
    study : the case.
    allowed : load that the allocation allows to each load.
    player : code of the player of each source, -1 for those who take no part and do what they are asked.
    names : of the players.
    """

    def __init__(self, study: Study, allowed: Floats, player: Codes, names: list[str]) -> None:
        self._problem, parties = study.problem, study.parties()
        self._allowed, self._player, self._names = allowed, player, names
        self._response = parties.rows
        self._limits = parties.rows @ allowed + ROOM * parties.sizes
        model = assemble(technical_problem(self._problem))
        model.pooled = MatrixConstraint(
            parties.targets,
            terms=[(parties.rows, model.allowed_load)],
            lower=np.array(-np.inf),
            upper=parties.limits,
            doc="what the coalition brings to a target within what the allocation lets it",
        )
        self._session = Session(compile_model(model), gap=study.gap)
        self._extent = self._session.compiled.positions("extent")
        self._most = self._session.compiled.column_upper[self._extent]

    def cost(self, mask: int) -> float:
        """Return the least cost of the coalition with this bit mask, in the case's currency per year.

        Raises
        ------
        NoPlanError
            Where it cannot meet its obligations.
        SolverError
            Where the solve fails.
        """
        return self._solved(mask).objective

    def loads(self, mask: int) -> Floats:
        """Return the loads of everybody where this coalition acts and the others do what they are asked."""
        values = self._solved(mask).values[self._session.compiled.columns["allowed_load"]]
        return np.where(self._members(mask)[self._problem.loads.source], values, self._allowed)

    def _members(self, mask: int) -> NDArray[np.bool_]:
        """Return which sources belong to the players of a coalition."""
        inside = np.array([bool(mask >> bit & 1) for bit in range(len(self._names))] + [False])
        return np.asarray(inside[self._player])

    def _solved(self, mask: int) -> Solution:
        members, session, loads = self._members(mask), self._session, self._problem.loads
        most = np.where(members[self._problem.options.source], self._most, 0.0)
        session.bound_columns(self._extent, np.zeros(len(most)), most)
        # in the model the others stay at their baseline; the rows leave room for that
        others = np.where(members[loads.source], 0.0, loads.baseline - self._allowed)
        upper = self._limits + self._response @ others
        session.bound_rows(session.compiled.rows["pooled"], np.full(len(upper), -np.inf), upper)
        solution = session.solve()
        if solution.status is SolutionStatus.INFEASIBLE:
            said = ", ".join(repr(name) for bit, name in enumerate(self._names) if mask >> bit & 1)
            message = f"{said} cannot meet the obligation by own measures; choose an allocation within technical reach"
            raise NoPlanError(message, [], pd.DataFrame(), pd.DataFrame(), np.nan)
        if not solution.found:
            raise SolverError(f"the cost of a coalition was not found: {solution.stop.value}, {solution.status.value}")
        return solution
