r"""Random arrival: claimants come in any order and each takes the claim until the estate is used up; the average.

.. math:: x_i = \frac{1}{n!} \sum_{\pi} \min\left(d_i, \max(0, E - b_i(\pi))\right), \qquad
    b_i(\pi) = \textstyle\sum_{k \text{ before } i \text{ in } \pi} d_k

It is the Shapley value of the game v(S) = max(0, E - d(N without S)), and so it is computed exactly for up to
`MOST_EXACT` claimants. Source: B. O'Neill (1982), A problem of rights arbitration from the Talmud, Mathematical Social
Sciences 2, 345-371.

Beyond, the average is over a part of the orders, the same one for every estate. The claimants stand in a circle in a
seeded random order; each of them comes first once, the others follow around the circle, forward and backward. All the
orders of a circle come at once: who comes first at the point C_s of the circle (the sum of the claims before) leaves
the estate to the arc from C_s to C_s + E, so that a claimant gets the own arc as often as one of these arcs covers it.
The sum of the awards, self-duality, monotonicity in the estate and equal awards of equal claims hold exactly, whatever
the orders are; the awards themselves carry a standard error of about 0.0015 times the claim times the coefficient of
variation of the claims: 0.15 % of the claim where the claims' standard deviation is as large as their mean.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from abate.games.game import subset_sums
from abate.games.shapley import shapley
from abate.strategies.claims.estate import Floats, check_estate

#: The most claimants whose 2**n coalitions are all looked at.
MOST_EXACT = 16
#: Claimants times circles: enough orders for a small error, few enough for a rule that is called again and again.
ARRIVALS = 2**15
#: So many circles there are at least, however many claimants.
FEWEST_CIRCLES = 8
SEED = 1982


def random_arrival(estate: float, claims: Floats) -> Floats:
    """Return what claimants get on average when they come in random order; exact to 16 of them.

    Arguments, awards and errors are those of every claims rule, see `abate.strategies.claims`.
    """
    estate = check_estate(estate, claims)
    awards = _exact(estate, claims) if len(claims) <= MOST_EXACT else _sampled(estate, claims)
    return np.clip(awards, 0.0, claims)


def _exact(estate: float, claims: Floats) -> Floats:
    # the coalition without S has the complementary mask, which stands at the same place from the end
    return shapley(np.maximum(0.0, estate - subset_sums(claims)[::-1]))


def _sampled(estate: float, claims: Floats) -> Floats:
    """Return the average over the circles; in ascending order, so that it does not matter who stands where."""
    ascending, place, equals = np.unique(claims, return_inverse=True, return_counts=True)
    members = np.repeat(np.arange(len(ascending)), equals)
    ranked = ascending[members]
    forward = _around(estate, ranked)
    # what one gets in an order, and what one loses in the reverse order from the rest of the claims, is the same
    backward = ranked - _around(float(ranked.sum()) - estate, ranked)
    awards = np.bincount(members, (forward + backward) / 2) / equals
    return np.asarray(awards[place], dtype=np.float64)


def _around(estate: float, claims: Floats) -> Floats:
    """Return the average award over all circles and over everybody coming first in each."""
    count = len(claims)
    circles = _circles(count)
    points = np.zeros((len(circles), count + 1))
    np.cumsum(claims[circles], axis=1, out=points[:, 1:])
    # how many have come first up to a point, integrated from the start of the circle to that point
    first = np.zeros_like(points)
    np.cumsum(np.diff(points) * np.arange(1, count + 1), axis=1, out=first[:, 1:])
    covered = first - _first_before(points - estate, points, first)
    awards = np.bincount(circles.ravel(), np.diff(covered).ravel(), count)
    return np.asarray(awards / circles.size, dtype=np.float64)


def _first_before(at: Floats, points: Floats, first: Floats) -> Floats:
    """Return the integral `first` at other places of each circle, which may lie up to one round before its start."""
    count = points.shape[1] - 1
    whole = points[:, -1:]
    round_before = at < 0
    place = at + round_before * whole
    # every circle on a stretch of its own, so that one search finds the places of all
    stretch = 2.0 * whole * np.arange(len(points))[:, None]
    found = np.searchsorted((points + stretch).ravel(), (place + stretch).ravel(), "right").reshape(points.shape)
    last = np.clip(found - 1 - (count + 1) * np.arange(len(points))[:, None], 0, count - 1)
    integral = np.take_along_axis(first, last, 1) + (place - np.take_along_axis(points, last, 1)) * (last + 1)
    # one round before, everybody has come first once less
    return np.asarray(integral - round_before * (first[:, -1:] + count * at), dtype=np.float64)


@lru_cache(maxsize=8)
def _circles(count: int) -> NDArray[np.int64]:
    """Return the order of the claimants in each circle, shape (circles, claimants)."""
    random = np.random.default_rng(SEED)
    circles = max(FEWEST_CIRCLES, -(-ARRIVALS // count))
    return random.permuted(np.tile(np.arange(count), (circles, 1)), axis=1)
