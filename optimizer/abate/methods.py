"""Which method of HiGHS suits a model: measured rules, by size and density.

The numbers behind them are those of `python -m benchmarks speed`.
"""

from __future__ import annotations

import numpy as np

from abate_models.compile import CompiledModel

#: The first solve of an LP uses interior point from so many columns on ...
INTERIOR_POINT_COLUMNS = 2_000
#: ... where less than this share of its matrix is not zero.
INTERIOR_POINT_DENSITY = 5e-4
#: Presolve is run where at least this share of rows and columns can be taken out at sight.
PRESOLVE_SHARE = 0.01
#: A MILP is presolved from so many columns on.
MILP_PRESOLVE_COLUMNS = 2_000


def choose_method(compiled: CompiledModel) -> str:
    """Return the HiGHS method for the first solve of a model.

    The work of interior point grows with the coefficients, that of simplex with rows times columns. So the sparser a
    large model is, the more interior point gains; on dense ones it loses. A MILP is left to HiGHS.
    """
    if compiled.integer.any():
        return "choose"
    rows, columns = compiled.matrix.shape
    sparse_enough = compiled.matrix.nnz < INTERIOR_POINT_DENSITY * rows * columns
    return "ipx" if sparse_enough and columns >= INTERIOR_POINT_COLUMNS else "simplex"


def choose_presolve(compiled: CompiledModel) -> str:
    """Return whether HiGHS should look for a smaller model before it solves.

    Where no row is a bound or ties just two columns, and no column is fixed, presolve finds next to nothing: it costs
    time and a copy of the model for about as many iterations. A small MILP goes without: presolve of HiGHS 1.15.1 can
    lose the optimum of models with yes-or-no decisions and call another point optimal (HiGHS issues 3094, 3173; a case
    of ours stands in the tests).
    """
    if compiled.integer.any():
        return "off" if len(compiled.cost) < MILP_PRESOLVE_COLUMNS else "choose"
    short = np.count_nonzero(np.diff(compiled.matrix.indptr) <= 2)
    fixed = np.count_nonzero(compiled.column_lower == compiled.column_upper)
    return "off" if short + fixed < PRESOLVE_SHARE * sum(compiled.matrix.shape) else "choose"
