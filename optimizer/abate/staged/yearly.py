"""One year of a plan of several, as a verified plan of that year's case."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from abate.certify import certify
from abate.outcome import outcome_at
from abate.plan import Plan, make_plan, with_values
from abate.probability import Probabilities, with_margins
from abate.solver import SolutionStatus, StopReason
from abate.staged.stage import Staged
from abate_data.case import Case
from abate_models.assemble import assemble
from abate_models.compile import CompiledModel, compile_model
from abate_models.margin import deviations_of
from abate_models.problem import read_problem
from abate_models.stages import year_of

Floats = NDArray[np.float64]


def plan_of_year(case: Case, staged: Staged, row: int) -> Plan:
    """Return the plan of one year, verified against that year's case.

    The prices of its targets are those of the years together: what a unit of tightening in this year costs in all of
    them, in money of this year. No bound is proved of a year by itself.

    Parameters
    ----------
    case : of the year, see `abate.staged.years`; its targets are some of those of the staged plan, in their order.
    row : place of the year among those of the plan.

    Raises
    ------
    SolverError
        Where the plan does not pass its certificate.
    """
    problem = read_problem(case)
    compiled = compile_model(assemble(problem))
    columns = _columns(compiled, year_of(staged.compiled, staged.years[row]), staged.columns)
    outcome = outcome_at(problem, compiled, columns, np.full(len(compiled.row_upper), np.nan))
    known = {name: place for place, name in enumerate(staged.targets)}
    probabilities = Probabilities.of(case, problem, compiled, deviations_of)
    outcome = replace(
        outcome,
        price=staged.prices[row][[known[name] for name in problem.targets.ids]],
        held=probabilities.held(outcome.load, outcome.extent),
    )
    certificate = certify(
        case,
        outcome.claim(np.full(len(problem.targets.ids), np.nan)),
        stop=StopReason.FINISHED,
        status=SolutionStatus.FEASIBLE,
        gap=np.inf,
        method="all years together",
        iterations=0,
        solves=staged.solves,
    )
    shown = with_margins(problem, outcome.held)
    return make_plan(case, shown, outcome, certificate, lambda: with_values(assemble(problem), outcome.columns))


def _columns(compiled: CompiledModel, view: CompiledModel, columns: Floats) -> Floats:
    """Return the columns of a year's own model from those of the staged one.

    What is added to what is built is told from the extents afterwards: the year by itself pays for what it uses.
    """
    own = np.zeros(compiled.matrix.shape[1])
    for name, places in compiled.columns.items():
        if name != "expansion":
            own[places] = columns[view.columns[name]]
    return own
