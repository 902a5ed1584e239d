"""Results of one period as rows of numbers with their noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Rows:
    """What is learnt from.

    Attributes
    ----------
    value : (rows,), results, limits where `censored` (rows,).
    variance : (rows,), of each row's own noise.
    shared : (rows,), standard deviation of the noise that moves all rows together; 0 where censored.
    """

    value: Floats
    variance: Floats
    shared: Floats
    censored: Mask

    @property
    def noise(self) -> Floats:
        """Covariance of the noise (rows, rows)."""
        return np.diag(self.variance) + np.outer(self.shared, self.shared)

    def misfit(self, expected: Floats) -> float:
        """Return how far results lie from what is expected: r^T R^-1 r (Sherman and Morrison)."""
        away = (self.value - expected) / self.variance
        common = (away * self.shared).sum() ** 2 / (1.0 + (self.shared**2 / self.variance).sum())
        return float((away**2 * self.variance).sum() - common)

    def take(self, kept: Mask) -> Rows:
        """Return some of the rows."""
        return Rows(self.value[kept], self.variance[kept], self.shared[kept], self.censored[kept])
