r"""Stages: several years planned together, where what is built in one year stands in every later one.

Each year t has a block with all rows of its own problem: loads as they will have grown, targets as they hold then.
The years share what is built. For option j with extent :math:`x_{tj}` and capacity :math:`K_{tj}`:

.. math::

    x_{tj} \le K_{tj} = B_{tj} + e_{tj}, \qquad e_{tj} \ge e_{t-1,j} \ge 0, \qquad K_{tj} - K_{t-1,j} \le r_j

    e_{tj} = 0 \quad \text{while } t < a_j, \qquad z_{tj} \ge z_{t-1,j}, \qquad
    \sum_{j \in g} z_{tj} \ge \sum_{j \in g} z_{t-1,j} \quad \text{for each exclusive group g}

B is the extent that stands without any new decision (`built`; more in a later year where earlier decisions come to
work), e the extent that the plan adds to it, which is paid whether it is used or not and cannot be un-built, r the most
that can be added in one year, a the first year in which anything new works, z whether the option is installed: a yes
stays a yes, but in an exclusive group another option may take the place of one, whose capital is still paid. What stood
before the first year may be left unused. An option whose capacity costs nothing and has no ramp needs no e: it is
bounded by B before its first year, and by its greatest extent from then on.

.. math::

    \min \sum_t (1 + i)^{-(t - t_0)} \sum_j \left( o_j x_{tj} + f_j z_{tj} + k_j e_{tj} \right)

i is the discount rate per year, t0 the first year, o the operating cost of a unit of extent, f the fixed cost of an
installed option, k the annualised capital cost of a unit of capacity. Where targets may give way for their price, see
`abate_models.relaxation`, the price of what gives way in a year is discounted like its costs and added.
Budgets and burdens of a year count the capital of what the plan has built by then.
Row names: those of a single year behind its block, ``stage[2027].cap``, and ``stage[2027].capacity_step`` and
``stage[2027].stays_installed`` by (source, measure), ``stage[2027].group_stays_installed`` by (source, group), from the
second year on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from pyomo.core.base.block import Block
from pyomo.core.base.PyomoModel import ConcreteModel
from pyomo.core.base.var import IndexedVar
from scipy import sparse

from abate_models.assemble import add_rows_of_the_case, no_garbage_collection
from abate_models.compile import CompiledModel
from abate_models.cost import cost_vectors
from abate_models.matrix import MatrixConstraint, MatrixObjective, Term
from abate_models.objectives import Objective, free_row
from abate_models.options import Options
from abate_models.problem import Problem
from abate_models.relaxation import add_exceedance, priced
from abate_models.stability import add_change

Floats = NDArray[np.float64]
_Part = TypeVar("_Part")


@dataclass(frozen=True)
class Coupling:
    """What ties the years together.

    Attributes
    ----------
    built : (years x options), extent that stands without any new decision; never less than in the year before.
    ramp : (options,), the most extent that can be added in one year.
    available_from : (options,), first year in which anything new works.
    discount_rate : per year.
    ceilings : whether targets that have a ceiling on their price give way for it.
    previous : (years x options), extents from which change is counted, NaN in years of which there are none; None
        where it is not counted at all.
    """

    built: Floats
    ramp: Floats
    available_from: Floats
    discount_rate: float
    ceilings: bool = False
    previous: Floats | None = None


def staged_problems(problems: Mapping[int, Problem], coupling: Coupling) -> dict[int, Problem]:
    """Return the problem of each year with the extent that stands then, and no more where nothing new works yet."""
    staged = {}
    for built, (year, problem) in zip(coupling.built, problems.items(), strict=True):
        options = replace(problem.options, built=built, ramp=coupling.ramp, staged=True)
        waits = coupling.available_from > year
        upper = np.where(waits, np.minimum(options.upper, built), options.upper)
        staged[year] = replace(problem, options=replace(options, upper=upper))
    return staged


def assemble_stages(problems: Mapping[int, Problem], coupling: Coupling) -> ConcreteModel:
    """Build the Pyomo model of several years.

    Parameters
    ----------
    problems : by year, in order, with every limit resolved; infinite limits where a target does not hold yet. All of
        them have the same options, loads, receptors and targets.
    coupling : what ties the years together.
    """
    staged = staged_problems(problems, coupling)
    with no_garbage_collection():
        model = ConcreteModel(name="abate")
        model.stage = Block(list(staged))
        for year, problem in staged.items():
            add_rows_of_the_case(model.stage[year], problem)
            if coupling.ceilings:
                add_exceedance(model.stage[year], problem, priced(problem))
        _bound_expansion(model, staged, coupling)
        _add_steps(model, staged, coupling)
        if coupling.previous is not None:
            for row, year in enumerate(staged):
                add_change(model.stage[year], staged[year], coupling.previous[row])
            model.cost_held = free_row(Objective("cost", _cost_terms(model, staged, coupling)))
        terms = _cost_terms(model, staged, coupling) + _price_terms(model, staged, coupling)
        model.objective = MatrixObjective(terms=terms, doc="cost of all years, discounted to the first")
    return model


def discount_factors(years: Sequence[int], rate: float) -> Floats:
    """Return what money of each year is worth in the first one, shape (years,).

    >>> discount_factors([2030, 2031, 2032], 1.0)
    array([1.  , 0.5 , 0.25])
    """
    return np.asarray((1.0 + rate) ** -(np.asarray(years, dtype=float) - years[0]))


def year_of(compiled: CompiledModel, year: int) -> CompiledModel:
    """Return the model of several years with the names of one year's block as those of a model of that year alone.

    Columns, rows and their numbers stay those of the whole model.
    """
    before = f"stage[{year}]."

    def own(parts: Mapping[str, _Part]) -> dict[str, _Part]:
        return {name.removeprefix(before): part for name, part in parts.items() if name.startswith(before)}

    return replace(compiled, columns=own(compiled.columns), rows=own(compiled.rows), keys=own(compiled.keys))


def _bound_expansion(model: ConcreteModel, staged: Mapping[int, Problem], coupling: Coupling) -> None:
    """Bound what is added: nothing before it can work, in the first year no more than the ramp."""
    most = np.max([problem.options.upper for problem in staged.values()], axis=0)
    first = next(iter(staged))
    for year, problem in staged.items():
        upper = np.minimum(most, coupling.ramp) if year == first else most
        upper = np.where(coupling.available_from > year, 0.0, upper)[problem.options.expandable]
        expansion = model.stage[year].component("expansion")
        for member, bound in zip([] if expansion is None else expansion.values(), upper.tolist(), strict=True):
            member.setub(bound if bound < np.inf else None)


def _add_steps(model: ConcreteModel, staged: Mapping[int, Problem], coupling: Coupling) -> None:
    """Add the rows from each year to the next: nothing is un-built, nothing grows faster than its ramp."""
    standing = np.maximum(np.diff(coupling.built, axis=0), 0.0)
    for (before, year), grown in zip(pairwise(staged), standing, strict=True):
        last, block, options = model.stage[before], model.stage[year], staged[year].options
        expandable = options.expandable
        if len(expandable):
            block.capacity_step = MatrixConstraint(
                block.expansion.index_set(),
                terms=_step(sparse.eye_array(len(expandable), format="csr"), last.expansion, block.expansion),
                lower=np.array(0.0),
                upper=np.maximum(coupling.ramp - grown, 0.0)[expandable],
                doc="what is added stays, and grows by no more than its ramp",
            )
        _add_steps_of_decisions(last, block, options)


def _add_steps_of_decisions(last: ConcreteModel, block: ConcreteModel, options: Options) -> None:
    """Add the rows by which no yes becomes a no, but for another of its group."""
    discrete = np.flatnonzero(options.discrete)
    group = options.group[discrete]
    for name, keys, member_of in (
        ("stays_installed", options.keys, np.where(group < 0, discrete, -1)),
        ("group_stays_installed", options.groups, group),
    ):
        inside = np.flatnonzero(member_of >= 0)
        chosen, place = np.unique(member_of[inside], return_inverse=True)
        if len(chosen):
            counted = sparse.coo_array((np.ones(len(inside)), (place, inside)), shape=(len(chosen), len(discrete)))
            row = MatrixConstraint(
                [keys[one] for one in chosen],
                terms=_step(sparse.csr_array(counted), last.installed, block.installed),
                lower=np.array(0.0),
                upper=np.array(np.inf),
                doc="what is installed stays installed",
            )
            block.add_component(name, row)


def _step(matrix: sparse.csr_array, last: IndexedVar, now: IndexedVar) -> list[Term]:
    """Return the terms of rows about matrix @ (now - last)."""
    return [(matrix, now), (-matrix, last)]


def _cost_terms(
    model: ConcreteModel, staged: Mapping[int, Problem], coupling: Coupling
) -> list[tuple[Floats, IndexedVar]]:
    factors = discount_factors(list(staged), coupling.discount_rate)
    return [
        (factor * vector, model.stage[year].component(name))
        for factor, (year, problem) in zip(factors, staged.items(), strict=True)
        for name, vector in cost_vectors(problem).items()
    ]


def _price_terms(
    model: ConcreteModel, staged: Mapping[int, Problem], coupling: Coupling
) -> list[tuple[Floats, IndexedVar]]:
    """Return what targets that give way are charged."""
    factors = discount_factors(list(staged), coupling.discount_rate)
    return [
        (factor * problem.targets.price_ceiling[priced(problem)], model.stage[year].exceedance)
        for factor, (year, problem) in zip(factors, staged.items(), strict=True)
        if model.stage[year].component("exceedance") is not None
    ]
