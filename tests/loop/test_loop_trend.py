"""The trend test holds its error rate, finds what is there, and says when it cannot tell."""

import numpy as np
import pandas as pd
import pymannkendall
import pytest

from abate.loop.trend import grid_of, seasonal_trend, trends

YEARS, SEASONS = 10, 12


def resembling(rng, count, months, correlation=0.6):
    """Series whose months resemble each other: first-order autocorrelation, standard deviation 1 (series, months)."""
    noise = rng.standard_normal((months, count))
    series = [noise[0]]
    for step in noise[1:]:
        series.append(correlation * series[-1] + np.sqrt(1 - correlation**2) * step)
    return np.array(series).T


def test_it_holds_its_error_rate_where_months_resemble_each_other():
    """Rejections at 5 % among 200 series without a trend: 5 % within 4 points; the original test a quarter or more."""
    rng = np.random.default_rng(11)
    season = np.tile(2 * np.sin(2 * np.pi * np.arange(SEASONS) / SEASONS), YEARS)
    series = resembling(rng, 200, YEARS * SEASONS)
    found = [seasonal_trend((one + season).reshape(YEARS, SEASONS)) for one in series]
    assert np.mean([one.p < 0.05 for one in found]) == pytest.approx(0.05, abs=0.04)
    assert np.mean([one.verdict != "no trend shown" for one in found]) == pytest.approx(0.05, abs=0.04)
    # the 90 % interval of the slope holds the true one, 0
    assert np.mean([one.lower <= 0 <= one.upper for one in found]) == pytest.approx(0.9, abs=0.06)
    original = [pymannkendall.original_test(one).p < 0.05 for one in series[:60]]
    assert np.mean(original) > 0.2  # the project's closed loop, section 1: 31 %


def test_it_finds_a_trend_that_is_there():
    rng = np.random.default_rng(12)
    fall = -0.2 * np.arange(YEARS * SEASONS) / SEASONS
    found = [seasonal_trend((one + fall).reshape(YEARS, SEASONS)) for one in resembling(rng, 30, YEARS * SEASONS, 0.3)]
    assert np.mean([one.verdict == "falling" for one in found]) > 0.8
    assert np.mean([one.slope for one in found]) == pytest.approx(-0.2, abs=0.03)


def test_one_season_is_the_original_test_by_hand():
    """n = 8 rising years: S = 28, variance n (n-1) (2n+5) / 18 = 65.33, z = 27 / 8.083 = 3.340, p = 0.00084."""
    found = seasonal_trend(np.arange(8.0)[:, None] ** 2)
    assert found.p == pytest.approx(0.000837, abs=2e-6)
    assert found.verdict == "rising"


def test_seasons_that_say_the_same_count_once():
    """Two equal seasons: S = 56 and variance 4 x 65.33, for the second repeats the first; z = 28 / 8.083 = 3.464."""
    year = np.arange(8.0)
    found = seasonal_trend(np.column_stack([year, year]))
    assert found.p == pytest.approx(0.000532, abs=2e-6)


def test_the_slope_is_per_year_also_across_a_gap():
    grid = np.tile(3.0 * np.arange(9.0)[:, None], (1, 4)) + np.array([0.0, 5.0, -2.0, 1.0])
    grid[4] = np.nan
    found = seasonal_trend(grid)
    assert (found.years, found.seasons) == (8, 4)
    assert (found.slope, found.lower, found.upper) == (3.0, 3.0, 3.0)


def test_the_slope_is_the_median_of_all_pairs_of_a_season():
    """Sen's slope by hand: one season 0, 1, 4, 9, 16, 25 has the 15 slopes 1 ... 9, of which the eighth is 5."""
    grid = np.arange(6.0)[:, None] ** 2
    assert seasonal_trend(grid).slope == 5.0


@pytest.mark.parametrize(
    ("grid", "words"),
    [
        (np.arange(48.0).reshape(4, 12), "too short: 4 complete years, at least 5 are needed"),
        (np.full((6, 12), 2.5), "constant"),
        (np.full((3, 12), np.nan), "too short: 0 complete years"),
    ],
)
def test_what_cannot_be_told_is_said(grid, words):
    found = seasonal_trend(grid)
    assert found.verdict.startswith(words)
    assert np.isnan(found.p)


def test_gaps_cost_as_little_as_they_can():
    grid = np.random.default_rng(0).random((10, 12))
    grid[:, 7] = np.nan  # never sampled in August
    grid[0, :3] = np.nan  # begun in April
    found = seasonal_trend(grid)
    assert (found.years, found.seasons) == (9, 11)


@pytest.mark.parametrize(("months", "seasons"), [(1, 12), (2, 6), (3, 4), (6, 2), (12, 1)])
def test_the_seasons_follow_from_the_periods(months, seasons):
    start = pd.date_range("2020-01-01", periods=6 * seasons, freq=f"{months}MS")
    end = start + pd.DateOffset(months=months) - pd.DateOffset(days=1)
    days = {"period_start": start.strftime("%Y-%m-%d"), "period_end": end.strftime("%Y-%m-%d")}
    grid = grid_of(pd.DataFrame({**days, "value": np.arange(6.0 * seasons)}))
    assert grid.tolist() == np.arange(6.0 * seasons).reshape(6, seasons).tolist()


def test_several_results_of_a_season_count_as_their_mean():
    days = {"period_start": ["2020-01-01", "2020-01-11", "2020-02-01"]}
    series = pd.DataFrame({**days, "period_end": days["period_start"], "value": [1.0, 3.0, 7.0]})
    assert grid_of(series)[0, :2].tolist() == [2.0, 7.0]


def test_the_table_has_a_row_per_receptor_and_parameter():
    start = pd.date_range("2020-01-01", periods=72, freq="MS")
    days = {
        "period_start": start.strftime("%Y-%m-%d"),
        "period_end": (start + pd.offsets.MonthEnd(0)).strftime("%Y-%m-%d"),
    }
    one = pd.DataFrame({**days, "kind": "quality", "receptor": "lake", "parameter": "tp", "value": np.arange(72.0)})
    table = trends(pd.concat([one, one.assign(receptor="bay", value=1.0), one.assign(kind="load")]), {"tp": "mg/L"})
    assert table["receptor"].tolist() == ["lake", "bay"]
    assert table["verdict"].tolist() == ["rising", "constant"]
    assert table["slope"].iloc[0] == 12.0
    assert table["percent"].iloc[0] == pytest.approx(100 * 12 / 35.5)
    assert table["unit"].tolist() == ["mg/L", "mg/L"]
    assert len(trends(one.iloc[:0], {})) == 0
