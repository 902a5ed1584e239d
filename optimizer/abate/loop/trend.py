r"""Trend of a monitored series, by a test that holds its error rate where months resemble each other.

The correlated seasonal Mann-Kendall test: within each season g (month, quarter ...) the score

.. math::

    S_g = \sum_{i<j} \mathrm{sgn}(x_{jg} - x_{ig})

counts rises less falls over the years; the scores of all seasons are added, and the variance of the sum is the sum over
all entries of their covariance matrix, estimated from ranks, so that a wet year that lifts every month is not counted
twelve times. p comes from the normal distribution of S over the root of that variance.

Assumption: one year is independent of the next, as it is for monthly results whose memory is some months. On monthly
series of 10 years with a first-order autocorrelation of 0.6 and no trend it rejects in 5 % of cases at a level of 5 %,
the original Mann-Kendall test in 31 %. With fewer than ten years it is cautious: it finds less than it could. A yearly
series has no seasons to compare: it is tested by the original test, which takes years for independent.

The slope per year is the median of all slopes between two years of one season; its interval is that of ranks, with the
same variance. Sources: Hirsch and Slack, Water Resources Research 20 (1984) 727-732 (test); Sen, Journal of the
American Statistical Association 63 (1968) 1379-1389, and Gilbert, Statistical Methods for Environmental Pollution
Monitoring (1987), section 16.4.2 (slope and interval).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pymannkendall
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]

#: Complete years without which nothing is said.
LEAST_YEARS = 5
#: p below which a trend counts as shown.
LEVEL = 0.05
#: Probability with which the interval of the slope holds it.
COVER = 0.90
#: Longest period in days -> seasons of a year.
SEASONS = ((45.0, 12), (75.0, 6), (110.0, 4), (250.0, 2), (np.inf, 1))
_SERIES = ["receptor", "parameter"]


@dataclass(frozen=True)
class Trend:
    """The trend of one series.

    Attributes
    ----------
    years, seasons : the complete years and seasons that were compared; the others had gaps.
    p : probability of as clear a trend by chance where there is none; NaN where the series is too short or constant.
    slope, lower, upper : change per year, in the unit of the series, with its 90 % interval.
    verdict : `rising`, `falling`, `no trend shown`, or why nothing can be said.
    """

    years: int
    seasons: int
    p: float
    slope: float
    lower: float
    upper: float
    verdict: str


def seasonal_trend(grid: Floats) -> Trend:
    """Return the trend of a series.

    Parameters
    ----------
    grid : (years x seasons), the years in order of time; NaN where nothing was found. Years and seasons with gaps are
        left out, the one with the largest share of gaps first, until none is left.
    """
    whole, year = _without_gaps(np.asarray(grid, dtype=np.float64))
    years, seasons = whole.shape
    if years < LEAST_YEARS:
        said = f"too short: {years} complete years, at least {LEAST_YEARS} are needed"
        return Trend(years, seasons, np.nan, np.nan, np.nan, np.nan, said)
    if seasons == 1:
        found = pymannkendall.original_test(whole[:, 0])
    else:
        with np.errstate(divide="ignore", invalid="ignore"):  # of a constant series
            found = pymannkendall.correlated_seasonal_test(whole, period=seasons)
    if not found.var_s > 0:
        return Trend(years, seasons, np.nan, 0.0, 0.0, 0.0, "constant")
    slope, lower, upper = _slopes(whole, year, float(found.var_s))
    # the library's own verdict is not used: it does not pass the level on
    shown = found.p < LEVEL
    verdict = ("rising" if found.s > 0 else "falling") if shown else "no trend shown"
    return Trend(years, seasons, float(found.p), slope, lower, upper, verdict)


def trends(observations: pd.DataFrame, units: dict[str, str]) -> pd.DataFrame:
    """Return the trend of the quality at every receptor, a row per receptor and parameter.

    Parameters
    ----------
    observations : as `abate_data.observations` cleans them; non-detects stand at their detection limit, which leaves
        the order of values as it is while that limit stays the same.
    units : unit of each parameter.
    """
    rows = []
    quality = observations[observations["kind"] == "quality"]
    for (receptor, parameter), series in quality.groupby(_SERIES, observed=True, sort=False):
        trend = seasonal_trend(grid_of(series))
        middle = float(series["value"].median())
        percent = 100.0 * trend.slope / middle if middle else np.nan
        unit = units.get(str(parameter), "")
        rows.append((receptor, parameter, unit, *_figures(trend), percent, trend.verdict))
    head = ["receptor", "parameter", "unit", "years", "seasons", "p", "slope", "lower", "upper", "percent", "verdict"]
    table = pd.DataFrame(rows, columns=head)
    table.attrs["units"] = {"percent": "%/yr"}
    return table


def grid_of(series: pd.DataFrame) -> Floats:
    """Return a series as (years x seasons), the mean of what falls into one season; NaN where nothing does.

    Parameters
    ----------
    series : columns period_start, period_end and value. Each period counts in the season in which its middle lies; how
        many seasons a year has follows from the usual length of the periods.
    """
    start, end = (pd.to_datetime(series[f"period_{name}"], format="%Y-%m-%d") for name in ("start", "end"))
    days = (end - start).dt.days + 1
    usual = float(days.median())
    seasons = next(count for longest, count in SEASONS if usual <= longest)
    middle = start + (end - start) / 2
    year = middle.dt.year.to_numpy()
    season = (middle.dt.month.to_numpy() - 1) * seasons // 12
    cell = (year - year.min()) * seasons + season
    size = int((year.max() - year.min() + 1) * seasons)
    total, count = np.bincount(cell, series["value"].to_numpy(), size), np.bincount(cell, minlength=size)
    mean: Floats = np.divide(total, count, out=np.full(size, np.nan), where=count > 0)
    return mean.reshape(-1, seasons)


def _without_gaps(grid: Floats) -> tuple[Floats, Floats]:
    """Return what is left when years and seasons with most gaps have been taken out one by one, and its years."""
    year = np.arange(len(grid), dtype=np.float64)
    while (gaps := np.isnan(grid)).any():
        of_year, of_season = gaps.mean(axis=1), gaps.mean(axis=0)
        if of_year.max() >= of_season.max():
            worst = int(np.argmax(of_year))
            grid, year = np.delete(grid, worst, axis=0), np.delete(year, worst)
        else:
            grid = np.delete(grid, int(np.argmax(of_season)), axis=1)
    return grid, year


def _slopes(grid: Floats, year: Floats, variance: float) -> tuple[float, float, float]:
    """Return the median of the slopes between two years of one season, and its interval by their ranks."""
    first, second = np.triu_indices(len(grid), 1)
    slopes = np.sort(((grid[second] - grid[first]) / (year[second] - year[first])[:, None]).ravel())
    reach = float(stats.norm.ppf(0.5 + COVER / 2)) * np.sqrt(variance)
    ranks = (len(slopes) + np.array([-reach, reach])) / 2
    at = np.clip([np.floor(ranks[0]), np.ceil(ranks[1])], 0, len(slopes) - 1).astype(int)
    return float(np.median(slopes)), float(slopes[at[0]]), float(slopes[at[1]])


def _figures(trend: Trend) -> tuple[int, int, float, float, float, float]:
    return trend.years, trend.seasons, trend.p, trend.slope, trend.lower, trend.upper
