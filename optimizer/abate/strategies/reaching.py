"""From allowed loads to a plan: the cheapest measures that reach them, or come as near as measures can.

A strategy says what each load may be. The measures are then found by

    min yearly cost    subject to    load of i <= allowed of i    for every load i,

with options, groups and shared resources as in the case, and without its targets and rules: these are what the
strategy is judged by. Where measures cannot bring every load so low, first the least sum of overshoots relative to
the loads of today is found, then the least cost with these overshoots; the loads concerned are out of reach.

The plan's loads are those handed out. Where a measure removes more than was asked the source may still emit what it
was allowed, and where a load is out of reach, what is reached counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pyomo.core.base.PyomoModel import ConcreteModel

from abate.attainable import require_options, technical_problem
from abate.bound import proved_bound
from abate.certify import certify
from abate.errors import SolverError
from abate.outcome import Outcome, clean, option_costs, proved_status, relative_gap
from abate.plan import Plan, make_plan, with_values
from abate.solver import FEASIBILITY_TOLERANCE, Session, Solution, SolutionStatus, StopReason
from abate.tables import out_of_reach, target_values
from abate_data.case import Case
from abate_models.assemble import assemble
from abate_models.compile import compile_model
from abate_models.cost import cost_of_columns
from abate_models.problem import Problem
from abate_models.relaxation import add_exceedance
from abate_models.targets import caps_on_loads

Floats = NDArray[np.float64]

#: Share of today's load that is rounding: no measure is taken for it, nor a load called out of reach.
HAIR = 1e-9


@dataclass(frozen=True)
class Found:
    """The cheapest measures for some allowed loads: solution, overshoot of each load, proved bound of the cost."""

    solution: Solution
    overshoot: Floats
    bound: float


class Reaching:
    """Finds the cheapest measures for one allocation after another; the model is built once.

    Parameters
    ----------
    case, problem, best : a case as numbers, with every limit resolved and the best of each gap closure.
    time_limit, gap : of each solve.
    """

    def __init__(self, case: Case, problem: Problem, best: Floats, *, time_limit: float | None, gap: float) -> None:
        self._case, self._problem, self._best = case, problem, best
        self._time_limit, self._gap = time_limit, gap
        self._session: Session | None = None

    def plan(self, allowed: Floats, strategy: str, figures: dict[str, float] | None = None) -> Plan:
        """Return the verified plan of an allocation.

        Parameters
        ----------
        allowed : load allowed to each load of the case, in its load unit.
        strategy, figures : what the plan says of where it comes from.

        Raises
        ------
        SolverError
            Where a solve fails, or its result does not pass the certificate.
        """
        case, problem = self._case, self._problem
        found = self.cheapest(allowed) if problem.options.keys else _nothing(allowed, self._least)
        outcome = self._outcome(allowed, found)
        certificate = certify(
            case,
            outcome.claim(self._best),
            stop=outcome.stop,
            status=proved_status(found.solution.status, outcome.gap, self._gap),
            gap=outcome.gap,
            method=found.solution.method,
            iterations=found.solution.iterations,
            solves=self._session.solves if self._session is not None else 0,
        )
        missed = found.overshoot > FEASIBILITY_TOLERANCE * problem.loads.baseline
        missing = {
            problem.loads.keys[row]: (float(allowed[row]), float(outcome.load[row])) for row in np.flatnonzero(missed)
        }
        return make_plan(
            case,
            problem,
            outcome,
            certificate,
            lambda: self._filled(outcome),
            strategy=strategy,
            out_of_reach=out_of_reach(case, missing),
            figures=figures,
        )

    def _filled(self, outcome: Outcome) -> ConcreteModel:
        """Return the model of an outcome with its values; without measures there is none, which is said."""
        require_options(self._case)
        return with_values(_model(self._problem, outcome.load), outcome.columns)

    def cheapest(self, allowed: Floats) -> Found:
        """Return the cheapest measures that keep every load at or below what it is allowed, or next to it."""
        session, problem = self._open(), self._problem
        compiled = session.compiled
        rows, slack = compiled.rows["cap"], compiled.positions("exceedance")
        none, cost = np.zeros(len(slack)), cost_of_columns(problem, compiled)
        # what is all but today's load asks for no measure
        baseline = problem.loads.baseline
        allowed = np.where(allowed >= (1 - HAIR) * baseline, np.maximum(allowed, baseline), allowed)
        session.bound_rows(rows, np.full(len(rows), -np.inf), allowed)
        session.bound_columns(slack, none, none)
        session.minimise(cost)
        overshoot, solution = none, session.solve()
        if solution.status is SolutionStatus.INFEASIBLE:
            overshoot = self._least_overshoot(session)
            session.bound_columns(slack, none, overshoot)
            session.minimise(cost)
            solution = session.solve()
        if not solution.found:
            raise SolverError(f"no measures were found ({solution.stop.value}, {solution.status.value})")
        upper, column_upper = compiled.row_upper.copy(), compiled.column_upper.copy()
        upper[rows], column_upper[slack] = allowed, overshoot
        bound = solution.bound
        if not np.isnan(solution.prices).any():
            stated = replace(compiled, cost=cost, offset=0.0, row_upper=upper, column_upper=column_upper)
            bound = proved_bound(stated, solution.prices)
        return Found(solution, overshoot, bound)

    def _least_overshoot(self, session: Session) -> Floats:
        """Return by how much each load has to pass what it is allowed, at the least sum of relative overshoots."""
        compiled, baseline = session.compiled, self._problem.loads.baseline
        slack = compiled.positions("exceedance")
        session.bound_columns(slack, np.zeros(len(slack)), np.full(len(slack), np.inf))
        weights = np.zeros(len(compiled.cost))
        weights[slack] = 1.0 / np.where(baseline > 0, baseline, 1.0)
        session.minimise(weights)
        solution = session.solve()
        if not solution.found:
            raise SolverError(f"what is out of reach was not found: {solution.stop.value}, {solution.status.value}")
        found = np.maximum(solution.values[slack], 0.0)
        # a hair of room, so that the cheapest way is not lost to rounding
        return np.where(found > 0, found + HAIR * baseline, 0.0)

    @property
    def _least(self) -> Floats:
        """The least of each load where no measures are known: its floor, or what it is where nothing may be asked."""
        loads = self._problem.loads
        controllable = np.asarray(self._case["sources"]["controllable"], dtype=bool)[loads.source]
        return np.where(controllable, loads.floor, loads.baseline)

    def _open(self) -> Session:
        if self._session is None:
            model = _model(self._problem, self._problem.loads.baseline)
            add_exceedance(model, _handed_out(self._problem, np.zeros(len(self._problem.loads.keys))))
            self._session = Session(compile_model(model), time_limit=self._time_limit, gap=self._gap)
        return self._session

    def _outcome(self, allowed: Floats, found: Found) -> Outcome:
        """Return the outcome of measures for an allocation, judged by what is handed out."""
        problem, columns = self._problem, found.solution.values.copy()
        if len(columns):
            columns = columns[: self._open().compiled.columns["exceedance"].start]
            extent, installed, reached = clean(problem, self._open().compiled, columns)
        else:
            extent, installed, reached = np.zeros(0), np.zeros(0, dtype=bool), self._least
        load = np.where(found.overshoot > 0, np.maximum(allowed, reached), allowed)
        cost = option_costs(problem, extent, installed)
        targets, value = problem.targets, float(cost.sum())
        slack = targets.sign * (target_values(problem, load, cost) - targets.allowed)
        gap = relative_gap(value, found.bound, value)
        return Outcome(
            extent=extent,
            installed=installed,
            cost=cost,
            load=load,
            price=np.full(len(targets.ids), np.nan),
            slack=np.maximum(slack, 0.0),
            limit=targets.limit,
            objective="cost",
            value=value,
            bound=min(found.bound, value),
            gap=gap,
            columns=columns,
            fixed_decisions=bool(problem.options.discrete.any()),
            stop=found.solution.stop,
            maximised=False,
            shares=True,
        )


def _model(problem: Problem, allowed: Floats) -> ConcreteModel:
    """Return the model of least cost under allowed loads alone."""
    return assemble(_handed_out(problem, allowed))


def _handed_out(problem: Problem, allowed: Floats) -> Problem:
    return technical_problem(problem, caps_on_loads(problem.loads.keys, allowed, len(problem.sources)))


def _nothing(allowed: Floats, least: Floats) -> Found:
    """Return what is found where a case has no options: no measures and no cost; floors still hold."""
    empty, method = np.zeros(0), "none: the case has no options"
    solution = Solution(StopReason.FINISHED, SolutionStatus.OPTIMAL, empty, empty, 0.0, 0.0, 0, 0, 0.0, method)
    return Found(solution, np.maximum(least - allowed, 0.0), 0.0)
