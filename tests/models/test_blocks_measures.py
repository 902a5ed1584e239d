"""Measures, loads, resources and cost: the rows that small cases make, written out by hand."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
from pyomo.core.base.var import Var

from abate_models.assemble import assemble
from abate_models.options import capital_recovery_factor
from abate_models.problem import read_problem

INF = np.inf

ONE_SOURCE = {
    "sources": "source\nmill",
    "loads": "source pollutant load\nmill P 100",
    "removals": "source measure pollutant removal\n* settle P 0.4\n* filter P 0.9",
    "options": "source measure max_extent unit_cost\nmill settle 1 30\nmill filter 1 60",
    "targets": "target kind limit\nbasin load 90",
}


def bounds(model, name):
    return {member.name: member.bounds for member in model.component(name).values()}


class TestMeasures:
    def test_plain_options_have_bounds_and_no_rows(self, make_case):
        model = assemble(read_problem(make_case(ONE_SOURCE)))
        assert bounds(model, "extent") == {"extent[mill,settle]": (0, 1), "extent[mill,filter]": (0, 1)}
        assert [variable.name for variable in model.component_objects(Var)] == ["extent", "allowed_load"]

    def test_a_group_sums_extents_and_decisions(self, make_case, rows_of):
        options = """
            source measure max_extent unit_cost fixed_cost group
            mill   settle  1          30        .          works
            mill   filter  1          60        5          works
            mill   lime    1          10        .          ."""
        removals = ONE_SOURCE["removals"] + "\n* lime P 0.1"
        model = assemble(read_problem(make_case({**ONE_SOURCE, "options": options, "removals": removals})))
        assert rows_of(model, "group") == {
            ("mill", "works"): ({"extent[mill,settle]": 1, "installed[mill,filter]": 1}, -INF, 1)
        }

    def test_groups_of_one_name_at_two_sources_are_two_groups(self, make_case, rows_of):
        case = make_case(
            {
                **ONE_SOURCE,
                "sources": "source\nmill\ntown",
                "loads": "source pollutant load\nmill P 100\ntown P 50",
                "options": """
                    source measure max_extent group
                    town   filter  1          works
                    mill   settle  1          works
                    town   settle  1          works
                    mill   filter  1          works""",
            }
        )
        rows = rows_of(assemble(read_problem(case)), "group")
        assert list(rows) == [("town", "works"), ("mill", "works")]  # in the order of the options table
        assert rows["town", "works"][0] == {"extent[town,filter]": 1, "extent[town,settle]": 1}
        assert rows["mill", "works"][0] == {"extent[mill,settle]": 1, "extent[mill,filter]": 1}

    def test_least_and_greatest_extent_follow_the_decision(self, make_case, rows_of):
        options = """
            source measure max_extent min_extent fixed_cost
            mill   settle  0.9        0.2        .
            mill   filter  0.8        .          5"""
        model = assemble(read_problem(make_case({**ONE_SOURCE, "options": options})))
        assert rows_of(model, "minimum_extent") == {
            ("mill", "settle"): ({"extent[mill,settle]": -1, "installed[mill,settle]": 0.2}, -INF, 0)
        }
        assert rows_of(model, "maximum_extent") == {
            ("mill", "settle"): ({"extent[mill,settle]": 1, "installed[mill,settle]": -0.9}, -INF, 0),
            ("mill", "filter"): ({"extent[mill,filter]": 1, "installed[mill,filter]": -0.8}, -INF, 0),
        }
        assert all(member.is_binary() for member in model.installed.values())

    def test_what_is_built_pays_no_capital(self, make_case, rows_of, costs_of):
        case = make_case(
            {
                **ONE_SOURCE,
                "measures": "measure lifetime_years\nsettle 2\nfilter 2",
                "options": """
                    source measure max_extent unit_cost capital_cost built
                    mill   settle  1          30        1000         0.5
                    mill   filter  1          60        1000         .""",
            },
            discount_rate=0.1,
        )
        model = assemble(read_problem(case))
        assert rows_of(model, "expansion_need") == {
            ("mill", "settle"): ({"extent[mill,settle]": 1, "expansion[mill,settle]": -1}, -INF, 0.5)
        }
        # 1000 over 2 years at 10 %: 1000 = p / 1.1 + p / 1.21, so p = 1000 x 1.21 / 2.1
        payment = 1210 / 2.1
        coefficients, constant = costs_of(model)
        assert constant == 0
        assert coefficients == pytest.approx(
            {"extent[mill,settle]": 30, "extent[mill,filter]": 60 + payment, "expansion[mill,settle]": payment}
        )

    @pytest.mark.parametrize(
        ("extent", "floor", "greatest"),
        [(".", 0, 50), (".", 20, 40), ("30", 0, 30), ("70", 0, 50)],
        ids=["load", "floor", "table", "load-below-table"],
    )
    def test_extent_is_bounded_by_table_load_and_floor(self, make_case, extent, floor, greatest):
        case = make_case(
            {
                **ONE_SOURCE,
                "loads": f"source pollutant load floor\nmill P 100 {floor}",
                "removals": "source measure pollutant removal basis\n* filter P 2 mass",
                "options": f"source measure max_extent unit_cost\nmill filter {extent} 1",
            }
        )
        assert read_problem(case).options.upper.tolist() == [greatest]

    def test_what_another_option_raises_bounds_nothing(self, make_case):
        # lime makes 5 t of P a unit, so the filter may have to remove more than the baseline of 100 t
        case = make_case(
            {
                **ONE_SOURCE,
                "removals": "source measure pollutant removal basis\n* filter P 2 mass\n* lime P -5 mass",
                "options": "source measure max_extent\nmill filter 80\nmill lime 4",
            }
        )
        assert read_problem(case).options.upper.tolist() == [80, 4]

    def test_an_uncontrollable_source_is_asked_nothing(self, make_case):
        case = make_case({**ONE_SOURCE, "sources": "source controllable\nmill no"})
        assert read_problem(case).options.upper.tolist() == [0, 0]


class TestLoads:
    def test_a_row_of_the_source_prevails_over_the_general_one(self, make_case, rows_of):
        case = make_case(
            {
                **ONE_SOURCE,
                "sources": "source\nmill\ntown",
                "loads": "source pollutant load\nmill P 100\ntown P 50",
                "options": "source measure max_extent\nmill filter 1\ntown filter 1",
                "removals": """
                    source measure pollutant removal basis
                    mill   filter  P         7       mass
                    *      filter  P         0.9     fraction""",
            }
        )
        rows = rows_of(assemble(read_problem(case)), "balance")
        assert rows["mill", "P"] == ({"extent[mill,filter]": 7, "allowed_load[mill,P]": 1}, 100, 100)
        assert rows["town", "P"] == ({"extent[town,filter]": 45, "allowed_load[town,P]": 1}, 50, 50)

    def test_a_measure_acts_on_every_pollutant_that_the_source_has(self, make_case, rows_of):
        case = make_case(
            {
                **ONE_SOURCE,
                "loads": "source pollutant load\nmill P 100\nmill N 400\nmill C 10",
                "options": "source measure max_extent\nmill filter 1",
                "removals": """
                    source measure pollutant removal
                    *      filter  P         0.9
                    *      filter  N         0.25
                    *      filter  C         -0.5""",
                "targets": "target kind pollutant limit\nbasin load P 90",
            }
        )
        model = assemble(read_problem(case))
        rows = rows_of(model, "balance")
        assert rows["mill", "P"][0]["extent[mill,filter]"] == 90
        assert rows["mill", "N"][0]["extent[mill,filter]"] == 100
        assert rows["mill", "C"][0]["extent[mill,filter]"] == -5
        # C can rise to 10 + 5
        assert bounds(model, "allowed_load")["allowed_load[mill,C]"] == (0, 15)

    def test_loads_stay_above_their_floor(self, make_case):
        case = make_case({**ONE_SOURCE, "loads": "source pollutant load floor\nmill P 100 12"})
        assert bounds(assemble(read_problem(case)), "allowed_load") == {"allowed_load[mill,P]": (12, 100)}


class TestResources:
    TABLES: ClassVar = {
        "regions": "region parent\nbasin .\nupper basin\nsprings upper\nlower basin",
        "sources": "source region\na springs\nb upper\nc lower\nd .",
        "loads": "source pollutant load\na P 100\nb P 100\nc P 100\nd P 100",
        "options": """
            source measure max_extent
            a      filter  1
            b      filter  1
            b      pond    9
            c      pond    9
            d      filter  1""",
        "removals": "source measure pollutant removal basis\n* filter P 0.5 fraction\n* pond P 2 mass",
        "resource_use": "resource measure use\nland pond 3\nland filter 0.5\nstaff filter 2",
        "targets": "target kind limit\nbasin load 300",
    }

    def test_a_region_counts_its_whole_subtree(self, make_case, rows_of):
        resources = "resource region available\nland upper 6\nland basin 9\nland . 20\nstaff springs 1"
        case = make_case({**self.TABLES, "resources": resources})
        a, b, c, d = (f"extent[{name},filter]" for name in "abcd")
        upper = {a: 0.5, b: 0.5, "extent[b,pond]": 3}
        basin = {**upper, "extent[c,pond]": 3}
        assert c not in basin
        # d lies in no region: it counts only where the resource is everybody's
        assert rows_of(assemble(read_problem(case)), "resource") == {
            ("land", "upper"): (upper, -INF, 6),
            ("land", "basin"): (basin, -INF, 9),
            ("land", "*"): ({**basin, d: 0.5}, -INF, 20),
            ("staff", "springs"): ({a: 2}, -INF, 1),
        }

    def test_a_region_may_be_called_all(self, make_case, rows_of):
        tables = {**self.TABLES, "regions": "region\nall", "sources": "source region\na all\nb all\nc all\nd ."}
        tables |= {"resource_use": "resource measure use\nland pond 3"}
        case = make_case({**tables, "resources": "resource region available\nland . 20\nland all 9"})
        rows = rows_of(assemble(read_problem(case)), "resource")
        assert sorted(upper for _, _, upper in rows.values()) == [9, 20]


class TestCost:
    TABLES: ClassVar = {
        **ONE_SOURCE,
        "regions": "region parent\nbasin .\nupper basin",
        "sources": "source region sector\nmill upper paper\ntown basin sewage\nfarm upper land",
        "loads": "source pollutant load\nmill P 100\ntown P 50\nfarm P 10",
        "measures": "measure lifetime_years\nfilter 4\npond 10",
        "options": """
            source measure max_extent min_extent unit_cost fixed_cost capital_cost built
            mill   filter  1          0.5        30        7          400          .
            town   filter  1          .          20        .          .            .
            farm   pond    3          .          2         .          50           1""",
        "removals": "source measure pollutant removal basis\n* filter P 0.9 fraction\n* pond P 2 mass",
    }

    def test_a_budget_counts_its_subtree_and_sector(self, make_case, rows_of, costs_of):
        targets = """
            target kind   region sector limit margin_of_safety
            all    budget .      .      500   50
            upper  budget upper  .      300   .
            sewage budget .      sewage 15    ."""
        model = assemble(read_problem(make_case({**self.TABLES, "targets": targets})))
        # at 0 % discount 400 over 4 years is 100 a year, and 50 over 10 years is 5
        mill = {"extent[mill,filter]": 130, "installed[mill,filter]": 7}
        farm = {"extent[farm,pond]": 2, "expansion[farm,pond]": 5}
        town = {"extent[town,filter]": 20}
        assert rows_of(model, "budget") == {
            "all": (mill | farm | town, -INF, 450),
            "upper": (mill | farm, -INF, 300),
            "sewage": (town, -INF, 15),
        }
        assert costs_of(model) == (mill | farm | town, 0)


@pytest.mark.parametrize(
    ("rate", "years", "factor"),
    # published annuity factors (A/P, i, n) of engineering-economics tables, to four digits
    [(0.05, 10, 0.1295), (0.08, 20, 0.1019), (0.10, 5, 0.2638), (0.04, 30, 0.0578), (0.0, 8, 0.125)],
)
def test_capital_recovery_factors_are_those_of_the_tables(rate, years, factor):
    assert float(capital_recovery_factor(rate, np.array([float(years)]))[0]) == pytest.approx(factor, abs=5e-5)


def test_capital_recovery_repays_the_capital():
    # the present value of the payments is the capital, summed year by year
    rate, years = 0.07, 15
    payment = float(capital_recovery_factor(rate, np.array([float(years)]))[0])
    assert sum(payment / (1 + rate) ** year for year in range(1, years + 1)) == pytest.approx(1.0, rel=1e-12)
