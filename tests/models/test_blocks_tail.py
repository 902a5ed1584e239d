"""The tail block: scenarios against a draw coefficient by coefficient, and the risk against sorted misses."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from abate_data.errors import InputError
from abate_models.assemble import assemble_several
from abate_models.compile import compile_model
from abate_models.problem import read_problem
from abate_models.tail import misses, tail_risk_of, tail_weights

#: Two targets on one quality, a lower limit, a coefficient that is known for sure, and one of 0.
LAKE = {
    "sources": "source\nmill\ntown",
    "loads": "source pollutant load floor\nmill P 100 5\ntown P 50 0\ntown N 20 0",
    "options": "source measure max_extent unit_cost\nmill filter 1 30\ntown filter 1 20\ntown lime 2 1",
    "removals": "source measure pollutant removal basis\n* filter P 0.8 fraction\n* lime N -3 mass",
    "receptors": "receptor\nlake\ndelta",
    "transfer": """
        source receptor pollutant parameter coefficient relative_sd
        town   delta    P         do        -0.02       0
        mill   lake     P         tp        0.002       0.5
        town   lake     P         tp        0.001       .
        town   lake     N         tp        0           .
        mill   delta    P         do        -0.01       .""",
    "background": "receptor parameter value sd\nlake tp 0.05 0.01\ndelta do 9 .",
    "targets": """
        target kind    receptor parameter pollutant sense    limit margin_of_safety priority
        clear  quality lake     tp        .         at_most  0.3   0.05             0
        strict quality lake     tp        .         at_most  0.2   0.02             1
        fish   quality delta    do        .         at_least 6     0.5              0
        cap    load    .        .         P         .        140   .                0""",
}


@pytest.fixture
def problem(make_case):
    return read_problem(make_case(LAKE, signed_transfer=True))


def expected_misses(load):
    """Return misses (scenarios x targets), drawn as the module says: backgrounds, then coefficients in order."""
    mill, town = load[0], load[1]
    rng = np.random.default_rng(0)
    of_background = rng.standard_normal((50, 2))  # lake tp, delta do
    error = rng.standard_normal((50, 5))  # lake tp: mill P, town P, town N; delta do: mill P, town P
    tp = 0.05 + 0.01 * of_background[:, 0]
    tp += 0.002 * (1 + 0.5 * error[:, 0]) * mill + 0.001 * (1 + 0.2 * error[:, 1]) * town
    do = 9 - 0.01 * (1 + 0.2 * error[:, 3]) * mill - 0.02 * town
    # sizes: what may be used of the limits
    return np.stack([(tp - 0.3) / 0.25, (tp - 0.2) / 0.18, (6 - do) / 6.5], axis=1)


@pytest.mark.parametrize("load", [[100, 50, 20], [5, 0, 26], [40, 10, 20]])
def test_misses_are_those_of_a_draw_by_hand(problem, load):
    matrix, constant = misses(problem)
    found = (matrix @ np.array(load, dtype=float) + constant).reshape(50, 3)
    assert found == pytest.approx(expected_misses(load), rel=1e-12)


@pytest.mark.parametrize(("share", "worst"), [(0.9, 5), (0.5, 25), (0.0, 50), (0.98, 1), (0.999, 1)])
def test_the_risk_is_the_mean_of_the_worst(problem, share, worst):
    load = np.array([40.0, 10.0, 20.0])
    ranked = np.sort(expected_misses(load).max(axis=1))[::-1]
    assert tail_risk_of(problem, share)(load) == pytest.approx(ranked[:worst].mean())
    both = tail_risk_of(problem, share)(np.stack([load, 2 * load]))
    assert both.shape == (2,)
    assert both[0] == pytest.approx(ranked[:worst].mean())


def test_a_scenario_may_count_in_part():
    # 1 - 0.97 of 50: one and a half
    assert tail_weights(0.97)[:3] == pytest.approx([2 / 3, 1 / 3, 0])


@pytest.mark.parametrize("load", [[100, 50, 20], [20, 10, 26], [40, 50, 20]])
def test_the_rows_give_the_risk_at_fixed_loads(problem, load):
    model, objectives = assemble_several(problem, ["tail_risk", "tail_risk:0.50", "tail_risk:0"])
    assert [objective.name for objective in objectives] == ["tail_risk:0.9", "tail_risk:0.5", "tail_risk:0"]
    compiled = compile_model(model)
    rows = np.concatenate([compiled.rows["scenario_need"], compiled.rows["tail_need"]])
    lower, upper = compiled.column_lower.copy(), compiled.column_upper.copy()
    lower[compiled.columns["allowed_load"]] = upper[compiled.columns["allowed_load"]] = load
    for objective, share in zip(objectives, (0.9, 0.5, 0.0), strict=True):
        cost = np.zeros(len(lower))
        for coefficients, variable in objective.terms:
            cost[compiled.columns[variable.name]] += coefficients
        matrix, most = compiled.matrix[rows], compiled.row_upper[rows]
        found = linprog(cost, A_ub=matrix, b_ub=most, bounds=np.stack([lower, upper], axis=1))
        assert found.status == 0
        assert found.fun == pytest.approx(float(tail_risk_of(problem, share)(np.array(load, dtype=float))), abs=1e-9)


def test_bounds_of_the_misses_hold_whatever_the_loads(problem):
    model, _ = assemble_several(problem, ["tail_risk"])
    least, most = np.array([variable.bounds for variable in model.scenario_miss.values()], dtype=float).T
    rng = np.random.default_rng(3)
    low, high = np.array([5, 0, 20.0]), np.array([100, 50, 26.0])
    corners = np.array([np.where(pick, high, low) for pick in np.ndindex(2, 2, 2)])
    for load in [*corners, *(low + (high - low) * rng.random((10, 3)))]:
        worst = expected_misses(load).max(axis=1)
        assert (worst >= least - 1e-12).all()
        assert (worst <= most + 1e-12).all()
    assert np.isfinite(most).all()


def test_a_load_without_bound_leaves_the_misses_without_bound(make_case):
    tables = {
        **LAKE,
        "options": LAKE["options"].replace("lime 2", "lime ."),
        "transfer": LAKE["transfer"].replace("tp        0  ", "tp        0.1"),
    }
    model, _ = assemble_several(read_problem(make_case(tables, signed_transfer=True)), ["tail_risk"])
    least, most = zip(*(variable.bounds for variable in model.scenario_miss.values()), strict=True)
    assert most == (None,) * 50
    assert None not in least


@pytest.mark.parametrize(
    ("name", "targets", "said"),
    [
        ("tail_risk:1", LAKE["targets"], "from 0 to less than 1"),
        ("tail_risk:-0.1", LAKE["targets"], "from 0 to less than 1"),
        ("tail_risk:often", LAKE["targets"], "from 0 to less than 1"),
        ("tail_risk:nan", LAKE["targets"], "from 0 to less than 1"),
        ("tail_risk", "target kind pollutant limit\ncap load P 140", "give targets of kind quality"),
    ],
)
def test_what_cannot_be_is_refused_with_a_cure(make_case, name, targets, said):
    problem = read_problem(make_case({**LAKE, "targets": targets}, signed_transfer=True))
    with pytest.raises(InputError, match=said):
        assemble_several(problem, [name])
