"""Measured against modelled: parts add up exactly, and what was planted is named."""

from dataclasses import replace

import loop_case as made
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abate.loop.attribution import LOAD_PARTS, QUALITY_PARTS, Attributing
from abate.loop.belief import start
from abate.loop.expectation import expect
from abate.loop.measured import averages_of, situation_over
from abate.loop.prior import Prior
from abate.loop.shapley_parts import product_parts

CASE, PROBLEM = made.make_case()
ONES = np.ones(3)


def attributed(before, after, periods, planned=ONES):
    expected = expect(PROBLEM, after, situation_over(PROBLEM, periods, made.EXTENTS))
    averages = averages_of(PROBLEM, periods, expected, after.prior)
    return Attributing(PROBLEM, made.EXTENTS, before, after, planned).attribute(CASE, averages)


def adds_up(found):
    for table, names in ((found.quality, QUALITY_PARTS), (found.load, LOAD_PARTS)):
        parts = table[list(names)].sum(axis=1).to_numpy()
        assert parts == pytest.approx((table["measured"] - table["modelled"]).to_numpy(), abs=1e-12, rel=1e-12)


# --- the split of a product

factors = st.lists(st.tuples(st.floats(0.1, 10), st.floats(0.1, 10)), min_size=1, max_size=5)


@given(factors)
def test_parts_of_a_product_add_up_and_do_not_depend_on_the_order(pairs):
    before, after = ([np.array([one]) for one in column] for column in zip(*pairs, strict=True))
    parts = product_parts(before, after)
    assert sum(parts)[0] == pytest.approx(np.prod(after) - np.prod(before), rel=1e-9, abs=1e-9)
    mirrored = product_parts(before[::-1], after[::-1])[::-1]
    assert np.ravel(parts) == pytest.approx(np.ravel(mirrored), rel=1e-9, abs=1e-9)


def test_a_factor_that_stays_has_no_part_and_two_alike_share():
    """2 x 3 x 5 -> 4 x 6 x 5: 120 - 30 = 90, both doubled: 45 each. For 2 x 3 -> 4 x 5: 2 (3+5)/2 and 2 (2+4)/2."""
    two, three, five = (np.array([one]) for one in (2.0, 3.0, 5.0))
    assert np.ravel(product_parts([two, three, five], [2 * two, 2 * three, five])) == pytest.approx([45.0, 45.0, 0.0])
    assert np.ravel(product_parts([two, three], [2 * two, five])).tolist() == [8.0, 6.0]


# --- set beliefs: parts by hand


def month(**results):
    return made.months(PROBLEM, 1, **results)


def test_as_planned_there_is_nothing_to_split():
    before = start(PROBLEM, Prior())
    load = made.loads()
    found = attributed(before, before, month(quality=made.quality(load), load=load))
    adds_up(found)
    assert found.quality["modelled"].tolist() == pytest.approx(made.quality(load).tolist(), abs=1e-6)
    assert found.load["modelled"].tolist() == pytest.approx([50.0, 36.0, 32.0], rel=1e-3)
    for table, names in ((found.quality, QUALITY_PARTS), (found.load, LOAD_PARTS)):
        assert np.abs(table[list(names)].to_numpy()).max() < 1e-3


def test_an_under_delivery_is_split_by_place_and_measure():
    """The town's plant at 0.7 of its effectiveness: 0.3 x 50 = 15 t more, 0.15 mg/L in the lake and 0.03 in the bay."""
    before = start(PROBLEM, Prior())
    after = made.set_theta(before, own=(0, -0.3))
    load = made.loads(np.array([0.7, 1, 1, 1, 1, 1]))
    found = attributed(before, after, month(quality=made.quality(load), load=load))
    adds_up(found)
    assert found.quality["delivery"].tolist() == pytest.approx([0.15, 0.03], rel=1e-3)
    assert found.load["delivery"].tolist() == pytest.approx([15.0, 0.0, 0.0], rel=1e-3, abs=1e-9)
    assert found.quality["largest"].tolist() == ["delivery", "delivery"]
    causes = found.causes[found.causes["amount"].abs() > 1e-9]
    assert causes[["receptor", "pollutant", "source", "measure"]].values.tolist() == [
        ["lake", "", "town", "plant"],
        ["bay", "", "town", "plant"],
        ["", "P", "town", "plant"],
    ]
    assert causes["amount"].tolist() == pytest.approx([0.15, 0.03, 15.0], rel=1e-3)


def test_time_out_of_operation_is_under_delivery_too():
    """The mill's measures at 80 %: 0.2 x (0.6 x 0.5 + 0.5 x 0.2) x 60 = 4.8 t more, three quarters by the plant."""
    before = start(PROBLEM, Prior())
    operation = np.array([np.nan, 0.8, np.nan])
    load = made.loads(operation=np.array([1, 0.8, 1]))
    found = attributed(before, before, month(quality=made.quality(load), load=load, operation=operation))
    adds_up(found)
    assert found.load["delivery"].tolist() == pytest.approx([0.0, 4.8, 0.0], rel=1e-3, abs=1e-9)
    of_mill = found.causes[(found.causes["pollutant"] == "P") & (found.causes["source"] == "mill")]
    assert dict(zip(of_mill["measure"], of_mill["amount"], strict=True)) == pytest.approx(
        {"plant": 3.6, "filter": 1.2}, rel=1e-3
    )


def test_activity_background_transfer_load_level_and_reports_each_have_their_part():
    before = start(PROBLEM, Prior())
    load = made.loads()
    # activity of the farm at 1.5: 16 t more, 0.08 and 0.48 mg/L
    busy = np.array([1.0, 1.0, 1.5])
    found = attributed(before, before, month(quality=made.quality(load * busy), load=load * busy, activity=busy))
    assert found.quality["activity"].tolist() == pytest.approx([0.08, 0.48], rel=1e-3)
    # which the plan had expected: then there is nothing to explain
    found = attributed(before, before, month(quality=made.quality(load * busy), activity=busy), planned=busy)
    assert np.abs(found.quality["activity"]).max() == 0.0
    # background of the bay 10 % up: 0.08
    after = made.set_theta(before, background=(1, np.log(1.1)))
    found = attributed(before, after, month(quality=made.quality(load, background=np.array([1, 1.1]))))
    assert found.quality["background"].tolist() == pytest.approx([0.0, 0.08])
    # transfer to the lake 10 % up: 0.1 x (0.5 + 0.72 + 0.16)
    after = made.set_theta(before, receptor=(0, np.log(1.1)))
    found = attributed(before, after, month(quality=made.quality(load, transfer=np.array([[1.1], [1.0]]))))
    assert found.quality["transfer"].tolist() == pytest.approx([0.138, 0.0], rel=1e-3)
    # the mill's load 20 % above the inventory: 7.2 t
    after = made.set_theta(before, growth=(1, np.log(1.2)))
    found = attributed(before, after, month(load=load * np.array([1, 1.2, 1])))
    assert found.load["load_level"].tolist() == pytest.approx([0.0, 7.2, 0.0], rel=1e-3)
    # reports of the town 25 % too high: 12.5 t that are not there
    after = made.set_theta(before, report=(0, np.log(1.25)))
    found = attributed(before, after, month(load=load * np.array([1.25, 1, 1])))
    assert found.load["report"].tolist() == pytest.approx([12.5, 0.0, 0.0], rel=1e-3)
    assert found.load["largest"].tolist()[0] == "report"


@pytest.mark.parametrize("seed", range(5))
def test_parts_add_up_whatever_is_believed(seed):
    rng = np.random.default_rng(seed)
    before = start(PROBLEM, Prior(effectiveness=0.9, weather=0.1))
    before = replace(before, mean=0.2 * rng.standard_normal(len(before.mean)))
    after = replace(before, mean=0.5 * rng.standard_normal(len(before.mean)))  # loads near nothing among them
    shape = {"quality": (4, 2), "load": (4, 3), "activity": (4, 3), "operation": (4, 3)}
    results = {name: rng.uniform(0.3, 1.0, size) for name, size in shape.items()}
    results["quality"][0, 1] = results["load"][2, 0] = np.nan
    found = attributed(before, after, made.months(PROBLEM, 4, **results), planned=rng.uniform(0.5, 1.5, 3))
    adds_up(found)
    by_place = found.causes[found.causes["receptor"] != ""].groupby("receptor", sort=False)["amount"].sum()
    assert by_place.tolist() == pytest.approx(found.quality["delivery"].tolist(), abs=1e-12)


def test_activity_counts_while_quality_was_measured():
    """The lake is sampled only in the second of two months, when the farm is twice as busy: 32 t more, 0.16 mg/L."""
    before = start(PROBLEM, Prior())
    busy = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 2.0]])
    found_quality = np.array([[np.nan, 3.0], [2.0, 3.0]])
    found = attributed(before, before, made.months(PROBLEM, 2, first="2026-07", quality=found_quality, activity=busy))
    # the bay over both months of 31 days: half of 32 x 0.03
    assert found.quality["activity"].tolist() == pytest.approx([0.16, 0.48], rel=1e-3)


def test_a_result_below_its_limit_counts_as_what_may_lie_below_it():
    """With median 1 and noise 0.15 against a limit of 1, the mean below it is 1.0113 x Phi(-0.15) / Phi(0) = 0.8907."""
    prior = Prior(quality_noise=0.15)
    before = start(PROBLEM, prior)
    expected = expect(PROBLEM, before, situation_over(PROBLEM, month(), made.EXTENTS))
    limit = expected.quality[0]
    periods = month(quality=np.array([limit, np.nan]), nondetect=np.array([True, False]))
    averages = averages_of(PROBLEM, periods, expected, prior)
    assert averages.quality[0] == pytest.approx(0.8908 * limit, rel=2e-4)
    assert np.isnan(averages.quality[1])


def test_what_all_receptors_have_in_common_is_weather_where_there_is_any():
    load = made.loads()
    wet = made.quality(load) * np.array([[1.3], [1.0], [1.0]])
    found = {}
    for weather in (0.0, 0.5):
        before = start(PROBLEM, Prior(weather=weather, quality_noise=0.05))
        found[weather] = attributed(before, before, made.months(PROBLEM, 3, first="2026-06", quality=wet))
        adds_up(found[weather])
    assert (found[0.0].quality["weather"] == 0.0).all()
    # a third of the time 30 % more, drawn to 0 by 0.25 / (0.25 + 0.0025 / 2) in logarithms
    assert found[0.5].quality["weather"].to_numpy() == pytest.approx(0.1 * made.quality(load), rel=0.03)


# --- learnt beliefs: what was planted is found


def test_a_planted_under_delivery_is_learnt_and_named():
    """Two years of monthly results while the town's plant removes 60 % of what it should."""
    prior = Prior(load_sd=0.03, report_sd=0.03, receptor_sd=0.03, source_sd=0.03, pair_sd=0.03, background_sd=0.05)
    rng = np.random.default_rng(6)
    load = made.loads(np.array([0.6, 1, 1, 1, 1, 1]))
    noise = {"load": 0.05, "quality": 0.05}
    results = {
        "load": load * np.exp(noise["load"] * rng.standard_normal((24, 3))),
        "quality": made.quality(load) * np.exp(noise["quality"] * rng.standard_normal((24, 2))),
    }
    periods = made.months(PROBLEM, 24, **results)
    before, after, _ = made.learnt(PROBLEM, replace(prior, load_noise=0.05, quality_noise=0.05), periods)
    found = attributed(before, after, periods)
    adds_up(found)
    lake = found.quality.iloc[0]
    assert lake["largest"] == "delivery"
    assert lake["delivery"] == pytest.approx(0.2, abs=0.08)  # 0.4 x 50 t x 0.01
    worst = found.causes.sort_values("amount", ascending=False).drop_duplicates(["receptor", "pollutant"])
    assert set(zip(worst["source"], worst["measure"], strict=True)) >= {("town", "plant")}
    assert worst.loc[worst["pollutant"] == "P"].iloc[0][["source", "measure"]].tolist() == ["town", "plant"]
    # a prior that holds reports for honest does not blame them
    assert abs(found.load["report"].iloc[0]) < 0.3 * found.load["delivery"].iloc[0]
