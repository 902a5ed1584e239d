"""Scenarios of what is not known exactly: errors of transfer coefficients and backgrounds, drawn once and for all.

The draw stands by itself, so that the model and the certificate, which share nothing else, judge a plan in the same
scenarios. Coefficients are counted in the order of (receptor, parameter, load).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Scenarios that are drawn, and the seed.
SCENARIOS = 50
SEED = 0
#: Standard deviation of a coefficient over the coefficient where the case gives none.
RELATIVE_SD = 0.2
#: Share of the scenarios that does not count as their tail, unless another is asked for.
TAIL_SHARE = 0.9


def draw_errors(qualities: int, coefficients: int) -> tuple[Floats, Floats]:
    """Return errors of backgrounds (scenarios x qualities) and coefficients (scenarios x coefficients).

    They are independent and standard normal: a scenario adds to each figure its error times the standard deviation.
    """
    rng = np.random.default_rng(SEED)
    return rng.standard_normal((SCENARIOS, qualities)), rng.standard_normal((SCENARIOS, coefficients))
