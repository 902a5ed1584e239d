"""Targets that hold with a probability: against optima found another way, against draws, and all through a plan."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from statistics import NormalDist

import numpy as np
import pandas as pd
import pyomo.environ as pyo
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_cases import changed, examples, least_cost, shapes
from scipy import sparse
from scipy.optimize import minimize

import abate
from abate.certify import prove
from abate.margins import Chance, row_prices, solve_with_margins
from abate.solver import Session, SolutionStatus
from abate_data.synthetic import synthetic_case
from abate_models.compile import CompiledModel

INF = np.inf
#: Two sources whose coefficients are known to a fifth, and one that is known for sure; background with a deviation.
LAKE = {
    "sources": "source kind\nmill point\ntown point\nfarm diffuse",
    "loads": "source pollutant load\nmill P 100\ntown P 80\nfarm P 60",
    "options": "source measure max_extent unit_cost\nmill filter 1 30\ntown filter 1 40\nfarm strip 1 45",
    "removals": "source measure pollutant removal\n* filter P 0.9\n* strip P 0.9",
    "receptors": "receptor\nlake\nriver",
    "transfer": """
        source receptor pollutant parameter coefficient relative_sd
        mill   lake     P         tp        0.010       0.2
        town   lake     P         tp        0.012       0.3
        farm   lake     P         tp        0.014       .
        mill   river    P         do        -0.02       0.25""",
    "background": "receptor parameter value sd\nlake tp 0.2 0.05\nriver do 9 .",
}
HEADING = "target kind receptor parameter sense limit margin_of_safety priority probability\n"


@pytest.fixture(scope="module")
def lake(make_case):
    """Return a function that makes the case with some targets, lines under `HEADING`, and other tables."""

    def make(*targets, **tables):
        return make_case({**LAKE, "targets": HEADING + "\n".join(targets), **tables}, signed_transfer=True)

    return make


def quantile(probability):
    return NormalDist().inv_cdf(probability)


def model(matrix, cost, row_upper, columns, integer=None):
    """Return a model of upper limits with columns from 0 to some numbers."""
    cost, rows = np.array(cost, dtype=float), np.arange(len(row_upper))
    return CompiledModel(
        matrix=sparse.csr_array(np.array(matrix, dtype=float).reshape(len(rows), len(cost))),
        cost=cost,
        offset=0.0,
        row_lower=np.full(len(rows), -INF),
        row_upper=np.array(row_upper, dtype=float),
        column_lower=np.zeros(len(cost)),
        column_upper=np.array(columns, dtype=float),
        integer=np.zeros(len(cost), dtype=bool) if integer is None else np.array(integer, dtype=bool),
        columns={"x": slice(0, len(cost))},
        rows={"row": rows},
        keys={"row": rows.tolist()},
    )


def chance(row, limit, factors, constant=None, sign=1.0, z=2.0):
    factors = np.array(factors, dtype=float)
    constant = np.zeros(len(factors)) if constant is None else np.array(constant, dtype=float)
    return Chance(row, sign, limit, z, constant, sparse.csr_array(factors))


class TestCuts:
    def test_an_optimum_worked_by_hand(self):
        # most of x + y with x + y + 2 |(0.3 x, 0.3 y)| <= 10: by symmetry x = y, so x (2 + 0.6 sqrt 2) = 10
        session = Session(model([[1, 1]], [-1, -1], [10], [50, 50]))
        solution, margins = solve_with_margins(session, [chance(0, 10, [[0.3, 0], [0, 0.3]])])
        most = 10 / (2 + 0.6 * np.sqrt(2))
        assert solution.objective == pytest.approx(-2 * most, rel=1e-6)
        assert margins == pytest.approx([0.6 * np.sqrt(2) * most], rel=1e-3)
        assert solution.objective == pytest.approx(solution.bound, rel=1e-9)

    def test_a_lower_limit(self):
        # least of x with x - 2 x 0.1 x >= 4
        lowest = replace(model([[1]], [1], [INF], [50]), row_lower=np.array([4.0]))
        solution, margins = solve_with_margins(Session(lowest), [chance(0, 4, [[0.1]], sign=-1.0)])
        assert solution.values == pytest.approx([5.0], rel=1e-6)
        assert margins == pytest.approx([1.0], rel=1e-6)

    @pytest.mark.parametrize("seed", range(6))
    def test_it_is_the_optimum_of_the_cone(self, seed):
        """SciPy's SLSQP on the smooth problem with exact gradients is the other way."""
        rng = np.random.default_rng(seed)
        count, rows = 4, 2
        matrix, cost = rng.uniform(0.2, 1, (rows, count)), -rng.uniform(1, 2, count)
        factors = [0.3 * rng.standard_normal((3, count)) for _ in range(rows)]
        constants = [0.2 * rng.standard_normal(3) for _ in range(rows)]
        z, limits = quantile(0.9), rng.uniform(3, 5, rows)
        chances = [chance(k, limits[k], factors[k], constants[k], z=z) for k in range(rows)]
        session = Session(model(matrix, cost, limits, np.full(count, 4.0)))
        solution, margins = solve_with_margins(session, chances)

        def room(x, k):
            return limits[k] - matrix[k] @ x - z * np.linalg.norm(constants[k] + factors[k] @ x)

        def slope(x, k):
            error = constants[k] + factors[k] @ x
            return -matrix[k] - z * factors[k].T @ error / np.linalg.norm(error)

        found = minimize(
            lambda x: cost @ x,
            np.full(count, 0.5),
            jac=lambda _: cost,
            bounds=[(0, 4)] * count,
            constraints=[{"type": "ineq", "fun": room, "jac": slope, "args": (k,)} for k in range(rows)],
            method="SLSQP",
            options={"ftol": 1e-10, "maxiter": 500},
        )
        assert found.success
        assert solution.objective == pytest.approx(found.fun, rel=2e-6)
        x = solution.values
        deviations = [np.linalg.norm(constants[k] + factors[k] @ x) for k in range(rows)]
        assert margins == pytest.approx(z * np.array(deviations), rel=1e-9)
        assert min(room(x, k) / limits[k] for k in range(rows)) >= -1e-6

    @pytest.mark.parametrize("seed", range(4))
    def test_whole_numbers_against_every_choice(self, seed):
        rng = np.random.default_rng(seed)
        count = 6
        gains, weights = rng.uniform(1, 2, count), rng.uniform(0.5, 1.5, count)
        factors, z = np.diag(rng.uniform(0.1, 0.6, count)), quantile(0.95)
        limit = 0.5 * weights.sum()
        session = Session(model([weights], -gains, [limit], np.ones(count), [True] * count))
        solution, _ = solve_with_margins(session, [chance(0, limit, factors, z=z)])
        choices = np.array(list(product([0.0, 1.0], repeat=count)))
        held = choices @ weights + z * np.linalg.norm(choices @ factors, axis=1) <= limit
        assert -solution.objective == pytest.approx((choices[held] @ gains).max(), rel=1e-9)
        assert session.is_whole

    def test_a_quantile_of_0_is_the_model_as_it_is(self):
        plain = model([[1, 1]], [-1, -2], [10], [6, 6])
        solution, margins = solve_with_margins(Session(plain), [chance(0, 10, np.eye(2), z=0.0)])
        assert solution.objective == Session(plain).solve().objective
        assert margins.tolist() == [0.0]

    def test_no_chances_are_one_solve(self):
        session = Session(model([[1, 1]], [-1, -2], [10], [6, 6]))
        solution, margins = solve_with_margins(session, [])
        assert (solution.objective, session.solves, len(margins)) == (-16, 1, 0)

    def test_where_the_deviation_is_0_the_expected_value_is_all(self):
        # x has to be 0, where the deviation has no gradient; y is certain
        session = Session(model([[1, 0]], [-1, -1], [0], [5, 3]))
        solution, margins = solve_with_margins(session, [chance(0, 0, [[0.5, 0]])], near=np.zeros(2))
        assert solution.values == pytest.approx([0, 3])
        assert margins == pytest.approx([0.0])

    def test_infeasible_is_said_and_has_no_margins(self):
        # x = 1 is asked, and 1 + 2 x 0.5 is more than 1.5
        both = replace(model([[1], [1]], [1], [1.5, INF], [9]), row_lower=np.array([-INF, 1.0]))
        solution, margins = solve_with_margins(Session(both), [chance(0, 1.5, [[0.5]])])
        assert solution.status is SolutionStatus.INFEASIBLE
        assert np.isnan(margins).all()

    def test_rounds_that_are_spent_are_an_error(self):
        session = Session(model([[1, 1]], [-1, -1.3], [10], [50, 50]))
        with pytest.raises(abate.SolverError, match="margins of 1 targets were not settled after 2 solves"):
            solve_with_margins(session, [chance(0, 10, [[0.3, 0], [0, 0.3]])], rounds=2)

    def test_cuts_near_the_solution_save_solves(self):
        plain, limits = model([[1, 1]], [-1, -1.3], [10], [50, 50]), [chance(0, 10, [[0.3, 0], [0, 0.3]])]
        cold, warm = Session(plain), Session(plain)
        first, _ = solve_with_margins(cold, limits)
        second, _ = solve_with_margins(warm, limits, near=first.values)
        assert second.objective == pytest.approx(first.objective, rel=1e-6)
        assert warm.solves < cold.solves

    def test_prices_of_cuts_go_to_their_row(self):
        plain, factors = model([[1, 1]], [-1, -1.3], [10], [50, 50]), [[0.3, 0], [0, 0.3]]
        session = Session(plain)
        solution, _ = solve_with_margins(session, [chance(0, 10, factors)])
        price = row_prices(session.compiled, solution.prices)
        assert price[1:].tolist() == [0.0] * (len(price) - 1)
        moved = Session(replace(plain, row_upper=np.array([10.5])))
        after, _ = solve_with_margins(moved, [chance(0, 10.5, factors)])
        # the optimum grows in proportion to the limit
        assert price[0] == pytest.approx((after.objective - solution.objective) / 0.5, rel=1e-4)


CLEAR = "clear quality lake tp at_most 1.6 . 1"


class TestPlans:
    @pytest.mark.parametrize("probability", [0.8, 0.9, 0.95])
    def test_it_holds_as_often_as_asked(self, lake, probability):
        plan = abate.decompose(lake(f"{CLEAR} {probability}"))
        mill, town, farm = plan.allocation["allowed"]
        rng, count = np.random.default_rng(1), 400_000
        tp = 0.2 + 0.05 * rng.standard_normal(count)
        tp += 0.010 * (1 + 0.2 * rng.standard_normal(count)) * mill
        tp += 0.012 * (1 + 0.3 * rng.standard_normal(count)) * town + 0.014 * farm
        assert plan.attainment["binding"].all()
        assert (tp <= 1.6).mean() == pytest.approx(probability, abs=0.01)

    @pytest.mark.parametrize("probability", [0.8, 0.9, 0.95])
    def test_a_cap_holds_as_often_as_asked(self, lake, probability):
        loads = "source pollutant load relative_sd\nmill P 100 0.2\ntown P 80 .\nfarm P 60 0.4"
        plan = abate.decompose(lake(f"cap load . . . 120 . 1 {probability}", loads=loads))
        rng, count = np.random.default_rng(2), 400_000
        mill, town, farm = plan.allocation["allowed"]
        total = mill * (1 + 0.2 * rng.standard_normal(count)) + town
        total += farm * (1 + 0.4 * rng.standard_normal(count))
        assert (total <= 120).mean() == pytest.approx(probability, abs=0.01)

    def test_a_lower_limit_worked_by_hand(self, lake):
        # 9 - 0.02 L - z 0.02 x 0.25 L >= 8 leaves L = 1 / (0.02 + 0.005 z); a filter of 90 t costs 30
        plan = abate.decompose(lake("fish quality river do at_least 8 . 1 0.9"))
        left = 1 / (0.02 + 0.005 * quantile(0.9))
        assert plan.allocation["allowed"].tolist() == pytest.approx([left, 80, 60], rel=1e-6)
        assert plan.cost == pytest.approx((100 - left) / 90 * 30, rel=1e-6)
        assert plan.attainment["margin"].tolist() == pytest.approx([0.005 * quantile(0.9) * left], rel=1e-6)
        # margins of lower limits count downwards in the balance
        row = plan.balance.iloc[0]
        parts = row[["point", "diffuse", "background", "margin", "reserve", "unused"]].astype(float)
        assert parts.sum() == pytest.approx(8.0)
        assert row["margin"] < 0

    def test_cost_rises_with_the_probability(self, lake):
        shares = [0.5, 0.6, 0.8, 0.9, 0.95, 0.99, 0.999]
        costs = [abate.decompose(lake(f"{CLEAR} {share}")).cost for share in shares]
        assert (np.diff(costs) > 0).all()

    def test_a_half_is_the_plan_for_expected_figures(self, lake, independent_least_cost):
        plan, plain = abate.decompose(lake(f"{CLEAR} 0.5")), abate.decompose(lake(f"{CLEAR} ."))
        assert plan.cost == plain.cost == pytest.approx(independent_least_cost(lake(f"{CLEAR} ."))[0])
        pd.testing.assert_frame_equal(plan.allocation, plain.allocation)
        assert plan.certificate.checks.set_index("kind").loc["chance", "rows"] == 1

    def test_it_is_the_optimum_of_the_cone(self, lake):
        plan = abate.decompose(lake(f"{CLEAR} 0.95"))
        baseline, unit = np.array([100.0, 80, 60]), np.array([30.0, 40, 45])
        rate, shares, z = np.array([0.010, 0.012, 0.014]), np.array([0.2, 0.3, 0.0]), quantile(0.95)

        def room(x):
            load = baseline * (1 - 0.9 * x)
            return 1.4 - rate @ load - z * np.sqrt(0.05**2 + np.sum((rate * shares * load) ** 2))

        found = minimize(
            lambda x: unit @ x,
            np.full(3, 0.9),
            bounds=[(0, 1)] * 3,
            constraints=[{"type": "ineq", "fun": room}],
            method="SLSQP",
            options={"ftol": 1e-10},
        )
        assert found.success
        assert plan.cost == pytest.approx(found.fun, rel=5e-6)

    def test_it_is_cheaper_than_the_margin_of_doing_nothing(self, lake):
        plan = abate.decompose(lake(f"{CLEAR} 0.9"))
        # the deviation at the baseline loads: 0.01 x 0.2 x 100, 0.012 x 0.3 x 80 and the background
        constant = quantile(0.9) * np.sqrt(0.2**2 + 0.288**2 + 0.05**2)
        held_back = abate.decompose(lake(f"clear quality lake tp at_most 1.6 {constant} 1 ."))
        assert plan.cost < 0.9 * held_back.cost
        assert plan.attainment["margin"].item() < constant

    def test_a_margin_of_safety_is_held_besides(self, lake):
        plan = abate.decompose(lake("clear quality lake tp at_most 1.7 0.1 1 0.9"))
        alike = abate.decompose(lake(f"{CLEAR} 0.9"))
        assert plan.cost == pytest.approx(alike.cost, rel=1e-6)
        assert plan.attainment["margin"].item() == pytest.approx(0.1 + alike.attainment["margin"].item(), rel=1e-4)

    def test_tables_and_certificate_tell_the_margin(self, lake, keeps_laws):
        plan = keeps_laws(abate.decompose(lake(f"{CLEAR} 0.9", "cap load . . . 200 . 1 .")))
        mill, town, _ = plan.allocation["allowed"]
        margin = quantile(0.9) * np.sqrt(0.05**2 + (0.002 * mill) ** 2 + (0.0036 * town) ** 2)
        assert plan.attainment["margin"].tolist() == pytest.approx([margin, 0], rel=1e-9)
        assert plan.balance["margin"].tolist() == pytest.approx([margin, 0], rel=1e-9)
        assert plan.attained
        checks = plan.certificate.checks.set_index("kind")
        assert checks.loc["chance", "rows"] == 1
        assert checks.loc["chance", "worst"] <= 1e-6
        assert plan.certificate.assumptions == (
            "probabilities are those of figures whose errors are normal and independent",
        )
        assert plan.certificate.gap <= 1e-6

    def test_a_target_that_nothing_uncertain_goes_into_is_said_to_be(self, lake):
        plan = abate.decompose(lake(f"{CLEAR} 0.9", "cap load . . . 150 . 1 0.8"))
        assert plan.certificate.assumptions[0] == (
            "target 'cap' is proved for expected figures, not with probability 0.8"
        )
        certain = LAKE["transfer"].replace("0.2\n", ".\n").replace("0.3\n", ".\n")
        background = "receptor parameter value\nlake tp 0.2\nriver do 9"
        plan = abate.decompose(lake(f"{CLEAR} 0.9", transfer=certain, background=background))
        assert plan.certificate.assumptions == (
            "target 'clear' is proved for expected figures, not with probability 0.9",
        )
        assert plan.attainment["margin"].item() == 0

    def test_a_price_is_what_the_limit_costs(self, lake):
        plan = abate.decompose(lake(f"{CLEAR} 0.9"))
        tighter = abate.decompose(lake("clear quality lake tp at_most 1.599 . 1 0.9"))
        looser = abate.decompose(lake("clear quality lake tp at_most 1.601 . 1 0.9"))
        slope = (tighter.cost - looser.cost) / 0.002
        assert plan.prices["price"].item() == pytest.approx(slope, rel=1e-3)

    def test_what_a_target_pays_a_source_in_between_is_what_the_source_costs(self, lake):
        plan = abate.decompose(lake(f"{CLEAR} 0.95"))
        between = plan.measures[plan.measures["extent"].between(1e-6, 1 - 1e-6)]
        assert len(between)
        for row in between.itertuples():
            unit = {"mill": 30 / 90, "town": 40 / 72, "farm": 45 / 54}[row.source]
            # the last cut is not quite at the optimum
            assert plan.explain(row.source).asked_by["value"].sum() == pytest.approx(unit, rel=1e-3)

    @pytest.mark.parametrize("objective", ["total_load", "removal", "exceedance"])
    def test_other_objectives_hold_it_too(self, lake, objective):
        plan = abate.decompose(lake(f"{CLEAR} 0.9", "purse budget . . . 90 . 0 ."), objective)
        assert plan.certificate.checks.set_index("kind").loc["chance", "rows"] == 1
        assert plan.attained

    def test_what_gives_way_gives_way_for_its_margin(self, lake):
        # 20 buy less than is needed: the expected value and the margin together stay above the limit
        plan = abate.decompose(lake(f"{CLEAR} 0.9", "purse budget . . . 20 . 0 ."), "exceedance")
        row = plan.attainment.iloc[0]
        assert plan.value == pytest.approx((row["after"] + row["margin"] - 1.6) / 1.6, rel=1e-6)
        assert plan.value > 0

    def test_yes_or_no_measures_against_every_choice(self, lake):
        options = "source measure max_extent min_extent unit_cost fixed_cost"
        rows = [("mill", "filter", 30), ("town", "filter", 41), ("farm", "strip", 25)]
        text = "\n".join([options, *(f"{source} {measure} 1 1 . {cost}" for source, measure, cost in rows)])
        plan = abate.decompose(lake("clear quality lake tp at_most 2 . 1 0.9", options=text))
        best = INF
        for choice in product([0, 1], repeat=3):
            load = np.array([100, 80, 60]) * (1 - 0.9 * np.array(choice))
            spread = np.sqrt(0.05**2 + (0.002 * load[0]) ** 2 + (0.0036 * load[1]) ** 2)
            if 0.2 + np.array([0.010, 0.012, 0.014]) @ load + quantile(0.9) * spread <= 2:
                best = min(best, float(np.array(choice) @ [30, 41, 25]))
        assert plan.cost == pytest.approx(best)
        assert plan.prices["basis"].item() == "yes-or-no decisions fixed"

    def test_a_model_of_ones_own_holds_it_too(self, lake):
        case = lake(f"{CLEAR} 0.9")
        own = abate.build(case)
        own.nothing_at_the_farm = pyo.Constraint(expr=own.extent["farm", "strip"] <= 0.2)
        plan = abate.decompose(case, model=own)
        assert plan.certificate.checks.set_index("kind").loc["chance", "worst"] <= 1e-6
        assert plan.cost > abate.decompose(case).cost

    def test_a_model_that_lost_the_row_does_not_pass(self, lake):
        case = lake(f"{CLEAR} 0.9")
        own = abate.build(case)
        own.quality["clear"].deactivate()
        own.instead = pyo.Constraint(expr=0.010 * own.allowed_load["mill", "P"] <= 0.1)
        own.beside = pyo.Constraint(
            expr=0.012 * own.allowed_load["town", "P"] + 0.014 * own.allowed_load["farm", "P"] <= 1.25
        )
        with pytest.raises(abate.InputError, match="check of chance fails at target 'clear'"):
            abate.decompose(case, model=own)


class TestRefusals:
    def test_where_only_the_probability_cannot_be_held(self, lake):
        # all that can be done leaves 0.2 + 0.1 + 0.096 + 0.084 = 0.48 expected, which 0.5 is enough for
        case = lake("clear quality lake tp at_most 0.5 . 1 0.95", "cap load . . . 230 . 1 .")
        with pytest.raises(abate.NoPlanError) as caught:
            abate.decompose(case)
        error = caught.value
        assert error.conflict == ["clear"]
        first, second, last = str(error).splitlines()
        assert first == (
            "no plan for 'made': clear cannot be met with the probability that is asked; for expected figures they can"
        )
        assert "clear: asked for at most 0.5 mg/L with probability 0.95" in second
        assert "to 0.48" in second
        cheapest = abate.decompose(lake("clear quality lake tp at_most 0.5 . 1 ."))
        assert error.relaxed_cost == pytest.approx(cheapest.cost)
        assert f"costs {cheapest.cost:,.0f} EUR/yr" in last
        assert error.relaxation.empty

    def test_a_conflict_with_a_budget(self, lake):
        case = lake(f"{CLEAR} 0.95", "purse budget . . . 57 . 1 .")
        assert abate.decompose(lake(f"{CLEAR} .")).cost < 57 < abate.decompose(lake(f"{CLEAR} 0.95")).cost
        with pytest.raises(abate.NoPlanError, match="clear, purse cannot hold together with the probability") as caught:
            abate.decompose(case)
        assert caught.value.conflict == ["clear", "purse"]

    def test_where_expected_figures_cannot_be_held_either(self, lake):
        with pytest.raises(abate.NoPlanError, match="clear cannot be met\n") as caught:
            abate.decompose(lake("clear quality lake tp at_most 0.4 . 1 0.95"))
        assert caught.value.relaxation["target"].tolist() == ["clear"]

    @pytest.mark.parametrize("wrong", [0.9, 1.1])
    def test_a_wrong_margin_fails_its_certificate(self, lake, wrong):
        case = lake(f"{CLEAR} 0.9")
        plan = abate.decompose(case)
        claim = plan._outcome.claim(np.array([np.nan]))
        prove(case, claim, claim.objective_value)
        with pytest.raises(abate.SolverError, match="check of chance fails at target 'clear'"):
            prove(case, replace(claim, margin=claim.margin * wrong), claim.objective_value)

    def test_a_plan_for_expected_figures_does_not_pass_for_more(self, lake):
        case = lake(f"{CLEAR} 0.9")
        plan = abate.allocate(case, "least-cost")
        claim = plan._outcome.claim(np.array([np.nan]))
        assert claim.margin is None
        with pytest.raises(abate.SolverError, match="check of chance"):
            prove(case, replace(claim, margin=np.zeros(1)), 0.0)


def test_strategies_keep_targets_for_expected_figures(lake):
    plan = abate.allocate(lake(f"{CLEAR} 0.9"), "least-cost")
    assert plan.cost == abate.decompose(lake(f"{CLEAR} .")).cost
    assert plan.certificate.assumptions == ("target 'clear' is proved for expected figures, not with probability 0.9",)


@given(shapes(fixed_cost_shares=(0.0, 0.0, 0.5), tightness=(0.2, 0.6)), st.sampled_from([0.8, 0.95, 0.999]))
@examples(25)
def test_any_case_is_held_or_refused(shape, probability):
    case = synthetic_case(**shape)
    tables = {name: case[name].assign(relative_sd=0.25) for name in ("transfer", "loads") if len(case[name])}
    uncertain = changed(case, **tables, targets=case["targets"].assign(probability=probability))
    refusal = ""
    try:
        plan = abate.decompose(uncertain)
    except abate.NoPlanError as error:
        refusal = str(error)
    if refusal:
        assert "with the probability that is asked; for expected figures they can" in refusal
        return
    assert plan.attained
    # a budget is certain
    held = plan.certificate.checks.set_index("kind").loc["chance", "rows"]
    assert held == (case["targets"]["kind"] != "budget").sum()
    assert plan.cost >= least_cost(case) * (1 - 1e-6)
