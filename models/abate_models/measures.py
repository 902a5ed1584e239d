r"""Measures: how far each option is taken, whether it is installed, and which options exclude each other.

For option j with extent :math:`x_j` (in the measure's own unit):

.. math::

    l_j z_j \le x_j \le u_j z_j, \quad z_j \in \{0, 1\} \qquad \text{where j has a fixed cost or a least extent}

    0 \le x_j \le u_j \qquad \text{elsewhere}

    \sum_{j \in g} x_j + \sum_{j \in g} z_j \le 1 \qquad \text{for each exclusive group g of one source}

    e_j \ge x_j - b_j \qquad \text{where } b_j \text{ is built already and new capital costs money}

z is 1 where the option is installed, l and u are its least and greatest extent, e is the extent to be added to what
is built. In a group an option with a yes-or-no decision counts with z, any other with x.
Row names: ``minimum_extent``, ``maximum_extent`` and ``expansion_need`` by (source, measure), ``group`` by (source,
group).
"""

from __future__ import annotations

import numpy as np
from pyomo.core.base.PyomoModel import ConcreteModel
from pyomo.core.base.set_types import Binary
from pyomo.core.base.var import Var
from scipy import sparse

from abate_models.matrix import MatrixConstraint, bounded_variable, selection
from abate_models.problem import Problem


def add_measures(model: ConcreteModel, problem: Problem) -> None:
    """Add the variables `extent`, `installed` and `expansion` with their rows."""
    options = problem.options
    least = np.zeros(len(options.keys))
    model.extent = bounded_variable(options.keys, least, options.upper, doc="extent, in the unit of the measure")
    discrete = np.flatnonzero(options.discrete)
    if len(discrete):
        keys = [options.keys[j] for j in discrete]
        model.installed = Var(keys, domain=Binary, doc="1 where the option is installed")
        _add_links(model, problem, discrete)
    if len(options.groups):
        _add_groups(model, problem, discrete)
    expandable = problem.options.expandable
    if len(expandable):
        _add_expansion(model, problem, expandable)


def _add_links(model: ConcreteModel, problem: Problem, discrete: np.ndarray) -> None:
    options = problem.options
    width = len(options.keys)
    for name, bounds, side in (
        ("minimum_extent", options.lower, -1.0),
        ("maximum_extent", options.upper, 1.0),
    ):
        chosen = discrete[bounds[discrete] > 0] if side < 0 else discrete
        if not len(chosen):
            continue
        switch = selection(np.searchsorted(discrete, chosen), len(discrete), -side * bounds[chosen])
        row = MatrixConstraint(
            [options.keys[j] for j in chosen],
            terms=[(selection(chosen, width, side), model.extent), (switch, model.installed)],
            lower=np.array(-np.inf),
            upper=np.array(0.0),
            doc=f"{name.replace('_', ' ')} where installed",
        )
        model.add_component(name, row)


def _add_groups(model: ConcreteModel, problem: Problem, discrete: np.ndarray) -> None:
    options = problem.options
    grouped = options.group >= 0
    terms = []
    for members, variable, columns in (
        (np.flatnonzero(grouped & ~options.discrete), model.extent, None),
        (np.flatnonzero(grouped & options.discrete), model.component("installed"), discrete),
    ):
        if len(members):
            position = members if columns is None else np.searchsorted(columns, members)
            width = len(options.keys) if columns is None else len(columns)
            entries = (np.ones(len(members)), (options.group[members], position))
            matrix = sparse.csr_array(sparse.coo_array(entries, shape=(len(options.groups), width)))
            terms.append((matrix, variable))
    model.group = MatrixConstraint(
        options.groups,
        terms=terms,
        lower=np.array(-np.inf),
        upper=np.array(1.0),
        doc="options of a group share one unit of extent",
    )


def _add_expansion(model: ConcreteModel, problem: Problem, expandable: np.ndarray) -> None:
    options = problem.options
    keys = [options.keys[j] for j in expandable]
    model.expansion = bounded_variable(
        keys, np.zeros(len(keys)), options.upper[expandable], doc="extent to be added to what is built"
    )
    model.expansion_need = MatrixConstraint(
        model.expansion.index_set(),
        terms=[
            (selection(expandable, len(options.keys)), model.extent),
            (selection(np.arange(len(keys)), len(keys), -1.0), model.expansion),
        ],
        lower=np.array(-np.inf),
        upper=options.built[expandable],
        doc="what is used beyond what is built must be added",
    )
