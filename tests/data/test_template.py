"""The template and the page of the tables say what the declarations say."""

import tomllib
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from abate_data import example
from abate_data.dictionary import tables_page
from abate_data.errors import InputError
from abate_data.read import load
from abate_data.remarks import notes
from abate_data.schema import TABLES
from abate_data.template import write_template
from abate_data.units import UNITS

ROOT = Path(__file__).parents[2]


def test_the_committed_page_of_the_tables_is_current():
    committed = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    assert committed == tables_page(), "write abate_data.dictionary.tables_page() to docs/tables.md"


def test_the_page_names_every_table_column_choice_and_unit():
    page = tables_page()
    for table in TABLES.values():
        assert f"## {table.name}" in page
        for column in table.columns:
            assert f"| `{column.name}` |" in page
            assert all(f"`{choice}`" in page for choice in column.choices if choice)
    for known in UNITS.values():
        assert all(f"`{unit}`" in page for unit in known)


@pytest.mark.parametrize("form", ["folder", "book.xlsx"])
def test_an_empty_template_lacks_rows_and_nothing_else(form, tmp_path):
    write_template(tmp_path / form, blank=True)
    with pytest.raises(InputError) as caught:
        load(tmp_path / form)
    assert {finding.problem for finding in caught.value.findings} == {"the table has no rows"}
    assert [finding.table for finding in caught.value.findings] == [
        name for name, table in TABLES.items() if table.required
    ]


@pytest.mark.parametrize("form", ["folder", "book.xlsx"])
def test_the_example_is_a_case_that_needs_no_note(form, tmp_path):
    write_template(tmp_path / form)
    case = load(tmp_path / form)
    assert {name: len(case[name]) for name in TABLES if len(case[name])} == {
        name: len(rows) for name, (_, rows) in example.ROWS.items()
    }
    assert notes(case) == []
    assert case.settings == example.SETTINGS


def test_the_example_is_the_same_in_a_folder_and_a_workbook(tmp_path):
    write_template(tmp_path / "folder")
    write_template(tmp_path / "book.xlsx")
    assert load(tmp_path / "folder") == load(tmp_path / "book.xlsx")


def test_template_of_a_folder(tmp_path):
    write_template(tmp_path / "case", blank=True)
    assert (tmp_path / "case" / "loads.csv").read_text().startswith("source,pollutant,load [kg/yr],floor [kg/yr]")
    assert len((tmp_path / "case" / "loads.csv").read_text().splitlines()) == 1
    assert (tmp_path / "case" / "README.md").read_text() == tables_page()
    settings = (tmp_path / "case" / "case.toml").read_text()
    assert tomllib.loads(settings)["units"]["load"] == "kg/yr"
    assert "# horizon" in settings or "# [horizon]" in settings


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """Return the template with the example, as openpyxl reads it."""
    path = tmp_path_factory.mktemp("template") / "case.xlsx"
    write_template(path)
    return openpyxl.load_workbook(path)


def lists_of(sheet) -> dict[str, str]:
    """Return the list of each column of a sheet by the column's letter; every list holds for all its rows."""
    found = {}
    for listed in sheet.data_validations.dataValidation:
        (cells,) = listed.sqref.ranges
        assert (cells.min_row, cells.max_row, cells.min_col) == (2, 1_048_576, cells.max_col)
        found[openpyxl.utils.get_column_letter(cells.min_col)] = listed.formula1
    return found


def test_template_of_a_workbook(tmp_path):
    write_template(tmp_path / "case.xlsx", blank=True)
    book = openpyxl.load_workbook(tmp_path / "case.xlsx")
    keys = {row[0].value: row for row in book["case"].iter_rows()}
    assert "units.quality.tp with the value mg/L" in keys["units.quality.PARAMETER"][2].value
    assert not any("{" in str(row[2].value) for row in keys.values())
    header = book["removals"][1]
    assert [cell.value for cell in header] == [column.name for column in TABLES["removals"].columns]
    assert "negative where it adds load" in header[3].comment.text
    assert all(cell.comment for name in TABLES for cell in book[name][1])
    assert all(sheet.max_row == 1 for name, sheet in zip(book.sheetnames, book, strict=True) if name in TABLES)


def test_sheets_that_are_needed_come_first(filled):
    needed, further = "FF1F4E79", "FFBFBFBF"
    assert filled.sheetnames[:4] == ["README", "case", "regions", "sources"]
    assert set(filled.sheetnames) == {"README", "case", *TABLES}
    colours = [sheet.sheet_properties.tabColor.rgb for sheet in filled]
    assert colours == sorted(colours), "blue before grey"
    assert colours[filled.sheetnames.index("targets")] == needed
    assert colours[filled.sheetnames.index("reaches")] == further


def test_lists_to_choose_from(filled):
    assert lists_of(filled["removals"])["E"] == '"fraction,mass"'
    assert lists_of(filled["sources"])["H"] == '"true,false"'
    # ids are offered from the sheet that defines them, as far down as it is filled
    assert lists_of(filled["loads"]) == {
        "A": "sources!$A$2:INDEX(sources!$A$2:$A$10000,MAX(1,COUNTA(sources!$A$2:$A$10000)))"
    }
    assert lists_of(filled["options"])["B"].startswith("measures!$A$2:INDEX(")
    assert lists_of(filled["targets"])["C"].startswith("receptors!$A$2:INDEX(")
    assert "A" not in lists_of(filled["sources"]), "an id is not chosen where it is defined"


def test_units_stand_in_headings(filled):
    assert [cell.value for cell in filled["loads"][1]][2:4] == ["load [kg/yr]", "floor [kg/yr]"]
    assert filled["transfer"]["E1"].value == "coefficient [ug/L per kg/yr]"
    assert filled["options"]["E1"].value == "unit_cost [money/yr/extent]"


def test_headings_that_must_be_filled_look_different(filled):
    for name, table in TABLES.items():
        fills = {
            column.required: filled[name][1][place].fill.start_color.rgb for place, column in enumerate(table.columns)
        }
        assert len(set(fills.values())) == len(fills)
        assert filled[name].freeze_panes == "B2"


def test_the_first_sheet_says_what_to_do_in_five_lines(filled):
    sheet = filled["README"]
    steps = [sheet.cell(row, 1).value for row in range(2, 7)]
    assert [step[:2] for step in steps] == ["1.", "2.", "3.", "4.", "5."]
    assert "abate check FILE.xlsx --mark marked.xlsx" in steps[-1]
    links = {row[0].value: row[0].hyperlink.location for row in sheet.iter_rows(min_row=8) if row[0].hyperlink}
    assert links == {name: f"'{name}'!A1" for name in filled.sheetnames[2:]}


def test_the_same_template_has_the_same_bytes(tmp_path):
    for name in ("a.xlsx", "b.xlsx"):
        write_template(tmp_path / name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_template_that_is_filled_in_is_a_case(minimal_case_tables, tmp_path):
    write_template(tmp_path / "case.xlsx", blank=True)
    book = openpyxl.load_workbook(tmp_path / "case.xlsx")
    for row in book["case"].iter_rows():
        row[1].value = {"units.load": "t/yr", "name": "minimal", "currency": "EUR"}.get(row[0].value, row[1].value)
    book["case"].append(["units.quality.tp", "mg/L"])
    for name, frame in minimal_case_tables.items():
        if isinstance(frame, pd.DataFrame):
            _fill(book[name], frame)
    book["loads"]["C1"], book["loads"]["D1"] = "load [t/yr]", "floor [t/yr]"
    book.save(tmp_path / "case.xlsx")
    case = load(tmp_path / "case.xlsx")
    expected = load(minimal_case_tables)
    assert case["loads"].equals(expected["loads"])
    assert case["targets"].equals(expected["targets"])


def _fill(sheet, frame: pd.DataFrame) -> None:
    place = {cell.value.partition(" [")[0]: cell.column for cell in sheet[1]}
    for name in frame:
        column = place.setdefault(name, len(place) + 1)
        if sheet.cell(1, column).value is None:
            sheet.cell(1, column).value = name
        for row, value in enumerate(frame[name], start=2):
            sheet.cell(row, column).value = None if pd.isna(value) else value
