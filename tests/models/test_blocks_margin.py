"""Deviations of targets: against hand-worked numbers, and against draws of every figure."""

from __future__ import annotations

import numpy as np
import pytest

from abate_models.margin import Deviation, deviations_of
from abate_models.problem import read_problem

#: Quality with an uncertain background and one certain coefficient, a lower limit, caps of one and of all loads.
LAKE = {
    "sources": "source region\nmill upper\ntown lower",
    "regions": "region\nupper\nlower",
    "loads": "source pollutant load relative_sd\nmill P 100 0.1\ntown P 50 .\ntown N 20 0.3",
    "options": "source measure max_extent unit_cost\nmill filter 1 30\ntown filter 1 20",
    "removals": "source measure pollutant removal basis\n* filter P 0.8 fraction",
    "receptors": "receptor\nlake\ndelta",
    "transfer": """
        source receptor pollutant parameter coefficient relative_sd
        mill   lake     P         tp        0.002       0.5
        town   lake     P         tp        0.001       .
        town   lake     N         tp        0.003       0.2
        mill   delta    P         do        -0.01       .
        town   delta    P         do        -0.02       0""",
    "background": "receptor parameter value sd\nlake tp 0.05 0.01\ndelta do 9 .",
    "targets": """
        target kind    receptor region parameter pollutant sense    limit
        clear  quality lake     .      tp        .         at_most  0.3
        fish   quality delta    .      do        .         at_least 6
        all    load    .        .      .         P         .        140
        low    load    .        lower  .         P         .        40
        purse  budget  .        .      .         .         .        60""",
}


@pytest.fixture
def lake(make_case):
    case = make_case(LAKE, signed_transfer=True)
    return case, read_problem(case)


def test_deviations_worked_by_hand(lake):
    case, problem = lake
    found = deviations_of(case, problem)
    load, extent = np.array([40.0, 30.0, 10.0]), np.zeros(2)
    # clear: background 0.01; mill 0.002 x 40 = 0.08 with shares 0.5 and 0.1, and 0.05 of both; town's P certain;
    # town's N 0.003 x 10 = 0.03 with shares 0.2 and 0.3, and 0.06 of both
    mill = 0.08**2 * (0.5**2 + 0.1**2 + 0.05**2)
    town = 0.03**2 * (0.2**2 + 0.3**2 + 0.06**2)
    assert found[0].at(load, extent) == pytest.approx(np.sqrt(0.01**2 + mill + town), rel=1e-12)
    # fish: coefficients known, so only the mill's load counts: 0.01 x 40 x 0.1
    assert found[1].at(load, extent) == pytest.approx(0.04, rel=1e-12)
    # all: of both loads of P only the mill's is uncertain
    assert found[2].at(load, extent) == pytest.approx(4.0, rel=1e-12)
    # low has only the town's P, which is certain; a budget is
    assert found.keys() == {0, 1, 2}


def test_a_deviation_has_a_factor_for_each_uncertain_figure(lake):
    case, problem = lake
    clear = deviations_of(case, problem)[0]
    assert clear.constant.tolist() == [0.01, 0.0, 0.0]
    assert clear.loads.shape == (3, 3)
    assert clear.extents.shape == (3, 2)
    assert clear.extents.nnz == 0


def test_deviations_are_those_of_drawn_figures(lake):
    case, problem = lake
    rng, count = np.random.default_rng(4), 400_000
    load = np.array([40.0, 30.0, 10.0])
    drawn = load * (1.0 + np.array([0.1, 0.0, 0.3]) * rng.standard_normal((count, 3)))
    coefficients = np.array([0.002, 0.001, 0.003]) * (1.0 + np.array([0.5, 0.0, 0.2]) * rng.standard_normal((count, 3)))
    clear = 0.05 + 0.01 * rng.standard_normal(count) + (coefficients * drawn).sum(axis=1)
    found = deviations_of(case, problem)
    # the standard error of a standard deviation is 1 / sqrt(2 n) of it, 0.0011; the products widen it somewhat
    assert found[0].at(load, np.zeros(2)) == pytest.approx(clear.std(), rel=0.006)
    assert found[2].at(load, np.zeros(2)) == pytest.approx(drawn[:, :2].sum(axis=1).std(), rel=0.006)


def test_nothing_uncertain_has_no_deviation(make_case):
    certain = {**LAKE, "loads": "source pollutant load\nmill P 100\ntown P 50\ntown N 20"}
    certain["transfer"] = LAKE["transfer"].replace("0.5\n", ".\n").replace("0.2\n", "0\n")
    certain["background"] = "receptor parameter value\nlake tp 0.05\ndelta do 9"
    case = make_case(certain, signed_transfer=True)
    assert deviations_of(case, read_problem(case)) == {}


def test_the_slope_is_the_change_per_load(lake):
    case, problem = lake
    clear = deviations_of(case, problem)[0]
    load, extent, step = np.array([40.0, 30.0, 10.0]), np.zeros(2), 1e-4
    moved = [clear.at(load + step * one, extent) - clear.at(load - step * one, extent) for one in np.eye(3)]
    assert clear.slope(load, extent) == pytest.approx(np.array(moved) / (2 * step), abs=1e-9)


def test_where_nothing_is_emitted_there_is_no_slope(lake):
    case, problem = lake
    cap = deviations_of(case, problem)[2]
    assert cap.at(np.zeros(3), np.zeros(2)) == 0.0
    assert cap.slope(np.zeros(3), np.zeros(2)).tolist() == [0.0, 0.0, 0.0]


def test_two_targets_on_one_quality_have_one_deviation(make_case):
    lines = LAKE["targets"].strip().splitlines()
    twice = [f"{lines[0]} priority", *(f"{line} 0" for line in [*lines[1:], lines[1].replace("clear", "often")])]
    twice[-1] = twice[-1][:-1] + "1"
    case = make_case({**LAKE, "targets": "\n".join(twice)}, signed_transfer=True)
    found = deviations_of(case, read_problem(case))
    assert isinstance(found[5], Deviation)
    assert found[5].loads.toarray().tolist() == found[0].loads.toarray().tolist()
