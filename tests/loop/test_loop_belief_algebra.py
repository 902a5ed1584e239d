"""Products and factors against NumPy's own."""

from __future__ import annotations

import numpy as np
import pytest

from abate.loop.algebra import inverse, lower_factor, product, times


@pytest.mark.parametrize("size", [1, 5, 32, 33, 100, 257])
def test_factors_and_inverses(size):
    root = np.random.default_rng(size).normal(size=(size, size))
    matrix = root @ root.T + size * np.eye(size)
    np.testing.assert_allclose(lower_factor(matrix), np.linalg.cholesky(matrix), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(inverse(matrix), np.linalg.inv(matrix), rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize(
    "shape", [(3, 4, 5), (500, 300, 70), (1, 1000, 1000), (1000, 1, 1000), (0, 3, 4), (3, 0, 4), (10, 300_000, 2)]
)
def test_products(shape):
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=shape[:2]), rng.normal(size=shape[1:])
    np.testing.assert_allclose(product(left, right), left @ right, rtol=1e-9, atol=1e-9)
    if shape[2]:
        np.testing.assert_allclose(times(left, right[:, 0]), left @ right[:, 0], rtol=1e-9, atol=1e-9)
