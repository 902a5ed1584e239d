r"""Relaxation: by how much targets give way where they cannot all hold.

.. math::

    s_t \ge 0, \qquad s_t \le S_t \, w_p \quad \text{for each target t of tier p}

s is the exceedance: what is added to what target t allows, in the unit of the target's row. S is the size of the
target (what it allows, or the baseline of its row where that is 0), so that s / S is a relative exceedance; w is the
worst of a tier. Targets of priority 0 have no s. Tiers are settled one after the other, the lowest number first:
least w, then least sum of s / S; the cheapest plan comes last (see `abate.noplan`).

Where targets are re-aligned, those of them that say what they are worth at most give way for that price instead:

.. math::

    \text{cost} + \sum_t p_t s_t \quad \text{is made least}

p is the ceiling on the price of one unit of tightening of target t [money per year per unit of its row]. A target with
a ceiling is tightened until the next unit would cost more than that.
Row name: ``tier`` by target.
"""

from __future__ import annotations

import numpy as np
from pyomo.core.base.PyomoModel import ConcreteModel
from scipy import sparse

from abate_models.loads import greatest_loads
from abate_models.matrix import MatrixConstraint, bounded_variable, selection
from abate_models.problem import Problem
from abate_models.targets import BUDGET, CAP, QUALITY


def relax(model: ConcreteModel, problem: Problem) -> None:
    """Let the targets of an assembled model give way, each tier below a worst of its own."""
    if model.component("exceedance") is None:
        add_exceedance(model, problem)
    chosen = relaxable(problem)
    if not len(chosen):
        return
    tiers, tier = np.unique(problem.targets.priority[chosen], return_inverse=True)
    none, unbounded = np.zeros(len(tiers)), np.full(len(tiers), np.inf)
    model.worst = bounded_variable(tiers.tolist(), none, unbounded, doc="greatest relative exceedance of the tier")
    model.tier = MatrixConstraint(
        [problem.targets.ids[row] for row in chosen],
        terms=[
            (selection(np.arange(len(chosen)), len(chosen)), model.exceedance),
            (selection(tier, len(tiers), -target_sizes(problem)[chosen]), model.worst),
        ],
        lower=np.array(-np.inf),
        upper=np.array(0.0),
        doc="relative exceedance of each target within the worst of its tier",
    )


def add_exceedance(model: ConcreteModel, problem: Problem, chosen: np.ndarray | None = None) -> None:
    """Add the variable `exceedance` to the rows of chosen targets, by default of all of a priority above 0."""
    targets, chosen = problem.targets, relaxable(problem) if chosen is None else chosen
    if not len(chosen):
        return
    names, most = [targets.ids[row] for row in chosen], _greatest_exceedances(problem)[chosen]
    model.exceedance = bounded_variable(names, np.zeros(len(chosen)), most, doc="what the target gives way")
    for form in (QUALITY, CAP, BUDGET):
        component = model.component(form)
        if component is not None:
            component.add_term(_entries(problem, targets.rows(form), chosen), model.exceedance)


def relaxable(problem: Problem) -> np.ndarray:
    """Return the positions of the targets that may give way."""
    return np.flatnonzero(problem.targets.priority > 0)


def priced(problem: Problem) -> np.ndarray:
    """Return the positions of the targets that give way for a price: they may, and have a ceiling on it."""
    targets = problem.targets
    return np.flatnonzero((targets.priority > 0) & np.isfinite(targets.price_ceiling))


def target_sizes(problem: Problem) -> np.ndarray:
    """Return the size by which the exceedance of each target is divided, in the unit of its row; never 0."""
    targets = problem.targets
    baseline = targets.scope @ problem.loads.baseline
    at = targets.quality[targets.quality >= 0]
    quality = problem.receptors.background + problem.receptors.transfer @ problem.loads.baseline
    baseline[targets.quality >= 0] = quality[at]
    # a target that does not hold yet allows anything
    known = np.isfinite(targets.allowed) & (targets.allowed != 0)
    size = np.abs(np.where(known, targets.allowed, baseline))
    return np.where(size > 0, size, 1.0)


def _greatest_exceedances(problem: Problem) -> np.ndarray:
    """Return the most that each target could be missed by, whatever is done; infinite for a budget."""
    targets, receptors = problem.targets, problem.receptors
    at = targets.quality >= 0
    most = targets.scope @ greatest_loads(problem)
    ends = [
        receptors.background + receptors.transfer.maximum(0) @ high + receptors.transfer.minimum(0) @ low
        for high, low in _ranges(problem)
    ]
    upper = targets.sign > 0
    quality = np.where(upper[at], ends[0][targets.quality[at]], ends[1][targets.quality[at]])
    most[at] = quality
    most[targets.rows(BUDGET)] = np.inf
    asked = np.isfinite(targets.allowed)
    beyond = np.where(asked, targets.sign * (most - np.where(asked, targets.allowed, 0.0)), 0.0)
    return np.asarray(np.maximum(beyond, 0.0))


def _ranges(problem: Problem) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Return the loads that make a sum with positive and negative coefficients greatest, and least."""
    floor, greatest = problem.loads.floor, greatest_loads(problem)
    return (greatest, floor), (floor, greatest)


def _entries(problem: Problem, rows: np.ndarray, chosen: np.ndarray) -> sparse.csr_array:
    """Return (rows x targets that may give way): an upper limit is eased by taking off, a lower one by adding."""
    entries = np.where(np.isin(rows, chosen), -problem.targets.sign[rows], 0.0)
    kept = entries != 0
    indptr = np.concatenate([[0], np.cumsum(kept)])
    columns = np.searchsorted(chosen, rows)[kept]
    return sparse.csr_array((entries[kept], columns, indptr), shape=(len(rows), len(chosen)))
