"""Products and factors of matrices that come out the same to the last bit, however many threads the machine has.

A BLAS library splits a large product among its threads, and the split changes the last digits. A belief is kept in a
ledger, and computing it again must give the same bytes, on one thread in a worker as on many in a notebook. So large
products are made of blocks that are too small to be split, and factors are made row by row.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Multiplications in one block; OpenBLAS puts a product on several threads from 262144 on.
BLOCK = 200_000
#: Columns of a factor that are made one by one before all others are told of them.
PANEL = 32


def product(left: Floats, right: Floats) -> Floats:
    """Return the product of two matrices.

    >>> product(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]))
    array([[11.]])
    """
    rows, columns, inner = left.shape[0], right.shape[1], left.shape[1]
    if rows * columns * inner <= BLOCK:  # also where there is nothing to multiply
        return np.asarray(left @ right)
    side = max(int(np.sqrt(BLOCK / inner)), 1)
    height = min(side, rows)
    width = max(BLOCK // (inner * height), 1)
    total = np.empty((rows, columns))
    for row in range(0, rows, height):
        for column in range(0, columns, width):
            at = slice(row, row + height), slice(column, column + width)
            total[at] = left[at[0]] @ right[:, at[1]]
    return total


def times(matrix: Floats, vector: Floats) -> Floats:
    """Return matrix times vector."""
    return np.asarray((matrix * vector).sum(axis=1))


def lower_factor(matrix: Floats) -> Floats:
    """Return Cholesky's factor of a symmetric positive matrix: lower triangular, and its product with its transpose."""
    size = len(matrix)
    factor = np.zeros((size, size))
    for first in range(0, size, PANEL):
        last = min(first + PANEL, size)
        done = factor[first:, :first]
        panel = matrix[first:, first:last] - product(done, done[: last - first].T)
        for column in range(last - first):
            rest = panel[column:, column] - (panel[column:, :column] * panel[column, :column]).sum(axis=1)
            panel[column:, column] = rest / np.sqrt(rest[0])
        factor[first:, first:last] = np.concatenate([np.tril(panel[: last - first]), panel[last - first :]])
    return factor


def inverse(matrix: Floats) -> Floats:
    """Return the inverse of a symmetric positive matrix."""
    factor = lower_factor(matrix)
    size = len(factor)
    back = np.zeros((size, size))
    for row in range(size):
        left = -(factor[row, :row, None] * back[:row]).sum(axis=0)
        left[row] += 1.0
        back[row] = left / factor[row, row]
    return product(back.T, back)
