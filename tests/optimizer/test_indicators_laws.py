"""What holds for the indicators of any plan, recomputed from the tables of the case."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import abate
from abate.indicators import indicators
from abate_data.read import load
from abate_data.synthetic import synthetic_case

sys.path.insert(0, str(Path(__file__).parents[1]))

from random_cases import examples, shapes

PARTS = ["point", "diffuse", "background", "margin", "reserve", "early_action", "unused"]


@given(shapes())
@examples(12)
def test_laws_of_a_plan(shape):
    case = synthetic_case(**shape)
    plan = abate.decompose(case)
    found = indicators(plan)
    assert found.permits["allowed"].tolist() == plan.allocation["allowed"].tolist()
    yearly = found.seasons.groupby(["source", "pollutant"], sort=False)["load"].sum().to_numpy()
    per_year = 365 if case.settings.units.load.endswith("/d") else 1
    assert yearly == pytest.approx(plan.allocation["allowed"].to_numpy() * per_year, rel=1e-12)
    assert found.rollup[PARTS].sum(axis=1).to_numpy() == pytest.approx(
        found.rollup["limit"].to_numpy(), rel=1e-9, abs=1e-9
    )
    shares = found.served.groupby(["source", "pollutant"])["share"].sum()
    assert shares.to_numpy() == pytest.approx(np.ones(len(shares)))
    _tree_adds_up(case, found.rollup, plan.allocation)
    _targets_are_made_up(case, found.rollup, plan.allocation)


def _tree_adds_up(case, rollup, allocation):
    """A region's point and diffuse loads are its own and those of the regions right inside it."""
    regions = rollup[(rollup["kind"] == "region") & (rollup["inside"] != "")]
    whole = rollup[(rollup["kind"] == "region") & (rollup["inside"] == "")]
    sources = case["sources"].set_index("source").reindex(allocation["source"])
    point, home = (sources["kind"] == "point").to_numpy(), sources["region"].astype(object).to_numpy()
    parents = dict(zip(case["regions"]["region"], case["regions"]["parent"], strict=True))
    for name, chosen in (("point", point), ("diffuse", ~point)):
        total = allocation[chosen].groupby("pollutant")["allowed"].sum()
        assert whole[name].tolist() == pytest.approx([total.get(pollutant, 0.0) for pollutant in whole["of"]])
        for row in regions.to_dict("records"):
            own = allocation[(home == row["where"]) & chosen & (allocation["pollutant"] == row["of"])]["allowed"].sum()
            children = [child for child, parent in parents.items() if parent == row["where"]]
            inside = regions[regions["where"].isin(children) & (regions["of"] == row["of"])][name].sum()
            assert row[name] == pytest.approx(own + inside, rel=1e-9, abs=1e-9)


def _targets_are_made_up(case, rollup, allocation):
    """Each target's parts, recomputed from the tables: loads in scope, or transfer times load."""
    targets = case["targets"].set_index("target")
    allowed = allocation.set_index(["source", "pollutant"])["allowed"]
    inside = _subtrees(case)
    home = case["sources"].set_index("source")[["region", "sector", "kind"]].astype(object)
    for row in rollup[rollup["kind"] == "cap"].to_dict("records"):
        target = targets.loc[row["target"]]
        for kind in ("point", "diffuse"):
            members = [
                source
                for source, place in home.iterrows()
                if place["kind"] == kind
                and (pd.isna(target["region"]) or place["region"] in inside[target["region"]])
                and (pd.isna(target["sector"]) or place["sector"] == target["sector"])
            ]
            total = sum(allowed.get((source, target["pollutant"]), 0.0) for source in members)
            assert row[kind] == pytest.approx(total, rel=1e-9, abs=1e-9)
        assert row["margin"] == target["margin_of_safety"]
        assert row["reserve"] == target["reserve"]
    if len(case["transfer"]):
        effects = case["transfer"].assign(
            part=lambda t: (
                t["coefficient"]
                * allowed.reindex(pd.MultiIndex.from_frame(t[["source", "pollutant"]].astype(object))).to_numpy()
            )
        )
        quality = effects.groupby(["receptor", "parameter"], observed=True)["part"].sum()
        for row in rollup[rollup["kind"] == "quality"].to_dict("records"):
            found = row["point"] + row["diffuse"]
            assert found == pytest.approx(quality[row["where"], row["of"]], rel=1e-6, abs=1e-12)


def _subtrees(case):
    parents = dict(zip(case["regions"]["region"], case["regions"]["parent"], strict=True))
    inside = {region: {region} for region in parents}
    for region, parent in parents.items():
        above = parent
        while isinstance(above, str):
            inside[above].add(region)
            above = parents[above]
    return inside


LOADS = st.lists(st.floats(1.0, 1e4), min_size=1, max_size=5)


@given(loads=LOADS, flow=st.floats(1.0, 1e6), share=st.floats(0.2, 1.0))
@examples(5)
def test_concentrations_are_the_same_in_any_unit(loads, flow, share):
    names = [f"s{number}" for number in range(len(loads))]

    def permits(load_unit, load_factor, flow_unit, flow_factor):
        tables = {
            "case": {"name": "made", "units": {"load": load_unit, "flow": flow_unit}},
            "sources": pd.DataFrame({"source": names, "flow": flow * flow_factor}),
            "loads": pd.DataFrame({"source": names, "pollutant": "P", "load": np.array(loads) * load_factor}),
            "targets": pd.DataFrame({"target": ["cap"], "kind": "load", "limit": sum(loads) * load_factor * share}),
        }
        return indicators(abate.allocate(load(tables), "equal-percent"))

    tonnes = permits("t/yr", 1.0, "m3/d", 1.0)
    expected = tonnes.permits["allowed"] * 1e6 / 365 / flow  # g per m3
    assert tonnes.permits["concentration"].tolist() == pytest.approx(expected.tolist())
    for units in (
        ("kg/yr", 1000.0, "m3/s", 1 / 86400),
        ("kg/d", 1000 / 365, "ML/d", 1e-3),
        ("g/s", 1e6 / 31536000, "L/s", 1 / 86.4),
    ):
        other = permits(*units)
        for column in ("concentration", "average_monthly", "maximum_daily", "percent"):
            assert other.permits[column].tolist() == pytest.approx(tonnes.permits[column].tolist())
        # the formula of the permit gives the load back
        factor = float(other.compliance["formula"].iloc[0].split(" x ")[-1].split(" = ")[0])
        flows = flow * units[3]
        assert other.permits["concentration"].iloc[0] * flows * factor == pytest.approx(
            other.permits["allowed"].iloc[0], rel=1e-4
        )


@st.composite
def years(draw):
    """Seasons that tile a year: where they start, and their shares in thousandths."""
    starts = sorted(draw(st.sets(st.integers(1, 12), min_size=1, max_size=12)))
    cuts = sorted(draw(st.lists(st.integers(0, 1000), min_size=len(starts) - 1, max_size=len(starts) - 1)))
    shares = np.diff([0, *cuts, 1000]) / 1000
    ends = [(start - 2) % 12 + 1 for start in [*starts[1:], starts[0]]]
    return [(f"season {start}", start, end, share) for start, end, share in zip(starts, ends, shares, strict=True)]


@given(years(), st.floats(1.0, 1e4))
@examples(12)
def test_seasons_add_up_to_the_year(seasons, flow):
    tables = {
        "case": {"name": "made", "units": {"load": "kg/d", "flow": "m3/d"}},
        "sources": pd.DataFrame({"source": ["a", "b"], "flow": flow}),
        "loads": pd.DataFrame({"source": ["a", "b"], "pollutant": "P", "load": [3.0, 4.0]}),
        "targets": pd.DataFrame({"target": ["cap"], "kind": "load", "limit": [5.0]}),
        "seasons": pd.DataFrame(seasons, columns=["season", "first_month", "last_month", "share"]).assign(source="a"),
    }
    found = indicators(abate.allocate(load(tables), "equal-percent"))
    by_source = found.seasons.groupby("source", sort=False)
    assert by_source["days"].sum().tolist() == [365, 365]
    assert by_source["load"].sum().to_numpy() == pytest.approx(found.permits["allowed"].to_numpy() * 365)
    # the mean of the seasons' concentrations, by their days, is that of the year
    mean = found.seasons.assign(part=found.seasons["concentration"] * found.seasons["days"] / 365)
    assert mean.groupby("source", sort=False)["part"].sum().to_numpy() == pytest.approx(
        found.permits["concentration"].to_numpy()
    )


def test_ten_thousand_sources():
    count = 10_000
    names = [f"source {number}" for number in range(count)]
    zones = [f"zone {number % 100}" for number in range(count)]
    tables = {
        "case": {"name": "large", "units": {"load": "t/yr", "flow": "m3/d"}},
        "regions": pd.DataFrame({"region": ["all of it", *zones[:100]], "parent": ["", *["all of it"] * 100]}),
        "sources": pd.DataFrame({"source": names, "region": zones, "flow": np.arange(1.0, count + 1)}),
        "loads": pd.DataFrame({"source": names, "pollutant": "P", "load": np.arange(1.0, count + 1)}),
        "targets": pd.DataFrame({"target": zones[:100], "kind": "load", "region": zones[:100], "limit": 1000.0}),
    }
    found = indicators(abate.allocate(load(tables), "equal-percent"))
    assert len(found.permits) == count
    assert len(found.seasons) == 12 * count
    assert found.rollup.iloc[0]["limit"] == pytest.approx(100 * 1000.0)
    assert found.rollup[PARTS].sum(axis=1).to_numpy() == pytest.approx(found.rollup["limit"].to_numpy())
    assert (found.permits["target"] == found.permits["region"]).all()
