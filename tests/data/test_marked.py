"""A marked copy shows what was found where it stands, and leaves the planner's own workbook alone."""

import hashlib

import openpyxl
import pytest
from openpyxl.comments import Comment

from abate_data.errors import Finding, InputError
from abate_data.marked import AUTHOR, COLOUR, write_marked
from abate_data.read import load
from abate_data.template import write_template


@pytest.fixture
def book(tmp_path):
    """Return a workbook with a fault in a cell, in a heading, in a setting and in a whole sheet."""
    path = tmp_path / "case.xlsx"
    write_template(path)
    workbook = openpyxl.load_workbook(path)
    workbook["loads"]["C3"] = "much"
    workbook["loads"]["D2"] = "=1+1"
    workbook["options"]["C1"] = "max_extnt"
    workbook["case"]["B2"] = "a/b"
    workbook["transfer"].sheet_state = "hidden"
    workbook["sources"]["B3"].comment = Comment("ask Ann", "Bob")
    workbook["sources"]["A3"] = "mil"
    workbook.save(path)
    return path


def findings_of(path) -> tuple[Finding, ...]:
    with pytest.raises(InputError) as caught:
        load(path)
    return caught.value.findings


def test_findings_name_sheet_and_cell(book):
    found = {finding.cell: finding for finding in findings_of(book)}
    assert found["loads!C3"].value == "much"
    assert found["loads!D2"].value == "=1+1"
    assert found["options!C1"].column == "max_extnt"
    assert found["case!B2"].column == "name"
    assert "hidden" in found["transfer!A1"].problem
    assert found["loads!A3"].value == "mill", "the id that sources no longer defines"
    assert "loads!C3, row 3 (source 'mill', pollutant 'P'), load: " in str(found["loads!C3"])


def test_a_case_that_is_no_workbook_names_no_cells(minimal_case_tables):
    minimal_case_tables["loads"].loc[0, "load"] = -1.0
    with pytest.raises(InputError) as caught:
        load(minimal_case_tables)
    assert {finding.cell for finding in caught.value.findings} == {""}


def test_cells_of_renamed_and_scenario_sheets_are_found(book):
    workbook = openpyxl.load_workbook(book)
    workbook.copy_worksheet(workbook["targets"]).title = "Targets@dry year"
    workbook["Targets@dry year"]["B2"] = "qualty"
    workbook["loads"].title = " Loads"
    workbook.save(book)
    with pytest.raises(InputError) as caught:
        load(book, "dry year")
    cells = [finding.cell for finding in caught.value.findings]
    assert "'Targets@dry year'!B2" in cells
    assert "' Loads'!C3" in cells


def test_a_marked_copy_says_problem_and_cure_in_the_cell(book, tmp_path):
    findings = findings_of(book)
    before = hashlib.sha256(book.read_bytes()).hexdigest()
    write_marked(book, findings, tmp_path / "marked.xlsx")
    assert hashlib.sha256(book.read_bytes()).hexdigest() == before
    marked = openpyxl.load_workbook(tmp_path / "marked.xlsx")
    for finding in findings:
        if finding.cell:
            title, _, coordinate = finding.cell.rpartition("!")
            cell = marked[title.strip("'")][coordinate]
            assert cell.fill.start_color.rgb == COLOUR
            assert finding.problem in cell.comment.text
            assert finding.cure in cell.comment.text
    assert marked["loads"]["D2"].value == "=1+1"
    assert marked["sources"]["B3"].comment.text == "ask Ann"
    assert marked["loads"]["C2"].fill.start_color.rgb != COLOUR


def test_the_first_sheet_lists_all_findings_with_links(book, tmp_path):
    findings = findings_of(book)
    write_marked(book, findings, tmp_path / "marked.xlsx")
    marked = openpyxl.load_workbook(tmp_path / "marked.xlsx")
    assert marked.sheetnames[0] == "findings"
    rows = list(marked["findings"].iter_rows(min_row=2))
    assert [row[4].value for row in rows] == [finding.problem for finding in findings]
    assert [row[0].hyperlink.location if row[0].hyperlink else "" for row in rows] == [f.cell for f in findings]
    assert {cell.data_type for row in rows for cell in row if cell.value} == {"s"}, "no formula is live"


def test_what_a_heading_explained_before_is_kept(book, tmp_path):
    explained = openpyxl.load_workbook(book)["options"]["C1"].comment.text
    write_marked(book, findings_of(book), tmp_path / "marked.xlsx")
    text = openpyxl.load_workbook(tmp_path / "marked.xlsx")["options"]["C1"].comment.text
    assert text.startswith("is not a column of this table")
    assert text.endswith(explained)


def test_a_marked_copy_can_be_mended_and_marked_again(book, tmp_path):
    write_marked(book, findings_of(book), tmp_path / "marked.xlsx")
    again = openpyxl.load_workbook(tmp_path / "marked.xlsx")
    again["loads"]["C3"], again["loads"]["D2"], again["case"]["B2"] = 2000, None, "mended"
    again["options"]["C1"], again["sources"]["A3"] = "max_extent", "mill"
    again.save(tmp_path / "mended.xlsx")
    left = findings_of(tmp_path / "mended.xlsx")
    assert [finding.cell for finding in left] == ["transfer!A1"], "the sheet of findings itself is none"
    write_marked(tmp_path / "mended.xlsx", left, tmp_path / "second.xlsx")
    second = openpyxl.load_workbook(tmp_path / "second.xlsx")
    assert second.sheetnames.count("findings") == 1
    assert second["loads"]["C3"].comment is None
    assert second["loads"]["C3"].fill.start_color.rgb != COLOUR
    assert second["options"]["C1"].comment.author != AUTHOR
    second["transfer"].sheet_state = "visible"
    second.save(tmp_path / "third.xlsx")
    write_template(tmp_path / "fresh.xlsx")
    assert load(tmp_path / "third.xlsx").tables["loads"].equals(load(tmp_path / "fresh.xlsx").tables["loads"])


def test_merged_cells_are_marked_where_they_begin(book, tmp_path):
    workbook = openpyxl.load_workbook(book)
    workbook["loads"].merge_cells("A4:B5")
    workbook.save(book)
    findings = findings_of(book)
    assert any(finding.cell == "loads!A4" and "merged" in finding.problem for finding in findings)
    write_marked(book, findings, tmp_path / "marked.xlsx")
    marked = openpyxl.load_workbook(tmp_path / "marked.xlsx")
    assert "merged" in marked["loads"]["A4"].comment.text


def test_a_far_cell_costs_nothing(book, tmp_path):
    workbook = openpyxl.load_workbook(book)
    workbook["loads"]["XFD1048576"] = 1
    workbook.save(book)
    write_marked(book, findings_of(book), tmp_path / "marked.xlsx")
    assert (tmp_path / "marked.xlsx").stat().st_size < 1_000_000


def test_the_same_findings_give_the_same_bytes(book, tmp_path):
    for name in ("a.xlsx", "b.xlsx"):
        write_marked(book, findings_of(book), tmp_path / name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_nothing_is_overwritten_and_nothing_half_written(book, tmp_path, monkeypatch):
    (tmp_path / "taken.xlsx").write_text("mine")
    for out, said in (("taken.xlsx", "something stands there already"), ("x.csv", "is a workbook")):
        with pytest.raises(InputError, match=said):
            write_marked(book, findings_of(book), tmp_path / out)
    assert (tmp_path / "taken.xlsx").read_text() == "mine"

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(InputError, match="No space left on device"):
        write_marked(book, findings_of(book), tmp_path / "marked.xlsx")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["case.xlsx", "taken.xlsx"]


def test_a_workbook_that_is_too_large_is_not_marked(book, tmp_path, monkeypatch):
    monkeypatch.setattr("abate_data.marked.MAX_MARKED", 1000)
    with pytest.raises(InputError, match="too large to be marked"):
        write_marked(book, findings_of(book), tmp_path / "marked.xlsx")


def test_texts_of_findings_are_never_formulas(book, tmp_path):
    finding = Finding("loads", "=1+1", '=HYPERLINK("x")', value="\x07@evil", cell="loads!C3")
    write_marked(book, [finding], tmp_path / "marked.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "marked.xlsx")["findings"]
    assert {cell.data_type for cell in sheet[2] if cell.value} == {"s"}
    assert all(cell.quotePrefix for cell in sheet[2] if cell.value)
