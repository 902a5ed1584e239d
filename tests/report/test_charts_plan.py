"""Charts of a plan: the numbers in them are those of the plan, whatever the case looks like."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import pytest
import revise_case as rc
from chart_specs import HOSTILE, drawn, records, spec_of, walk

import abate
from abate.report import charts
from abate.report.charts import attainment, bars, marginal_cost, marginal_steps, place, prices
from abate.words import Words
from abate_data.synthetic import synthetic_case

EN = Words("en")
CHARTS: dict[str, Callable[..., alt.TopLevelMixin | None]] = {
    "sources": bars.sources,
    "regions": bars.regions,
    "sectors": bars.sectors,
    "place": place.place,
    "marginal_cost": marginal_cost.marginal_cost,
    "prices": prices.prices,
    "attainment": attainment.attainment,
}


@pytest.fixture(scope="module")
def echo() -> abate.Plan:
    return abate.decompose(abate.load("echo-reservoir"))


@pytest.fixture(scope="module")
def tampa() -> abate.Plan:
    return abate.allocate(abate.load("tampa-bay"), "given")


@pytest.fixture(scope="module")
def river() -> abate.Plan:
    return abate.decompose(synthetic_case("river", sources=12, receptors=5, pollutants=2, seed=3))


@pytest.fixture(scope="module")
def two_rivers() -> abate.Plan:
    """The plan that is made by hand in `revise_case`: town removes 20 by its filter, mill 30 by its plant."""
    return abate.decompose(rc.make_case())


def on_a_map(names: list[str] | None = None) -> abate.Plan:
    """Return the plan of `revise_case` with places, and perhaps with other names of its sources."""
    tables = rc.tables()
    for table, count in (("sources", 2), ("receptors", 1)):
        given = {"longitude": [10.0, 11.0][:count], "latitude": [60.0, 60.5][:count]}
        tables[table] = tables[table].assign(**given)
    if names:
        renamed = dict(zip(rc.SOURCES, names, strict=True))
        for table in ("sources", "loads", "options", "transfer"):
            tables[table] = tables[table].assign(source=tables[table]["source"].replace(renamed))
    return abate.decompose(abate.load(tables))


class TestBars:
    def test_pieces_add_up_to_the_plan(self, two_rivers: abate.Plan):
        rows = pd.DataFrame(records(spec_of(bars.sources(two_rivers, EN)), "kind"))
        sums = rows.pivot(index="name", columns="kind", values="value")
        # Source: the optimum by hand in revise_case: town 100 - 20, mill 80 - 30
        assert sums.loc["town"].to_dict() == {"allowed": 80.0, "reduction": 20.0}
        assert sums.loc["mill"].to_dict() == {"allowed": 50.0, "reduction": 30.0}
        assert list(dict.fromkeys(rows["name"])) == ["mill", "town"]  # the greatest reduction first

    @pytest.mark.parametrize("chart", [bars.sources, bars.regions, bars.sectors])
    @pytest.mark.parametrize("name", ["echo", "tampa", "river"])
    def test_totals_are_those_of_the_loads(self, name: str, chart: Callable[..., Any], request: pytest.FixtureRequest):
        plan = request.getfixturevalue(name)
        spec = spec_of(chart(plan, EN))
        rows = pd.DataFrame(records(spec, "kind"))
        amounts = rows.groupby("kind")["value"].sum()
        change = amounts["allowed"] + amounts.get("increase", 0.0)
        loads = plan.case["loads"]["load"].sum()
        assert amounts["allowed"] + amounts["reduction"] == pytest.approx(loads, rel=1e-7)
        assert change == pytest.approx(plan.allocation["allowed"].sum(), rel=1e-7)

    def test_many_sources_leave_one_bar_for_all_others(self, tampa: abate.Plan):
        rows = pd.DataFrame(records(spec_of(bars.sources(tampa, EN)), "kind")).drop_duplicates("label")
        assert len(rows) == bars.MOST + 1
        assert rows["others"].iloc[-1] == len(tampa.allocation) - bars.MOST
        assert rows["to"].max() < rows.iloc[-1:]["value"].max()  # cut, so that the others can be seen

    def test_nothing_to_rank(self, two_rivers: abate.Plan):
        assert bars.regions(two_rivers, EN) is None
        assert bars.sectors(two_rivers, EN) is None


class TestMarginalCost:
    def test_steps_by_hand(self, two_rivers: abate.Plan):
        table = marginal_steps.steps(two_rivers, 0)
        found = {(row.source, row.measure, row.state): (row.width, row.price, row.worth) for row in table.itertuples()}
        # Source: revise_case: tonnes and costs of its four options, of which 20 and 30 t are used; its prices 4 and 5
        expected = {
            ("town", "filter", "used"): (20.0, 4.0, 4.0),
            ("town", "filter", "rest"): (5.0, 4.0, 4.0),
            ("mill", "plant", "used"): (30.0, 5.0, 5.0),
            ("mill", "plant", "rest"): (10.0, 5.0, 5.0),
            ("town", "plant", "unused"): (50.0, 6.0, 4.0),
            ("mill", "filter", "unused"): (20.0, 8.0, 5.0),
        }
        assert found.keys() == expected.keys()
        for key, values in expected.items():
            assert found[key] == pytest.approx(values), key

    @pytest.mark.parametrize("name", ["echo", "river"])
    def test_used_steps_add_up_to_the_reduction(self, name: str, request: pytest.FixtureRequest):
        plan = request.getfixturevalue(name)
        for code, pollutant in enumerate(plan.case.ids("loads", "pollutant")):
            table = marginal_steps.steps(plan, code)
            used = table.loc[table["state"] == "used", "width"].sum()
            reduced = plan.allocation.loc[plan.allocation["pollutant"] == pollutant, "reduction"].sum()
            assert used == pytest.approx(reduced, rel=1e-6)

    def test_an_exclusive_group_climbs_its_convex_hull(self):
        tables = rc.tables()
        # of 25 t for 100, 50 t for 260 and 50 t for 300 only the first two are worth a step: 4, then (260 - 100) / 25
        tables["options"] = pd.DataFrame(
            {
                "source": "town",
                "measure": ["plant", "filter", "other"],
                "max_extent": 1.0,
                "unit_cost": [300.0, 100.0, 260.0],
                "group": "g",
            }
        )
        tables["measures"] = pd.DataFrame({"measure": ["plant", "filter", "other"], "lifetime_years": 20.0})
        removals = {
            "source": "*",
            "measure": ["plant", "filter", "other"],
            "pollutant": "P",
            "removal": [0.5, 0.25, 0.5],
        }
        tables["removals"] = pd.DataFrame(removals)
        tables["targets"] = tables["targets"].iloc[:1].assign(limit=150.0)
        table = marginal_steps.steps(abate.decompose(abate.load(tables)), 0)
        steps = [(row.measure, row.state, row.width, row.price) for row in table.itertuples()]
        assert [step[:2] for step in steps] == [("filter", "used"), ("other", "used"), ("other", "rest")]
        assert np.array([step[2:] for step in steps]) == pytest.approx(np.array([(25, 4), (5, 6.4), (20, 6.4)]))

    def test_thinning_keeps_widths_and_costs(self):
        rng = np.random.default_rng(1)
        count = 5_000
        columns = {"width": rng.uniform(0, 9, count), "price": np.sort(rng.lognormal(0, 1, count)), "worth": 2.0}
        table = pd.DataFrame({"source": "s", "measure": "m", **columns})
        table["state"] = rng.choice(["used", "rest", "unused"], count)
        thin = marginal_cost.thinned(table)
        assert len(thin) <= marginal_cost.MOST
        assert thin["count"].sum() == count
        for state, rows in table.groupby("state"):
            kept = thin[thin["state"] == state]
            assert kept["width"].sum() == pytest.approx(rows["width"].sum())
            assert kept["width"] @ kept["price"] == pytest.approx(rows["width"] @ rows["price"])

    def test_no_costs(self, tampa: abate.Plan):
        assert marginal_cost.marginal_cost(tampa, EN) is None


class TestTargets:
    def test_prices_by_hand(self, two_rivers: abate.Plan):
        rows = records(spec_of(prices.prices(two_rivers, EN)), "price")
        # Source: revise_case: 3 EUR/t of the cap, 100 EUR per mg/L of the lake
        assert [(row["name"], row["price"]) for row in rows] == [
            ("lake", pytest.approx(100)),
            ("cap", pytest.approx(3)),
        ]

    def test_no_prices(self, tampa: abate.Plan):
        assert prices.prices(tampa, EN) is None

    def test_shares_of_the_limit(self, two_rivers: abate.Plan):
        rows = {row["target"]: row for row in records(spec_of(attainment.attainment(two_rivers, EN)), "after_at")}
        assert rows["cap"]["after_at"] == pytest.approx(100.0)
        assert rows["cap"]["before_at"] == pytest.approx(100 * 180 / 130)
        assert rows["lake"]["before_at"] == pytest.approx(100 * 3.1 / 2.3)
        assert {row["state"] for row in rows.values()} == {"kept"}

    def test_margin_and_reserve_end_at_the_limit(self):
        plan = abate.decompose(rc.make_case(targets_margin_of_safety=[13.0, 0.0], targets_reserve=[6.5, 0.0]))
        held = records(spec_of(attainment.attainment(plan, EN)), "from", "to")
        # 130 - 13 leaves 90 % of the limit, less 6.5 another 5 %
        assert {row["kind"]: (row["from"], row["to"]) for row in held} == {
            "margin": (pytest.approx(90), 100),
            "reserve": (pytest.approx(85), pytest.approx(90)),
        }

    def test_a_lower_limit_is_missed_beyond_100_percent(self, river: abate.Plan):
        rows = records(spec_of(attainment.attainment(river, EN)), "after_at")
        table = river.attainment.set_index("target")
        oxygen = [row for row in rows if "oxygen" in row["target"]]
        assert oxygen
        for row in oxygen:
            target = table.loc[row["target"]]
            assert row["after_at"] == pytest.approx(100 * target["limit"] / target["after"])
            assert row["after_at"] <= 100 * (1 + 1e-6)
            assert row["before_at"] >= row["after_at"]


class TestPlace:
    def test_a_map_shows_loads_before_and_after(self):
        spec = spec_of(place.place(on_a_map(), EN))
        rows = {row["s"]: row for row in records(spec, "v", "x")}
        assert rows["town"]["v"] == [100.0, 80.0]
        assert rows["mill"]["v"] == [80.0, 50.0]
        assert (rows["mill"]["x"], rows["mill"]["y"]) == (11.0, 60.5)
        (lake,) = records(spec, "r")
        assert lake["k"] == ["missed", "kept"]
        assert len(spec["concat"]) == 2

    def test_a_degree_of_longitude_is_as_long_as_it_is(self):
        view = spec_of(place.place(on_a_map(), EN))["concat"][0]
        x, y = (view["layer"][0]["encoding"][axis]["scale"]["domain"] for axis in "xy")
        per_x, per_y = view["width"] / (x[1] - x[0]), view["height"] / (y[1] - y[0])
        assert per_x / per_y == pytest.approx(np.cos(np.radians(60.25)), rel=0.01)
        assert x[0] < 10 < 11 < x[1]

    def test_places_beyond_the_180th_meridian_lie_together(self):
        tables = rc.tables()
        tables["sources"] = tables["sources"].assign(longitude=[179.0, -179.0], latitude=0.0)
        view = spec_of(place.place(abate.decompose(abate.load(tables)), EN))["concat"][0]
        assert np.ptp(view["layer"][0]["encoding"]["x"]["scale"]["domain"]) < 10

    def test_a_river_runs_to_its_mouth(self, river: abate.Plan):
        spec = spec_of(place.place(river, EN))
        reaches = {row["name"]: row for row in records(spec, "head")}
        table = river.case["reaches"]
        for row in table.itertuples():
            reach = reaches[row.reach]
            assert reach["head"] - reach["end"] == pytest.approx(row.length, rel=1e-4)
            below = reaches[row.downstream]["head"] if isinstance(row.downstream, str) else 0.0
            assert reach["end"] == pytest.approx(below, rel=1e-4, abs=1e-9)
        # two reaches of one lane do not lie over one another
        lanes = pd.DataFrame(reaches.values()).sort_values(["lane", "end"])
        for _, lane in lanes.groupby("lane"):
            assert (lane["end"].to_numpy()[1:] >= lane["head"].to_numpy()[:-1] - 1e-3).all()

    def test_a_tree_has_the_totals_of_its_regions(self, echo: abate.Plan):
        zones = {row["name"]: row for row in records(spec_of(place.place(echo, EN)), "y2")}
        regions = echo.regions.set_index("region")
        for name in ("echo", "chalk-creek", "weber-below", "weber-above"):
            assert zones[name]["b"] == pytest.approx(regions.loc[name, "baseline"], rel=1e-5)
            assert zones[name]["v"][1] == pytest.approx(regions.loc[name, "allowed"], rel=1e-5)
        assert zones["weber-above/manure"]["level"] == 2
        inside = [row for row in zones.values() if row["level"] == 2]
        assert sum(row["y2"] - row["y"] for row in inside) == pytest.approx(1.0, abs=1e-5)

    def test_ten_thousand_sources_stay_small(self):
        case = synthetic_case("air", sources=10_000, technologies=1, receptors=1, pollutants=1, seed=1, tightness=0.3)
        rng = np.random.default_rng(0)
        tables = {name: case[name] for name in case.tables if len(case[name])}
        places = {"longitude": rng.uniform(110, 120, 10_000), "latitude": rng.uniform(25, 35, 10_000)}
        tables["sources"] = tables["sources"].assign(**places)
        plan = abate.decompose(abate.load({"case": case.settings.model_dump(), **tables}))
        sizes = {}
        for name, chart in CHARTS.items():
            made = chart(plan, EN)
            sizes[name] = 0 if made is None else len(made.to_json(indent=None))
        assert sizes.pop("place") < 2_500_000
        assert max(sizes.values()) < 200_000
        assert len(records(spec_of(place.place(plan, EN)), "v")) == 10_000


class TestEveryChart:
    @pytest.mark.parametrize("lang", ["en", "zh"])
    @pytest.mark.parametrize("name", ["echo", "tampa", "river", "two_rivers"])
    def test_it_is_drawn(self, name: str, lang: str, request: pytest.FixtureRequest):
        plan = request.getfixturevalue(name)
        for chart in CHARTS.values():
            made = chart(plan, Words(lang))
            if made is not None:
                spec = spec_of(made)
                assert "charts." not in str([value for _, value in walk(spec) if isinstance(value, str)])
                assert drawn(spec).startswith("<svg")

    def test_the_same_plan_gives_the_same_chart(self, echo: abate.Plan):
        for chart in CHARTS.values():
            assert spec_of(chart(echo, EN)) == spec_of(chart(echo, EN))

    @pytest.mark.parametrize("pair", [HOSTILE[i : i + 2] for i in range(0, len(HOSTILE) - 1)], ids=str)
    def test_a_name_is_never_more_than_a_name(self, pair: list[str]):
        plan = on_a_map(pair)
        for chart in (bars.sources, place.place, marginal_cost.marginal_cost, attainment.attainment):
            spec = spec_of(chart(plan, EN))
            for key, value in walk(spec):
                if key in ("expr", "filter", "calculate", "field", "labelExpr", "test", "type"):
                    assert not any(name in str(value) for name in pair), (key, value)
            svg = drawn(spec)
            assert "<script" not in svg
            assert all(row["s"] in pair for row in records(spec, "s"))

    def test_one_source(self):
        case = synthetic_case("air", sources=1, technologies=1, receptors=1, pollutants=1, seed=1)
        plan = abate.decompose(case)
        for chart in CHARTS.values():
            made = chart(plan, EN)
            if made is not None:
                assert drawn(spec_of(made)).startswith("<svg")

    def test_letters_are_large_enough(self, echo: abate.Plan):
        for chart in CHARTS.values():
            sizes = [value for key, value in walk(spec_of(chart(echo, EN))) if key.lower().endswith("fontsize")]
            assert min(sizes) >= 11

    def test_every_word_is_in_the_catalogue(self):
        folder = Path(str(charts.__file__)).parent
        text = "\n".join(file.read_text("utf-8") for file in sorted(folder.glob("*.py")))
        used = set(re.findall(r"[\"'](charts\.[a-z_0-9]+)[\"']", text))
        assert len(used) > 50
        english, chinese = (Words(lang).table("charts") for lang in ("en", "zh"))
        assert english.keys() == chinese.keys()
        assert {name.partition(".")[2] for name in used} <= english.keys()
