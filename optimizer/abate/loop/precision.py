r"""How precisely the effort went where it counts: quality gained per load taken away, and per money, against the plan.

For each parameter, over the receptors k with the weights w (people exposed, or all alike where no receptor gives any):

.. math::

    \text{gain} = \sum_k w_k \sum_i T_{ki} \, \Delta L_i , \qquad \text{per load} = \text{gain} / \sum_i \Delta L_i ,
    \qquad \text{per money} = \text{gain} / \text{cost}

with w summing to one, Delta L the load that measures take away at the baseline activity [load per year] and T the
transfer coefficient: for the plan both as they were believed when it was made, delivered both as they are believed now
and at the operation observed. A gain is a fall of the parameter, of dissolved oxygen a rise. Only loads that act on the
parameter count. A ratio below one says that the same tons, or the same money, bought less quality than was planned:
they were taken away at the wrong places, or not where the money was spent. Source: the cost-effectiveness ratio of
environmental economics, e.g. Baumol and Oates, The Theory of Environmental Policy (1988).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from abate.loop.belief import Belief
from abate.loop.expectation import believed
from abate.loop.response import Situation
from abate.outcome import option_costs
from abate_data.case import Case
from abate_data.schema import OXYGEN
from abate_models.problem import Problem

Floats = NDArray[np.float64]


def precision(case: Case, problem: Problem, situation: Situation, before: Belief, after: Belief) -> pd.DataFrame:
    """Return a row per parameter: what tons and money gained in quality, planned and delivered.

    Parameters
    ----------
    situation : extents in use and the operation that was observed.
    before, after : what was believed when the plan was made, and now.

    Returns
    -------
    Columns parameter, unit, gain_planned, gain_delivered (in the unit), load_planned, load_delivered, cost (yearly),
    per_load_planned, per_load_delivered, per_load_ratio, per_money_planned, per_money_delivered, per_money_ratio. NaN
    where there is nothing to divide by.
    """
    receptors, whole = problem.receptors, np.ones(len(problem.loads.keys))
    cost = float(option_costs(problem, situation.extents, situation.extents > 0).sum())
    planned, delivered = _Effects(problem, situation.extents, before), _Effects(problem, situation.extents, after)
    rows = []
    for parameter in receptors.parameters:
        own = np.array([one == parameter for _, one in receptors.keys])
        weight = np.where(own, receptors.population if receptors.population[own].any() else 1.0, 0.0)
        weight = weight / weight.sum() * (-1.0 if parameter == OXYGEN else 1.0)
        was, is_ = planned.of(weight, own, whole), delivered.of(weight, own, situation.operation)
        unit = case.settings.units.quality.get(parameter, "")
        rows.append((parameter, unit, was[0], is_[0], was[1], is_[1], cost, *_ratios(was, is_), *_paid(was, is_, cost)))
    head = ["parameter", "unit", "gain_planned", "gain_delivered", "load_planned", "load_delivered", "cost"]
    names = [f"per_{of}_{what}" for of in ("load", "money") for what in ("planned", "delivered", "ratio")]
    table = pd.DataFrame(rows, columns=[*head, *names])
    load, money = case.settings.units.load, f"{case.settings.currency}/yr"
    table.attrs["units"] = {"load_planned": load, "load_delivered": load, "cost": money}
    return table


class _Effects:
    """What extents take away and what that does to quality, as one belief has it."""

    def __init__(self, problem: Problem, extents: Floats, belief: Belief) -> None:
        figures = believed(problem, belief)
        self.removed = np.asarray(problem.options.removal @ (figures.effectiveness * extents))
        shape = (len(problem.receptors.keys), len(problem.loads.keys))
        at = (belief.layout.pair_row, belief.layout.pair_load)
        self.transfer = sparse.csr_array(sparse.coo_array((figures.transfer, at), shape=shape))

    def of(self, weight: Floats, own: NDArray[np.bool_], operation: Floats) -> tuple[float, float]:
        """Return the gain of quality, and the load taken away that acts on it."""
        reduction = self.removed * operation
        acts = np.asarray(abs(self.transfer[np.flatnonzero(own)]).sum(axis=0)).ravel() > 0
        quality = np.asarray(self.transfer @ reduction)
        return float(weight @ quality), float(reduction[acts].sum())


def _ratios(planned: tuple[float, float], delivered: tuple[float, float]) -> tuple[float, float, float]:
    was, is_ = (_over(gain, load) for gain, load in (planned, delivered))
    return was, is_, _over(is_, was)


def _paid(planned: tuple[float, float], delivered: tuple[float, float], cost: float) -> tuple[float, float, float]:
    was, is_ = (_over(gain, cost) for gain, _ in (planned, delivered))
    return was, is_, _over(is_, was)


def _over(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
