r"""What is expected of loads, qualities and targets under a belief, and how far each may be from it.

With h the value and H its slope with respect to theta at the mean, P the covariance of theta,

.. math:: \sigma^2 = H P H^T

to which a quality adds the coefficients whose own part is not in theta (`abate.loop.state`). First order: exact where
the value is linear in theta within its uncertainty. Source: the delta method, as the update itself uses it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from abate.loop.belief import Belief
from abate.loop.readings import Model
from abate.loop.response import Figures, Situation, figures_of
from abate.outcome import option_costs
from abate_models.problem import Problem
from abate_models.targets import BUDGET

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Expected:
    """Expected values with their standard deviations.

    Attributes
    ----------
    load, load_sd : (loads,), load per year.
    quality, quality_sd : (qualities,), each in its unit, without the noise of a single result.
    target, target_sd : (targets,), in the unit of each target's row; a budget is certain.
    """

    load: Floats
    load_sd: Floats
    quality: Floats
    quality_sd: Floats
    target: Floats
    target_sd: Floats


def expect(problem: Problem, belief: Belief, situation: Situation) -> Expected:
    """Return what is expected in a situation.

    Parameters
    ----------
    problem : the one that the belief was started from, every limit resolved.
    belief : what is believed; `Belief.ahead` first for a later year.
    situation : extents in use, activity and operation of each load.
    """
    belief.check(problem)
    response = Model(problem, belief.layout, belief.prior, situation).response(belief.mean)
    targets = problem.targets
    slope = sparse.csr_array(response.load[:, None] * response.load_slope)
    quality_variance = variances(sparse.csr_array(response.quality_slope), belief.covariance)
    quality_variance += belief.prior.pair_sd**2 * response.unresolved
    value = np.asarray(targets.scope @ response.load)
    variance = variances(sparse.csr_array(targets.scope @ slope), belief.covariance)
    judged = targets.quality >= 0
    value[judged] = response.quality[targets.quality[judged]]
    variance[judged] = quality_variance[targets.quality[judged]]
    of_money = targets.rows(BUDGET)
    cost = option_costs(problem, situation.extents, situation.extents > 0)
    value[of_money] = targets.sources[of_money] @ np.bincount(problem.options.source, cost, len(problem.sources))
    return Expected(
        load=response.load,
        load_sd=np.sqrt(variances(slope, belief.covariance)),
        quality=response.quality,
        quality_sd=np.sqrt(quality_variance),
        target=value,
        target_sd=np.sqrt(variance),
    )


def believed(problem: Problem, belief: Belief) -> Figures:
    """Return the figures of a problem at the median of what is believed."""
    belief.check(problem)
    return figures_of(problem, belief.layout, belief.mean, belief.prior.effectiveness)


def variances(slope: sparse.csr_array, covariance: Floats) -> Floats:
    """Return the diagonal of slope @ covariance @ slope.T, at least 0."""
    return np.asarray(np.maximum(np.asarray(slope.multiply(slope @ covariance).sum(axis=1)).ravel(), 0.0))
