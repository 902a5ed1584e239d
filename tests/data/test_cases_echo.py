"""The Echo Reservoir case gives what its two publications print."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

import abate_data
from abate_data.read import load

FOLDER = Path(abate_data.__file__).parent / "cases" / "echo-reservoir"


@pytest.mark.parametrize(("scenario", "published"), [(None, 1_000_074), ("pooled", 985_318)])
def test_least_cost_is_the_published_one(scenario, published, independent_least_cost):
    cost, _ = independent_least_cost(load(FOLDER, scenario=scenario))
    assert cost == pytest.approx(published, abs=1)


def solve_as_published() -> pd.DataFrame:
    """The published model in its own variables (kg by practice and source), straight from the files."""
    names = ("options", "removals", "measures", "sources", "loads", "targets", "resources", "resource_use")
    tables = [pd.read_csv(FOLDER / f"{name}.csv") for name in names]
    options, removals, measures, sources, loads, targets, resources, use = tables
    kg_per_unit = options["measure"].map(removals.set_index("measure")["removal"])
    usd_per_kg = options["measure"].map(
        measures.set_index("measure")["description"].str.extract(r"^([\d.]+) USD per kg")[0].astype(float)
    )
    place = sources.set_index("source")
    region, sector = options["source"].map(place["region"]), options["source"].map(place["sector"])
    rows, bounds = [], []
    for target in targets.itertuples():
        rows.append(-((region == target.region) & (sector == target.sector)).to_numpy(float))
        bounds.append(-target.limit)
    for load_row in loads.itertuples():
        rows.append((options["source"] == load_row.source).to_numpy(float))
        bounds.append(load_row.load)
    for resource in resources.itertuples():
        per_unit = options["measure"].map(use[use["resource"] == resource.resource].set_index("measure")["use"])
        rows.append(((region == resource.region) * per_unit.fillna(0) / kg_per_unit).to_numpy(float))
        bounds.append(resource.available)
    answer = linprog(usd_per_kg, A_ub=np.array(rows), b_ub=bounds)
    assert answer.status == 0
    return options.assign(region=region, kg=answer.x, usd=answer.x * usd_per_kg)


def test_costs_by_sub_watershed_are_the_published_ones():
    thousands = solve_as_published().groupby("region")["usd"].sum() / 1000
    assert thousands.round().to_dict() == {"chalk-creek": 242, "weber-below": 172, "weber-above": 587}


def test_removal_by_practice_is_the_published_one():
    kg = solve_as_published().groupby("measure")["kg"].sum()
    assert kg[kg > 1e-6].to_dict() == pytest.approx(
        {
            "grazing-land-protection": 880,
            "stream-bank-stabilization": 2816,
            "conservation-tillage": 87,
            "nutrient-management": 4283,
        },
        abs=0.7,
    )


def test_unit_costs_are_the_product_of_the_published_factors():
    options = solve_as_published()
    usd = options.set_index(["source", "measure"])["unit_cost"]
    assert usd["chalk-creek/manure", "grass-filter-strips"] == pytest.approx(412.26 * 143.47, rel=1e-12)
    assert usd["weber-above/runoff", "sprinkler-irrigation"] == pytest.approx(127.87 * 2914.21, rel=1e-12)


def test_what_the_tmdl_asks_and_what_there_is():
    case = load(FOLDER)
    assert len(case["sources"]) == 9
    assert len(case["measures"]) == 10
    assert len(case["resources"]) == 27
    assert case["loads"]["load"].sum() == 961 + 3535 + 6539 + 942 + 1550 + 5493 + 3560 + 3718 + 13517
    assert case["targets"]["limit"].sum() == pytest.approx(8067, abs=0.5)
    assert "animal-waste-facility" not in set(case["options"]["measure"])
    pooled = load(FOLDER, scenario="pooled")["targets"]
    assert pooled["limit"].tolist() == pytest.approx([4370.4, 880.3, 2816.46])
