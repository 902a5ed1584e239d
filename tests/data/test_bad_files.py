"""Files that cannot be read, or should not be, are findings with a cure and never another error."""

import contextlib
import datetime
import zipfile
from pathlib import Path

import openpyxl
import pytest

from abate_data import package
from abate_data.errors import Finding, InputError
from abate_data.read import load
from abate_data.write import write_case


@pytest.fixture
def folder(minimal_case_tables, tmp_path) -> Path:
    write_case(load(minimal_case_tables), tmp_path / "case")
    return tmp_path / "case"


@pytest.fixture
def book(minimal_case_tables, tmp_path) -> Path:
    write_case(load(minimal_case_tables), tmp_path / "case.xlsx")
    return tmp_path / "case.xlsx"


def findings_of(path: Path) -> tuple[Finding, ...]:
    with pytest.raises(InputError) as caught:
        load(path)
    return caught.value.findings


def the_finding(path: Path, table: str) -> Finding:
    (found,) = (finding for finding in findings_of(path) if finding.table == table)
    assert found.cure
    return found


# --- folders


def test_a_byte_order_mark_is_harmless(folder, minimal_case_tables):
    for path in folder.iterdir():
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load(folder) == load(minimal_case_tables)


def test_windows_line_ends_are_harmless(folder, minimal_case_tables):
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert load(folder) == load(minimal_case_tables)


def test_blank_rows_are_passed_over_and_counted(folder):
    path = folder / "loads.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], "", ",,,", *lines[1:3], "", lines[3].replace("60.0", "x"), "", ""]))
    found = the_finding(folder, "loads")
    assert (found.row, found.column, found.value) == ("row 7 (source 'farm', pollutant 'P')", "load", "x")


def test_other_files_are_passed_over(folder, minimal_case_tables):
    for name in ("README.md", "CITATION.cff", "LICENSE", "notes.txt", ".hidden.csv"):
        (folder / name).write_text("x")
    assert load(folder) == load(minimal_case_tables)


@pytest.mark.parametrize(
    ("content", "problem", "cure"),
    [
        (b"source,pollutant,load\ncaf\xe9,P,1\n", "not UTF-8 text (byte 0xe9 in line 2)", "CSV UTF-8"),
        ("source,pollutant,load\n".encode("utf-16"), "not UTF-8 text", "CSV UTF-8"),
        ("source,pollutant,load\n".encode("utf-16-le"), "zero bytes", "CSV UTF-8"),
        (b"", "row 1 is empty", "names of the columns"),
        (b"\nsource,pollutant,load\n", "row 1 is empty", "names of the columns"),
        (b"source;pollutant;load\n", "not separated by commas", "with commas"),
        (b'source,pollutant,load\n"town,P,1\n', "is not CSV", "quotation mark"),
        (b'source,pollutant,load\n"to"wn,P,1\n', "is not CSV", "quotation mark"),
        (b'source,pollutant,load\n"' + b"x" * 200_000 + b'",P,1\n', "is not CSV", "quotation mark"),
    ],
)
def test_unreadable_table(folder, content, problem, cure):
    (folder / "loads.csv").write_bytes(content)
    found = the_finding(folder, "loads")
    assert problem in found.problem
    assert cure in found.cure


def test_ragged_rows(folder):
    with (folder / "loads.csv").open("a") as file:
        file.write("town,P,1,2,3,4\nmill,P\n")
    found = [finding for finding in findings_of(folder) if finding.table == "loads"]
    assert [finding.row for finding in found] == ["row 5", "row 6"]
    assert "6 cells where the header has 4" in found[0].problem
    assert found[0].value == "town"
    assert "commas" in found[0].cure


def test_all_ragged_rows_are_counted(folder):
    with (folder / "loads.csv").open("a") as file:
        file.write("town,P\n" * 50)
    found = [finding for finding in findings_of(folder) if finding.table == "loads"]
    assert len(found) == 21
    assert "50 in all" in found[-1].problem


def test_unknown_csv_file(folder):
    (folder / "Loads2.csv").write_text("a\n1\n")
    found = the_finding(folder, "Loads2")
    assert "not a table" in found.problem
    assert "'loads'" in found.cure


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('name = "x\n', "line 1"),
        ('name = "x"\nname = "y"\n', "line 2"),
        ("name: x\n", "line 1"),
        ("x = " + "[" * 5000, "TOML"),
    ],
)
def test_toml_errors_name_the_line(folder, text, words):
    (folder / "case.toml").write_text(text)
    found = [finding for finding in findings_of(folder) if finding.table == "case.toml"]
    assert "is not TOML" in found[0].problem
    assert words in found[0].problem


def test_no_case_toml(folder):
    (folder / "case.toml").unlink()
    found = [finding for finding in findings_of(folder) if finding.table == "case.toml"]
    assert "cannot be read" in found[0].problem


def test_a_table_that_is_a_folder(folder):
    (folder / "loads.csv").unlink()
    (folder / "loads.csv").mkdir()
    assert "cannot be read" in the_finding(folder, "loads").problem


def test_a_table_that_may_not_be_read(folder, monkeypatch):
    read_bytes = Path.read_bytes

    def refuse(path):
        if path.name == "loads.csv":
            raise PermissionError(13, "Permission denied", str(path))
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    found = the_finding(folder, "loads")
    assert "loads.csv cannot be read: Permission denied" in found.problem


def test_links_may_not_leave_the_folder(folder, tmp_path):
    (folder / "loads.csv").rename(tmp_path / "elsewhere.csv")
    (folder / "loads.csv").symlink_to(tmp_path / "elsewhere.csv")
    found = the_finding(folder, "loads")
    assert "outside the folder" in found.problem
    assert "copy it" in found.cure


def test_a_link_to_nothing(folder):
    (folder / "loads.csv").unlink()
    (folder / "loads.csv").symlink_to(folder / "nothing.csv")
    assert "cannot be read" in the_finding(folder, "loads").problem


def test_a_scenario_that_is_a_link_to_elsewhere(folder, tmp_path):
    (tmp_path / "outside").mkdir()
    (folder / "loads.csv").rename(tmp_path / "outside" / "loads.csv")
    (folder / "scenarios").mkdir()
    (folder / "scenarios" / "out").symlink_to(tmp_path / "outside")
    with pytest.raises(InputError, match="outside the folder"):
        load(folder, "out")


# --- workbooks


def changed(path: Path, change) -> Path:
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)
    return path


@pytest.mark.parametrize("content", [b"", b"not a workbook", b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0" * 200])
def test_not_a_workbook(tmp_path, content):
    (tmp_path / "x.xlsx").write_bytes(content)
    found = the_finding(tmp_path / "x.xlsx", "x.xlsx")
    assert "not a workbook" in found.problem
    assert ".xlsx" in found.cure


def test_a_zip_that_is_no_workbook(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.xlsx", "w") as packed:
        packed.writestr("a.txt", "hello")
    assert "not a workbook" in the_finding(tmp_path / "x.xlsx", "x.xlsx").problem


def test_every_part_of_a_workbook_may_be_broken(book, tmp_path):
    with zipfile.ZipFile(book) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    for broken in parts:
        with zipfile.ZipFile(tmp_path / "broken.xlsx", "w") as packed:
            for name, content in parts.items():
                packed.writestr(name, content[: len(content) // 2] if name == broken else content)
        with contextlib.suppress(InputError):  # any other error fails the test
            load(tmp_path / "broken.xlsx")


def test_formula_cells_are_refused(book):
    def change(workbook):
        workbook["loads"]["C2"] = "=1+1"
        workbook["loads"]["C3"] = "#REF!"

    found = [finding for finding in findings_of(changed(book, change)) if finding.table == "loads"]
    assert found[0].problem == "cell C2 of sheet loads holds a formula"
    assert (found[0].row, found[0].value) == ("row 2", "=1+1")
    assert "paste as values" in found[0].cure
    assert found[1].problem == "cell C3 of sheet loads holds an error"
    assert len(found) == 2, "a formula is no blank cell besides"


def test_a_formula_hides_no_blank_cell_of_its_row(book):
    def change(workbook):
        workbook["loads"]["B2"] = None
        workbook["loads"]["C2"] = "=1+1"

    found = [finding for finding in findings_of(changed(book, change)) if finding.table == "loads"]
    assert [finding.column for finding in found] == ["", "pollutant"]


def test_blank_sheets_of_no_table_are_passed_over(book, minimal_case_tables):
    assert load(changed(book, lambda workbook: workbook.create_sheet("Sheet1"))) == load(minimal_case_tables)


def test_names_of_sheets_ignore_case(book, minimal_case_tables):
    def change(workbook):
        for old, new in (("loads", "Loads"), ("case", "CASE"), ("targets", "Targets")):
            workbook[old].title = "x"
            workbook["x"].title = new

    assert load(changed(book, change)) == load(minimal_case_tables)


def test_two_sheets_of_one_name(book, tmp_path):
    changed(book, lambda workbook: setattr(workbook.copy_worksheet(workbook["loads"]), "title", "loads2"))
    with zipfile.ZipFile(book) as packed, zipfile.ZipFile(tmp_path / "x.xlsx", "w") as twin:
        for name in packed.namelist():
            twin.writestr(name, packed.read(name).replace(b'"loads2"', b'"Loads"'))
    (found,) = findings_of(tmp_path / "x.xlsx")  # openpyxl calls the second one Loads1
    assert "not a table" in found.problem


def test_a_setting_of_a_workbook_is_found_in_its_sheet(book):
    def change(workbook):
        for row in workbook["case"].iter_rows():
            if row[0].value == "units.quality.tp":
                row[0].value, row[1].value = "units.quality", '{ tp = "mg/L" }'

    found = [finding for finding in findings_of(changed(book, change)) if finding.column == "units.quality"]
    assert [finding.table for finding in found] == ["case"]
    assert "in a workbook write a row units.quality.tp" in found[0].cure


def test_a_date_for_a_year_in_a_workbook(book):
    def change(workbook):
        column = next(cell.column for cell in workbook["targets"][1] if cell.value == "year")
        workbook["targets"].cell(3, column).value = datetime.date(2030, 1, 31)

    (found,) = findings_of(changed(book, change))
    assert (found.column, found.value, found.cure) == ("year", "2030-01-31", "write the year, 2030")


def test_merged_cells_are_refused(book):
    found = findings_of(changed(book, lambda workbook: workbook["loads"].merge_cells("A2:A3")))
    assert any("merged cells" in f.problem and f.value == "A2:A3" and "unmerge" in f.cure for f in found)


def test_sheet_of_no_table(book):
    found = the_finding(changed(book, lambda workbook: workbook.create_sheet("Load").append(["x"])), "Load")
    assert "'loads'" in found.cure


def test_sheet_of_settings_is_missing(book):
    found = findings_of(changed(book, lambda workbook: workbook.remove(workbook["case"])))
    assert any(f.table == "case" and "no sheet `case`" in f.problem for f in found)


def test_setting_that_stands_twice(book):
    found = findings_of(changed(book, lambda workbook: workbook["case"].append(["name", "other"])))
    assert any(f.table == "case" and f.column == "name" and "twice" in f.problem for f in found)


@pytest.mark.parametrize("key", ["units", "units.load.x", "horizon", "a.b.c.d", ".", "name.x"])
def test_strange_keys_of_settings(book, key):
    assert any(f.table == "case" for f in findings_of(changed(book, lambda b: b["case"].append([key, "v"]))))


def test_dates_and_numbers_as_ids(book, minimal_case_tables):
    for table in ("sources", "loads", "options", "transfer"):
        minimal_case_tables[table]["source"] = minimal_case_tables[table]["source"].replace("farm", "101")

    def change(workbook):
        for table in ("sources", "loads", "options", "transfer"):
            for row in workbook[table].iter_rows(min_row=2, max_col=1):
                row[0].value = 101 if row[0].value == "farm" else row[0].value

    assert load(changed(book, change)) == load(minimal_case_tables)


def test_a_bomb_is_not_unpacked(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"<row/>" * 5_000_000)
    found = the_finding(path, "bomb.xlsx")
    assert "unpacks to 30 MB" in found.problem


def test_a_sheet_of_too_many_cells_is_not_read(book):
    def change(workbook):
        workbook["loads"]["XFD1048576"] = 1

    found = [finding for finding in findings_of(changed(book, change)) if finding.table == "loads"]
    assert "1048576 rows and 16384 columns" in found[0].problem


def test_entities_are_refused(book, tmp_path):
    with zipfile.ZipFile(book) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    name = next(name for name in parts if name.startswith("xl/worksheets/"))
    head, _, body = parts[name].partition(b"<worksheet")
    parts[name] = head + b'<!DOCTYPE x [<!ENTITY a "1"><!ENTITY b "&a;&a;">]><worksheet' + body
    with zipfile.ZipFile(tmp_path / "x.xlsx", "w") as packed:
        for part, content in parts.items():
            packed.writestr(part, content)
    assert "not a workbook" in the_finding(tmp_path / "x.xlsx", "x.xlsx").problem


def test_limits_leave_room_for_real_workbooks(book):
    with zipfile.ZipFile(book) as packed:
        unpacked = sum(member.file_size for member in packed.infolist())
    assert unpacked < package.LITTLE
