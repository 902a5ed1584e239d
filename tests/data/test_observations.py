"""Monitored results: what is refused, what is set aside, what is marked; nothing is used or left out unsaid."""

import numpy as np
import pandas as pd
import pytest

from abate_data.errors import InputError
from abate_data.observations import FLAGS, clean_observations, written_observations
from abate_data.read import load

MONTH = {"period_start": "2026-01-01", "period_end": "2026-01-31"}
TP = {**MONTH, "kind": "quality", "receptor": "lake", "parameter": "tp"}
LOAD = {**MONTH, "kind": "load", "source": "town", "pollutant": "P"}


@pytest.fixture
def case(minimal_case_tables):
    return load(minimal_case_tables)


def table(*rows):
    """Rows of observations as text, as a planner types them."""
    return pd.DataFrame(rows, dtype=object).fillna("").astype(str)


def monthly(values, first=(2026, 1), **row):
    """One result a month from the first on."""
    start = pd.date_range(f"{first[0]}-{first[1]:02d}-01", periods=len(values), freq="MS")
    days = zip(start, start + pd.offsets.MonthEnd(0), values, strict=True)
    return [{**row, "period_start": f"{a:%Y-%m-%d}", "period_end": f"{b:%Y-%m-%d}", "value": v} for a, b, v in days]


def findings(case, frame, **how):
    with pytest.raises(InputError) as caught:
        clean_observations(case, frame, **how)
    return caught.value.findings


def flagged(result):
    return list(zip(result.flags["flag"], result.flags["row"], strict=True))


# --- what is refused


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ({**TP, "receptor": "laek", "value": 1}, "receptor", "did you mean 'lake'?"),
        ({**LOAD, "source": "twon", "value": 1}, "source", "did you mean 'town'?"),
        ({**LOAD, "pollutant": "N", "value": 1}, "pollutant", "pollutant is not defined"),
        ({**TP, "value": 1, "unit": "t/yr"}, "unit", "not a unit of quality"),
        ({**TP, "value": "40 ug/L"}, "value", "number with a unit"),
        ({**TP, "value": 1, "period_end": "31.01.2026"}, "period_end", "not a date"),
        ({**TP, "value": 1, "period_end": "2026-02-30"}, "period_end", "not a date"),
        ({**TP, "value": 1, "period_start": ""}, "period_start", "blank"),
        ({**TP, "value": 1, "period_start": "2024-12-01"}, "period_start", "outside the horizon"),
        ({**TP, "value": 1, "period_end": "2036-01-01"}, "period_end", "outside the horizon"),
        ({**TP, "value": 1, "received": "2026-01-15"}, "received", "before the last day"),
        ({**TP, "value": ""}, "value", "all values are missing"),
        ({**TP, "value": 1, "source": "town"}, "source", "no source"),
        ({**MONTH, "kind": "operation", "source": "town", "value": 95}, "value", "0.9 where the measures ran"),
        ({**MONTH, "kind": "activity", "source": "town", "value": -1}, "value", "negative"),
        ({**MONTH, "kind": "activity", "source": "town", "value": 1, "unit": "%"}, "unit", "0.9 for 90 %"),
    ],
)
def test_what_contradicts_the_case_is_refused(case, row, column, words):
    found = findings(case, table(row))
    assert any(one.table == "observations" and one.column == column and words in str(one) for one in found), found


def test_every_finding_comes_at_once_and_names_the_row(case):
    found = findings(case, table({**TP, "value": 1, "receptor": "sea"}, {**LOAD, "value": 1, "unit": "pH"}))
    assert {one.column for one in found} == {"receptor", "unit"}
    assert found[0].row.startswith("row 2")


def test_overlapping_periods_of_one_series_are_refused(case):
    quarter = {**TP, "period_end": "2026-03-31", "value": 2}
    found = findings(case, table({**TP, "value": 1}, quarter))
    assert found[0].column == "period_start"
    assert "overlaps" in found[0].problem
    # another series, or the next month, overlaps nothing
    after = {**TP, "period_start": "2026-02-01", "period_end": "2026-02-28", "value": 1}
    assert len(clean_observations(case, table({**TP, "value": 1}, after, {**LOAD, "value": 1})).table) == 3


def test_reports_that_contradict_each_other_are_refused(case):
    found = findings(case, table({**TP, "value": 0.04}, {**TP, "value": 0.05}))
    assert [one.column for one in found] == ["value"]
    assert "next number in `revision`" in found[0].cure


def test_a_correction_received_before_what_it_corrects_is_refused(case):
    first = {**TP, "value": 1, "received": "2026-03-01"}
    found = findings(case, table(first, {**TP, "value": 2, "revision": 1, "received": "2026-02-20"}))
    assert "clock set back" in found[0].cure


def test_a_load_or_quality_that_the_case_does_not_know_is_refused(minimal_case_tables):
    minimal_case_tables["loads"] = pd.concat(
        [minimal_case_tables["loads"], pd.DataFrame({"source": ["town"], "pollutant": ["N"], "load": [9.0]})]
    )
    minimal_case_tables["targets"] = minimal_case_tables["targets"].assign(pollutant=["", "P", "P"])
    case = load(minimal_case_tables)
    found = findings(case, table({**LOAD, "source": "farm", "pollutant": "N", "value": 3}))
    assert found[0].problem == "the source has no load of this pollutant"


def test_the_same_door_as_a_case(minimal_case_tables):
    bad = table({**TP, "value": 1, "receptor": "sea"})
    case = load(minimal_case_tables)
    own = findings(case, bad)
    with pytest.raises(InputError) as caught:
        load({**minimal_case_tables, "observations": bad})
    assert [str(one) for one in caught.value.findings] == [str(one) for one in own]


def test_the_day_that_is_asked_about_must_be_a_day(case):
    assert "not a date" in findings(case, table({**TP, "value": 1}), as_of="soon")[0].problem


# --- what is set aside


def test_the_latest_revision_counts_and_the_others_are_listed(case):
    rows = [{**TP, "value": value, "revision": number} for number, value in ((0, 1), (2, 3), (1, 2))]
    result = clean_observations(case, table(*rows))
    assert result.table["value"].tolist() == [3.0]
    assert [flag for flag, _ in flagged(result)] == ["superseded", "superseded"]
    assert flagged(result)[0][1] == "row 2 (quality tp at lake, 2026-01-01 to 2026-01-31)"


def test_a_correction_without_a_value_takes_the_result_back(case):
    rows = [{**TP, "value": 1}, {**TP, "value": "", "revision": 1}, {**LOAD, "value": 40}]
    result = clean_observations(case, table(*rows))
    assert result.table["kind"].tolist() == ["load"]
    assert [flag for flag, _ in flagged(result)] == ["superseded", "missing"]


def test_repeats_and_missing_values_are_listed(case):
    result = clean_observations(case, table({**TP, "value": 1}, {**TP, "value": 1}, {**LOAD, "value": ""}))
    assert [flag for flag, _ in flagged(result)] == ["repeated", "missing"]
    assert len(result.table) == 1


def test_what_was_received_later_is_not_known_yet(case):
    rows = [{**TP, "value": 1}, {**TP, "value": 2, "revision": 1, "received": "2026-06-30"}]
    early, later = (clean_observations(case, table(*rows), as_of=day) for day in ("2026-06-29", "2026-06-30"))
    assert early.table["value"].tolist() == [1.0]
    assert [flag for flag, _ in flagged(early)] == ["future"]
    assert later.table["value"].tolist() == [2.0]
    # without a day of receipt, the last day of the period is one
    assert len(clean_observations(case, table({**TP, "value": 1}), as_of="2026-01-30").table) == 0


# --- what is marked


def test_late_reports_and_non_detects_are_marked(case):
    rows = [{**TP, "value": 0.01, "qualifier": "<", "received": "2026-12-01"}, {**LOAD, "value": 40}]
    result = clean_observations(case, table(*rows))
    assert result.table["flag"].tolist() == ["non-detect; late", ""]
    assert result.table["received"].tolist() == ["2026-12-01", "2026-01-31"]
    assert clean_observations(case, table(*rows), late_after=400).table["flag"].tolist() == ["non-detect", ""]


def test_values_that_have_no_logarithm_stay_and_are_listed(case):
    result = clean_observations(case, table({**TP, "value": 0}, {**LOAD, "value": -3}))
    assert result.table["flag"].tolist() == ["not above zero"] * 2
    assert result.flags["value"].tolist() == [0.0, -3.0]


def test_a_load_of_zero_is_nothing_odd_where_the_case_has_none(minimal_case_tables):
    minimal_case_tables["loads"].loc[0, ["load", "floor"]] = 0.0
    result = clean_observations(load(minimal_case_tables), table({**LOAD, "value": 0}))
    assert not len(result.flags)


def test_a_jump_is_marked_and_a_shift_is_not(case):
    rng = np.random.default_rng(0)
    usual = (0.04 * np.exp(0.1 * rng.standard_normal(24))).round(5)
    jumped = usual.copy()
    jumped[10] *= 30  # a unit mistaken, say
    result = clean_observations(case, table(*monthly(jumped, **TP)))
    assert np.flatnonzero(result.table["flag"] == "jump").tolist() == [10]
    assert result.table["value"].iloc[10] == jumped[10]
    halved = np.where(np.arange(24) < 12, usual, usual / 2)  # a plant that fails is no jump
    assert not len(clean_observations(case, table(*monthly(halved, **TP))).flags)
    wide = 0.04 * np.exp(1.0 * rng.standard_normal(24))  # a factor of 5 is usual here
    assert not len(clean_observations(case, table(*monthly(wide.round(5), **TP))).flags)
    short = [0.04, 0.04, 0.04, 4.0]
    assert not len(clean_observations(case, table(*monthly(short, **TP))).flags)


def test_everything_listed_has_words(case):
    rows = [{**TP, "value": 0}, {**TP, "value": 1, "revision": 1, "received": "2026-12-01"}, {**LOAD, "value": ""}]
    result = clean_observations(case, table(*rows))
    assert (result.flags[["row", "problem", "treatment"]] != "").all(axis=None)
    assert all(FLAGS[row.flag] == (row.problem, row.treatment) for row in result.flags.itertuples())
    assert repr(result) == "<Observations: 1 to use; 1 superseded, 1 missing, 1 late>"


# --- forms and units


def test_values_come_in_the_units_of_the_case(case):
    result = clean_observations(case, table({**TP, "value": 40, "unit": "ug/L", "sd": 4}, {**LOAD, "value": 40}))
    assert result.table[["value", "sd"]].iloc[0].tolist() == pytest.approx([0.04, 0.004])
    assert result.table["unit"].tolist() == ["mg/L", "t/yr"]


def test_a_file_a_sheet_a_frame_and_the_cases_own_table_are_the_same(minimal_case_tables, tmp_path):
    frame = table(*monthly([0.04, 0.05, "", 0.06], **TP), {**LOAD, "value": 40, "qualifier": "<"})
    case = load({**minimal_case_tables, "observations": frame})
    frame.to_csv(tmp_path / "new.csv", index=False)
    with pd.ExcelWriter(tmp_path / "new.xlsx") as book:
        frame.to_excel(book, sheet_name="observations", index=False)
    own = clean_observations(case)
    for source in (frame, tmp_path / "new.csv", str(tmp_path / "new.xlsx")):
        result = clean_observations(case, source)
        pd.testing.assert_frame_equal(result.table, own.table)
        pd.testing.assert_frame_equal(result.flags, own.flags)
        again = clean_observations(case, written_observations(case, source))
        pd.testing.assert_frame_equal(again.table, own.table)
    pd.testing.assert_frame_equal(clean_observations(case, written_observations(case)).table, own.table)


def test_files_that_cannot_be_read_say_why(case, tmp_path):
    assert "cannot be read" in findings(case, tmp_path / "none.csv")[0].problem
    pd.DataFrame({"a": [1]}).to_excel(tmp_path / "book.xlsx", sheet_name="loads")
    assert "no sheet of this name" in findings(case, tmp_path / "book.xlsx")[0].problem
    (tmp_path / "odd.csv").write_text("period_start,kind\n2026-01-01\n")
    assert any("cells where the header has" in one.problem for one in findings(case, tmp_path / "odd.csv"))


def test_the_callers_table_is_not_changed(case):
    frame = table({**TP, "value": 40, "unit": "ug/L"})
    before = frame.copy(deep=True)
    clean_observations(case, frame)
    pd.testing.assert_frame_equal(frame, before)
