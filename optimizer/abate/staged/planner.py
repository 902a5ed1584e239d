"""Plans of several years on models that are kept between solves: least cost, then the least change near it.

A plan is made in up to three steps: the least discounted cost, with a cut for every limit that holds with a
probability; where there was a plan before, the least change from it at a cost of at most (1 + tolerance) times the
least; where decisions are whole, a last solve with them fixed, for prices. Each of the first two steps has a session of
its own, which starts from where the same step of the plan before ended: that is nearer than the end of the other step.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from abate.bound import proved_bound
from abate.errors import SolverError
from abate.margins import row_prices
from abate.solver import DEFAULT_GAP, Session, SolutionStatus
from abate.staged.model import StagedModel
from abate.staged.reach import out_of_reach
from abate.staged.reading import yearly_prices, yearly_slack
from abate.staged.stage import OutOfReachError, Stage, Staged, Standing
from abate.staged.warm import WarmStart
from abate_models.compile import CompiledModel
from abate_models.problem import Problem
from abate_models.stages import Coupling

__all__ = ["OutOfReachError", "Planner", "Stage", "Staged", "Standing"]

Floats = NDArray[np.float64]

#: Room given to what a first solve found, as a share of it, while change is made least.
ROOM = 1e-7

logger = logging.getLogger(__name__)


class Planner:
    """Plans years ahead, again and again, on models that it keeps.

    Parameters
    ----------
    time_limit : seconds for each solve; None for no limit.
    gap : relative gap at which a plan with yes-or-no decisions counts as optimal.
    start : where the last solve of an earlier planner ended (`warm_start`).

    Attributes
    ----------
    begun : what was done to get the first model: ``updated`` where it started from an earlier one, or ``rebuilt
        because ...``; empty before there is one.
    """

    def __init__(
        self, *, time_limit: float | None = None, gap: float = DEFAULT_GAP, start: WarmStart | None = None
    ) -> None:
        self._time_limit, self._gap, self._start = time_limit, gap, start
        self._cheapest: Session | None = None
        self._nearest: Session | None = None
        self._end: WarmStart | None = None
        self.begun = ""

    @property
    def warm_start(self) -> WarmStart | None:
        """Where the plan of least cost ended, for a later planner; None before there is one."""
        return self._end

    def solve(
        self,
        stages: Sequence[Stage],
        standing: Standing,
        *,
        discount_rate: float,
        ramp: Floats | None = None,
        available_from: Floats | None = None,
        tolerance: float | None = None,
        ceilings: bool = False,
    ) -> Staged:
        """Return the plan of least discounted cost, or the nearest to the plan before that costs little more.

        Parameters
        ----------
        stages : a stage per year, one year after the other.
        standing : what stands, and the plan before.
        discount_rate : per year.
        ramp : (options,), the most extent that can be added in one year; that of the problems where it is None.
        available_from : (options,), first year in which anything new works; where it is None the first year or the
            lead time of each option, counted from the first stage, whichever is later.
        tolerance : share by which the cost may pass the least cost for a smaller change from the plan before; None for
            least cost.
        ceilings : whether targets that have a ceiling on their price give way for it.

        Raises
        ------
        OutOfReachError
            Where the targets cannot all hold.
        SolverError
            Where the time limit struck before any plan was found, or the solver failed.
        """
        options = stages[0].problem.options
        if available_from is None:
            available_from = first_working_years(stages[0].problem, stages[0].year)
        built = np.broadcast_to(standing.built, (len(stages), len(options.keys)))
        coupling = Coupling(
            built=np.maximum.accumulate(built, axis=0),
            ramp=options.ramp if ramp is None else ramp,
            available_from=available_from,
            discount_rate=discount_rate,
            ceilings=ceilings,
            previous=standing.previous if tolerance is not None else None,
        )
        model = StagedModel(stages, coupling, standing.previous)
        frozen = model.frozen(standing.frozen)
        plan = _Plan(model)
        self._cheapest, plan.how = self._with_model(self._cheapest, model.compiled if frozen is None else frozen)
        plan.least_cost(self._cheapest, frozen)
        self._end = WarmStart.of(self._cheapest, model.compiled)
        if tolerance is not None and model.has_change:
            self._nearest, _ = self._with_model(self._nearest, plan.kept)
            plan.least_change(self._nearest, tolerance)
        if model.is_whole:
            plan.fix_decisions(self._cheapest)
        return plan.staged()

    def _with_model(self, session: Session | None, compiled: CompiledModel) -> tuple[Session, str]:
        """Return the session with a new model in it, and what was done to get there."""
        if session is None:
            made = Session(compiled, time_limit=self._time_limit, gap=self._gap)
            how = "rebuilt because there was no model yet" if self._start is None else self._start.begin(made, compiled)
            self.begun = self.begun or how
            return made, how
        return session, session.update(compiled)


def first_working_years(problem: Problem, now: int) -> Floats:
    """Return the first year in which new extent of each option works, if it is decided now; shape (options,)."""
    options = problem.options
    return np.fmax(options.first_year, now + options.lead_time)


class _Plan:
    """One plan in the making: each step leaves what it found.

    Attributes
    ----------
    how : what was done to the solver's model.
    kept : the model that has a plan: with the first years frozen where that leaves one.
    """

    def __init__(self, model: StagedModel) -> None:
        self._model = model
        self.how, self.kept = "", model.compiled
        self._notes: list[str] = []
        self._solves = 0

    def least_cost(self, session: Session, frozen: CompiledModel | None) -> None:
        """Find the plan of least cost; without the freeze where there is none with it.

        Raises
        ------
        OutOfReachError
            Where there is none at all.
        SolverError
            Where none was found, or the solver failed.
        """
        model, before = self._model, session.solves
        solution, margins = model.solve(session)
        if solution.status is SolutionStatus.INFEASIBLE and frozen is not None:
            self._notes.append("the first years are not kept as they were planned: with them there is no plan")
            session.update(model.compiled)
            solution, margins = model.solve(session)
        elif frozen is not None:
            self.kept = frozen
        if solution.status is SolutionStatus.INFEASIBLE:
            raise out_of_reach(model, session.compiled)
        if not solution.found:
            raise SolverError(f"no plan of these years was found: {solution.stop.value}, {solution.status.value}")
        self._solves += session.solves - before
        self._least, self._final, self._margins = solution, solution, margins
        self._bound, self._prices = solution.bound, solution.prices
        if not model.is_whole:
            self._bound = proved_bound(session.compiled, solution.prices)
            self._prices = row_prices(session.compiled, solution.prices)

    def least_change(self, session: Session, tolerance: float) -> None:
        """Find the plan of least change among those that cost little more than the least."""
        model, least, before = self._model, self._least, session.solves
        change, cost = model.change(model.read(least.values).extents), float(model.cost @ least.values)
        if change <= 0:
            return
        most = np.array([cost + (tolerance + ROOM) * abs(cost)])
        session.bound_rows(model.compiled.rows["cost_held"], np.array([-np.inf]), most)
        giving = model.columns_of("exceedance")
        session.bound_columns(giving, np.zeros(len(giving)), least.values[giving] * (1 + ROOM))
        session.minimise(model.change_objective(change, cost))
        nearest, margins = model.solve(session, near=least.values)
        self._solves += session.solves - before
        if nearest.found:
            self._final, self._margins = nearest, margins
        else:
            self._notes.append(f"the plan of least change was not found ({nearest.stop.value}); this is the cheapest")
            logger.warning("the plan of least change was not found: %s, %s", nearest.stop.value, nearest.status.value)

    def fix_decisions(self, session: Session) -> None:
        """Solve for the least cost with the yes-or-no decisions of the plan, which has prices."""
        model, before = self._model, session.solves
        session.fix_integers(self._final.values)
        fixed, margins = model.solve(session)
        self._solves += session.solves - before
        self._prices = row_prices(session.compiled, fixed.prices)
        if self._final is self._least and fixed.found:
            self._final, self._margins = fixed, margins

    def staged(self) -> Staged:
        """Return the plan as it stands after these steps."""
        model, columns = self._model, self._final.values
        read, factors = model.read(columns), model.factors
        return Staged(
            years=list(model.problems),
            targets=model.stages[0].problem.targets.ids,
            extents=read.extents,
            capacity=read.capacity,
            installed=read.installed,
            loads=read.loads,
            margins=model.margins(self._margins),
            prices=yearly_prices(model.problems, model.compiled, self._prices, factors),
            slack=yearly_slack(model.problems, model.compiled, columns),
            yearly_cost=read.yearly_cost,
            cost=float(factors @ read.yearly_cost),
            least_cost=float(factors @ model.read(self._least.values).yearly_cost),
            bound=self._bound,
            change=model.change(read.extents),
            how=self.how,
            solves=self._solves,
            notes=tuple(self._notes),
            columns=read.columns,
            compiled=model.compiled,
        )
