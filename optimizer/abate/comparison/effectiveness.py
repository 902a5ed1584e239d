"""What a plan achieves for the load it takes away, for what it costs, and how far it keeps to what there was."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from abate.errors import Finding, InputError
from abate.inequality import hoover

Floats = NDArray[np.float64]


def quality_gain_per_load(gain: Floats, weights: Floats, reduction: Floats) -> float:
    """Return the weighted gain of quality per unit of load taken away, sum_j w_j dC_j / sum_i z_i.

    Parameters
    ----------
    gain : (receptors) dC, how much better the quality becomes, in its unit; below zero where it becomes worse.
    weights : (receptors) w, e.g. people or shares.
    reduction : (sources) z, load taken away.

    Returns
    -------
    float
        Quality unit x unit of the weights / load unit; NaN where no load is taken away in sum.

    Raises
    ------
    InputError
        Where gain and weights differ in length.
    """
    _pair("gain", gain, "weights", weights)
    total = float(np.sum(reduction))
    return float(np.dot(weights, gain)) / total if total > 0 else np.nan


def transfer_efficiency(coefficients: Floats, reduction: Floats) -> float:
    """Return how well the reductions are placed, sum_i a_i z_i / (max a sum_i z_i).

    It is 1 where all is taken away at the sources that act on the receptors most.

    Parameters
    ----------
    coefficients : (sources) a, quality per unit of load; for several receptors their sum, weighted or not. Where more
        is better, as with oxygen, with the sign turned round.
    reduction : (sources) z, load taken away.

    Returns
    -------
    float
        At most 1; NaN where nothing is taken away in sum, or where no source has any effect.

    Raises
    ------
    InputError
        Where the arrays differ in length.
    """
    _pair("coefficients", coefficients, "reduction", reduction)
    total, most = float(np.sum(reduction)), float(np.max(coefficients, initial=0.0))
    return float(np.dot(coefficients, reduction)) / (most * total) if total > 0 and most > 0 else np.nan


def compliance_margin(value: Floats, allowed: Floats, sign: Floats) -> Floats:
    """Return how much of what each target allows is left unused, sign (allowed - value) / |allowed|.

    Parameters
    ----------
    value, allowed : (targets) what comes out and what is allowed after margin and reserve, in one unit each.
    sign : (targets) 1 where the value may be at most what is allowed, -1 where at least.

    Returns
    -------
    (targets) share, below 0 where the target is missed. Where 0 is allowed it is relative to the value: -1 where the
    target is missed, 0 where it is just met.

    Raises
    ------
    InputError
        Where the arrays differ in length.
    """
    _pair("value", value, "allowed", allowed)
    _pair("value", value, "sign", sign)
    unused = np.asarray(sign * (allowed - value), dtype=np.float64)
    scale = np.where(allowed != 0, np.abs(allowed), np.abs(value))
    return np.divide(unused, scale, out=np.zeros_like(unused), where=scale != 0)


def price_of_fairness(cost: float, least_cost: float) -> float:
    """Return what a plan costs over the least cost, cost / least_cost - 1; both in the same money per year.

    0 where both cost nothing and infinite where only the least cost is nothing; NaN where either is unknown (NaN) or
    the least cost is a gain, below zero, against which no share means anything.
    """
    if np.isnan(cost) or np.isnan(least_cost) or least_cost < 0:
        return np.nan
    if least_cost == 0:
        return 0.0 if cost == 0 else np.inf
    return cost / least_cost - 1.0


def deviation_from_shares(allowed: Floats, baseline: Floats) -> float:
    """Return how far the allowed loads leave the shares of the baseline, 1/2 sum |x_i / sum x - D_i / sum D|.

    It is the share of the total that changes hands, 0 to 1, and so Hoover's index of the allowed loads with the
    baseline as weight; 0 where no load is allowed at all.

    Parameters
    ----------
    allowed, baseline : (sources) loads >= 0 in one unit.

    Raises
    ------
    InputError
        Where the arrays differ in length, an entry is negative or not finite, or there is no load in the baseline.
    """
    return hoover(allowed, baseline)


def _pair(name: str, array: Floats, other: str, with_it: Floats) -> None:
    """Raise an `InputError` where two arrays do not have one entry each for the same things."""
    if np.shape(array) != np.shape(with_it) or np.ndim(array) != 1:
        found = f"{np.shape(array)} and {np.shape(with_it)}"
        cure = "give both in the same order, with one entry each for the same things"
        raise InputError([Finding(name, f"{name} and {other} do not pair up", cure, value=found)])
