"""Ability to pay."""

from __future__ import annotations

import numpy as np

from abate.strategies.filling import Family
from abate.strategies.parties import Baseline, Parties


def ability_to_pay(parties: Parties, *, baseline: Baseline = "current") -> Family:
    r"""Ask the richer for more: x = B - w (sum of B - E), with w in proportion to (g / mean g)^(1/3) B.

    g is the gross domestic product per head; the cube root follows van den Berg et al. (2020), Implications of
    various effort-sharing approaches for national carbon budgets and emission pathways, Climatic Change 162.
    """
    start = parties.baseline(baseline, "ability-to-pay")
    product, people = (parties.attribute(name, "ability-to-pay") for name in ("gdp", "population"))
    # over the mean: the product over its sum, by the people over theirs
    relative = np.divide(parties.shares(product), parties.shares(people), out=np.zeros_like(product), where=people > 0)
    asked = np.cbrt(relative) * start
    held = parties.movable & (asked > 0)
    most = float((start[held] / asked[held]).max(initial=0.0))
    return Family(lambda level: start - (1.0 - level) * most * asked)
