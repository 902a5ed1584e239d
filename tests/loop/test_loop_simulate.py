"""Simulated monitoring histories: their truth is the one that was stated, and the door of a case lets them in."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import abate
from abate import InputError
from abate.loop.simulate import StatedTruth, simulate_history
from abate_data.observations import clean_observations

QUIET = {"activity_noise": 0.0, "load_noise": 0.0, "quality_noise": 0.0}


@pytest.fixture(scope="module")
def echo() -> abate.Case:
    return abate.load("echo-reservoir")


@pytest.fixture(scope="module")
def echo_plan(echo) -> abate.Plan:
    return abate.decompose(echo)


@pytest.fixture(scope="module")
def europe() -> abate.Case:
    return abate.load("europe-air")


@pytest.fixture(scope="module")
def europe_plan(europe) -> abate.Plan:
    return abate.decompose(europe)


def loads_of(history: pd.DataFrame, source: str, pollutant: str = "P") -> np.ndarray:
    rows = (history["kind"] == "load") & (history["source"] == source) & (history["pollutant"] == pollutant)
    return history.loc[rows, "value"].to_numpy()


def test_without_noise_a_history_is_the_plan(echo, echo_plan):
    history = simulate_history(echo, echo_plan, range(2026, 2028), 1, StatedTruth(**QUIET))
    for row in echo_plan.allocation.itertuples():
        assert loads_of(history, row.source) == pytest.approx(np.full(24, row.allowed))
    assert (history.loc[history["kind"] == "activity", "value"] == 1).all()
    assert set(history["kind"]) == {"activity", "load"}


def test_months_are_calendar_months(echo, echo_plan):
    history = simulate_history(echo, echo_plan, [2028], 1)
    spans = history[["period_start", "period_end"]].drop_duplicates()
    assert spans["period_start"].tolist() == [f"2028-{month:02d}-01" for month in range(1, 13)]
    days = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    assert spans["period_end"].tolist() == [f"2028-{month:02d}-{day}" for month, day in enumerate(days, start=1)]
    assert len(history) == 12 * (9 + 9)


def test_effectiveness_growth_and_bias_by_hand(echo, echo_plan):
    truth = StatedTruth(
        effectiveness={"nutrient-management": 0.5},
        growth={"chalk-creek/grazing": 0.1},
        bias={"weber-above/manure": 0.8},
        **QUIET,
    )
    history = simulate_history(echo, echo_plan, range(2026, 2029), 1, truth)
    # weber-above/manure: 3560 kg/yr, of which nutrient management, the only measure there, is to remove 2848
    assert loads_of(history, "weber-above/manure") == pytest.approx(np.full(36, 0.8 * (3560 - 0.5 * 2848)))
    # chalk-creek/grazing: 3535 kg/yr less 353.5, growing by a tenth a year
    assert loads_of(history, "chalk-creek/grazing") == pytest.approx(3181.5 * 1.1 ** (np.arange(36) / 12))
    assert loads_of(history, "weber-above/runoff") == pytest.approx(np.full(36, 12165.3))


def test_growth_of_the_case_counts_where_the_truth_says_nothing():
    case = abate.load(
        {
            "case": {"name": "growing", "units": {"load": "kg/yr"}},
            "sources": pd.DataFrame({"source": ["a", "b"]}),
            "loads": pd.DataFrame({"source": ["a", "b"], "pollutant": "P", "load": 100.0, "growth": [0.2, 0.2]}),
            "targets": pd.DataFrame({"target": ["cap"], "kind": "load", "limit": 1000.0}),
        }
    )
    history = simulate_history(case, None, [2026, 2027], 1, StatedTruth(growth={"b": 0.0}, **QUIET))
    assert loads_of(history, "a")[12] == pytest.approx(120.0)
    assert loads_of(history, "b")[12] == pytest.approx(100.0)


def test_no_load_falls_below_its_floor(echo, echo_plan):
    truth = StatedTruth(effectiveness={"nutrient-management": 5.0}, **QUIET)
    history = simulate_history(echo, echo_plan, [2026], 1, truth)
    assert (loads_of(history, "weber-above/manure") == 0).all()


def test_a_plan_may_start_later(echo, echo_plan):
    history = simulate_history(echo, echo_plan, range(2024, 2028), 1, StatedTruth(**QUIET), in_force_from=2026)
    found = loads_of(history, "weber-above/manure")
    assert found == pytest.approx([3560.0] * 24 + [712.0] * 24)
    nothing = simulate_history(echo, None, range(2024, 2026), 1, StatedTruth(**QUIET))
    assert loads_of(nothing, "weber-above/manure") == pytest.approx(found[:24])


def test_quality_is_background_and_transfer(europe, europe_plan):
    history = simulate_history(europe, europe_plan, [2026], 3, StatedTruth(**QUIET))
    # the certificate's own value of each quality target, of which every receptor has one
    asked = europe["targets"].set_index("target")["receptor"].astype(object)
    for row in europe_plan.attainment.itertuples():
        if row.kind == "quality":
            found = history[(history["kind"] == "quality") & (history["receptor"] == asked[row.target])]
            assert found["value"].tolist() == pytest.approx([row.after] * 12)


def test_noise_has_the_size_that_was_stated_and_bias_is_none_of_it(europe):
    truth = StatedTruth(activity_noise=0.0, load_noise=0.2, quality_noise=0.05)
    years = range(2026, 2036)
    noisy, still = (simulate_history(europe, None, years, 5, one) for one in (truth, StatedTruth(**QUIET)))
    for kind, size in (("load", 0.2), ("quality", 0.05)):
        rows = noisy["kind"] == kind
        departure = np.log(noisy.loc[rows, "value"] / still.loc[rows, "value"])
        # 2520 results or more: four standard errors
        assert departure.std() == pytest.approx(size, rel=4 / np.sqrt(2 * 2520))
        assert departure.mean() == pytest.approx(0, abs=4 * size / np.sqrt(2520))


def test_the_same_seed_gives_the_same_and_more_years_change_nothing_before(europe, europe_plan):
    first, again, other = (simulate_history(europe, europe_plan, [2026, 2027], seed) for seed in (7, 7, 8))
    pd.testing.assert_frame_equal(first, again)
    assert not first["value"].equals(other["value"])
    longer = simulate_history(europe, europe_plan, range(2026, 2030), 7)
    pd.testing.assert_frame_equal(first, longer.head(len(first)))


@pytest.mark.parametrize("name", ["echo", "europe"])
def test_the_door_of_the_case_lets_it_in(name, request):
    case, plan = request.getfixturevalue(name), request.getfixturevalue(f"{name}_plan")
    history = simulate_history(case, plan, [2026, 2027], 11)
    cleaned = clean_observations(case, history)
    assert len(cleaned.table) == len(history)
    assert not len(cleaned.flags)


def test_what_a_truth_cannot_be_is_refused(echo):
    truth = StatedTruth(
        effectiveness={"nutrient-managment": 0.5, "cover-crops": -1.0},
        growth={"chalk-creek/grazing": -1.5},
        bias={"nowhere": 1.0},
        load_noise=-0.1,
        quality_noise=float("nan"),
    )
    with pytest.raises(InputError) as refused:
        simulate_history(echo, None, [2026, 2028], 1, truth)
    said = str(refused.value)
    assert "did you mean 'nutrient-management'" in said
    for word in ("cover-crops", "'nowhere'", "'-1.5'", "load_noise", "quality_noise", "no span of years"):
        assert word in said
    assert len(refused.value.findings) == 7
    with pytest.raises(InputError, match="no span of years"):
        simulate_history(echo, None, [], 1)
