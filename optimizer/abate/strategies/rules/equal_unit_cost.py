"""Equal cost per unit removed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from abate.strategies.filling import Family
from abate.strategies.parties import Parties
from abate.strategies.rules.costs import SAME, Corners, by_equal_cost


def equal_unit_cost(parties: Parties) -> Family:
    """Ask for removals that cost everybody the same per unit: C(z) / z = k (TSD scheme 7)."""
    corners = Corners.of(parties, "equal-unit-cost")
    averages = corners.averages
    first = averages[:, 0]

    def before(price: float) -> NDArray[np.float64]:
        return np.where(first >= price * (1 - SAME), 0.0, corners.at_average_cost(price))

    finite = averages[np.isfinite(averages)]
    return by_equal_cost(parties, corners.at_average_cost, before, np.unique(first[np.isfinite(first)]), finite.max())
