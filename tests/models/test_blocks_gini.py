"""The Gini block: the rows that small cases make, written out by hand, and what they solve to."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from abate_models.assemble import assemble
from abate_models.compile import compile_model
from abate_models.gini import add_gini
from abate_models.problem import read_problem

INF = np.inf

THREE = {
    "sources": "source\na\nb\nc",
    "loads": "source pollutant load\na P 100\nb P 60\nc P 90\na N 8\nb N 4",
    "options": "source measure max_extent unit_cost\na filter 1 30\nb filter 1 20\nc filter 1 10",
    "removals": "source measure pollutant removal\n* filter P 0.5\na filter N 0.5\nb filter N 0.5",
    "targets": "target kind pollutant limit\nbasin load P 200",
}


@pytest.fixture
def problem(make_case):
    return read_problem(make_case(THREE))


def model_with(problem, people, cap=None):
    model = assemble(problem)
    add_gini(model, problem, {"people": np.array(people)}, cap)
    return model


def test_who_has_least_goes_first(problem, rows_of):
    # per head 1, 6 and 3 t of P: a, c, b; parts 100, 10 and 30 of 140
    rows = rows_of(model_with(problem, [100, 10, 30, 0, 0]), "gini_gap_need")
    a, b, c = 100 / 140, 10 / 140, 30 / 140
    load = "allowed_load[{},P]".format
    gap = "gini_gap[people,P,{},{}]".format
    assert rows == {
        ("people", "P", 0, 2): (pytest.approx({load("a"): c, load("c"): -a, gap(0, 2): -1}), -INF, 0),
        ("people", "P", 0, 1): (pytest.approx({load("a"): b, load("b"): -a, gap(0, 1): -1}), -INF, 0),
        ("people", "P", 2, 1): (pytest.approx({load("c"): b, load("b"): -c, gap(2, 1): -1}), -INF, 0),
    }


@pytest.mark.parametrize(("cap", "slope", "upper"), [(None, 0.0, INF), (0.2, 0.2, 0.0)])
def test_each_pollutant_has_a_row(problem, rows_of, cap, slope, upper):
    # P is as above; of N, a has 8 t for 1 and b 4 t for 3: a second, b first, with parts 1/4 and 3/4
    rows = rows_of(model_with(problem, [0, 0, 0, 1, 3], cap), "gini")
    expected = {
        "allowed_load[b,N]": -1 / 4 - slope,
        "allowed_load[a,N]": 3 / 4 - slope,
        "gini_gap[people,N,4,3]": 2,
    }
    assert rows == {("people", "N"): (pytest.approx(expected), -INF, upper)}


def test_a_load_has_nobody_to_be_compared_with(problem):
    assert model_with(problem, [100, 0, 0, 0, 0]).component("gini") is None


def test_the_least_gini_of_a_fixed_total(problem):
    # P: from (50..100, 30..60, 45..90), 200 in sum, people 2 : 1 : 1 want (100, 50, 50): it can be had
    # people 8 : 1 : 1 want (160, 20, 20); the nearest is (100, 50, 50) and all between: 1/2 to a instead of 4/5, so
    # 0.3 at the least
    for people, best in (([2, 1, 1, 0, 0], 0.0), ([8, 1, 1, 0, 0], 0.3)):
        compiled = compile_model(model_with(problem, people))
        total = np.zeros(compiled.matrix.shape[1])
        total[compiled.columns["allowed_load"]] = [1, 1, 1, 0, 0]
        matrix = compiled.matrix.toarray()
        row = compiled.rows["gini"][0]
        upper, lower = np.isfinite(compiled.row_upper), np.isfinite(compiled.row_lower)
        found = linprog(
            matrix[row] / 200,
            A_ub=np.vstack([matrix[upper], -matrix[lower]]),
            b_ub=np.concatenate([compiled.row_upper[upper], -compiled.row_lower[lower]]),
            A_eq=total[None, :],
            b_eq=[200],
            bounds=np.stack([compiled.column_lower, compiled.column_upper], axis=1),
        )
        assert found.fun == pytest.approx(best, abs=1e-9)
