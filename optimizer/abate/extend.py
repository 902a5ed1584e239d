"""What is checked of a model that a user has extended before it is solved as the model of a case."""

from __future__ import annotations

from pyomo.core.base.objective import Objective
from pyomo.core.base.PyomoModel import ConcreteModel

from abate.errors import Finding, InputError
from abate_models.matrix import MatrixObjective
from abate_models.problem import Problem

_BUILD = "start from abate.build of this case, and add to it"


def check_model(model: ConcreteModel, problem: Problem, objective: str) -> bool:
    """Check that a model is one of this problem with this objective.

    Returns
    -------
    Whether the objective is one of ours other than cost, so that among equals the cheapest plan is to be found.

    Raises
    ------
    InputError
        Where the model was built from another case, or minimises something else than the objective's name says.
    """
    for name, keys in (("extent", problem.options.keys), ("allowed_load", problem.loads.keys)):
        variable = model.component(name)
        if variable is None or list(variable.keys()) != keys:
            raise InputError([Finding("model", "was not built from this case", _BUILD, column=name)])
    active = list(model.component_data_objects(Objective, active=True, descend_into=True))
    if len(active) == 1:
        _check_objective(active[0].name, getattr(active[0], "preference", None), objective)
        return isinstance(active[0], MatrixObjective) and model.component("objective_value") is not None
    return False


def _check_objective(name: str, preference: str | None, objective: str) -> None:
    """Refuse a model that minimises something else than the objective's name says."""
    meant = preference or name
    if meant != objective:
        cure = f"call decompose with objective {meant!r}, or activate the objective that is meant"
        raise InputError([Finding("model", f"has the objective {meant!r}", cure, column="objective", value=objective)])
