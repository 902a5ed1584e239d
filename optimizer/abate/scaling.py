"""How a model is scaled before a solver sees it, and which numbers it is never shown.

Every column is divided by the size of its bounds and every row by its largest coefficient, both as powers of two.
The solver then sees shares instead of tonnes or nanograms, and its absolute tolerances mean the same in every unit.
"""

from __future__ import annotations

import logging

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from abate.errors import SolverError
from abate_models.compile import CompiledModel

Floats = NDArray[np.float64]

#: What HiGHS takes for infinite.
INFINITE = 1e20
#: Coefficients below this share of the largest of their row cannot be seen by the solver.
SMALLEST_COEFFICIENT = 1e-12
#: A row whose size is known is scaled to this size, and by no more than this beyond the scale of its coefficients.
SHARPNESS, MOST_SHARPENED = 16.0, 2.0**14

logger = logging.getLogger(__name__)


def column_scale(compiled: CompiledModel) -> Floats:
    """Return the size of each column's bounds as a power of two; 1 where it is whole, unbounded or nothing."""
    lower, upper = compiled.column_lower, compiled.column_upper
    size = np.maximum(np.where(np.isfinite(lower), np.abs(lower), 0), np.abs(upper))
    size[~np.isfinite(size) | (size == 0) | compiled.integer] = 1.0
    return _power_of_two(size)


def row_scale(matrix: sparse.csr_array, columns: Floats) -> Floats:
    """Return one over the largest scaled coefficient of each row, as a power of two."""
    largest = np.zeros(matrix.shape[0])
    filled = np.flatnonzero(np.diff(matrix.indptr))
    if len(filled):
        scaled = np.abs(matrix.data)
        scaled *= columns[matrix.indices]
        largest[filled] = np.maximum.reduceat(scaled, matrix.indptr[filled])
    largest[largest == 0] = 1.0
    return 1.0 / _power_of_two(largest)


def sharper(scale: Floats, sizes: Floats) -> Floats:
    """Return scales of rows that make the solver's tolerance a small share of given sizes, where these are not tiny.

    Parameters
    ----------
    scale : by the largest coefficient of each row.
    sizes : above 0, what a violation of each row is a share of.
    """
    return np.clip(SHARPNESS / _power_of_two(sizes), scale, MOST_SHARPENED * scale)


def _power_of_two(size: Floats) -> Floats:
    return np.asarray(np.exp2(np.round(np.log2(size))))


def typical(cost: Floats) -> float:
    """Return the geometric mean of the costs' sizes as a power of two."""
    sizes = np.abs(cost[cost != 0])
    return float(np.exp2(np.round(np.log2(sizes).mean()))) if len(sizes) else 1.0


def refuse_unusable(compiled: CompiledModel) -> None:
    """Refuse what HiGHS would take in silence: a NaN drops its row or stays, 1e20 and more is taken for infinite."""
    numbers = (
        *(compiled.matrix.data, compiled.cost, compiled.row_lower, compiled.row_upper),
        *(compiled.column_lower, compiled.column_upper),
    )
    if any(np.isnan(values).any() for values in numbers):
        raise SolverError("the model has a coefficient or bound that is not a number")
    if any((np.isfinite(values) & (np.abs(values) >= INFINITE)).any() for values in numbers):
        raise SolverError(f"the model has numbers of {INFINITE:.0e} and more; check the units of the case's tables")


def warn_of_small(data: Floats, compiled: CompiledModel) -> None:
    """Warn of scaled coefficients, row by row of the model, that the solver drops."""
    small = np.flatnonzero((np.abs(data) < SMALLEST_COEFFICIENT) & (data != 0))
    if not len(small):
        return
    rows = np.unique(np.searchsorted(compiled.matrix.indptr, small, side="right") - 1)
    logger.warning(
        "%d coefficients are below 1e-12 of the largest of their row and cannot be seen by the solver, in %s",
        len(small),
        ", ".join(sorted({compiled.row_component(int(row)) for row in rows})),
    )
