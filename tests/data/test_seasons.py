"""The seasons of a case: read as written, and every way in which they cannot make a year is found."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abate_data.errors import InputError
from abate_data.read import load
from abate_data.seasons import DAYS, covered
from abate_data.units import DAYS_PER_YEAR
from abate_data.write import write_case

COLUMNS = ["source", "pollutant", "season", "first_month", "last_month", "share"]
HALVES = [("*", "", "winter", 10, 3, 0.6), ("*", "", "summer", 4, 9, 0.4)]


def with_seasons(tables: dict[str, Any], *rows: tuple[Any, ...]) -> dict[str, Any]:
    return {**tables, "seasons": pd.DataFrame(rows, columns=COLUMNS, dtype=object)}


def findings(tables: dict[str, Any], *rows: tuple[Any, ...]) -> list[tuple[str, str, str, str]]:
    """Return row, column, problem and cure of each finding; every one is about seasons."""
    with pytest.raises(InputError) as caught:
        load(with_seasons(tables, *rows))
    assert {finding.table for finding in caught.value.findings} == {"seasons"}
    return [
        (finding.row.split(" (")[0], finding.column, finding.problem, finding.cure) for finding in caught.value.findings
    ]


def test_seasons_are_read_as_written(minimal_case_tables, tmp_path):
    case = load(with_seasons(minimal_case_tables, *HALVES, ("farm", "P", "all", 1, 12, 1)))
    table = case["seasons"]
    assert table["season"].tolist() == ["winter", "summer", "all"]
    assert case.codes("seasons", "source").tolist() == [-1, -1, 2]
    assert table[["first_month", "last_month"]].to_numpy().tolist() == [[10, 3], [4, 9], [1, 12]]
    for place in (tmp_path / "case", tmp_path / "case.xlsx"):
        write_case(case, place)
        assert load(place) == case


def test_a_case_without_seasons_has_none(minimal_case_tables):
    assert load(minimal_case_tables)["seasons"].empty


def test_rounded_shares_are_shares(minimal_case_tables):
    thirds = [("*", "", name, first, first + 3, 0.3333333) for name, first in (("a", 1), ("b", 5), ("c", 9))]
    assert len(load(with_seasons(minimal_case_tables, *thirds))["seasons"]) == 3


@pytest.mark.parametrize(
    ("rows", "place", "words"),
    [
        # what is written, row and column of the one finding, words of problem and cure
        (
            [("*", "", "w", 10, 3, 0.6), ("*", "", "s", 4, 9, 0.3)],
            ("row 2", "share"),
            ("add up to 0.9", "raise", "0.1"),
        ),
        (
            [("*", "", "w", 10, 3, 0.6), ("*", "", "s", 4, 9, 0.5)],
            ("row 2", "share"),
            ("add up to 1.1", "lower", "0.1"),
        ),
        ([("*", "", "w", 10, 4, 0.6), ("*", "", "s", 4, 9, 0.4)], ("row 3", "first_month"), ("covers April",)),
        (
            [("*", "", "w", 10, 3, 0.6), ("*", "", "s", 5, 9, 0.4)],
            ("row 2", "first_month"),
            ("no season covers April",),
        ),
        ([("*", "", "a", 1, 12, 0.6), ("*", "", "b", 1, 12, 0.4)], ("row 3", "first_month"), ("covers every month",)),
        ([("town", "", "a", 1, 6, 1)], ("row 2", "first_month"), ("July, August", "and December")),
    ],
)
def test_seasons_that_make_no_year(minimal_case_tables, rows, place, words):
    (found,) = findings(minimal_case_tables, *rows)
    assert found[:2] == place
    assert all(word in " ".join(found[2:]) for word in words)


@pytest.mark.parametrize(
    ("column", "value", "word"),
    [
        ("share", -0.4, "out of range"),
        ("share", 1.4, "out of range"),
        ("share", "", "blank"),
        ("share", "much", "not a number"),
        ("first_month", 0, "out of range"),
        ("last_month", 13, "out of range"),
        ("last_month", 8.5, "not a whole number"),
        ("first_month", "", "blank"),
        ("season", "", "blank"),
        ("source", "tonw", "'town'"),
        ("pollutant", "N", "not defined"),
    ],
)
def test_a_cell_that_cannot_be(minimal_case_tables, column, value, word):
    rows = [list(row) for row in HALVES]
    for row in rows if column in ("source", "pollutant") else rows[1:]:
        row[COLUMNS.index(column)] = value
    found = findings(minimal_case_tables, *map(tuple, rows))
    # it is found once, and nothing follows from it
    assert [(row[1], word in " ".join(row[2:])) for row in found] == [(column, True)]


def test_a_season_that_is_written_twice(minimal_case_tables):
    found = findings(minimal_case_tables, *HALVES, HALVES[0])
    assert (
        "row 4",
        "source",
        "has the same source and pollutant and season as row 2",
        "keep one of the two rows",
    ) in found


def test_a_season_of_a_load_that_is_not_there(minimal_case_tables):
    loads = minimal_case_tables["loads"]
    more = pd.DataFrame({"source": ["town"], "pollutant": ["N"], "load": [5.0], "floor": [0.0]})
    tables = {**minimal_case_tables, "loads": pd.concat([loads, more], ignore_index=True)}
    tables["targets"] = tables["targets"].assign(pollutant=["", "P", "P"])
    (found,) = findings(tables, ("mill", "N", "year", 1, 12, 1))
    assert found[1:3] == ("source", "the source has no load of this pollutant")


def test_many_findings_are_counted(minimal_case_tables):
    tables = dict(minimal_case_tables)
    names = [f"s{number}" for number in range(30)]
    more = pd.DataFrame({"source": names, "region": "basin", "sector": "industry", "kind": "point"})
    tables["sources"] = pd.concat([tables["sources"], more], ignore_index=True)
    found = findings(tables, *((name, "", "year", 1, 12, 0.5) for name in names))
    assert len(found) == 21
    assert found[-1][2] == "10 more rows like these, 30 in all"


def test_the_months_have_the_days_of_a_year():
    assert DAYS.sum() == DAYS_PER_YEAR


@given(st.integers(1, 12), st.integers(1, 12))
def test_a_season_and_what_follows_it_cover_the_year_once(first, last):
    after = (last % 12 + 1, (first - 2) % 12 + 1)
    months = covered(np.array([first, after[0]]), np.array([last, after[1]]))
    whole_year = after[0] == first
    assert months[0].all() if whole_year else (months.sum(axis=0) == 1).all()
    assert months[0, first - 1]
    assert months[0, last - 1]
