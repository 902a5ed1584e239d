"""The plan after the approved proposals, verified against the case that they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pyomo.core.base.PyomoModel import ConcreteModel

from abate.appraisal.standing import Standing, World
from abate.appraisal.widened import settled, widened
from abate.attainable import require_options, technical_problem
from abate.certify import certify
from abate.outcome import Outcome, option_costs
from abate.plan import Plan, make_plan, with_values
from abate.solver import SolutionStatus, StopReason
from abate.tables import target_values
from abate_data.case import Case
from abate_data.proposals import Proposal
from abate_models.assemble import assemble
from abate_models.compile import compile_model
from abate_models.problem import Problem, read_problem

Floats = NDArray[np.float64]


def plan_after(plan: Plan, approved: Sequence[Proposal], world: World, standing: Standing, solves: int) -> Plan:
    """Return the plan of what stands once all proposals are decided.

    Like an allocation that is handed out it need not be the cheapest for its case, nor keep rules on the burden, and a
    target that was missed before may still be: what it is missed by is said. No bound is proved of its cost.

    Raises
    ------
    SolverError
        Where it does not pass its certificate.
    """
    closed = [one.source for one in approved if one.kind == "shutdown"]
    case = settled(widened(plan.case, plan._problem, approved), closed, standing.reserve)
    problem = read_problem(case)
    problem = replace(problem, targets=replace(problem.targets, margin=plan._problem.targets.margin))
    outcome = _outcome(case, problem, world, standing)
    certificate = certify(
        case,
        outcome.claim(np.full(len(problem.targets.ids), np.nan)),
        stop=StopReason.FINISHED,
        status=SolutionStatus.FEASIBLE,
        gap=np.inf,
        method="the plan with approved proposals",
        iterations=0,
        solves=solves,
    )
    strategy = f"{plan.strategy}, appraised"
    return make_plan(case, problem, outcome, certificate, lambda: _filled(case, problem, outcome), strategy=strategy)


def _outcome(case: Case, problem: Problem, world: World, standing: Standing) -> Outcome:
    load_at = {key: row for row, key in enumerate(world.problem.loads.keys)}
    option_at = {key: row for row, key in enumerate(world.problem.options.keys)}
    load = standing.load[[load_at[key] for key in problem.loads.keys]]
    options = [option_at[key] for key in problem.options.keys]
    extent, installed = standing.extent[options], standing.installed[options]
    cost = option_costs(problem, extent, installed)
    targets, value = problem.targets, float(cost.sum())
    passed = targets.sign * (target_values(problem, load, cost) - targets.allowed)
    # the certificate knows the margin of the table, and not what the plan holds back for a probability besides
    held = targets.margin - case.values("targets", "margin_of_safety")
    return Outcome(
        extent=extent,
        installed=installed,
        cost=cost,
        load=load,
        price=np.full(len(targets.ids), np.nan),
        slack=np.maximum(passed - held, 0.0),
        limit=targets.limit,
        objective="cost",
        value=value,
        bound=-np.inf,
        gap=np.inf,
        columns=np.zeros(0),
        fixed_decisions=bool(problem.options.discrete.any()),
        stop=StopReason.FINISHED,
        maximised=False,
        shares=True,
    )


def _filled(case: Case, problem: Problem, outcome: Outcome) -> ConcreteModel:
    """Return a model of what is technically possible with the plan's values in its variables."""
    require_options(case)
    model = assemble(technical_problem(problem))
    compiled = compile_model(model)
    columns = np.zeros(compiled.matrix.shape[1])
    columns[compiled.columns["extent"]] = outcome.extent
    columns[compiled.columns["allowed_load"]] = outcome.load
    if "installed" in compiled.columns:
        columns[compiled.columns["installed"]] = outcome.installed[problem.options.discrete]
    if "expansion" in compiled.columns:
        beyond = np.maximum(outcome.extent - problem.options.built, 0.0)
        columns[compiled.columns["expansion"]] = beyond[problem.options.expandable]
    return with_values(model, columns)
