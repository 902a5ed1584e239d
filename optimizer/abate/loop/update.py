r"""One step of learning: mean and covariance of theta after the results of a period.

An iterated extended Kalman update: with h the expected rows, H their slopes and R the noise,

.. math::

    \theta_{n+1} = \theta_0 + P H_n^T (H_n P H_n^T + R)^{-1} \big[ z - h(\theta_n) - H_n (\theta_0 - \theta_n) \big]

until it stands still, which is the maximum of the posterior (Gauss-Newton, halving a step that would lead away from
it). The covariance comes from the last slopes in Joseph's form (I - K H) P (I - K H)^T + K R K^T, which stays symmetric
and positive. Source: Bell and Cathey, IEEE Transactions on Automatic Control 38 (1993) 294-297; Jazwinski, Stochastic
Processes and Filtering Theory (1970), section 8.3.

A result that lies further from what was expected than it should is trusted less: with nu the difference and S its
variance before the update,

.. math:: R \leftarrow R + \Big( \max \big( 1, \tfrac{|\nu|}{2.5 \sqrt{S}} \big)^2 - 1 \Big) S

so that it counts for as much as a result at 2.5 standard deviations. Source: the project's closed loop, section 1. A
limit of detection surprises only where more was expected than the limit. Censored rows: `abate.loop.tobit`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from abate.loop.algebra import inverse, product, times
from abate.loop.rows import Rows
from abate.loop.tobit import as_normal

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Linearise = Callable[[Floats], tuple[Floats, Floats]]

#: A result may lie this many standard deviations from what was expected before it is trusted less.
SURPRISE = 2.5
ITERATIONS = 25
HALVINGS = 8
#: The mean stands still where no number moves by more than this share of its standard deviation.
STILL = 1e-3


@dataclass(frozen=True)
class Learnt:
    """What an update came to.

    Attributes
    ----------
    mean, covariance : of theta afterwards.
    expected, sd : (rows,), of each result before it was known, noise included.
    surprise : (rows,), result less what was expected; of a limit 0 where less was expected.
    trust : (rows,), 1 for a result that surprises no more than it may, less for one that is trusted less.
    """

    mean: Floats
    covariance: Floats
    expected: Floats
    sd: Floats
    surprise: Floats
    trust: Floats


def learn(mean: Floats, covariance: Floats, linearise: Linearise, rows: Rows) -> Learnt:
    """Return mean and covariance of theta after the results of a period.

    Parameters
    ----------
    mean, covariance : of theta before, (size,) and (size, size).
    linearise : returns what is expected of each row (rows,) and its slope (rows, size) at a theta.
    rows : the results.
    """
    point = _Point(mean, np.zeros(len(mean)), *linearise(mean))
    sd = np.sqrt((product(point.slope, covariance) * point.slope).sum(axis=1) + rows.variance + rows.shared**2)
    surprise = rows.value - point.expected
    surprise = np.where(rows.censored, np.minimum(surprise, 0.0), surprise)
    doubt = np.maximum(1.0, np.abs(surprise) / (SURPRISE * sd)) ** 2
    trusted = replace(rows, variance=rows.variance + (doubt - 1.0) * sd**2)
    mean, covariance = _posterior(point, covariance, linearise, trusted)
    return Learnt(mean, covariance, point.expected, sd, surprise, 1.0 / doubt)


@dataclass(frozen=True)
class _Point:
    """A theta on the way to the maximum, P^-1 (theta - mean), and what is expected of the rows there with its slope."""

    theta: Floats
    pull: Floats
    expected: Floats
    slope: Floats


def _posterior(point: _Point, covariance: Floats, linearise: Linearise, rows: Rows) -> tuple[Floats, Floats]:
    """Return the maximum of the posterior, and the covariance there; `point` is at the mean before."""
    mean, sd = point.theta, np.sqrt(np.diag(covariance))
    for _ in range(ITERATIONS):
        across = product(point.slope, covariance)
        centre = point.expected + times(point.slope, mean - point.theta)
        value, variance = as_normal(centre, product(across, point.slope.T), rows)
        kept = np.isfinite(variance)
        normal = Rows(value, variance, rows.shared, rows.censored).take(kept)
        across, slope = across[kept], point.slope[kept]
        weights = times(inverse(product(across, slope.T) + normal.noise), normal.value - centre[kept])
        goal = mean + times(across.T, weights), times(slope.T, weights)

        def cost(one: _Point, normal: Rows = normal, kept: Mask = kept) -> float:
            return normal.misfit(one.expected[kept]) + float((one.pull * (one.theta - mean)).sum())

        after = _descend(point, goal, linearise, cost)
        if np.all(np.abs(after.theta - point.theta) <= STILL * sd):
            break
        point = after
    return after.theta, _joseph(covariance, slope, normal.noise)


def _descend(
    point: _Point, goal: tuple[Floats, Floats], linearise: Linearise, cost: Callable[[_Point], float]
) -> _Point:
    """Go from a point to its goal (theta and pull), or half as far until that is no step back."""
    most = cost(point) + 1e-9
    share = 1.0
    for _ in range(HALVINGS):
        theta = point.theta + share * (goal[0] - point.theta)
        after = _Point(theta, point.pull + share * (goal[1] - point.pull), *linearise(theta))
        if cost(after) <= most:
            break
        share /= 2
    return after


def _joseph(covariance: Floats, slope: Floats, noise: Floats) -> Floats:
    """Return the covariance after rows with a slope and noise: (I - K H) P (I - K H)^T + K R K^T."""
    across = product(slope, covariance)
    gain = product(across.T, inverse(product(across, slope.T) + noise))
    rest = covariance - product(gain, across)
    after = rest - product(product(rest, slope.T), gain.T) + product(product(gain, noise), gain.T)
    return np.asarray((after + after.T) / 2)
