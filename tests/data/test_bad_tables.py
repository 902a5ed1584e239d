"""Every kind of bad table is found, with table, row, column, value and cure, and all of it at once."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from abate_data.errors import Finding, InputError
from abate_data.read import load


def findings_of(tables: dict[str, Any], scenario: str | None = None) -> tuple[Finding, ...]:
    with pytest.raises(InputError) as caught:
        load(tables, scenario)
    return caught.value.findings


def put(tables: dict[str, Any], table: str, row: int, column: str, value: Any) -> None:
    """Write a cell; `row` counts as a spreadsheet does."""
    frame = tables[table].astype(object)
    if column not in frame:
        frame[column] = None
    frame.loc[row - 2, column] = value
    tables[table] = frame


def add(tables: dict[str, Any], table: str, **row: Any) -> None:
    old, new = tables[table].astype(object), pd.DataFrame([row], dtype=object)
    tables[table] = pd.concat([old, new], ignore_index=True)


def matches(finding: Finding, table: str, row: int | None, column: str, value: str, *words: str) -> bool:
    place = finding.table == table and finding.column == column
    where = row is None or finding.row == f"row {row}" or finding.row.startswith(f"row {row} ")
    said = f"{finding.problem}; {finding.cure}"
    return place and where and finding.value == value and all(word in said for word in words)


def test_the_minimal_case_is_a_case(minimal_case_tables):
    case = load(minimal_case_tables)
    assert case.ids("loads", "source") == ["town", "mill", "farm"]
    assert list(case["targets"]["pollutant"].astype(object).fillna("")) == ["", "P", "P"]
    assert list(case["targets"]["parameter"].astype(object).fillna("")) == ["tp", "", ""]


#: (table, row, column, what is written, words of problem and cure)
CELLS = [
    # ids
    ("loads", 3, "source", "mil", ("the source is not defined", "'mill'")),
    ("loads", 3, "source", "", ("the id is blank", "fill it")),
    ("options", 4, "measure", "bufer", ("the measure is not defined", "'buffer'")),
    (
        "removals",
        4,
        "measure",
        "wetland",
        ("the measure is not defined", "name one of 'precipitation', 'buffer'"),
    ),
    ("removals", 4, "pollutant", "p", ("the pollutant is not defined", "'P'")),
    ("targets", 2, "receptor", "Lake", ("the receptor is not defined", "'lake'")),
    ("targets", 3, "region", "basn", ("the region is not defined", "'basin'")),
    ("targets", 3, "sector", "sewerage", ("the sector is not defined", "'sewage'")),
    ("sources", 2, "reach", "r1", ("the reach is not defined", "no reach to name")),
    ("background", 2, "parameter", "tn", ("the parameter is not defined", "'tp'")),
    ("loads", 3, "source", "mi\nll", ("line", "type the cell again")),
    # numbers
    ("loads", 2, "load", "", ("blank", "fill it")),
    ("loads", 2, "load", "nan", ("not a finite number",)),
    ("loads", 2, "load", "inf", ("not a finite number",)),
    ("loads", 2, "load", "1e999", ("too large",)),
    ("loads", 2, "load", "1,234", ("thousand separator", "1234 or 1.234")),
    ("loads", 2, "load", "1.234,5", ("thousand separator or a decimal comma", "1234.5")),
    ("loads", 2, "load", "1 234", ("thousand separator", "1234")),
    ("loads", 2, "load", "1,5", ("decimal comma", "1.5")),
    ("loads", 2, "load", "5 t/yr", ("number with a unit", "t/yr")),
    ("loads", 2, "load", "lots", ("not a number",)),
    ("loads", 2, "load", "1_000", ("not a number",)),
    ("loads", 2, "load", "٣", ("not a number",)),
    ("loads", 2, "load", "-1", ("negative", "at least 0")),
    ("loads", 2, "floor", "41", ("floor lies above the load", "lower the floor")),
    ("loads", 2, "raw_load", "39", ("raw load lies below the load", "raise it", "leave it blank")),
    ("sources", 2, "latitude", "91", ("out of range", "from -90 to 90")),
    ("sources", 2, "longitude", "-181", ("out of range", "from -180 to 180")),
    ("targets", 2, "priority", "100", ("out of range", "from 0 to 99")),
    ("targets", 2, "priority", "1.5", ("not a whole number",)),
    ("targets", 2, "probability", "0.3", ("out of range", "0.5")),
    ("transfer", 3, "coefficient", "-0.1", ("negative", "signed_transfer = true")),
    ("background", 2, "value", "-0.1", ("negative", "signed_transfer = true")),
    ("removals", 2, "removal", "80", ("more than the whole load", "0.4 for 40 %")),
    # flags and choices
    ("sources", 2, "controllable", "maybe", ("neither true nor false", "true or false")),
    ("sources", 2, "kind", "dot", ("not a choice", "'point'")),
    ("removals", 2, "basis", "fracton", ("not a choice", "'fraction'")),
    ("targets", 2, "kind", "Quality", ("not a choice", "'quality'")),
    # options
    ("options", 2, "min_extent", "2", ("more than max_extent", "lower it")),
    ("options", 2, "built", "1.5", ("more than max_extent", "raise max_extent")),
    ("options", 2, "group", "g1", ("no other option", "leave the group blank")),
    ("measures", 2, "lifetime_years", "0", ("zero",)),
    # targets
    ("targets", 2, "region", "basin", ("has no region", "leave it blank")),
    ("targets", 3, "parameter", "tp", ("has no parameter", "only a quality target")),
    ("targets", 2, "year", "2030-06-30", ("is a date", "write the year, 2030")),
    ("removals", 2, "removal", "80%", ("percentage", "write 0.8 (a fraction), or 80 where")),
    ("removals", 2, "removal", "0.5 %", ("percentage", "write 0.005 (a fraction), or 0.5 where")),
    ("targets", 2, "basis", "percent", ("no basis of a quality target", "value or gap_closure")),
    ("targets", 3, "basis", "gap_closure", ("no basis of a load target", "write value")),
    ("targets", 4, "basis", "output", ("no basis of a reduction target", "value or percent")),
    ("targets", 3, "sense", "at_least", ("only a quality target", "leave the sense blank")),
    ("targets", 4, "limit", "110", ("more than 100 percent", "from 0 to 100")),
    ("targets", 2, "reserve", "1", ("only a cap on loads", "leave the reserve blank")),
    ("targets", 2, "year", "2050", ("outside the horizon", "2025 to 2035")),
    ("options", 2, "first_year", "2036", ("after the end of the horizon", "2035")),
    ("targets", 2, "limit", "-1", ("negative",)),
]


@pytest.mark.parametrize(("table", "row", "column", "value", "words"), CELLS)
def test_bad_cell(minimal_case_tables, table, row, column, value, words):
    put(minimal_case_tables, table, row, column, value)
    found = findings_of(minimal_case_tables)
    shown = value.replace("\n", "\\n")
    if "\n" in value:
        words = ("control character", "type the cell again")
    assert any(matches(finding, table, row, column, shown, *words) for finding in found), found


@pytest.mark.parametrize("value", [np.nan, None, ""])
def test_blank_required_number(minimal_case_tables, value):
    minimal_case_tables["loads"]["load"] = minimal_case_tables["loads"]["load"].astype(object)
    minimal_case_tables["loads"].loc[0, "load"] = value
    assert matches(findings_of(minimal_case_tables)[0], "loads", 2, "load", "", "blank")


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinite_number_in_a_typed_column(minimal_case_tables, value):
    minimal_case_tables["loads"].loc[0, "load"] = value
    found = findings_of(minimal_case_tables)
    assert matches(found[0], "loads", 2, "load", str(value), "not a finite number", "blank")


def test_rows_are_named_by_number_and_ids(minimal_case_tables):
    put(minimal_case_tables, "options", 4, "unit_cost", "-3")
    assert findings_of(minimal_case_tables)[0].row == "row 4 (source 'farm', measure 'buffer')"


def test_mixed_units_in_a_column(minimal_case_tables):
    put(minimal_case_tables, "loads", 2, "load", "5 t/yr")
    put(minimal_case_tables, "loads", 3, "load", "3 kg/yr")
    found = findings_of(minimal_case_tables)
    assert any(matches(f, "loads", None, "load", "", "different units: t/yr, kg/yr", "header") for f in found)
    assert sum(f.problem == "holds a number with a unit" for f in found) == 2


def test_the_only_receptor_is_meant_where_none_is_named(minimal_case_tables):
    expected = load(minimal_case_tables)
    put(minimal_case_tables, "targets", 2, "receptor", "")
    assert load(minimal_case_tables)["targets"]["receptor"].equals(expected["targets"]["receptor"])


def test_a_receptor_is_needed_where_there_are_several(minimal_case_tables):
    add(minimal_case_tables, "receptors", receptor="bay")
    put(minimal_case_tables, "targets", 2, "receptor", "")
    found = findings_of(minimal_case_tables)
    words = ("names no receptor", "write the receptor, one of 'lake', 'bay'")
    assert matches(found[0], "targets", 2, "receptor", "", *words)


@pytest.mark.parametrize(("twin", "how"), [("TP", "only by case"), ("t p", "only by case or spaces")])
def test_parameters_alike(minimal_case_tables, twin, how):
    minimal_case_tables["case"]["units"]["quality"][twin] = "mg/L"
    put(minimal_case_tables, "targets", 2, "parameter", "tp")
    put(minimal_case_tables, "transfer", 3, "parameter", twin)
    (found,) = findings_of(minimal_case_tables)
    assert matches(found, "transfer", 3, "parameter", twin, "differs from 'tp'", how, "did you mean it?")


@pytest.mark.parametrize(
    ("table", "row", "column", "twin", "meant"),
    [("sources", 3, "sector", "Sewage", "sewage"), ("loads", 3, "pollutant", "p", "P")],
)
def test_ids_alike(minimal_case_tables, table, row, column, twin, meant):
    put(minimal_case_tables, table, row, column, twin)
    found = findings_of(minimal_case_tables)
    assert any(matches(f, table, row, column, twin, f"differs from {meant!r} only by case") for f in found)


def test_regions_alike(minimal_case_tables):
    add(minimal_case_tables, "regions", region="UPPER", parent="basin")
    (found,) = findings_of(minimal_case_tables)
    assert matches(found, "regions", 4, "region", "UPPER", "differs from 'upper' only by case")


# --- tables and columns


@pytest.mark.parametrize("table", ["sources", "loads", "removals", "targets"])
def test_missing_table(minimal_case_tables, table):
    del minimal_case_tables[table]
    found = findings_of(minimal_case_tables)
    assert any(matches(f, table, None, "", "", "the table is missing", "add it") for f in found)


@pytest.mark.parametrize("table", ["sources", "loads", "removals", "targets"])
def test_table_without_rows(minimal_case_tables, table):
    minimal_case_tables[table] = minimal_case_tables[table].iloc[:0]
    found = findings_of(minimal_case_tables)
    assert any(matches(f, table, None, "", "", "has no rows", "at least one row") for f in found)


@pytest.mark.parametrize("without", [["options"], ["options", "removals"], ["options", "removals", "measures"]])
def test_a_case_without_options_is_readable(minimal_case_tables, without):
    for table in without:
        del minimal_case_tables[table]
    case = load(minimal_case_tables)
    assert all(len(case[table]) == 0 for table in without)
    assert case["loads"]["load"].tolist() == [40, 25, 60]


def test_removals_of_measures_that_are_nowhere(minimal_case_tables):
    for table in ("options", "measures"):
        del minimal_case_tables[table]
    found = findings_of(minimal_case_tables)
    assert any(matches(f, "removals", 2, "measure", "precipitation", "not defined") for f in found)


def test_unknown_table(minimal_case_tables):
    minimal_case_tables["lods"] = pd.DataFrame({"a": [1]})
    assert matches(findings_of(minimal_case_tables)[0], "lods", None, "", "", "not a table", "'loads'")


def test_missing_column(minimal_case_tables):
    del minimal_case_tables["loads"]["load"]
    found = findings_of(minimal_case_tables)
    assert [f for f in found if matches(f, "loads", None, "load", "", "missing", "add it")]


def test_a_missing_column_of_ids_is_one_finding(minimal_case_tables):
    del minimal_case_tables["sources"]["source"]
    found = findings_of(minimal_case_tables)
    assert [f for f in found if "not defined" in f.problem] == []
    assert matches(found[0], "sources", None, "source", "", "missing", "add it")


def test_unknown_column_of_a_closed_table(minimal_case_tables):
    minimal_case_tables["options"]["unit_costs"] = 1.0
    found = findings_of(minimal_case_tables)
    assert matches(found[0], "options", None, "unit_costs", "", "not a column", "'unit_cost'")


def test_attribute_like_a_column_of_an_open_table(minimal_case_tables):
    minimal_case_tables["sources"]["incone"] = 1.0
    found = findings_of(minimal_case_tables)
    assert matches(found[0], "sources", None, "incone", "", "very like one", "'income'")


def test_attributes_of_an_open_table_are_kept(minimal_case_tables):
    minimal_case_tables["sources"]["permit holder"] = ["a", "", "NA"]
    sources = load(minimal_case_tables)["sources"]
    assert list(sources["permit holder"]) == ["a", "", "NA"]
    assert sources["built_in"].iloc[0] == 1975.0


def test_column_that_stands_twice(minimal_case_tables):
    loads = minimal_case_tables["loads"]
    minimal_case_tables["loads"] = pd.concat([loads, loads[["load"]]], axis=1)
    assert matches(findings_of(minimal_case_tables)[0], "loads", None, "load", "", "twice", "keep one")


def test_column_without_a_name(minimal_case_tables):
    minimal_case_tables["loads"][" "] = [1, 2, 3]
    assert matches(findings_of(minimal_case_tables)[0], "loads", None, "", "", "column 5 has no name")


# --- keys, trees and rivers


def test_duplicate_key(minimal_case_tables):
    add(minimal_case_tables, "loads", source="town", pollutant="P", load=3)
    found = findings_of(minimal_case_tables)
    assert matches(found[0], "loads", 5, "source", "town", "same source and pollutant as row 2", "keep one")


def test_the_id_na_survives(minimal_case_tables):
    for table in ("sources", "loads", "options", "transfer"):
        frame = minimal_case_tables[table]
        frame["source"] = frame["source"].replace("farm", "NA")
    assert load(minimal_case_tables).ids("loads", "source") == ["town", "mill", "NA"]


def test_an_unknown_id_in_many_rows_is_one_finding(minimal_case_tables):
    minimal_case_tables["transfer"]["receptor"] = "lak"
    found = [f for f in findings_of(minimal_case_tables) if f.table == "transfer"]
    assert len(found) == 1
    assert matches(found[0], "transfer", 2, "receptor", "lak", "in 3 rows", "'lake'")


def test_many_findings_are_counted(minimal_case_tables):
    names = [f"s{i}" for i in range(100)]
    minimal_case_tables["sources"] = pd.DataFrame({"source": names, "latitude": 95.0})
    found = [f for f in findings_of(minimal_case_tables) if f.column == "latitude"]
    assert len(found) == 21
    assert "80 more rows" in found[-1].problem
    assert "100 in all" in found[-1].problem


def test_circular_region_tree(minimal_case_tables):
    put(minimal_case_tables, "regions", 2, "parent", "upper")
    found = findings_of(minimal_case_tables)
    words = ("inside itself: basin -> upper -> basin", "root")
    assert any(matches(f, "regions", 2, "parent", "upper", *words) for f in found)


def river(tables: dict[str, Any]) -> None:
    tables["case"]["units"] |= {"length": "km", "flow": "m3/s", "velocity": "m/s"}
    tables["reaches"] = pd.DataFrame(
        {"reach": ["a", "b"], "downstream": ["b", ""], "length": [10.0, 5.0], "flow": 2.0, "velocity": 0.4}
    )
    tables["kinetics"] = pd.DataFrame({"pollutant": ["P"], "parameter": ["tp"], "decay": [0.1]})
    tables["sources"]["reach"] = ["a", "b", ""]
    tables["sources"]["position"] = [3.0, 1.0, 0.0]
    tables["receptors"]["reach"] = "b"
    tables["receptors"]["position"] = 4.0
    del tables["transfer"]


def test_river_is_a_case(minimal_case_tables):
    river(minimal_case_tables)
    assert load(minimal_case_tables).ids("targets", "parameter") == ["tp"]


def test_oxygen_is_a_parameter_where_oxygen_is_used(minimal_case_tables):
    river(minimal_case_tables)
    minimal_case_tables["kinetics"]["oxygen_demand"] = "2.5"
    minimal_case_tables["case"]["units"]["quality"]["dissolved_oxygen"] = "mg/L"
    oxygen = {"target": "o2", "kind": "quality", "parameter": "dissolved_oxygen", "sense": "at_least"}
    add(minimal_case_tables, "targets", **oxygen, receptor="lake", limit=5)
    put(minimal_case_tables, "targets", 2, "parameter", "tp")
    assert load(minimal_case_tables).ids("targets", "parameter") == ["tp", "dissolved_oxygen"]


@pytest.mark.parametrize(
    ("table", "row", "column", "value", "words"),
    [
        ("reaches", 3, "downstream", "a", ("flows in a circle", "mouth")),
        ("reaches", 2, "flow", "0", ("zero", "above 0")),
        ("reaches", 2, "velocity", "0", ("zero", "above 0")),
        ("sources", 2, "position", "11", ("beyond the end of its reach", "correct the position")),
        ("receptors", 2, "position", "6", ("beyond the end of its reach",)),
        ("sources", 4, "position", "1", ("position on no reach", "name the reach")),
        ("sources", 2, "reach", "c", ("the reach is not defined", "name one of 'a', 'b'")),
    ],
)
def test_bad_river(minimal_case_tables, table, row, column, value, words):
    river(minimal_case_tables)
    put(minimal_case_tables, table, row, column, value)
    found = findings_of(minimal_case_tables)
    if value == "a":  # the circle is named at its first row
        row, value = 2, "b"
    assert any(matches(f, table, row, column, value, *words) for f in found), found


def test_reaches_without_kinetics(minimal_case_tables):
    river(minimal_case_tables)
    del minimal_case_tables["kinetics"]
    assert any(matches(f, "kinetics", None, "", "", "reaches need it") for f in findings_of(minimal_case_tables))


def test_transfer_and_river_clash_only_for_the_same_parameter(minimal_case_tables):
    transfer = minimal_case_tables["transfer"].iloc[:1]
    river(minimal_case_tables)
    minimal_case_tables["transfer"] = transfer.assign(parameter="chl")
    minimal_case_tables["case"]["units"]["quality"]["chl"] = "ug/L"
    put(minimal_case_tables, "targets", 2, "parameter", "tp")
    load(minimal_case_tables)
    minimal_case_tables["transfer"] = transfer
    found = findings_of(minimal_case_tables)
    assert matches(found[0], "transfer", 2, "parameter", "tp", "the river makes this parameter too", "drop")


# --- options


def test_fixed_cost_without_a_largest_extent(minimal_case_tables):
    put(minimal_case_tables, "options", 2, "fixed_cost", "5")
    put(minimal_case_tables, "options", 2, "max_extent", "")
    found = findings_of(minimal_case_tables)
    assert matches(found[0], "options", 2, "max_extent", "", "no largest extent", "fill max_extent")


def test_least_extent_without_a_largest_one(minimal_case_tables):
    put(minimal_case_tables, "options", 2, "min_extent", "0.5")
    put(minimal_case_tables, "options", 2, "max_extent", "")
    assert matches(findings_of(minimal_case_tables)[0], "options", 2, "max_extent", "", "no largest extent")


def test_group_wider_than_one(minimal_case_tables):
    add(minimal_case_tables, "options", source="farm", measure="precipitation", max_extent=1, group="g")
    put(minimal_case_tables, "options", 4, "group", "g")
    found = findings_of(minimal_case_tables)
    assert any(matches(f, "options", None, "max_extent", "120", "larger than 1", "1 or less") for f in found)


def test_capital_without_a_lifetime(minimal_case_tables):
    put(minimal_case_tables, "measures", 3, "lifetime_years", "")
    found = findings_of(minimal_case_tables)
    assert matches(found[0], "options", 4, "capital_cost", "4000", "no lifetime", "lifetime_years")


def test_measure_that_removes_nothing(minimal_case_tables):
    minimal_case_tables["removals"] = minimal_case_tables["removals"].iloc[:2]
    found = findings_of(minimal_case_tables)
    assert matches(found[0], "options", 4, "measure", "buffer", "removes nothing", "add a row to removals")


def test_source_without_the_load(minimal_case_tables):
    add(minimal_case_tables, "loads", source="town", pollutant="N", load=3)
    put(minimal_case_tables, "removals", 4, "pollutant", "N")
    for row in (3, 4):
        put(minimal_case_tables, "targets", row, "pollutant", "P")
    found = findings_of(minimal_case_tables)
    assert matches(found[0], "options", 4, "source", "farm", "no load of any pollutant", "drop the option")


def test_resource_declared_twice_and_resource_undeclared(minimal_case_tables):
    minimal_case_tables["resources"] = pd.DataFrame({"resource": ["land", "land"], "available": [5.0, 6.0]})
    minimal_case_tables["resource_use"] = pd.DataFrame({"resource": ["bank"], "measure": ["buffer"], "use": [1]})
    found = findings_of(minimal_case_tables)
    assert any(matches(f, "resources", 3, "resource", "land", "as row 2") for f in found)
    assert any(matches(f, "resource_use", 2, "resource", "bank", "not defined", "'land'") for f in found)


# --- targets


def test_margin_and_reserve_beyond_the_limit(minimal_case_tables):
    put(minimal_case_tables, "targets", 3, "margin_of_safety", "60")
    put(minimal_case_tables, "targets", 3, "reserve", "31")
    found = findings_of(minimal_case_tables)
    assert matches(found[0], "targets", 3, "limit", "90", "more than the limit", "raise the limit")


def test_pollutant_is_needed_where_there_are_several(minimal_case_tables):
    add(minimal_case_tables, "loads", source="town", pollutant="N", load=3)
    found = findings_of(minimal_case_tables)
    assert any(matches(f, "targets", 3, "pollutant", "", "names no pollutant", "one of 'P', 'N'") for f in found)


@pytest.mark.parametrize(("limit", "verb"), [(80, "contradicts"), (90, "repeats")])
def test_two_caps_on_the_same_scope(minimal_case_tables, limit, verb):
    add(minimal_case_tables, "targets", target="again", kind="load", region="basin", limit=limit, year=2035,
        priority=0)  # fmt: skip
    found = findings_of(minimal_case_tables)
    words = (f"{verb} target 'basin-cap', whose limit is 90", "keep one")
    assert any(matches(f, "targets", 5, "limit", str(limit), *words) for f in found)


def test_lower_limit_above_an_upper_one(minimal_case_tables):
    add(
        minimal_case_tables,
        "targets",
        target="low",
        kind="quality",
        receptor="lake",
        limit=0.06,
        sense="at_least",
    )
    found = findings_of(minimal_case_tables)
    words = ("asks for at least 0.06 where target 'lake-tp' allows at most 0.05",)
    assert matches(found[0], "targets", 5, "limit", "0.06", *words)


def test_cap_on_nothing(minimal_case_tables):
    put(minimal_case_tables, "targets", 4, "sector", "industry")
    found = findings_of(minimal_case_tables)
    assert matches(found[0], "targets", 4, "target", "upper-cut", "no load of its pollutant", "region and sector")


def test_cap_counts_the_loads_of_inner_regions(minimal_case_tables):
    put(minimal_case_tables, "targets", 3, "sector", "sewage")
    assert load(minimal_case_tables)["targets"]["sector"].iloc[1] == "sewage"


def test_receptor_that_no_load_reaches(minimal_case_tables):
    add(minimal_case_tables, "receptors", receptor="bay")
    put(minimal_case_tables, "targets", 2, "receptor", "bay")
    found = findings_of(minimal_case_tables)
    assert matches(found[0], "targets", 2, "receptor", "bay", "no load changes this parameter", "transfer")


@pytest.mark.parametrize(
    ("basis", "region", "valid"),
    [
        ("output", "", False),  # town and farm give no output
        ("population", "upper", True),
        ("population", "", True),  # of the outermost zones
        ("gdp", "basin", False),
        ("area", "basin", True),
    ],
)
def test_intensity_needs_its_divisor(minimal_case_tables, basis, region, valid):
    add(minimal_case_tables, "targets", target="i", kind="intensity", region=region, basis=basis, limit=2)
    if valid:
        load(minimal_case_tables)
        return
    found = findings_of(minimal_case_tables)
    assert matches(found[0], "targets", 5, "basis", basis, "blank or zero in the scope", f"fill {basis}")


def test_intensity_by_output_of_one_sector(minimal_case_tables):
    row = {"target": "i", "kind": "intensity", "sector": "industry", "basis": "output", "limit": 0.1}
    add(minimal_case_tables, "targets", **row)
    load(minimal_case_tables)


# --- rules and observations


def test_bad_rules(minimal_case_tables):
    minimal_case_tables["rules"] = pd.DataFrame(
        {
            "rule": ["a", "b", "c"],
            "kind": ["reduction_percent", "burden", "reduction_percent"],
            "lower": ["50", "", "10"],
            "upper": ["40", "", "140"],
        }
    )
    found = findings_of(minimal_case_tables)
    assert matches(found[0], "rules", 2, "lower", "50", "above the upper bound")
    assert any(matches(f, "rules", 3, "upper", "", "bounds nothing") for f in found)
    assert any(matches(f, "rules", 4, "upper", "140", "more than 100 percent") for f in found)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("receptor", "", ("names no receptor",)),
        ("parameter", "", ("names no parameter",)),
        ("period_start", "1.2.2026", ("not a date", "2030-01-31")),
        ("period_end", "2025-01-01", ("before the first day",)),
        ("period_end", "2026-02-30", ("not a date",)),
        ("unit", "tons", ("'ton' may be", "short_ton")),
        ("unit", "pH", ("cannot be converted",)),
        ("value", "<0.2", ("not a number",)),
        ("qualifier", ">", ("not a choice",)),
    ],
)
def test_bad_observation(minimal_case_tables, column, value, words):
    row = {"period_start": "2026-01-01", "period_end": "2026-12-31", "kind": "quality", "receptor": "lake"}
    minimal_case_tables["observations"] = pd.DataFrame([{**row, "parameter": "tp", "value": "40", "unit": "ug/L"}])
    assert load(minimal_case_tables)["observations"][["value", "unit"]].values.tolist() == [[0.04, "mg/L"]]
    put(minimal_case_tables, "observations", 2, column, value)
    found = findings_of(minimal_case_tables)
    assert any(matches(f, "observations", 2, column, value, *words) for f in found), found


# --- settings and units


@pytest.mark.parametrize(
    ("key", "value", "column", "words"),
    [
        ("name", "", "name", ("at least 1 character", "correct `name`")),
        ("currency", "euro", "currency", ("correct `currency`",)),
        ("discount_rate", float("nan"), "discount_rate", ("finite",)),
        ("discount_rate", 3, "discount_rate", ("less than or equal to 1",)),
        ("horizon", {"start": 2030}, "horizon.end", ("missing", "add `horizon.end")),
        ("horizon", {"start": 2030, "end": 2020}, "horizon.end", ("ends before it starts", "2030")),
        ("curency", "EUR", "curency", ("not a setting", "'currency'")),
        ("units", {"loads": "t/yr", "quality": {"tp": "mg/L"}}, "units.loads", ("not a setting", "'load'")),
        (
            "units",
            {"area": "km2", "quality": {"tp": "mg/L"}},
            "units.load",
            ("missing", "loads.load is in use"),
        ),
        ("units", {"load": "t/yr", "quality": {"tp": "mg/L"}}, "units.area", ("regions.area is in use",)),
        ("units", {"load": "t/yr", "area": "km2"}, "units.quality.tp", ("missing", "parameter is in use")),
        (
            "units",
            {"load": "tons/yr", "area": "km2", "quality": {"tp": "mg/L"}},
            "units.load",
            ("short_ton/yr",),
        ),
        ("units", {"load": "t/yr", "area": "km", "quality": {"tp": "mg/L"}}, "units.area", ("km2",)),
    ],
)
def test_bad_setting(minimal_case_tables, key, value, column, words):
    minimal_case_tables["case"][key] = value
    found = [f for f in findings_of(minimal_case_tables) if f.table == "case.toml" and f.column == column]
    assert found
    assert all(word in f"{found[0].problem}; {found[0].cure}" for word in words), found


def test_every_wrong_setting_is_found(minimal_case_tables):
    minimal_case_tables["case"] |= {"currency": "x", "price_year": "soon", "colour": "red"}
    columns = {finding.column for finding in findings_of(minimal_case_tables)}
    assert columns == {"currency", "price_year", "colour"}


@pytest.mark.parametrize(
    ("table", "old", "new", "words"),
    [
        ("loads", "load", "load [tons/yr]", ("short_ton/yr",)),
        ("loads", "load", "load [km]", ("not a unit of load",)),
        ("loads", "load", "load [3]", ("a number is not a unit",)),
        ("options", "unit_cost", "unit_cost [kEUR/yr]", ("counted in EUR/yr/extent", "convert the numbers")),
        ("options", "max_extent", "max_extent [km]", ("takes no unit", "unit of each measure")),
        ("measures", "lifetime_years", "lifetime_years [months]", ("counted in years",)),
        ("targets", "limit", "limit [kg/yr]", ("takes no unit", "kind and basis")),
        ("transfer", "coefficient", "coefficient [mg/L]", ("quality per load", "[ug/m3 per kt/yr]")),
        ("transfer", "coefficient", "coefficient [pH per t/yr]", ("cannot be converted",)),
    ],
)
def test_bad_unit_in_a_header(minimal_case_tables, table, old, new, words):
    minimal_case_tables[table] = minimal_case_tables[table].rename(columns={old: new})
    found = findings_of(minimal_case_tables)
    unit = new.partition("[")[2][:-1]
    assert any(f.row == "row 1" and matches(f, table, 1, old, unit, *words) for f in found), found


# --- together


def test_errors_of_all_tables_are_raised_at_once(minimal_case_tables):
    put(minimal_case_tables, "loads", 2, "load", "x")
    put(minimal_case_tables, "options", 3, "source", "miller")
    put(minimal_case_tables, "targets", 4, "limit", "-5")
    minimal_case_tables["case"]["currency"] = "euro"
    del minimal_case_tables["removals"]["removal"]
    found = findings_of(minimal_case_tables)
    assert [f.table for f in found] == ["case.toml", "loads", "options", "removals", "targets"]
    with pytest.raises(InputError, match="5 findings in the input") as caught:
        load(minimal_case_tables)
    assert "loads, row 2 (source 'town', pollutant 'P'), load: is not a number (found 'x')" in str(caught.value)


def test_unknown_scenario(minimal_case_tables):
    minimal_case_tables["scenarios"] = {"dry": {}, "wet": {}}
    found = findings_of(minimal_case_tables, "dri")
    assert matches(found[0], "scenarios", None, "", "dri", "no such scenario", "'dry'")


@pytest.mark.parametrize("source", [3, None, "no-such-case", "echo-reservoi", "a\0b", ""])
def test_neither_case_nor_path(source):
    with pytest.raises(InputError):
        load(source)


def test_unknown_case_offers_the_nearest():
    assert "'echo-reservoir'" in findings_of("echo-reservoi")[0].cure
    assert "? Or give" in findings_of("echo-reservoi")[0].cure


def test_unknown_case_like_none_ends_its_sentence():
    assert ". Or give" in findings_of("zzzzzzzz")[0].cure
