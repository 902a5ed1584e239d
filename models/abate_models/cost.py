r"""Cost: what the measures cost a year, and budgets on it.

.. math::

    c_s = \sum_{j \in s} \left( (o_j + k_j) x_j + f_j z_j \right), \qquad \sum_{s \in S_t} c_s \le B_t - m_t

c is the yearly cost of source s, o the operating cost of a unit of extent, k its annualised capital cost (capital
times the capital recovery factor), f the fixed cost of an installed option, x the extent and z whether it is
installed; B is the budget of target t and m its margin. Where part of an option is built already, k is paid on the
extent to be added only.
Row name: ``budget`` by target.
"""

from __future__ import annotations

import numpy as np
from pyomo.core.base.PyomoModel import ConcreteModel
from scipy import sparse

from abate_models.compile import CompiledModel
from abate_models.matrix import MatrixConstraint, Term, selection
from abate_models.problem import Problem
from abate_models.targets import BUDGET


def cost_vectors(problem: Problem) -> dict[str, np.ndarray]:
    """Return the yearly cost of a unit of each variable that costs money, by the name of the variable."""
    options = problem.options
    discrete, expandable = np.flatnonzero(options.discrete), options.expandable
    extent = options.unit_cost
    extent[expandable] = options.operating[expandable]
    vectors = {"extent": extent}
    if len(discrete):
        vectors["installed"] = options.fixed[discrete]
    if len(expandable):
        vectors["expansion"] = options.annual_capital[expandable]
    return vectors


def cost_of_columns(problem: Problem, compiled: CompiledModel) -> np.ndarray:
    """Return the yearly cost of a unit of each column of a compiled model of the problem, shape (columns,)."""
    costs = np.zeros(compiled.matrix.shape[1])
    for name, vector in cost_vectors(problem).items():
        costs[compiled.columns[name]] = vector
    return costs


def cost_terms(model: ConcreteModel, problem: Problem, weights: sparse.csr_array) -> list[Term]:
    """Return the terms of rows that weigh the cost of sources; `weights` is (rows x sources)."""
    options = problem.options
    members = {
        "extent": np.arange(len(options.keys)),
        "installed": np.flatnonzero(options.discrete),
        "expansion": options.expandable,
    }
    return [
        (weights @ _of_sources(problem, members[name], vector), model.component(name))
        for name, vector in cost_vectors(problem).items()
    ]


def greatest_costs(problem: Problem) -> np.ndarray:
    """Return the yearly cost of each source with all its options in full; infinite where it has no bound."""
    options = problem.options
    # what costs nothing may have no bound
    running = np.multiply(
        options.unit_cost, options.upper, out=np.zeros(len(options.keys)), where=options.unit_cost > 0
    )
    return np.asarray(np.bincount(options.source, running + options.fixed, len(problem.sources)))


def add_budgets(model: ConcreteModel, problem: Problem) -> None:
    """Add a row per budget target."""
    targets = problem.targets
    rows = targets.rows(BUDGET)
    if not len(rows):
        return
    model.budget = MatrixConstraint(
        [targets.ids[row] for row in rows],
        terms=cost_terms(model, problem, sparse.csr_array(targets.sources[rows].astype(float))),
        lower=np.array(-np.inf),
        upper=targets.allowed[rows],
        doc="yearly cost in scope within the budget",
    )


def _of_sources(problem: Problem, members: np.ndarray, vector: np.ndarray) -> sparse.csr_array:
    """Return (sources x members): the cost of a unit of each option, in the row of its source."""
    source = problem.options.source[members]
    return sparse.csr_array(selection(source, len(problem.sources), vector).T)
