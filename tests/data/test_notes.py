"""Notes say what is seldom meant, once for each row, and never stop a case from being read."""

from typing import Any

import pandas as pd

from abate_data import load, notes
from abate_data.errors import Finding


def noted(tables: dict[str, Any], table: str, column: str) -> list[Finding]:
    return [note for note in notes(load(tables)) if (note.table, note.column) == (table, column)]


def change(tables: dict[str, Any], table: str, position: int, **cells: Any) -> None:
    frame = tables[table].astype(object)
    for column, value in cells.items():
        if column not in frame:
            frame[column] = None
        frame.loc[position, column] = value
    tables[table] = frame


def oxygen_river(tables: dict[str, Any]) -> None:
    """Put two sources and the receptor on one reach, in which the pollutant uses oxygen."""
    tables["case"]["units"] |= {"length": "km", "flow": "m3/s", "velocity": "m/s"}
    tables["case"]["units"]["quality"]["dissolved_oxygen"] = "mg/L"
    tables["reaches"] = pd.DataFrame({"reach": ["a"], "length": [10.0], "flow": [2.0], "velocity": [0.4]})
    tables["kinetics"] = pd.DataFrame({"pollutant": ["P"], "parameter": ["tp"], "decay": [0.1], "oxygen_demand": [2.0]})
    tables["sources"]["reach"] = ["a", "a", ""]
    tables["receptors"]["reach"] = "a"
    tables["receptors"]["position"] = 9.0
    del tables["transfer"]
    change(tables, "targets", 0, parameter="tp")


def test_only_the_years_of_the_minimal_case_are_noted(minimal_case_tables):
    found = notes(load(minimal_case_tables))
    assert {(note.table, note.column) for note in found} <= {("targets", "year"), ("options", "first_year")}


def test_a_source_without_a_region(minimal_case_tables):
    change(minimal_case_tables, "sources", 1, region=None)
    (note,) = noted(minimal_case_tables, "sources", "region")
    assert note.row == "source 'mill'"
    assert "counts in no region" in note.problem


def test_no_source_needs_a_region_where_there_is_none(minimal_case_tables):
    del minimal_case_tables["regions"]
    minimal_case_tables["sources"]["region"] = None
    minimal_case_tables["targets"]["region"] = None
    minimal_case_tables["receptors"]["region"] = None
    assert noted(minimal_case_tables, "sources", "region") == []


def test_many_rows_are_counted(minimal_case_tables):
    more = pd.DataFrame({"source": [f"s{i}" for i in range(25)]})
    minimal_case_tables["sources"] = pd.concat([minimal_case_tables["sources"], more], ignore_index=True)
    found = noted(minimal_case_tables, "sources", "region")
    assert len(found) == 11
    assert found[-1].problem == "15 more rows like these, 25 in all"


def test_a_load_without_transfer_reaches_nothing(minimal_case_tables):
    transfer = minimal_case_tables["transfer"]
    minimal_case_tables["transfer"] = transfer[transfer["source"] != "farm"]
    (note,) = noted(minimal_case_tables, "loads", "source")
    assert (note.row, note.value) == ("source 'farm', pollutant 'P'", "farm")
    assert "reaches no receptor" in note.problem


def test_a_load_off_the_river_reaches_nothing(minimal_case_tables):
    oxygen_river(minimal_case_tables)
    assert [note.value for note in noted(minimal_case_tables, "loads", "source")] == ["farm"]


def test_no_load_needs_a_receptor_where_no_quality_is_judged(minimal_case_tables):
    del minimal_case_tables["transfer"], minimal_case_tables["background"]
    targets = minimal_case_tables["targets"]
    minimal_case_tables["targets"] = targets[targets["kind"] != "quality"]
    assert noted(minimal_case_tables, "loads", "source") == []


def test_an_upper_limit_of_oxygen(minimal_case_tables):
    oxygen_river(minimal_case_tables)
    change(minimal_case_tables, "targets", 0, parameter="dissolved_oxygen", limit=5, sense="at_most")
    (note,) = noted(minimal_case_tables, "targets", "sense")
    assert "probably at_least is meant" in note.problem
    change(minimal_case_tables, "targets", 0, sense="at_least")
    assert noted(minimal_case_tables, "targets", "sense") == []


def test_a_percentage_below_one(minimal_case_tables):
    change(minimal_case_tables, "targets", 2, basis="percent", limit=0.2)
    (note,) = noted(minimal_case_tables, "targets", "limit")
    assert note.problem.startswith("is 0.2 %")
    assert note.cure == "write 20 for 20 %"
    for limit in (0, 1, 20):
        change(minimal_case_tables, "targets", 2, limit=limit)
        assert noted(minimal_case_tables, "targets", "limit") == []


def test_figures_that_one_stage_does_not_use(minimal_case_tables):
    minimal_case_tables["targets"]["year"] = [2030, 2035, None]
    minimal_case_tables["options"]["first_year"] = [2030, None, None]
    words = {
        ("targets", "year"): "in 2 rows and not used by a plan of one year: there all targets hold at once",
        ("options", "first_year"): "every option may be used",
    }
    for (table, column), said in words.items():
        (note,) = noted(minimal_case_tables, table, column)
        assert said in note.problem


def test_a_probability_where_all_figures_are_certain(minimal_case_tables):
    assert noted(minimal_case_tables, "targets", "probability") == []
    minimal_case_tables["targets"]["probability"] = [0.9, None, None]
    (note,) = noted(minimal_case_tables, "targets", "probability")
    assert "in 1 row, and no figure is said to be uncertain" in note.problem
    minimal_case_tables["loads"]["relative_sd"] = [0.1, None, None]
    assert noted(minimal_case_tables, "targets", "probability") == []


def test_oxygen_that_is_taken_as_saturated(minimal_case_tables):
    oxygen_river(minimal_case_tables)
    (note,) = noted(minimal_case_tables, "receptors", "receptor")
    assert note.value == "lake"
    assert "taken as saturation" in note.problem
    given = pd.DataFrame({"receptor": ["lake"], "parameter": ["dissolved_oxygen"], "value": [8.0]})
    minimal_case_tables["background"] = given
    assert noted(minimal_case_tables, "receptors", "receptor") == []


def test_a_case_without_options(minimal_case_tables):
    assert noted(minimal_case_tables, "options", "") == []
    for table in ("options", "removals"):
        del minimal_case_tables[table]
    (found,) = noted(minimal_case_tables, "options", "")
    assert "there is no plan of least cost" in found.problem


def test_permits_in_another_unit_than_the_loads(minimal_case_tables):
    change(minimal_case_tables, "loads", 0, permit_load=30.0)
    assert noted(minimal_case_tables, "loads", "permit_load") == []
    change(minimal_case_tables, "loads", 0, permit_load=30_000.0)
    (found,) = noted(minimal_case_tables, "loads", "permit_load")
    assert found.problem == "permits come to 750 times the loads"
    assert "t/yr" in found.cure
