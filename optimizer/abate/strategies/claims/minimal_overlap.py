r"""Minimal overlap: claims lie on parts of the estate with as little overlap as can be, each part is shared equally.

With the claims in ascending order, none above the estate (who claims more, claims all of it), and d_0 = 0:

.. math:: x_i = \sum_{k \le i} \frac{\min(d_k, t) - \min(d_{k-1}, t)}{n - k + 1} + \max(0, d_i - t)

.. math:: t = E \;\text{ if } d_n = E, \qquad \sum_i \max(0, d_i - t) = E - t \;\text{ otherwise}

It is another rule than random arrival. Source: Ibn Ezra; B. O'Neill (1982), A problem of rights arbitration from the
Talmud, Mathematical Social Sciences 2, 345-371.
"""

from __future__ import annotations

import numpy as np

from abate.strategies.claims.estate import Floats, check_estate


def minimal_overlap(estate: float, claims: Floats) -> Floats:
    """Return awards that share each part of the estate among those whose claims must overlap on it.

    Arguments, awards and errors are those of every claims rule, see `abate.strategies.claims`.
    """
    estate = check_estate(estate, claims)
    order = np.argsort(claims, kind="stable")
    ascending = np.minimum(claims[order], estate)
    shared = _shared(estate, ascending)
    sharers = np.arange(len(claims), 0, -1)
    of_shared = np.cumsum(np.diff(np.minimum(ascending, shared), prepend=0.0) / sharers)
    awards = np.empty_like(claims)
    awards[order] = of_shared + np.maximum(0.0, ascending - shared)
    return np.minimum(claims, awards)


def _shared(estate: float, ascending: Floats) -> float:
    """Return t, how much of the estate is claimed by more than one; the claims above it do not overlap."""
    if estate <= ascending[-1]:
        return estate  # one claims everything
    corners = np.concatenate([[0.0], ascending])
    # t and the claims above it add up to the greatest claim at t = d_n, and to more the further t goes down
    fall = np.diff(corners) * np.arange(len(ascending) - 1, -1, -1)
    sums = ascending[-1] + np.concatenate([[0.0], np.cumsum(fall[::-1])])
    return float(np.interp(estate, sums, corners[::-1]))
