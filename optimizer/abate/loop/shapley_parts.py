r"""A change of a product, split fairly over its factors.

For a product of n factors that all change, the part of factor m is the mean of what its change does over all orders in
which the factors may change:

.. math::

    \phi_m = (b_m - a_m) \sum_{S \subseteq N \setminus m} \frac{|S|! \, (n - |S| - 1)!}{n!}
        \prod_{s \in S} b_s \prod_{s \notin S,\, s \ne m} a_s

The parts add up to the change exactly, a factor that does not change has none, and the order in which factors are named
does not matter. Source: Shapley, Contributions to the Theory of Games II (1953) 307-317; as a decomposition:
Shorrocks, Journal of Economic Inequality 11 (2013) 99-126.
"""

from __future__ import annotations

from itertools import combinations
from math import factorial

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def leverage(before: list[Floats], after: list[Floats], member: int) -> Floats:
    """Return by what the change of one factor is multiplied to give its part of the change of the product.

    Parameters
    ----------
    before, after : the factors, arrays of one shape.
    member : position of the factor.
    """
    count = len(before)
    others = [one for one in range(count) if one != member]
    total = np.zeros_like(before[member])
    for size in range(count):
        weight = factorial(size) * factorial(count - size - 1) / factorial(count)
        for changed in combinations(others, size):
            product = np.full_like(total, weight)
            for one in others:
                product = product * (after[one] if one in changed else before[one])
            total += product
    return total


def product_parts(before: list[Floats], after: list[Floats]) -> list[Floats]:
    """Return the part of each factor in the change of their product; the parts add up to it.

    >>> before, after = [np.array([2.0]), np.array([3.0])], [np.array([4.0]), np.array([5.0])]
    >>> [part.tolist() for part in product_parts(before, after)]
    [[8.0], [6.0]]
    """
    return [(after[one] - before[one]) * leverage(before, after, one) for one in range(len(before))]
