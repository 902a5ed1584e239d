r"""Reverse Talmud: equal losses up to half of the claims, equal awards above.

.. math:: x = \mathrm{CEL}(E, d/2) \;\text{ if } E \le \textstyle\sum_i d_i / 2, \quad
    x = d/2 + \mathrm{CEA}\left(E - \textstyle\sum_i d_i / 2, \; d/2\right) \;\text{ otherwise}

Source: Y. Chun, J. Schummer and W. Thomson (2001), Constrained egalitarianism: a new solution for claims problems,
Seoul Journal of Economics 14, 269-297.
"""

from __future__ import annotations

from abate.strategies.claims.equal_awards import equal_awards
from abate.strategies.claims.equal_losses import equal_losses
from abate.strategies.claims.estate import Floats
from abate.strategies.claims.halves import by_halves


def reverse_talmud(estate: float, claims: Floats) -> Floats:
    """Return awards that leave equal losses below half of the claims, and are equal above.

    Arguments, awards and errors are those of every claims rule, see `abate.strategies.claims`.
    """
    return by_halves(equal_losses, equal_awards, estate, claims)
