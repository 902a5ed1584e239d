"""Indicators by hand: published multipliers, the shipped cases, seasons, milestones, schedules and revisions."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import abate
from abate.indicators import Indicators, Sampling, indicators, indicators_of_revision, indicators_of_schedule
from abate.indicators.sampling import multiplier

sys.path.insert(0, str(Path(__file__).parents[1]))

import revise_case as rc


def test_multipliers_are_the_published_ones():
    # US EPA, EPA/505/2-90-001, table 5-2: CV 0.6, a single sample at 99 % and the mean of four at 95 %
    assert float(multiplier(0.6, 1, 0.99)) == pytest.approx(3.11, abs=0.005)
    assert float(multiplier(0.6, 4, 0.95)) == pytest.approx(1.55, abs=0.005)


@pytest.mark.parametrize("cv", [0.1, 0.6, 1.0, 2.0])
@pytest.mark.parametrize(("samples", "probability"), [(1, 0.99), (4, 0.95), (30, 0.95)])
def test_multipliers_are_quantiles_of_a_lognormal_with_that_mean_and_deviation(cv, samples, probability):
    bound = float(multiplier(cv, samples, probability))
    # quantile and moments come from the distribution itself; 1.645 and 2.326 are rounded
    shape = np.sqrt(np.log(1 + cv**2 / samples))
    single = stats.lognorm(shape, scale=np.exp(-(shape**2) / 2))
    assert single.mean() == pytest.approx(1.0)
    assert single.std() == pytest.approx(cv / np.sqrt(samples))
    assert single.cdf(bound) == pytest.approx(probability, abs=2e-5)


def test_the_usual_sampling():
    usual = Sampling()
    assert (usual.cv, usual.per_month) == (0.6, 4)
    assert (usual.average_monthly, usual.maximum_daily) == pytest.approx((1.55, 3.11), abs=0.005)
    # 48 samples: sigma^2 = ln(0.36 / 48 + 1) = 0.0074720, e^(1.645 x 0.0864407 - 0.003736) = 1.14850
    assert float(usual.tolerance(12)) == pytest.approx(14.850, abs=1e-3)
    assert Sampling(cv=0.0).maximum_daily == 1.0


@pytest.mark.parametrize(
    "wrong", [{"cv": -0.1}, {"cv": float("nan")}, {"cv": "0.6"}, {"per_month": 0}, {"per_month": 1.5}]
)
def test_sampling_that_means_nothing(wrong):
    with pytest.raises(abate.InputError) as caught:
        Sampling(**wrong)
    assert [finding.column for finding in caught.value.findings] == list(wrong)


# --- the shipped cases ---


@pytest.fixture(scope="module")
def echo():
    return indicators(abate.decompose(abate.load("echo-reservoir")))


@pytest.fixture(scope="module")
def europe():
    return indicators(abate.decompose(abate.load("europe-air")))


def test_permits_of_echo_reservoir(echo):
    # the reductions are targets: 961 - 768.8, 3535 - 353.5, ...
    permits = echo.permits.set_index("source")
    assert permits.loc["chalk-creek/manure", ["baseline", "allowed", "reduction", "percent"]].tolist() == pytest.approx(
        [961.0, 192.2, 768.8, 80.0]
    )
    assert permits["percent"].tolist() == pytest.approx([80, 10, 14, 80, 10, 10, 80, 10, 10])
    assert permits.loc["weber-above/runoff", "allowed"] == pytest.approx(13517 - 1351.7)
    assert permits["concentration"].isna().all()
    assert (permits["no_concentration"] == "a diffuse source has no outfall or stack to sample").all()
    assert permits["targets"].tolist() == [f"{name} (100 %)" for name in permits.index]
    assert echo.permits.attrs["units"]["allowed"] == "kg/yr"


def test_months_of_echo_reservoir(echo):
    january = echo.seasons.iloc[0]
    assert (january["season"], january["days"]) == ("January", 31)
    assert january[["load", "daily", "rate"]].tolist() == pytest.approx([192.2 * 31 / 365, 192.2 / 365, 192.2])
    assert len(echo.seasons) == 9 * 12
    assert echo.seasons.attrs["units"]["load"] == "kg"


def test_measures_and_judgement_of_echo_reservoir(echo):
    # 15.6 km2 of land for nutrient management at 43.71 kg/km2 leave 86.9 kg of the 768.8 to tillage at 20.18 kg/km2
    own = echo.measures[echo.measures["source"] == "chalk-creek/manure"].set_index("measure")
    assert own.loc["nutrient-management", "extent"] == pytest.approx(15.6)
    assert own["unit"].tolist() == ["km2", "km2"]
    assert echo.measures["cost"].sum() == pytest.approx(1000074.2, abs=0.1)
    judged = echo.compliance[echo.compliance["source"] == "chalk-creek/manure"]
    assert judged["indicator"].tolist() == [
        *("yearly load", "load of a season", "removal rate"),
        *("extent of conservation-tillage", "extent of nutrient-management"),
    ]
    assert judged["sense"].tolist() == ["at most", "at most", "at least", "at least", "at least"]
    # what stands is counted: nothing is sampled, and nothing is left to chance
    assert (judged["samples"] == 0).all()
    assert (judged["tolerance"].dropna() == 0).all()
    assert (judged["target"] == "chalk-creek/manure").all()
    assert (
        echo.compliance[echo.compliance["indicator"] == "target"]["target"].tolist() == echo.permits["source"].tolist()
    )


def test_roll_up_of_echo_reservoir(echo):
    regions = echo.rollup[echo.rollup["kind"] == "region"].set_index("where")
    chalk = 192.2 + 3181.5 + 5623.54
    assert regions.loc["chalk-creek", ["limit", "diffuse", "point", "unused"]].tolist() == pytest.approx(
        [chalk, chalk, 0, 0]
    )
    assert regions.loc["chalk-creek", "basis"] == "sum of the 3 targets inside"
    total = 192.2 + 3181.5 + 5623.54 + 188.4 + 1395.0 + 4943.7 + 712.0 + 3346.2 + 12165.3
    assert regions.loc[["all", "echo"], "limit"].tolist() == pytest.approx([total, total])
    assert regions["inside"].tolist() == ["", "all", "echo", "echo", "echo"]


def test_roll_up_of_europe(europe):
    caps = europe.rollup[europe.rollup["kind"] == "cap"].set_index("target")
    # protocol: 152.37 kt of NOx is all used, 86.15 kt of NH3 far from it: measures for other targets bring it to
    # 37.1449 x (1 - 0.375) = 23.2155625
    assert caps.loc["AUT-NOx-ceiling", ["limit", "diffuse", "unused"]].tolist() == pytest.approx([152.37, 152.37, 0])
    assert caps.loc["AUT-NH3-ceiling", "unused"] == pytest.approx(86.15 - 37.1449 * 0.625)
    austria = europe.rollup[(europe.rollup["kind"] == "region") & (europe.rollup["where"] == "AUT")]
    assert austria["target"].tolist() == ["AUT-SO2-ceiling", "AUT-NOx-ceiling", "AUT-NH3-ceiling"]
    assert (austria["basis"] == "its own target").all()
    quality = europe.rollup[europe.rollup["kind"] == "quality"]
    assert len(quality) == 21
    assert (quality["background"] < 0).all()
    assert europe.permits["concentration"].isna().all()


def test_shares_in_asking_are_those_of_the_prices(europe):
    own = europe.served[(europe.served["source"] == "AUT/combustion") & (europe.served["pollutant"] == "NOx")]
    plan = abate.decompose(abate.load("europe-air"))
    price = plan.prices.set_index("target")["price"]
    transfer = plan.case["transfer"]
    transfer = transfer[(transfer["source"] == "AUT/combustion") & (transfer["pollutant"] == "NOx")]
    worth = {row.receptor + "-air": row.coefficient * price[row.receptor + "-air"] for row in transfer.itertuples()}
    worth["AUT-NOx-ceiling"] = price["AUT-NOx-ceiling"]
    counted = {name: value for name, value in worth.items() if value > 0}
    expected = {name: value / sum(counted.values()) for name, value in counted.items()}
    assert dict(zip(own["target"], own["share"], strict=True)) == pytest.approx(expected)
    assert own["share"].is_monotonic_decreasing
    permit = europe.permits[(europe.permits["source"] == "AUT/combustion") & (europe.permits["pollutant"] == "NOx")]
    assert permit["target"].item() == "AUT-NOx-ceiling" == own["target"].iloc[0]
    told = sum(share >= 0.01 for share in expected.values())
    assert permit["targets"].item().endswith(f"%) and {len(expected) - told} more")


# --- concentrations ---

#: 60 t, 36.5 t of which may remain: 100 kg a day in 10,000 m3 are 10 mg/L.
OUTFALL = {
    "sources": "source kind flow\ntown point 10000\nfarm diffuse 7\nmill point .\npit point 0",
    "loads": "source pollutant load raw_load permit_load relative_sd\n"
    "town P 60 365 50 .\nfarm P 10 . . .\nmill P 10 . . 0.1\npit P 10 . . .",
    "measures": "measure unit\nplant share",
    "options": "source measure max_extent unit_cost\ntown plant 1 100",
    "removals": "source measure pollutant removal\n* plant P 0.9",
    "targets": "target kind limit reserve margin_of_safety\ncap load 72.5 4 2",
}


@pytest.fixture(scope="module")
def outfall(make_case):
    units = {"load": "t/yr", "flow": "m3/d", "quality": {"tp": "mg/L"}}
    return indicators(abate.decompose(make_case(OUTFALL, units=units)))


def test_a_permitted_concentration(outfall):
    town = outfall.permits.iloc[0]
    assert town["allowed"] == pytest.approx(36.5)
    assert town["concentration"] == pytest.approx(10.0)
    assert town[["average_monthly", "maximum_daily"]].tolist() == pytest.approx([15.5, 31.1], abs=0.06)
    assert town[["percent", "percent_of_raw"]].tolist() == pytest.approx([100 * 23.5 / 60, 90.0])
    assert town["permitted_today"] == 50
    assert outfall.permits.attrs["units"]["concentration"] == "mg/L"
    assert outfall.permits["no_concentration"].tolist() == [
        "",
        "a diffuse source has no outfall or stack to sample",
        "the table sources gives no flow of it",
        "its flow is 0",
    ]
    assert outfall.permits["concentration"].notna().tolist() == [True, False, False, False]


def test_how_an_outfall_is_judged(outfall):
    town = outfall.compliance[outfall.compliance["source"] == "town"].set_index("indicator")
    # 1 mg/L x 1 m3/d = 1 g/d = 0.000365 t/yr
    assert (
        "mean of the samples [mg/L] x mean flow [m3/d] x 0.000365 = load [t/yr]" in town.loc["yearly load", "formula"]
    )
    assert town.loc["yearly load", ["samples", "tolerance"]].tolist() == pytest.approx([48, 14.850], abs=1e-3)
    assert "chance of sampling" in town.loc["yearly load", "tolerance_from"]
    monthly, daily = (town.loc[name] for name in ("average monthly concentration", "maximum daily concentration"))
    assert (monthly["samples"], daily["samples"]) == (4, 1)
    assert (monthly["tolerance"], daily["tolerance"]) == (0, 0)
    assert "95%" in monthly["tolerance_from"]
    assert "99%" in daily["tolerance_from"]
    # a load 14.850 % above 36.5 is a removal of 60 - 41.9203 = 18.0797 where 23.5 is asked: 23.07 % too little
    assert town.loc["removal rate", "tolerance"] == pytest.approx(14.850 * 36.5 / 23.5, abs=2e-3)
    # ln(1.01) = 0.00995033: e^(1.645 x 0.0997513 - 0.0049752) = 1.17247
    mill = outfall.compliance[outfall.compliance["source"] == "mill"].iloc[0]
    assert mill["tolerance"] == pytest.approx(17.247, abs=1e-3)
    assert "relative_sd" in mill["tolerance_from"]


def test_reserve_and_margin_are_lines_of_their_own(outfall):
    whole = outfall.rollup.iloc[0]
    parts = ["limit", "point", "diffuse", "margin", "reserve", "early_action", "unused"]
    assert whole[parts].tolist() == pytest.approx([72.5, 56.5, 10, 2, 4, 0, 0])
    assert outfall.reserves.to_dict("records") == [
        {"target": "cap", "reserve": 4.0, "to_growth": 0.0, "to_early_action": 0.0, "left": 4.0}
    ]


def test_an_air_emitter_with_a_stack_gas_flow_has_a_concentration(make_case):
    # 365 t/yr are 1000 kg a day, in 1e6 m3 a day 1000 mg/m3
    tables = {
        "sources": "source kind flow\nboiler point 1000000\nroad diffuse .",
        "loads": "source pollutant load\nboiler SO2 365\nroad SO2 10",
        "receptors": "receptor\ntown",
        "transfer": "source receptor pollutant parameter coefficient\nboiler town SO2 so2 0.01",
        "targets": "target kind receptor parameter limit\nair quality town so2 10",
    }
    units = {"load": "t/yr", "flow": "m3/d", "quality": {"so2": "ug/m3"}}
    plan = abate.allocate(make_case(tables, units=units), "grandfathering")
    found = indicators(plan)
    assert found.permits["concentration"].iloc[0] == pytest.approx(plan.allocation["allowed"].iloc[0] / 0.365)
    assert found.permits.attrs["units"]["concentration"] == "mg/m3"


# --- seasons ---


def test_the_most_specific_seasons_count(make_case):
    seasons = (
        "source pollutant season first_month last_month share\n"
        "* . wet 11 4 0.7\n* . dry 5 10 0.3\n"
        "* N year 1 12 1\n"
        "town . early 1 6 0.25\ntown . late 7 12 0.75\n"
        "town N june 6 6 1\ntown N rest 7 5 0"
    )
    tables = {
        "sources": "source kind flow\ntown point 1000\nfarm diffuse .",
        "loads": "source pollutant load\ntown P 73\nfarm P 10\ntown N 20\nfarm N 30",
        "targets": "target kind pollutant limit\np load P 90\nn load N 60",
        "seasons": seasons,
    }
    plan = abate.allocate(make_case(tables, units={"load": "t/yr", "flow": "m3/d"}), "equal-percent")
    found = indicators(plan).seasons
    names = found.groupby(["source", "pollutant"], sort=False)["season"].agg(list).to_dict()
    assert names == {
        ("town", "P"): ["early", "late"],
        ("farm", "P"): ["wet", "dry"],
        ("town", "N"): ["june", "rest"],
        ("farm", "N"): ["year"],
    }
    allowed = plan.allocation["allowed"].tolist()
    shares = found["load"].to_numpy() / np.repeat(allowed, [2, 2, 2, 1])
    assert shares.tolist() == pytest.approx([0.25, 0.75, 0.7, 0.3, 1, 0, 1])
    assert found["days"].tolist() == [181, 184, 181, 184, 30, 335, 365]
    # a quarter of the load in 181 days at 1000 m3/d
    assert found["concentration"].iloc[0] == pytest.approx(allowed[0] * 0.25 * 1e6 / (181 * 1000))
    assert found["samples"].tolist() == [24, 24, 0, 0, 4, 44, 0]
    assert found["tolerance"].iloc[4] == pytest.approx(100 * (multiplier(0.6, 4, 0.95) - 1))


# --- milestones ---

#: 40 of 100 t have to go: the filter takes them in the end, and lime of which 10 t a year can be added takes the rest.
SLOW = {
    "sources": "source\nmill\nfarm",
    "loads": "source pollutant load\nmill P 100\nfarm P 50",
    "measures": "measure unit\nfilter share\nlime t",
    "options": "source measure max_extent unit_cost first_year lead_time ramp built\n"
    "mill filter 1 1 2032 0 . .\nmill lime 30 100 . 1 10 5",
    "removals": "source measure pollutant removal basis\n* filter P 0.4 fraction\n* lime P 1 mass",
    "targets": "target kind limit year\nbasin load 85 2034",
}


def test_milestones_of_a_plan(make_case):
    # 65 t have to go: 40 by the filter from 2032 on, 25 by lime: 5 stand in 2030, then 15, 25
    plan = abate.decompose(make_case(SLOW, horizon={"start": 2030, "end": 2035}))
    found = indicators(plan)
    told = {
        (row.item, row.year): row.value for row in found.milestones[found.milestones["source"] == "mill"].itertuples()
    }
    assert told == pytest.approx(
        {
            ("P", 2030): 95,
            ("lime", 2030): 5,
            ("P", 2031): 85,
            ("lime", 2031): 15,
            ("P", 2032): 35,
            ("lime", 2032): 25,
            ("filter", 2032): 1,
        }
    )
    assert found.milestones["after"].tolist() == [0, 0, 1, 1, 2, 2, 2, 0]
    assert found.measures.set_index("measure")["from_year"].to_dict() == {"filter": 2032, "lime": 2030}
    assert found.targets["expected"].tolist() == pytest.approx([145, 135, 85])
    assert found.targets["year"].tolist() == [2030, 2031, 2032]
    # it has to hold from 2034 on, and is told for the last year
    assert found.targets["limit"].isna().tolist() == [True, True, False]


def test_milestones_without_a_calendar(make_case):
    options = "source measure max_extent unit_cost lead_time\nmill filter 1 1 2"
    tables = {**SLOW, "options": options, "targets": "target kind limit\nbasin load 130"}
    found = indicators(abate.decompose(make_case(tables)))
    assert found.milestones["year"].isna().all()
    mill = found.milestones[found.milestones["source"] == "mill"]
    assert list(zip(mill["item"], mill["after"], mill["value"], strict=True)) == [
        ("P", 0, 100.0),
        ("P", 2, pytest.approx(80)),
        ("filter", 2, pytest.approx(0.5)),
    ]
    assert "2 years after the decision: filter in operation 0.5" in found.permit("mill")


def test_a_very_long_ramp_is_told_to_its_end(make_case):
    options = "source measure max_extent unit_cost ramp\nmill lime 60 1 0.01"
    tables = {**SLOW, "options": options, "targets": "target kind limit\nbasin load 100"}
    found = indicators(abate.decompose(make_case(tables, horizon={"start": 2030, "end": 2035})))
    lime = found.milestones[found.milestones["item"] == "lime"]
    assert len(lime) == 200
    assert lime["year"].iloc[-1] == 2030 + 200 - 1
    assert lime["value"].iloc[-1] == pytest.approx(50)


def test_a_ramp_that_lets_nothing_grow_is_told_at_its_end(make_case):
    options = "source measure max_extent unit_cost ramp\nmill lime 60 1 0"
    tables = {**SLOW, "options": options, "targets": "target kind limit\nbasin load 100"}
    lime = indicators(abate.decompose(make_case(tables, horizon={"start": 2030, "end": 2035}))).milestones
    assert lime[lime["item"] == "lime"][["year", "value"]].to_numpy().tolist() == [[2229, pytest.approx(50)]]


def test_milestones_of_a_schedule(make_case):
    tables = {**SLOW, "targets": "target kind limit year\nbasin load 135 2031\nend load 85 2033"}
    made = abate.schedule(make_case(tables, horizon={"start": 2030, "end": 2033}))
    found = indicators_of_schedule(made)
    for year, plan in made.plans.items():
        until = found.milestones[found.milestones["year"] <= year]
        last = (
            until[until["what"] == "load at most"].drop_duplicates("source", keep="last").set_index("source")["value"]
        )
        assert last["mill"] == pytest.approx(plan.allocation["allowed"].iloc[0])
        in_use = until[until["what"] == "in operation"].drop_duplicates("item", keep="last").set_index("item")["value"]
        extents = plan.measures.set_index("measure")["extent"]
        assert in_use[in_use > 0].to_dict() == pytest.approx(extents.to_dict())
    assert found.permits["allowed"].tolist() == made.plans[2033].allocation["allowed"].tolist()
    ends = found.targets[found.targets["target"] == "end"]
    assert ends["limit"].isna().tolist() == [True, True, True, False]
    assert ends["year"].tolist() == [2030, 2031, 2032, 2033]
    # the permits of another year are those of its own plan
    assert indicators(made.plans[2031]).permits["allowed"].sum() == pytest.approx(135)


# --- revisions ---


@pytest.fixture(scope="module")
def revision():
    # allotted 75 and 45 t, emitted nine tenths: half of what was left is given back out of 10 t of reserve
    case = rc.make_case(targets_reserve=[10.0, 0.0])
    found = rc.monitored([2026], np.array([0.0, 1.0, 0.875, 0.0]), activity=0.9)
    choices = abate.Realignment(prior=rc.CERTAIN, probability=0.5, credit_share=0.5)
    return abate.revise(case, abate.decompose(case), found, realignment=choices)


def test_early_action_is_a_line_of_its_own(revision):
    found, year = indicators_of_revision(revision), 365 / 365.25
    assert found.permits["early_action"].tolist() == pytest.approx([3.75 * year, 2.25 * year])
    planned = revision.plan.allocation["allowed"].to_numpy()
    assert found.permits["allowed"].to_numpy() == pytest.approx(planned + np.array([3.75, 2.25]) * year)
    assert found.permits["credit"].tolist() == [0, 0]
    cap = found.rollup.set_index("target").loc["cap"].iloc[-1]
    assert cap["early_action"] == pytest.approx(6 * year)
    assert cap["reserve"] == pytest.approx(10 - 6 * year)
    assert cap["point"] == pytest.approx(planned.sum())
    lake = found.rollup[found.rollup["target"] == "lake"].iloc[0]
    assert lake["early_action"] == pytest.approx(0.01 * 3.75 * year + 0.02 * 2.25 * year)
    pd.testing.assert_frame_equal(found.reserves, revision.reserves)


def test_milestones_of_a_revision(revision):
    found = indicators_of_revision(revision)
    assert (found.milestones["year"] == 2027).all()
    assert set(found.targets["target"]) == {"cap", "lake"}
    loads = found.milestones[found.milestones["what"] == "load at most"]
    assert loads["value"].tolist() == pytest.approx(found.permits["allowed"].tolist())


def test_a_revision_of_a_case_without_measures():
    case = abate.load("tampa-bay")
    observations = case["observations"]
    known = observations[observations["period_end"] < "2018"]
    choices = abate.Realignment(first_plan="given")
    found = indicators_of_revision(abate.revise(case, None, known, realignment=choices))
    assert len(found.permits) == len(case["loads"])
    assert found.measures.empty
    assert (found.permits["early_action"] == 0).all()
    assert_identity(found)


# --- edges ---


def assert_identity(found: Indicators) -> None:
    parts = ["point", "diffuse", "background", "margin", "reserve", "early_action", "unused"]
    assert found.rollup[parts].sum(axis=1).to_numpy() == pytest.approx(
        found.rollup["limit"].to_numpy(), rel=1e-9, abs=1e-9
    )


def test_one_source_that_nothing_is_asked_of(make_case):
    tables = {
        "sources": "source controllable\nwell false",
        "loads": "source pollutant load\nwell P 5",
        "targets": "target kind limit\ncap load 9",
    }
    found = indicators(abate.allocate(make_case(tables), "equal-percent"))
    assert found.permits["remark"].tolist() == ["no plan may ask anything of it"]
    assert found.permits["targets"].tolist() == [""]
    assert found.measures.empty
    assert found.served.empty
    assert len(found.milestones) == 1
    assert found.permit("well").splitlines()[-1] == "measures: none is planned"
    assert_identity(found)


def test_a_strategy_that_asks_for_too_much(make_case):
    # each has to come down by 40 %, and the town's plant can do a quarter
    tables = {
        "sources": "source\ntown\nmill",
        "loads": "source pollutant load\ntown P 100\nmill P 100",
        "measures": "measure\nplant\nfilter",
        "options": "source measure max_extent unit_cost\ntown plant 1 10\nmill filter 1 10",
        "removals": "source measure pollutant removal\n* plant P 0.25\n* filter P 0.9",
        "targets": "target kind limit\ncap load 120",
    }
    plan = abate.allocate(make_case(tables), "equal-percent")
    assert not plan.attained
    found = indicators(plan)
    assert found.permits["allowed"].tolist() == pytest.approx([75, 60])
    assert found.permits["remark"].tolist() == ["the strategy asks for 60 t/yr, which its measures cannot reach", ""]
    # a strategy has no prices: the target that is missed stands without a share
    assert found.permits["targets"].tolist() == ["cap", "cap"]
    assert found.served["share"].isna().all()
    assert found.rollup.iloc[0]["unused"] == pytest.approx(-15)
    assert_identity(found)


def test_what_is_handed_out_stands_beside_what_measures_leave(make_case):
    tables = {
        "sources": "source\ntown\nmill",
        "loads": "source pollutant load\ntown P 100\nmill P 100",
        "measures": "measure unit\nplant share",
        "options": "source measure min_extent max_extent unit_cost\ntown plant 1 1 10\nmill plant 1 1 10",
        "removals": "source measure pollutant removal\n* plant P 0.5",
        "targets": "target kind limit\ncap load 120",
    }
    found = indicators(abate.allocate(make_case(tables), "equal-percent"))
    assert found.permits["allowed"].tolist() == pytest.approx([60, 60])
    assert found.permits["expected"].tolist() == pytest.approx([50, 50])


def test_indicators_of_one_source(echo):
    own = echo.of("weber-above/runoff")
    assert {name: len(table) for name, table in own.tables().items() if "source" in table} == {
        "permits": 1,
        "seasons": 12,
        "measures": 1,
        "milestones": 2,
        "compliance": 4,
        "served": 1,
    }
    assert own.permits.attrs == echo.permits.attrs
    text = echo.permit("weber-above/runoff")
    assert "P: at most 1.217e+04 kg/yr" in text or "P: at most 12,165" in text
    assert "stream-bank-stabilization (Stream bank stabilization): 6.488 km" in text


def test_a_wrong_source_is_refused_with_the_nearest(echo):
    with pytest.raises(abate.InputError, match="did you mean 'weber-above/runoff'"):
        echo.of("weber-above/runof")


def test_every_table_is_described():
    from abate.indicators import CONTENTS

    assert list(CONTENTS) == list(Indicators.__dataclass_fields__)
