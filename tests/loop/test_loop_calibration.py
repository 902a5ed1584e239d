"""Forecasts against what came of them: Murphy's parts by hand, calibrated and overconfident forecasts told apart."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from abate.loop.calibration import score, settle, spread_factor


def forecasts(probability, held, years_ahead=0.5, error=0.0, sd=1.0):
    count = len(probability)
    return pd.DataFrame(
        {
            "target": [f"t{i}" for i in range(count)],
            "made": "2026-12-31",
            "year": 2027,
            "years_ahead": years_ahead,
            "expected": 0.0,
            "sd": sd,
            "probability": probability,
            "outcome": error,
            "held": np.asarray(held, dtype=bool),
        }
    )


def test_murphys_parts_by_hand():
    """Ten forecasts of 0.85 of which 8 held, ten of 0.25 of which 1 held: 9 of 20 in all.

    Brier = (8 x 0.15^2 + 2 x 0.85^2 + 1 x 0.75^2 + 9 x 0.25^2) / 20 = 0.1375;
    reliability = (0.05^2 + 0.15^2) / 2 = 0.0125; resolution = (0.35^2 + 0.35^2) / 2 = 0.1225;
    uncertainty = 0.45 x 0.55 = 0.2475.
    Source of the split: Murphy, Journal of Applied Meteorology 12 (1973) 595-600.
    """
    found = score(forecasts([0.85] * 10 + [0.25] * 10, [1] * 8 + [0] * 2 + [1] + [0] * 9))
    assert found.brier == pytest.approx(0.1375)
    parts = (found.reliability, found.resolution, found.uncertainty, found.within)
    assert parts == pytest.approx((0.0125, 0.1225, 0.2475, 0.0), abs=1e-12)
    assert found.reliability_table["forecasts"].tolist() == [10, 10]
    assert found.reliability_table["stated"].tolist() == pytest.approx([0.25, 0.85])
    assert found.reliability_table["seen"].tolist() == [0.1, 0.8]


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40))
def test_the_parts_add_up(rows):
    probability, held = zip(*rows, strict=True)
    found = score(forecasts(list(probability), list(held)))
    assert found.brier == pytest.approx(np.mean((np.array(probability) - np.array(held)) ** 2))
    assert found.reliability - found.resolution + found.uncertainty + found.within == pytest.approx(found.brier)
    assert found.reliability_table["forecasts"].sum() == len(rows)


@pytest.mark.parametrize(("claimed", "factor"), [(1.0, 1.0), (0.5, 2.0), (2.0, 0.5)])
def test_the_factor_tells_how_much_too_sure_forecasts_were(claimed, factor):
    """Values are truly normal with deviation 1 about the forecast; the forecasts claim another deviation."""
    rng = np.random.default_rng(8)
    error, room = rng.standard_normal(2000), rng.normal(0.0, 1.5, 2000)
    table = forecasts(stats.norm.cdf(room / claimed), error <= room, error=error, sd=claimed)
    found = score(table)
    assert found.factor(0.7) == pytest.approx(factor, rel=0.05)
    assert found.factor(3.0) == 1.0  # nothing is known of that horizon
    if claimed == 1.0:
        assert found.reliability < 0.003
    else:
        assert found.reliability > 0.005
    # what the factor is for: with it, the same forecasts are calibrated
    mended = score(table.assign(probability=stats.norm.cdf(room / (claimed * found.factor(0.7)))))
    assert mended.reliability < 0.003


def test_a_few_forecasts_do_not_swing_the_factor():
    """Held back by five that were just right: one error of 3 deviations gives sqrt((5 + 9) / 6) = 1.53, not 3."""
    assert spread_factor(np.array([3.0])) == pytest.approx(np.sqrt(14 / 6))
    assert spread_factor(np.zeros(0)) == 1.0


def test_horizons_have_factors_of_their_own():
    near = forecasts([0.9] * 50, [1] * 50, years_ahead=0.5, error=1.0)
    far = forecasts([0.9] * 50, [0] * 50, years_ahead=4.5, error=3.0)
    found = score(pd.concat([near, far]))
    assert found.horizons["years_ahead"].tolist() == [1.0, 8.0]
    assert found.factor(0.9) == pytest.approx(1.0)
    assert found.factor(6.0) == pytest.approx(np.sqrt((5 + 50 * 9) / 55))
    assert found.horizons["brier"].tolist() == pytest.approx([0.01, 0.81])


def test_forecasts_without_a_probability_and_certain_ones_are_no_trouble():
    found = score(forecasts([np.nan, 1.0], [1, 1], sd=[1.0, 0.0]))
    assert (found.forecasts, found.brier, found.factor(0.5)) == (1, 0.0, 1.0)
    assert np.isnan(score(forecasts([], [])).brier)


def test_settling_takes_the_year_and_leaves_the_later_ones():
    made = forecasts([0.8, 0.3, 0.6], [0, 0, 0]).drop(columns=["outcome", "held"]).assign(year=[2027, 2027, 2030])
    attainment = pd.DataFrame(
        {"target": ["t0", "t1", "t2"], "expected": [4.0, 5.0, 6.0], "probability": [0.9, 0.2, 0.5]}
    )
    settled, still_open = settle(made, attainment, 2027)
    assert settled[["target", "outcome", "held"]].values.tolist() == [["t0", 4.0, True], ["t1", 5.0, False]]
    assert still_open["target"].tolist() == ["t2"]
    assert len(settle(made, attainment, 2031)[1]) == 0
