"""Weights of criteria, TOPSIS and the mass balance: published figures, laws and bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from abate.comparison.topsis import topsis
from abate.errors import InputError
from abate.strategies.mass_balance import waste_load_concentration
from abate.strategies.weights import ahp_weights, check_weights, entropy_weights

Floats = NDArray[np.float64]

# Source: README of pymcdm
ALTERNATIVES = np.array([[4.0, 4.0], [1.0, 5.0], [3.0, 2.0], [4.0, 2.0]])
HALVES = np.array([0.5, 0.5])
SENSES = np.array([1.0, -1.0])

few = settings(max_examples=30, deadline=None)
amounts = st.floats(1e-3, 1e3)


def tables(rows: int, columns: int) -> st.SearchStrategy[Floats]:
    cells = st.lists(amounts, min_size=rows * columns, max_size=rows * columns)
    return cells.map(lambda entries: np.array(entries).reshape(rows, columns))


# --- TOPSIS ---


@pytest.mark.parametrize(
    ("normalisation", "expected"),
    # Source: min-max from the README of pymcdm; vector computed for the issue by the textbook formula
    [("min-max", [0.6126, 0.0, 0.7829, 1.0]), ("vector", [0.6290, 0.0, 0.7739, 1.0])],
)
def test_topsis(normalisation: str, expected: list[float]) -> None:
    assert topsis(ALTERNATIVES, HALVES, SENSES, normalisation) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("normalisation", ["min-max", "vector"])
@few
@given(table=tables(4, 3), factor=amounts)
def test_topsis_does_not_depend_on_units(normalisation: str, table: Floats, factor: float) -> None:
    weights, senses = np.array([0.2, 0.3, 0.5]), np.array([1.0, -1.0, 1.0])
    once = topsis(table, weights, senses, normalisation)
    assert topsis(table * [factor, 1.0, 1.0], weights, senses, normalisation) == pytest.approx(once, abs=1e-7)
    assert np.all((once >= 0) & (once <= 1))


@few
@given(tables(4, 2))
def test_turning_every_sense_round_turns_topsis_round(table: Floats) -> None:
    there, back = topsis(table, HALVES, SENSES), topsis(table, HALVES, -SENSES)
    assert there + back == pytest.approx(np.ones(4), abs=1e-9)


def test_topsis_of_rows_all_alike() -> None:
    assert topsis(np.ones((3, 2)), HALVES, SENSES) == pytest.approx([0.5, 0.5, 0.5])


# --- entropy ---


def test_entropy_weights() -> None:
    # Source: pymcdm 1.4.0
    assert entropy_weights(ALTERNATIVES) == pytest.approx([0.555561, 0.444439], abs=1e-5)


@few
@given(table=tables(4, 3), factors=st.tuples(amounts, amounts, amounts))
def test_entropy_weights_do_not_depend_on_units(table: Floats, factors: tuple[float, ...]) -> None:
    weights = entropy_weights(table)
    assert weights.sum() == pytest.approx(1.0)
    if np.ptp(table / table.sum(axis=0), axis=0).max() > 1e-3:
        assert entropy_weights(table * factors) == pytest.approx(weights, abs=1e-6)


def test_entropy_weights_by_hand() -> None:
    # a column with a single entry has entropy 0, one that is the same for all has entropy 1
    assert entropy_weights(np.array([[5.0, 2.0], [0.0, 2.0]])) == pytest.approx([1.0, 0.0])
    assert entropy_weights(np.array([[5.0, 0.0], [1.0, 0.0]])) == pytest.approx([1.0, 0.0])


@pytest.mark.parametrize("table", [[[3.0, 0.0, 9.0]], [[0.1, 0.3, 7.0]] * 3, [[0.0, 0.0, 0.0]] * 2])
def test_entropy_weights_are_equal_where_nothing_differs(table: list[list[float]]) -> None:
    assert entropy_weights(np.array(table)) == pytest.approx([1 / 3, 1 / 3, 1 / 3])


# --- judgements in pairs ---


def test_ahp_of_a_published_table() -> None:
    # Source: Teknomo, Analytic Hierarchy Process Tutorial: weights by the eigenvector, lambda_max = 3.0649
    table = np.array([[1, 1 / 3, 5], [3, 1, 7], [1 / 5, 1 / 7, 1]])
    weights, ratio = ahp_weights(table)
    assert weights == pytest.approx([0.2790, 0.6491, 0.0719], abs=5e-5)
    assert ratio == pytest.approx((3.0649 - 3) / 2 / 0.58, abs=1e-4)


def test_ahp_of_the_wealth_of_nations() -> None:
    # Source: Saaty, Journal of Mathematical Psychology 15 (1977) 234-281: weights to three places, lambda_max = 7.608
    upper: list[list[float]] = [
        [4, 9, 6, 6, 5, 5],
        [7, 5, 5, 3, 4],
        [1 / 5, 1 / 5, 1 / 7, 1 / 5],
        [1, 1 / 3, 1 / 3],
        [1 / 3, 1 / 3],
        [2],
    ]
    table = np.eye(7)
    for row, entries in enumerate(upper):
        table[row, row + 1 :] = entries
        table[row + 1 :, row] = 1 / np.array(entries)
    weights, ratio = ahp_weights(table)
    assert weights == pytest.approx([0.427, 0.230, 0.021, 0.052, 0.052, 0.123, 0.094], abs=6e-4)
    assert ratio == pytest.approx((7.608 - 7) / 6 / 1.32, abs=1e-4)


@few
@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=15))
def test_ahp_of_consistent_judgements_returns_the_weights(raw: list[float]) -> None:
    expected = np.array(raw) / np.sum(raw)
    weights, ratio = ahp_weights(np.divide.outer(expected, expected))
    assert weights == pytest.approx(expected, rel=1e-6)
    assert ratio == pytest.approx(0.0, abs=1e-9)


def test_ahp_of_rounded_judgements() -> None:
    exact, _ = ahp_weights(np.array([[1, 1 / 3, 1 / 9], [3, 1, 1 / 3], [9, 3, 1]]))
    rounded, ratio = ahp_weights(np.array([[1, 0.33, 0.11], [3, 1, 0.33], [9, 3, 1]]))
    assert rounded == pytest.approx(exact, rel=0.01)
    assert 0 <= ratio < 0.001


# --- mass balance ---


def test_waste_load_concentration() -> None:
    # Source: inputs of the example of calc_WLA in the R package reasonabletools: (2 x 3.5 - 0.1 x 3) / 0.5
    assert waste_load_concentration(2.0, 0.1, 3.0, 0.5) == pytest.approx(13.4)


@few
@given(st.tuples(amounts, amounts, amounts, amounts))
def test_the_mixed_river_meets_its_criterion(figures: tuple[float, float, float, float]) -> None:
    criterion, background, river, effluent = figures
    allowed = waste_load_concentration(criterion, background, river, effluent)
    mixed = (background * river + allowed * effluent) / (river + effluent)
    assert mixed == pytest.approx(criterion, rel=1e-9, abs=1e-9 * background)


# --- bad input ---


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        ([0.5, 0.6], "divide each by 1.1"),
        ([1.5, -0.5], "weight 2"),
        ([np.nan, 1.0], "weight 1"),
        ([0.0, 0.0], "above zero"),
        ([1.0], "give 2 weights"),
    ],
)
def test_bad_weights(weights: list[float], says: str) -> None:
    with pytest.raises(InputError, match=says):
        check_weights(np.array(weights), 2)
    with pytest.raises(InputError, match=says):
        topsis(ALTERNATIVES, np.array(weights), SENSES)


def test_good_weights() -> None:
    check_weights(np.array([0.3, 0.7 + 5e-7]), 2)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ([[1.0, 3.0]], "square"),
        (np.ones((16, 16)).tolist(), "15 at most"),
        ([[1.0, 3.0, 1.0], [0.33, 1.0, 2.0], [1.0, 2.0, 1.0]], "criteria 2 and 3: .*'2 and 2'"),
        ([[1.0, -3.0], [-0.33, 1.0]], "criteria 1 and 2"),
        ([[1.0, 0.0], [0.0, 1.0]], "criteria 1 and 2"),
        ([[1.0, np.nan], [2.0, 1.0]], "criteria 1 and 2"),
        ([[2.0, 1.0], [1.0, 1.0]], "criterion 1: is not 1"),
    ],
)
def test_bad_judgements(table: list[list[float]], says: str) -> None:
    with pytest.raises(InputError, match=says):
        ahp_weights(np.array(table))


def test_bad_tables() -> None:
    with pytest.raises(InputError, match="row 2, criterion 1"):
        entropy_weights(np.array([[1.0, 2.0], [-1.0, 2.0]]))
    with pytest.raises(InputError, match="one row for each alternative"):
        entropy_weights(np.zeros((0, 2)))
    with pytest.raises(InputError, match="row 1, criterion 2"):
        topsis(np.array([[1.0, np.nan]]), HALVES, SENSES)
    with pytest.raises(InputError, match="one row for each strategy"):
        topsis(np.ones(2), HALVES, SENSES)
    with pytest.raises(InputError, match="where less is"):
        topsis(ALTERNATIVES, HALVES, np.array([1.0, 0.0]))
    with pytest.raises(InputError, match="did you mean 'min-max'"):
        topsis(ALTERNATIVES, HALVES, SENSES, "minmax")


def test_bad_flows() -> None:
    with pytest.raises(InputError, match="effluent flow"):
        waste_load_concentration(2.0, 0.1, 3.0, 0.0)
    with pytest.raises(InputError, match="background"):
        waste_load_concentration(2.0, -0.1, 3.0, 1.0)
