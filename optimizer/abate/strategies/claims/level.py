"""The common level: where a total stands when everybody is filled alike between two bounds.

Several rules are a common level between bounds: equal awards between 0 and the claim, constrained egalitarian between
half the claim and the claim.
"""

from __future__ import annotations

import numpy as np

from abate.strategies.claims.estate import Floats


def fill_to_level(total: float, lower: Floats, upper: Floats) -> Floats:
    r"""Return amounts at one level, each kept within its bounds, that add up to a total.

    .. math:: x_i = \min(u_i, \max(l_i, \lambda)), \qquad \sum_i x_i = T

    The sum is piecewise linear in the level and has its corners at the bounds, so that one sort finds the level.

    Parameters
    ----------
    total : T, between the sums of the bounds; a total outside gives the nearer bound.
    lower, upper : the bounds, lower <= upper, shape (n,), in the unit of the total.
    """
    corners = np.concatenate([lower, upper])
    order = np.argsort(corners, kind="stable")
    corners = corners[order]
    # the sum rises by one for each amount that has left its lower bound and not come to its upper one
    slope = np.cumsum(np.where(order < len(lower), 1.0, -1.0))
    rise = np.cumsum(slope[:-1] * np.diff(corners))
    sums = lower.sum() + np.concatenate([[0.0], rise])
    return np.asarray(np.clip(np.interp(total, sums, corners), lower, upper), dtype=np.float64)
