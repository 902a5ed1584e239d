"""Tables and cycles as pages show them."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from abate.serve.cycles import SCALE, newest, view
from abate.serve.tables import BASE, ROWS, plain_table, shown
from abate.words import Words


@pytest.fixture
def english():
    return Words("en")


def texts(table, words, **how):
    return [[cell.text for cell in row] for row in shown(table, words, **how).rows]


def test_numbers_shares_and_fixed_words_are_written_for_people(english):
    frame = pd.DataFrame(
        {"target": ["bay"], "year": [2030], "probability": [0.683], "cost": [1000074.2], "attained": [True]}
    )
    frame.attrs["units"] = {"cost": "USD/yr", "probability": ""}
    made = shown(plain_table(frame), english)
    assert [cell.text for cell in made.rows[0]] == ["bay", "2030", "68.3 %", "1,000,074", "yes"]
    assert [one.text for one in made.headings] == ["Target", "Year", "Probability", "Cost", "Attained"]
    assert made.headings[3].unit == "USD/yr"
    assert [one.number for one in made.headings] == [False, True, True, True, False]


def test_what_is_not_known_is_a_dash_and_what_is_blank_stays_blank(english):
    frame = pd.DataFrame({"source": ["town", None], "cost": [float("nan"), 2.0]})
    assert texts(plain_table(frame), english) == [["town", "–"], ["", "2"]]


def test_a_long_table_says_how_much_of_it_is_shown(english):
    made = shown(plain_table(pd.DataFrame({"source": range(1000)})), english)
    assert (len(made.rows), made.count, made.more) == (ROWS, 1000, 1000 - ROWS)
    assert shown(plain_table(pd.DataFrame({"source": []})), english).rows == []


def test_tables_of_the_ledger_are_lists_by_column(english):
    assert texts({"verdict": ["missed"], "x": [None]}, english) == [["missed", ""]]
    assert texts({"verdict": ["missed"]}, Words("zh")) == [["不达标"]]
    assert texts({}, english) == []


def test_only_the_columns_that_are_there_are_shown(english):
    assert texts({"a": ["1"], "b": ["2"]}, english, columns=["b", "c"]) == [["2"]]


def test_the_case_without_a_scenario_has_a_name_in_words(english):
    frame = pd.DataFrame({"scenario": [BASE, "dry"], BASE: [1.0, 2.0]})
    made = shown(plain_table(frame), english)
    assert made.rows[0][0].text == "as the case stands"
    assert made.headings[1].text == "as the case stands"


def entry(**tables):
    return SimpleNamespace(result={"renewed": False, "tables": tables})


def test_a_cycle_is_drawn_together():
    seen = view(
        entry(
            evaluated_attainment={
                "verdict": ["attained", "missed", "attained"],
                "expected": [50.0, 200.0, None],
                "lower": [40.0, 150.0, None],
                "upper": [60.0, 300.0, None],
                "limit": [100.0, 100.0, 100.0],
            },
            evaluated_warnings={"target": ["a", "b"], "standing": ["on track", "off track"], "probability": [0.9, 0.1]},
            evaluated_alarms={"detected": ["2020-01-31", "2027-06-30"]},
            evaluated_forecasts={"made": ["2027-12-31"]},
        )
    )
    assert seen.verdicts == {"attained": 2, "missed": 1}
    assert [row["target"] for row in seen.late] == ["b"]
    assert seen.alarms == 1  # of the last year
    half, beyond, unknown = seen.intervals()
    assert (half.lower, half.expected, half.upper) == (0.4, 0.5, 0.6)
    assert beyond.expected == beyond.upper == SCALE
    assert unknown is None
    assert seen.latest_first("evaluated_alarms", "detected")["detected"][0] == "2027-06-30"


def test_a_cycle_of_an_older_abate_has_what_it_has():
    seen = view(entry())
    assert (seen.verdicts, seen.late, seen.alarms, seen.intervals()) == ({}, [], 0, [])
    assert seen.table("anything") == {}


def test_a_late_correction_of_an_earlier_cycle_does_not_make_it_the_newest():
    rows = [("bay", "2026", 1), ("bay", "2027", 1), ("bay", "2026", 2), ("sea", "2026", 1), ("bay", "2027", 2)]
    history = [{"region": region, "cycle": cycle, "revision": revision} for region, cycle, revision in rows]
    found = newest(history)
    assert (found["bay"]["cycle"], found["bay"]["revision"]) == ("2027", 2)
    assert found["sea"]["cycle"] == "2026"
