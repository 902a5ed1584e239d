r"""Talmud: equal awards up to half of the claims, equal losses above.

.. math:: x = \mathrm{CEA}(E, d/2) \;\text{ if } E \le \textstyle\sum_i d_i / 2, \quad
    x = d/2 + \mathrm{CEL}\left(E - \textstyle\sum_i d_i / 2, \; d/2\right) \;\text{ otherwise}

It is the nucleolus of the game v(S) = max(0, E - d(N without S)). Source: R. Aumann and M. Maschler (1985), Game
theoretic analysis of a bankruptcy problem from the Talmud, Journal of Economic Theory 36, 195-213.
"""

from __future__ import annotations

from abate.strategies.claims.equal_awards import equal_awards
from abate.strategies.claims.equal_losses import equal_losses
from abate.strategies.claims.estate import Floats
from abate.strategies.claims.halves import by_halves


def talmud(estate: float, claims: Floats) -> Floats:
    """Return awards that are equal below half of the claims, and leave equal losses above.

    Arguments, awards and errors are those of every claims rule, see `abate.strategies.claims`.
    """
    return by_halves(equal_awards, equal_losses, estate, claims)
