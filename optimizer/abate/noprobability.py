"""Why there is no plan with the probabilities that were asked: the targets that conflict, and the plan without them.

What the probabilities ask is in the model as cuts (`abate.margins`), which hold for every plan that keeps them. So
targets that conflict with the cuts at hand conflict with the probabilities themselves.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from pyomo.core.base.PyomoModel import ConcreteModel

from abate.errors import NoPlanError
from abate.noplan import find_conflict, no_plan, reach_of
from abate.solver import Session
from abate_data.case import Case
from abate_models.compile import CompiledModel
from abate_models.cost import cost_of_columns
from abate_models.problem import Problem


def no_probability(
    case: Case, problem: Problem, model: ConcreteModel, compiled: CompiledModel, cut: CompiledModel
) -> NoPlanError:
    """Return the error that names the conflict; where there is no plan for expected figures either, that of `no_plan`.

    Parameters
    ----------
    model, compiled : the model, for expected figures.
    cut : the same with the cuts of the probabilities, which proved infeasible.

    Raises
    ------
    SolverError
        Where a solve of the diagnosis itself fails.
    """
    session = Session(compiled)
    session.minimise(cost_of_columns(problem, compiled))
    expected = session.solve()
    if not expected.found:
        return no_plan(case, problem, model, compiled)
    conflict = find_conflict(problem, cut)
    reach = reach_of(case, problem, set(conflict))
    message = _message(case, problem, conflict, reach, expected.objective)
    return NoPlanError(message, conflict, reach, _nothing_relaxed(), expected.objective)


def _message(case: Case, problem: Problem, conflict: list[str], reach: pd.DataFrame, cost: float) -> str:
    probability = dict(zip(problem.targets.ids, problem.targets.probability.tolist(), strict=True))
    together = "be met" if len(conflict) == 1 else "hold together"
    names = ", ".join(conflict)
    lines = [
        f"no plan for {case.settings.name!r}: {names} cannot {together} with the probability that is asked; "
        "for expected figures they can"
    ]
    for row in reach.itertuples():
        asked = probability[str(row.target)]
        share = "" if np.isnan(asked) else f" with probability {asked:.4g}"
        lines.append(
            f"  {row.target}: asked for {row.sense} {row.allowed:.6g} {row.unit}{share}, "
            f"its expected value can come to from {row.baseline:.6g} to {row.best:.6g}"
        )
    lines.append(
        "lower a probability, or ease a limit; a plan for expected figures alone "
        f"costs {cost:,.0f} {case.settings.currency}/yr"
    )
    return "\n".join(lines)


def _nothing_relaxed() -> pd.DataFrame:
    return pd.DataFrame(columns=["target", "priority", "unit", "sense", "allowed", "becomes", "gives_way", "percent"])
