"""Strategies that are the optimum of a model: published and hand-derived optima, second methods, and laws."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any, ClassVar

import numpy as np
import pytest
from scipy.optimize import linprog, minimize

import abate
from abate.inequality import gini
from abate.strategies.registry import strategy
from abate.strategies.study import Study
from abate_data.case import Case
from abate_data.synthetic import synthetic_case

CASE = {"name": "made", "currency": "EUR", "units": {"load": "kg/d", "quality": {"tp": "mg/L"}}}


def made(
    loads: list[float],
    steps: list[list[tuple[float, float]]],
    targets: dict[str, Any],
    *,
    transfer: list[list[float]] | None = None,
    **sources: list[Any],
) -> Case:
    """A case of sources a, b, c ... whose measures remove (amount, cost of a unit) one after the other."""
    names = [f"s{at}" for at in range(len(loads))]
    options = [
        {"source": name, "measure": f"step{at}", "max_extent": amount, "unit_cost": cost}
        for name, own in zip(names, steps, strict=True)
        for at, (amount, cost) in enumerate(own)
    ]
    measures = sorted({row["measure"] for row in options})
    tables: dict[str, Any] = {
        "case": CASE,
        "sources": {"source": names, **sources},
        "loads": {"source": names, "pollutant": ["P"] * len(names), "load": loads},
        "options": {key: [row[key] for row in options] for key in ("source", "measure", "max_extent", "unit_cost")},
        "removals": {
            "source": ["*"] * len(measures),
            "measure": measures,
            "pollutant": ["P"] * len(measures),
            "removal": [1.0] * len(measures),
            "basis": ["mass"] * len(measures),
        },
        "targets": targets,
    }
    for at, row in enumerate(transfer or []):
        tables.setdefault("receptors", {"receptor": []})["receptor"].append(f"r{at}")
        for name, coefficient in zip(names, row, strict=True):
            into = tables.setdefault("transfer", {})
            cells = {"source": name, "receptor": f"r{at}", "pollutant": "P", "parameter": "tp"}
            for column, cell in {**cells, "coefficient": coefficient}.items():
                into.setdefault(column, []).append(cell)
    return abate.load({name: _frame(table) if name != "case" else table for name, table in tables.items()})


def _frame(columns: dict[str, Any]) -> Any:
    import pandas as pd

    return pd.DataFrame(columns)


def cap(limit: float) -> dict[str, Any]:
    return {"target": ["cap"], "kind": ["load"], "limit": [limit]}


def at_receptors(limits: list[float]) -> dict[str, Any]:
    receptors = [f"r{at}" for at in range(len(limits))]
    return {"target": receptors, "kind": ["quality"] * len(limits), "receptor": receptors, "limit": limits}


def free(loads: list[float], cost: float = 1.0) -> list[list[tuple[float, float]]]:
    """Measures that can remove everything at one price."""
    return [[(load, cost)] for load in loads]


def plan_of(case: Case, name: str, **options: Any) -> abate.Plan:
    return strategy(name).plan(Study(case), **options)


def allowed(plan: abate.Plan) -> np.ndarray:
    return plan.allocation["allowed"].to_numpy()


class TestLeastCost:
    # Source: Field and Field, Environmental Economics, table of marginal abatement costs (wizedu.com/questions/463651)
    FIELD = (
        [1, 2, 3, 4, 5, 6, 8, 10, 14, 24, 38, 70],
        [2, 4, 6, 10, 14, 20, 25, 31, 38, 58, 94, 160],
    )
    # Source: spot.colorado.edu/~sharmav/envecon/eqmc.html, two plants
    COLORADO = ([0.6, 0.65, 0.7, 0.8, 0.9, 1.0], [0.7, 0.75, 0.8, 1.0, 1.15, 1.35])

    @pytest.mark.parametrize(
        ("table", "cut", "reduced", "cost", "dearest"),
        [
            (FIELD, 12, [8, 4], 61, 10),
            (COLORADO, 10, [6, 4], sum(COLORADO[0]) + sum(COLORADO[1][:4]), 1.0),
            (COLORADO, 7, [4, 3], sum(COLORADO[0][:4]) + sum(COLORADO[1][:3]), 0.8),
        ],
    )
    def test_marginal_costs_are_equal(self, table, cut, reduced, cost, dearest):
        loads = [float(len(table[0])), float(len(table[1]))]
        steps = [[(1.0, price) for price in prices] for prices in table]

        def plan(asked):
            return plan_of(made(loads, steps, cap(sum(loads) - asked)), "least-cost")

        assert loads - allowed(plan(cut)) == pytest.approx(reduced)
        assert plan(cut).cost == pytest.approx(cost)
        # a little less asked for, so that the price is that of the last step and not between two
        assert plan(cut - 0.5).prices["price"].tolist() == pytest.approx([dearest])

    def test_equal_percent_costs_more(self):
        # Source: as above, equal percent costs 77 = 21 + 56, so the price of fairness is 77 / 61 - 1
        case = made([12.0, 12.0], [[(1.0, price) for price in prices] for prices in self.FIELD], cap(12.0))
        assert plan_of(case, "zoned-uniform", zones="case").cost == pytest.approx(77)
        assert plan_of(case, "equal-percent").cost == pytest.approx(77)

    def test_two_control_options_of_one_plant(self):
        # Source: studyzin.com question 108811 (Barnett and Ziegler, cement plant): 1.5 and 1.8 lb a barrel for $0.14
        # and $0.18, 2.5 million barrels, 4.2 million lb to go
        text = {
            "case": CASE,
            "sources": {"source": ["plant"]},
            "loads": {"source": ["plant"], "pollutant": ["dust"], "load": [5e6]},
            "options": {
                "source": ["plant"] * 2,
                "measure": ["A", "B"],
                "max_extent": [2.5e6] * 2,
                "unit_cost": [0.14, 0.18],
            },
            "removals": {
                "source": ["*"] * 2,
                "measure": ["A", "B"],
                "pollutant": ["dust"] * 2,
                "removal": [1.5, 1.8],
                "basis": ["mass"] * 2,
            },
            "resources": {"resource": ["barrels"], "available": [2.5e6]},
            "resource_use": {"resource": ["barrels"] * 2, "measure": ["A", "B"], "use": [1.0, 1.0]},
            "targets": {"target": ["cut"], "kind": ["reduction"], "limit": [4.2e6], "basis": ["value"]},
        }
        plan = abate.decompose(abate.load({k: v if k == "case" else _frame(v) for k, v in text.items()}))
        assert plan.cost == pytest.approx(410_000)
        assert plan.measures["extent"].tolist() == pytest.approx([1e6, 1.5e6])

    # Source: three-discharger benchmark, row "15 least cost" (constructed, costs k z^2 with k = .01, .02, .005)
    @pytest.mark.parametrize(
        ("targets", "transfer", "left", "cost", "price"),
        [
            (cap(720.0), None, [462.8571, 231.4286, 25.7143], 658.2857, 2.742857),
            (at_receptors([28.0]), [[0.02, 0.03, 0.05]], [572.6496, 279.4872, 163.2479], 109.4017, 27.350427),
        ],
    )
    def test_three_dischargers(self, targets, transfer, left, cost, price):
        loads = [600.0, 300.0, 300.0]
        steps = []
        for load, rate, at in zip(loads, [0.01, 0.02, 0.005], np.subtract(loads, left), strict=True):
            ends = np.unique([*np.linspace(0, load, 21), at - 0.02, at + 0.02])
            steps.append([(to - start, rate * (start + to)) for start, to in itertools.pairwise(ends)])
        plan = plan_of(made(loads, steps, targets, transfer=transfer), "least-cost")
        assert allowed(plan) == pytest.approx(left, abs=0.03)
        assert plan.cost == pytest.approx(cost, abs=1e-3)
        assert plan.prices["price"].tolist() == pytest.approx([price], rel=1e-5)


class TestTwoDischargers:
    # Source: Loucks and van Beek, Water Resource Systems Planning and Management, ch. 4, water quality example:
    # flows 10, 12 and 13 m3/s, 32 mg/L upstream, 250 and 80 t/d, 25, 15 and 60 % of it arrives, at most 20 mg/L
    TRANSFER = ([0.25 / 86.4 / 12, 0.0], [0.15 / 86.4 / 13, 0.6 / 86.4 / 13])
    BACKGROUND = (32 * 10 * 0.25 / 12, 32 * 10 * 0.15 / 13)
    LOADS = (250_000.0, 80_000.0)

    def case(self, first: float, second: float) -> Case:
        limits = [20.0 - background for background in self.BACKGROUND]
        steps = [[(0.95 * load, cost / load)] for load, cost in zip(self.LOADS, (first, second), strict=True)]
        return made(list(self.LOADS), steps, at_receptors(limits), transfer=list(self.TRANSFER))

    @pytest.mark.parametrize(("second", "removed"), [(1.0, [0.778816, 0.7912]), (1.5, [0.95, 0.657463])])
    def test_least_cost(self, second, removed):
        plan = plan_of(self.case(1.0, second), "least-cost")
        assert 1 - allowed(plan) / self.LOADS == pytest.approx(removed, abs=1e-4)

    def test_quality_today_and_what_the_limits_ask(self):
        study = Study(self.case(1.0, 1.0))
        receptors, parties = study.problem.receptors, study.parties()
        today = receptors.transfer @ np.array(self.LOADS)
        assert today + np.array(self.BACKGROUND) == pytest.approx([66.9483, 79.8141], abs=1e-4)
        # in removed shares x: x1 >= 0.778816 at the first, x1 + 1.28 x2 >= 1.791552 at the second receptor
        rows = parties.rows.toarray() * parties.current
        asked = (rows.sum(axis=1) - parties.limits) / rows[:, 0]
        assert asked == pytest.approx([0.778816, 1.791552], abs=1e-6)
        assert rows[1, 1] / rows[1, 0] == pytest.approx(1.28)

    def test_one_percentage_for_all(self):
        plan = plan_of(self.case(1.0, 1.0), "zoned-uniform", zones="case")
        assert plan.figures == pytest.approx({"percent of the case, P": 78.5768}, abs=1e-3)
        assert plan.strategy == "zoned-uniform zones=case"


class TestZonedUniform:
    LOADS = (100.0, 200.0, 300.0)

    def case(self, **more: Any) -> Case:
        return made(list(self.LOADS), [[(100.0, 5.0)], [(200.0, 1.0)], [(300.0, 2.0)]], cap(420.0), **more)

    def test_the_cheaper_zone_goes_first(self):
        # zone east (s0, s1) costs (500 + 200) / 300 = 2.33 a kg, west (s2) 2: all 180 kg in the west, 60 %
        plan = plan_of(self.case(sector=["east", "east", "west"]), "zoned-uniform", zones="sector")
        assert plan.cost == pytest.approx(360)
        assert plan.figures == pytest.approx(
            {"percent of sector east, P": 0, "percent of sector west, P": 60}, abs=1e-9
        )

    def test_sources_without_a_region_are_a_zone(self):
        plan = plan_of(self.case(), "zoned-uniform")
        assert plan.figures == pytest.approx({"percent of no region, P": 30})
        assert plan.strategy == "zoned-uniform"

    def test_who_is_not_controllable_or_has_no_measures_does_not_take_part(self):
        case = made([100.0, 200.0, 300.0], [[(100.0, 5.0)], [(200.0, 1.0)], []], cap(500.0), controllable=[0, 1, 1])
        plan = plan_of(case, "zoned-uniform", zones="case")
        assert allowed(plan) == pytest.approx([100, 100, 300])
        assert plan.figures == pytest.approx({"percent of the case, P": 50, "loads without measures": 1})

    def test_zones_that_are_in_the_way_are_named(self):
        # 60 of 100 is the most of s0, so of all: 360 of 600
        case = made([100.0, 200.0, 300.0], [[(60.0, 1.0)], [(200.0, 1.0)], [(300.0, 1.0)]], cap(200.0))
        with pytest.raises(abate.NoPlanError, match="one percentage in the case"):
            plan_of(case, "zoned-uniform", zones="case")


class TestLeastMaxBurden:
    def test_burdens_are_equal_where_they_can_be(self):
        # 5 a kg over income 100 and 1 a kg over income 40: 5 z0 / 100 = z1 / 40, z0 + z1 = 90: z0 = 30, burden 1.5
        case = made([100.0, 100.0], [[(100.0, 5.0)], [(100.0, 1.0)]], cap(110.0), income=[100, 40])
        plan = plan_of(case, "least-max-burden")
        assert allowed(plan) == pytest.approx([70, 40], rel=1e-5)
        assert plan.figures == pytest.approx({"greatest burden": 1.5})
        assert (plan.strategy, plan.objective) == ("least-max-burden", "max_burden")


def random_receptors(
    seed: int, floors: bool
) -> tuple[list[float], list[list[tuple[float, float]]], Any, np.ndarray, Any]:
    """Loads, measures, coefficients and limits of 4 sources at 3 receptors that measures can attain."""
    draw = np.random.default_rng(seed)
    loads = draw.uniform(20, 100, 4).round(2)
    most = (loads * draw.uniform(0.5, 1.0, 4)).round(2) if floors else loads
    coefficients = draw.uniform(0.1, 1, (3, 4)).round(3) * (draw.random((3, 4)) < 0.7)
    coefficients[0] += 0.1
    least, today = coefficients @ (loads - most), coefficients @ loads
    limits = least + draw.uniform(0.2, 0.8, 3) * (today - least) + 1e-3
    steps = [[(amount, cost)] for amount, cost in zip(most, draw.uniform(1, 5, 4).round(2), strict=True)]
    return loads.tolist(), steps, coefficients, limits, most


def progressive(coefficients: np.ndarray, limits: np.ndarray, loads: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Leximin reductions by the textbook: least t, then who cannot go below t while nobody passes it is settled."""
    count, settled = len(loads), {}
    rows, bounds = -coefficients * loads, limits - coefficients @ loads

    def least(costs, room):
        caps = [(0.0, min(most[i] / loads[i], settled.get(i, room) + 1e-9)) for i in range(count)]
        return linprog(costs, A_ub=rows, b_ub=bounds, bounds=caps, method="highs")

    while len(settled) < count:
        moving = [i for i in range(count) if i not in settled]
        worst = np.array([1.0 if i in moving else 0.0 for i in range(count)])[:, None]
        extra = np.hstack([np.eye(count)[moving], -worst[moving]])
        caps = [(0.0, min(most[i] / loads[i], settled.get(i, 1.0) + 1e-9)) for i in range(count)]
        found = linprog(
            np.eye(1, count + 1, count)[0],
            A_ub=np.vstack([np.hstack([rows, np.zeros((len(rows), 1))]), extra]),
            b_ub=np.concatenate([bounds, np.zeros(len(moving))]),
            bounds=[*caps, (0, None)],
        )
        level = found.fun
        stuck = [i for i in moving if least(np.eye(1, count, i)[0], level).fun >= level - 1e-7]
        settled |= dict.fromkeys(stuck, level)
    return np.array([settled[i] for i in range(count)])


class TestLeximin:
    def test_two_receptors(self):
        # Source: reference example, D = (600, 300, 300) at limits 28 and 9. The second receptor settles s2 at half;
        # then 21 p + 7.5 = 28 for the others
        loads = [600.0, 300.0, 300.0]
        case = made(loads, free(loads), at_receptors([28.0, 9.0]), transfer=[[0.02, 0.03, 0.05], [0, 0, 0.06]])
        share = 20.5 / 21
        expected = [600 * share, 300 * share, 150]
        plan = plan_of(case, "leximin")
        assert allowed(plan) == pytest.approx(expected, rel=1e-5)
        assert allowed(plan_of(case, "equal-percent", mode="progressive")) == pytest.approx(expected)
        assert plan.figures == pytest.approx({"greatest reduction, %": 50, "least reduction, %": 100 - 100 * share})
        assert plan.strategy == "leximin"

    @pytest.mark.parametrize("seed", range(4))
    @pytest.mark.parametrize("floors", [False, True])
    def test_is_not_dominated(self, seed, floors):
        loads, steps, coefficients, limits, most = random_receptors(seed, floors)
        case = made(loads, steps, at_receptors(limits.tolist()), transfer=coefficients.tolist())
        plan = plan_of(case, "leximin")
        expected = progressive(coefficients, limits, np.array(loads), np.array(most))
        assert 1 - allowed(plan) / loads == pytest.approx(expected, abs=2e-5)
        assert plan.attained
        if not floors:
            filled = allowed(plan_of(case, "equal-percent", mode="progressive"))
            assert allowed(plan) == pytest.approx(filled, abs=2e-3)

    def test_of_cost(self):
        # the first can be brought to 50 only by itself, so it pays 250 of 100; the others share 60 of 400 at cost
        # over income equal: z1 / 40 = 2 z2 / 20, z1 + z2 = 60: z1 = 48
        loads = [100.0, 100.0, 300.0]
        targets = {
            "target": ["own", "rest"],
            "kind": ["load"] * 2,
            "sector": ["alone", "together"],
            "limit": [50.0, 340.0],
        }
        steps = [[(100.0, 5.0)], [(100.0, 1.0)], [(300.0, 2.0)]]
        sectors = ["alone", "together", "together"]
        plan = plan_of(made(loads, steps, targets, sector=sectors, income=[100, 40, 20]), "leximin", of="cost")
        assert allowed(plan) == pytest.approx([50, 52, 288], rel=1e-4)
        assert plan.figures == pytest.approx({"greatest burden": 2.5, "least burden": 1.2})
        assert plan.strategy == "leximin of=cost"

    def test_targets_that_cannot_hold_are_named(self):
        with pytest.raises(abate.NoPlanError, match="cap"):
            plan_of(made([100.0], [[(50.0, 1.0)]], cap(40.0)), "leximin")


class TestAlphaFair:
    LOADS = (100.0, 200.0, 300.0)

    def left(self, limit: float, alpha: float) -> np.ndarray:
        case = made(list(self.LOADS), free(list(self.LOADS)), cap(limit))
        return allowed(plan_of(case, "alpha-fair", alpha=alpha))

    # KKT of max sum ln(x_i / D_i), sum x = E, x <= D: 1 / x_i = price unless x_i = D_i, so equal loads.
    # Source of the numbers: constrained equal awards of claims 100, 200, 300, textbook values
    @pytest.mark.parametrize(
        ("limit", "expected"), [(200.0, [200 / 3] * 3), (300.0, [100] * 3), (450.0, [100, 175, 175])]
    )
    def test_nash_is_equal_awards(self, limit, expected):
        assert self.left(limit, 1.0) == pytest.approx(expected, rel=1e-3)

    @pytest.mark.parametrize("alpha", [0.5, 2.0])
    def test_one_cap(self, alpha):
        # KKT: (x / D)^-alpha / D = price, so x in proportion to D^(1 - 1/alpha)
        weight = np.array(self.LOADS) ** (1 - 1 / alpha)
        assert self.left(150.0, alpha) == pytest.approx(150 * weight / weight.sum(), rel=2e-3)

    def test_no_aversion_fills_the_small_ones(self):
        # a kg is a larger share of a small load
        assert self.left(250.0, 0.0) == pytest.approx([100, 150, 0], abs=1e-3)

    def test_much_aversion_tends_to_the_even_share(self):
        least = [(self.left(300.0, alpha) / self.LOADS).min() for alpha in (0.5, 1.0, 3.0, 12.0)]
        assert (np.diff(least) > 0).all()
        assert least[-1] == pytest.approx(0.5, abs=0.03)

    @pytest.mark.parametrize("seed", range(2))
    @pytest.mark.parametrize("alpha", [1.0, 3.0])
    def test_a_second_method(self, seed, alpha):
        loads, steps, coefficients, limits, most = random_receptors(seed, floors=True)
        case = made(loads, steps, at_receptors(limits.tolist()), transfer=coefficients.tolist())
        plan = plan_of(case, "alpha-fair", alpha=alpha)

        def unfairness(share):
            return -np.log(share).sum() if alpha == 1 else (share ** (1 - alpha)).sum() / (alpha - 1)

        floor = 1 - np.array(most) / loads
        found = minimize(
            unfairness,
            np.maximum(floor, 1e-3),
            method="SLSQP",
            bounds=[(max(low, 1e-4), 1.0) for low in floor],
            constraints={"type": "ineq", "fun": lambda share: limits - coefficients @ (share * loads)},
            options={"ftol": 1e-13, "maxiter": 500},
        )
        share = allowed(plan) / loads
        assert unfairness(share) <= unfairness(found.x) + 1e-5 * max(1.0, abs(found.fun))
        assert plan.attained

    def test_loads_that_are_forced_to_zero_are_named(self):
        targets = {"target": ["own"], "kind": ["load"], "sector": ["alone"], "limit": [0.0]}
        case = made([10.0, 20.0], free([10.0, 20.0]), targets, sector=["alone", "other"])
        with pytest.raises(abate.InputError, match="'s0'") as error:
            plan_of(case, "alpha-fair")
        assert "'s1'" not in str(error.value)

    @pytest.mark.parametrize("alpha", [-1.0, 21.0, np.nan])
    def test_alpha_is_checked(self, alpha):
        with pytest.raises(abate.InputError, match="alpha"):
            plan_of(made([10.0], free([10.0]), cap(5.0)), "alpha-fair", alpha=alpha)


class TestGini:
    LOADS = (600.0, 300.0, 300.0)
    PEOPLE = (100.0, 40.0, 10.0)
    VALUE = (30.0, 20.0, 50.0)

    def case(self, steps=None, limit=720.0) -> Case:
        steps = steps or [[(load, cost)] for load, cost in zip(self.LOADS, (3.0, 1.0, 2.0), strict=True)]
        return made(list(self.LOADS), steps, cap(limit), population=self.PEOPLE, gdp=self.VALUE)

    def test_one_indicator_is_per_capita(self):
        # Source: three-discharger benchmark, scheme 4: equal mass per capita 480, 192, 48, Gini 0
        plan = plan_of(self.case(), "least-gini")
        assert allowed(plan) == pytest.approx([480, 192, 48], rel=1e-4)
        assert plan.figures == pytest.approx({"Gini of population": 0}, abs=1e-6)
        assert plan.strategy == "least-gini"

    def test_no_rule_is_more_even_with_the_same_total(self):
        weights = (0.3, 0.7)
        plan = plan_of(self.case(), "least-gini", indicators=("population", "gdp"), weights=weights)
        best = self.weighted(allowed(plan), weights)
        assert allowed(plan).sum() == pytest.approx(720, rel=1e-6)
        assert sum(plan.figures.values()) == pytest.approx(
            gini(allowed(plan), np.array(self.PEOPLE)) + gini(allowed(plan), np.array(self.VALUE))
        )
        # the value of the LP is the Gini of its loads
        model = plan.model
        rows = sum(
            weight * model.gini[name, "P"]() for name, weight in zip(("population", "gdp"), weights, strict=True)
        )
        assert rows / 720 == pytest.approx(best, abs=1e-6)
        for name in ("equal-percent", "equal-mass", "per-capita", "per-gdp", "equal-losses", "talmud"):
            other = plan_of(self.case(), name)
            assert allowed(other).sum() == pytest.approx(720)
            assert best <= self.weighted(allowed(other), weights) + 1e-6

    def test_against_all_pairs_written_out(self):
        # the same LP with scipy: max total first, then 1/2 sum |s_i m_j - s_j m_i| with a variable per ordered pair
        steps = [[(200.0, 1.0)], [(250.0, 1.0)], [(220.0, 1.0)]]
        plan = plan_of(self.case(steps), "least-gini", indicators=("population", "gdp"))
        floors = np.subtract(self.LOADS, (200.0, 250.0, 220.0))
        parts = [np.array(amounts) / sum(amounts) for amounts in (self.PEOPLE, self.VALUE)]
        rows, costs = [], np.concatenate([np.zeros(3), np.full(18, 0.5 * 0.5 / 720)])
        for at, (part, i, j) in enumerate((part, i, j) for part in parts for i in range(3) for j in range(3)):
            row = np.zeros(21)
            row[i] += part[j]
            row[j] -= part[i]
            gap = np.eye(1, 21, 3 + at)[0]
            rows += [row - gap, -row - gap]
        found = linprog(
            costs,
            A_ub=rows,
            b_ub=np.zeros(len(rows)),
            A_eq=[[1, 1, 1] + [0] * 18],
            b_eq=[720],
            bounds=[*zip(floors, self.LOADS, strict=True), *[(0, None)] * 18],
        )
        assert self.weighted(allowed(plan), (0.5, 0.5)) == pytest.approx(found.fun, abs=1e-6)

    def test_the_cheapest_of_the_most_even(self):
        # two indicators that pull apart: many loads share the least sum of 3 Ginis of pairs, and cost decides
        case = made([100.0, 100.0], [[(100.0, 1.0)], [(100.0, 9.0)]], cap(100.0), population=[3, 1], gdp=[1, 3])
        plan = plan_of(case, "least-gini", indicators=("population", "gdp"))
        # G is |3/4 - s| + |1/4 - s| over 2, least for any share s from 1/4 to 3/4
        assert allowed(plan) == pytest.approx([25, 75], abs=1e-3)

    def test_a_cap_is_kept_and_costs_fall_as_it_rises(self):
        case, least = self.case(), plan_of(self.case(), "least-cost")
        plans = [plan_of(case, "gini-cap", cap=level) for level in (0.0, 0.05, 0.1, 0.2, 0.4, 1.0)]
        for level, plan in zip((0.0, 0.05, 0.1, 0.2, 0.4, 1.0), plans, strict=True):
            assert gini(allowed(plan), np.array(self.PEOPLE)) <= level + 1e-6
            assert plan.attained
        costs = [plan.cost for plan in plans]
        assert (np.diff(costs) <= 1e-6).all()
        assert costs[0] > costs[-1]
        assert costs[-1] == pytest.approx(least.cost)
        assert plans[1].strategy == "gini-cap cap=0.05"

    def test_a_cap_out_of_reach_says_what_can_be_reached(self):
        # s0 keeps 600, 6 a head as s2 does with its least of 60; s1 has what is left of 800, 140 or 3.5 a head.
        # Shares .75, .175, .075 against 2/3, 4/15, 1/15: the pairs with s1 make 0.0833 + 0.0083
        steps = [[], [(240.0, 1.0)], [(240.0, 1.0)]]
        case = self.case(steps, limit=800.0)
        with pytest.raises(abate.NoPlanError, match=r"gini\[population, P\]") as error:
            plan_of(case, "gini-cap", cap=0.01)
        assert "can come to 0.09167 under the targets" in str(error.value)

    @pytest.mark.parametrize("level", [-0.1, np.nan, np.inf])
    def test_the_cap_is_checked(self, level):
        with pytest.raises(abate.InputError, match="cap"):
            plan_of(self.case(), "gini-cap", cap=level)

    def test_indicators_and_weights_are_checked(self):
        with pytest.raises(abate.InputError, match="sum to one"):
            plan_of(self.case(), "least-gini", indicators=("population", "gdp"), weights=(0.5, 0.6))
        with pytest.raises(abate.InputError, match="area"):
            plan_of(self.case(), "least-gini", indicators=("area",))
        for wrong in ((), ("gdp", "gdp")):
            with pytest.raises(abate.InputError, match="each once"):
                plan_of(self.case(), "least-gini", indicators=wrong)

    def test_too_many_loads_are_refused(self):
        loads = [1.0] * 201
        case = made(loads, free(loads), cap(100.0), population=[1.0] * 201)
        for name in ("least-gini", "gini-cap"):
            with pytest.raises(abate.InputError, match="201 loads"):
                plan_of(case, name)

    def weighted(self, loads: np.ndarray, weights: tuple[float, float]) -> float:
        return weights[0] * gini(loads, np.array(self.PEOPLE)) + weights[1] * gini(loads, np.array(self.VALUE))


class TestSeveralPollutants:
    """The published case of three pollutants and 61 targets, some of which leave no room at all."""

    def test_leximin_lowers_the_greatest_reduction(self):
        study = Study(abate.load("europe-air"))
        plan = strategy("leximin").plan(study)
        # the one percentage of each pollutant that attains all targets is one way, so no less even
        uniform = strategy("zoned-uniform").plan(study, zones="case")
        cut = [100 * (1 - allowed(one) / one.allocation["baseline"].to_numpy()) for one in (plan, uniform)]
        assert plan.attained
        assert plan.figures["greatest reduction, %"] == pytest.approx(cut[0].max(), abs=1e-3)
        assert cut[0].max() <= cut[1].max() + 1e-6

    def test_each_pollutant_has_a_gini(self):
        study = Study(abate.load("europe-air"))
        plan, capped = strategy("least-gini").plan(study), strategy("gini-cap").plan(study)
        assert plan.attained
        assert list(plan.figures) == [f"Gini of population, {pollutant}" for pollutant in ("SO2", "NOx", "NH3")]
        # less is left under the cap than at the most
        assert capped.allocation["allowed"].sum() < plan.allocation["allowed"].sum()
        assert max(capped.figures.values()) <= 0.2 + 1e-6


class TestRefusals:
    NEED_COSTS = ("least-cost", "zoned-uniform", "least-max-burden", "leximin of=cost", "gini-cap")
    #: Loads 60, 30, 10 and people 20, 20, 10 under a cap of 50. Leximin halves all; the logarithms of the shares add
    #: up to most where the loads are equal up to their own 10; a Gini of nothing spreads the cap like people.
    NEED_NONE: ClassVar = {"leximin": (30, 15, 5), "alpha-fair": (20, 20, 10), "least-gini": (20, 20, 10)}

    @staticmethod
    def without_options(limit: float) -> Case:
        return abate.load(
            {
                "case": CASE,
                "sources": _frame({"source": ["a", "b", "c"], "population": [20.0, 20.0, 10.0]}),
                "loads": _frame({"source": ["a", "b", "c"], "pollutant": ["P"] * 3, "load": [60.0, 30.0, 10.0]}),
                "targets": _frame(cap(limit)),
            }
        )

    @pytest.mark.parametrize("name", NEED_COSTS)
    def test_a_case_without_options(self, name):
        with pytest.raises(abate.InputError, match="options"):
            abate.allocate(self.without_options(50.0), name)

    @pytest.mark.parametrize("name", NEED_NONE)
    def test_strategies_on_loads_alone_need_no_options(self, name):
        plan = abate.allocate(self.without_options(50.0), name)
        assert plan.allocation["allowed"].to_numpy() == pytest.approx(np.array(self.NEED_NONE[name]), rel=2e-3)
        assert plan.attained
        assert np.isnan(plan.cost)

    @pytest.mark.parametrize("name", ["leximin", "alpha-fair"])
    def test_all_or_nothing(self, make_case, name):
        case = make_case(
            {
                "sources": "source\nmill",
                "loads": "source pollutant load\nmill P 100",
                "options": "source measure max_extent unit_cost fixed_cost\nmill filter 1 30 5",
                "removals": "source measure pollutant removal\n* filter P 0.8",
                "targets": "target kind limit\nbasin load 60",
            }
        )
        with pytest.raises(abate.InputError, match="yes or no"):
            plan_of(case, name)


def test_the_least_greatest_burden_does_not_depend_on_the_unit_of_money_and_load():
    case = synthetic_case("air", sources=12, technologies=3, receptors=3, pollutants=1, seed=11)
    tiny = {name: frame.copy() for name, frame in case.tables.items()}
    for table, columns in {"options": ("unit_cost", "fixed_cost", "capital_cost")}.items():
        for column in columns:
            tiny[table][column] *= 1e-9
    scaled = dataclasses.replace(case, tables=tiny)
    burdens = [abate.decompose(one, "max_burden").value for one in (case, scaled)]
    assert burdens[1] == pytest.approx(1e-9 * burdens[0], rel=1e-6)


def test_a_cap_on_a_gini_of_a_single_load_is_no_plan_and_no_crash():
    case = made([100.0], [[(50.0, 1.0)]], cap(20.0), population=[10.0])
    with pytest.raises(abate.NoPlanError):
        abate.allocate(case, "gini-cap")


@pytest.mark.parametrize("name", ["least-max-burden", "equal-unit-cost", "leximin of=cost", "equal-cost-per-output"])
def test_an_option_without_cost_or_bound_is_no_trouble(name):
    # `free` adds to Q, so nothing bounds it and nothing is paid for it; 8 of P go at 1 at a and 2 at b
    case = abate.load(
        {
            "case": CASE,
            "sources": _frame({"source": ["a", "b"], "income": [10.0, 20.0], "output": [10.0, 20.0]}),
            "loads": _frame({"source": ["a", "b", "a"], "pollutant": ["P", "P", "Q"], "load": [10.0, 10.0, 1.0]}),
            "options": _frame(
                {"source": ["a", "b", "a"], "measure": ["filter", "filter", "free"], "unit_cost": [1.0, 2.0, 0.0]}
            ),
            "removals": _frame(
                {"source": ["*", "*"], "measure": ["filter", "free"], "pollutant": ["P", "Q"], "removal": [1.0, -0.1]}
                | {"basis": ["mass", "mass"]}
            ),
            "targets": _frame({"target": ["cap"], "kind": ["load"], "pollutant": ["P"], "limit": [12.0]}),
        }
    )
    plan = abate.allocate(case, name)
    # equal burdens: z / 10 = 2 (8 - z) / 20; equal costs of a unit: a first, all of it
    removed = {"equal-unit-cost": [8.0, 0.0]}.get(name, [4.0, 4.0])
    assert plan.allocation["reduction"].to_numpy()[:2] == pytest.approx(removed, abs=1e-6)
