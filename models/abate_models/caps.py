r"""Caps: how much the sources of a region and sector may emit together.

.. math::

    \sum_{i \in S_t} L_i \le E_t - m_t - r_t

S is the scope of target t (a region with all regions inside it, and a sector), E the cap, m the margin of safety and
r the reserve for growth. Reductions and intensities are caps too: see `abate_models.targets`.
Row name: ``cap`` by target.
"""

from __future__ import annotations

import numpy as np
from pyomo.core.base.PyomoModel import ConcreteModel

from abate_models.matrix import MatrixConstraint
from abate_models.problem import Problem
from abate_models.targets import CAP


def add_caps(model: ConcreteModel, problem: Problem) -> None:
    """Add a row per load, reduction or intensity target."""
    targets = problem.targets
    rows = targets.rows(CAP)
    if not len(rows):
        return
    model.cap = MatrixConstraint(
        [targets.ids[row] for row in rows],
        terms=[(targets.scope[rows], model.allowed_load)],
        lower=np.array(-np.inf),
        upper=targets.allowed[rows],
        doc="loads in scope within cap, margin and reserve",
    )
