"""Charts of a front: its points, and what the chosen one asks of whom."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest
import revise_case as rc
from chart_specs import HOSTILE, drawn, records, spec_of, walk

import abate
from abate.front import solve
from abate.front.allocations import allocations
from abate.report.charts import explorer, trade_off
from abate.words import Words

EN = Words("en")
CHARTS = (trade_off.trade_off, explorer.allocation, explorer.place)


@pytest.fixture(scope="module")
def two() -> Any:
    return abate.explore(abate.load("echo-reservoir"), ["cost", "removal"])


@pytest.fixture(scope="module")
def three() -> Any:
    case = abate.load("europe-air")
    return abate.explore(case, ["cost", "exposure", "total_load:NOx"], effort=abate.Effort(solves=12))


def point_of(spec: dict[str, Any]) -> int:
    (param,) = [one for one in spec["params"] if one["name"] == "point"]
    return int(param["value"])


def test_the_curve_has_the_points(two: Any):
    spec = spec_of(trade_off.trade_off(two, EN))
    rows = sorted(records(spec, "point", "o1"), key=lambda row: row["point"])
    assert [row["point"] for row in rows] == list(range(len(two)))
    assert [row["o0"] for row in rows] == pytest.approx(list(two.points["cost"]), rel=1e-7)
    assert [row["o1"] for row in rows] == pytest.approx(list(two.points["removal:P"]), rel=1e-7)
    assert point_of(spec) == two.knee().point


def test_parallel_lines_have_the_best_on_top(three: Any):
    spec = spec_of(trade_off.trade_off(three, EN))
    (first, *_) = records(spec, "place", "v")
    best = int(three.values[:, 0].argmin())
    assert first["v"][best] == pytest.approx(1.0)
    assert min(first["v"]) == pytest.approx(0.0)
    assert {row["point"] for row in records(spec, "height", "point")} == set(range(len(three)))


@pytest.mark.parametrize("name", ["two", "three"])
def test_the_allocation_is_that_of_each_point(name: str, request: pytest.FixtureRequest):
    front = request.getfixturevalue(name)
    spec = spec_of(explorer.allocation(front, EN))
    table = allocations(front)
    several = table["pollutant"].nunique() > 1
    by_name = {
        f"{row.source}, {row.pollutant}" if several else row.source: row for row in table.itertuples(index=False)
    }
    rows = records(spec, "label", "v")
    assert 0 < len(rows) <= explorer.MOST
    for row in rows:
        expected = by_name[row["name"]]
        scale = 100 / expected.baseline if several else 1.0
        assert row["v"] == pytest.approx(np.array(expected[3:]) * scale, rel=1e-4, abs=1e-6 * row["b"])


def test_the_place_is_that_of_each_point(two: Any):
    zones = {row["name"]: row for row in records(spec_of(explorer.place(two, EN)), "y2")}
    table = allocations(two)
    points = [name for name in table if name.startswith("point ")]
    assert zones["echo"]["v"] == pytest.approx(list(table[points].sum()), rel=1e-4)


def test_places_of_many_points_are_shown_by_region(three: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(explorer, "MOST_NUMBERS", 10)
    assert records(spec_of(explorer.place(three, EN)), "y2")


def test_receptors_keep_what_the_plan_keeps():
    tables = rc.tables()
    tables["sources"] = tables["sources"].assign(longitude=[10.0, 11.0], latitude=60.0)
    tables["receptors"] = tables["receptors"].assign(longitude=10.5, latitude=60.0)
    front = abate.explore(abate.load(tables), ["cost", "total_load"])
    spec = spec_of(explorer.place(front, EN))
    (lake,) = records(spec, "r")
    assert lake["k"] == ["kept" if front.plan(point).attained else "missed" for point in range(len(front))]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", ["two", "three"])
def test_every_chart_is_drawn_and_moves(name: str, lang: str, request: pytest.FixtureRequest):
    front = request.getfixturevalue(name)
    for chart in CHARTS:
        spec = spec_of(chart(front, Words(lang)))
        assert spec == spec_of(chart(front, Words(lang)))
        first = drawn(spec)
        (param,) = [one for one in spec["params"] if one["name"] == "point"]
        param["value"] = len(front) - 1 if param["value"] == 0 else 0
        assert drawn(spec) != first


def test_a_front_of_a_model_has_no_places():
    model = pyo.ConcreteModel()
    model.x, model.y = pyo.Var(bounds=(0, 4)), pyo.Var(bounds=(0, 4))
    model.together = pyo.Constraint(expr=model.x + model.y >= 3)
    model.first, model.second = pyo.Objective(expr=model.x + 0.1 * model.y), pyo.Objective(expr=model.y)
    front = solve(model, [model.first, model.second])
    assert explorer.place(front, EN) is None
    assert explorer.allocation(front, EN) is None
    assert drawn(spec_of(trade_off.trade_off(front, EN))).startswith("<svg")


def test_names_are_never_expressions():
    tables = rc.tables()
    renamed = dict(zip(rc.SOURCES, HOSTILE[:2], strict=True))
    for table in ("sources", "loads", "options", "transfer"):
        tables[table] = tables[table].assign(source=tables[table]["source"].replace(renamed))
    front = abate.explore(abate.load(tables), ["cost", "total_load"])
    for chart in CHARTS:
        spec = spec_of(chart(front, EN))
        for key, value in walk(spec):
            if key in ("expr", "filter", "calculate", "field", "labelExpr", "test"):
                assert not any(name in str(value) for name in renamed.values())
        assert "<script" not in drawn(spec)
