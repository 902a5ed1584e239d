"""Shares by several criteria."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from abate.errors import Finding, InputError
from abate.strategies.filling import Family, proportional
from abate.strategies.parties import Parties
from abate.strategies.weights import ahp_weights, check_weights, entropy_weights

Floats = NDArray[np.float64]
Method = Literal["given", "entropy", "ahp"]


def multi_criteria(
    parties: Parties,
    *,
    criteria: tuple[str, ...] = ("population", "gdp"),
    weights: tuple[float, ...] = (),
    method: Method = "given",
    judgements: tuple[float, ...] = (),
) -> Family:
    """Share by weighted criteria: x = E sum over k of w_k M_ik / sum of M_k.

    The weights are reported, and with judgements their consistency ratio.

    Parameters
    ----------
    criteria : attributes of sources or regions.
    weights : of the criteria, with sum 1; equal where none are given.
    method : given, entropy (what tells sources apart weighs more), or ahp (analytic hierarchy process).
    judgements : of ahp, row by row: how much criterion i outweighs criterion j.

    Raises
    ------
    InputError
        Where a criterion is missing for some, weights or judgements do not fit, or either is given and not used.
    """
    columns = [parties.attribute(name, "multi-criteria") for name in criteria]
    if not columns:
        cure = "name attributes of sources or regions"
        raise InputError([Finding("strategy", "there is nothing to share by", cure, "", "criteria")])
    shares = np.column_stack([parties.shares(column) for column in columns])
    chosen, consistency = _weights(shares[parties.movable], method, weights, judgements)
    figures = {f"weight of {name}": float(weight) for name, weight in zip(criteria, chosen, strict=True)}
    return proportional(parties, shares @ chosen, figures | consistency)


def _weights(
    shares: Floats, method: Method, weights: tuple[float, ...], judgements: tuple[float, ...]
) -> tuple[Floats, dict[str, float]]:
    count = shares.shape[1]
    for name, given, used in (("weights", weights, "given"), ("judgements", judgements, "ahp")):
        if given and method != used:
            cure = f"leave them out, or choose method={used}"
            raise InputError([Finding("strategy", f"are not used by method {method}", cure, "", name)])
    if method == "entropy":
        return entropy_weights(shares), {}
    if method == "ahp":
        if len(judgements) != count**2:
            cure = f"give {count} x {count} numbers, row by row: how much criterion i outweighs criterion j"
            raise InputError([Finding("strategy", "does not compare every pair of criteria", cure, "", "judgements")])
        chosen, ratio = ahp_weights(np.array(judgements).reshape(count, count))
        return chosen, {"consistency ratio": ratio}
    chosen = np.array(weights) if weights else np.full(count, 1.0 / count)
    check_weights(chosen, count)
    return chosen, {}
