"""What once broke a revision: each of these gave a wrong answer, other bytes, or an error that said nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import revise_case as rc
from revise_case import CERTAIN, make_case, monitored

import abate
from abate.loop.memory import Memory
from abate.sameness import Shape

#: Extents of the plan of least cost, 230 EUR/yr.
LEAST = np.array([0.0, 0.8, 0.75, 0.0])
#: A plan for a cap of 120 t, 275 EUR/yr.
DEAR = np.array([0.0, 1.0, 0.875, 0.0])
#: Nothing but a target at risk makes a plan give way.
PATIENT = abate.Trigger(savings=0.9)


def choices(**given):
    return abate.Realignment(**{"prior": CERTAIN, **given})


def with_target(tables=None, **row):
    tables = tables or rc.tables()
    tables["targets"] = pd.concat([tables["targets"], pd.DataFrame([row])], ignore_index=True)
    return abate.load(tables)


def test_a_plan_that_a_new_budget_forbids_does_not_stand_unnoticed():
    case = with_target(target="money", kind="budget", limit=235.0)
    revision = abate.revise(
        case, abate.decompose(rc.capped(120.0)), monitored([2026], DEAR), realignment=choices(trigger=PATIENT)
    )
    assert revision.renewed
    assert "money would be missed" in revision.reason
    assert revision.plan.cost <= 235.0 * (1 + 1e-6)


def test_a_plan_that_a_new_rule_forbids_does_not_stand_unnoticed():
    # every source is to come down by at least 37 %: the mill does by 37.5 %, the town by 20 %
    tables = rc.tables()
    tables["rules"] = pd.DataFrame({"rule": ["all"], "kind": ["reduction_percent"], "lower": [37.0]})
    revision = abate.revise(
        abate.load(tables), abate.decompose(make_case()), monitored([2026], LEAST), realignment=choices(trigger=PATIENT)
    )
    assert revision.renewed
    assert "cannot stand" in revision.reason


def test_a_plan_whose_options_were_cut_is_judged_by_what_is_left_of_it():
    # a = 0.5 leaves 180 - 12.5 - 30 = 137.5 t, above the cap of 130
    case = make_case(options_max_extent=[1.0, 0.5, 1.0, 1.0])
    revision = abate.revise(
        case, abate.decompose(make_case()), monitored([2026], LEAST), realignment=choices(trigger=PATIENT)
    )
    assert revision.renewed
    assert revision.risks.set_index("target").loc["cap", "in_force"] == pytest.approx(1.0)


def test_what_a_plan_costs_on_is_that_of_what_is_left_of_it():
    # a = 0.9 and c = 0.875: 90 + 175 = 265 EUR
    case = make_case(options_max_extent=[1.0, 0.9, 1.0, 1.0])
    revision = abate.revise(
        case, abate.decompose(rc.capped(120.0)), monitored([2026], DEAR), realignment=choices(trigger=PATIENT)
    )
    assert not revision.renewed
    assert revision.plan.cost == pytest.approx(265.0)
    assert revision.years["yearly_cost"].tolist() == pytest.approx([265.0])


def test_a_target_that_does_not_hold_yet_has_a_size():
    # 45 t is the least there is; the lake's target holds from 2030 on
    given = rc.tables(horizon={"start": 2026, "end": 2030})
    case = make_case(given, targets_limit=[40.0, 2.3], targets_year=[2027, 2030])
    revision = abate.revise(case, None, monitored([2026], 0 * LEAST), realignment=choices())
    eased = revision.targets
    assert set(eased["target"]) == {"cap"}
    assert eased["proposed"].tolist() == pytest.approx([45.0] * 4, rel=1e-5)


def test_a_warm_start_says_the_same_in_whatever_order_it_was_kept():
    old = Shape({"extent": 6, "allowed_load": 4}, {"cap": "a", "quality": "b"})
    turned = Shape(dict(reversed(old.columns.items())), dict(reversed(old.rows.items())))
    for new in (Shape({"allowed_load": 2, "extent": 3}, {}), Shape(old.columns, {"quality": "c", "cap": "d"})):
        assert old.change_to(new) == turned.change_to(new)


@pytest.mark.parametrize("case", [rc.tables(horizon={"start": 2026, "end": 2030})])
def test_a_revision_is_the_same_from_a_document_of_its_memory(case):
    case = abate.load(case)
    found = monitored([2026], 0 * LEAST)
    first = abate.revise(case, None, found)
    later = pd.concat([found, monitored([2027], LEAST)], ignore_index=True)
    document = {name: first.memory.to_json()[name] for name in sorted(first.memory.to_json(), reverse=True)}
    again = abate.revise(case, Memory.from_json(_turned(document)), later)
    assert again.to_bytes() == abate.revise(case, first, later).to_bytes()


def _turned(value):
    if isinstance(value, dict):
        return {name: _turned(value[name]) for name in sorted(value, reverse=True)}
    return [_turned(one) for one in value] if isinstance(value, list | tuple) else value


def test_non_detects_teach_nothing_about_what_is_known_for_sure():
    found = monitored([2026], LEAST).assign(qualifier="<")
    found.loc[found["kind"] == "activity", "qualifier"] = ""
    revision = abate.revise(make_case(), abate.decompose(make_case()), found, realignment=choices())
    assert revision.plan.cost == pytest.approx(230.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("margin_years", 1.5),
        ("freeze_years", 0.5),
        ("probability", "0.8"),
        ("tolerance", "a little"),
        ("trigger", None),
        ("prior", "none"),
    ],
)
def test_a_choice_of_another_kind_is_refused(name, value):
    with pytest.raises(abate.InputError, match=name):
        choices(**{name: value})


@pytest.mark.parametrize("name", ["risk", "relief", "savings"])
def test_a_trigger_without_a_number_is_refused(name):
    with pytest.raises(abate.InputError, match=name):
        abate.Trigger(**{name: np.nan})


@pytest.mark.parametrize("observations", [5, [], {}])
def test_observations_that_are_no_table_are_refused(observations):
    with pytest.raises(abate.InputError, match="observations"):
        abate.revise(make_case(), None, observations)


def test_a_first_cycle_that_is_corrected_keeps_the_plan_in_force(tmp_path):
    case, found = make_case(), monitored([2026], LEAST)
    with abate.Ledger(tmp_path / "plans.db") as ledger:
        first = abate.revise(case, abate.decompose(case), found, realignment=choices(), ledger=ledger)
        again = abate.revise(case, None, found, realignment=choices(), ledger=ledger)
        assert not again.entry.is_new
        corrected = abate.revise(case, None, found.assign(value=found["value"] * 1.001), ledger=ledger)
        assert corrected.inputs.memory.in_force == first.inputs.memory.in_force
        # another plan that is named takes its place
        other = abate.revise(case, abate.decompose(rc.capped(120.0)), found, realignment=choices(), ledger=ledger)
        assert other.entry.revision == 3
        assert other.inputs.memory.in_force != first.inputs.memory.in_force


def test_a_result_of_a_whole_year_does_not_bring_back_the_plan_before_the_last():
    # half a year without measures, then a half with the plan and, beside it, loads of the whole year
    half = monitored([2026], 0 * LEAST, periods=2)
    half = half[(half["kind"] == "quality") & (half["period_end"] < "2026-08")]
    first = abate.revise(make_case(), None, half, realignment=choices())
    later = half.assign(period_start="2026-07-02", period_end="2026-12-31", value=2.3)
    year = monitored([2026], LEAST / 2)
    found = pd.concat([half, later, year[year["kind"] == "load"]], ignore_index=True)
    second = abate.revise(make_case(), first, found, realignment=choices())
    assert not second.renewed
    assert not len(second.measures)
