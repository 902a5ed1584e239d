"""Rows that a compiled model is given afterwards: objectives to be bounded, a limit on the cost."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from abate_models.compile import CompiledModel

Floats = NDArray[np.float64]


def with_rows(
    compiled: CompiledModel, name: str, keys: Sequence[Hashable], matrix: Floats, upper: Floats | float = np.inf
) -> CompiledModel:
    """Return the model with one more component of rows below its own, matrix @ x <= upper.

    Parameters
    ----------
    name, keys : of the component, which the model does not have yet, and of its members.
    matrix : (keys x columns).
    upper : (keys), or one for all; infinite for rows that are to be bounded later.
    """
    height, count = len(compiled.row_upper), len(keys)
    rows = sparse.csr_array(matrix)
    return replace(
        compiled,
        matrix=sparse.csr_array(sparse.vstack([compiled.matrix, rows], format="csr")),
        row_lower=np.append(compiled.row_lower, np.full(count, -np.inf)),
        row_upper=np.append(compiled.row_upper, np.broadcast_to(upper, count)),
        rows={**compiled.rows, name: height + np.arange(count)},
        keys={**compiled.keys, name: list(keys)},
    )
