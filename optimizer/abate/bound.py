"""A proved bound on the objective of an LP, from prices alone.

Whatever the prices y of the rows are, no point that keeps every row and bound can have a lower objective than

    offset + sum over rows of (y+ x lower - y- x upper) + sum over columns of the least of d x over the column's bounds,

with y+ and y- the positive and negative part of y and d = c - A' y the reduced cost (weak duality; e.g. Vanderbei,
Linear Programming, ch. 5). If that equals the plan's objective, the plan is optimal, and no trust in the solver is
needed to say so.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from abate_models.compile import CompiledModel

Floats = NDArray[np.float64]


def proved_bound(compiled: CompiledModel, prices: Floats) -> float:
    """Return a lower bound of the objective, in its unit; -inf where the prices prove nothing.

    Parameters
    ----------
    prices : per row, shape (rows,); change of the objective per unit of the row's bound.
    """
    prices = np.where(_open_side(prices, compiled), 0.0, prices)
    reduced = compiled.cost - compiled.matrix.T @ prices
    bounds = np.where(reduced > 0, compiled.column_lower, compiled.column_upper)
    # a reduced cost that is only rounding says nothing about a column without a bound
    unbounded = np.flatnonzero(~np.isfinite(bounds))
    terms = np.abs(compiled.cost[unbounded]) + abs(compiled.matrix[:, unbounded]).T @ np.abs(prices)
    reduced[unbounded[np.abs(reduced[unbounded]) <= 1e-9 * terms]] = 0.0
    bounds = np.where(reduced != 0, bounds, 0.0)
    rows = np.where(prices > 0, compiled.row_lower, compiled.row_upper)
    rows = np.where(prices != 0, rows, 0.0)
    return float(compiled.offset + prices @ rows + reduced @ bounds)


def _open_side(prices: Floats, compiled: CompiledModel) -> NDArray[np.bool_]:
    """Where a price leans on a side of its row that has no bound, which can only be rounding."""
    return np.where(prices > 0, ~np.isfinite(compiled.row_lower), ~np.isfinite(compiled.row_upper))
