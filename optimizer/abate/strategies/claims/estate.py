"""The estate that is divided: what makes it a claims problem, and floors that every claimant keeps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from abate.errors import Finding, InputError

Floats = NDArray[np.float64]
#: (estate, claims) -> awards.
Rule = Callable[[float, Floats], Floats]

#: An estate outside [0, sum of the claims] by no more than this share of the sum is rounding, and is moved inside.
ROUNDING = 1e-9


def check_estate(estate: float, claims: Floats) -> float:
    """Return the estate, moved into [0, sum of the claims] where only rounding keeps it outside.

    Parameters
    ----------
    estate : the amount to divide, in the unit of the claims.
    claims : what each claimant asks for, shape (claimants,).

    Raises
    ------
    InputError
        Where there are no claims, a claim is no number of at least 0, or the estate is none or lies outside
        [0, sum of the claims].
    """
    _check_amounts("claim", claims)
    total = float(claims.sum())
    if not estate >= -ROUNDING * total:
        cure = "give a cap of at least 0"
        raise InputError([Finding("claims", "the cap to divide is no amount of at least 0", cure, value=f"{estate:g}")])
    if estate > total * (1.0 + ROUNDING):
        problem = f"the cap to divide is above the sum of the claims, which is {total:g}"
        cure = "lower the cap to that sum, for nobody has a claim on the rest"
        raise InputError([Finding("claims", problem, cure, value=f"{estate:g}")])
    return min(max(float(estate), 0.0), total)


def with_floors(rule: Rule, estate: float, claims: Floats, floors: Floats) -> Floats:
    r"""Return awards of at least the floors: everybody keeps the floor, and the rule divides what is left.

    .. math:: x = f + R\left(E - \sum_i f_i, \; d - f\right)

    Parameters
    ----------
    rule : divides what the floors leave.
    estate : E, the amount to divide, in the unit of the claims.
    claims : d, shape (claimants,).
    floors : f, what each claimant keeps in any case, e.g. the load that no measure removes, shape (claimants,).

    Raises
    ------
    InputError
        Where the estate and the claims are no claims problem, a floor is no number of at least 0 or above its claim,
        or the estate is below the sum of the floors.
    """
    estate = check_estate(estate, claims)
    _check_amounts("floor", floors)
    above = np.flatnonzero(floors > claims)
    if len(above):
        first = above[0]
        problem = f"the floor is above the claim, which is {claims[first]:g}{_more(above)}"
        cure = "lower the floor or raise the claim"
        raise InputError([Finding("claims", problem, cure, f"claimant {first + 1}", "floor", f"{floors[first]:g}")])
    kept = float(floors.sum())
    if estate < kept * (1.0 - ROUNDING):
        problem = f"the cap to divide is below the sum of the floors, which is {kept:g}"
        cure = f"raise the cap by at least {kept - estate:g}, or add measures that lower the floors"
        raise InputError([Finding("claims", problem, cure, value=f"{estate:g}")])
    rest = claims - floors
    return floors + rule(min(max(estate - kept, 0.0), float(rest.sum())), rest)


def _check_amounts(name: str, amounts: Floats) -> None:
    """Check that there are amounts, and that each is a number of at least 0."""
    if amounts.ndim != 1 or not len(amounts):
        raise InputError([Finding("claims", f"there is no {name}", f"give a {name} for each claimant", column=name)])
    wrong = np.flatnonzero(~((amounts >= 0) & np.isfinite(amounts)))
    if len(wrong):
        first = wrong[0]
        problem = f"the {name} is no amount of at least 0{_more(wrong)}"
        cure = f"give a {name} of at least 0"
        raise InputError([Finding("claims", problem, cure, f"claimant {first + 1}", name, f"{amounts[first]:g}")])


def _more(positions: NDArray[np.intp]) -> str:
    return f", and so it is for {len(positions) - 1} more" if len(positions) > 1 else ""
