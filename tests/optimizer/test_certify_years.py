"""The proof of what ties years together: whatever is said wrongly of a plan is found, and named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import abate
from abate.certify.years import YearsClaim, verify_years
from abate.staged import schedule as module
from abate.staged.schedule import schedule

#: At the mill 0.2 of a filter stood before the first year; capital of 72 EUR over 2 years at 25 % is 50 EUR/yr.
CASE = {
    "sources": "source\nmill\ntown",
    "loads": "source pollutant load\nmill P 100\ntown P 50",
    "measures": "measure lifetime_years\nfilter 2\npond .",
    "options": """
        source measure max_extent unit_cost fixed_cost capital_cost built ramp first_year
        mill   filter  1          30        .          72           0.2   0.6  .
        town   filter  1          20        5          .            .     .    2031""",
    "removals": "source measure pollutant removal\n* filter P 0.8",
    "targets": "target kind limit year\nsoon load 110 2030\nlater load 60 2031",
}


@pytest.fixture
def case(make_case):
    return make_case(CASE, horizon={"start": 2030, "end": 2032}, discount_rate=0.25)


@pytest.fixture
def claim(case, monkeypatch):
    """What the schedule of the case says of itself."""
    seen = []
    verify = verify_years
    monkeypatch.setattr(module, "verify_years", lambda *said: seen.append(said[1]) or verify(*said))
    schedule(case)
    return seen[0]


def failing(case, claim):
    return {check.kind: check.where for check in verify_years(case, claim) if check.worst > 1e-6}


def test_the_plan_itself_holds(case, claim):
    # 2030: 40 t by half the mill's filter, 15 + 0.3 x 50; then 40 t at the town, 20 + 5, and 50 t by 0.625 of a filter
    # at the mill, 18.75 + 0.425 x 50
    assert claim.yearly_cost == pytest.approx([30, 65, 65])
    assert claim.cost == pytest.approx(30 + 65 / 1.25 + 65 / 1.5625)
    assert failing(case, claim) == {}


@pytest.mark.parametrize(
    ("field", "place", "value", "kind", "where"),
    [
        ("extent", (1, 0), 1.05, "used", "source 'mill', measure 'filter' in 2031"),
        ("capacity", (0, 0), 0.1, "standing", "source 'mill', measure 'filter' in 2030"),
        ("capacity", (2, 0), 0.6, "un-built", "source 'mill', measure 'filter' in 2032"),
        ("capacity", (0, 0), 0.9, "ramp", "source 'mill', measure 'filter' in 2030"),
        ("capacity", (0, 1), 0.1, "availability", "source 'town', measure 'filter' in 2030"),
        ("installed", (2, 1), False, "installed", "source 'town', measure 'filter' in 2032"),
        ("yearly_cost", (1,), 79.0, "yearly cost", "2031"),
        ("extent", (1, 0), np.nan, "finite", "extent of source 'mill', measure 'filter' in 2031"),
        ("yearly_cost", (1,), np.inf, "finite", "the cost"),
    ],
)
def test_what_is_wrong_is_named(case, claim, field, place, value, kind, where):
    changed = getattr(claim, field).copy()
    changed[place] = value
    assert failing(case, replace(claim, **{field: changed}))[kind] == where


def test_a_cost_that_is_not_the_sum_of_the_years(case, claim):
    assert set(failing(case, replace(claim, cost=claim.cost * 1.001))) == {"discounted cost"}
    assert set(failing(case, replace(claim, bound=claim.cost * 1.001))) == {"bound"}


def test_another_of_a_group_may_take_the_place(make_case):
    tables = {
        **CASE,
        "options": """
            source measure max_extent unit_cost fixed_cost group
            mill   filter  1          30        1          way
            mill   pond    1          10        1          way
            town   filter  1          10        1          way
            town   pond    1          10        1          way""",
        "removals": CASE["removals"] + "\n* pond P 0.5",
    }
    case = make_case(tables, price_year=2030)
    installed = np.array([[True, False, False, False], [False, True, False, False]])
    extent = installed.astype(float)
    cost = np.array([31.0, 11.0])
    claim = YearsClaim(np.array([2030.0, 2031.0]), extent, np.maximum.accumulate(extent), installed, cost, 42.0, 0.0)
    assert failing(case, claim) == {}
    # but not one at another source
    installed = np.array([[True, False, False, False], [False, False, True, False]])
    assert failing(case, replace(claim, installed=installed))["installed"] == "source 'mill', measure 'filter' in 2031"


def test_a_schedule_that_fails_is_refused(case, monkeypatch):
    verify = verify_years
    monkeypatch.setattr(module, "verify_years", lambda one, said: verify(one, replace(said, cost=said.cost * 1.01)))
    with pytest.raises(abate.SolverError, match="the check of discounted cost fails at all years by"):
        schedule(case)
