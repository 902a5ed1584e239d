"""Charts of a revision: what moved, how targets stand, what measures delivered, what is at risk."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from chart_specs import HOSTILE, drawn, records, spec_of, walk

import abate
from abate.loop.simulate import simulate_history
from abate.report.charts import changes
from abate.words import Words

EN = Words("en")
CHARTS = (changes.changes, changes.attainment, changes.delivery, changes.risks)


@pytest.fixture(scope="module")
def echo() -> abate.Revision:
    case = abate.load("echo-reservoir")
    plan = abate.decompose(case)
    return abate.revise(case, plan, simulate_history(case, plan, [2026], seed=1))


@pytest.fixture(scope="module")
def tampa() -> abate.Revision:
    case = abate.load("tampa-bay")
    return abate.revise(case, abate.allocate(case, "given"))


def test_allocations_move_as_the_table_says(echo: abate.Revision):
    rows = {row["name"]: row for row in records(spec_of(changes.changes(echo, EN)), "reason")}
    assert len(rows) == len(echo.changes)
    for row in echo.changes.itertuples():
        assert rows[row.source]["before"] == pytest.approx(row.before)
        assert rows[row.source]["after"] == pytest.approx(row.after)
        by_measures = abs(row.by_measures) >= abs(row.by_belief)
        assert rows[row.source]["reason"] == EN("charts.by_measures" if by_measures else "charts.by_belief")


@pytest.mark.parametrize("name", ["echo", "tampa"])
def test_targets_stand_in_percent_of_their_limits(name: str, request: pytest.FixtureRequest):
    revision = request.getfixturevalue(name)
    rows = records(spec_of(changes.attainment(revision, EN)), "value", "kind")
    now = {row["target"]: row for row in rows if row["kind"] == EN("charts.value_now")}
    for row in revision.evaluation.attainment.itertuples():
        assert now[row.target]["value"] == pytest.approx(100 * row.expected / row.limit)
        assert now[row.target]["low"] == pytest.approx(100 * row.lower / row.limit)
        assert now[row.target]["high"] == pytest.approx(100 * row.upper / row.limit)


def test_loads_at_their_reference_flow_are_shown(tampa: abate.Revision):
    rows = records(spec_of(changes.attainment(tampa, EN)), "value", "kind")
    judged = {row["target"]: row["value"] for row in rows if row["kind"] == EN("charts.value_judged")}
    last = tampa.verdicts[tampa.verdicts["year"] == tampa.verdicts["year"].max()]
    assert judged == {row.target: pytest.approx(100 * row.normalised / row.limit) for row in last.itertuples()}


def test_delivery_adds_up_over_sources(echo: abate.Revision):
    rows = pd.DataFrame(records(spec_of(changes.delivery(echo, EN)), "share_said"))
    sums = rows.groupby("kind")["value"].sum()
    table = echo.evaluation.delivery
    assert sums[EN("charts.planned")] == pytest.approx(table["planned"].sum())
    assert sums[EN("charts.delivered")] == pytest.approx(table["delivered"].sum())


def test_risks_are_probabilities_of_both_plans(echo: abate.Revision):
    rows = records(spec_of(changes.risks(echo, EN)), "from", "to")
    table = echo.risks.set_index("target")
    assert {row["target"] for row in rows} == set(table.index)
    for row in rows:
        assert row["from"] == pytest.approx(100 * table.loc[row["target"], "in_force"])
        assert row["to"] == pytest.approx(100 * table.loc[row["target"], "new_plan"])


def test_nothing_to_show(echo: abate.Revision, tampa: abate.Revision):
    assert changes.delivery(tampa, EN) is None  # it has no measures
    assert changes.changes(replace(echo, changes=echo.changes.iloc[:0]), EN) is None
    assert changes.risks(replace(echo, risks=echo.risks.assign(in_force=None, new_plan=None)), EN) is None


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", ["echo", "tampa"])
def test_every_chart_is_drawn(name: str, lang: str, request: pytest.FixtureRequest):
    revision = request.getfixturevalue(name)
    for chart in CHARTS:
        made = chart(revision, Words(lang))
        if made is not None:
            assert spec_of(made) == spec_of(chart(revision, Words(lang)))
            assert drawn(spec_of(made)).startswith("<svg")


def test_names_are_never_expressions(echo: abate.Revision):
    table = echo.changes.head(2).assign(source=HOSTILE[:2], asked_by=HOSTILE[2:4])
    table.attrs = echo.changes.attrs
    spec = spec_of(changes.changes(replace(echo, changes=table), EN))
    for key, value in walk(spec):
        if key in ("expr", "filter", "calculate", "field", "labelExpr", "test"):
            assert not any(name in str(value) for name in HOSTILE[:4])
    assert "<script" not in drawn(spec)
