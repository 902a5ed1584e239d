"""Equal cost per unit of production."""

from __future__ import annotations

import numpy as np

from abate.strategies.filling import Family
from abate.strategies.parties import Parties
from abate.strategies.rules.costs import Corners, by_equal_cost


def equal_cost_per_output(parties: Parties) -> Family:
    """Ask for removals that cost everybody the same per unit of production: C(z) / Y = k (TSD scheme 8)."""
    corners = Corners.of(parties, "equal-cost-per-output")
    output = parties.attribute("output", "equal-cost-per-output")
    paying = output > 0
    dearest = np.where(np.isfinite(corners.cost), corners.cost, 0.0).max(axis=1)[paying] / output[paying]
    return by_equal_cost(
        parties,
        lambda price: corners.at_cost(price * output),
        lambda _: np.zeros(len(output)),
        np.zeros(1),
        float(dearest.max(initial=0.0)),
    )
