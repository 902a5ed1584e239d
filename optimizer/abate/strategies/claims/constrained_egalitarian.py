r"""Constrained egalitarian: equal awards up to half of the claims, the awards themselves as equal as can be above.

.. math:: x = \mathrm{CEA}(E, d/2) \;\text{ if } E \le \textstyle\sum_i d_i / 2, \quad
    x_i = \max(d_i/2, \min(d_i, \lambda)), \; \textstyle\sum_i x_i = E \;\text{ otherwise}

Source: Y. Chun, J. Schummer and W. Thomson (2001), Constrained egalitarianism: a new solution for claims problems,
Seoul Journal of Economics 14, 269-297.
"""

from __future__ import annotations

from abate.strategies.claims.equal_awards import equal_awards
from abate.strategies.claims.estate import Floats
from abate.strategies.claims.halves import by_halves
from abate.strategies.claims.level import fill_to_level


def constrained_egalitarian(estate: float, claims: Floats) -> Floats:
    """Return awards that are equal below half of the claims, and raise the smallest award first above.

    Arguments, awards and errors are those of every claims rule, see `abate.strategies.claims`.
    """
    return by_halves(equal_awards, _above_half, estate, claims)


def _above_half(rest: float, half: Floats) -> Floats:
    """Return what everybody gets above the half when the smallest awards are raised first."""
    return fill_to_level(rest + float(half.sum()), half, 2 * half) - half
