r"""Constrained equal losses (CEL): everybody loses the same, but nobody more than the claim.

.. math:: x_i = \max(0, d_i - \lambda), \qquad \sum_i x_i = E

It awards losses as constrained equal awards does awards: CEL(E, d) = d - CEA(sum d - E, d). Source: Maimonides;
R. Aumann and M. Maschler (1985), Game theoretic analysis of a bankruptcy problem from the Talmud, Journal of Economic
Theory 36, 195-213.
"""

from __future__ import annotations

from abate.strategies.claims.equal_awards import equal_awards
from abate.strategies.claims.estate import Floats, check_estate


def equal_losses(estate: float, claims: Floats) -> Floats:
    """Return awards that leave equal losses as far as the claims allow; exact, by one sort.

    Arguments, awards and errors are those of every claims rule, see `abate.strategies.claims`.
    """
    estate = check_estate(estate, claims)
    return claims - equal_awards(float(claims.sum()) - estate, claims)
