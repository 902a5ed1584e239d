"""The trade-offs of cases: fronts derived by hand, laws that tie them to single plans, choosing, and bad input."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
import pytest
from front_oracles import Model
from known_fronts import allocation, knapsack

import abate
from abate.front import Effort, solve
from abate.front.exact.ratio import least_ratio
from abate.front.exact.space import LinearObjective, Space
from abate_models.compile import compile_model

#: 100 t at the mill for 30 EUR/yr and 50 t at the town for 20 EUR/yr, of each 80 % can be filtered: a tonne costs 0.375
#: at the mill (80 t) and 0.5 at the town (40 t). 20 t have to go: 7.5 EUR; 80 t cost 30, and all 120 t 50.
TWO = {
    "sources": "source income\nmill 100\ntown 100",
    "loads": "source pollutant load\nmill P 100\ntown P 50",
    "options": "source measure max_extent unit_cost\nmill filter 1 30\ntown filter 1 20",
    "removals": "source measure pollutant removal\n* filter P 0.8",
    "targets": "target kind limit\nbasin load 130",
}
HAND = [(7.5, 130.0), (30.0, 70.0), (50.0, 30.0)]
#: Each filter is built or not, at no less than half: the mill's removes 40 to 80 t for 10 + 20 x, the town's 20 to 40 t
#: for 5 + 15 x. To remove r t by the mill costs 10 + r / 4 (40 to 80), by the town 5 + 3 r / 8 (20 to 40), by both 15 +
#: 10 + 7.5 = 32.5 for 60 t, then r / 4 more up to 100 t (42.5), then 3 r / 8 up to 120 t (50).
WHOLE = {
    **TWO,
    "options": """
        source measure max_extent min_extent unit_cost fixed_cost
        mill   filter  1          0.5        20        10
        town   filter  1          0.5        15        5""",
}


def whole_front(load: float) -> float:
    """Return the least cost at which the load of WHOLE is at most `load`, by hand."""
    asked = 150.0 - load
    ways = [(20.0, 40.0, 5.0, 0.375), (40.0, 80.0, 10.0, 0.25)]
    costs = [fixed + rate * max(asked, least) for least, most, fixed, rate in ways if asked <= most]
    beyond = max(asked - 60.0, 0.0)
    if asked <= 120.0:
        costs.append(15.0 + 10.0 + 7.5 + 0.25 * min(beyond, 40.0) + 0.375 * max(beyond - 40.0, 0.0))
    return min(costs)


@pytest.fixture(scope="module")
def two(make_case):
    return make_case(TWO)


@pytest.fixture(scope="module")
def front(two):
    return abate.explore(two, ["cost", "total_load"])


@pytest.fixture(scope="module")
def whole(make_case):
    return abate.explore(make_case(WHOLE), ["cost", "total_load"], effort=Effort(gap=0.01))


class TestAHandDerivedFront:
    def test_every_extreme_point_is_found(self, front):
        assert front.values == pytest.approx(np.array(HAND))
        assert front.complete
        assert front.status == "complete"

    def test_the_rates_are_those_of_the_filters(self, front):
        assert front.rates["rate"].tolist() == pytest.approx([-1 / 0.375, -1 / 0.5])

    def test_removal_is_the_same_front_read_the_other_way(self, two, front):
        other = abate.explore(two, ["cost", "removal"])
        assert other.points["removal:P"].to_numpy() == pytest.approx(150 - front.points["total_load:P"].to_numpy())
        assert other.rates["rate"].tolist() == pytest.approx([1 / 0.375, 1 / 0.5])

    def test_each_point_is_a_plan(self, front, keeps_laws):
        for point, (cost, load) in enumerate(HAND):
            plan = keeps_laws(front.plan(point))
            assert plan.cost == pytest.approx(cost)
            assert plan.allocation["allowed"].sum() == pytest.approx(load)

    def test_the_area_that_it_dominates(self, front):
        # between (7.5, 30) and (50, 130) the middle point alone dominates (50 - 30) x (130 - 70) of 42.5 x 100
        assert front.hypervolume() == pytest.approx(20 * 60 / (42.5 * 100))
        # with a worse reference of (60, 150): staircase by hand over 52.5 x 120
        by_hand = (60 - 7.5) * (150 - 130) + (60 - 30) * (130 - 70) + (60 - 50) * (70 - 30)
        assert front.hypervolume({"cost": 60, "total_load": 150}) == pytest.approx(by_hand / (52.5 * 120))

    def test_it_covers_itself_and_not_what_is_better(self, two, front):
        coarse = abate.explore(two, ["cost", "total_load"], effort=Effort(solves=4))
        assert front.coverage(coarse) == 1
        assert coarse.coverage(front) == pytest.approx(2 / 3)


class TestYesOrNo:
    def test_every_point_lies_on_the_front_by_hand(self, whole):
        assert whole.method == "boxes"
        for cost, load in whole.values:
            assert cost == pytest.approx(whole_front(load), rel=1e-5)

    def test_nothing_better_by_more_than_the_gap_was_missed(self, whole):
        cost_range, load_range = whole.scale
        for load in np.linspace(30.0, 130.0, 401):
            best = np.array([whole_front(load), load])
            better_by = ((whole.values - best) / [cost_range, load_range]).max(axis=1).min()
            assert better_by <= whole.gap + 1e-6

    def test_the_unexplored_area_holds_what_is_missing(self, whole):
        loads = np.linspace(30.0, 130.0, 20_001)
        true = np.array([whole_front(load) for load in loads])
        known = np.array([whole.values[whole.values[:, 1] <= load + 1e-9, 0].min() for load in loads])
        missing = float(np.mean((known - true) / whole.scale[0]))
        assert missing <= whole.unexplored + 1e-3
        assert whole.unexplored < 0.05

    def test_points_are_plans_with_decisions(self, whole, keeps_laws):
        plan = keeps_laws(whole.plan(len(whole) // 2))
        assert plan.cost == pytest.approx(whole.values[len(whole) // 2, 0])


class TestShippedCases:
    @pytest.mark.parametrize("scenario", [None, "pooled"])
    def test_the_ends_are_the_plans_of_one_objective(self, scenario):
        case = abate.load("echo-reservoir", scenario)
        front = abate.explore(case, ["cost", "removal"])
        assert front.points["cost"].iloc[0] == pytest.approx(abate.decompose(case).cost)
        assert front.points["removal:P"].iloc[-1] == pytest.approx(abate.decompose(case, "removal").value)

    def test_a_point_is_the_least_cost_under_its_exposure(self):
        # the second way: the model of least cost with one more row, solved and certified by itself
        case = abate.load("europe-air")
        front = abate.explore(case, ["cost", "exposure"], effort=Effort(gap=0.02))
        cost, exposure = front.values[len(front) // 2]
        model = abate.build(case, "exposure")
        model.exposure_cap = pyo.Constraint(expr=model.objective.expr <= exposure)
        model.objective.deactivate()
        model.cost = pyo.Objective(expr=_cost(model, case))
        assert abate.decompose(case, model=model).cost == pytest.approx(cost, rel=1e-6)


def _cost(model, case):
    options = case["options"]
    keys = zip(options["source"].astype(str), options["measure"].astype(str), strict=True)
    return sum(cost * model.extent[key] for key, cost in zip(keys, case.values("options", "unit_cost"), strict=True))


class TestChoosing:
    def test_the_knee(self, front):
        # to the line from (0, 1) to (1, 0) on ranges, the middle point at (22.5 / 42.5, 40 / 100) is 0.071 below
        knee = front.knee()
        assert knee.point == 1
        assert knee.values["cost"] == pytest.approx(30)

    def test_near_a_budget_is_the_best_for_the_money(self, front):
        # 40 EUR: the mill whole (30), then 20 t at the town
        choice = front.near(cost=40)
        assert choice.point is None
        assert choice.values.tolist() == pytest.approx([40, 50])
        assert choice.plan.cost == pytest.approx(40)

    def test_near_wishes_that_cannot_all_hold_shares_the_distance(self, front):
        # wished 7.5 EUR and 30 t; on ranges both miss by t: cost 7.5 + 42.5 t, load 30 + 100 t, on the edge from
        # (7.5, 130) to (30, 70): load = 130 - (cost - 7.5) / 0.375 -> 30 + 100 t = 130 - 113.33 t, t = 0.46875
        choice = front.near(cost=7.5, total_load=30)
        assert choice.values.tolist() == pytest.approx([7.5 + 42.5 * 0.46875, 30 + 46.875], rel=1e-4)

    def test_near_wishes_that_are_easy_does_better_than_them(self, front):
        choice = front.near(cost=45, total_load=100)
        assert choice.values["cost"] < 45
        assert choice.values["total_load:P"] < 100

    def test_the_best_within_bounds(self, front):
        assert front.best("total_load", cost=30).point == 1
        assert front.best("cost", {"total_load": 50}).values["cost"] == pytest.approx(40)

    def test_an_order_with_slack(self, front):
        # the least cost is 7.5; a slack of 0.2 of the range of 42.5 gives back 8.5 EUR: 16 EUR buy 42.67 t
        assert front.lexicographic(["cost", "total_load"]).point == 0
        choice = front.lexicographic(["cost", "total_load"], slack=0.2)
        assert choice.values.tolist() == pytest.approx([16, 150 - 16 / 0.375])

    def test_topsis_and_pseudo_weights(self, front):
        assert front.topsis({"cost": 1, "total_load": 0}).point == 0
        assert front.topsis({"cost": 0, "total_load": 1}).point == 2
        weights = front.pseudo_weights()
        assert weights.sum(axis=1).to_numpy() == pytest.approx(np.ones(3))
        # the middle point: gains 20 / 42.5 and 60 / 100 of the ranges
        assert weights["cost"][1] == pytest.approx((20 / 42.5) / (20 / 42.5 + 0.6))

    def test_rates_at_a_point_between_two_corners(self, front):
        rates = front.near(cost=40).rates
        assert rates.loc["cost", "total_load:P"] == pytest.approx(-2)
        assert rates.loc["total_load:P", "cost"] == pytest.approx(-0.5)

    @pytest.mark.parametrize(
        "choose",
        [
            lambda front: front.near(),
            lambda front: front.near(price=1),
            lambda front: front.near(cost=float("nan")),
            lambda front: front.best("cost", total_load=10),
            lambda front: front.lexicographic([]),
            lambda front: front.lexicographic(["cost"], slack=2),
            lambda front: front.topsis({"cost": -1}),
            lambda front: front.plan(3),
            lambda front: front.plan(-1),
            lambda front: front.hypervolume({"cost": 1}),
        ],
    )
    def test_what_cannot_be_chosen_is_refused(self, front, choose):
        with pytest.raises(abate.InputError):
            choose(front)


class TestRatios:
    def test_the_least_ratio_is_that_of_a_grid(self):
        # (3 - x + 2 y) / (1 + x + y) over the unit square with x + 2 y >= 1
        model = pyo.ConcreteModel()
        model.x, model.y = pyo.Var(bounds=(0, 1)), pyo.Var(bounds=(0, 1))
        model.need = pyo.Constraint(expr=model.x + 2 * model.y >= 1)
        model.none = pyo.Objective(expr=model.x * 0)
        above = LinearObjective("above", "", np.array([-1.0, 2.0]), 3.0)
        below = LinearObjective("below", "", np.array([1.0, 1.0]), 1.0)
        point, failure = least_ratio(Space(compile_model(model), [above, below]), 0, 1, np.full(2, np.inf))
        x, y = np.meshgrid(np.linspace(0, 1, 101), np.linspace(0, 1, 101))
        grid = np.where(x + 2 * y >= 1 - 1e-12, (3 - x + 2 * y) / (1 + x + y), np.inf)
        assert not failure
        assert point.objectives[0] / point.objectives[1] == pytest.approx(grid.min())


class TestWhatIsSaidIsSo:
    @pytest.mark.parametrize("solves", [1, 2, 3, 4])
    def test_a_front_cut_short_has_the_objectives_of_its_plans(self, two, solves):
        # at least cost the mill alone pays 7.5 of an income of 100, however few solves were made
        front = abate.explore(two, ["cost", "total_load", "max_burden"], effort=Effort(solves=solves))
        for point, said in enumerate(front.points["max_burden"]):
            paid = front.plan(point).measures.groupby("source")["cost"].sum()
            assert said == pytest.approx(paid.max() / 100)

    def test_a_search_lets_targets_give_way(self, make_case, keeps_laws):
        case = make_case({**TWO, "targets": "target kind limit priority\nbasin load 130 1\nsecond load 60 2"})
        front = abate.explore(case, ["exceedance", "cost", "inequity"], effort=Effort(evaluations=300))
        assert not front.reason
        assert front.points["exceedance"].min() == pytest.approx(0)
        assert front.points["exceedance"].max() == pytest.approx(20 / 130 + 90 / 60)
        for point in (0, len(front) // 2, len(front) - 1):
            load = keeps_laws(front.plan(point)).allocation["allowed"].sum()
            passed = max(load - 130, 0) / 130 + max(load - 60, 0) / 60
            assert front.points["exceedance"][point] == pytest.approx(passed)

    @pytest.mark.parametrize("load", ["removal", "total_load"])
    def test_rates_at_a_bend_are_those_of_getting_worse(self, load):
        # what one unit more of load saves is the slope to the next point of more load, whatever comes first
        front = abate.explore(abate.load("echo-reservoir"), [load, "cost"])
        for point in range(1, len(front) - 1):
            told = front.near(dict(zip(front.names, front.points.iloc[point, :2], strict=True))).rates
            assert abs(told.iloc[0, 1]) == pytest.approx(abs(front.rates["rate"][point]))
            assert abs(told.iloc[1, 0]) == pytest.approx(1 / abs(front.rates["rate"][point - 1]))
        # at least cost nothing is saved by more load
        assert front.best("cost").rates.iloc[0, 1] == 0

    def test_a_searched_plan_keeps_the_rows_of_its_model(self, make_case, keeps_laws):
        case = make_case({**TWO, "rules": "rule kind\nsame uniform"})
        front = abate.explore(case, ["cost", "inequity"], effort=Effort(evaluations=120))
        keeps_laws(front.plan(0))

    def test_nothing_searched_is_called_complete(self, two):
        front = abate.explore(two, ["cost", "total_load"], method="search", effort=Effort(evaluations=120))
        assert not front.complete
        assert front.status == "searched; nothing is known of what was missed"
        assert front.why.startswith("it was asked for")


class TestBadInput:
    @pytest.mark.parametrize("name", ["gap", "status", "point"])
    def test_a_name_of_another_column(self, two, name):
        def own(allocation):
            return float((allocation["allowed"] ** 2).sum())

        own.__name__ = name
        with pytest.raises(abate.InputError, match=r"column of front.points.*another name"):
            abate.explore(two, [own, "cost"])

    def test_an_unknown_method_of_a_search(self, two):
        with pytest.raises(abate.InputError, match="method"):
            abate.explore(two, ["cost", "inequity"], method="serach")

    @pytest.mark.parametrize(
        "wrong",
        [{"solves": np.inf}, {"solves": "3"}, {"gap": "x"}, {"evaluations": None}, {"seed": np.inf}, {"workers": True}],
    )
    def test_an_effort_that_is_no_number(self, wrong):
        with pytest.raises(abate.InputError, match=next(iter(wrong))):
            Effort(**wrong)

    def test_a_checkpoint_in_no_folder(self, tmp_path):
        with pytest.raises(abate.InputError, match=r"checkpoint.*folder that is there"):
            Effort(checkpoint=tmp_path / "none" / "state.npz")

    @pytest.mark.parametrize(
        ("objectives", "said"),
        [
            (["cost"], "too few"),
            ("cost", "too few"),
            ([], "too few"),
            (["cost", "exposur"], "exposure"),
            (["cost", "cost"], "twice"),
            (["cost", "total_load", "total_load:P"], "twice"),
            (["cost", 3], "neither a name nor a function"),
            (["cost", "exposure"], "exposure"),
        ],
    )
    def test_objectives(self, two, objectives, said):
        with pytest.raises(abate.InputError, match=said):
            abate.explore(two, objectives)

    def test_an_objective_that_cannot_change_is_named_with_its_value(self, make_case):
        case = make_case({**TWO, "targets": "target kind limit priority\nbasin load 150 1"})
        with pytest.raises(abate.InputError, match=r"is 0 in every solution.*exceedance"):
            abate.explore(
                make_case({**TWO, "targets": "target kind limit priority\nbasin load 150 0"}), ["cost", "exceedance"]
            )
        assert len(abate.explore(case, ["cost", "total_load"])) == 3

    def test_targets_that_cannot_hold_are_named(self, make_case):
        case = make_case({**TWO, "targets": "target kind limit\nbasin load 10"})
        with pytest.raises(abate.NoPlanError, match="basin"):
            abate.explore(case, ["cost", "total_load"])

    @pytest.mark.parametrize("method", ["sandwich2", "epsilon", "boxes!"])
    def test_a_method_that_does_not_suit(self, two, method):
        with pytest.raises(abate.InputError, match="method"):
            abate.explore(two, ["cost", "total_load"], method=method)

    def test_an_exact_method_for_a_ratio(self, two):
        with pytest.raises(abate.InputError, match="leave it out"):
            abate.explore(two, ["cost", "inequity"], method="dichotomy")

    def test_no_time_at_all(self, two):
        with pytest.raises(abate.SolverError, match="no point"):
            abate.explore(two, ["cost", "total_load"], effort=Effort(time_limit=0))

    @pytest.mark.parametrize(
        "wrong",
        [
            {"gap": -1},
            {"gap": 1},
            {"gap": float("nan")},
            {"solves": 0},
            {"solves": 1.5},
            {"time_limit": -1},
            {"evaluations": 0},
            {"seed": -1},
            {"workers": 0},
        ],
    )
    def test_an_effort_out_of_range(self, wrong):
        with pytest.raises(abate.InputError, match=next(iter(wrong))):
            Effort(**wrong)

    def test_a_case_without_options(self):
        with pytest.raises(abate.InputError, match="options"):
            abate.explore(abate.load("tampa-bay"), ["cost", "total_load"])


def pyomo_of(figures: Model) -> pyo.ConcreteModel:
    """Return the same model in Pyomo, written out as people do, with an objective for each row of costs."""
    model = pyo.ConcreteModel()
    columns, rows = range(figures.costs.shape[1]), range(len(figures.most))
    domain = pyo.Binary if figures.integer.all() else pyo.Reals
    bounds = {i: (float(figures.lows[i]), float(figures.highs[i])) for i in columns}
    model.x = pyo.Var(columns, domain=domain, bounds=lambda m, i: bounds[i])
    model.limit = pyo.Constraint(
        rows, rule=lambda m, r: sum(figures.rows[r, i] * m.x[i] for i in columns) <= figures.most[r]
    )
    model.objective = pyo.Objective(
        range(len(figures.costs)), rule=lambda m, k: sum(figures.costs[k, i] * m.x[i] for i in columns)
    )
    return model


class TestPublishedFrontsThroughPyomo:
    def test_2kp50(self):
        figures, listed = knapsack()
        model = pyomo_of(figures)
        front = solve(model, [model.objective[0], model.objective[1]], effort=Effort(workers=2))
        assert front.status == "complete"
        assert np.array_equal(np.unique(front.values, axis=0), np.unique(listed, axis=0))

    @pytest.mark.parametrize(("seed", "points", "same"), [(0, 237, 230), (1, 217, 212)])
    def test_lp_allocation(self, seed, points, same):
        # the others lie on the front or 2.4e-8 of the ranges above it, see test_front_exact
        figures, listed = allocation(seed)
        model = pyomo_of(figures)
        front = solve(model, [model.objective[0], model.objective[1]])
        assert (front.status, len(front)) == ("complete", points)
        apart = np.abs((listed[:, None] - front.values[None]) / front.scale).max(axis=2).min(axis=1)
        assert np.count_nonzero(apart < 1e-9) == same


class TestAnyModel:
    @pytest.fixture
    def model(self):
        """Two items of which at least one is bought: (3, 1) and (1, 4), both (4, 5) is worse than either."""
        model = pyo.ConcreteModel()
        model.taken = pyo.Var([0, 1], domain=pyo.Binary)
        model.need = pyo.Constraint(expr=model.taken[0] + model.taken[1] >= 1)
        model.cost = pyo.Objective(expr=3 * model.taken[0] + model.taken[1])
        model.harm = pyo.Objective(expr=model.taken[0] + 4 * model.taken[1])
        return model

    def test_its_front(self, model):
        front = solve(model, [model.cost, model.harm])
        assert front.method == "epsilon"
        assert front.points[["cost", "harm"]].to_numpy().tolist() == [[1, 4], [3, 1]]

    def test_names_of_ones_own_and_senses(self, model):
        model.good = pyo.Objective(expr=-model.harm.expr, sense=pyo.maximize)
        front = solve(model, {"money": model.cost, "good": model.good})
        assert front.points[["money", "good"]].to_numpy().tolist() == [[1, -4], [3, -1]]

    def test_there_are_no_plans(self, model):
        front = solve(model, [model.cost, model.harm])
        with pytest.raises(abate.InputError, match="not of a case"):
            front.plan(0)

    def test_its_model_is_filled_with_a_point(self, model):
        front = solve(model, [model.cost, model.harm])
        filled = front.fill(1)
        assert [pyo.value(filled.cost), pyo.value(filled.harm)] == pytest.approx(front.values[1].tolist())

    @pytest.mark.parametrize(
        "wrong", [lambda m: [m.cost], lambda m: [m.cost, m.cost], lambda m: [m.cost, m.need], lambda m: [m.cost, 1]]
    )
    def test_bad_objectives(self, model, wrong):
        with pytest.raises(abate.InputError):
            solve(model, wrong(model))

    def test_an_objective_without_end(self, model):
        model.free = pyo.Var()
        model.worse = pyo.Objective(expr=model.free)
        with pytest.raises(abate.InputError, match=r"better without end.*worse"):
            solve(model, [model.cost, model.worse])

    def test_a_curved_objective(self, model):
        model.curved = pyo.Objective(expr=model.taken[0] ** 2 * model.taken[1])
        with pytest.raises(abate.InputError, match="not linear"):
            solve(model, [model.cost, model.curved])

    def test_no_solution(self, model):
        model.never = pyo.Constraint(expr=model.taken[0] + model.taken[1] >= 3)
        with pytest.raises(abate.SolverError, match="no solution"):
            solve(model, [model.cost, model.harm])
