"""Alarms: published run lengths, a published example, and names only where the data can name."""

import numpy as np
import pandas as pd
import pytest

from abate.loop.alarms import CAP, alarms, cusum, run_length, scores

#: Source: Montgomery, Introduction to Statistical Quality Control, table 9.3: two-sided tabular CUSUM, k = 0.5.
PUBLISHED = {
    4.0: {
        0.0: 168,
        0.25: 74.2,
        0.5: 26.6,
        0.75: 13.3,
        1.0: 8.38,
        1.5: 4.75,
        2.0: 3.34,
        2.5: 2.62,
        3.0: 2.19,
        4.0: 1.71,
    },
    5.0: {0.0: 465, 0.25: 139, 0.5: 38.0, 0.75: 17.0, 1.0: 10.4, 1.5: 5.75, 2.0: 4.01, 2.5: 3.11, 3.0: 2.57, 4.0: 2.01},
}

#: Source: Montgomery, the same, table 9.1: mean 10 and standard deviation 1, the mean moved to 11 from sample 21 on.
EXAMPLE = """9.45 7.99 9.29 11.66 12.16 10.18 8.04 11.46 9.20 10.34 9.03 11.47 10.51 9.40 10.08 9.37 10.62 10.31 8.52
10.84 10.90 9.33 12.29 11.50 10.60 11.08 10.38 11.62 11.31 10.52"""


@pytest.mark.parametrize("limit", PUBLISHED)
def test_run_lengths_are_the_published_ones(limit):
    for shift, periods in PUBLISHED[limit].items():
        assert run_length(shift, limit=limit) == pytest.approx(periods, rel=0.005), shift

    assert run_length(-1.0, limit=limit) == run_length(1.0, limit=limit)


def test_the_published_example_alarms_at_sample_29_and_dates_the_change_to_sample_23():
    values = np.array([float(value) for value in EXAMPLE.split()]) - 10.0
    assert cusum(values) == [(1, 22, 28)]  # positions from 0


def test_run_lengths_hold_in_simulation():
    """The mean of 300 runs with a shift of one deviation is 10.4 within 3 standard errors (deviation about 6.5)."""
    rng = np.random.default_rng(3)
    found = [cusum(1.0 + rng.standard_normal(200))[0][2] + 1 for _ in range(300)]
    assert np.mean(found) == pytest.approx(10.4, abs=1.2)


def test_one_wild_value_is_no_alarm():
    values = np.zeros(20)
    values[7] = 50.0
    assert cusum(values) == []
    values[8] = 50.0
    assert cusum(values) == [(1, 7, 8)]
    assert 2 * (CAP - 0.5) > 5.0 > CAP - 0.5


def test_a_change_that_goes_on_alarms_again_and_both_directions_count():
    assert [sign for sign, _, _ in cusum(np.r_[np.full(12, 2.0), np.full(12, -2.0)])] == [1, 1, 1, -1, -1, -1]
    values = np.random.default_rng(1).standard_normal(300) + 0.6
    assert [(-sign, first, last) for sign, first, last in cusum(values)] == cusum(-values)


def residuals(scores_, **row):
    """Monthly residuals as an update gives them."""
    start = pd.date_range("2026-01-01", periods=len(scores_), freq="MS")
    blank = {"source": "", "receptor": "", "pollutant": "", "parameter": ""}
    days = {
        "period_start": start.strftime("%Y-%m-%d"),
        "period_end": (start + pd.offsets.MonthEnd(0)).strftime("%Y-%m-%d"),
    }
    found = {"observed": np.exp(scores_), "expected": 1.0, "scale": "log", "sd": 1.0, "below": False}
    return pd.DataFrame({**blank, **row, **days, **found, "score": scores_})


def test_reports_name_the_source_and_quality_names_nobody():
    calm, failed = np.zeros(24), np.r_[np.zeros(12), np.full(12, 3.0)]
    table = alarms(
        pd.concat(
            [
                residuals(calm, kind="load", source="mill", pollutant="P"),
                residuals(failed, kind="load", source="town", pollutant="P"),
                residuals(-failed, kind="quality", receptor="lake", parameter="tp"),
            ]
        )
    )
    town, lake = table.drop_duplicates("kind").to_dict("records")
    assert (town["source"], town["direction"], town["since"], town["detected"]) == (
        "town",
        "higher",
        "2027-01-01",
        "2027-03-31",
    )
    assert town["periods"] == 3
    assert town["message"] == "Reports of P from town are higher than expected since 2027-01-01, found 2027-03-31."
    assert (lake["source"], lake["receptor"], lake["direction"]) == ("", "lake", "lower")
    assert "does not tell whose doing" in lake["message"]
    assert "mill" not in table["source"].tolist()
    assert table.attrs["false_alarms_expected"] == pytest.approx(72 / 465, rel=0.01)


def test_results_below_the_detection_limit_do_not_bias_the_sum():
    """Of standard normal residuals, those below 0.3 are known only to lie there: the mean stays 0."""
    z, limit = np.random.default_rng(5).standard_normal(20000), 0.3
    table = residuals(np.where(z < limit, min(limit, 0.0), z), kind="quality", receptor="lake", parameter="tp")
    table = table.assign(below=z < limit, observed=np.exp(np.where(z < limit, limit, z)))
    assert np.mean(scores(table)) == pytest.approx(0.0, abs=0.02)
    # mean of a standard normal below 0.3: - phi(0.3) / Phi(0.3) = - 0.3814 / 0.6179
    assert scores(table)[z < limit] == pytest.approx(-0.6172, abs=1e-4)


def test_no_residuals_no_alarms():
    assert len(alarms(pd.DataFrame())) == 0
