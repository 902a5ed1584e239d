"""The front of any linear Pyomo model."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pyomo.core.base.objective import Objective, ObjectiveData
from pyomo.core.base.PyomoModel import ConcreteModel

from abate.attainable import no_report
from abate.errors import Finding, InputError
from abate.front.criterion import Criterion
from abate.front.effort import Effort
from abate.front.exact.find import Found, find
from abate.front.exact.method import Report
from abate.front.exact.route import Route, choose_route
from abate.front.exact.space import LinearObjective, Space
from abate.front.front import Front
from abate.front.source import ModelSource, Source
from abate_models.compile import CompiledModel, compile_objectives


def solve(
    model: ConcreteModel,
    objectives: Sequence[Objective] | Mapping[str, Objective],
    *,
    method: str | None = None,
    effort: Effort | None = None,
    progress: Report | None = None,
) -> Front:
    """Return the front of a Pyomo model with linear constraints and linear objectives.

    Parameters
    ----------
    model : any linear model, with or without whole numbers.
    objectives : two or more of the model's objectives, active or not, each with its own sense; or by names of your own.
    method : dichotomy, sandwich, epsilon, boxes or zones; the one that suits the model without it.
    effort : limits, gap and workers.
    progress : called with (what, solves, gap) as the work goes on.

    Raises
    ------
    InputError
        Where there are fewer than two objectives, something is not linear, an objective can get better without end or
        is the same in every solution, or the method does not suit the model.
    SolverError
        Where the model has no solution, or not a single point was found.

    Examples
    --------
    >>> import pyomo.environ as pyo
    >>> model = pyo.ConcreteModel()
    >>> model.x = pyo.Var([0, 1], bounds=(0, 1))
    >>> model.need = pyo.Constraint(expr=model.x[0] + model.x[1] >= 1)
    >>> model.cost = pyo.Objective(expr=2 * model.x[0] + model.x[1])
    >>> model.harm = pyo.Objective(expr=model.x[0] + 3 * model.x[1])
    >>> front = solve(model, [model.cost, model.harm])
    >>> front.points[["cost", "harm"]].to_numpy().tolist()
    [[1.0, 3.0], [2.0, 1.0]]
    """
    named = objectives if isinstance(objectives, Mapping) else {_name(one): one for one in objectives}
    for name in named:
        Criterion(name, "")  # a name that is taken is refused before any work is done
    if len(named) < 2 or len(named) < len(objectives):
        cure = "give two or more, each with a name of its own"
        raise InputError([Finding("objectives", "are too few to trade off", cure, value=", ".join(named))])
    compiled, weighed = compile_objectives(model, [_data(one) for one in named.values()])
    linear = [LinearObjective(name, "", *parts) for name, parts in zip(named, weighed, strict=True)]
    source = ModelSource(lambda: model, (compiled, linear))
    return explore_linear(compiled, linear, source, method=method, effort=effort or Effort(), progress=progress)


def explore_linear(
    compiled: CompiledModel,
    objectives: list[LinearObjective],
    source: Source,
    *,
    method: str | None,
    effort: Effort,
    progress: Report | None,
) -> Front:
    """Return the front of a compiled model."""
    deadline = np.inf if effort.time_limit is None else time.monotonic() + effort.time_limit
    space = Space(compiled, objectives, workers=effort.workers, deadline=deadline)
    route = choose_route(space, method, effort.gap)
    budget = np.inf if effort.solves is None else effort.solves
    found = find(space, route, budget=budget, report=progress or no_report)
    return front_of(found, space, route, source)


def front_of(found: Found, space: Space, route: Route, source: Source) -> Front:
    """Return what was found as a front."""
    return Front(
        criteria=tuple(Criterion(one.name, one.unit, one.maximised) for one in space.objectives),
        values=np.array([point.objectives for point in found.points]),
        columns=np.array([point.columns for point in found.points]),
        optimal=np.array([point.optimal for point in found.points]),
        gaps=np.array([point.gap for point in found.points]),
        ideal=found.ideal,
        scale=found.scale,
        gap=found.gap,
        unexplored=found.unexplored,
        method=route.method,
        why=route.why,
        reason=found.reason,
        solves=dict(space.solves),
        history=pd.DataFrame({"generation": [], "evaluations": [], "hypervolume": []}),
        origin=source,
    )


def _name(objective: Any) -> str:
    return str(getattr(objective, "name", objective))


def _data(objective: Any) -> ObjectiveData:
    """Return an objective's data, InputError where it is none."""
    if isinstance(objective, ObjectiveData):
        return objective
    cure = "give objectives of the model, such as model.cost; those of an indexed one by one"
    raise InputError([Finding("objectives", "is no objective", cure, value=str(objective)[:80])])
