"""The template and the page of the tables say what the declarations say."""

import tomllib
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from abate_data.dictionary import tables_page
from abate_data.errors import InputError
from abate_data.read import load
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
    write_template(tmp_path / form)
    with pytest.raises(InputError) as caught:
        load(tmp_path / form)
    assert {finding.problem for finding in caught.value.findings} == {"the table has no rows"}
    assert [finding.table for finding in caught.value.findings] == [
        name for name, table in TABLES.items() if table.required
    ]


def test_template_of_a_folder(tmp_path):
    write_template(tmp_path / "case")
    assert (tmp_path / "case" / "loads.csv").read_text().startswith("source,pollutant,load [kg/yr],floor [kg/yr]")
    assert (tmp_path / "case" / "README.md").read_text() == tables_page()
    settings = (tmp_path / "case" / "case.toml").read_text()
    assert tomllib.loads(settings)["units"]["load"] == "kg/yr"
    assert "# horizon" in settings or "# [horizon]" in settings


def test_template_of_a_workbook(tmp_path):
    write_template(tmp_path / "case.xlsx")
    book = openpyxl.load_workbook(tmp_path / "case.xlsx")
    assert book.sheetnames == ["README", "case", *TABLES]
    keys = {row[0].value: row for row in book["case"].iter_rows()}
    assert "units.quality.tp with the value mg/L" in keys["units.quality.PARAMETER"][2].value
    assert not any("{" in str(row[2].value) for row in keys.values())
    header = book["removals"][1]
    assert [cell.value for cell in header] == [column.name for column in TABLES["removals"].columns]
    assert "negative where it adds load" in header[3].comment.text
    (choices,) = book["removals"].data_validations.dataValidation
    assert choices.formula1 == '"fraction,mass"'
    assert "E2" in choices.sqref


def test_a_template_that_is_filled_in_is_a_case(minimal_case_tables, tmp_path):
    write_template(tmp_path / "case.xlsx")
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
