"""Saturation against the published table, the oxygen sag against a textbook and its own equation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from abate_models.transport.decay import rate_at, remaining
from abate_models.transport.oxygen import deficit_after, saturation


def sag(deficit=0.0, load=0.0, decay=0.0, reaeration=0.0, demand=1.0, days=0.0):
    columns = (deficit, load, decay, reaeration, demand, days)
    return float(deficit_after(*(np.array([float(value)]) for value in columns))[0])


@pytest.mark.parametrize(
    ("temperature", "published"),
    [
        (0, 14.62),
        (5, 12.77),
        (10, 11.29),
        (15, 10.08),
        (20, 9.09),
        (25, 8.26),
        (30, 7.56),
        (35, 6.95),
        (40, 6.41),
    ],
)
def test_saturation_is_that_of_the_table_of_standard_methods(temperature, published):
    """APHA, Standard Methods, table 4500-O:I, fresh water at 101.325 kPa."""
    assert saturation(np.array([float(temperature)]))[0] == pytest.approx(published, abs=0.0051)


def test_rates_follow_the_temperature_by_a_power():
    """By hand: 0.23/d * 1.047^10 = 0.364/d and 0.23/d * 1.047^-5 = 0.183/d, BOD at 30 and 15 degC."""
    rates = rate_at(np.full(3, 0.23), np.full(3, 1.047), np.array([20.0, 30.0, 15.0]))
    assert rates == pytest.approx([0.23, 0.3641, 0.1828], abs=5e-5)


def test_two_half_lives_leave_a_quarter():
    assert remaining(np.array([math.log(2.0) / 3.0]), np.array([6.0])) == pytest.approx([0.25])


def test_textbook_sag():
    """Masters, Introduction to Environmental Engineering and Science, the example of the oxygen sag curve.

    BOD of the mixture 10.9 mg/L, initial deficit 9.1 - 7.6 = 1.5 mg/L, deoxygenation 0.20/d, reaeration
    0.41/d: the deficit is greatest after 2.67 d, at 3.1 mg/L.
    """
    river = {"deficit": 1.5, "load": 10.9, "decay": 0.20, "reaeration": 0.41}
    days = np.linspace(0.0, 10.0, 10001)
    curve = np.array([sag(**river, days=day) for day in days])
    critical = math.log(0.41 / 0.20 * (1.0 - 1.5 * (0.41 - 0.20) / (0.20 * 10.9))) / (0.41 - 0.20)
    assert critical == pytest.approx(2.67, abs=0.01)
    assert days[curve.argmax()] == pytest.approx(critical, abs=1e-3)
    assert curve.max() == pytest.approx(3.1, abs=0.05)
    # at the peak what is taken equals what comes in: a D = k L
    assert 0.41 * curve.max() == pytest.approx(0.20 * 10.9 * math.exp(-0.20 * critical))


def numbers(low, high):
    return st.floats(low, high).map(lambda value: round(value, 6))  # the solver fails on 1e-160


rates = numbers(0.0, 5.0)
amounts = numbers(0.0, 50.0)


@given(
    deficit=amounts,
    load=amounts,
    decay=rates,
    reaeration=rates,
    demand=numbers(0.0, 5.0),
    days=st.floats(0.01, 5.0),
)
def test_sag_solves_its_differential_equation(deficit, load, decay, reaeration, demand, days):
    def slope(_, state):
        return [-decay * state[0], demand * decay * state[0] - reaeration * state[1]]

    end = solve_ivp(slope, (0.0, days), [load, deficit], method="DOP853", rtol=1e-9, atol=1e-9).y[1, -1]
    assert sag(deficit, load, decay, reaeration, demand, days) == pytest.approx(end, rel=1e-6, abs=1e-6)


@given(
    decay=st.floats(0.01, 5.0),
    offset=st.sampled_from([0.0, 1e-300, 1e-16, 1e-12, 1e-9, 1e-6, -1e-16, -1e-12, -1e-9, -1e-6]),
    days=st.floats(0.0, 10.0),
)
def test_sag_is_continuous_where_the_rates_meet(decay, offset, days):
    """The limit for equal rates, k t exp(-k t), to first order in the difference of the rates."""
    limit = decay * days * math.exp(-decay * days)
    value = sag(load=1.0, decay=decay, reaeration=decay + offset, days=days)
    assert value == pytest.approx(limit * (1.0 - offset * days / 2.0), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("rate", [1.0, 1e3, 1e6])
def test_extreme_rates_and_times_stay_finite(rate):
    assert 0.0 <= sag(load=1.0, decay=rate, reaeration=0.1, days=1e4) <= 1.0
    assert 0.0 <= sag(load=1.0, decay=0.1, reaeration=rate, days=1e4) <= 1.0


def test_without_reaeration_the_deficit_is_all_the_oxygen_that_was_used():
    assert sag(load=10.0, decay=0.4, demand=1.5, days=3.0) == pytest.approx(15.0 * (1.0 - math.exp(-1.2)))


def test_fast_decay_leaves_reaeration_alone():
    """With k far above a, all oxygen is used at the start: D = o L exp(-a t)."""
    assert sag(load=10.0, decay=1e7, reaeration=0.5, days=2.0) == pytest.approx(10.0 * math.exp(-1.0), rel=1e-6)
