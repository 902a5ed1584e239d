"""Targets as charts see them: values as shares of the limit, 100 % being the limit and more than that a miss.

Of an upper limit C a value v stands at v / C. Of a lower limit, which is kept from above, it stands at C / v, so that
there, too, more than 100 % is a miss; margins and reserves are shares in the same way. A limit of 0, or a value on the
other side of 0 than its limit, has no such share.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.plan import Plan
from abate.tables import BINDING_SHARE
from abate_data.case import Case

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def lower_limits(case: Case) -> Mask:
    """Return which targets are lower limits, in the order of the table."""
    return np.asarray(case["targets"]["sense"].astype(str) == "at_least")


def judged(plan: Plan) -> pd.DataFrame:
    """Return the attainment of a plan with `low` (a lower limit), `allowed` and `attained_before`."""
    table = plan.attainment.copy()
    low = lower_limits(plan.case)
    sign = np.where(low, -1.0, 1.0)
    allowed = (table["limit"] - sign * (table["margin"] + table["reserve"])).to_numpy(dtype=np.float64)
    return table.assign(low=low, allowed=allowed, attained_before=keeps(table["before"].to_numpy(), allowed, low))


def keeps(value: Floats, allowed: Floats, low: Mask) -> Mask:
    """Return which values (..., targets) keep what is allowed (targets,), but for rounding."""
    room = np.where(low, value - allowed, allowed - value)
    return np.asarray(room >= -BINDING_SHARE * np.maximum(np.abs(allowed), np.abs(value)))


def share_of_limit(value: Floats, limit: Floats, low: Mask) -> Floats:
    """Return values in percent of their limits, above 100 where they miss them; NaN where there is no such share."""
    value, limit = np.broadcast_arrays(np.asarray(value, dtype=np.float64), np.asarray(limit, dtype=np.float64))
    over, under = np.where(low, limit, value), np.where(low, value, limit)
    known = (limit > 0) & ((value > 0) | (~low & (value == 0)))
    return np.asarray(100.0 * np.divide(over, under, out=np.full(over.shape, np.nan), where=known & (under != 0)))
