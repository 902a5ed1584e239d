r"""What measures removed against what was planned, by measure and by source.

.. math::

    \text{planned}_{ij} = R_{ij} \, e^0_j \, x_j , \qquad \text{delivered}_{ij} = o_i \, R_{ij} \, e_j \, x_j

with R what a unit of extent removes in the case [load per year], x the extent in use, e0 the effectiveness that was
believed when the plan was made and e the one believed now, o the operation of the source's measures as observed. Both
are at the baseline load: what a source emits more or less because it is busier or idler is no matter of its measures.
The interval is that of e, to first order and never below zero where the measure removes.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from abate.loop.attainment import WIDTH
from abate.loop.effectiveness import Effectiveness
from abate.loop.response import Situation
from abate_data.case import Case
from abate_models.problem import Problem

Floats = NDArray[np.float64]

_AMOUNTS = ("planned", "delivered", "lower", "upper")


def delivery_by_measure(
    case: Case, problem: Problem, situation: Situation, before: Effectiveness, after: Effectiveness
) -> pd.DataFrame:
    """Return a row per measure in use at a source and pollutant that it acts on.

    Parameters
    ----------
    situation : extents in use and the operation that was observed.
    before, after : effectiveness as believed when the plan was made, and now.

    Returns
    -------
    Columns source, measure, pollutant, extent, operation (share), effectiveness (over what the case says), planned,
    delivered, lower, upper (90 %), share = delivered / planned.
    """
    entries = sparse.coo_array(problem.options.removal)
    load, option = (place[situation.extents[entries.coords[1]] > 0] for place in entries.coords)
    full = entries.data[situation.extents[entries.coords[1]] > 0] * situation.extents[option]
    operation = situation.operation[load]
    planned, delivered = full * before.mean[option], full * operation * after.mean[option]
    reach = WIDTH * np.abs(full) * operation * after.sd[option]
    order = np.lexsort((load, option))
    table = pd.DataFrame(
        {
            "source": [problem.options.keys[j][0] for j in option],
            "measure": [problem.options.keys[j][1] for j in option],
            "pollutant": [problem.loads.keys[i][1] for i in load],
            "extent": situation.extents[option],
            "operation": operation,
            "effectiveness": after.mean[option],
            **_with_interval(planned, delivered, reach),
        }
    )
    return _with_units(table.iloc[order].reset_index(drop=True), case)


def delivery_by_source(
    case: Case, problem: Problem, situation: Situation, before: Effectiveness, after: Effectiveness
) -> pd.DataFrame:
    """Return a row per source and pollutant with measures in use: planned, delivered, lower, upper (90 %), share.

    Parameters are those of `delivery_by_measure`. The interval counts that measures of one kind err together.
    """
    full = sparse.csr_array(problem.options.removal.multiply(situation.extents[None, :]))
    full.eliminate_zeros()
    in_use = np.flatnonzero(np.diff(full.indptr) > 0)
    weights = sparse.csr_array(full.multiply(situation.operation[:, None]))[in_use]
    planned, delivered = full[in_use] @ before.mean, weights @ after.mean
    table = pd.DataFrame(
        {
            "source": [problem.loads.keys[i][0] for i in in_use],
            "pollutant": [problem.loads.keys[i][1] for i in in_use],
            **_with_interval(planned, delivered, WIDTH * after.sum_sd(weights)),
        }
    )
    return _with_units(table, case)


def _with_interval(planned: Floats, delivered: Floats, reach: Floats) -> dict[str, Floats]:
    lower = delivered - reach
    return {
        "planned": planned,
        "delivered": delivered,
        "lower": np.where(delivered >= 0, np.maximum(lower, 0.0), lower),
        "upper": delivered + reach,
        "share": np.divide(delivered, planned, out=np.full(len(planned), np.nan), where=planned != 0),
    }


def _with_units(table: pd.DataFrame, case: Case) -> pd.DataFrame:
    table.attrs["units"] = dict.fromkeys(_AMOUNTS, case.settings.units.load)
    return table
