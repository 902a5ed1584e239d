"""First-order decay of a pollutant on its way downstream."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def rate_at(rate: Array, factor: Array | float, temperature: Array) -> Array:
    """Return first-order rates at the temperature of the water.

    k_T = k_20 * theta^(T - 20), with k_T the rate at the temperature T [1/d], k_20 the rate at 20 degC [1/d]
    and theta the factor on the rate per degree [-] (Chapra 1997, lecture 2).

    Parameters
    ----------
    rate : rates at 20 degC [1/d], shape (...).
    factor : factor per degree, a shape that broadcasts with `rate`.
    temperature : of the water [degC], a shape that broadcasts with `rate`.
    """
    return rate * factor ** (temperature - 20.0)


def remaining(rate: Array, days: Array) -> Array:
    """Return the share of a load that is left after a time of travel.

    W / W_0 = exp(-k t), the solution of dW/dt = -k W, with W the flux of the pollutant [mass/time], W_0 the
    flux at the start, k the decay rate at the temperature of the water [1/d] and t the time of travel [d]
    (Streeter & Phelps 1925; Chapra 1997, lecture 9: plug flow at steady state).

    Parameters
    ----------
    rate : decay rates [1/d], 0 or more, shape (n,).
    days : times of travel [d], 0 or more, shape (n,).
    """
    return np.exp(-rate * days)
