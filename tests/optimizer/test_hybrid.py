"""Fronts that are searched from exact points: against a grid, with faults, twice."""

from __future__ import annotations

import numpy as np
import pytest

import abate
from abate.errors import SolverError
from abate.front import Effort
from abate.front.case_source import CaseSource
from abate.front.exact.point import non_dominated
from abate.front.indicators import hypervolume
from abate.solver import Session

pytestmark = pytest.mark.slow

#: A tonne costs 0.375 at the mill (80 t at most), 0.5 at the town (40 t) and 1 at the farm (30 t); 60 t have to go.
THREE = {
    "sources": "source\nmill\ntown\nfarm",
    "loads": "source pollutant load\nmill P 100\ntown P 50\nfarm P 40",
    "options": "source measure max_extent unit_cost\nmill filter 1 30\ntown filter 1 20\nfarm strip 1 30",
    "removals": "source measure pollutant removal\n* filter P 0.8\n* strip P 0.75",
    "targets": "target kind limit\nbasin load 130",
}
FEW = Effort(evaluations=1_000)


@pytest.fixture(scope="module")
def three(make_case):
    return make_case(THREE)


@pytest.fixture(scope="module")
def front(three):
    return abate.explore(three, ["cost", "inequity:equal"], effort=FEW)


def gini(costs):
    """Return the Gini index of costs, shape (..., sources), by the mean absolute difference."""
    count = costs.shape[-1]
    differences = np.abs(costs[..., :, None] - costs[..., None, :]).sum(axis=(-1, -2))
    total = costs.sum(axis=-1)
    return np.divide(differences, 2 * count * total, out=np.zeros_like(total), where=total > 0)


def grid_front():
    """Return the front of cost and Gini over a grid of all plans that remove 60 t."""
    steps = np.linspace(0, 1, 61)
    mill, town, farm = (one.ravel() for one in np.meshgrid(steps, steps, steps))
    kept = 80 * mill + 40 * town + 30 * farm >= 60 - 1e-9
    costs = np.array([30 * mill, 20 * town, 30 * farm]).T[kept]
    values = np.column_stack([costs.sum(axis=1), gini(costs)])
    order = np.argsort(values[:, 0], kind="stable")
    best = np.minimum.accumulate(values[order, 1])
    ahead = np.concatenate([[True], best[1:] < best[:-1]])
    return values[order[ahead]]


class TestAgainstAGrid:
    def test_it_comes_to_what_a_fine_grid_comes_to(self, front):
        grid = grid_front()
        low, high = grid.min(axis=0), grid.max(axis=0)
        assert hypervolume(front.values, low, high) >= 0.995 * hypervolume(grid, low, high)

    def test_the_ends_are_exact(self, front, three):
        assert front.values[0, 0] == pytest.approx(abate.decompose(three).cost)
        # each pays the same: all three can pay 16 EUR or so and remove more than 60 t
        assert front.values[:, 1].min() == pytest.approx(0, abs=1e-9)

    def test_each_value_is_that_of_the_plan(self, front):
        for point in range(0, len(front), max(len(front) // 5, 1)):
            plan = front.plan(point)
            assert front.values[point].tolist() == pytest.approx([plan.cost, float(gini(plan.source_costs))], abs=1e-9)

    def test_it_says_what_it_is(self, front):
        assert front.method == "search"
        assert not np.isfinite(front.gap)
        assert "searched" in front.status
        assert non_dominated(front.values).all()
        assert front.history["hypervolume"].is_monotonic_increasing

    def test_choosing_works_on_the_points_alone(self, front):
        assert front.knee().point is not None
        near = front.near(cost=30)
        assert near.values["cost"] <= 30 + 1e-9
        assert front.best("inequity", cost=30).values["cost"] <= 30
        assert front.knee().rates.isna().all(axis=None)


class TestRounding:
    def test_what_is_not_installed_has_no_extent(self, make_case):
        # a billionth of a measure that the solver left out made a plan of two measures that exclude one another
        options = """
            source measure max_extent min_extent unit_cost fixed_cost
            mill   filter  1          0.5        20        10
            town   filter  1          0.5        15        5
            farm   strip   1          0          30        0"""
        source = CaseSource.of(make_case({**THREE, "options": options}), ["cost", "total_load"])
        columns = np.zeros((1, len(source.compiled.cost)))
        columns[0, source.compiled.columns["extent"]] = [1e-8, 0.75, 0.5]
        columns[0, source.compiled.columns["installed"]] = [1e-10, 1.0]
        assert source.extents(columns).tolist() == [[0.0, 0.75, 0.5]]


class TestTheSameAgain:
    def test_a_seed_gives_the_same_bytes(self, three, front):
        again = abate.explore(three, ["cost", "inequity:equal"], effort=FEW)
        assert again.values.tobytes() == front.values.tobytes()
        assert again.columns.tobytes() == front.columns.tobytes()

    def test_workers_change_nothing(self, three, front):
        other = abate.explore(three, ["cost", "inequity:equal"], effort=Effort(evaluations=1_000, workers=3))
        assert other.values.tobytes() == front.values.tobytes()

    def test_a_checkpoint_goes_on_to_the_same_bytes(self, three, front, tmp_path):
        path = tmp_path / "search.npz"
        abate.explore(three, ["cost", "inequity:equal"], effort=Effort(evaluations=400, checkpoint=path))
        on = abate.explore(three, ["cost", "inequity:equal"], effort=Effort(evaluations=1_000, checkpoint=path))
        assert on.values.tobytes() == front.values.tobytes()


class TestFaults:
    @pytest.mark.parametrize("fails_at", [1, 2, 3, 5, 8, 13, 21, 34])
    def test_a_solve_that_fails(self, three, front, monkeypatch, fails_at):
        made = 0
        solve = Session.solve

        def failing(session):
            nonlocal made
            made += 1
            if made == fails_at:
                raise SolverError("injected")
            return solve(session)

        monkeypatch.setattr(Session, "solve", failing)
        try:
            found = abate.explore(three, ["cost", "inequity:equal"], effort=Effort(evaluations=200))
        except abate.SolverError:
            assert fails_at <= 2  # nothing was found yet
            return
        assert len(found)
        low, high = front.values.min(axis=0), front.values.max(axis=0)
        assert (found.values >= low - 1e-6 * (high - low)).all()

    def test_a_function_that_raises_is_named_and_the_plans_so_far_are_kept(self, three):
        calls = 0

        def dust(allocation):
            nonlocal calls
            calls += 1
            if calls > 400:
                raise ValueError("no dust today")
            return float(allocation["allowed"].max())

        found = abate.explore(three, ["cost", dust], effort=Effort(evaluations=1_000))
        assert len(found)
        assert "dust" in found.status
        assert "no dust today" in found.status
        assert found.status.startswith("truncated")

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), None, "1"])
    def test_a_function_that_never_returns_a_number(self, three, value):
        def dust(allocation):
            return value

        with pytest.raises(abate.AbateError, match="dust"):
            abate.explore(three, ["cost", dust], effort=Effort(evaluations=200))

    def test_an_interruption_keeps_what_was_found(self, three):
        calls = 0

        def dust(allocation):
            nonlocal calls
            calls += 1
            if calls > 400:
                raise KeyboardInterrupt
            return float(allocation["allowed"].max())

        found = abate.explore(three, ["cost", dust], effort=Effort(evaluations=1_000))
        assert len(found)
        assert "interrupted" in found.status


class TestFunctions:
    def test_a_function_that_is_linear_gives_the_exact_front(self, three):
        def left(allocation):
            return float(allocation["allowed"].sum())

        searched = abate.explore(three, ["cost", left], effort=FEW)
        exact = abate.explore(three, ["cost", "total_load"])
        low, high = exact.values.min(axis=0), exact.values.max(axis=0)
        # between the corners of the exact front lie its mixtures: the area above the polygon through them
        cost, load = ((exact.values - low) / (high - low)).T
        area = float(np.sum(np.diff(cost) * (1 - (load[1:] + load[:-1]) / 2)))
        assert hypervolume(searched.values, low, high) == pytest.approx(area, rel=0.03)

    def test_maximise(self, three):
        def removed(allocation):
            return float(allocation["reduction"].sum())

        removed.maximise = True
        found = abate.explore(three, ["cost", removed], effort=Effort(evaluations=500))
        assert found.points["removed"].iloc[0] == pytest.approx(60, rel=1e-6)
        assert found.points["removed"].max() == pytest.approx(150)

    def test_attainment_needs_something_uncertain(self, three):
        with pytest.raises(abate.InputError, match="uncertain"):
            abate.explore(three, ["cost", "attainment"])
