"""Stages and stability: the rows that small cases of several years make, and the optima they come to, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from abate.solver import Session
from abate_models.assemble import assemble
from abate_models.compile import compile_model
from abate_models.problem import read_problem
from abate_models.relaxation import priced
from abate_models.stability import change_weights
from abate_models.stages import Coupling, assemble_stages, discount_factors, staged_problems, year_of

INF = np.inf

#: 100 t at the mill, of which a filter takes 80 % for 30 EUR/yr and 100 EUR of capital over 2 years at 25 % a year:
#: a payment of 100 x 0.25 / (1 - 1 / 1.25^2) = 25 / 0.36 EUR/yr; lime takes 10 t per unit and costs no capital.
MILL = {
    "sources": "source\nmill",
    "loads": "source pollutant load\nmill P 100",
    "measures": "measure lifetime_years\nfilter 2\nlime .",
    "options": """
        source measure max_extent unit_cost capital_cost ramp
        mill   filter  1          30        100          0.4
        mill   lime    4          15        .            .""",
    "removals": "source measure pollutant removal basis\n* filter P 0.8 fraction\n* lime P 10 mass",
    "targets": "target kind limit\nbasin load 60",
}
PAYMENT = 25 / 0.36


@pytest.fixture
def mill(make_case):
    return read_problem(make_case(MILL, discount_rate=0.25))


def coupling(problem, years=2, **given):
    options = problem.options
    usual = {
        "built": np.tile(options.built, (years, 1)),
        "ramp": options.ramp,
        "available_from": np.full(len(options.keys), -INF),
        "discount_rate": 0.25,
    }
    return Coupling(**{**usual, **given})


def without_target(problem):
    """The problem of a year in which the target does not hold yet."""
    return replace(problem, targets=replace(problem.targets, limit=np.full(len(problem.targets.ids), INF)))


def solved(model):
    compiled = compile_model(model)
    solution = Session(compiled).solve()
    assert solution.found
    years = list(model.stage.keys())
    return solution.objective, {year: solution.values[year_of(compiled, year).columns["extent"]] for year in years}


def bounds(model, year, name):
    return {member.index(): member.bounds for member in model.stage[year].component(name).values()}


class TestRows:
    def test_every_year_has_the_rows_of_its_own_problem(self, mill, rows_of):
        model = assemble_stages({2030: without_target(mill), 2031: mill}, coupling(mill))
        loads = {"stage[2030].allowed_load[mill,P]": 1.0}
        assert rows_of(model, "stage[2030].cap") == {"basin": (loads, -INF, INF)}
        assert rows_of(model, "stage[2031].cap")["basin"][1:] == (-INF, 60)
        assert set(rows_of(model, "stage[2031].balance")) == {("mill", "P")}

    def test_what_is_used_must_stand_and_what_stands_is_kept(self, mill, rows_of):
        model = assemble_stages({2030: mill, 2031: mill}, coupling(mill))
        used, added = "stage[2031].extent[mill,filter]", "stage[2031].expansion[mill,filter]"
        key = ("mill", "filter")
        assert rows_of(model, "stage[2031].expansion_need") == {key: ({used: 1, added: -1}, -INF, 0)}
        before = "stage[2030].expansion[mill,filter]"
        assert rows_of(model, "stage[2031].capacity_step") == {key: ({added: 1, before: -1}, 0, 0.4)}
        # in the first year the ramp is a bound; lime costs no capital and has no ramp: it needs no capacity
        assert bounds(model, 2030, "expansion") == {key: (0, 0.4)}
        assert bounds(model, 2031, "expansion") == {key: (0, 1)}

    def test_earlier_decisions_take_their_part_of_the_ramp(self, mill, rows_of):
        built = np.array([[0.1, 0.0], [0.3, 0.0]])
        model = assemble_stages({2030: mill, 2031: mill}, coupling(mill, built=built))
        key = ("mill", "filter")
        assert rows_of(model, "stage[2031].expansion_need")[key][2] == 0.3
        assert rows_of(model, "stage[2031].capacity_step")[key][1:] == (0, pytest.approx(0.2))

    def test_nothing_new_works_before_its_first_year(self, mill):
        waits = coupling(mill, built=np.tile([0.2, 0.0], (2, 1)), available_from=np.array([2031.0, 2031.0]))
        model = assemble_stages({2030: mill, 2031: mill}, waits)
        filters, lime = ("mill", "filter"), ("mill", "lime")
        assert bounds(model, 2030, "extent") == {filters: (0, 0.2), lime: (0, 0)}
        assert bounds(model, 2031, "extent") == {filters: (0, 1), lime: (0, 4)}
        assert bounds(model, 2030, "expansion") == {filters: (0, 0)}

    def test_a_yes_stays_a_yes(self, make_case, rows_of):
        options = "source measure max_extent unit_cost fixed_cost\nmill filter 1 30 7\nmill lime 4 15 ."
        problem = read_problem(make_case({**MILL, "options": options}))
        model = assemble_stages({2030: problem, 2031: problem}, coupling(problem))
        now, before = "stage[2031].installed[mill,filter]", "stage[2030].installed[mill,filter]"
        assert rows_of(model, "stage[2031].stays_installed") == {("mill", "filter"): ({now: 1, before: -1}, 0, INF)}
        assert model.stage[2031].component("capacity_step") is None

    def test_of_a_group_some_option_stays_installed(self, make_case, rows_of):
        options = """
            source measure max_extent unit_cost fixed_cost group
            mill   filter  1          30        7          way
            mill   lime    1          15        3          way"""
        problem = read_problem(make_case({**MILL, "options": options}))
        model = assemble_stages({2030: problem, 2031: problem}, coupling(problem))
        row, lower, upper = rows_of(model, "stage[2031].group_stays_installed")["mill", "way"]
        assert (lower, upper) == (0, INF)
        now, before = "stage[2031].installed[mill,{}]".format, "stage[2030].installed[mill,{}]".format
        assert row == {now("filter"): 1, now("lime"): 1, before("filter"): -1, before("lime"): -1}
        assert model.stage[2031].component("stays_installed") is None

    def test_costs_are_discounted_to_the_first_year(self, mill, costs_of):
        coefficients, constant = costs_of(assemble_stages({2030: mill, 2031: mill}, coupling(mill)))
        assert constant == 0
        assert coefficients == pytest.approx(
            {
                "stage[2030].extent[mill,filter]": 30,
                "stage[2030].extent[mill,lime]": 15,
                "stage[2030].expansion[mill,filter]": PAYMENT,
                "stage[2031].extent[mill,filter]": 30 / 1.25,
                "stage[2031].extent[mill,lime]": 15 / 1.25,
                "stage[2031].expansion[mill,filter]": PAYMENT / 1.25,
            }
        )

    def test_budgets_of_a_year_count_the_capital_of_what_stands(self, make_case, rows_of):
        problem = read_problem(make_case({**MILL, "targets": "target kind limit\npurse budget 50"}, discount_rate=0.25))
        model = assemble_stages({2030: problem, 2031: problem}, coupling(problem))
        coefficients, lower, upper = rows_of(model, "stage[2031].budget")["purse"]
        assert (lower, upper) == (-INF, 50)
        assert coefficients == pytest.approx(
            {
                "stage[2031].extent[mill,filter]": 30,
                "stage[2031].extent[mill,lime]": 15,
                "stage[2031].expansion[mill,filter]": PAYMENT,
            }
        )

    def test_targets_with_a_ceiling_give_way_at_its_discounted_price(self, make_case, rows_of, costs_of):
        targets = """
            target kind      limit priority price_ceiling
            basin  load      60    1        2
            free   reduction 10    1        .
            hard   load      95    0        2"""
        problem = read_problem(make_case({**MILL, "targets": targets}))
        assert priced(problem).tolist() == [0]
        model = assemble_stages({2030: problem, 2031: problem}, coupling(problem, ceilings=True))
        load, gives = "stage[2031].allowed_load[mill,P]", "stage[2031].exceedance[basin]"
        assert rows_of(model, "stage[2031].cap") == {
            "basin": ({load: 1, gives: -1}, -INF, 60),
            "free": ({load: 1}, -INF, 90),
            "hard": ({load: 1}, -INF, 95),
        }
        coefficients, _ = costs_of(model)
        assert coefficients["stage[2030].exceedance[basin]"] == 2
        assert coefficients[gives] == pytest.approx(2 / 1.25)
        model = assemble_stages({2030: problem}, coupling(problem, 1))
        assert model.stage[2030].component("exceedance") is None

    def test_a_target_that_does_not_hold_yet_cannot_give_way(self, make_case):
        targets = "target kind limit priority price_ceiling\nbasin load 60 1 2\npurse budget 9 1 3"
        problem = read_problem(make_case({**MILL, "targets": targets}))
        model = assemble_stages({2030: without_target(problem)}, coupling(problem, 1, ceilings=True))
        assert bounds(model, 2030, "exceedance") == {"basin": (0, 0), "purse": (0, 0)}

    def test_the_names_of_one_year_are_those_of_a_single_model(self, mill):
        model = assemble_stages({2030: mill, 2031: mill}, coupling(mill))
        view, alone = year_of(compile_model(model), 2031), compile_model(assemble(mill))
        assert set(alone.rows) <= set(view.rows)
        assert set(alone.columns) <= set(view.columns)
        assert view.keys["cap"] == alone.keys["cap"]
        assert view.rows["cap"][0] != alone.rows["cap"][0]


class TestOptimum:
    def test_one_year_with_nothing_built_is_the_single_model(self, mill):
        # 40 t: the filter costs (30 + payment) / 80 = 1.243 a tonne, lime 1.5; the ramp leaves 0.4 x 80 = 32 t to it
        alone = Session(compile_model(assemble(mill))).solve().objective
        assert alone == pytest.approx(0.5 * (30 + PAYMENT))
        unbounded = replace(mill, options=replace(mill.options, ramp=np.full(2, INF)))
        assert solved(assemble_stages({2030: unbounded}, coupling(unbounded, 1)))[0] == pytest.approx(alone)
        cost, extents = solved(assemble_stages({2030: mill}, coupling(mill, 1)))
        assert cost == pytest.approx(0.4 * (30 + PAYMENT) + 8 * 1.5)
        assert extents[2030] == pytest.approx([0.4, 0.8])

    def test_capacity_is_built_ahead_where_the_ramp_is_short(self, mill):
        # only 2031 asks: 50 t with 60 t left ... of lime 10 t a unit at 15 the filter's first 0.4 is cheaper, and so is
        # a part built ahead: its payment in 2030 is 1.25 times that of 2031. A tonne of it costs in money of 2031
        # (30 + payment x 2.25) / 80 = 2.33, more than 1.5 for lime: nothing is built ahead
        cost, extents = solved(assemble_stages({2030: without_target(mill), 2031: mill}, coupling(mill)))
        assert extents[2030] == pytest.approx([0, 0])
        assert extents[2031] == pytest.approx([0.4, 0.8])
        assert cost == pytest.approx((0.4 * (30 + PAYMENT) + 12) / 1.25)
        # where lime costs 24.1 a unit, a tonne of it is dearer than one of a filter that is built ahead
        dear = replace(mill, options=replace(mill.options, operating=np.array([30.0, 24.1])))
        cost, extents = solved(assemble_stages({2030: without_target(dear), 2031: dear}, coupling(dear)))
        assert extents[2030] == pytest.approx([0, 0])
        assert extents[2031] == pytest.approx([0.5, 0])
        assert cost == pytest.approx(0.1 * PAYMENT + 0.5 * (30 + PAYMENT) / 1.25)

    def test_what_is_built_is_paid_even_where_it_is_no_longer_used(self, mill):
        # 40 t in 2030 alone. Filter: (30 + payment) / 80 a tonne in 2030 and payment / 80 / 1.25 in 2031, together
        # 1.938; so lime at 1.5 is taken, all 40 t. At 2.0 a tonne the filter is, up to its ramp of 32 t
        years = {2030: mill, 2031: without_target(mill)}
        cost, extents = solved(assemble_stages(years, coupling(mill)))
        assert extents[2030] == pytest.approx([0, 4])
        assert cost == pytest.approx(60)
        options = replace(mill.options, operating=np.array([30.0, 20.0]))
        years = {year: replace(problem, options=options) for year, problem in years.items()}
        cost, extents = solved(assemble_stages(years, coupling(mill)))
        assert extents[2030] == pytest.approx([0.4, 0.8])
        assert extents[2031] == pytest.approx([0, 0])
        assert cost == pytest.approx(0.4 * (30 + 1.8 * PAYMENT) + 16)


class TestStability:
    def test_change_is_the_distance_from_the_plan_before(self, mill, rows_of):
        previous = np.array([[0.3, np.nan], [np.nan, np.nan]])
        model = assemble_stages({2030: mill, 2031: mill}, coupling(mill, previous=previous))
        name = "stage[2030].{}[mill,filter]".format
        assert rows_of(model, "stage[2030].change") == {
            ("mill", "filter"): ({name("extent"): 1, name("rise"): -1, name("fall"): 1}, 0.3, 0.3)
        }
        assert model.stage[2031].component("change") is None
        row, lower, upper = rows_of(model, "cost_held")["cost"]
        assert (lower, upper) == (-INF, INF)
        assert row["stage[2031].extent[mill,lime]"] == pytest.approx(15 / 1.25)

    def test_weights_are_shares_of_loads(self, make_case):
        problem = read_problem(
            make_case(
                {
                    **MILL,
                    "loads": "source pollutant load\nmill P 100\nmill N 50",
                    "options": """
                        source measure max_extent unit_cost
                        mill   filter  1          30
                        mill   lime    4          15""",
                    "removals": """
                        source measure pollutant removal basis
                        *      filter  P         0.8     fraction
                        *      lime    P         10      mass
                        *      lime    N         -5      mass""",
                    "targets": "target kind pollutant limit\nbasin load P 60",
                }
            )
        )
        # filter 80 / 100; lime 10 / 100 and 5 / 50 that it adds
        assert change_weights(problem) == pytest.approx([0.8, 0.2])
        idle = replace(problem.options, removal=sparse.csr_array(problem.options.removal.shape))
        assert change_weights(replace(problem, options=idle)) == pytest.approx([1, 1 / 4])


class TestPieces:
    def test_discount_factors(self):
        assert discount_factors([2030, 2031, 2033], 0.1) == pytest.approx([1, 1 / 1.1, 1 / 1.331])
        assert discount_factors([2030, 2031], 0.0).tolist() == [1, 1]

    def test_all_options_that_cost_capital_or_ramp_have_a_capacity_of_their_own(self, mill):
        staged = staged_problems({2030: mill}, coupling(mill, 1))[2030]
        assert staged.options.expandable.tolist() == [0]
        assert mill.options.expandable.tolist() == []
        ramped = coupling(mill, 1, ramp=np.array([INF, 1.0]))
        assert staged_problems({2030: mill}, ramped)[2030].options.expandable.tolist() == [0, 1]
