r"""Adjusted proportional: what nobody else claims first, then proportional to what is left of the claims.

.. math:: x_i = m_i + E' \, d'_i / \sum_k d'_k, \qquad m_i = \max\left(0, E - \textstyle\sum_{k \ne i} d_k\right), \quad
    E' = E - \textstyle\sum_k m_k, \quad d'_i = \min(d_i - m_i, E')

Cutting the claims to E' is part of the rule. It is the tau value of the game v(S) = max(0, E - d(N without S)).
Source: I. Curiel, M. Maschler and S. Tijs (1987), Bankruptcy games, Zeitschrift fur Operations Research 31, A143-A159.
"""

from __future__ import annotations

import numpy as np

from abate.strategies.claims.estate import Floats, check_estate


def adjusted_proportional(estate: float, claims: Floats) -> Floats:
    """Return the minimal rights, and the rest in proportion to the claims that remain.

    Arguments, awards and errors are those of every claims rule, see `abate.strategies.claims`.
    """
    estate = check_estate(estate, claims)
    loss = float(claims.sum()) - estate
    # E less the claims of all others is one's own claim less the loss of all
    rights = np.maximum(0.0, claims - loss)
    rest = max(0.0, estate - float(rights.sum()))
    remaining = np.minimum(claims - rights, rest)
    total = float(remaining.sum())
    return np.minimum(claims, rights + remaining * (rest / total)) if total > 0 else rights
