r"""What is believed of the effectiveness of options, and of sums over several of them.

With e the effectiveness of an option as a function of theta and e' its slope, a weighted sum E = sum of w_j e_j has

.. math:: \mathrm{Var}(E) = D \, P \, D^T , \qquad D = \sum_j w_j e'_j u_j

with P the covariance of theta and u the vector that is 1 for the common and the own part of an option: options of one
measure are not independent, for they share its common part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from abate.loop.belief import Belief
from abate.loop.expectation import believed, variances
from abate_models.problem import Problem

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Effectiveness:
    """Removal of every option over what the case says.

    Attributes
    ----------
    mean, sd : (options,); an option that removes nothing has the mean 1 and sd 0.
    slope : (options x size), change per unit of theta.
    covariance : of theta.
    """

    mean: Floats
    sd: Floats
    slope: sparse.csr_array
    covariance: Floats

    def sum_sd(self, weights: sparse.csr_array) -> Floats:
        """Return the standard deviation of each weighted sum over options, weights (sums x options)."""
        return np.sqrt(variances(sparse.csr_array(weights @ self.slope), self.covariance))


def effectiveness_of(problem: Problem, belief: Belief) -> Effectiveness:
    """Return what is believed of the effectiveness of every option.

    Parameters
    ----------
    problem : the one that the belief was started from.
    """
    layout, figures = belief.layout, believed(problem, belief)
    option = np.flatnonzero(layout.own >= 0)
    steepness = figures.effectiveness_slope[option]
    values = np.concatenate([steepness, steepness])
    places = (np.concatenate([option, option]), np.concatenate([layout.common[option], layout.own[option]]))
    slope = sparse.csr_array(sparse.coo_array((values, places), shape=(len(layout.own), layout.size)))
    mean = np.where(layout.own >= 0, figures.effectiveness, 1.0)
    return Effectiveness(mean, np.sqrt(variances(slope, belief.covariance)), slope, belief.covariance)
