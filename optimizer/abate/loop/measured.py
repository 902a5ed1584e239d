r"""Means of what was measured over several periods, with the activity and operation of just the time it was measured.

A result counts by the length of its period. At a place k with results in the periods P_k,

.. math::

    \bar y_k = \frac{\sum_{p \in P_k} d_p \, y_{kp}}{\sum_{p \in P_k} d_p} , \qquad
    \bar A_{ki} = \frac{\sum d_p A_{ip}}{\sum d_p} , \qquad
    \bar o_{ki} = \frac{\sum d_p A_{ip} o_{ip}}{\sum d_p A_{ip}}

with d the days, A activity and o operation of the source of load i, so that the mean load is A (L0 - o R e x) with
these means. A result below the detection limit c counts with what is to be expected of it: the mean of a lognormal that
is cut off at c, its median the mean of what was believed. Source of the last: Tobin, Econometrica 26 (1958) 24-36.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from abate.loop.expectation import Expected
from abate.loop.periods import Period
from abate.loop.prior import Prior
from abate.loop.response import Situation
from abate_models.problem import Problem

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Averages:
    """Means over periods; NaN where nothing was measured.

    Attributes
    ----------
    quality, quality_years : (qualities,), mean in its unit, and years of results.
    activity, operation : (qualities x loads), of the time in which each quality was measured.
    weather : (qualities,), part of the mean that comes from what all results of a period had in common.
    load, load_years : (loads,), mean of reports, load per year, and years of reports.
    load_activity, load_operation : (loads,), of the time in which each was reported.
    """

    quality: Floats
    quality_years: Floats
    activity: Floats
    operation: Floats
    weather: Floats
    load: Floats
    load_years: Floats
    load_activity: Floats
    load_operation: Floats


def situation_over(problem: Problem, periods: Sequence[Period], extents: Floats) -> Situation:
    """Return activity and operation over all periods, each by its length; 1 where they were not observed."""
    years = np.array([period.years for period in periods])
    activity, running = _drivers(problem, periods)
    mean = years @ activity / years.sum()
    return Situation(extents, mean, _ratio(years @ running / years.sum(), mean, 1.0))


def averages_of(problem: Problem, periods: Sequence[Period], expected: Expected, prior: Prior) -> Averages:
    """Return the means of what was measured in some periods.

    Parameters
    ----------
    expected : of the same time, for results below the detection limit.
    prior : says how far single results scatter, likewise.
    """
    years = np.array([period.years for period in periods])
    activity, running = _drivers(problem, periods)
    found, below, found_load, below_load = (
        np.array([getattr(period, name) for period in periods])
        for name in ("quality", "nondetect", "load", "load_nondetect")
    )
    quality = _without_limits(found, below, expected.quality, prior.quality_noise)
    load = _without_limits(found_load, below_load, expected.load, prior.load_noise)
    seen, seen_load = (np.where(np.isnan(one), 0.0, years[:, None]).T for one in (quality, load))
    of_quality, of_load = (_ratio(one, one.sum(axis=1, keepdims=True), 0.0) for one in (seen, seen_load))
    mean_activity, own_activity = of_quality @ activity, (of_load * activity.T).sum(axis=1)
    return Averages(
        quality=_mean(of_quality, quality),
        quality_years=seen.sum(axis=1),
        activity=mean_activity,
        operation=_ratio(of_quality @ running, mean_activity, 1.0),
        weather=(of_quality @ np.expm1(_in_common(quality, expected.quality, prior))) * expected.quality,
        load=_mean(of_load, load),
        load_years=seen_load.sum(axis=1),
        load_activity=own_activity,
        load_operation=_ratio((of_load * running.T).sum(axis=1), own_activity, 1.0),
    )


def _in_common(quality: Floats, expected: Floats, prior: Prior) -> Floats:
    """Return by how much all results of a period lie above what was expected, in logarithms (periods,).

    The mean of n logarithms, drawn to 0 by w^2 / (w^2 + s^2 / n) with w the weather and s the noise of the prior.
    """
    known = (quality > 0) & (expected > 0)
    away = np.where(known, np.log(np.where(known, quality, 1.0)) - np.log(np.where(expected > 0, expected, 1.0)), 0.0)
    count = np.maximum(known.sum(axis=1), 1)
    drawn = prior.weather**2 / (prior.weather**2 + prior.quality_noise**2 / count)
    return np.asarray(drawn * away.sum(axis=1) / count)


def _drivers(problem: Problem, periods: Sequence[Period]) -> tuple[Floats, Floats]:
    """Return activity, and activity times operation, of each load (periods, loads)."""
    source = problem.loads.source
    activity, operation = (
        np.array([np.where(np.isnan(one), 1.0, one)[source] for one in column])
        for column in zip(*((period.activity, period.operation) for period in periods), strict=True)
    )
    return activity, activity * operation


def _without_limits(value: Floats, below: Mask, expected: Floats, noise: float) -> Floats:
    """Return results (periods, places) with the mean of what may lie below it in the place of a detection limit.

    A limit of zero says nothing.
    """
    rows, places = np.nonzero(below & (value > 0) & (expected > 0))
    filled = np.where(below, np.where(value > 0, np.minimum(value, expected), np.nan), value)
    filled[rows, places] = _cut_off_mean(expected[places], noise, value[rows, places])
    return filled


def _cut_off_mean(median: Floats, sd: float, limit: Floats) -> Floats:
    """Return the mean of a lognormal with a median and a log standard deviation, given that it is below a limit."""
    reach = (np.log(limit) - np.log(median)) / sd
    part = stats.norm.logcdf(reach - sd) - stats.norm.logcdf(reach)
    return np.minimum(median * np.exp(sd**2 / 2 + part), limit)


def _mean(weights: Floats, values: Floats) -> Floats:
    """Return the weighted mean of each place, NaN where it has no weight; weights (places, periods)."""
    mean = (weights * np.nan_to_num(values).T).sum(axis=1)
    return np.where(weights.any(axis=1), mean, np.nan)


def _ratio(part: Floats, whole: Floats, otherwise: float) -> Floats:
    """Return part / whole, and something else where the whole is nothing."""
    return np.divide(part, whole, out=np.full_like(part, otherwise), where=whole != 0)
