"""Measures that cost nothing, for strategies that look at loads alone in a case that names no measures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from abate_models.options import Options
from abate_models.problem import Problem


def with_free_measures(problem: Problem, movable: NDArray[np.bool_]) -> Problem:
    """Return a problem without options as one in which each movable load can be brought to its floor at no cost."""
    loads = problem.loads
    chosen = np.flatnonzero(movable & (loads.baseline > loads.floor))
    count = len(chosen)
    none, whole = np.zeros(count), np.ones(count)
    removal = (loads.baseline - loads.floor)[chosen]
    options = Options(
        keys=[(loads.keys[row][0], f"less {loads.keys[row][1]}") for row in chosen],
        source=loads.source[chosen],
        measure=np.zeros(count, dtype=np.int64),
        upper=whole,
        most=whole,
        lower=none,
        discrete=np.zeros(count, dtype=bool),
        operating=none,
        annual_capital=none,
        fixed=none,
        built=none,
        group=np.full(count, -1),
        groups=[],
        removal=sparse.csr_array((removal, (chosen, np.arange(count))), shape=(len(loads.keys), count)),
        ramp=np.full(count, np.inf),
        first_year=np.full(count, np.nan),
        lead_time=none,
    )
    resources = replace(problem.resources, use=sparse.csr_array((len(problem.resources.keys), count)))
    return replace(problem, options=options, resources=resources)
