r"""Resources: land, bank length, budget ... that options of a region share.

.. math::

    \sum_{j \in r} U_{rj} x_j \le A_r

U is what a unit of extent of option j takes of resource r, x the extent, A what is available; the sum runs over the
options of sources in the resource's region, with all regions inside it.
Row name: ``resource`` by (resource, region).
"""

from __future__ import annotations

import numpy as np
from pyomo.core.base.PyomoModel import ConcreteModel

from abate_models.matrix import MatrixConstraint
from abate_models.problem import Problem


def add_resources(model: ConcreteModel, problem: Problem) -> None:
    """Add a row per resource and region."""
    resources = problem.resources
    if not len(resources.keys):
        return
    model.resource = MatrixConstraint(
        resources.keys,
        terms=[(resources.use, model.extent)],
        lower=np.array(-np.inf),
        upper=resources.available,
        doc="use of the resource within what is available",
    )
