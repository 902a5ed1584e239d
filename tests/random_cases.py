"""Small random cases for property tests, and ways to write a case down, change it and plan it again."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

import abate
from abate import Case

#: Multiplies the examples of every property test: `ABATE_TEST_EFFORT=20 pytest tests/laws` hunts for bugs.
EFFORT = int(os.environ.get("ABATE_TEST_EFFORT", "1"))

Tables = dict[str, Any]


def examples(count: int) -> settings:
    """So many examples, always the same ones; others at each run where more effort is asked for.

    Nothing is shrunk: the cases are small, and every attempt would cost a few solves.
    """
    return settings(
        max_examples=count * EFFORT,
        derandomize=EFFORT == 1,
        deadline=None,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        report_multiple_bugs=False,
        suppress_health_check=(HealthCheck.too_slow,),
    )


def shapes(
    kinds: Sequence[str] = ("air", "river", "mixed"),
    fixed_cost_shares: Sequence[float] = (0.0,),
    tightness: tuple[float, float] = (0.2, 0.9),
    infeasible: str = "",
) -> st.SearchStrategy[dict[str, Any]]:
    """Arguments of `synthetic_case` for a few sources, technologies and receptors."""
    return st.fixed_dictionaries(
        {
            "kind": st.sampled_from(kinds),
            "sources": st.integers(1, 6),
            "technologies": st.integers(1, 4),
            "receptors": st.integers(1, 3),
            "pollutants": st.integers(1, 2),
            "density": st.sampled_from([0.3, 0.6, 1.0]),
            "fixed_cost_share": st.sampled_from(fixed_cost_shares),
            "tightness": st.floats(*tightness).map(lambda share: round(share, 3)),
            "infeasible": st.just(infeasible),
            "seed": st.integers(0, 10**6),
        }
    )


def written(case: Case) -> Tables:
    """The case as a planner would write it: plain frames with blanks, no more tables than it needs."""
    tables: Tables = {"case": case.settings.model_dump(exclude_defaults=True)}
    for name, table in case.tables.items():
        if len(table):
            tables[name] = pd.DataFrame({column: _plain(table[column]) for column in table.columns})
    return tables


def _plain(column: pd.Series[Any]) -> pd.Series[Any]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.astype(object).where(column.notna(), "")
    return column.replace(math.inf, math.nan) if column.dtype.kind == "f" else column


def changed(case: Case, **tables: pd.DataFrame) -> Case:
    """The case with some of its tables replaced."""
    return abate.load({**written(case), **tables})


def with_column(case: Case, table: str, column: str, values: Any) -> Case:
    """The case with one column replaced."""
    return changed(case, **{table: written(case)[table].assign(**{column: values})})


def least_cost(case: Case) -> float:
    """Cost of the engine's plan, infinity where there is none."""
    try:
        return abate.decompose(case).cost
    except abate.NoPlanError:
        return math.inf


def column_of(case: Case, table: str, column: str) -> np.ndarray:
    """A column as plain strings or numbers, blank ids as empty texts."""
    return np.asarray(_plain(case.tables[table][column]))
