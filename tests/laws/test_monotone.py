"""More is asked, more is paid; more is offered, no more is paid."""

from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from random_cases import changed, examples, least_cost, shapes, written

import abate
from abate import Case
from abate_data.synthetic import synthetic_case

#: Relative room for the solver's tolerance and the gap of a MILP.
ROOM = 3e-6

SHAPES = shapes(fixed_cost_shares=(0.0, 0.0, 0.4), tightness=(0.1, 0.9))


def no_more(cost: float, other: float) -> bool:
    return cost <= other * (1 + ROOM) + 1e-4


def with_targets(case: Case, targets: pd.DataFrame) -> Case:
    return changed(case, targets=targets.reset_index(drop=True))


@given(SHAPES, st.data())
@examples(7)
def test_a_tighter_target_never_costs_less_and_a_looser_one_never_more(shape, data):
    case = synthetic_case(**shape)
    targets = written(case)["targets"]
    row = data.draw(st.integers(0, len(targets) - 1))
    by = data.draw(st.sampled_from([1e-3, 0.03, 0.3]))
    target = targets.iloc[row]
    upwards = target["kind"] == "reduction" or target["sense"] == "at_least" or target["basis"] == "gap_closure"
    cost = least_cost(case)
    for factor in (1 - by, 1 + by):
        moved = targets.copy()
        moved.loc[row, "limit"] *= factor
        if moved.loc[row, "basis"] in ("percent", "gap_closure") and moved.loc[row, "limit"] > 100:
            continue
        other = least_cost(with_targets(case, moved))
        tighter = (factor > 1) == upwards
        assert no_more(cost, other) if tighter else no_more(other, cost)


@given(SHAPES, st.data())
@examples(7)
def test_another_target_never_costs_less(shape, data):
    case = synthetic_case(**shape)
    targets = written(case)["targets"]
    dropped = data.draw(st.integers(0, len(targets) - 1))
    if len(targets) > 1:
        assert no_more(least_cost(with_targets(case, targets.drop(index=dropped))), least_cost(case))


@given(SHAPES, st.data())
@examples(7)
def test_another_option_never_costs_more(shape, data):
    """Without targets that close a gap: with more options more can be reached, and they ask for more."""
    case = synthetic_case(**shape)
    tables = written(case)
    closing = tables["targets"]["basis"] == "gap_closure"
    tables["targets"] = tables["targets"][~closing]
    options = tables["options"]
    dropped = data.draw(st.integers(0, len(options) - 1))
    source = options.loc[dropped, "source"]
    if len(options) == 1 or closing.all():
        return
    fewer = options.drop(index=dropped)
    fewer.loc[fewer["source"] == source, "group"] = _group_of(fewer[fewer["source"] == source])
    tables["measures"] = tables["measures"][tables["measures"]["measure"].isin(fewer["measure"])]
    for name in ("removals", "resource_use"):
        if name in tables:
            tables[name] = tables[name][tables[name]["measure"].isin(fewer["measure"])]
    tables = {name: table for name, table in tables.items() if len(table)}
    with_all = abate.load(
        {**tables, **{name: written(case)[name] for name in tables if name != "case"}, "targets": tables["targets"]}
    )
    with_fewer = abate.load({**tables, "options": fewer})
    assert no_more(least_cost(with_all), least_cost(with_fewer))


def _group_of(options: pd.DataFrame) -> str:
    """A group of one option is none."""
    return "technology" if len(options) > 1 else ""


@given(shapes(tightness=(0.1, 0.9)), st.data())
@examples(7)
def test_a_source_split_in_two_halves_costs_the_same(shape, data):
    """Without the crews of a mixed case, of which two halves would take twice as many."""
    tables = written(synthetic_case(**shape))
    tables.pop("resources", None)
    tables.pop("resource_use", None)
    source = data.draw(st.sampled_from(tables["sources"]["source"].tolist()))
    halved = {
        "sources": ["output", "income"],
        "loads": ["load"],
        "options": ["unit_cost"],
        "transfer": [],
    }
    split = dict(tables)
    for name, columns in halved.items():
        if name in tables:
            split[name] = _in_halves(tables[name], source, columns)
    assert_equal(least_cost(abate.load(tables)), least_cost(abate.load(split)))


def _in_halves(table: pd.DataFrame, source: str, columns: list[str]) -> pd.DataFrame:
    mine = table["source"] == source
    half = table[mine].assign(**{column: table.loc[mine, column] / 2 for column in columns})
    return pd.concat([table[~mine], half, half.assign(source=f"{source} (2)")], ignore_index=True)


def assert_equal(cost: float, other: float) -> None:
    assert no_more(cost, other)
    assert no_more(other, cost)
