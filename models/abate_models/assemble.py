"""The one place where the blocks of the mathematics become a Pyomo model."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from pyomo.core.base.PyomoModel import ConcreteModel

from abate_models.caps import add_caps
from abate_models.cost import add_budgets
from abate_models.equity import add_rules, add_worst_burden
from abate_models.loads import add_loads
from abate_models.matrix import MatrixObjective
from abate_models.measures import add_measures
from abate_models.objectives import OBJECTIVES, free_row, objective_of, split_name
from abate_models.problem import Problem
from abate_models.quality import add_quality
from abate_models.relaxation import add_exceedance
from abate_models.resources import add_resources


def assemble(problem: Problem, objective: str = "cost") -> ConcreteModel:
    """Build the Pyomo model of a problem.

    Parameters
    ----------
    problem : with every limit resolved.
    objective : name of the objective to minimise, see `abate_models.objectives`.

    Raises
    ------
    InputError
        Where the objective is unknown or asks for figures that the case does not give.
    """
    kind, _ = split_name(objective)
    with _no_garbage_collection():
        model = ConcreteModel(name="abate")
        add_measures(model, problem)
        add_loads(model, problem)
        add_quality(model, problem)
        add_caps(model, problem)
        add_resources(model, problem)
        add_budgets(model, problem)
        add_rules(model, problem)
        if kind == "max_burden":
            add_worst_burden(model, problem)
        if kind == "exceedance":
            add_exceedance(model, problem)
        chosen = objective_of(model, problem, objective)
        if kind != "cost" and chosen.terms:
            model.objective_value = free_row(chosen)
        model.objective = MatrixObjective(
            terms=chosen.terms, constant=chosen.constant, preference=objective, doc=OBJECTIVES[kind]
        )
    return model


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Pause the collector: it would walk the tens of thousands of new components again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
