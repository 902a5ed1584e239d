r"""Proportional: everybody gets the same share of the claim.

.. math:: x_i = E \, d_i / \sum_k d_k

Source: Aristotle, Nicomachean Ethics V; W. Thomson (2003), Axiomatic and game-theoretic analysis of bankruptcy and
taxation problems: a survey, Mathematical Social Sciences 45, 249-297.
"""

from __future__ import annotations

import numpy as np

from abate.strategies.claims.estate import Floats, check_estate


def proportional(estate: float, claims: Floats) -> Floats:
    """Return awards in proportion to the claims.

    Arguments, awards and errors are those of every claims rule, see `abate.strategies.claims`.
    """
    estate = check_estate(estate, claims)
    total = float(claims.sum())
    return claims * (estate / total) if total > 0 else np.zeros_like(claims)
