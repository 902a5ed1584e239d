r"""Results below the limit of detection, turned into the normal results that teach the same.

A censored row says that f + noise < c, where f is what was expected and normal. Its likelihood Phi((c - f) / sd) is
replaced by the normal one that gives f the same mean and variance (moments of a truncated normal), each row in the
presence of all the others, until nothing moves (expectation propagation):

.. math::

    \alpha = \frac{c - m}{\sqrt{v + R}} , \quad \lambda = \frac{\phi(\alpha)}{\Phi(\alpha)} , \quad
    w = \frac{\lambda (\lambda + \alpha)}{v + R} , \quad
    \text{precision} = \frac{w}{1 - w v} , \quad
    \text{result} = m - \frac{\lambda}{w \sqrt{v + R}}

with m, v the mean and variance of f from everything but the row itself, R the variance of its noise. Source: Tobin,
Econometrica 26 (1958) 24-36 (the likelihood); Minka, Expectation Propagation for Approximate Bayesian Inference, UAI
2001; Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), section 3.6, whose probit it is.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from abate.loop.algebra import inverse, product, times
from abate.loop.rows import Rows

Floats = NDArray[np.float64]

SWEEPS = 100
STILL = 1e-9
#: A row whose precision is less than this share of that of what was expected teaches nothing.
NOTHING = 1e-9


def as_normal(expected: Floats, covariance: Floats, rows: Rows) -> tuple[Floats, Floats]:
    """Return normal results (rows,), and the variance of their own noise (rows,), in the place of censored ones.

    Parameters
    ----------
    expected, covariance : of what each row observes, (rows,) and (rows, rows).
    rows : the results.

    Returns
    -------
    value, variance : those of the rows themselves where they are not censored; an infinite variance where a row teaches
        nothing.
    """
    value, variance, censored = rows.value.copy(), rows.variance.copy(), rows.censored
    if censored.any():
        mean, spread = _given_the_detected(expected, covariance, rows)
        results, precision = _sites(mean, spread, value[censored], variance[censored])
        taught = precision * np.diag(spread) > NOTHING
        value[censored] = np.where(taught, results, mean)
        variance[censored] = np.where(taught, 1.0 / np.where(taught, precision, 1.0), np.inf)
    return value, variance


def _given_the_detected(expected: Floats, covariance: Floats, rows: Rows) -> tuple[Floats, Floats]:
    """Return mean and covariance of what the censored rows observe, once the others are known."""
    censored, seen = rows.censored, ~rows.censored
    own = covariance[np.ix_(censored, censored)]
    if not seen.any():
        return expected[censored], own
    across = covariance[np.ix_(censored, seen)]
    gain = product(across, inverse(covariance[np.ix_(seen, seen)] + rows.take(seen).noise))
    return expected[censored] + times(gain, (rows.value - expected)[seen]), own - product(gain, across.T)


def _sites(mean: Floats, spread: Floats, limit: Floats, noise: Floats) -> tuple[Floats, Floats]:
    """Return the normal results that stand for limits, and their precisions; one row after the other."""
    count = len(mean)
    precision, shift = np.zeros(count), np.zeros(count)  # shift = precision x result
    centre, now = mean.copy(), spread.copy()
    for _ in range(SWEEPS):
        change = 0.0
        for row in range(count):
            variance = float(now[row, row])
            if variance <= 0.0:  # known for sure, whatever is found
                continue
            without = 1.0 / variance - precision[row]
            fresh, moved = _site((centre[row] / variance - shift[row]) / without, 1.0 / without, limit[row], noise[row])
            more, further = fresh - precision[row], moved - shift[row]
            share = now[:, row] / (1.0 + more * variance)
            centre = centre + share * (further - more * centre[row])
            now = now - more * (share[:, None] * now[:, row])
            precision[row], shift[row] = fresh, moved
            change = max(change, abs(more) / without, abs(further) / math.sqrt(without))
        if change < STILL:
            break
    return np.divide(shift, precision, out=mean.copy(), where=precision > 0), precision


def _site(mean: float, variance: float, limit: float, noise: float) -> tuple[float, float]:
    """Return precision and precision x result of the normal result that stands for one limit."""
    sd = math.sqrt(variance + noise)
    alpha = (limit - mean) / sd
    hazard = math.exp(-0.5 * alpha**2 - 0.5 * math.log(2 * math.pi) - float(log_ndtr(alpha)))
    weight = hazard * (hazard + alpha) / sd**2
    rest = 1.0 - weight * variance
    return weight / rest, (weight * mean - hazard / sd) / rest
