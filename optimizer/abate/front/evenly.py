"""So many of many, evenly spread: where not all points can be shown or used."""

from __future__ import annotations

import numpy as np

from abate.front.exact.point import Codes


def evenly(count: int, most: int) -> Codes:
    """Return so many places at most, evenly over all of them, both ends among them.

    >>> evenly(10, 4).tolist()
    [0, 3, 6, 9]
    """
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))
