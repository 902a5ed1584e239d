"""Near-optimal alternatives: a case by hand, laws of the ranges and of the plans, failures that are not hidden."""

from __future__ import annotations

from dataclasses import replace

import independent
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from random_cases import examples, shapes

import abate
from abate.errors import InputError, SolverError
from abate.front.nearby.alternatives import alternatives, difference
from abate.solver import Session, SolutionStatus, StopReason
from abate_data.synthetic import synthetic_case
from abate_models.problem import read_problem

#: 90 t have to go: 80 of them cheapest at the mill (0.375 a t), 10 at the town (0.5 a t), for 35 in all.
TWO = {
    "sources": "source\nmill\ntown\nspring",
    "loads": "source pollutant load\nmill P 100\ntown P 50\nspring P 10",
    "options": "source measure max_extent unit_cost\nmill filter 1 30\ntown filter 1 20",
    "removals": "source measure pollutant removal\n* filter P 0.8",
    "targets": "target kind limit\nbasin load 70",
}


@pytest.fixture
def two(make_case):
    return make_case(TWO)


@pytest.fixture(scope="module")
def echo():
    return abate.load("echo-reservoir")


class TestByHand:
    def test_the_ranges(self, two):
        # a t moved from the mill to the town costs 0.125 more: 3.5 more move 28 t
        found = alternatives(two, within=0.1)
        assert found.best.cost == pytest.approx(35)
        ends = found.extent.set_index("source")
        assert ends["best"].tolist() == pytest.approx([20, 40, 10])
        assert ends["least"].tolist() == pytest.approx([20, 12, 10])
        assert ends["most"].tolist() == pytest.approx([48, 40, 10])
        costs = found.costs.set_index("source")
        assert costs["least"].tolist() == pytest.approx([19.5, 5, 0])
        assert costs["most"].tolist() == pytest.approx([30, 19, 0])
        assert ends["proved"].all()
        assert costs["proved"].all()

    def test_units_and_words(self, two):
        found = alternatives(two, within=0.1)
        assert found.extent.attrs["units"] == dict.fromkeys(("baseline", "best", "least", "most"), "t/yr")
        assert found.costs.attrs["units"] == dict.fromkeys(("best", "least", "most"), "EUR/yr")
        assert repr(found) == "<Alternatives for 'made' within 0.1 of least-cost: 2 plans>"

    def test_the_plan_that_differs_most(self, two):
        # 28 t of 90 are moved; both plans reduce 90 t, so that 56 of 180 differ
        found = alternatives(two, within=0.1, count=2)
        assert found.differences.loc["best", "alternative 1"] == pytest.approx(56 / 180)
        assert found.plans[1].allocation["allowed"].tolist() == pytest.approx([48, 12, 10])

    def test_an_installed_part_costs_no_capital(self, make_case):
        # half a filter stands at the mill: a share costs 10, from half on 10 more, so that 15 buy 80 t at the most
        options = (
            "source measure max_extent unit_cost capital_cost built\nmill filter 1 10 100 0.5\ntown filter 1 20 . ."
        )
        measures = "measure lifetime_years\nfilter 10"
        case = make_case({**TWO, "options": options, "measures": measures}, discount_rate=0.0)
        found = alternatives(case, within=0.5)
        assert found.best.cost == pytest.approx(15 + 5)
        mill = found.costs.set_index("source").loc["mill"]
        assert mill["most"] == pytest.approx(15)
        assert mill["proved"]
        # 10 more: s t less at the mill save 0.25 each while the town's cost 0.5 each; all 30 t of it can move for 7.5
        assert mill["least"] == pytest.approx(15 - 30 * 0.25)


def test_the_ends_are_those_of_an_independent_model(echo):
    # rows rebuilt from the tables, solved by SciPy
    found = alternatives(echo, 0.05, 1)
    reading = independent.Reading(echo)
    rows, free = independent.all_rows(reading)
    costs = reading.cost_row(np.ones(len(reading.options), dtype=bool))
    limit = 1.05 * independent.least_cost(echo)[0]
    rows.at_most(costs / limit, 1.0, "near optimal")
    for place, row in found.extent.iterrows():
        removed = np.zeros(reading.width)
        removed[: len(reading.options)] = reading.removed[:, place] / row["baseline"]
        most, least = (independent._minimum(reading, sign * removed, rows, free)[1] for sign in (1.0, -1.0))
        assert (row["least"], row["most"]) == pytest.approx(
            ((1 + least) * row["baseline"], (1 - most) * row["baseline"]), rel=1e-5, abs=1e-5 * row["baseline"]
        )
    for _, row in found.costs.iterrows():
        paid = reading.cost_row((reading.options["source"] == row["source"]).to_numpy()) / limit
        least, most = (independent._minimum(reading, sign * paid, rows, free)[1] for sign in (1.0, -1.0))
        assert (row["least"], row["most"]) == pytest.approx((least * limit, -most * limit), abs=1e-6 * limit)


class TestLaws:
    @given(shapes(kinds=("air", "river", "mixed"), fixed_cost_shares=(0.0,)))
    @examples(5)
    def test_ranges_hold_the_best_and_every_plan_and_grow(self, shape):
        case = synthetic_case(**{**shape, "sources": min(shape["sources"], 8)})
        narrow, wide = alternatives(case, 0.02, 3), alternatives(case, 0.2, 3)
        for found in (narrow, wide):
            assert_lawful(found)
        for one, other in ((narrow.extent, wide.extent), (narrow.costs, wide.costs)):
            room = 1e-5 * other[["best", "most"]].abs().max(axis=1) + 1e-9
            assert (other["least"] <= one["least"] + room).all()
            assert (other["most"] >= one["most"] - room).all()

    def test_with_decisions_that_are_yes_or_no(self):
        case = synthetic_case(sources=4, technologies=2, receptors=4, pollutants=1, fixed_cost_share=0.5, seed=3)
        found = alternatives(case, 0.1, 3)
        assert_lawful(found)
        assert found.extent["proved"].all()

    def test_nothing_to_give_leaves_the_optimum(self, echo):
        found = alternatives(echo, 0.0)
        assert [plan.cost for plan in found.plans] == pytest.approx([found.best.cost] * len(found.plans), rel=1e-6)
        assert_lawful(found)
        unique = found.extent["most"] - found.extent["least"]
        assert (unique <= 1e-3 * found.extent["baseline"]).all()

    @pytest.mark.parametrize("objective", ["removal:P", "total_load"])
    def test_another_objective(self, echo, objective):
        found = alternatives(echo, 0.1, 2, objective=objective)
        sign = -1.0 if found.best.certificate.maximised else 1.0
        limit = sign * found.best.value + 0.1 * abs(found.best.value)
        assert all(sign * plan.value <= limit + 1e-6 * abs(limit) for plan in found.plans)

    def test_the_greatest_burden_is_that_of_the_plan(self, make_case):
        tables = {**TWO, "sources": "source income\nmill 100\ntown 100\nspring 100"}
        found = alternatives(make_case(tables), 0.2, 3, objective="max_burden")
        assert len(found.plans) > 1
        for plan in found.plans:
            assert plan.value == pytest.approx(plan.source_costs.max() / 100, rel=1e-6)

    def test_the_same_twice(self, echo):
        one, other = alternatives(echo, 0.05, 3), alternatives(echo, 0.05, 3)
        pd.testing.assert_frame_equal(one.extent, other.extent, check_exact=True)
        pd.testing.assert_frame_equal(one.differences, other.differences, check_exact=True)


def assert_lawful(found):
    """The best lies within all ranges, each plan too, each is certified and within the bound, and no two are alike."""
    least = found.best.cost
    for table in (found.extent, found.costs):
        room = 1e-6 * table["most"].abs() + 1e-9
        assert (table["least"] <= table["best"] + room).all()
        assert (table["best"] <= table["most"] + room).all()
    for plan in found.plans:
        assert plan.cost <= (1 + found.within) * least * (1 + 1e-6) + 1e-6
        assert plan.certificate.objective_value == pytest.approx(plan.cost)
        assert plan.attained
        allowed, costs = plan.allocation["allowed"], plan.source_costs
        room = 1e-5 * found.extent["baseline"] + 1e-9
        assert (allowed >= found.extent["least"] - room).all()
        assert (allowed <= found.extent["most"] + room).all()
        assert (costs <= found.costs["most"] * (1 + 1e-5) + 1e-6 * least).all()
    for plan in found.plans[1:]:
        # what is proved of the best plan is all that is proved of these
        assert plan.certificate.status is SolutionStatus.FEASIBLE
        assert plan.certificate.bound <= least * (1 + 1e-9)
    table = found.differences.to_numpy()
    np.testing.assert_allclose(table, table.T)
    assert ((table >= 0) & (table <= 1)).all()
    assert (table + np.eye(len(table)) > 1e-4).all()


def test_the_difference_is_a_share_of_what_is_reduced(make_case):
    problem = read_problem(make_case(TWO))
    assert difference(problem, np.array([20.0, 50, 10]), np.array([100.0, 10, 10])) == pytest.approx(1)
    assert difference(problem, np.array([20.0, 50, 10]), np.array([20.0, 50, 10])) == 0
    assert difference(problem, problem.loads.baseline, problem.loads.baseline) == 0


class TestFaults:
    @pytest.mark.parametrize("within", [-0.1, np.nan, np.inf])
    def test_no_share(self, two, within):
        with pytest.raises(InputError, match="within: is not a share"):
            alternatives(two, within)

    @pytest.mark.parametrize("count", [0, 1.5, True])
    def test_no_number_of_plans(self, two, count):
        with pytest.raises(InputError, match="count: is no number of plans"):
            alternatives(two, 0.1, count)

    def test_targets_that_cannot_hold(self, make_case):
        with pytest.raises(abate.NoPlanError):
            alternatives(make_case({**TWO, "targets": "target kind limit\nbasin load 20"}))

    @pytest.mark.parametrize("raises", [True, False])
    @pytest.mark.parametrize("k", range(1, 12))
    def test_the_kth_solve_fails(self, two, monkeypatch, k, raises):
        solve, near = Session.solve, "near_optimal"

        def failing(session):
            solution = solve(session)
            if near not in session.compiled.rows or session.solves != k:
                return solution
            if raises:
                raise SolverError("injected")
            nothing = np.full_like(solution.values, np.nan)
            return replace(solution, stop=StopReason.TIME_LIMIT, status=SolutionStatus.UNKNOWN, values=nothing)

        whole = alternatives(two, 0.1)
        monkeypatch.setattr(Session, "solve", failing)
        found = alternatives(two, 0.1)
        assert_lawful(found)
        for table, full in ((found.extent, whole.extent), (found.costs, whole.costs)):
            proved = table["proved"]
            np.testing.assert_allclose(table.loc[proved, ["least", "most"]], full.loc[proved, ["least", "most"]])
        unproved = (~found.extent["proved"]).sum() + (~found.costs["proved"]).sum()
        assert unproved == 1 if k == 1 else unproved <= 1

    def test_a_time_limit_that_strikes_says_so(self, monkeypatch):
        case = synthetic_case(sources=4, technologies=2, receptors=4, pollutants=1, fixed_cost_share=0.5, seed=3)
        solve = Session.solve

        def cut(session):
            solution = solve(session)
            ours = "near_optimal" in session.compiled.rows
            return replace(solution, status=SolutionStatus.FEASIBLE, stop=StopReason.TIME_LIMIT) if ours else solution

        monkeypatch.setattr(Session, "solve", cut)
        found = alternatives(case, 0.1, 2, time_limit=60)
        moves = found.extent["most"] > found.extent["least"]
        assert not found.extent.loc[moves, "proved"].all()

    def test_progress_counts_to_its_end(self, two):
        told = []
        alternatives(two, 0.1, progress=lambda *report: told.append(report))
        assert any(what.startswith("how far mill may go") for what, _, _ in told)
        assert all(0 <= done <= total for _, done, total in told)


def test_the_pool_is_bounded(echo, monkeypatch):
    whole = alternatives(echo, 0.05, 2)
    monkeypatch.setattr("abate.front.nearby.alternatives.MOST_MET", 2)
    assert alternatives(echo, 0.05, 2).differences.iloc[0, 1] == pytest.approx(whole.differences.iloc[0, 1])
