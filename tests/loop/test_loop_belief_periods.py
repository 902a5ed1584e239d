"""From a table of observations to periods, and what a belief refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from belief_worlds import month, river_case

import abate
from abate.errors import InputError
from abate.loop.belief import start, update
from abate.loop.periods import blank_period, periods_of, years_between
from abate.loop.prior import Prior
from abate_models.problem import read_problem

COLUMNS = ("period_start", "period_end", "kind", "receptor", "source", "parameter", "pollutant", "value")


@pytest.fixture(scope="module")
def problem():
    return read_problem(river_case(2, 2, 1))


def table(*rows, **columns):
    return pd.DataFrame(list(rows), columns=list(COLUMNS)).assign(**columns)


def test_results_of_the_same_days_make_a_period(problem):
    found = periods_of(
        table(
            ("2021-02-01", "2021-02-28", "load", "", "s1", "", "P", 50.0),
            ("2021-01-01", "2021-01-31", "quality", "k1", "", "tp", "", 2.0),
            ("2021-01-01", "2021-01-31", "load", "", "s0", "", "P", 80.0),
            ("2021-01-01", "2021-12-31", "load", "", "s0", "", "P", 90.0),
            ("2021-12-01", "2021-12-31", "quality", "k0", "", "tp", "", 3.0),
            ("2021-12-01", "2021-12-31", "quality", "elsewhere", "", "tp", "", 9.0),
            sd=[5.0, np.nan, np.nan, np.nan, np.nan, np.nan],
            qualifier=["", "<", "", "", "", ""],
        ),
        problem,
    )
    spans = [(one.start, one.end) for one in found]
    assert spans == [
        ("2021-01-01", "2021-01-31"),
        ("2021-02-01", "2021-02-28"),
        ("2021-01-01", "2021-12-31"),
        ("2021-12-01", "2021-12-31"),
    ]
    np.testing.assert_array_equal(found[0].quality, [np.nan, 2.0])
    np.testing.assert_array_equal(found[0].nondetect, [False, True])
    np.testing.assert_array_equal(found[0].load, [80.0, np.nan])
    np.testing.assert_array_equal(found[1].load_sd, [np.nan, 0.1])


def test_activity_is_taken_from_all_that_overlaps(problem):
    found = periods_of(
        table(
            ("2021-01-01", "2021-12-31", "activity", "", "s0", "", "", 1.2),
            ("2021-02-01", "2021-02-14", "operation", "", "s1", "", "", 0.0),
            ("2021-02-15", "2021-02-28", "operation", "", "s1", "", "", 1.0),
            ("2021-02-01", "2021-02-28", "load", "", "s1", "", "P", 50.0),
            ("2022-02-01", "2022-02-28", "load", "", "s1", "", "P", 50.0),
        ),
        problem,
    )
    np.testing.assert_array_equal(found[0].activity, [1.2, np.nan])
    np.testing.assert_array_equal(found[0].operation, [np.nan, 0.5])
    assert np.isnan(found[1].activity).all()


def test_the_last_revision_counts(problem):
    rows = table(
        ("2021-01-01", "2021-01-31", "load", "", "s0", "", "P", 80.0),
        ("2021-01-01", "2021-01-31", "load", "", "s0", "", "P", 60.0),
        revision=[1, 0],
    )
    assert periods_of(rows, problem)[0].load[0] == 80.0


def test_the_observations_of_a_case_can_be_read():
    case = abate.load("tampa-bay")
    problem = read_problem(case)
    found = periods_of(case["observations"], problem)
    assert len(found) >= 10
    belief = start(problem, Prior.of(case))
    for period in found[:2]:
        belief, residuals = update(belief, problem, period, np.zeros(0))
    assert belief.until == found[1].end
    assert np.isfinite(belief.mean).all()
    assert len(residuals) == (~np.isnan(found[1].load) & (problem.loads.baseline > 0)).sum()


def test_a_digest_tells_results_apart(problem):
    period = month(problem, "2021-01")
    assert period.digest == month(problem, "2021-01").digest
    assert period.digest != month(problem, "2021-02").digest
    assert period.digest != replace(period, load=np.array([1.0, np.nan])).digest


def test_years_are_counted_by_days():
    assert years_between("2020-01-01", "2024-01-01") == pytest.approx(4.0, abs=1e-3)
    assert years_between("2020-12-31", "2020-12-31") == 0.0


@pytest.mark.parametrize("days", [("2021-02-01", "2021-01-31"), ("2021-02-30", "2021-03-31"), ("", "2021-03-31")])
def test_no_period(problem, days):
    with pytest.raises(InputError, match="is no period"):
        blank_period(problem, *days)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("load_sd", -0.1),
        ("quality_noise", 0.0),
        ("effectiveness", 0.0),
        ("weather", float("inf")),
        ("fault_sd", np.nan),
    ],
)
def test_no_prior(column, value):
    with pytest.raises(InputError, match=f"prior, {column}"):
        Prior(**{column: value})


def test_deviations_that_the_case_gives_go_before_the_usual_ones(minimal_case_tables):
    tables = minimal_case_tables
    tables["loads"] = tables["loads"].assign(relative_sd=[0.5, None, 0.0])
    tables["transfer"] = tables["transfer"].assign(relative_sd=[None, 0.3, 0.0])
    tables["background"] = tables["background"].assign(sd=[0.005])
    case = abate.load(tables)
    table = start(read_problem(case), Prior.of(case)).parameters()
    sd = (np.log(table["upper"]) - np.log(table["lower"])) / (2 * 1.6448536)
    usual = Prior()
    assert sd[table["kind"] == "load"].tolist() == pytest.approx([0.5, usual.load_sd, 0.0])
    assert sd[table["kind"] == "transfer"].tolist() == pytest.approx([usual.transfer_sd, 0.3, 0.0])
    assert sd[table["kind"] == "background"].tolist() == pytest.approx([0.5])


def test_too_many_figures_for_one_belief(problem, monkeypatch):
    monkeypatch.setattr("abate.loop.state.MOST_NUMBERS", 10)
    with pytest.raises(InputError, match="split the case by region"):
        start(problem, Prior())


def test_arrays_of_another_length(problem):
    belief = start(problem, Prior())
    with pytest.raises(InputError, match="3 numbers of extents; give one for each of the 2 rows"):
        update(belief, problem, month(problem, "2021-01"), np.zeros(3))
