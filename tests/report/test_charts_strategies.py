"""Charts of a comparison: what strategies cost, how unequal they are, whom they burden."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import revise_case as rc
from chart_specs import HOSTILE, drawn, records, spec_of

import abate
from abate.report.charts import beside, strategies
from abate.words import Words

EN = Words("en")


@pytest.fixture(scope="module")
def echo() -> abate.Comparison:
    case = abate.load("echo-reservoir", scenario="pooled")
    return abate.compare(case, ["least-cost", "equal-percent", "equal-percent mode=uniform", "talmud", "equal-mass"])


@pytest.fixture(scope="module")
def tampa() -> abate.Comparison:
    return abate.compare(abate.load("tampa-bay"), ["given", "equal-percent mode=uniform", "talmud"])


def test_points_are_those_of_the_table(echo: abate.Comparison):
    rows = {
        row["name"].partition(" (+")[0]: row for row in records(spec_of(strategies.cost_inequality(echo, EN)), "state")
    }
    for row in echo.distinct.to_dict("records"):
        assert rows[row["strategy"]]["x"] == pytest.approx(row["cost"], rel=1e-7)
        assert rows[row["strategy"]]["y"] == pytest.approx(row["gini"], rel=1e-7)
    cheapest = min(rows.values(), key=lambda row: row["x"])
    assert cheapest["number"] == "1"
    assert cheapest["frontier"]


def test_without_costs_shares_that_change_stand_across(tampa: abate.Comparison):
    rows = records(spec_of(strategies.cost_inequality(tampa, EN)), "state")
    assert sorted(row["x"] for row in rows) == pytest.approx(sorted(tampa.distinct["share_shift"]), rel=1e-6)


def test_texts_lie_apart_and_hide_no_mark():
    rng = np.random.default_rng(5)
    x, y = rng.uniform(0, 10, 18), rng.uniform(0, 1, 18)
    texts = [str(number) for number in range(1, 19)]
    labels = beside.place_labels(x, y, texts, [[-1.0, 11.0], [-0.1, 1.1]])
    said = [number for label in labels for number in label["text"].split(", ")]
    assert sorted(said, key=int) == texts
    boxes = []
    for label in labels:
        across = (label["x"] + 1) / 12 * beside.NARROWEST + label["dx"]
        down = (1.1 - label["y"]) / 1.2 * beside.HEIGHT + label["dy"]
        half = np.array([beside.LETTER * len(label["text"]), beside.LINE]) / 2
        boxes.append((np.array([across, down]) - half, np.array([across, down]) + half))
    for (low, high), (bottom, top) in combinations(boxes, 2):
        assert not ((low < top).all() and (high > bottom).all())


@pytest.mark.parametrize("name", ["echo", "tampa"])
def test_burdens_are_sums_over_zones(name: str, request: pytest.FixtureRequest):
    comparison = request.getfixturevalue(name)
    rows = pd.DataFrame(records(spec_of(strategies.burden(comparison, EN)), "share"))
    loads = comparison.loads
    by = "sector" if set(rows["zone"]) <= set(loads["sector"]) else "region"
    sums = loads.groupby(["strategy", by])[["baseline", "reduction"]].sum()
    share = 100 * sums["reduction"] / sums["baseline"]
    for row in rows.itertuples():
        strategy = row.name.partition(" (+")[0]
        assert row.share == pytest.approx(share[(strategy, row.zone)], rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", ["echo", "tampa"])
def test_every_chart_is_drawn(name: str, lang: str, request: pytest.FixtureRequest):
    comparison = request.getfixturevalue(name)
    for chart in (strategies.cost_inequality, strategies.burden):
        spec = spec_of(chart(comparison, Words(lang)))
        assert spec == spec_of(chart(comparison, Words(lang)))
        assert drawn(spec).startswith("<svg")


def test_plans_may_be_called_anything():
    case = rc.make_case()
    plan = abate.decompose(case)
    comparison = abate.compare(case, dict.fromkeys(HOSTILE[:3], plan) | {"other": "equal-percent"})
    for chart in (strategies.cost_inequality, strategies.burden):
        assert "<script" not in drawn(spec_of(chart(comparison, EN)))
