r"""Activity: how much of what makes the loads there is, as it was observed and as it is to be expected.

A load without measures is its baseline times the activity of its source. Where the activity of a period was not
observed, the growth that the case gives is taken,

.. math:: A_y = (1 + \gamma)^{y - y_0}

with gamma the growth per year, the mean of the source's loads, y the year and y0 the first year: that of the horizon,
or the first that was monitored. From the last year that was observed on, activity grows from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from abate.loop.periods import Period
from abate_data.case import Case
from abate_models.problem import Problem

Floats = NDArray[np.float64]


def first_year(case: Case, periods: Sequence[Period]) -> int | None:
    """Return the year in which activity is 1; None where nothing was monitored and no horizon is given."""
    if case.settings.horizon:
        return case.settings.horizon.start
    return int(periods[0].start[:4]) if periods else None


def source_growth(problem: Problem) -> Floats:
    """Return the growth of each source (sources,), a share per year."""
    count = np.bincount(problem.loads.source, minlength=len(problem.sources))
    total = np.bincount(problem.loads.source, problem.loads.growth, len(problem.sources))
    return np.asarray(total / np.maximum(count, 1))


def with_activity(problem: Problem, periods: Sequence[Period], since: int | None) -> list[Period]:
    """Return the periods with an activity for every source, the expected one where none was observed."""
    growth = source_growth(problem)
    filled = []
    for period in periods:
        years = int(period.start[:4]) - (since if since is not None else int(period.start[:4]))
        usual = (1.0 + growth) ** years
        activity = np.where(np.isnan(period.activity), usual, period.activity)
        filled.append(replace(period, activity=activity))
    return filled


def activity_of(problem: Problem, periods: Sequence[Period], year: int) -> Floats:
    """Return the activity that is expected of a year (sources,), from that of the last year that was monitored.

    Parameters
    ----------
    periods : in order of time, with an activity for every source (`with_activity`).
    """
    last = [period for period in periods if period.start[:4] == periods[-1].start[:4]] if periods else []
    if not last:
        return np.ones(len(problem.sources))
    weights = np.array([period.years for period in last])
    observed = weights @ np.array([period.activity for period in last]) / weights.sum()
    return np.asarray(observed * (1.0 + source_growth(problem)) ** (year - int(last[-1].start[:4])))
