r"""Constrained equal awards (CEA): everybody gets the same, but nobody more than the claim.

.. math:: x_i = \min(d_i, \lambda), \qquad \sum_i x_i = E

Max-min fair sharing is the same rule. Source: Maimonides; W. Thomson (2003), Axiomatic and game-theoretic analysis of
bankruptcy and taxation problems: a survey, Mathematical Social Sciences 45, 249-297.
"""

from __future__ import annotations

import numpy as np

from abate.strategies.claims.estate import Floats, check_estate
from abate.strategies.claims.level import fill_to_level


def equal_awards(estate: float, claims: Floats) -> Floats:
    """Return awards that are equal as far as the claims allow; exact, by one sort.

    Arguments, awards and errors are those of every claims rule, see `abate.strategies.claims`.
    """
    estate = check_estate(estate, claims)
    return fill_to_level(estate, np.zeros_like(claims), claims)
