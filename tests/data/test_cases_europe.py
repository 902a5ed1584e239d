"""The European case carries the published figures, and its scenarios are what they say."""

import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import abate_data
from abate_data.read import load

FOLDER = Path(abate_data.__file__).parent / "cases" / "europe-air"

#: Published base concentrations of the year 2000, ug/m3: SO4, NO3, NH4.
BASE = {
    "AUT": (1.919, 1.853, 1.214),
    "BLX": (1.442, 4.116, 1.718),
    "RFA": (1.581, 3.805, 1.698),
    "BGR": (4.907, 2.022, 2.346),
    "NOR": (0.614, 0.359, 0.317),
    "RUS": (1.463, 1.046, 0.810),
}
#: CPI-U, annual averages, US Bureau of Labor Statistics.
CPI = {1995: 152.4, 1997: 160.5, 1999: 166.6, 2000: 172.2, 2003: 184.0, 2008: 215.303}
#: Shares of the load of a region's sector that a kind of plant has, by assumption of the case.
SHARES = {
    ("boilers", "SO2"): 0.60,
    ("boilers", "NOx"): 0.50,
    ("liquid-fuels", "SO2"): 0.25,
    ("cement", "NOx"): 0.08,
    ("cattle", "NH3"): 0.40,
    ("pigs", "NH3"): 0.20,
    ("poultry", "NH3"): 0.10,
}
CONTROL = re.compile(r"(\d+) % of the (\w+) of [\w-]+ at (\d+) USD\((\d+)\) per short ton")


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(FOLDER / f"{name}.csv", keep_default_na=False)


@pytest.mark.parametrize("receptor", BASE)
def test_the_model_returns_the_published_base_concentration(receptor):
    transfer = table("transfer").merge(table("loads"), on=["source", "pollutant"])
    here = transfer[transfer["receptor"] == receptor]
    background = table("background").set_index("receptor")["value"]
    quality = background[receptor] + (here["coefficient"] * here["load"]).sum()
    assert quality == pytest.approx(sum(BASE[receptor]), abs=1e-4)


@pytest.mark.parametrize(
    ("source", "receptor", "pollutant", "published", "kilograms"),
    [
        ("AUT/combustion", "AUT", "SO2", (0.037651, -0.008354, 0.00867), 127_488_500),
        ("POL/combustion", "RFA", "NOx", (-0.006592, 0.022696, 0.00413), 996_857_000),
        ("RFA/agriculture", "RCZ", "NH3", (0.042529, 0.081227, 0.040255), 791_403_000),
    ],
)
def test_coefficients_follow_from_the_published_responses(source, receptor, pollutant, published, kilograms):
    row = table("transfer").set_index(["source", "receptor", "pollutant"])["coefficient"]
    expected = sum(published) * 5 / (kilograms / 1e6)
    assert row[source, receptor, pollutant] == pytest.approx(expected, rel=1e-5)


def test_costs_and_removals_follow_from_the_database_rows():
    options, loads = table("options"), table("loads").set_index(["source", "pollutant"])["load"]
    removals = table("removals").set_index(["measure", "pollutant"])["removal"]
    measures = table("measures").set_index("measure")["description"]
    for option in options.itertuples():
        cost = 0.0
        for percent, pollutant, usd, year in CONTROL.findall(measures[option.measure]):
            removed = int(percent) / 100 * SHARES[option.group or "poultry", pollutant]
            assert removals[option.measure, pollutant] == pytest.approx(removed, rel=1e-12)
            short_tons = removed * loads[option.source, pollutant] * 1000 / 0.90718474
            cost += int(usd) * CPI[2000] / CPI[int(year)] * short_tons
        assert option.unit_cost == pytest.approx(cost, rel=1e-5)


def test_ceilings_are_the_sums_of_the_members():
    limits = load(FOLDER, scenario="all-ceilings")["targets"].set_index("target")["limit"]
    assert limits["AUT-SO2-ceiling"] == pytest.approx(39 + 27 + 0.11)
    assert limits["BLX-NOx-ceiling"] == pytest.approx(181 + 266 + 11)
    assert limits["UKR-NH3-ceiling"] == pytest.approx(592 + 158 + 42)
    assert sum(name.endswith("ceiling") for name in limits.index) == 14 * 3


def test_what_is_left_out_is_out_of_reach():
    default = set(load(FOLDER)["targets"]["target"])
    every = load(FOLDER, scenario="all-ceilings")["targets"]
    loads = table("loads").merge(table("sources"), on="source")
    deepest = {"NOx": 0.50 * 0.91 + 0.08 * 0.90, "NH3": 0.40 * 0.55 + 0.20 * 0.70 + 0.10 * 0.75}
    left_out = every[~every["target"].isin(default)]
    assert left_out["target"].tolist() == ["FIN-NOx-ceiling", "SWE-NH3-ceiling"]
    for target in left_out.itertuples():
        at_hand = loads[(loads["region"] == target.region) & (loads["pollutant"] == target.pollutant)]["load"]
        assert at_hand.sum() * (1 - deepest[target.pollutant]) > target.limit


def test_the_default_has_a_plan_and_all_ceilings_has_none(independent_least_cost, independent_check):
    case = load(FOLDER)
    cost, extents = independent_least_cost(case)
    assert cost == pytest.approx(6.7654e9, rel=1e-4)  # by an LP written apart from the project, USD per year
    assert independent_check(case, extents.to_numpy()) < 1e-6
    infinite, _ = independent_least_cost(load(FOLDER, scenario="all-ceilings"))
    assert math.isinf(infinite)


def test_installations_cost_the_same_at_full_extent_and_more_below(independent_least_cost):
    shares, installations = load(FOLDER), load(FOLDER, scenario="installations")
    built = installations["options"]
    full = built["unit_cost"] + built["fixed_cost"]
    np.testing.assert_allclose(full, shares["options"]["unit_cost"], rtol=2e-5)
    assert (built.loc[built["fixed_cost"] > 0, "min_extent"] == 0.2).all()
    assert independent_least_cost(installations)[0] > independent_least_cost(shares)[0]


def test_nobody_cuts_deeper_than_the_linear_model_holds_good():
    removals, options = table("removals"), table("options")
    group = dict(zip(options["measure"], options["group"], strict=True))  # poultry has one option and no group
    deepest = removals.assign(group=removals["measure"].map(group)).groupby(["pollutant", "group"])["removal"].max()
    assert deepest.groupby("pollutant").sum().max() < 0.80
