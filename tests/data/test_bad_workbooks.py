"""Workbooks that are none, hide something or are meant to harm: a finding with a cure, in bounded time and memory."""

import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from abate_data import cellstream, package
from abate_data.errors import Finding, InputError
from abate_data.marked import write_marked
from abate_data.read import load
from abate_data.write import write_case

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


@pytest.fixture
def book(minimal_case_tables, tmp_path) -> Path:
    write_case(load(minimal_case_tables), tmp_path / "case.xlsx")
    return tmp_path / "case.xlsx"


def findings_of(path: Path) -> tuple[Finding, ...]:
    with pytest.raises(InputError) as caught:
        load(path)
    assert all(finding.cure for finding in caught.value.findings)
    return caught.value.findings


def the_finding(path: Path) -> Finding:
    (found,) = findings_of(path)
    return found


def changed(path: Path, change) -> Path:
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)
    return path


def repacked(path: Path, change=lambda name, content: content, **more: bytes) -> Path:
    """Return a copy in which parts are changed or added."""
    other = path.with_name("repacked.xlsx")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(other, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, change(name, source.read(name)))
        for name, content in more.items():
            target.writestr(name, content)
    return other


def part_of(path: Path, title: str) -> str:
    """Return the part of a workbook that holds a sheet."""
    number = openpyxl.load_workbook(path, read_only=True).sheetnames.index(title) + 1
    return f"xl/worksheets/sheet{number}.xml"


# --- files that are no workbook of this kind


def test_a_workbook_with_a_password(tmp_path):
    name = "EncryptedPackage".encode("utf-16-le")
    (tmp_path / "x.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + name + b"\0" * 600)
    found = the_finding(tmp_path / "x.xlsx")
    assert "protected by a password" in found.problem
    assert "take the password off" in found.cure


def test_an_old_workbook(tmp_path):
    (tmp_path / "x.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le") + b"\0" * 600)
    found = the_finding(tmp_path / "x.xls")
    assert "such as .xls" in found.problem
    assert "save it as an Excel workbook (.xlsx)" in found.cure


@pytest.mark.parametrize("content", [b"source,load\ntown,1\n", "Quelle;Fracht\nStraße;1\n".encode("cp1252")])
def test_text_under_the_name_of_a_workbook(tmp_path, content):
    (tmp_path / "x.xlsx").write_bytes(content)
    found = the_finding(tmp_path / "x.xlsx")
    assert "plain text, as CSV does" in found.problem
    assert "a folder with case.toml" in found.cure


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("content.xml", "OpenDocument"),
        ("xl/workbook.bin", ".xlsb"),
        ("word/document.xml", "another office document"),
        ("xl/vbaProject.bin", "macros"),
        ("xl/macrosheets/sheet1.xml", "macros"),
    ],
)
def test_workbooks_of_other_kinds(tmp_path, part, said):
    with zipfile.ZipFile(tmp_path / "x.xlsm", "w") as packed:
        packed.writestr(part, b"")
    assert said in the_finding(tmp_path / "x.xlsm").problem


def test_macros_are_refused_even_in_a_good_case(book):
    found = the_finding(repacked(book, **{"xl/VBAProject.bin": b"\0"}))
    assert "holds macros, which are not read" in found.problem
    assert "save it as .xlsx" in found.cure


def test_a_file_that_is_large_even_packed(book, monkeypatch):
    monkeypatch.setattr(package, "MAX_UNPACKED", 1000)
    assert "more than is safe to read" in the_finding(book).problem


def test_a_part_that_lies_about_its_size_is_broken(book):
    part = part_of(book, "loads")
    bomb = repacked(book, lambda name, content: b" " * 30_000_000 if name == part else content)
    content = bomb.read_bytes()
    true, said = (30_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    assert content.count(true) == 2
    bomb.write_bytes(content.replace(true, said))
    found = the_finding(bomb)
    assert found.problem == "is not a workbook: the sheet loads is broken"


def test_a_list_of_sheets_that_is_too_long(book):
    bomb = repacked(book, lambda name, content: content + b" " * 11_000_000 if name == "xl/styles.xml" else content)
    assert "not a workbook" in findings_of(bomb)[0].problem or "unpacks" in findings_of(bomb)[0].problem


# --- sheets that are too large


def rows_of(count: int) -> bytes:
    cells = "".join(
        f'<row r="{row}"><c r="A{row}"><v>1</v></c><c r="F{row}"><v>2</v></c></row>' for row in range(1, count)
    )
    return f'<worksheet xmlns="{MAIN}"><sheetData>{cells}</sheetData></worksheet>'.encode()


def test_a_million_rows_are_not_read(book):
    part = part_of(book, "loads")
    stated = b'<dimension ref="A1:F1048576"/><sheetData>'
    sheet = rows_of(20).replace(b"<sheetData>", stated).replace(b"</sheetData>", b" " * 35_000_000 + b"</sheetData>")
    other = book.with_name("repacked.xlsx")
    with zipfile.ZipFile(book) as source, zipfile.ZipFile(other, "w", zipfile.ZIP_STORED) as target:
        for name in source.namelist():
            target.writestr(name, sheet if name == part else source.read(name))
    found = [finding for finding in findings_of(other) if finding.table == "loads"]
    assert found[0].problem == "sheet loads uses 1048576 rows and 6 columns or more"
    assert "a folder of CSV files" in found[0].cure
    assert found[0].cell == "loads!A1"


def test_a_sheet_is_left_where_it_becomes_too_large(book, monkeypatch):
    monkeypatch.setattr(cellstream, "MAX_CELLS", 600)
    part = part_of(book, "loads")
    other = repacked(book, lambda name, content: rows_of(5000) if name == part else content)
    found = [finding for finding in findings_of(other) if finding.table == "loads"]
    assert found[0].problem == "sheet loads uses 101 rows and 6 columns or more"


def test_a_small_sheet_may_state_a_wrong_range(book, minimal_case_tables):
    part = part_of(book, "loads")

    def lie(name, content):
        return (
            content.replace(b'<dimension ref="A1:D4"', b'<dimension ref="A1:XFD1048576"') if name == part else content
        )

    assert b"XFD1048576" in zipfile.ZipFile(repacked(book, lie)).read(part)
    assert load(repacked(book, lie)) == load(minimal_case_tables)


@pytest.mark.parametrize("place", ["ZZZZZZ1", "1A", "xfd1"])
def test_places_that_are_none(book, place):
    part = part_of(book, "loads")
    sheet = rows_of(3).replace(b'r="F2"', f'r="{place}"'.encode())
    assert "is broken" in the_finding(repacked(book, lambda name, content: sheet if name == part else content)).problem


# --- sheets that say two things, or nothing


def with_loads(book: Path, change) -> Path:
    part = part_of(book, "loads")
    content = zipfile.ZipFile(book).read(part).decode()
    new = change(content)
    assert new != content
    return repacked(book, lambda name, old: new.encode() if name == part else old)


def with_load(book: Path, cell: str) -> Path:
    """Return a copy with other XML in place of the cell C2 of loads, a number."""
    return with_loads(book, lambda content: re.sub(r'<c r="C2".*?</c>', lambda _: cell, content))


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ('<c r="C2"><v>5</v></c><c r="C2"><v>1</v></c>', "cell C2 stands there twice"),
        ('<c r="C2"><f>1</f></c><c r="C2"><f>1</f></c>', "cell C2 stands there twice"),
        ('<c r="C2"><v>5</v><v>9</v></c>', "cell C2 holds two values"),
        ('<c r="C2" t="inlineStr"><is><t>5</t></is><is><t>6</t></is></c>', "cell C2 holds two values"),
        ('<c r="c2"><v>5</v></c>', "no cell is called c2"),
        ('<c r="$C$2"><v>5</v></c>', "no cell is called $C$2"),
        ('<c r="C77"><v>5</v></c>', "cell C77 stands in row 2"),
    ],
)
def test_cells_that_stand_twice_or_nowhere(book, cell, said):
    assert f"the sheet loads is broken: {said}" in the_finding(with_load(book, cell)).problem


def test_rows_that_stand_twice(book):
    def repeat(content):
        row = re.search('<row r="2".*?</row>', content).group()
        return content.replace(row, row + row)

    assert "the sheet loads is broken: row 2 stands there twice" in the_finding(with_loads(book, repeat)).problem


def test_values_elsewhere_in_a_cell_are_not_its_own(book):
    more = "<extLst><ext><v>99</v><f>1</f><t>x</t></ext></extLst></c>"
    assert load(with_loads(book, lambda content: content.replace("</c>", more))) == load(book)


@pytest.mark.parametrize("text", ["1_000", "\u0663", "nan", "INF", "1e999", "0x10", "--1", "\u00a07", " "])
def test_texts_that_are_no_number(book, text):
    found = findings_of(with_load(book, f'<c r="C2"><v>{text}</v></c>'))
    assert (found[0].cell, found[0].value) == ("loads!C2", f"no number: {text}")


@pytest.mark.parametrize("text", ["7", " 7 ", "+7", "7.", "70E-1", "\n7.0"])
def test_numbers_as_xml_writes_them(book, text):
    assert load(with_load(book, f'<c r="C2"><v>{text}</v></c>'))["loads"]["load"][0] == 7


@pytest.mark.parametrize("index", ["-1", "1_0", "99999"])
def test_shared_texts_that_are_none(book, index):
    assert "is broken" in the_finding(with_load(book, f'<c r="C2" t="s"><v>{index}</v></c>')).problem


def merged(count: int, ref: str = "A1:A2"):
    cells = f'<mergeCell ref="{ref}"/>' * count
    return lambda content: content.replace("</sheetData>", f"</sheetData><mergeCells>{cells}</mergeCells>")


def test_many_merged_cells_are_counted(book, monkeypatch):
    monkeypatch.setattr(cellstream, "KEPT", 30)
    found = [finding for finding in findings_of(with_loads(book, merged(50))) if "merged" in finding.problem]
    assert len(found) == 21
    assert found[0].cell == "loads!A1"
    assert found[-1].problem == "30 more merged cells, 50 in all"


def test_formulas_that_are_not_kept_are_counted(book, monkeypatch):
    monkeypatch.setattr(cellstream, "KEPT", 30)
    cells = "".join(f'<c r="{cellstream.letters_of(place)}99"><f>1</f></c>' for place in range(50))
    added = with_loads(book, lambda text: text.replace("</sheetData>", f'<row r="99">{cells}</row></sheetData>'))
    assert "30 more cells like these, 50 in all" in [finding.problem for finding in findings_of(added)]


def test_more_merged_cells_than_a_sheet_has(book, monkeypatch):
    monkeypatch.setattr(cellstream, "MAX_CELLS", 100)
    assert "more than 100 merged cells" in the_finding(with_loads(book, merged(101))).problem


@pytest.mark.parametrize(("count", "ref"), [(200_000, "A1:A2"), (1, "A1:XFD1048576")])
def test_merged_cells_that_span_too_much_are_not_marked(book, count, ref):
    bomb = with_loads(book, merged(count, ref))
    with pytest.raises(InputError, match="merged cells, too many to be marked"):
        write_marked(bomb, findings_of(bomb), book.with_name("marked.xlsx"))


# --- what is hidden, computed or elsewhere


@pytest.mark.parametrize(
    ("state", "said", "cure"), [("hidden", "hidden", "Unhide"), ("veryHidden", "every menu", "no menu")]
)
def test_a_hidden_table_is_refused(book, state, said, cure):
    found = the_finding(changed(book, lambda workbook: setattr(workbook["loads"], "sheet_state", state)))
    assert (found.table, found.cell) == ("loads", "loads!A1")
    assert said in found.problem
    assert cure in found.cure


def test_hidden_notes_are_passed_over(book, minimal_case_tables):
    def change(workbook):
        workbook.create_sheet("Lists").append(["x"])
        workbook["Lists"].sheet_state = "hidden"

    assert load(changed(book, change)) == load(minimal_case_tables)


def test_formulas_that_refer_to_another_workbook(book):
    def change(workbook):
        workbook["loads"]["C2"] = "=[1]Sheet1!A1"
        workbook["loads"]["C3"] = "=SUM(Table1[load])"

    found = findings_of(changed(book, change))
    assert found[0].problem == "cell C2 of sheet loads holds a formula that refers to another workbook"
    assert found[1].problem == "cell C3 of sheet loads holds a formula"


def test_links_to_other_workbooks_are_not_followed(book, minimal_case_tables):
    def link(name, content):
        if name != "xl/_rels/workbook.xml.rels":
            return content
        kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLink"
        new = f'<Relationship Id="rId99" Type="{kind}" Target="file:///etc/passwd" TargetMode="External"/>'
        return content.replace(b"</Relationships>", new.encode() + b"</Relationships>")

    assert load(repacked(book, link)) == load(minimal_case_tables)


def test_a_sheet_whose_part_lies_outside_is_broken(book):
    def leave(name, content):
        return (
            content.replace(b"worksheets/sheet1.xml", b"../../../etc/passwd")
            if name.endswith("book.xml.rels")
            else content
        )

    assert "is broken" in the_finding(repacked(book, leave)).problem


def test_many_formulas_are_counted(book):
    def change(workbook):
        for row in range(2, 52):
            workbook["sources"].cell(row, 9).value = "=1"

    found = [finding for finding in findings_of(changed(book, change)) if "formula" in finding.problem]
    assert len(found) == 20
    assert any("50 in all" in finding.problem for finding in findings_of(book))


# --- texts that are meant to harm


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "<r><t>rich</t></r>",
        '=HYPERLINK("http://x","y")',
        "@SUM(1)",
        "+1-1",
        "../../etc/passwd",
        "C:\\Windows\\system32",
        "_x003D_1",
    ],
)
def test_texts_stay_texts(minimal_case_tables, tmp_path, name):
    minimal_case_tables["sources"]["name"] = [name, "", ""]
    minimal_case_tables["case"]["title"] = name
    for table in ("sources", "loads", "options", "transfer"):
        minimal_case_tables[table]["source"] = minimal_case_tables[table]["source"].replace("town", name)
    case = load(minimal_case_tables)
    write_case(case, tmp_path / "case.xlsx")
    assert load(tmp_path / "case.xlsx") == case
    assert case["sources"]["name"][0] == name
    sheet = openpyxl.load_workbook(tmp_path / "case.xlsx")["sources"]
    assert {cell.data_type for cell in sheet["A"]} == {"s"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["case.xlsx"]


# --- what other programs write


def test_shared_and_rich_texts_dates_and_other_prefixes(book, minimal_case_tables):
    """A workbook may share its texts, write them in several fonts, with readings, and give elements a prefix."""
    shared = book.with_name("shared.xlsx")
    with xlsxwriter.Workbook(shared) as target:
        for source in openpyxl.load_workbook(book):
            sheet = target.add_worksheet(source.title)
            for cell in [cell for row in source for cell in row if cell.value is not None]:
                sheet.write(cell.row - 1, cell.column - 1, cell.value)
    assert b"<si><t>town</t></si>" in zipfile.ZipFile(shared).read("xl/sharedStrings.xml")
    assert load(shared) == load(minimal_case_tables)

    def rich(name, content):
        if name == "xl/sharedStrings.xml":
            new = b"<si><r><t>to</t></r><r><rPr><b/></rPr><t>wn</t></r><rPh sb='0' eb='1'><t>reading</t></rPh></si>"
            return content.replace(b"<si><t>town</t></si>", new)
        if name.startswith("xl/worksheets/"):
            return (
                content.replace(b"<", b"<x:")
                .replace(b"<x:/", b"</x:")
                .replace(b"<x:?", b"<?")
                .replace(b"xmlns=", b"xmlns:x=")
            )
        return content

    assert load(repacked(shared, rich)) == load(minimal_case_tables)


def test_cells_without_places_follow_one_another(book, minimal_case_tables):
    def drop(name, content):
        return re.sub(rb' r="[A-Z]*[0-9]+"', b"", content) if name == part_of(book, "loads") else content

    assert load(repacked(book, drop)) == load(minimal_case_tables)
