"""A marked copy of a planner's workbook: what was found is coloured, told in comments and listed on a first sheet."""

from __future__ import annotations

import contextlib
import io
import re
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from abate_data.cellstream import escape, position_of
from abate_data.errors import Finding, InputError
from abate_data.package import open_package
from abate_data.workbook import FINDINGS
from abate_data.write import is_workbook, write_whole
from abate_data.xmlstream import LocalNames, parse

#: Bytes of a workbook's sheets, unpacked, up to which a copy can be marked: it has to be held in memory whole.
MAX_MARKED = 60_000_000
#: Merged cells up to which a copy can be marked: each is held, also those of a range that a few bytes state.
MAX_MERGED = 300_000
#: Who writes the comments, by which a later marking finds and removes them.
AUTHOR = "abate check"
#: Colour of marked cells, a light red that a grey print shows as well.
COLOUR = "FFFFC7CE"
FONT = "Calibri"
#: Headings of the list of findings, and widths of its columns.
HEADS = {"where": 22, "row": 34, "column": 20, "found": 24, "problem": 56, "cure": 70}

#: What stands between the words of a marking and a comment that was there before.
_BEFORE = "\n\n--- before ---\n"
_CELL = re.compile(r"(?:'((?:[^']|'')+)'|([^'!]+))!([A-Z]{1,3}[0-9]+)")
_SPAN = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,9}):\$?([A-Za-z]{1,3})\$?([0-9]{1,9})")
_MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def write_marked(path: str | Path, findings: Sequence[Finding], out: str | Path) -> None:
    """Write a copy of a workbook in which the cells of findings are coloured and say what is wrong, and the cure.

    Parameters
    ----------
    path : the workbook that was checked; it is only read.
    findings : what was found in it; those that name no cell stand on the first sheet alone, with all others.
    out : the new workbook, written whole or not at all. Marks of an earlier check are taken off.

    Raises
    ------
    InputError
        Where the workbook cannot be read or is too large to be marked, `out` is no `.xlsx`, something stands there
        already, or nothing can be written there.
    """
    source = Path(path)
    if not is_workbook(out):
        cure = "end it in .xlsx"
        raise InputError([Finding("marked copy", "is a workbook", cure, value=str(out))])
    with open_package(source) as packed:
        sheets = [part for part in packed.infolist() if part.filename.startswith("xl/worksheets/")]
        size = sum(part.file_size for part in sheets)
        merged = _merged_cells(packed, sheets) if size <= MAX_MARKED else 0
    if size > MAX_MARKED:
        problem = f"the sheets unpack to {size / 1e6:.0f} MB, too large to be marked"
        raise InputError([Finding(source.name, problem, "mend the cells that the findings name")])
    if merged > MAX_MERGED:
        problem = f"the sheets have {merged:,} merged cells, too many to be marked"
        raise InputError([Finding(source.name, problem, "unmerge them")])
    book = _loaded(source)
    _unmark(book)
    for name, cell in _marks(findings).items():
        _mark(book, *_split(name), cell)
    _list(book, findings)
    write_whole(out, lambda part: save(book, part))


def save(book: Any, path: Path) -> None:
    """Write a workbook of openpyxl without the time at which it is made."""
    packed = io.BytesIO()
    book.save(packed)
    with zipfile.ZipFile(packed) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = _MOMENT.sub(b"2000-01-01T00:00:00Z", content)
            target.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def _merged_cells(packed: zipfile.ZipFile, sheets: Sequence[zipfile.ZipInfo]) -> int:
    """Return how many cells the merged ranges of sheets span; a broken sheet is left to who loads it."""
    local, spans = LocalNames(), [0]

    def start(name: str, attributes: dict[str, str]) -> None:
        if local[name] == "mergeCell" and (match := _SPAN.fullmatch(attributes.get("ref", ""))):
            left, top, right, bottom = match.groups()
            wide = abs(position_of(right.upper()) - position_of(left.upper())) + 1
            spans[0] += wide * (abs(int(bottom) - int(top)) + 1)

    for sheet in sheets:
        if sheet.filename.endswith(".xml"):
            with contextlib.suppress(Exception), packed.open(sheet) as file:
                parse(file, {"StartElementHandler": start})
    return spans[0]


def _loaded(path: Path) -> Any:
    import openpyxl

    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parts that openpyxl does not know, which the copy then lacks
        try:
            return openpyxl.load_workbook(file)
        except Exception as error:  # openpyxl raises whatever a broken part of the file makes it stumble over
            cure = "save it again with a spreadsheet program"
            raise InputError([Finding(path.name, "the workbook cannot be copied", cure)]) from error


def _marks(findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    marks: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.cell:
            marks.setdefault(finding.cell, []).append(finding)
    return marks


def _split(name: str) -> tuple[str, str]:
    """Return the sheet and the coordinate of the name of a cell."""
    match = _CELL.fullmatch(name)
    quoted, plain, coordinate = match.groups() if match else ("", "", "")
    return (quoted or "").replace("''", "'") or plain or "", coordinate


def _mark(book: Any, title: str, coordinate: str, findings: Sequence[Finding]) -> None:
    """Colour a cell and say in its comment what is wrong; what a comment said before stands below."""
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    if title not in book.sheetnames:
        return
    cell = _top_left(book[title], coordinate)
    said = "\n\n".join(f"{finding.problem}\n-> {finding.cure}" for finding in findings)
    before = cell.comment.text if cell.comment else ""
    text = f"{said}{_BEFORE}{before}" if before else said
    cell.comment = Comment(escape(text), AUTHOR, width=360, height=60 + 18 * (text.count("\n") + len(text) // 50))
    cell.fill = PatternFill("solid", start_color=COLOUR)


def _top_left(sheet: Any, coordinate: str) -> Any:
    """Return a cell, or the one that stands for all those it is merged with."""
    from openpyxl.utils.cell import coordinate_to_tuple

    row, column = coordinate_to_tuple(coordinate)
    for merged in sheet.merged_cells.ranges:
        if merged.min_row <= row <= merged.max_row and merged.min_col <= column <= merged.max_col:
            return sheet.cell(merged.min_row, merged.min_col)
    return sheet[coordinate]


def _unmark(book: Any) -> None:
    """Take off the marks of an earlier check, which a planner may have mended a copy of."""
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    if FINDINGS in book.sheetnames:
        book.remove(book[FINDINGS])
    for sheet in book.worksheets:
        # what iter_rows goes through may be all of a sheet of which one far cell is in use
        for cell in list(sheet._cells.values()):
            if cell.comment and cell.comment.author == AUTHOR:
                _, _, before = cell.comment.text.partition(_BEFORE)
                cell.comment = Comment(before, "abate", width=360, height=120) if before else None
                if cell.fill.start_color.rgb == COLOUR:
                    cell.fill = PatternFill()


def _list(book: Any, findings: Sequence[Finding]) -> None:
    """List all findings on a first sheet, each with a link to its cell."""
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.worksheet.hyperlink import Hyperlink
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet = book.create_sheet(FINDINGS, 0)
    for place, (head, width) in enumerate(HEADS.items(), start=1):
        cell = sheet.cell(1, place, head)
        cell.font, cell.fill = Font(name=FONT, bold=True), PatternFill("solid", start_color=COLOUR)
        sheet.column_dimensions[cell.column_letter].width = width
    for row, finding in enumerate(findings, start=2):
        where = finding.cell or finding.table
        texts = (where, finding.row, finding.column, finding.value, finding.problem, finding.cure)
        for place, text in enumerate(texts, start=1):
            cell = sheet.cell(row, place)
            if text:
                cell.value = escape(text)
                cell.data_type, cell.quotePrefix = "s", True  # never a formula
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        if finding.cell:
            cell = sheet.cell(row, 1)
            cell.hyperlink = Hyperlink(ref=cell.coordinate, location=finding.cell)
            cell.font = Font(name=FONT, color="FF0563C1", underline="single")
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = sheet.dimensions
    sheet.sheet_properties.tabColor = COLOUR
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    book.active = 0
    for other in book.worksheets[1:]:
        other.sheet_view.tabSelected = False
