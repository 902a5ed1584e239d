"""A case in a folder: `case.toml`, a CSV file per table, and `scenarios/NAME/TABLE.csv` in place of some."""

from __future__ import annotations

import csv
import io
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from abate_data.draft import LISTED
from abate_data.errors import Finding, InputError
from abate_data.raw import FIRST_ROW, Raw, require_scenario

SETTINGS = "case.toml"
SCENARIOS = "scenarios"


class _UnreadableError(Exception):
    """A file that cannot be read, with the finding that says why."""

    def __init__(self, problem: str, cure: str) -> None:
        super().__init__(problem)
        self.problem, self.cure = problem, cure


def read_folder(folder: Path, scenario: str | None) -> Raw:
    """Read the files of a case as they are.

    Raises
    ------
    InputError
        Where the folder cannot be listed or has no such scenario. What is wrong with a file is a finding of
        the result.
    """
    base = folder.resolve()
    files = {path.stem: path for path in _csv_files(folder)}
    if scenario is not None:
        place = folder / SCENARIOS
        require_scenario(scenario, sorted(path.name for path in _listed(place) if path.is_dir()))
        files |= {path.stem: path for path in _csv_files(place / scenario)}
    findings: list[Finding] = []
    tables: dict[str, pd.DataFrame] = {}
    for name, path in files.items():
        try:
            tables[name] = _read_table(_text(path, base), name, findings)
        except _UnreadableError as error:
            findings.append(Finding(name, error.problem, error.cure))
    return Raw(_settings(folder / SETTINGS, base, findings), tables, scenario or "", tuple(findings))


def read_csv(path: Path, name: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the cells of one CSV file as text, by row of a spreadsheet, and what is wrong with single rows.

    Raises
    ------
    InputError
        Where the file cannot be read at all.
    """
    findings: list[Finding] = []
    try:
        return _read_table(_text(path, path.resolve().parent), name, findings), findings
    except _UnreadableError as error:
        raise InputError([Finding(name, error.problem, error.cure)]) from error


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir()) if folder.exists() else []
    except OSError as error:
        finding = Finding(folder.name, f"cannot be listed: {error.strerror}", "check the path and its permissions")
        raise InputError([finding]) from error


def _csv_files(folder: Path) -> list[Path]:
    return [path for path in _listed(folder) if path.suffix.lower() == ".csv" and not path.name.startswith(".")]


def _text(path: Path, base: Path) -> str:
    """Return a file's text; a byte-order mark of UTF-8 is dropped."""
    try:
        if not path.resolve().is_relative_to(base):
            raise _UnreadableError("the file lies outside the folder of the case", "copy it into the folder")
        content = path.read_bytes()
    except OSError as error:
        cure = "check that the file is there and may be read"
        raise _UnreadableError(f"{path.name} cannot be read: {error.strerror}", cure) from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        problem = f"{path.name} is not UTF-8 text (byte {content[error.start]:#04x} in line {line})"
        raise _UnreadableError(problem, "save it as 'CSV UTF-8', or as UTF-8 text") from error
    if "\0" in text:
        raise _UnreadableError(f"{path.name} holds zero bytes, as UTF-16 text does", "save it as 'CSV UTF-8'")
    return text


def _settings(path: Path, base: Path, findings: list[Finding]) -> dict[str, Any]:
    try:
        return tomllib.loads(_text(path, base).replace("\r\n", "\n"))
    except _UnreadableError as error:
        findings.append(Finding(SETTINGS, error.problem, error.cure))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        findings.append(Finding(SETTINGS, f"is not TOML: {error}", 'correct that line: settings look like name = "x"'))
    return {}


def _read_table(text: str, name: str, findings: list[Finding]) -> pd.DataFrame:
    """Return the cells of a CSV file as text; rows with too few or too many cells become findings."""
    try:
        header, skipped, count = _scan(text, name, findings)
    except csv.Error as error:
        raise _UnreadableError(
            f"is not CSV: {error}", "close every quotation mark, and save it as CSV again"
        ) from error
    frame = pd.read_csv(
        io.StringIO(text, newline=""),
        header=None,
        names=range(len(header)),
        skiprows=[0, *skipped],
        dtype="str",  # as a category, the id 007 would become the number 7
        na_filter=False,
        index_col=False,
        skip_blank_lines=False,
    )
    frame.columns = pd.Index(header, dtype=object)
    frame.index = pd.Index(np.delete(np.arange(FIRST_ROW, count + 1), np.array(skipped, dtype=int) - 1))
    return frame


def _scan(text: str, name: str, findings: list[Finding]) -> tuple[list[str], list[int], int]:
    """Return the header, the positions of rows to skip, and the number of rows with header and blank ones.

    Rows that are blank, and rows with more or fewer cells than the header, are skipped; the latter are found.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = next(reader, [])
    if not any(cell.strip() for cell in header):
        raise _UnreadableError("row 1 is empty", "write the names of the columns in row 1, or delete the file")
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        raise _UnreadableError("the cells are not separated by commas", "save it as CSV with commas")
    skipped, ragged, position = [], 0, 0
    for position, cells in enumerate(reader, start=1):
        if len(cells) == len(header) and any(cells):
            continue
        skipped.append(position)
        if any(cells):
            ragged += 1
            if ragged <= LISTED:
                problem = f"has {len(cells)} cells where the header has {len(header)}"
                cure = "put texts with commas in quotation marks, and add or remove commas"
                findings.append(Finding(name, problem, cure, row=f"row {position + 1}", value=cells[0][:80]))
    if ragged > LISTED:
        findings.append(Finding(name, f"{ragged - LISTED} more rows like these, {ragged} in all", "mend them likewise"))
    return header, skipped, position + 1
