"""Strategies that settle something else first and cost last: the steps that they share.

Each builds the model of the case with rows of its own, solves it for what it cares for, holds what was found, and
leaves the rest to least cost. That last step is `abate.decompose`, for expected figures, with the extended model, so
the plan passes the same certificate as one of least cost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from pyomo.core.base.PyomoModel import ConcreteModel

from abate.decomposing import decompose_expected
from abate.errors import Finding, InputError, SolverError
from abate.plan import Plan
from abate.solver import FEASIBILITY_TOLERANCE, Session, Solution, SolutionStatus
from abate.strategies.filling import refuse_floors_above_limits
from abate.strategies.free import with_free_measures
from abate.strategies.study import Study
from abate_models.assemble import assemble
from abate_models.compile import compile_model

#: Room left to what one step has found, relative to its size: none that matters, and where rounding then leaves the
#: next step nothing, more, up to what a plan may pass a limit by.
ROOMS = (1e-9, 1e-8, 1e-7, FEASIBILITY_TOLERANCE)
#: Holds in a model or session what steps have found, with so much room.
Hold = Callable[[float], None]


def model_of(study: Study) -> ConcreteModel:
    """Return the model of least cost of a case, to be extended.

    In a case that names no measures every load can be brought to its floor at no cost: loads alone are at stake.

    Raises
    ------
    NoPlanError
        Where there are no measures, and the floors alone pass a target.
    """
    if study.problem.options.keys:
        return assemble(study.problem)
    parties = study.parties()
    refuse_floors_above_limits(parties)
    return assemble(with_free_measures(study.problem, parties.movable))


def refuse_whole(study: Study, strategy: str) -> None:
    """Raise InputError where measures are all or nothing, in a strategy that has to move in small steps."""
    discrete = study.problem.options.discrete
    if discrete.any():
        source, measure = study.problem.options.keys[int(np.flatnonzero(discrete)[0])]
        problem = f"has {int(discrete.sum())} measures with a yes or no, and {strategy} needs measures of any extent"
        cure = "blank fixed_cost and min_extent of these, or choose least-max-burden"
        raise InputError([Finding("options", problem, cure, value=f"{source}, {measure}")])


def session_of(study: Study, model: ConcreteModel) -> Session:
    """Return a session on an extended model."""
    return Session(compile_model(model), time_limit=study.time_limit, gap=study.gap)


def optimum(study: Study, session: Session, hold: Hold | None = None) -> Solution:
    """Return the optimum of a step; `hold` gives what earlier steps have found more room.

    Raises
    ------
    NoPlanError
        Where the targets of the case cannot hold together.
    SolverError
        Where the step is not solved to its end.
    """
    solution = session.solve()
    for room in ROOMS[1:]:
        if hold is None or solution.status is not SolutionStatus.INFEASIBLE:
            break
        hold(room)
        solution = session.solve()
    if solution.status is SolutionStatus.INFEASIBLE:
        decompose_expected(study.case, time_limit=study.time_limit, gap=study.gap)  # says which targets are in conflict
    if solution.status is not SolutionStatus.OPTIMAL:
        cure = "raise the time limit" if study.time_limit is not None else "check the sizes of the case's numbers"
        raise SolverError(f"a step was not solved ({solution.stop.value}, {solution.status.value}); {cure}")
    return solution


def cheapest(study: Study, model: ConcreteModel, hold: Hold | None = None) -> Plan:
    """Return the verified plan of least cost of an extended model, in which `hold` holds what was found."""
    for room in ROOMS:
        if hold is None:
            break
        hold(room)
        if session_of(study, model).solve().status is not SolutionStatus.INFEASIBLE:
            break
    if not study.problem.options.keys:
        session = session_of(study, model)
        loads = optimum(study, session).values[session.compiled.columns["allowed_load"]]
        return study.reaching.plan(loads, "")
    return decompose_expected(
        study.case, model=model, time_limit=study.time_limit, gap=study.gap, progress=study.progress
    )


def signed(plan: Plan, strategy: str, figures: dict[str, float]) -> Plan:
    """Return a plan that says where it comes from."""
    return replace(plan, strategy=strategy, figures=figures)
