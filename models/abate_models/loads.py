r"""Loads: what each source still emits after its measures.

.. math::

    L_i + \sum_j R_{ij} x_j = L^0_i, \qquad L_i \ge f_i

L is the load per year of one pollutant from one source, L0 its baseline, R the load per year that a unit of extent
of option j removes (negative where it adds), x the extent, f the floor. The loads stay variables of the model: a
row about quality or caps then has an entry per load, not one per option.
Row name: ``balance`` by (source, pollutant).
"""

from __future__ import annotations

import numpy as np
from pyomo.core.base.PyomoModel import ConcreteModel
from scipy import sparse

from abate_models.matrix import MatrixConstraint, bounded_variable
from abate_models.problem import Problem


def add_loads(model: ConcreteModel, problem: Problem) -> None:
    """Add the variable `allowed_load` and its balance."""
    loads, removal = problem.loads, problem.options.removal
    model.allowed_load = bounded_variable(
        loads.keys, loads.floor, greatest_loads(problem), doc="load per year after measures"
    )
    model.balance = MatrixConstraint(
        model.allowed_load.index_set(),
        terms=[
            (removal, model.extent),
            (sparse.eye_array(len(loads.keys), format="csr"), model.allowed_load),
        ],
        lower=loads.baseline,
        upper=loads.baseline,
        doc="load after measures + removed load = baseline load",
    )


def greatest_loads(problem: Problem) -> np.ndarray:
    """Return the most that each load can become: its baseline and all that options can add to it."""
    added = sparse.coo_array(problem.options.removal)
    row, column = added.coords
    adds = added.data < 0
    extra = np.zeros(len(problem.loads.keys))
    np.add.at(extra, row[adds], -added.data[adds] * problem.options.upper[column[adds]])
    return problem.loads.baseline + extra
