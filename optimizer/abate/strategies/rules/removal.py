"""What the rules on percent removal have in common."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from abate.errors import Finding, InputError
from abate.strategies.filling import Family
from abate.strategies.parties import Parties

Floats = NDArray[np.float64]


def removal_in_proportion(parties: Parties, baseline: Floats, weights: Floats, most: float) -> Family:
    """Return the family x = (1 - min(r_max, k w)) B; k falls from where everybody is at r_max to nothing.

    Raises
    ------
    InputError
        Where r_max is no share.
    """
    if not 0 < most <= 1:
        raise InputError([Finding("strategy", "is not a share", "give more than 0, up to 1", "", "most", str(most))])
    weighed = parties.movable & (weights > 0)
    steepest = most / weights[weighed].min() if weighed.any() else 0.0
    return Family(lambda level: (1.0 - np.minimum(most, (1.0 - level) * steepest * weights)) * baseline)
