"""The measures of each source: what has to be in operation, how much of it, from when on, at what cost."""

from __future__ import annotations

import numpy as np
import pandas as pd

from abate.indicators.allowance import Allowance
from abate.indicators.course import Course


def measures(allowance: Allowance, course: Course) -> pd.DataFrame:
    """Return a row per measure in use.

    Returns
    -------
    source, measure, name, extent, unit (of the extent), built (extent that stands already), from_year (first year in
    operation; blank where no year is known), cost (per year).
    """
    case, options = allowance.case, allowance.problem.options
    used = np.flatnonzero(allowance.plan._outcome.installed)
    name = np.full(len(case.ids("options", "measure")), "", dtype=object)
    name[case.codes("measures", "measure")] = case.words("measures", "name")
    table = allowance.plan.measures.copy()
    table.insert(2, "name", name[options.measure[used]])
    table.insert(5, "built", options.built[used])
    from_year = course.working_from()[used] if course.dated else np.full(len(used), np.nan)
    is_known = bool(len(used)) and not np.isnan(from_year).any()
    table.insert(6, "from_year", from_year.astype(np.int64) if is_known else from_year)
    table.attrs["units"] = {"cost": f"{case.settings.currency}/yr"}
    return table
