"""Exact fronts against instances that others solved, and against answers that share nothing with the package."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from front_oracles import (
    Floats,
    Model,
    curve,
    enumerated,
    envelope,
    found,
    improvement,
    least,
    lower_hull,
    missed,
    model,
    non_dominated,
    solutions,
    table,
    vertices,
)
from known_fronts import allocation, knapsack
from scipy.optimize import linprog

from abate.errors import InputError
from abate.front.exact import local_bounds
from abate.front.exact.corners import InfeasibleError
from abate.front.exact.cuts import area_above, height_above
from abate.front.exact.find import Found
from abate.front.exact.steps import find_steps


def same(first: Floats, second: Floats, room: float = 1e-6) -> bool:
    """Whether two sets of points are one, in whatever order."""
    if len(first) != len(second):
        return False
    size = np.maximum(np.ptp(second, axis=0), 1e-12)
    far = np.abs((first[:, None] - second[None]) / size).max(axis=2)
    return bool((far.min(axis=0) <= room).all() and (far.min(axis=1) <= room).all())


# --- instances


def test_2kp50_is_found_point_for_point() -> None:
    whole, front_of_others = knapsack()
    front, space = found(whole, workers=2)
    assert same(table(front), front_of_others, 0.0)
    assert (front.gap, front.reason) == (0.0, "")
    assert space.made <= 1.1 * len(front_of_others)


@pytest.fixture(scope="module", params=[0, 1])
def allocated(request: pytest.FixtureRequest) -> tuple[int, Model, Floats, Found, int]:
    whole, listed = allocation(request.param)
    front, space = found(whole)
    return request.param, whole, listed[listed[:, 0].argsort()], front, space.made


def edges_of(points: Floats, scale: Floats) -> Floats:
    """The weights for which neighbours are equal, 1 in all on the scales (edges x 2)."""
    first, second = np.diff(points, axis=0).T
    weights = np.column_stack([-second, first])
    return weights / (weights @ scale)[:, None]


def test_each_edge_of_lp_allocation_is_proved_by_prices(allocated: tuple[int, Model, Floats, Found, int]) -> None:
    """Any prices y <= 0 of the rows prove a sum of at least y @ most + the sum of what is negative of c - y @ rows.

    No tolerance of a solver has a part in that. With all edges proved and all points solutions, this is the front.
    """
    _, whole, _, front, _ = allocated
    points = table(front)
    scale = np.ptp(points, axis=0)
    assert all(whole.keeps(point.columns, 1e-11) for point in front.points)
    for weights, left, right in zip(edges_of(points, scale), points, points[1:], strict=False):
        cost = weights @ whole.costs
        prices = linprog(cost, A_ub=whole.rows, b_ub=whole.most, bounds=(0, 1), method="highs-ds").ineqlin.marginals
        prices = np.minimum(prices, 0.0)
        proved = prices @ whole.most + np.minimum(cost - prices @ whole.rows, 0.0).sum()
        assert max(weights @ left, weights @ right) <= proved + 1e-10
    ends = np.array([least(whole, weights)[0] for weights in np.eye(2)])
    assert [points[0, 0], points[-1, 1]] == pytest.approx(ends, rel=1e-12)


def test_each_point_of_lp_allocation_is_extreme(allocated: tuple[int, Model, Floats, Found, int]) -> None:
    points = table(allocated[3])
    scale = np.ptp(points, axis=0)
    chords = np.array([edges_of(points[[place - 1, place + 1]], scale)[0] for place in range(1, len(points) - 1)])
    assert ((points[:-2] - points[1:-1]) * chords).sum(axis=1).min() > 1e-9
    assert allocated[4] <= 2 * len(points) + 5


def test_lp_allocation_agrees_with_the_list(allocated: tuple[int, Model, Floats, Found, int]) -> None:
    """The list was made with a tolerance of 1e-8, and its ends with ties weighed in.

    Each listed point lies on the front or at most 2.4e-8 of the ranges above it, none below. Of seed 0, 230 of 233 are
    points of ours; both ends lie on the front beside ours, within 1.3e-6; the third, at a cost of 1018.71, is the one
    that lies above: there the front has three extreme points which the list misses for it, and two more elsewhere. Of
    seed 1, 212 of 215 are ours, both ends lie within 5.3e-6, the third is at a cost of 2052.18.
    """
    seed, _, listed, front, _ = allocated
    points = table(front)
    scale = np.ptp(points, axis=0)
    assert (len(points), len(listed)) == [(237, 233), (217, 215)][seed]
    weights = edges_of(points, scale)
    above = (listed @ weights.T - (points[:-1] * weights).sum(axis=1)).min(axis=1)
    # an end of the list may lie beyond ours by rounding
    assert above.min() >= -1e-12
    assert above.max() <= 2.4e-8
    apart = np.abs((listed[:, None] - points[None]) / scale).max(axis=2).min(axis=1)
    others = np.flatnonzero(apart > 1e-9)
    assert listed[others, 0] == pytest.approx(
        [[951.479, 1018.7097, 6324.4137], [567.28808, 2052.18137, 4726.41377]][seed]
    )
    assert apart[others[[0, -1]]].max() <= [1.3e-6, 5.3e-6][seed]
    assert above[others[[0, -1]]].max() <= 1e-12
    assert above[others[1]] > 1e-9


# --- whole numbers, against enumeration


def whole_model(kind: str, count: int, seed: int) -> Model:
    generator = np.random.default_rng(seed)
    width = int(generator.integers(4, 9))
    costs = generator.integers(-5, 6, (count, width)).astype(float)
    rows = generator.integers(-3, 6, (2, width)).astype(float)
    most = np.round(rows.clip(0).sum(axis=1) * generator.uniform(0.2, 0.8, 2))
    match kind:
        case "decimals":
            costs = np.round(generator.normal(size=costs.shape), 2)
        case "duplicates":
            costs[:, width // 2 :] = costs[:, : width - width // 2]
        case "equal":
            costs = generator.integers(0, 2, costs.shape).astype(float)
        case "parallel":
            costs[-1] = 2 * costs[0]
        case "opposed":
            costs[-1] = -costs[0]
        case "equation":
            rows = np.vstack([rows, np.ones(width), -np.ones(width)])
            most = np.append(most, [2, -2])
        case "one solution":
            rows = np.vstack([rows, -np.ones(width)])
            most = np.append(np.maximum(most, rows[:2].sum(axis=1)), -width)
    return model(costs, rows, most, True)


KINDS = ("plain", "decimals", "duplicates", "equal", "parallel", "opposed", "equation", "one solution")


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("kind", KINDS)
def test_whole_objectives_are_found_point_for_point(kind: str, count: int) -> None:
    for seed in range(2):
        whole = whole_model(kind, count, seed)
        everything = solutions(whole) @ whole.costs.T
        if not len(everything):
            with pytest.raises(InfeasibleError):
                found(whole)
        elif (np.ptp(everything, axis=0) < 1e-9).any():
            with pytest.raises(InputError, match="in every solution"):
                found(whole)
        else:
            front, _ = found(whole)
            assert same(table(front), enumerated(whole), 1e-9)
            assert (front.gap, front.reason) == (0.0, "")


def test_methods_agree_on_whole_objectives() -> None:
    for seed in range(10, 13):
        whole = whole_model("plain", 2, seed)
        expected = enumerated(whole)
        assert same(table(found(whole, "epsilon")[0]), expected, 1e-9)
        assert same(table(found(whole, "zones")[0]), expected, 1e-9)
        assert same(table(found(whole, "boxes", gap=1e-4)[0]), expected, 1e-9)


def test_a_knapsack_of_three_values_is_found_point_for_point() -> None:
    generator = np.random.default_rng(15)
    weights = generator.integers(10, 100, (2, 15))
    whole = model(-generator.integers(10, 100, (3, 15)), weights, weights.sum(axis=1) // 3, True)
    front, space = found(whole, workers=2)
    expected = enumerated(whole)
    assert len(expected) > 25
    assert same(table(front), expected, 0.0)
    assert space.made <= 4 * len(expected)


@pytest.mark.parametrize(("method", "count"), [("boxes", 2), ("zones", 2), ("zones", 3), ("zones", 4)])
def test_real_coefficients_leave_no_more_than_the_gap(method: str, count: int) -> None:
    for seed in range(2):
        generator = np.random.default_rng(seed)
        rows = generator.uniform(0, 1, (2, 8))
        whole = model(generator.normal(size=(count, 8)), rows, rows.sum(axis=1) / 2, True)
        front, space = found(whole, method, gap=0.02)
        assert space.steps is None
        expected, points = enumerated(whole), table(front)
        assert missed(points, expected, front.scale) <= front.gap + 1e-7
        assert front.gap <= 0.02
        assert same(points, non_dominated(np.vstack([points, expected])[: len(points)]))
        assert all(np.abs(expected - point).max(axis=1).min() <= 1e-7 for point in points)


def test_a_gap_of_nothing_ends_where_all_is_whole() -> None:
    whole = model(np.random.default_rng(1).normal(size=(2, 6)), np.ones((1, 6)), [3], True)
    for method in ("boxes", "zones"):
        front, _ = found(whole, method, gap=0.0)
        assert same(table(front), enumerated(whole))
        assert front.gap <= 1e-6


# --- steps


def steps_of(costs: Floats) -> Floats | None:
    whole = model(costs, np.ones((1, np.shape(costs)[1])), [9], True)
    steps = find_steps(whole.compiled, whole.costs)
    return None if steps is None else steps.sizes


def test_steps_are_the_greatest_common_divisors() -> None:
    assert steps_of([[4, 6, -10], [0.3, 0.0, 0.45]]) == pytest.approx([2, 0.15])


@pytest.mark.parametrize("row", [[1 / 3, 1, 2], [2e6 + 0.5, 3e6, 4e6], [1e6, 0.4, 1e6], [0, 0, 0]])
def test_what_has_no_steps_is_not_given_any(row: list[float]) -> None:
    assert steps_of([[1, 2, 3], row]) is None


def test_a_column_that_no_objective_counts_does_not_take_the_steps_away() -> None:
    whole = model([[1, 2, 0], [3, 1, 0]], np.ones((1, 3)), [9], [True, True, False], [1, 1, np.inf])
    assert find_steps(whole.compiled, whole.costs) is not None


# --- shares


@pytest.mark.parametrize("count", [2, 3])
def test_shares_against_all_vertices(count: int) -> None:
    for seed in range(6):
        generator = np.random.default_rng(seed)
        rows = generator.integers(-1, 5, (3, 4))
        whole = model(generator.integers(-9, 10, (count, 4)), rows, rows.clip(0).sum(axis=1) * 0.4, highs=2.0)
        values = vertices(whole) @ whole.costs.T
        front, space = found(whole, gap=None if count == 2 else 1e-4)
        points = table(front)
        if count == 2:
            expected = lower_hull(values / front.scale)
            assert same(points / front.scale, expected)
            assert space.made <= 2 * len(expected) + 5
        weights = generator.dirichlet(np.ones(count), 300) / front.scale
        depth = (points @ weights.T).min(axis=0) - (values @ weights.T).min(axis=0)
        assert depth.min() >= -1e-9
        assert depth.max() <= front.gap + 1e-9


@pytest.mark.parametrize(("count", "gap"), [(3, 1e-2), (3, 1e-3), (4, 3e-2)])
def test_a_hull_lies_no_further_above_the_truth_than_it_says(count: int, gap: float) -> None:
    generator = np.random.default_rng(count)
    rows = generator.uniform(0, 1, (8, 30))
    whole = model(generator.normal(size=(count, 30)), rows, rows.sum(axis=1) * 0.3)
    front, _ = found(whole, gap=gap)
    points = table(front) / front.scale
    assert front.gap <= gap
    for place in range(90):
        weights = generator.dirichlet(np.full(count, [0.3, 1.0, 3.0][place % 3]))
        weights[place % count] *= place % 2  # every other one at the rim
        weights /= weights.sum()
        assert (points @ weights).min() - least(whole, weights / front.scale)[0] <= front.gap + 1e-9
    for weights, bound in front.cuts:
        assert least(whole, weights)[0] >= bound - 1e-9 * (weights @ front.scale)
    for point in table(front)[::5]:
        assert improvement(whole, point, front.scale) <= 1e-5


# --- yes or no, and shares


def mixed_model(seed: int) -> Model:
    """Decisions with a charge that open shares, and free ones beside them."""
    generator = np.random.default_rng(seed)
    costs = np.array([generator.uniform(0.2, 2, 7), -generator.uniform(0.2, 2, 7)])
    costs[1, :3] = 0.0
    links = np.hstack([-np.eye(3), np.eye(3), np.zeros((3, 1))])
    rows = np.vstack([links, np.append(np.zeros(3), generator.uniform(0.5, 1, 4))])
    return model(costs, rows, [0, 0, 0, 1.5], np.arange(7) < 3)


@pytest.mark.parametrize(("method", "gap"), [("boxes", 1e-2), ("boxes", 5e-3), ("zones", 2e-2)])
def test_mixed_models_leave_no_more_than_they_say(method: str, gap: float) -> None:
    for seed in range(2):
        whole = mixed_model(seed)
        front, _ = found(whole, method, gap=gap)
        scale = front.scale
        scaled = model(whole.costs / scale[:, None], whole.rows, whole.most, whole.integer)
        best, kinks = envelope(scaled)
        points = table(front) / scale
        tolerance = 2e-6
        # no solution is better in both, and each point is a solution
        assert (best(points[:, 1] - tolerance) >= points[:, 0] - tolerance).all()
        assert (best(points[:, 1] + tolerance) <= points[:, 0] + tolerance).all()
        second = np.sort(np.append(np.linspace(points[:, 1].min(), points[:, 1].max(), 2001), kinks[:, 1]))
        second = second[np.isfinite(best(second))]
        assert missed(points, np.column_stack([best(second), second]), np.ones(2)) <= front.gap + tolerance
        assert front.gap <= gap
        if method == "boxes":
            assert area_between(points, best) <= front.unexplored + 1e-3 * gap
        for weights, bound in front.cuts:
            assert least(whole, weights)[0] >= bound - 1e-6 * (weights @ scale)


def area_between(points: Floats, best: Callable[[Floats], Floats]) -> float:
    """The area between a front and the staircase of its points, by the middles of many strips."""
    borders = np.linspace(points[:, 1].min(), points[:, 1].max(), 20001)
    middles = (borders[1:] + borders[:-1]) / 2
    by_second = points[points[:, 1].argsort()]
    place = np.searchsorted(by_second[:, 1], middles) - 1
    stairs = np.minimum.accumulate(by_second[:, 0])[place]
    return float((stairs - best(middles)).mean() * (borders[-1] - borders[0]))


def test_mixed_models_of_three_objectives_against_samples() -> None:
    generator = np.random.default_rng(5)
    whole = mixed_model(1)
    whole = model(np.vstack([whole.costs, generator.normal(size=7)]), whole.rows, whole.most, whole.integer)
    front, _ = found(whole, gap=0.05)
    assert not front.reason
    assert front.gap <= 0.05
    points = table(front)
    for point in points[::3]:
        assert improvement(whole, point, front.scale) <= 1e-5
    samples = []
    for chosen in (np.arange(8)[:, None] >> np.arange(3)) & 1:
        fixed = Model(whole.costs, whole.rows, whole.most, whole.integer, whole.highs.copy(), whole.lows.copy())
        fixed.highs[:3] = fixed.lows[:3] = chosen
        corner = [least(fixed, weights)[1] for weights in generator.dirichlet(np.ones(3), 25) / front.scale]
        corner = np.array(corner)
        samples.append(np.vstack([corner, generator.dirichlet(np.full(25, 0.1), 100) @ corner]) @ whole.costs.T)
    assert missed(points, np.vstack(samples), front.scale) <= front.gap + 1e-6


# --- numbers of all sizes


@pytest.mark.parametrize("method", ["dichotomy", "boxes", "zones"])
def test_costs_of_thousands_of_millions_beside_shares_of_a_thousandth(method: str) -> None:
    whole = mixed_model(2)
    integer = whole.integer & (method != "dichotomy")
    plain = model(whole.costs, whole.rows, whole.most, integer)
    large = model(whole.costs * np.array([[1e9], [1e-3]]), whole.rows, whole.most, integer)
    first, second = found(plain, method, gap=0.02)[0], found(large, method, gap=0.02)[0]
    assert same(table(second) / [1e9, 1e-3], table(first), 2e-6)
    assert second.gap == pytest.approx(first.gap, abs=1e-5)


@pytest.mark.parametrize("method", ["boxes", "zones"])
def test_ranges_of_a_millionth_of_the_values_keep_the_gap(method: str) -> None:
    """A gap of a solve that is a share of the value would be a large share of the range."""
    own = np.random.default_rng(3).normal(size=(2, 8))
    rows, most = np.array([np.ones(8), -np.ones(8)]), [4, -4]
    expected = enumerated(model(own, rows, most, True))
    front, _ = found(model(1e6 + own, rows, most, True), method, gap=0.02)
    assert missed(table(front) - 4e6, expected, front.scale) <= front.gap + 1e-6
    assert front.gap <= 0.02


def test_steps_below_the_tolerance_of_the_solver_end_and_are_said() -> None:
    """A zone of which the solver gives its own corner back would be searched without end."""
    own = np.random.default_rng(3).normal(size=(2, 8))
    whole = model(1e5 + own, [np.ones(8), -np.ones(8)], [4, -4], True)
    front, space = found(whole, "zones", gap=0.0, budget=500)
    assert space.made < 100
    assert "too close" in front.reason
    assert missed(table(front), enumerated(whole), front.scale) <= front.gap


def test_objectives_that_are_almost_parallel() -> None:
    """Both are 1 for each of 12 things, of which 4 are to be taken, and differ by 1e-5: the front is 1e-5 wide."""
    own = np.random.default_rng(8).normal(size=(2, 12))
    rows, most = np.array([np.ones(12), -np.ones(12)]), [4, -4]
    front, _ = found(model(1 + 1e-5 * own, rows, most))
    assert same((table(front) - 4) * 1e5, curve(model(own, rows, most)), 1e-4)


def test_an_objective_without_range_at_the_corners_still_counts() -> None:
    """The third is 0 at the best of all three, and -1 .. 1 elsewhere: at x = (1, 0), y = (0, 1) a sum of 1 is not 0."""
    # minimise a, b and |a + b - 1| as c, where c is at least either difference: at (0, 1) and (1, 0) c is 0
    costs = np.array([[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]])
    rows = np.array([[-1.0, -1, -1], [1, 1, -1]])
    whole = model(costs, rows, [-1, 1])
    front, _ = found(whole, gap=1e-3)
    assert (front.scale > 0.1).all()
    assert not front.reason
    weights = np.random.default_rng(0).dirichlet(np.ones(3), 50) / front.scale
    for row in weights:
        assert (table(front) @ row).min() - least(whole, row)[0] <= front.gap + 1e-9


def test_a_degenerate_model_has_each_extreme_point_once() -> None:
    """Ten copies of each row and of each column: many bases, one front."""
    generator = np.random.default_rng(4)
    costs, rows = generator.integers(-5, 6, (2, 4)), generator.integers(1, 5, (2, 4))
    once = model(costs, rows, [4, 5])
    often = model(np.tile(costs, 5), np.tile(rows, (10, 5)), np.tile([4, 5], 10), highs=0.2)
    assert same(table(found(often)[0]), curve(once))


# --- parts


@pytest.mark.parametrize("count", [2, 3, 4])
def test_local_bounds_against_their_definition(count: int) -> None:
    """A corner is a greatest one below which no point lies (Klamroth et al. 2015, definition 2.3), ties or not."""
    for seed in range(8 if count < 4 else 3):
        generator = np.random.default_rng(seed)
        values = generator.integers(0, 6 if seed % 2 else 50, (9 if count < 4 else 7, count)).astype(float)
        bounds = local_bounds.LocalBounds(count)
        for number, point in enumerate(values):
            bounds.learn(point, number)
            assert same_corners(bounds.upper, corners_of(values[: number + 1]))


def corners_of(points: Floats) -> Floats:
    """The greatest corners of what lies below none of the points, from all corners there are."""
    axes = [np.append(np.unique(points[:, place]), np.inf) for place in range(points.shape[1])]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, points.shape[1])
    free = grid[~(points[None] < grid[:, None]).all(axis=2).any(axis=1)]
    within = (free[:, None] <= free[None]).all(axis=2) & (free[:, None] < free[None]).any(axis=2)
    greatest: Floats = free[~within.any(axis=1)]
    return greatest


def same_corners(first: Floats, second: Floats) -> bool:
    return sorted(map(tuple, first.tolist())) == sorted(map(tuple, second.tolist()))


def test_heights_and_areas_above_cuts_by_hand() -> None:
    """Above x + y >= 1 lies half of the unit square, and its far corner is half a unit up."""
    cuts = [(np.array([1.0, 1.0]), 1.0)]
    low, high, scale = np.zeros(2), np.ones(2), np.ones(2)
    assert height_above(high, scale, cuts) == pytest.approx(0.5)
    assert area_above(low, high, scale, cuts) == pytest.approx(0.5)
    assert area_above(low, high, scale, [*cuts, (np.array([1.0, 0.0]), 0.5)]) == pytest.approx(0.375)
    assert area_above(low, high / 2, scale, [(np.array([1.0, 1.0]), 2.0)]) == 0.0
