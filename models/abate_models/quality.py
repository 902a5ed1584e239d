r"""Quality: what may be found at receptors.

.. math::

    b_k + \sum_i T_{ki} L_i \le C_k - m_k \qquad \text{(or} \ge C_k + m_k \text{for a lower limit)}

b is the background of receptor and parameter k, T the transfer coefficient (quality per unit of load), L the load
after measures, C the limit and m the margin of safety.
Row name: ``quality`` by target.
"""

from __future__ import annotations

import numpy as np
from pyomo.core.base.PyomoModel import ConcreteModel

from abate_models.matrix import MatrixConstraint
from abate_models.problem import Problem
from abate_models.targets import QUALITY


def add_quality(model: ConcreteModel, problem: Problem) -> None:
    """Add a row per quality target."""
    targets, receptors = problem.targets, problem.receptors
    rows = targets.rows(QUALITY)
    if not len(rows):
        return
    at = targets.quality[rows]
    every_row = np.array_equal(at, np.arange(receptors.transfer.shape[0]))
    transfer = receptors.transfer if every_row else receptors.transfer[at]
    limit = targets.allowed[rows] - receptors.background[at]
    upper = targets.sign[rows] > 0
    model.quality = MatrixConstraint(
        [targets.ids[row] for row in rows],
        terms=[(transfer, model.allowed_load)],
        lower=np.where(upper, -np.inf, limit),
        upper=np.where(upper, limit, np.inf),
        doc="contribution of the loads to quality within limit, margin and background",
    )
