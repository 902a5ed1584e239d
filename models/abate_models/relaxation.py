r"""Relaxation: by how much targets give way where they cannot all hold.

.. math::

    s_t \ge 0, \qquad s_t \le S_t \, w_p \quad \text{for each target t of tier p}

s is added to what target t allows, in the unit of the target's row; S is the size of the target (its limit, or the
baseline of its row where the limit is 0), so that s / S is a relative exceedance; w is the worst of a tier. Targets
of priority 0 have no s. Tiers are settled one after the other, the lowest number first: least w, then least sum of
s / S; the cheapest plan comes last (see `abate.noplan`).
Row name: ``tier`` by target.
"""

from __future__ import annotations

import numpy as np
from pyomo.core.base.PyomoModel import ConcreteModel
from scipy import sparse

from abate_models.matrix import MatrixConstraint, Term, bounded_variable, selection
from abate_models.problem import Problem


def add_slack(model: ConcreteModel, problem: Problem) -> None:
    """Add the variable `slack` (by target of a priority above 0); the rows of the targets use it."""
    names = [problem.targets.ids[row] for row in relaxable(problem)]
    if names:
        none, unbounded = np.zeros(len(names)), np.full(len(names), np.inf)
        model.slack = bounded_variable(names, none, unbounded, doc="what the target gives way, in its own unit")


def add_tiers(model: ConcreteModel, problem: Problem) -> None:
    """Add the variable `worst` (by priority) above the relative exceedances of its tier."""
    chosen = relaxable(problem)
    if not len(chosen):
        return
    names = [problem.targets.ids[row] for row in chosen]
    tiers, tier = np.unique(problem.targets.priority[chosen], return_inverse=True)
    none, unbounded = np.zeros(len(tiers)), np.full(len(tiers), np.inf)
    model.worst = bounded_variable(tiers.tolist(), none, unbounded, doc="greatest relative exceedance of the tier")
    model.tier = MatrixConstraint(
        names,
        terms=[
            (selection(np.arange(len(names)), len(names)), model.slack),
            (selection(tier, len(tiers), -target_sizes(problem)[chosen]), model.worst),
        ],
        lower=np.array(-np.inf),
        upper=np.array(0.0),
        doc="relative exceedance of each target within the worst of its tier",
    )


def slack_terms(model: ConcreteModel, problem: Problem, rows: np.ndarray) -> list[Term]:
    """Return the term by which targets give way in their own rows; none in a model without slack."""
    variable = model.component("slack")
    if variable is None:
        return []
    targets, chosen = problem.targets, relaxable(problem)
    entries = np.where(targets.priority[rows] > 0, -targets.sign[rows], 0.0)
    columns = np.searchsorted(chosen, rows)
    kept = entries != 0
    indptr = np.concatenate([[0], np.cumsum(kept)])
    shape = (len(rows), len(chosen))
    return [(sparse.csr_array((entries[kept], columns[kept], indptr), shape=shape), variable)]


def relaxable(problem: Problem) -> np.ndarray:
    """Return the positions of the targets that may give way."""
    return np.flatnonzero(problem.targets.priority > 0)


def target_sizes(problem: Problem) -> np.ndarray:
    """Return the size by which the exceedance of each target is divided, in the unit of its row; never 0."""
    targets = problem.targets
    baseline = targets.scope @ problem.loads.baseline
    at = targets.quality[targets.quality >= 0]
    quality = problem.receptors.background + problem.receptors.transfer @ problem.loads.baseline
    baseline[targets.quality >= 0] = quality[at]
    size = np.abs(np.where(targets.allowed != 0, targets.allowed, baseline))
    return np.where(size > 0, size, 1.0)
