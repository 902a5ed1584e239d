"""Quality, caps, equity, relaxation and objectives: the rows that small cases make, written out by hand."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest

from abate_data.errors import InputError
from abate_models.assemble import assemble
from abate_models.problem import read_problem
from abate_models.relaxation import relax
from abate_models.targets import resolve_gap_closure

INF = np.inf

TWO_SOURCES = {
    "sources": "source\nmill\ntown",
    "loads": "source pollutant load\nmill P 100\ntown P 50",
    "options": "source measure max_extent unit_cost\nmill filter 1 30\ntown filter 1 20",
    "removals": "source measure pollutant removal\n* filter P 0.8",
    "targets": "target kind limit\nbasin load 90",
}
LAKE = {
    **TWO_SOURCES,
    "receptors": "receptor population\nlake 1000\nriver 300",
    "transfer": """
        source receptor pollutant parameter coefficient
        mill   lake     P         tp        0.002
        town   lake     P         tp        0.001
        town   river    P         tp        0.004
        mill   lake     P         do        -0.01""",
    "background": "receptor parameter value\nlake tp 0.05\nlake do 9",
}
MILL, TOWN = "allowed_load[mill,P]", "allowed_load[town,P]"


def approx_rows(rows):
    return {
        key: (pytest.approx(row), pytest.approx(lower), pytest.approx(upper))
        for key, (row, lower, upper) in rows.items()
    }


class TestQuality:
    def test_upper_and_lower_limits(self, make_case, rows_of):
        targets = """
            target kind    receptor parameter sense    limit margin_of_safety
            fish   quality lake     do        at_least 8     0.2
            river  quality river    tp        .        0.1   .
            lake   quality lake     tp        at_most  0.2   0.03"""
        case = make_case({**LAKE, "targets": targets}, signed_transfer=True)
        assert rows_of(assemble(read_problem(case)), "quality") == approx_rows(
            {
                "fish": ({MILL: -0.01}, 8 + 0.2 - 9, INF),
                "river": ({TOWN: 0.004}, -INF, 0.1),
                "lake": ({MILL: 0.002, TOWN: 0.001}, -INF, 0.2 - 0.03 - 0.05),
            }
        )

    def test_two_targets_may_judge_one_place(self, make_case, rows_of):
        targets = """
            target kind    receptor parameter limit priority
            soft   quality lake     tp        0.1   2
            hard   quality lake     tp        0.2   0"""
        rows = rows_of(assemble(read_problem(make_case({**LAKE, "targets": targets}, signed_transfer=True))), "quality")
        assert rows["soft"][0] == rows["hard"][0] == {MILL: 0.002, TOWN: 0.001}
        assert (rows["soft"][2], rows["hard"][2]) == (pytest.approx(0.05), pytest.approx(0.15))

    def test_two_pollutants_make_one_parameter(self, make_case, rows_of):
        tables = {
            **LAKE,
            "loads": TWO_SOURCES["loads"] + "\nmill N 30",
            "transfer": LAKE["transfer"] + "\nmill lake N tp 0.5",
            "targets": "target kind receptor parameter limit\nlake quality lake tp 20",
        }
        rows = rows_of(assemble(read_problem(make_case(tables, signed_transfer=True))), "quality")
        assert rows["lake"][0] == {MILL: 0.002, TOWN: 0.001, "allowed_load[mill,N]": 0.5}

    def test_gap_closure_lies_between_baseline_and_best(self, make_case):
        targets = """
            target kind    receptor parameter sense    limit basis
            lake   quality lake     tp        .        40    gap_closure
            fish   quality lake     do        at_least 40    gap_closure
            river  quality river    tp        .        0.1   value"""
        problem = read_problem(make_case({**LAKE, "targets": targets}, signed_transfer=True))
        assert np.isnan(problem.targets.limit).tolist() == [True, True, False]
        baseline, best = np.array([0.3, 8.0, np.nan]), np.array([0.1, 8.8, np.nan])
        resolved = resolve_gap_closure(problem.targets, baseline, best)
        # 0.3 - 0.4 x 0.2, and 8 + 0.4 x 0.8
        assert resolved.limit == pytest.approx([0.22, 8.32, 0.1])


class TestCaps:
    TABLES: ClassVar = {
        **TWO_SOURCES,
        "regions": """
            region parent population gdp  area
            basin  .      .          900  50
            upper  basin  400        300  20
            lower  basin  600        .    .""",
        "sources": """
            source region sector output
            mill   upper  paper  200
            town   lower  sewage 1000
            farm   upper  land   .""",
        "loads": "source pollutant load\nmill P 100\ntown P 50\nfarm P 10\nmill N 7",
    }

    @pytest.mark.parametrize(
        ("target", "members", "limit"),
        [
            # kind, region, sector, pollutant, limit, basis, margin, reserve
            ("load basin . P 90 . . .", "mill town farm", 90),
            ("load basin . P 90 . 4 6", "mill town farm", 80),
            ("load upper . P 90 . . .", "mill farm", 90),
            ("load upper paper P 90 . . .", "mill", 90),
            ("load . sewage P 40 . . .", "town", 40),
            ("reduction . . P 40 . . .", "mill town farm", 120),
            ("reduction . . P 40 value 5 5", "mill town farm", 110),
            ("reduction upper . P 40 percent . .", "mill farm", 66),
            ("reduction upper . P 40 percent 3 2", "mill farm", 61),
            ("intensity . paper P 0.3 output . .", "mill", 60),
            ("intensity upper . P 0.2 population . .", "mill farm", 80),
            # the basin gives no population of its own: that of the two regions inside it counts
            ("intensity basin . P 0.1 population . .", "mill town farm", 100),
            ("intensity . . P 0.1 population . .", "mill town farm", 100),
            # the basin's own figure counts, not those inside it once more
            ("intensity . . P 0.1 gdp . .", "mill town farm", 90),
            ("intensity basin . P 2 area 7 3", "mill town farm", 90),
        ],
    )
    def test_what_counts_and_how_much_is_allowed(self, make_case, rows_of, target, members, limit):
        heading = "target kind region sector pollutant limit basis margin_of_safety reserve\n"
        model = assemble(read_problem(make_case({**self.TABLES, "targets": f"{heading}cap {target}"})))
        row = {f"allowed_load[{member},P]": 1 for member in members.split()}
        assert rows_of(model, "cap") == {"cap": (row, -INF, pytest.approx(limit))}

    def test_an_intensity_needs_the_output_of_every_source(self, make_case):
        targets = "target kind pollutant limit basis\ncap intensity P 0.3 output"
        with pytest.raises(InputError, match="output"):
            read_problem(make_case({**self.TABLES, "targets": targets}))


class TestEquity:
    def rules(self, make_case, text, **more):
        tables = {
            **TWO_SOURCES,
            "regions": "region parent\nbasin .\nupper basin",
            "sources": "source region sector income flow\nmill upper paper 2000 10\ntown basin sewage 3000 20",
            "rules": text,
            **more,
        }
        return assemble(read_problem(make_case(tables, units={"load": "t/yr", "flow": "m3/s"})))

    @pytest.mark.parametrize(
        ("bounds", "mill", "town"),
        [("10 60", (40, 90), (20, 45)), ("10 .", (-INF, 90), (-INF, 45)), (". 60", (40, INF), (20, INF))],
    )
    def test_reduction_percent_is_said_of_the_load(self, make_case, rows_of, bounds, mill, town):
        model = self.rules(make_case, f"rule kind lower upper\nfair reduction_percent {bounds}")
        assert rows_of(model, "reduction_percent") == {
            ("fair", "mill", "P"): ({MILL: 1}, *map(pytest.approx, mill)),
            ("fair", "town", "P"): ({TOWN: 1}, *map(pytest.approx, town)),
        }

    def test_a_rule_keeps_to_its_scope_and_to_controllable_sources(self, make_case, rows_of):
        model = self.rules(make_case, "rule kind region lower\nfair reduction_percent upper 10")
        assert list(rows_of(model, "reduction_percent")) == [("fair", "mill", "P")]
        model = self.rules(
            make_case,
            "rule kind lower\nfair reduction_percent 10",
            sources="source controllable\nmill no\ntown yes",
        )
        assert list(rows_of(model, "reduction_percent")) == [("fair", "town", "P")]

    def test_uniform_has_one_percentage_per_rule_and_pollutant(self, make_case, rows_of):
        model = self.rules(
            make_case,
            "rule kind region pollutant lower upper\nall uniform . . 5 70\nupper uniform upper N . .",
            loads="source pollutant load\nmill N 40\nmill P 100\ntown P 50\ntown N 0",
            targets="target kind pollutant limit\nbasin load P 90",
        )
        all_p, all_n, upper_n = (f"uniform_percent[{key}]" for key in ("all,P", "all,N", "upper,N"))
        rows = rows_of(model, "uniform")
        assert rows["all", "mill", "P"] == ({MILL: 1, all_p: 1}, 100, 100)
        assert rows["all", "town", "P"] == ({TOWN: 1, all_p: 0.5}, 50, 50)
        assert rows["all", "mill", "N"] == ({"allowed_load[mill,N]": 1, all_n: 0.4}, 40, 40)
        assert rows["upper", "mill", "N"] == ({"allowed_load[mill,N]": 1, upper_n: 0.4}, 40, 40)
        assert rows["all", "town", "N"][1:] == (0, 0)
        assert {member.name: member.bounds for member in model.uniform_percent.values()} == {
            all_p: (5, 70),
            all_n: (5, 70),
            upper_n: (0, 100),
        }

    @pytest.mark.parametrize(("ability", "mill", "town"), [("income", 20, 30), ("flow", 0.1, 0.2)])
    def test_burden_bounds_the_cost_of_each_source(self, make_case, rows_of, ability, mill, town):
        model = self.rules(make_case, f"rule kind upper ability\nbear burden 0.01 {ability}")
        assert rows_of(model, "burden") == {
            ("bear", "mill"): ({"extent[mill,filter]": 30}, -INF, pytest.approx(mill)),
            ("bear", "town"): ({"extent[town,filter]": 20}, -INF, pytest.approx(town)),
        }

    def test_a_burden_without_the_ability_names_the_source(self, make_case):
        with pytest.raises(InputError, match=r"income.*rule 'bear'.*'town'"):
            self.rules(
                make_case,
                "rule kind upper\nbear burden 0.01",
                sources="source income\nmill 2000\ntown .",
            )

    def test_worst_burden_is_above_every_source(self, make_case, rows_of, costs_of):
        case = make_case({**TWO_SOURCES, "sources": "source income\nmill 2000\ntown 3000"})
        model = assemble(read_problem(case), "max_burden")
        assert rows_of(model, "worst_burden_need") == {
            "mill": ({"extent[mill,filter]": 30, "worst_burden[0]": -2000}, -INF, 0),
            "town": ({"extent[town,filter]": 20, "worst_burden[0]": -3000}, -INF, 0),
        }
        assert costs_of(model) == ({"worst_burden[0]": 1}, 0)

    def test_worst_burden_falls_back_on_output(self, make_case, rows_of):
        case = make_case({**TWO_SOURCES, "sources": "source output\nmill 5\ntown 8"})
        rows = rows_of(assemble(read_problem(case), "max_burden"), "worst_burden_need")
        assert [row["worst_burden[0]"] for row, _, _ in rows.values()] == [-5, -8]


class TestRelaxation:
    def test_targets_give_way_within_the_worst_of_their_tier(self, make_case, rows_of):
        targets = """
            target kind    receptor parameter sense    limit margin_of_safety priority
            clear  quality lake     tp        at_most  0.2   0.05             1
            fish   quality lake     do        at_least 8.5   .                3
            basin  load    .        .         .        90    10               1
            hard   load    .        .         .        120   .                0
            purse  budget  .        .         .        40    .                3"""
        case = make_case({**LAKE, "targets": targets}, signed_transfer=True)
        model = assemble(read_problem(case))
        relax(model, read_problem(case))
        quality, cap = rows_of(model, "quality"), rows_of(model, "cap")
        assert quality["clear"][0] == {MILL: 0.002, TOWN: 0.001, "exceedance[clear]": -1}
        assert quality["fish"][0] == {MILL: -0.01, "exceedance[fish]": 1}
        assert cap["basin"][0] == {MILL: 1, TOWN: 1, "exceedance[basin]": -1}
        assert cap["hard"][0] == {MILL: 1, TOWN: 1}
        assert rows_of(model, "budget")["purse"][0] == {
            "extent[mill,filter]": 30,
            "extent[town,filter]": 20,
            "exceedance[purse]": -1,
        }
        tier = rows_of(model, "tier")
        assert tier["clear"] == (pytest.approx({"exceedance[clear]": 1, "worst[1]": -0.15}), -INF, 0)
        assert tier["basin"] == ({"exceedance[basin]": 1, "worst[1]": -80}, -INF, 0)
        assert tier["fish"] == ({"exceedance[fish]": 1, "worst[3]": -8.5}, -INF, 0)
        assert tier["purse"] == ({"exceedance[purse]": 1, "worst[3]": -40}, -INF, 0)

    def test_a_limit_of_nothing_is_measured_by_its_baseline(self, make_case, rows_of):
        case = make_case({**TWO_SOURCES, "targets": "target kind limit\nnone load 0"})
        model = assemble(read_problem(case))
        relax(model, read_problem(case))
        rows = rows_of(model, "tier")
        assert rows["none"][0] == {"exceedance[none]": 1, "worst[1]": -150}

    def test_a_plain_model_has_no_slack(self, make_case):
        model = assemble(read_problem(make_case(TWO_SOURCES)))
        assert model.component("exceedance") is None
        assert model.component("tier") is None


class TestObjectives:
    @pytest.mark.parametrize(
        ("name", "coefficients", "constant"),
        [
            ("cost", {"extent[mill,filter]": 30, "extent[town,filter]": 20}, 0),
            # lake: 1000 people x (0.05 + 0.002 mill + 0.001 town); river: 300 people x 0.004 town
            ("exposure:tp", {MILL: 2, TOWN: 1 + 1.2}, 50),
            ("exposure:do", {MILL: -10}, 9000),
            ("total_load", {MILL: 1, TOWN: 1}, 0),
            ("total_load:P", {MILL: 1, TOWN: 1}, 0),
            ("exceedance", {"exceedance[basin]": 1 / 90}, 0),
        ],
    )
    def test_what_an_objective_sums(self, make_case, costs_of, name, coefficients, constant):
        model = assemble(read_problem(make_case(LAKE, signed_transfer=True)), name)
        found, offset = costs_of(model)
        assert found == pytest.approx(coefficients)
        assert offset == pytest.approx(constant)

    def test_one_pollutant_of_several(self, make_case, costs_of):
        tables = {
            **TWO_SOURCES,
            "loads": TWO_SOURCES["loads"] + "\nmill N 5",
            "targets": "target kind pollutant limit\nbasin load P 90",
        }
        problem = read_problem(make_case(tables))
        assert costs_of(assemble(problem, "total_load:N"))[0] == {"allowed_load[mill,N]": 1}
        with pytest.raises(InputError, match=r"total_load:P, total_load:N"):
            assemble(problem, "total_load")

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("costs", "did you mean 'cost'"),
            ("zzz", "choose one of cost"),
            ("exposure", "exposure:tp, exposure:do"),
            ("exposure:x", "exposure:tp"),
            ("total_load:x", "total_load:P"),
            ("max_burden", "output.*is needed by objective max_burden"),
        ],
    )
    def test_an_objective_that_cannot_be_is_refused_with_a_cure(self, make_case, name, said):
        with pytest.raises(InputError, match=said):
            assemble(read_problem(make_case(LAKE, signed_transfer=True)), name)

    def test_exposure_needs_people(self, make_case):
        tables = {key: table for key, table in LAKE.items() if key != "receptors"}
        with pytest.raises(InputError, match="population"):
            assemble(read_problem(make_case(tables, signed_transfer=True)), "exposure:tp")

    def test_another_objective_than_cost_is_also_a_row_without_bounds(self, make_case, rows_of):
        problem = read_problem(make_case(LAKE, signed_transfer=True))
        rows = rows_of(assemble(problem, "exposure:tp"), "objective_value")
        assert rows == {"exposure:tp": ({MILL: 2, TOWN: pytest.approx(2.2)}, -INF, INF)}
        assert assemble(problem, "cost").component("objective_value") is None

    @pytest.mark.parametrize("name", ["cost:P", "max_burden:P", "exceedance:P"])
    def test_a_colon_that_means_nothing_is_refused(self, make_case, name):
        tables = {**LAKE, "sources": "source output\nmill 5\ntown 8"}
        with pytest.raises(InputError):
            assemble(read_problem(make_case(tables, signed_transfer=True)), name)

    def test_exceedance_without_anything_that_gives_way_is_nothing(self, make_case, costs_of):
        case = make_case({**TWO_SOURCES, "targets": "target kind limit priority\nhard load 90 0"})
        assert costs_of(assemble(read_problem(case), "exceedance")) == ({}, 0)
