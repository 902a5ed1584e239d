"""Sessions with HiGHS: scaling, limits, what came back, and solving again."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import sparse
from scipy.optimize import linprog

import abate
from abate.bound import proved_bound
from abate.outcome import relative_gap
from abate.solver import Session, SolutionStatus, StopReason, choose_method
from abate_models.assemble import assemble
from abate_models.compile import CompiledModel, compile_model
from abate_models.problem import read_problem

INF = np.inf

TWO = {
    "sources": "source\nmill\ntown",
    "loads": "source pollutant load\nmill P 100\ntown P 50",
    "options": "source measure max_extent unit_cost\nmill filter 1 30\ntown filter 1 20",
    "removals": "source measure pollutant removal\n* filter P 0.8",
    "targets": "target kind limit\nbasin load 60",
}


def compiled(matrix, cost, row_lower, row_upper, column_lower, column_upper, integer=None, offset=0.0):
    """Return a model from plain lists."""
    cost = np.array(cost, dtype=float)
    rows = np.arange(len(row_lower))
    return CompiledModel(
        matrix=sparse.csr_array(np.array(matrix, dtype=float).reshape(len(rows), len(cost))),
        cost=cost,
        offset=offset,
        row_lower=np.array(row_lower, dtype=float),
        row_upper=np.array(row_upper, dtype=float),
        column_lower=np.array(column_lower, dtype=float),
        column_upper=np.array(column_upper, dtype=float),
        integer=np.zeros(len(cost), dtype=bool) if integer is None else np.array(integer, dtype=bool),
        columns={"x": slice(0, len(cost))},
        rows={"row": rows},
    )


#: min 2x + 3y + 10 with x + y >= 4, x - y <= 2, 0 <= x <= 3, 0 <= y <= 9: x = 3, y = 1, and 3x + ... is at 19.
SMALL = compiled([[1, 1], [1, -1]], [2, 3], [4, -INF], [INF, 2], [0, 0], [3, 9], offset=10.0)
#: min 5x + 4y + 3z with 2x + 3y + z >= 5, all yes or no: x + y = 9, y + z = 7 misses, x + y + z = 12; x + y it is.
KNAPSACK = compiled([[2, 3, 1]], [5, 4, 3], [5], [INF], [0, 0, 0], [1, 1, 1], [True] * 3)


class TestAnswers:
    def test_an_optimum_with_prices(self):
        solution = Session(SMALL).solve()
        assert (solution.stop, solution.status) == (StopReason.FINISHED, SolutionStatus.OPTIMAL)
        assert solution.found
        assert solution.values == pytest.approx([3, 1])
        assert solution.objective == solution.bound == pytest.approx(19)
        # one more asked of x + y is one more y; x - y = 2 holds with x at its bound as well, so prices sum alike
        moved = replace(SMALL, row_lower=np.array([4.5, -INF]))
        assert Session(moved).solve().objective - 19 == pytest.approx(1.5)

    def test_a_milp_has_a_bound_and_no_prices(self):
        solution = Session(KNAPSACK).solve()
        assert solution.values == pytest.approx([1, 1, 0])
        assert solution.objective == pytest.approx(9)
        assert solution.bound == pytest.approx(9)
        assert np.isnan(solution.prices).all()

    @pytest.mark.parametrize("integer", [False, True])
    def test_infeasible_is_not_unbounded(self, integer):
        whole = [integer]
        infeasible = compiled([[1]], [1], [2], [INF], [0], [1], whole)
        assert Session(infeasible).solve().status is SolutionStatus.INFEASIBLE
        unbounded = compiled([[1]], [-1], [0], [INF], [0], [INF], whole)
        assert Session(unbounded).solve().status is SolutionStatus.UNBOUNDED

    def test_nothing_to_decide(self):
        solution = Session(compiled(np.zeros((0, 2)), [1, -1], [], [], [0, 0], [3, 4], offset=1.0)).solve()
        assert solution.status is SolutionStatus.OPTIMAL
        assert solution.objective == -3

    def test_an_answer_that_was_not_found_says_so(self):
        solution = Session(compiled([[1]], [1], [2], [INF], [0], [1])).solve()
        assert not solution.found
        assert np.isnan(solution.values).all()
        assert np.isnan(solution.prices).all()


class TestLimits:
    @pytest.mark.parametrize("seconds", [0.0, 1e-9])
    def test_no_time_gives_an_error_that_names_the_limit_or_a_plan_with_its_gap(self, make_case, seconds):
        options = "source measure max_extent unit_cost fixed_cost\nmill filter 1 30 5\ntown filter 1 20 4"
        case = make_case({**TWO, "options": options})
        plan, said = None, "time limit"
        try:
            plan = abate.decompose(case, time_limit=seconds)
        except abate.SolverError as error:
            said = str(error)
        assert "time limit" in said
        assert plan is None or plan.certificate.gap >= 0

    def test_the_gap_is_the_callers(self, make_case):
        # 12 sources of which each costs 7 to 18 to have: for 41 t of 5 each nine are needed
        count = range(12)
        case = make_case(
            {
                "sources": "source\n" + "\n".join(f"s{i}" for i in count),
                "loads": "source pollutant load\n" + "\n".join(f"s{i} P 5" for i in count),
                "options": "source measure max_extent min_extent fixed_cost\n"
                + "\n".join(f"s{i} close 1 1 {7 + i}" for i in count),
                "removals": "source measure pollutant removal\n* close P 1",
                "targets": "target kind limit\nbasin load 19",
            }
        )
        best = sum(range(7, 16))
        assert abate.decompose(case).cost == pytest.approx(best)
        loose = abate.decompose(case, gap=0.3)
        assert loose.certificate.gap <= 0.3
        assert loose.certificate.bound <= best + 1e-6
        assert best - 1e-6 <= loose.cost <= best / 0.7

    @pytest.mark.parametrize("option", [{"gap": -1.0}, {"time_limit": -5.0}])
    def test_limits_below_nothing_are_the_callers_slip(self, make_case, option):
        with pytest.raises(abate.InputError, match=next(iter(option))):
            abate.decompose(make_case(TWO), **option)

    def test_each_solve_has_the_whole_limit(self):
        session = Session(SMALL, time_limit=60.0)
        for _ in range(3):
            assert session.solve().stop is StopReason.FINISHED

    def test_a_plan_found_in_time_carries_its_gap(self):
        # 40 x 60 random set covering: far more than a few milliseconds to prove, a first plan at once
        random = np.random.default_rng(7)
        matrix = (random.random((60, 40)) < 0.15).astype(float)
        matrix[np.arange(60), random.integers(0, 40, 60)] = 1.0
        model = compiled(
            matrix, random.integers(5, 9, 40), np.ones(60), np.full(60, INF), np.zeros(40), np.ones(40), [True] * 40
        )
        loose = Session(model, gap=0.5).solve()
        tight = Session(model).solve()
        for solution, gap in ((loose, 0.5), (tight, 1e-6)):
            assert solution.status is SolutionStatus.OPTIMAL
            assert solution.bound <= solution.objective + 1e-9
            assert solution.objective - solution.bound <= gap * solution.objective + 1e-9
            assert (matrix @ solution.values >= 1 - 1e-6).all()
        assert loose.bound <= tight.objective + 1e-6
        assert loose.nodes <= tight.nodes

    @pytest.mark.parametrize(
        ("value", "bound", "size", "gap"),
        [
            (10, 8, 10, 0.2),
            (10, 10, 10, 0),
            (0, 0, 10, 0),
            (8, 10, 10, 0),
            (-8, -10, 10, 0.2),
            (1, -1, 10, 2),
            # what is far below the last digit of the most that there could be is rounding
            (1e-15, 0, 10, 0),
            (1e-7, 0, 10, 1),
        ],
    )
    def test_relative_gap(self, value, bound, size, gap):
        assert relative_gap(float(value), float(bound), float(size)) == pytest.approx(gap)

    def test_the_gap_of_an_unproved_plan_is_infinite(self):
        assert relative_gap(5.0, -INF, 10.0) == INF


class TestScaling:
    @settings(max_examples=25, deadline=None)
    @given(
        rows=arrays.arrays(np.int64, 2, elements=st.integers(-10, 10)),
        columns=arrays.arrays(np.int64, 2, elements=st.integers(-9, 9)),
        cost=st.integers(-9, 9),
    )
    def test_units_do_not_matter(self, rows, columns, cost):
        """Rows, columns and costs in other units give the same answer in those units."""
        row, column = 10.0**rows, 10.0**columns
        model = replace(
            SMALL,
            matrix=sparse.csr_array(SMALL.matrix.toarray() * row[:, None] / column),
            cost=SMALL.cost / column * 10.0**cost,
            offset=SMALL.offset * 10.0**cost,
            row_lower=SMALL.row_lower * row,
            row_upper=SMALL.row_upper * row,
            column_lower=SMALL.column_lower * column,
            column_upper=SMALL.column_upper * column,
        )
        solution = Session(model).solve()
        assert solution.values / column == pytest.approx([3, 1], rel=1e-6)
        assert solution.objective / 10.0**cost == pytest.approx(19, rel=1e-6)
        assert proved_bound(model, solution.prices) / 10.0**cost == pytest.approx(19, rel=1e-6)

    @pytest.mark.parametrize("factor", [1e-15, 1e-9, 1e-3, 1e3, 1e6, 1e9])
    def test_loads_in_any_unit_make_the_same_plan(self, make_case, keeps_laws, factor):
        """The same river in ng and in kt: fixed costs, least extents, mass removals, quality and a budget."""

        def tables(f):
            return {
                "sources": "source\nmill\ntown\nfarm",
                "loads": f"source pollutant load floor\nmill P {100 * f} {3 * f}\ntown P {50 * f} 0\nfarm P {25 * f} 0",
                "options": """
                    source measure max_extent min_extent unit_cost fixed_cost
                    mill   filter  1          0.2        30        5
                    town   filter  1          .          20        .
                    farm   strip   40         .          3         .""",
                "removals": f"""
                    source measure pollutant removal basis
                    *      filter  P         0.8     fraction
                    *      strip   P         {0.5 * f} mass""",
                "transfer": f"""
                    source receptor pollutant parameter coefficient
                    mill lake P tp {0.001 / f}
                    town lake P tp {0.002 / f}
                    farm lake P tp {0.001 / f}""",
                "background": "receptor parameter value\nlake tp 0.05",
                "targets": f"""
                    target kind    receptor limit
                    clear  quality lake     0.14
                    basin  load    .        {70 * f}
                    purse  budget  .        200""",
            }

        expected = abate.decompose(make_case(tables(1.0)))
        plan = abate.decompose(make_case(tables(factor)))
        assert plan.cost == pytest.approx(expected.cost, rel=1e-6)
        assert (plan.allocation["allowed"] / factor).tolist() == pytest.approx(
            expected.allocation["allowed"].tolist(), rel=1e-5
        )
        assert plan.attainment["attained"].all()
        prices = plan.prices["price"].to_numpy() * np.array([1, factor, 1])
        assert prices == pytest.approx(expected.prices["price"].to_numpy(), rel=1e-5, abs=1e-9)

    @pytest.mark.parametrize("factor", [1e-12, 1e12, 1e15])
    def test_what_gives_way_in_any_unit(self, make_case, factor):
        """Tonnes in units from Mt to ng: 150 t, of which 30 stay at least; the cap asks for 20."""
        loads = f"source pollutant load\nmill P {100 * factor!r}\ntown P {50 * factor!r}"
        case = make_case({**TWO, "loads": loads, "targets": f"target kind limit\nbasin load {20 * factor!r}"})
        with pytest.raises(abate.NoPlanError) as caught:
            abate.decompose(case)
        assert (caught.value.relaxation["becomes"] / factor).tolist() == pytest.approx([30])
        assert abate.decompose(case, "exceedance").value == pytest.approx(0.5)

    def test_a_coefficient_of_nothing_is_nothing(self):
        model = replace(SMALL, matrix=sparse.csr_array(([1.0, 1.0, 0.0, -1.0], [0, 1, 0, 1], [0, 2, 4]), shape=(2, 2)))
        assert Session(model).solve().objective == pytest.approx(10 + 2 * 3 + 3)

    def test_a_coefficient_too_small_to_be_seen_is_only_warned_of(self, caplog):
        model = replace(SMALL, matrix=sparse.csr_array(np.array([[1.0, 1.0], [1e-14, -1.0]])))
        with caplog.at_level(logging.WARNING, "abate"):
            solution = Session(model).solve()
        assert "cannot be seen by the solver, in row" in caplog.text
        assert solution.objective == pytest.approx(19)

    def test_bounds_that_cross_are_infeasible(self):
        model = replace(SMALL, column_lower=np.array([5.0, 0.0]))
        assert Session(model).solve().status is SolutionStatus.INFEASIBLE


class TestSolvingAgain:
    def test_solves_are_counted(self):
        session = Session(SMALL)
        assert session.solves == 0
        for count in (1, 2, 3):
            session.solve()
            assert session.solves == count

    @settings(max_examples=40, deadline=None)
    @given(data=st.data())
    def test_changes_equal_a_fresh_solve(self, data):
        """However costs, bounds and limits were changed before, the answer is that of a new session."""
        session, model = Session(SMALL), SMALL
        numbers = st.integers(-4, 8).map(float)
        for _ in range(data.draw(st.integers(1, 4))):
            what = data.draw(st.sampled_from(["cost", "rows", "columns"]))
            if what == "cost":
                cost = np.array([data.draw(numbers), data.draw(numbers)])
                session.minimise(cost, 2.0)
                model = replace(model, cost=cost, offset=2.0)
            elif what == "rows":
                lower = data.draw(st.sampled_from([-INF, 0.0, 3.0, 13.0]))
                session.bound_rows(np.array([0]), np.array([lower]), np.array([INF]))
                model = replace(model, row_lower=np.array([lower, model.row_lower[1]]))
            else:
                upper = data.draw(st.sampled_from([0.0, 2.0, 9.0, 30.0]))
                session.bound_columns(np.array([1]), np.array([0.0]), np.array([upper]))
                model = replace(model, column_upper=np.array([model.column_upper[0], upper]))
            solution = session.solve()
            lower, upper = model.row_lower, model.row_upper
            matrix = model.matrix.toarray()
            reference = linprog(
                model.cost,
                A_ub=np.vstack([matrix[[1]], -matrix[[0]]]),
                b_ub=np.array([upper[1], -lower[0] if np.isfinite(lower[0]) else 1e9]),
                bounds=list(zip(model.column_lower, model.column_upper, strict=True)),
            )
            assert solution.found == reference.success
            if reference.success:
                assert solution.objective == pytest.approx(reference.fun + model.offset, abs=1e-6)
                assert Session(model).solve().objective == pytest.approx(solution.objective, abs=1e-6)
                assert proved_bound(model, solution.prices) == pytest.approx(solution.objective, abs=1e-6)
            else:
                assert solution.status is SolutionStatus.INFEASIBLE

    def test_fixed_whole_numbers_leave_an_lp_with_prices(self):
        # y is whole: min x + 3y with x + 2y >= 5, x <= 2: y = 2, x = 1; with y fixed one more asked is one more x
        model = compiled([[1, 2]], [1, 3], [5], [INF], [0, 0], [2, 9], [False, True])
        session = Session(model)
        first = session.solve()
        assert first.values == pytest.approx([1, 2])
        session.fix_integers(first.values)
        second = session.solve()
        assert second.values == pytest.approx([1, 2])
        assert second.prices == pytest.approx([1])
        assert second.objective == pytest.approx(7)
        assert session.solves == 2

    def test_fixing_rounds(self):
        model = compiled([[1, 2]], [1, 3], [5], [INF], [0, 0], [2, 9], [False, True])
        session = Session(model)
        session.fix_integers(np.array([0.3, 2.0000004]))
        assert session.solve().values == pytest.approx([1, 2])


class TestMethod:
    def test_small_and_dense_lps_by_simplex_large_and_sparse_ones_by_interior_point(self):
        count = 8000
        many, none = np.ones(count), np.zeros(count)
        dense = compiled(np.ones((1, count)), many, [1], [INF], none, many)
        large = replace(
            dense,
            matrix=sparse.csr_array(sparse.eye_array(count, format="csr")),
            row_lower=many / 2,
            row_upper=np.full(count, INF),
            rows={"row": np.arange(count)},
        )
        assert [choose_method(model) for model in (SMALL, dense, large)] == ["simplex", "simplex", "ipx"]
        assert choose_method(KNAPSACK) == "choose"
        for model, least in ((dense, 1), (large, count / 2)):
            solution = Session(model).solve()
            assert solution.objective == pytest.approx(least)
            assert proved_bound(model, solution.prices) == pytest.approx(least)

    def test_the_same_twice(self, make_case):
        model = compile_model(assemble(read_problem(make_case(TWO))))
        first, second = Session(model).solve(), Session(model).solve()
        assert first.values.tobytes() == second.values.tobytes()
        assert first.prices.tobytes() == second.prices.tobytes()


class TestProvedBound:
    """Weak duality: whatever the prices, no point that holds is better than the bound."""

    @settings(max_examples=60, deadline=None)
    @given(prices=arrays.arrays(np.float64, 2, elements=st.integers(-6, 6).map(float)))
    def test_any_prices_bound_the_optimum(self, prices):
        assert proved_bound(SMALL, prices) <= 19 + 1e-9

    def test_prices_on_a_side_without_bound_are_rounding(self):
        # the first row has no upper, the second no lower bound
        assert proved_bound(SMALL, np.array([-1e-9, 1e-9])) == pytest.approx(10)

    def test_a_column_without_bound_that_would_pay_proves_nothing(self):
        model = compiled([[1]], [1], [2], [INF], [0], [INF])
        assert proved_bound(model, np.array([2.0])) == -INF
        assert proved_bound(model, np.array([1.0])) == 2
