"""Samples against limits: the raw 10 % rule beside the binomial test and the exact interval."""

import numpy as np
import pandas as pd
import pytest

from abate.loop.compliance import compliance, exact_interval, exceedance_test
from abate_data.observations import clean_observations
from abate_data.read import load
from abate_models.problem import read_problem


def test_the_raw_rule_alarms_every_fourth_time_with_ten_samples():
    """More than 10 % of 10 samples is 2 or more: P = 1 - 0.9^10 - 10 x 0.1 x 0.9^9 = 0.2639.

    Source: Smith, Ye, Hughes and Shabman, Environmental Science & Technology 35 (2001) 606-612.
    """
    assert exceedance_test(2, 10) == pytest.approx(0.2639, abs=5e-5)
    assert exceedance_test(3, 20) == pytest.approx(0.3231, abs=5e-5)
    assert exceedance_test(0, 10) == 1.0


@pytest.mark.parametrize(
    ("samples", "exceedances"),
    [((20, 25), 5), ((26, 32), 6), ((33, 40), 7), ((41, 47), 8), ((48, 55), 9), ((56, 63), 10)],
)
def test_the_least_exceedances_are_those_of_floridas_table(samples, exceedances):
    """Source: Florida Administrative Code, Rule 62-303.420, table 3: verified list, 10 % at 90 % confidence."""
    for count in range(samples[0], samples[1] + 1):
        assert exceedance_test(exceedances, count) <= 0.1 < exceedance_test(exceedances - 1, count)


@pytest.mark.parametrize(
    ("exceedances", "samples", "interval"),
    [(0, 10, (0.0, 0.3085)), (2, 10, (0.0252, 0.5561)), (1, 20, (0.0013, 0.2487)), (10, 10, (0.6915, 1.0))],
)
def test_the_interval_is_clopper_and_pearsons(exceedances, samples, interval):
    """95 % limits as in their tables, e.g. Fleiss, Statistical Methods for Rates and Proportions."""
    assert exact_interval(exceedances, samples, 0.95) == pytest.approx(interval, abs=5e-5)


def test_the_interval_covers_at_least_what_it_says():
    samples = np.random.default_rng(2).binomial(15, 0.1, 4000)
    ends = {count: exact_interval(int(count), 15) for count in np.unique(samples)}
    assert np.mean([ends[count][0] <= 0.1 <= ends[count][1] for count in samples]) >= 0.9
    assert exact_interval(0, 0) == (0.0, 1.0)


def observed(values, qualifiers=None):
    start = pd.date_range("2026-01-01", periods=len(values), freq="MS")
    return pd.DataFrame(
        {
            "period_start": start.strftime("%Y-%m-%d"),
            "period_end": (start + pd.offsets.MonthEnd(0)).strftime("%Y-%m-%d"),
            "kind": "quality",
            "receptor": "lake",
            "parameter": "tp",
            "value": values,
            "qualifier": qualifiers if qualifiers is not None else "",
        }
    )


def judged(tables, values, qualifiers=None):
    case = load(tables)
    return compliance(read_problem(case), clean_observations(case, observed(values, qualifiers)).table)


@pytest.mark.parametrize(
    ("above", "verdict", "raw"),
    [(0, "not decided", False), (2, "not decided", False), (3, "not decided", True), (5, "exceeds too often", True)],
)
def test_the_verdict_waits_for_evidence(minimal_case_tables, above, verdict, raw):
    """Limit 0.05 in 24 samples: 3 exceed 10 % of them, but only 5 are more than chance (Florida's table)."""
    values = np.r_[np.full(above, 0.06), np.full(24 - above, 0.04)]
    row = judged(minimal_case_tables, values).iloc[0]
    assert (row["target"], row["samples"], row["exceedances"]) == ("lake-tp", 24, above)
    assert (row["verdict"], row["over_10_percent"]) == (verdict, raw)


def test_many_samples_without_exceedance_hold(minimal_case_tables):
    row = judged(minimal_case_tables, np.full(60, 0.04)).iloc[0]
    assert row["verdict"] == "holds"
    assert row["upper"] == pytest.approx(1 - 0.05 ** (1 / 60))  # the rule of three, exactly


def test_non_detects_count_where_their_limit_decides(minimal_case_tables):
    values, marks = [0.04, 0.08, 0.06, 0.01], ["<", "<", "", ""]
    row = judged(minimal_case_tables, values, marks).iloc[0]
    assert (row["samples"], row["exceedances"]) == (3, 1)  # below 0.08 may be above or below 0.05


def test_a_lower_limit_is_missed_from_below(minimal_case_tables):
    targets = minimal_case_tables["targets"]
    minimal_case_tables["targets"] = targets.assign(sense=["at_least", "", ""])
    row = judged(minimal_case_tables, [0.04, 0.08, 0.06], ["", "", "<"]).iloc[0]
    assert (row["samples"], row["exceedances"]) == (2, 1)
    row = judged(minimal_case_tables, [0.04, 0.08, 0.03], ["", "", "<"]).iloc[0]
    assert (row["samples"], row["exceedances"]) == (3, 2)


def test_a_target_without_samples_has_no_row(minimal_case_tables):
    case = load(minimal_case_tables)
    assert len(compliance(read_problem(case), case["observations"])) == 0
