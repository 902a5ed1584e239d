"""Measures of inequality and of effectiveness: published figures, a worked benchmark, laws and bad input."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from three_dischargers import ALLOCATIONS, COLUMNS, CURRENT, METRICS, K

from abate import inequality
from abate.comparison.effectiveness import (
    compliance_margin,
    deviation_from_shares,
    price_of_fairness,
    quality_gain_per_load,
    transfer_efficiency,
)
from abate.errors import InputError
from abate.inequality import (
    atkinson,
    envy,
    gini,
    gini_pairwise,
    hoover,
    jain,
    max_over_mean,
    max_over_min,
    theil_l,
    theil_t,
    variation,
)

Floats = NDArray[np.float64]
Measure = Callable[[Floats, Floats | None], float]

#: 0 where all per-unit values are equal, and greater the more they differ.
INEQUALITIES: list[Measure] = [gini, gini_pairwise, theil_t, theil_l, atkinson, hoover, variation, envy]
#: 1 where all per-unit values are equal.
RATIOS: list[Measure] = [jain, max_over_mean, max_over_min]
ALL = INEQUALITIES + RATIOS
#: Those in which a party with k times the weight and amount is the same as k parties.
BY_WEIGHT = [measure for measure in ALL if measure is not envy]


def atkinson_2(values: Floats, weights: Floats | None = None) -> float:
    return atkinson(values, weights, 2.0)


few = settings(max_examples=30, deadline=None)
amounts = st.floats(1e-3, 1e3)
parties = st.lists(st.tuples(amounts, amounts), min_size=1, max_size=12).map(lambda rows: np.array(rows).T)
several = parties.filter(lambda data: data.shape[1] > 1)
with_zeros = st.lists(st.tuples(st.one_of(st.just(0.0), amounts), amounts), min_size=1, max_size=12).map(
    lambda rows: np.array(rows).T
)

# --- published figures ---


def test_gini_of_income_fifths() -> None:
    # Source: wizedu.com/questions/80265, the Gini index of shares of equal fifths by trapezoids
    assert gini(np.array([8.1, 11.5, 20.0, 22.8, 37.6])) == pytest.approx(0.2812, abs=1e-6)


def test_atkinson_of_pysal() -> None:
    # Source: docstring of PySAL inequality 1.1.2
    values = np.array([10.0, 20.0, 30.0, 40.0, 50.0])
    assert atkinson(values, epsilon=0.5) == pytest.approx(0.06315, abs=5e-6)
    assert atkinson(values, epsilon=1.0) == pytest.approx(0.13161, abs=5e-6)


@pytest.mark.parametrize(
    ("measure", "expected"),
    # Source: Gini and Theil by PySAL inequality; the others by hand: Jain 150^2 / (5 x 5500) = 9/11,
    # Hoover (20 + 10) / 150, variation sqrt(200) / 30, ratios 50/30 and 50/10
    [
        (gini, 0.2666667),
        (gini_pairwise, 0.2666667),
        (theil_t, 0.1196876),
        (theil_l, 0.1411139),
        (jain, 0.8181818),
        (hoover, 0.2),
        (variation, 0.4714045),
        (max_over_mean, 5 / 3),
        (max_over_min, 5.0),
        (envy, 0.2666667),
    ],
)
def test_measures_of_ten_to_fifty(measure: Measure, expected: float) -> None:
    assert measure(np.array([10.0, 20.0, 30.0, 40.0, 50.0]), None) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("values", "expected"), [((1, 3, 5), 0.77), ((1, 4, 5), 0.79), ((1, 2, 5), 0.71)])
def test_jain_of_shares(values: tuple[int, ...], expected: float) -> None:
    # Source: slides on the fairness index after Jain (1984), slideshare.net 17407150
    assert jain(np.array(values, dtype=float)) == pytest.approx(expected, abs=0.005)


def test_price_of_fairness_of_published_comparisons() -> None:
    # Source: US EPA, allocation case study, epa.gov/waterscience/models/allocation/casestudy/costs.htm
    assert price_of_fairness(1.4e6, 0.4e6) == pytest.approx(2.5)
    # Source: Field & Field, Environmental Economics (wizedu.com/questions/463651): equal percentage 77, least cost 61
    assert price_of_fairness(77.0, 61.0) == pytest.approx(16 / 61)


# --- a benchmark of three dischargers ---

#: 480^2 / (1/k_1 + 1/k_2 + 1/k_3): the reductions are in proportion to 1/k.
LEAST_COST = 480.0**2 / sum(1 / k for k in K)


@pytest.mark.parametrize("strategy", METRICS)
def test_metrics_of_three_dischargers(strategy: str) -> None:
    load, current = np.array(ALLOCATIONS[strategy]), np.array(CURRENT)
    cut = (current - load) / current
    cost = float(np.sum(np.array(K) * (current - load) ** 2))
    found = (
        gini(load, np.array(COLUMNS["population"])),
        gini(load, np.array(COLUMNS["gdp"])),
        gini(cut),
        jain(cut),
        price_of_fairness(cost, LEAST_COST),
    )
    assert found == pytest.approx(METRICS[strategy], abs=1e-4)


def test_equal_percent_is_equal_against_the_claims() -> None:
    current = np.array(CURRENT)
    assert gini(0.4 * current, current) == pytest.approx(0.0, abs=1e-12)
    assert deviation_from_shares(0.6 * current, current) == pytest.approx(0.0, abs=1e-12)


# --- laws ---


@few
@given(with_zeros)
def test_sorted_and_pairwise_gini_are_equal(data: Floats) -> None:
    values, weights = data
    assert gini(values) == pytest.approx(gini_pairwise(values), abs=1e-12)
    assert gini(values, weights) == pytest.approx(gini_pairwise(values, weights), abs=1e-12)


def test_pairwise_gini_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    values, weights = np.random.default_rng(3).uniform(0, 1, (2, 50))
    monkeypatch.setattr(inequality, "PAIRS_AT_ONCE", 170)
    assert gini(values, weights) == pytest.approx(gini_pairwise(values, weights), abs=1e-12)


@few
@given(with_zeros)
def test_envy_is_the_mean_over_all_ordered_pairs(data: Floats) -> None:
    values, weights = data
    relative = (values / weights) / (values.sum() / weights.sum()) if values.any() else np.ones_like(values)
    pairs = np.maximum(0.0, relative[None, :] - relative[:, None])
    assert envy(values, weights) == pytest.approx(float(pairs.mean()), rel=1e-9, abs=1e-12)
    assert envy(values) == pytest.approx(gini(values), abs=1e-12)


@pytest.mark.parametrize("measure", [*ALL, atkinson_2])
@few
@given(data=parties, factors=st.tuples(amounts, amounts))
def test_units_do_not_matter(measure: Measure, data: Floats, factors: tuple[float, float]) -> None:
    values, weights = data
    once = measure(values, weights)
    assert measure(factors[0] * values, factors[1] * weights) == pytest.approx(once, rel=1e-9, abs=1e-7)


@pytest.mark.parametrize("measure", [*ALL, atkinson_2])
@few
@given(data=parties, copies=st.integers(2, 4))
def test_copies_of_the_whole_change_nothing(measure: Measure, data: Floats, copies: int) -> None:
    values, weights = data
    once = measure(values, weights)
    assert measure(np.tile(values, copies), np.tile(weights, copies)) == pytest.approx(once, rel=1e-9, abs=1e-7)


@pytest.mark.parametrize("measure", [*BY_WEIGHT, atkinson_2])
@few
@given(data=parties, copies=st.lists(st.integers(1, 4), min_size=12, max_size=12))
def test_a_weight_of_k_is_k_parties(measure: Measure, data: Floats, copies: list[int]) -> None:
    values = data[0]
    counts = np.array(copies[: len(values)])
    parts = np.repeat(values, counts)
    assert measure(values * counts, counts.astype(float)) == pytest.approx(measure(parts, None), rel=1e-9, abs=1e-7)


@pytest.mark.parametrize("measure", [*ALL, atkinson_2])
@few
@given(data=parties, order=st.randoms(use_true_random=False))
def test_names_do_not_matter(measure: Measure, data: Floats, order: object) -> None:
    at = list(range(data.shape[1]))
    order.shuffle(at)  # type: ignore[attr-defined]
    assert measure(*data[:, at]) == pytest.approx(measure(*data), rel=1e-9, abs=1e-7)


@pytest.mark.parametrize("measure", [gini, theil_t, theil_l, atkinson, atkinson_2, hoover, variation])
@few
@given(data=several, pick=st.tuples(st.integers(0, 11), st.integers(0, 10)), part=st.floats(0, 1))
def test_a_transfer_to_who_bears_less_never_raises_inequality(
    measure: Measure, data: Floats, pick: tuple[int, int], part: float
) -> None:
    values, weights = data
    first = pick[0] % len(values)
    second = (first + 1 + pick[1] % (len(values) - 1)) % len(values)
    rate = values / weights
    if rate[first] > rate[second]:
        first, second = second, first
    # at most what makes the two equal per unit of weight
    amount = part * (rate[second] - rate[first]) / (1 / weights[first] + 1 / weights[second])
    after = values.copy()
    after[first] += amount
    after[second] -= amount
    assert measure(after, weights) <= measure(values, weights) + 1e-9
    assert jain(after, weights) >= jain(values, weights) - 1e-9


@pytest.mark.parametrize("measure", ALL)
@few
@given(data=parties, rate=amounts)
def test_equal_per_unit_values_are_equality(measure: Measure, data: Floats, rate: float) -> None:
    weights = data[1]
    expected = 1.0 if measure in RATIOS else 0.0
    assert measure(rate * weights, weights) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("measure", [gini, hoover, atkinson, jain])
@few
@given(data=with_zeros)
def test_bounds(measure: Measure, data: Floats) -> None:
    assert 0.0 <= measure(*data) <= 1.0 + 1e-12


# --- zeros ---


def test_zero_values() -> None:
    one_bears_all = np.array([0.0, 0.0, 0.0, 8.0])
    assert theil_t(one_bears_all) == pytest.approx(np.log(4))
    assert gini(one_bears_all) == pytest.approx(3 / 4)
    assert hoover(one_bears_all) == pytest.approx(3 / 4)
    assert jain(one_bears_all) == pytest.approx(1 / 4)
    # sum m v^(1/2) = 1/4 x 4^(1/2), squared
    assert atkinson(one_bears_all, epsilon=0.5) == pytest.approx(3 / 4)
    assert max_over_min(one_bears_all) == np.inf
    assert np.isnan([theil_l(one_bears_all), atkinson(one_bears_all, epsilon=1.0), atkinson_2(one_bears_all)]).all()


@pytest.mark.parametrize("measure", [*ALL, atkinson_2])
def test_where_nobody_bears_anything_all_are_equal(measure: Measure) -> None:
    expected = 1.0 if measure in RATIOS else 0.0
    assert measure(np.zeros(3), None) == pytest.approx(expected)
    assert measure(np.zeros(3), np.array([1.0, 2.0, 0.0])) == pytest.approx(expected)


def test_an_amount_without_weight_comes_last() -> None:
    values, weights = np.array([5.0, 1.0, 4.0]), np.array([0.0, 1.0, 1.0])
    # by hand: X = 1/2, 1, 1 and Y = .1, .5, 1, so G = 1 - 1/2 (.1 + .6)
    assert gini(values, weights) == pytest.approx(0.65)
    assert gini_pairwise(values, weights) == pytest.approx(0.65)
    assert hoover(values, weights) == pytest.approx(0.5)
    assert jain(values, weights) == 0.0
    # 1 - (sum (m s)^(1/2))^2 with m = 0, 1/2, 1/2 and s = .5, .1, .4
    assert atkinson(values, weights) == pytest.approx(1 - (0.05**0.5 + 0.2**0.5) ** 2)
    for measure in (theil_t, variation, max_over_mean, max_over_min, envy):
        assert measure(values, weights) == np.inf


@pytest.mark.parametrize("measure", ALL)
def test_a_party_with_nothing_at_all_is_left_out(measure: Measure) -> None:
    assert measure(np.array([1.0, 0.0, 3.0]), np.array([2.0, 0.0, 1.0])) == pytest.approx(
        measure(np.array([1.0, 3.0]), np.array([2.0, 1.0]))
    )


def test_huge_and_tiny_amounts() -> None:
    assert gini(np.array([1e308, 1e308, 1e308])) == pytest.approx(0.0, abs=1e-15)
    assert gini(np.array([5e-324, 0.0])) == pytest.approx(0.5)
    assert atkinson(np.array([1e-300, 1.0]), epsilon=3.0) == pytest.approx(1.0)


# --- effectiveness ---


def test_quality_gain_per_load() -> None:
    # (2 x 3 + 1 x 6) / (1 + 2 + 1)
    gain, people, cut = np.array([3.0, 6.0]), np.array([2.0, 1.0]), np.array([1.0, 2.0, 1.0])
    assert quality_gain_per_load(gain, people, cut) == pytest.approx(3.0)
    assert np.isnan(quality_gain_per_load(gain, people, np.zeros(3)))


def test_transfer_efficiency() -> None:
    # (.02 x 100 + .03 x 100 + .05 x 200) / (.05 x 400)
    coefficients = np.array([0.02, 0.03, 0.05])
    assert transfer_efficiency(coefficients, np.array([100.0, 100.0, 200.0])) == pytest.approx(0.75)
    assert transfer_efficiency(coefficients, np.array([0.0, 0.0, 7.0])) == pytest.approx(1.0)
    assert np.isnan(transfer_efficiency(coefficients, np.zeros(3)))
    assert np.isnan(transfer_efficiency(np.zeros(3), np.ones(3)))


def test_compliance_margin() -> None:
    # 7 of 28 unused; missed by a quarter; oxygen of 8 where 5 is needed; nothing allowed, kept and missed
    value, allowed = np.array([21.0, 35.0, 8.0, 0.0, 2.0]), np.array([28.0, 28.0, 5.0, 0.0, 0.0])
    sign = np.array([1.0, 1.0, -1.0, 1.0, 1.0])
    assert compliance_margin(value, allowed, sign) == pytest.approx([0.25, -0.25, 0.6, 0.0, -1.0])


def test_price_of_fairness_at_the_edges() -> None:
    assert price_of_fairness(0.0, 0.0) == 0.0
    assert price_of_fairness(3.0, 0.0) == np.inf
    assert np.isnan(
        [price_of_fairness(np.nan, 1.0), price_of_fairness(1.0, np.nan), price_of_fairness(1.0, -1.0)]
    ).all()


def test_deviation_from_shares() -> None:
    # shares 1/3 each against 1/2, 1/4, 1/4
    assert deviation_from_shares(np.array([240.0, 240.0, 240.0]), np.array(CURRENT)) == pytest.approx(1 / 6)


# --- bad input ---


@pytest.mark.parametrize("measure", ALL)
@pytest.mark.parametrize(
    ("values", "weights", "says"),
    [
        ([1.0, -2.0], None, "values, entry 2: value is no amount (found '-2')"),
        ([1.0, np.nan], None, "values, entry 2: value is no amount (found 'nan')"),
        ([1.0, np.inf], None, "values, entry 2"),
        ([1.0, 2.0], [1.0, -1.0], "weights, entry 2: weight is no amount (found '-1')"),
        ([1.0, 2.0], [0.0, 0.0], "all weights are zero"),
        ([1.0, 2.0], [1.0], "do not pair up"),
        ([], None, "at least one party"),
    ],
)
def test_bad_amounts(measure: Measure, values: list[float], weights: list[float] | None, says: str) -> None:
    with pytest.raises(InputError) as caught:
        measure(np.array(values), None if weights is None else np.array(weights))
    assert says in str(caught.value)


@pytest.mark.parametrize("epsilon", [-0.1, np.nan, np.inf])
def test_bad_aversion(epsilon: float) -> None:
    with pytest.raises(InputError, match="zero or more"):
        atkinson(np.array([1.0, 2.0]), epsilon=epsilon)


def test_arrays_that_do_not_pair_up() -> None:
    with pytest.raises(InputError, match="gain and weights"):
        quality_gain_per_load(np.ones(2), np.ones(3), np.ones(2))
    with pytest.raises(InputError, match="coefficients and reduction"):
        transfer_efficiency(np.ones(2), np.ones(3))
    with pytest.raises(InputError, match="value and sign"):
        compliance_margin(np.ones(2), np.ones(2), np.ones(1))
    with pytest.raises(InputError, match="pair up"):
        deviation_from_shares(np.ones(2), np.ones(3))
