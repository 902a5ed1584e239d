"""The one place where the blocks of the mathematics become a Pyomo model."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pyomo.core.base.PyomoModel import ConcreteModel

from abate_data.errors import Finding, InputError
from abate_models.burden import add_cost_gaps, parties
from abate_models.caps import add_caps
from abate_models.cost import add_budgets
from abate_models.equity import add_rules, add_worst_burden
from abate_models.loads import add_loads
from abate_models.matrix import MatrixObjective
from abate_models.measures import add_measures
from abate_models.objectives import (
    OBJECTIVES,
    RATIOS,
    Objective,
    Ratio,
    free_row,
    full_name,
    objective_of,
    ratio_of,
    split_name,
)
from abate_models.problem import Problem
from abate_models.quality import add_quality
from abate_models.relaxation import add_exceedance
from abate_models.resources import add_resources
from abate_models.tail import add_tail


def assemble(problem: Problem, objective: str = "cost") -> ConcreteModel:
    """Build the Pyomo model of a problem.

    Parameters
    ----------
    problem : with every limit resolved.
    objective : name of the objective to optimise, see `abate_models.objectives`.

    Raises
    ------
    InputError
        Where the objective is unknown, is a ratio, or asks for figures that the case does not give.
    """
    kind, _ = split_name(objective)
    if kind in RATIOS:
        cure = "trade it off against other objectives with abate.explore"
        raise InputError([Finding("objective", "is a ratio, which no single plan is made for", cure, value=objective)])
    name = full_name(problem, objective)
    with no_garbage_collection():
        model = ConcreteModel(name="abate")
        add_rows_of_the_case(model, problem)
        _add_blocks(model, problem, [name])
        chosen = objective_of(model, problem, name)
        if kind != "cost" and chosen.terms:
            model.objective_value = free_row(chosen)
        model.objective = _optimised(chosen, objective)
    return model


def assemble_several(problem: Problem, names: Sequence[str]) -> tuple[ConcreteModel, list[Objective | Ratio]]:
    """Build one Pyomo model in which several objectives can be told, with cost as its own objective.

    Parameters
    ----------
    problem : with every limit resolved.
    names : of the objectives, see `abate_models.objectives`.

    Returns
    -------
    The model, and the objectives by their full names in the order of `names`; the model has no rows for them. Where
    exceedance is one of them, targets of a priority above 0 may give way in the whole model.

    Raises
    ------
    InputError
        Where an objective is unknown, named twice, or asks for figures that the case does not give.
    """
    full = [full_name(problem, name) for name in names]
    twice = [name for place, name in enumerate(full) if name in full[:place]]
    if twice:
        raise InputError([Finding("objectives", "is named twice", "name it once", value=name) for name in twice])
    with no_garbage_collection():
        model = ConcreteModel(name="abate")
        add_rows_of_the_case(model, problem)
        _add_blocks(model, problem, full)
        model.objective = _optimised(objective_of(model, problem, "cost"), "cost")
        objectives = [
            (ratio_of if split_name(name)[0] in RATIOS else objective_of)(model, problem, name) for name in full
        ]
    return model, objectives


def add_rows_of_the_case(block: ConcreteModel, problem: Problem) -> None:
    """Add the variables and rows of a problem, without an objective, to a model or to a block of one."""
    add_measures(block, problem)
    add_loads(block, problem)
    add_quality(block, problem)
    add_caps(block, problem)
    add_resources(block, problem)
    add_budgets(block, problem)
    add_rules(block, problem)


def _add_blocks(model: ConcreteModel, problem: Problem, names: Sequence[str]) -> None:
    """Add the blocks that some objectives need, each of them once."""
    named = [split_name(name) for name in names]
    kinds = {kind for kind, _ in named}
    if "max_burden" in kinds:
        add_worst_burden(model, problem)
    if "exceedance" in kinds:
        add_exceedance(model, problem)
    if "inequity" in kinds:
        add_cost_gaps(model, problem, [parties(problem, of) for kind, of in named if kind == "inequity"])
    if "tail_risk" in kinds:
        add_tail(model, problem, [of for kind, of in named if kind == "tail_risk"])


def _optimised(objective: Objective, preference: str) -> MatrixObjective:
    return MatrixObjective(
        terms=objective.terms,
        constant=objective.constant,
        preference=preference,
        maximised=objective.maximised,
        doc=OBJECTIVES[split_name(preference)[0]],
    )


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Pause the collector: it would walk the tens of thousands of new components again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
