"""Tables that are written to a workbook: how they look, what is exact in them and what is calculated."""

import openpyxl
import pandas as pd
import pytest

from abate_data.errors import InputError
from abate_data.sheets import Formula
from abate_data.write import write_tables

AWKWARD = [0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, 2.0**53 + 2, -1e-5, 123456789.123456789]


@pytest.fixture
def written(tmp_path):
    """Return what writes tables, and reads them back with openpyxl."""

    def write(**tables):
        path = tmp_path / "out.xlsx"
        path.unlink(missing_ok=True)
        write_tables(tables, path)
        return openpyxl.load_workbook(path)

    return write


def test_numbers_keep_every_digit(written):
    sheet = written(t=pd.DataFrame({"x": AWKWARD}))["t"]
    assert [cell.value for cell in sheet["A"][1:]] == AWKWARD


def test_number_formats_follow_the_size_of_a_column_and_its_unit(written):
    table = pd.DataFrame(
        {
            "load [t/yr]": [12345.6, 4000.5],
            "concentration [mg/L]": [0.0123, 0.0456],
            "percent [%]": [12.345, 50.0],
            "year": [2030, 2035],
            "tiny": [1.5e-13, 2e-13],
            "count": [1200, 3],
        }
    )
    cells = written(t=table)["t"][2]
    shown = ["#,##0", "#,##0.00000", "0.0", "0", "0.000E+00", "#,##0"]
    assert [cell.number_format for cell in cells] == shown


def test_the_largest_numbers_have_a_format(written):
    cells = written(t=pd.DataFrame({"x": [0.5, 1.5e308, 1.7e308, 0.1]}))["t"]["A"]
    assert [cell.value for cell in cells[1:]] == [0.5, 1.5e308, 1.7e308, 0.1]


def test_numbers_of_one_unit_share_a_format_where_the_unit_stands_in_the_row(written):
    table = pd.DataFrame(
        {"target": ["a", "b"], "unit": ["mg/L", "t/yr"], "limit": [0.05, 5000.0], "point": [0.0312, 4000.4]}
    )
    rows = list(written(t=table)["t"].iter_rows(min_row=2))
    assert [[cell.number_format for cell in row[2:]] for row in rows] == [["#,##0.00000"] * 2, ["#,##0"] * 2]


def test_a_sheet_is_ready_to_be_read(written):
    table = pd.DataFrame({"source": ["town", "mill"], "what it is": ["short", "long " * 40], "load [t/yr]": [1.0, 2.0]})
    sheet = written(t=table)["t"]
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == "A1:C3"
    assert all(cell.font.bold and cell.fill.start_color.rgb == "FFD9E5F0" for cell in sheet[1])
    widths = [sheet.column_dimensions[letter].width for letter in "ABC"]
    assert widths[0] < widths[1] < 80
    assert sheet["B3"].alignment.wrap_text
    assert sheet.row_dimensions[3].height > sheet.row_dimensions[2].height if sheet.row_dimensions[2].height else True
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.page_setup.orientation == "landscape"


def test_formulas_carry_their_value(written, tmp_path):
    table = pd.DataFrame({"x": [1.0, 2.0]})
    total = pd.DataFrame({"total": [Formula("=SUM(t!$A$2:$A$3)", 3.0)], "=1+1": ["=1+1"]}, dtype=object)
    book = written(t=table, total=total)
    assert book["total"]["A2"].value == "=SUM(t!$A$2:$A$3)"
    assert book["total"]["A2"].data_type == "f"
    assert book["total"]["B2"].data_type == book["total"]["B1"].data_type == "s"
    values = openpyxl.load_workbook(tmp_path / "out.xlsx", data_only=True)
    assert values["total"]["A2"].value == 3.0
    assert pd.read_excel(tmp_path / "out.xlsx", "total", engine="openpyxl")["total"].tolist() == [3.0]


def test_texts_that_look_like_markup_or_formulas_are_texts(written):
    texts = ["<r><t>x</t></r>", "<b>", "a & b", "{=1}", "=1", "-1", "\t=1", "_x0041_", "http://x", "\ud800", "\ufffe"]
    sheet = written(t=pd.DataFrame({"text": texts}))["t"]
    assert {cell.data_type for cell in sheet["A"]} == {"s"}
    assert not sheet._hyperlinks
    assert [cell.value for cell in sheet["A"][1:6]] == texts[:5]
    live = [cell.value for cell in sheet["A"] if cell.quotePrefix]
    assert live == ["=1", "-1", "\t=1"]


def test_a_text_that_no_cell_holds_is_refused(written):
    assert written(t=pd.DataFrame({"x": ["a" * 32_767]}))["t"]["A2"].value == "a" * 32_767
    with pytest.raises(InputError, match="more than a cell of a workbook"):
        written(t=pd.DataFrame({"x": ["a" * 32_768]}))
    with pytest.raises(InputError, match="more than a cell of a workbook"):
        written(t=pd.DataFrame({"x": ["\U0001f600" * 20_000]}))


def test_nothing_known_is_a_blank_cell(written):
    table = pd.DataFrame({"x": [1.0, float("nan"), float("inf")], "y": ["a", "", None]})
    sheet = written(t=table)["t"]
    assert [cell.value for cell in sheet["A"][1:]] == [1.0, None, "inf"]
    assert [cell.value for cell in sheet["B"][1:]] == ["a", None, None]


def test_a_table_without_rows_or_columns_is_a_sheet_all_the_same(written):
    book = written(none=pd.DataFrame(), empty=pd.DataFrame({"x": []}))
    assert book.sheetnames == ["none", "empty"]
    assert book["empty"]["A1"].value == "x"
