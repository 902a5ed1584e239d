"""The arrays of the proof, and the few things that are done to them everywhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from abate_data.case import Case

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: A row is judged against its limit and its terms, but at least against this share of its terms at the
#: baseline (of everything at its full extent, for money): no number is worth more digits than the data.
SMALLEST_SHARE = 1e-3
#: So small is nothing: keeps 0/0 from being asked.
_NOTHING = float(np.finfo(np.float64).tiny)


def relative(violation: Floats, *sizes: Floats) -> Floats:
    """Return violations over the largest of their sizes; 0 where a row holds, infinite for NaN."""
    size = np.maximum.reduce([np.abs(size) for size in sizes])
    # the violation of a row without size is infinite, and so it is meant
    with np.errstate(over="ignore", invalid="ignore"):
        share = np.maximum(violation, 0.0) / np.maximum(size, _NOTHING)
    return np.where(np.isnan(share), np.inf, share)


def totals(place: Codes, weights: Floats, count: int) -> Floats:
    """Return the sums of the weights at each of `count` places, shape (count,)."""
    return np.asarray(np.bincount(place, weights, count), dtype=np.float64)


def match(left: Codes, right: Codes) -> tuple[Codes, Codes]:
    """Return every pair of positions at which left and right hold the same code."""
    order = np.argsort(right, kind="stable")
    first, last = np.searchsorted(right[order], left, "left"), np.searchsorted(right[order], left, "right")
    count = last - first
    position = np.repeat(np.arange(len(left)), count)
    rank = np.arange(len(position)) - np.repeat(np.cumsum(count) - count, count)
    return position, order[np.repeat(first, count) + rank]


def spread(case: Case, table: str, column: str, count: int, blank: float = np.nan) -> Floats:
    """Return a number column by the code of the table's first id, `blank` where the table has no row."""
    values = np.full(count, blank)
    values[case.codes(table, str(case.tables[table].columns[0]))] = case.values(table, column)
    return values
