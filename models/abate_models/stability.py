r"""Stability: how far a plan moves from the one before it.

.. math::

    x_j - u_j + d_j = x^0_j, \qquad u_j, d_j \ge 0, \qquad \text{change} = \sum_j w_j (u_j + d_j)

    \min \text{change} \quad \text{subject to} \quad \text{cost} \le (1 + \varepsilon) \, \text{cost}^*

x is the extent of option j, x0 the extent that the plan before gave it, u and d by how much it rises or falls: where
their sum is made least, u + d is the size of x - x0. The weight w is the share of its source's loads that a unit of
extent removes,

.. math::

    w_j = \sum_i |R_{ij}| / L^0_i \qquad \text{and} \quad 1 / \bar x_j \text{ where it removes nothing,}

with R the removed load per unit of extent, L0 the baseline load and :math:`\bar x` the greatest extent: a change of 1
is a whole baseline load that is allocated anew. Where a case names no measures and loads move freely (each by a
measure of its own that costs nothing), change is that of the loads over their baselines. cost* is the least cost.
Row name: ``change`` by (source, measure).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pyomo.core.base.PyomoModel import ConcreteModel
from scipy import sparse

from abate_models.matrix import MatrixConstraint, bounded_variable
from abate_models.problem import Problem

Floats = NDArray[np.float64]


def add_change(model: ConcreteModel, problem: Problem, previous: Floats) -> None:
    """Add the variables `rise` and `fall` of the extents against previous ones, shape (options,), with their rows.

    Options whose previous extent is NaN have none, so that their change is not counted.
    """
    options = problem.options
    known = np.flatnonzero(~np.isnan(previous))
    if not len(known):
        return
    keys, before, width = [options.keys[j] for j in known], previous[known], len(known)
    none = np.zeros(width)
    most = np.maximum(options.upper[known], before)
    model.rise = bounded_variable(keys, none, most, doc="more than before")
    model.fall = bounded_variable(model.rise.index_set(), none, most, doc="less than before")
    one = sparse.eye_array(width, format="csr")
    of_extents = sparse.eye_array(len(previous), format="csr")[known]
    model.change = MatrixConstraint(
        model.rise.index_set(),
        terms=[(of_extents, model.extent), (-one, model.rise), (one, model.fall)],
        lower=before,
        upper=before,
        doc="extent = extent before + rise - fall",
    )


def change_weights(problem: Problem) -> Floats:
    """Return the weight of a unit of each option's extent: the share of loads that it removes, shape (options,)."""
    options, baseline = problem.options, problem.loads.baseline
    share = np.divide(1.0, baseline, out=np.zeros(len(baseline)), where=baseline > 0)
    weights = np.asarray(abs(options.removal).T @ share)
    whole = np.divide(1.0, options.upper, out=np.ones(len(weights)), where=options.upper > 0)
    return np.where(weights > 0, weights, whole)
