"""The sheets of a workbook: their names, whether they are hidden, and what their cells refer to.

The parts of the file are those of ECMA-376 (Office Open XML); `package` guards them, `cellstream` reads a sheet.
openpyxl writes workbooks and marks them; to read one with 100,000 rows it took 26 to 47 s and up to 680 MB, where this
takes 8 to 12 s and 300 MB, and a planner waits for it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TypeVar
from xml.etree.ElementTree import Element

from abate_data.cellstream import Cells, Lookup, read_cells, unescape
from abate_data.package import open_package, refused
from abate_data.xmlstream import Broken, LocalNames, parse

#: Bytes of a part that lists sheets or styles.
MAX_PART = 10_000_000

VISIBLE, HIDDEN, VERY_HIDDEN = "visible", "hidden", "veryHidden"

Read = TypeVar("Read")


@dataclass(frozen=True)
class Sheet:
    """A sheet as the workbook lists it: its name, its state (`visible` ...) and the part that holds its cells."""

    title: str
    state: str
    part: str


class Book:
    """An open workbook; a context manager.

    Raises
    ------
    InputError
        Where the file is no workbook or not safe to read; from `cells` where a sheet of it is broken.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._packed = open_package(path)
        try:
            self.sheets, self._lookup = self._guarded("the list of its sheets", self._read_lists)
        except BaseException:
            self._packed.close()
            raise

    def __enter__(self) -> Book:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._packed.close()

    def cells(self, sheet: Sheet, *, first: bool = False) -> Cells:
        """Return the cells of a sheet; with `first`, no more than its first row that is not blank."""

        def read() -> Cells:
            with self._packed.open(sheet.part) as file:
                size = self._packed.getinfo(sheet.part).file_size
                return read_cells(file, size, self._lookup, first=first)

        return self._guarded(f"the sheet {sheet.title}", read)

    def _guarded(self, what: str, read: Callable[[], Read]) -> Read:
        try:
            return read()
        except Broken as error:
            raise refused(self.path, f"{what} is broken: {error}") from error
        except Exception as error:  # whatever a broken part makes a parser stumble over
            raise refused(self.path, f"{what} is broken") from error

    def _read_lists(self) -> tuple[list[Sheet], Lookup]:
        from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

        root = next(target for kind, target in self._targets("").values() if kind == "officeDocument")
        targets = self._targets(root)
        book = self._tree(root)
        sheets = []
        for entry in _within(book, "sheet"):
            kind, part = targets[next(value for key, value in entry.attrib.items() if key.endswith("}id"))]
            if kind == "worksheet":  # others hold charts and dialogues
                sheets.append(Sheet(unescape(entry.attrib["name"]), entry.get("state", VISIBLE), part))
        parts = dict(targets.values())
        settings = [entry.get("date1904", "0") for entry in _within(book, "workbookPr")]
        epoch = MAC_EPOCH if set(settings) & {"1", "true"} else WINDOWS_EPOCH
        strings = self._strings(parts["sharedStrings"]) if "sharedStrings" in parts else []
        dates = _dates(self._tree(parts["styles"])) if "styles" in parts else {}
        return sheets, Lookup(strings, dates, epoch)

    def _targets(self, part: str) -> dict[str, tuple[str, str]]:
        """Return kind and name of the parts that a part refers to, by id; those of other files are left out."""
        folder, name = posixpath.split(part)
        relations = f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"
        return {
            entry.attrib["Id"]: (
                entry.attrib["Type"].rpartition("/")[2],
                posixpath.normpath(posixpath.join("/", folder, entry.attrib["Target"])).lstrip("/"),
            )
            for entry in _within(self._tree(relations), "Relationship")
            if entry.get("TargetMode") != "External"
        }

    def _tree(self, part: str) -> Element:
        from defusedxml.ElementTree import fromstring

        if self._packed.getinfo(part).file_size > MAX_PART:
            raise ValueError(f"{part} is too large")
        tree: Element = fromstring(self._packed.read(part), forbid_dtd=True)
        return tree

    def _strings(self, part: str) -> list[str]:
        """Return the shared texts; of a text in several fonts its pieces joined, without how it is pronounced."""
        strings: list[str] = []
        pieces: list[str] = []
        text: list[str] = []
        local, state = LocalNames(), {"phonetic": False}

        def start(name: str, _: object) -> None:
            state["phonetic"] |= local[name] == "rPh"
            text.clear()

        def end(name: str) -> None:
            kind = local[name]
            if kind == "t" and not state["phonetic"]:
                pieces.append("".join(text))
            elif kind == "rPh":
                state["phonetic"] = False
            elif kind == "si":
                strings.append(unescape("".join(pieces)))
                pieces.clear()

        handlers = {"StartElementHandler": start, "EndElementHandler": end, "CharacterDataHandler": text.append}
        with self._packed.open(part) as file:
            parse(file, handlers)
        return strings


def _within(tree: Element, name: str) -> list[Element]:
    """Return the elements of a local name, whatever their namespace."""
    return [element for element in tree.iter() if str(element.tag).rpartition("}")[2] == name]


def _dates(styles: Element) -> dict[str, str]:
    """Return the styles, by number, that show a number as a date (`date`) or as a duration (`timedelta`)."""
    from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format

    formats = {str(number): code for number, code in BUILTIN_FORMATS.items()}
    formats |= {entry.attrib["numFmtId"]: entry.attrib["formatCode"] for entry in _within(styles, "numFmt")}
    dates = {}
    for group in _within(styles, "cellXfs"):
        for number, entry in enumerate(group):
            code = formats.get(entry.get("numFmtId", "0"), "General")
            if is_date_format(code):
                dates[str(number)] = "timedelta" if is_timedelta_format(code) else "date"
    return dates
