"""The parts of a year: which months a season covers, and how many days these have.

A year has 365 days here as everywhere (`abate_data.units`), so February has 28.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Days of each month, January first; they add up to `abate_data.units.DAYS_PER_YEAR`.
DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.int64)
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def covered(first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return (seasons x 12) which months each season covers; from November to February it runs over New Year.

    Parameters
    ----------
    first, last : (seasons,) first and last month, 1 to 12.

    Examples
    --------
    >>> covered(np.array([11]), np.array([2]))[0].nonzero()[0] + 1
    array([ 1,  2, 11, 12])
    """
    since_first = (np.arange(1, 13) - first[:, None]) % 12
    return np.asarray(since_first <= ((last - first) % 12)[:, None])
