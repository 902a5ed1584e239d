"""Every block of the mathematics, solved to an optimum that is derived by hand in the comment beside it."""

from __future__ import annotations

from typing import ClassVar

import pytest

import abate

#: 100 t at the mill for 30 EUR/yr and 50 t at the town for 20 EUR/yr, of each 80 % can be filtered:
#: a tonne costs 0.375 at the mill (80 t) and 0.5 at the town (40 t).
TWO = {
    "sources": "source\nmill\ntown",
    "loads": "source pollutant load\nmill P 100\ntown P 50",
    "options": "source measure max_extent unit_cost\nmill filter 1 30\ntown filter 1 20",
    "removals": "source measure pollutant removal\n* filter P 0.8",
    "targets": "target kind limit\nbasin load 60",
}
#: The lake takes twice as much from a tonne of the town as from one of the mill.
LAKE = {
    **TWO,
    "receptors": "receptor population\nlake 1000\nriver 100",
    "transfer": """
        source receptor pollutant parameter coefficient
        mill   lake     P         tp        0.001
        town   lake     P         tp        0.002
        mill   river    P         do        -0.01""",
    "background": "receptor parameter value\nlake tp 0.05\nriver do 9",
}


@pytest.fixture
def plan_of(make_case, keeps_laws):
    """Return a function that plans a case under all laws, with the loads allowed to each source."""

    def plan(tables, objective="cost", **settings):
        case = make_case(tables, signed_transfer=True, **settings)
        found = keeps_laws(abate.decompose(case, objective))
        return found, dict(zip(found.allocation["source"], found.allocation["allowed"], strict=False))

    return plan


def price(plan, target):
    return plan.prices.set_index("target").loc[target, "price"]


class TestCost:
    def test_the_cheaper_tonne_first(self, plan_of):
        # 90 t to remove: 80 at the mill (30), 10 at the town (10 x 0.5 = 5); the next tonne costs 0.5
        plan, load = plan_of(TWO)
        assert plan.cost == pytest.approx(35)
        assert load == pytest.approx({"mill": 20, "town": 40})
        assert price(plan, "basin") == pytest.approx(0.5)

    def test_nothing_is_done_where_nothing_is_asked(self, plan_of):
        plan, load = plan_of({**TWO, "targets": "target kind limit\nbasin load 150"})
        assert plan.cost == 0
        assert len(plan.measures) == 0
        assert load == {"mill": 100, "town": 50}

    def test_a_group_is_mixed_along_its_convex_hull(self, plan_of):
        # half removes 50 t for 10, full 90 t for 45, and both share one unit of extent; 70 t asked: half of each is
        # 25 + 45 = 70 t at 5 + 22.5; the next tonne moves along the edge: (45 - 10) / (90 - 50) = 0.875
        plan, _ = plan_of(
            {
                "sources": "source\nmill",
                "loads": "source pollutant load\nmill P 100",
                "options": """
                    source measure max_extent unit_cost group
                    mill   half    1          10        way
                    mill   full    1          45        way""",
                "removals": "source measure pollutant removal\n* half P 0.5\n* full P 0.9",
                "targets": "target kind limit\nbasin load 30",
            }
        )
        assert plan.cost == pytest.approx(27.5)
        assert plan.measures["extent"].tolist() == pytest.approx([0.5, 0.5])
        assert price(plan, "basin") == pytest.approx(0.875)

    def test_one_whole_option_of_a_group_excludes_the_others(self, plan_of):
        # as above, but yes or no: half (1 + 10) is not enough for 70 t, so full at 70 / 90 of 45, plus 1
        plan, _ = plan_of(
            {
                "sources": "source\nmill",
                "loads": "source pollutant load\nmill P 100",
                "options": """
                    source measure max_extent unit_cost fixed_cost group
                    mill   half    1          10        1          way
                    mill   full    1          45        1          way""",
                "removals": "source measure pollutant removal\n* half P 0.5\n* full P 0.9",
                "targets": "target kind limit\nbasin load 30",
            }
        )
        assert plan.cost == pytest.approx(36)
        assert plan.measures["measure"].tolist() == ["full"]

    @pytest.mark.parametrize(
        ("limit", "cost", "used"),
        [
            # the mill costs 6 + 0.375 a tonne, the town 0.5: 40 t are 20 at the town and 21 at the mill
            (110, 20, ["town"]),
            # 60 t: the town cannot alone; the mill alone is 6 + 22.5, and with it paid the town is dearer
            (90, 28.5, ["mill"]),
            # 90 t: 6 + 30 + 5
            (60, 41, ["mill", "town"]),
        ],
    )
    def test_a_fixed_cost_is_paid_once_or_not_at_all(self, plan_of, limit, cost, used):
        options = "source measure max_extent unit_cost fixed_cost\nmill filter 1 30 6\ntown filter 1 20 0"
        plan, _ = plan_of({**TWO, "options": options, "targets": f"target kind limit\nbasin load {limit}"})
        assert plan.cost == pytest.approx(cost)
        assert plan.measures["source"].tolist() == used

    @pytest.mark.parametrize(
        ("limit", "cost", "mill"),
        [
            # 20 t: the mill starts at half (40 t for 15), the town does 20 t for 10
            (130, 10, 100),
            # 35 t: the town would cost 17.5, the mill's least is 15 and goes 5 t too far
            (115, 15, 60),
        ],
    )
    def test_a_least_extent_goes_further_than_asked_or_not_at_all(self, plan_of, limit, cost, mill):
        options = "source measure max_extent min_extent unit_cost\nmill filter 1 0.5 30\ntown filter 1 . 20"
        plan, load = plan_of({**TWO, "options": options, "targets": f"target kind limit\nbasin load {limit}"})
        assert plan.cost == pytest.approx(cost)
        assert load["mill"] == pytest.approx(mill)

    def test_capital_is_paid_beyond_what_is_built(self, plan_of):
        # capital 210 over 2 years at 10 %: 210 x 0.1 x 1.21 / (1.21 - 1) = 121 a year. Half of the mill's filter is
        # built: 40 t for 30 x 0.5 = 15. The town does its 40 t for 20, and the 10 t left of the 90 take another
        # eighth of the mill's filter: 30 / 8 + 121 / 8
        plan, load = plan_of(
            {
                **TWO,
                "measures": "measure lifetime_years\nfilter 2",
                "options": """
                    source measure max_extent unit_cost capital_cost built
                    mill   filter  1          30        210          0.5
                    town   filter  1          20        .            .""",
            },
            discount_rate=0.1,
        )
        assert plan.cost == pytest.approx(15 + 20 + (30 + 121) / 8)
        assert load == pytest.approx({"mill": 50, "town": 10})
        assert price(plan, "basin") == pytest.approx(151 / 80)

    def test_a_resource_of_a_subtree_holds_the_cheap_source_back(self, plan_of):
        # the springs lie in upper: mill and farm share 0.75 of upper's land. Per tonne the mill costs 0.375, the farm
        # 0.4 (8 / 20), the town 0.5; but a unit of land saves 80 t at the mill and 20 t at the farm, so the land goes
        # to the mill: 60 t for 22.5; of the 90 t the town does the other 30 t for 15
        plan, load = plan_of(
            {
                **TWO,
                "regions": "region parent\nbasin .\nupper basin\nsprings upper",
                "sources": "source region\nmill springs\ntown basin\nfarm upper",
                "loads": "source pollutant load\nmill P 100\ntown P 50\nfarm P 25",
                "options": TWO["options"] + "\nfarm filter 1 8",
                "resources": "resource region available\nland upper 0.75\nland . 9",
                "resource_use": "resource measure use\nland filter 1",
                "targets": "target kind limit\nbasin load 85",
            }
        )
        assert plan.cost == pytest.approx(37.5)
        assert load == pytest.approx({"mill": 40, "town": 20, "farm": 25})

    def test_a_budget_keeps_the_money_of_its_sector(self, plan_of):
        # paper may spend 15: 40 t at the mill; of 70 t the town does 30 t for 15
        plan, load = plan_of(
            {
                **TWO,
                "sources": "source sector\nmill paper\ntown sewage",
                "targets": """
                    target kind   sector limit margin_of_safety
                    basin  load   .      80    .
                    purse  budget paper  18    3""",
            }
        )
        assert plan.cost == pytest.approx(30)
        assert load == pytest.approx({"mill": 60, "town": 20})
        # one euro less moves 1 / 0.375 t to the town at 0.5 a tonne: it costs 0.5 / 0.375 - 1
        assert price(plan, "purse") == pytest.approx(0.5 / 0.375 - 1)


class TestTargets:
    def test_quality_at_most_with_background_and_margin(self, plan_of):
        # 0.05 + 0.1 + 0.1 = 0.25 today; 0.15 allowed less 0.01: 0.11 to close. Per unit of quality the town costs
        # 0.5 / 0.002 = 250 (up to 40 t: 0.08), the mill 375: 20 + 30 t x 0.375
        targets = "target kind receptor parameter limit margin_of_safety\nclear quality lake tp 0.15 0.01"
        plan, load = plan_of({**LAKE, "targets": targets})
        assert plan.cost == pytest.approx(20 + 11.25)
        assert load == pytest.approx({"mill": 70, "town": 10})
        assert price(plan, "clear") == pytest.approx(375)
        row = plan.attainment.set_index("target").loc["clear"]
        assert (row["before"], row["after"]) == (pytest.approx(0.25), pytest.approx(0.14))

    def test_quality_at_least(self, plan_of):
        # oxygen is 9 - 0.01 x 100 = 8; 8.3 + 0.1 asked: the mill down by 40 t for 15
        targets = """
            target kind    receptor parameter sense    limit margin_of_safety
            fish   quality river    do        at_least 8.3   0.1"""
        plan, load = plan_of({**LAKE, "targets": targets})
        assert plan.cost == pytest.approx(15)
        assert load == pytest.approx({"mill": 60, "town": 50})
        assert price(plan, "fish") == pytest.approx(37.5)

    def test_gap_closure(self, plan_of):
        # best with all filters: 0.05 + 0.02 + 0.02 = 0.09, so the gap is 0.16; half of it: 0.08, all by the town
        targets = "target kind receptor parameter limit basis\nclear quality lake tp 50 gap_closure"
        plan, load = plan_of({**LAKE, "targets": targets})
        assert plan.cost == pytest.approx(20)
        assert load == pytest.approx({"mill": 100, "town": 10}, rel=1e-5)
        row = plan.attainment.set_index("target").loc["clear"]
        assert row["limit"] == pytest.approx(0.17)

    def test_gap_closure_of_a_lower_limit(self, plan_of):
        # best oxygen 9 - 0.2 = 8.8, today 8: half of the gap is the mill down by 40 t
        targets = """
            target kind    receptor parameter sense    limit basis
            fish   quality river    do        at_least 50    gap_closure"""
        plan, load = plan_of({**LAKE, "targets": targets})
        assert plan.cost == pytest.approx(15)
        assert load["mill"] == pytest.approx(60)

    REGIONS: ClassVar = {
        **TWO,
        "regions": """
            region parent population gdp area
            basin  .      80         .   .
            upper  basin  .          60  .
            lower  basin  .          .   40""",
        "sources": """
            source region sector output
            mill   upper  paper  10
            town   lower  sewage 200""",
    }

    @pytest.mark.parametrize(
        ("target", "cost", "mill", "town"),
        [
            # 150 t in all; the mill's tonne costs 0.375 (80 t), the town's 0.5 (40 t)
            ("load basin . 110 . . .", 15, 60, 50),
            ("load basin . 110 . 4 6", 18.75, 50, 50),
            ("load lower . 30 . . .", 10, 100, 30),
            ("load basin sewage 30 . . .", 10, 100, 30),
            ("reduction basin . 40 value . .", 15, 60, 50),
            ("reduction . . 40 value 5 5", 18.75, 50, 50),
            ("reduction lower . 40 percent . .", 10, 100, 30),
            ("reduction . . 60 percent . .", 35, 20, 40),
            # 0.15 t per unit of output: 30 t at the town; 1 t per head: 80 t; 1 t per EUR: 60 t; 0.5 t per km2: 20 t
            ("intensity . sewage 0.15 output . .", 10, 100, 30),
            ("intensity basin . 1 population . .", 26.25, 30, 50),
            ("intensity upper . 1 gdp . .", 15, 60, 50),
            ("intensity lower . 0.5 area . .", 15, 100, 20),
        ],
    )
    def test_caps_of_every_kind(self, plan_of, target, cost, mill, town):
        heading = "target kind region sector limit basis margin_of_safety reserve\n"
        plan, load = plan_of({**self.REGIONS, "targets": f"{heading}cap {target}"})
        assert plan.cost == pytest.approx(cost)
        assert load == pytest.approx({"mill": mill, "town": town})

    @pytest.mark.parametrize(
        ("target", "asked"),
        [
            # a unit of the limit as it was asked is: 1 t; 1 % of 150 t; 200 units of output; at 0.5 EUR/t each
            ("load . . 60 value", 0.5),
            ("reduction . . 60 percent", 0.5 * 1.5),
            ("intensity . sewage 0.15 output", 0.5 * 200),
        ],
    )
    def test_prices_are_also_told_as_the_limit_was_asked(self, plan_of, target, asked):
        plan, _ = plan_of({**self.REGIONS, "targets": f"target kind region sector limit basis\ncap {target}"})
        row = plan.prices.set_index("target").loc["cap"]
        assert row["price"] == pytest.approx(0.5)
        assert row["price_as_asked"] == pytest.approx(asked)


class TestRules:
    def test_uniform_zones(self, plan_of):
        # upper has the mill and the farm (100 + 25 t) in one zone, the town stands by itself. 60 t asked.
        # One percent of upper costs 100 x 0.375 % + 25 x 0.4 % = 0.475 for 1.25 t: 0.38 a tonne, cheaper than the
        # town's 0.5; so upper does all: 48 %
        plan, load = plan_of(
            {
                **TWO,
                "regions": "region\nupper\nlower",
                "sources": "source region\nmill upper\ntown lower\nfarm upper",
                "loads": "source pollutant load\nmill P 100\ntown P 50\nfarm P 25",
                "options": TWO["options"] + "\nfarm filter 1 8",
                "rules": "rule kind region\nup uniform upper\nlow uniform lower",
                "targets": "target kind limit\nbasin load 115",
            }
        )
        assert load == pytest.approx({"mill": 52, "town": 50, "farm": 13})
        assert plan.cost == pytest.approx(0.38 * 60)
        assert plan.model.uniform_percent["up", "P"].value == pytest.approx(48)

    def test_one_uniform_percentage_for_all(self, plan_of):
        # 90 of 150 t: 60 % everywhere, 60 t x 0.375 + 30 t x 0.5
        plan, load = plan_of({**TWO, "rules": "rule kind\nall uniform"})
        assert load == pytest.approx({"mill": 40, "town": 20})
        assert plan.cost == pytest.approx(37.5)

    def test_reduction_percent_bounds(self, plan_of):
        # nobody above 70 %: the mill stops at 70 t, the town does 20 t: 26.25 + 10
        plan, load = plan_of({**TWO, "rules": "rule kind upper\nfair reduction_percent 70"})
        assert load == pytest.approx({"mill": 30, "town": 30})
        assert plan.cost == pytest.approx(36.25)
        # nobody below 50 %: the town does at least 25 t, the mill 65 t: 12.5 + 24.375
        plan, load = plan_of({**TWO, "rules": "rule kind lower\nfair reduction_percent 50"})
        assert load == pytest.approx({"mill": 35, "town": 25})
        assert plan.cost == pytest.approx(36.875)

    def test_burden_bound(self, plan_of):
        # 1 % of the mill's income of 2400 is 24: 64 t there, 26 t at the town for 13
        plan, load = plan_of(
            {
                **TWO,
                "sources": "source income\nmill 2400\ntown 9000",
                "rules": "rule kind upper ability\nbear burden 0.01 income",
            }
        )
        assert load == pytest.approx({"mill": 36, "town": 24})
        assert plan.cost == pytest.approx(37)


class TestObjectives:
    def test_exposure(self, plan_of):
        # 15 EUR/yr to spend. People: 1000 x (0.05 + 0.001 mill + 0.002 town); a euro at the town saves 2 t x 2 = 4,
        # at the mill 2.67 t x 1: all at the town, 30 t: 1000 x (0.05 + 0.1 + 0.04)
        plan, load = plan_of({**LAKE, "targets": "target kind limit\npurse budget 15"}, "exposure:tp")
        assert plan.value == pytest.approx(190)
        assert load == pytest.approx({"mill": 100, "town": 20})
        # one euro less exposes 4 more
        assert price(plan, "purse") == pytest.approx(4)

    def test_total_load(self, plan_of):
        # for 20 EUR/yr the mill removes 53.3 t
        plan, load = plan_of({**TWO, "targets": "target kind limit\npurse budget 20"}, "total_load")
        assert plan.value == pytest.approx(150 - 20 / 0.375)
        assert load["town"] == pytest.approx(50)

    def test_exceedance(self, plan_of):
        # 15 EUR/yr buy 40 t of the 90 that the cap of 60 asks: 50 / 60 of it is missed
        targets = "target kind limit priority\nbasin load 60 1\npurse budget 15 0"
        plan, load = plan_of({**TWO, "targets": targets}, "exceedance")
        assert plan.value == pytest.approx(50 / 60)
        assert load == pytest.approx({"mill": 60, "town": 50})
        row = plan.attainment.set_index("target").loc["basin"]
        assert not row["attained"]
        assert row["unused"] == pytest.approx(-50)

    def test_max_burden(self, plan_of):
        # 90 t asked. Mill: cost 0.375 m over 600; town: 0.5 t over 100; equal burdens: 0.375 m / 600 = 0.5 t / 100,
        # so m = 8 t and m + t = 90: t = 10, m = 80; the burden is 0.05
        tables = {**TWO, "sources": "source income\nmill 600\ntown 100"}
        plan, load = plan_of(tables, "max_burden")
        assert plan.value == pytest.approx(0.05)
        assert load == pytest.approx({"mill": 20, "town": 40})


class TestEffects:
    def test_a_measure_that_adds_load_elsewhere(self, plan_of):
        # the filter adds 10 t of N a unit; N may rise by 5 t only: half a filter in all. A tonne of P at the mill
        # takes 1 / 80 of a filter, so 40 t there
        plan, _ = plan_of(
            {
                **TWO,
                "loads": TWO["loads"] + "\nmill N 5\ntown N 0",
                "removals": "source measure pollutant removal basis\n* filter P 0.8 fraction\n* filter N -10 mass",
                "targets": "target kind pollutant limit\nbasin load P 110\nnitrogen load N 10",
            }
        )
        table = plan.allocation.set_index(["source", "pollutant"])["allowed"]
        assert table["mill", "P"] == pytest.approx(60)
        assert table["mill", "N"] == pytest.approx(10)
        assert plan.cost == pytest.approx(15)

    def test_a_rise_can_be_undone_by_another_measure(self, plan_of):
        # 60 t of P: 0.75 of the filter adds 7.5 t of N to 5 t; the cap of 4 t takes 8.5 t out by stripping at 2 EUR/t
        plan, _ = plan_of(
            {
                "sources": "source\nmill",
                "loads": "source pollutant load\nmill P 100\nmill N 5",
                "options": "source measure max_extent unit_cost\nmill filter 1 30\nmill strip 50 2",
                "removals": """
                    source measure pollutant removal basis
                    *      filter  P         0.8     fraction
                    *      filter  N         -10     mass
                    *      strip   N         1       mass""",
                "targets": "target kind pollutant limit\nbasin load P 40\nnitrogen load N 4",
            }
        )
        assert plan.cost == pytest.approx(0.75 * 30 + 8.5 * 2)

    def test_one_measure_serves_two_pollutants(self, plan_of):
        # the wetland takes the 40 t of P and the 30 t of N for 60; at 0.9 a tonne of N and 0.8 a tonne of P the two
        # single measures cost 32 + 27 = 59 and are taken; with P at 0.9 they cost 63 and the wetland is
        tables = {
            "sources": "source\nmill",
            "loads": "source pollutant load\nmill P 100\nmill N 100",
            "options": "source measure max_extent unit_cost\nmill wet 1 60\nmill p 100 {}\nmill n 100 0.9",
            "removals": """
                source measure pollutant removal basis
                *      wet     P         40      mass
                *      wet     N         30      mass
                *      p       P         1       mass
                *      n       N         1       mass""",
            "targets": "target kind pollutant limit\np load P 60\nn load N 70",
        }
        for unit_cost, cost, used in ((0.8, 59, ["p", "n"]), (0.9, 60, ["wet"])):
            plan, _ = plan_of({**tables, "options": tables["options"].format(unit_cost)})
            assert plan.cost == pytest.approx(cost)
            assert plan.measures["measure"].tolist() == used

    def test_an_uncontrollable_source_does_nothing(self, plan_of):
        # the town has to do the 40 t by itself
        tables = {**TWO, "sources": "source controllable\nmill no\ntown yes"}
        plan, load = plan_of({**tables, "targets": "target kind limit\nbasin load 110"})
        assert load == pytest.approx({"mill": 100, "town": 10})
        assert plan.cost == pytest.approx(20)

    def test_a_floor_stops_the_cheap_source(self, plan_of):
        # the mill can come down to 45 t only: 55 t there, 35 t at the town
        tables = {**TWO, "loads": "source pollutant load floor\nmill P 100 45\ntown P 50 ."}
        plan, load = plan_of(tables)
        assert load == pytest.approx({"mill": 45, "town": 15})
        assert plan.cost == pytest.approx(55 * 0.375 + 17.5)

    def test_options_that_share_a_load_cannot_remove_it_twice(self, plan_of):
        # two filters of 80 % and a floor of nothing: together they remove no more than the 100 t there are
        tables = {
            "sources": "source\nmill",
            "loads": "source pollutant load\nmill P 100",
            "options": "source measure max_extent unit_cost\nmill a 1 8\nmill b 1 16",
            "removals": "source measure pollutant removal\n* a P 0.8\n* b P 0.8",
            "targets": "target kind limit\nbasin load 0",
        }
        plan, load = plan_of(tables)
        # 80 t by a for 8, 20 t by b for 4
        assert load == pytest.approx({"mill": 0})
        assert plan.cost == pytest.approx(12)
