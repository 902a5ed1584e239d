"""Rows that a compiled model is given afterwards: objectives to be bounded, a limit on the cost, cuts."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from abate_models.compile import CompiledModel

Floats = NDArray[np.float64]


def with_rows(
    compiled: CompiledModel,
    name: str,
    keys: Sequence[Hashable],
    matrix: Floats | sparse.csr_array,
    upper: Floats | float = np.inf,
    lower: Floats | float = -np.inf,
) -> CompiledModel:
    """Return the model with more rows below its own, lower <= matrix @ x <= upper.

    Parameters
    ----------
    name, keys : of the component, to which the rows are added where the model has it already, and of its new members.
    matrix : (keys x columns).
    upper, lower : (keys), or one for all; infinite for rows that are to be bounded later.
    """
    height, count = len(compiled.row_upper), len(keys)
    known = compiled.rows.get(name, np.zeros(0, dtype=np.int64))
    return replace(
        compiled,
        matrix=sparse.csr_array(sparse.vstack([compiled.matrix, sparse.csr_array(matrix)], format="csr")),
        row_lower=np.append(compiled.row_lower, np.broadcast_to(lower, count)),
        row_upper=np.append(compiled.row_upper, np.broadcast_to(upper, count)),
        rows={**compiled.rows, name: np.append(known, height + np.arange(count))},
        keys={**compiled.keys, name: [*compiled.keys.get(name, ()), *keys]},
    )
