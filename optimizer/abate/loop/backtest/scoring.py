r"""How good a policy was in a world, against the oracle that knew everything.

.. math::

    J = \sum_t (1 + i)^{-t} \Big( c_t + p \sum_k \max(0, q_{tk} / C_{tk} - 1) \Big) , \qquad
    \text{regret} = J / J_\text{oracle} - 1

c is the cost of year t [money/yr], q the quality at receptor k free of weather, C its limit in that year, p the penalty
[money/yr per relative exceedance of one receptor], i the discount rate. All costs and limits of a year count, also in
the years before the limits are final. Source: section 3 of the project's closed loop (its table of policies).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from abate_models.stages import discount_factors

Floats = NDArray[np.float64]

#: Relative exceedance up to which a limit counts as attained: what a solver may be off.
ROUNDING = 1e-6


@dataclass(frozen=True)
class Score:
    """What one policy came to in one world.

    Attributes
    ----------
    objective : J, money.
    cost : its part that is no penalty, money.
    attained : share of receptors and years within their limit.
    worst : greatest relative exceedance of any receptor in any year.
    churn : share of its baseline load that a source is allocated anew, mean over sources, planned years and decisions.
    plans : how many plans were in force, one after the other.
    """

    objective: float
    cost: float
    attained: float
    worst: float
    churn: float
    plans: int

    def against(self, oracle: Score) -> dict[str, float]:
        """Return the row of a table: regret and cost against those of the oracle, and the rest as it is."""
        return {
            "regret": self.objective / oracle.objective - 1.0,
            "cost_ratio": self.cost / oracle.cost,
            "attained": self.attained,
            "worst": self.worst,
            "churn": self.churn,
            "plans": self.plans,
        }


def exceedance(quality: Floats, limits: Floats) -> Floats:
    """Return relative exceedances, 0 where a limit holds; all (years, targets)."""
    over = quality / limits - 1.0
    return np.where(over > ROUNDING, over, 0.0)


def objective(cost: Floats, over: Floats, penalty: float, rate: float) -> tuple[float, float]:
    """Return J and the discounted cost in it.

    Parameters
    ----------
    cost : (years,), money/yr.
    over : (years, targets), relative exceedances.
    penalty : money/yr per relative exceedance.
    rate : discount rate per year.

    >>> objective(np.array([10.0, 10.0]), np.array([[0.0, 0.1], [0.0, 0.0]]), 100.0, 0.0)
    (30.0, 20.0)
    """
    factors = discount_factors(list(range(len(cost))), rate)
    paid = float(factors @ cost)
    return paid + float(penalty * (factors @ over.sum(axis=1))), paid


def score(cost: Floats, over: Floats, changes: Sequence[float], plans: int, penalty: float, rate: float) -> Score:
    """Return the score of what came of a policy; arguments as in `objective`.

    Parameters
    ----------
    changes : of the plan in force, one a year.
    plans : how many there were.
    """
    whole, paid = objective(cost, over, penalty, rate)
    return Score(whole, paid, float((over == 0).mean()), float(over.max()), float(np.mean(changes)), plans)
