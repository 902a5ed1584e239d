"""Rules by halves: one rule up to half of each claim, another one above it."""

from __future__ import annotations

from abate.strategies.claims.estate import Floats, Rule, check_estate


def by_halves(first: Rule, second: Rule, estate: float, claims: Floats) -> Floats:
    r"""Return awards by one rule up to half of the claims, and by a second rule above.

    .. math:: x = R_1(E, d/2) \;\text{ if } E \le \textstyle\sum_i d_i / 2, \quad
        x = d/2 + R_2\left(E - \textstyle\sum_i d_i / 2, \; d/2\right) \;\text{ otherwise}

    Parameters
    ----------
    first, second : the rules below and above half of the claims.
    estate : E, in the unit of the claims.
    claims : d, shape (claimants,).

    Raises
    ------
    InputError
        Where the estate and the claims are no claims problem, see `check_estate`.
    """
    estate = check_estate(estate, claims)
    half = claims / 2
    rest = estate - float(half.sum())
    return first(estate, half) if rest <= 0 else half + second(rest, half)
