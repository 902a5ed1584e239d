"""A case from a folder, a workbook, DataFrames, or the shelf of cases that come with abate."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from abate_data import folder
from abate_data.case import Case
from abate_data.check import check
from abate_data.errors import Finding, InputError
from abate_data.names import offer, sentence
from abate_data.raw import Raw, read_mapping
from abate_data.workbook import read_workbook

_SHELF = resources.files("abate_data") / "cases"


def load(source: str | Path | Mapping[str, Any], scenario: str | None = None) -> Case:
    """Return a case that has passed every check; the same case from whichever form it is read.

    Parameters
    ----------
    source : one of

        - the name of a shipped case (see `shipped_cases`);
        - the path of a folder with `case.toml` and a `TABLE.csv` per table;
        - the path of an `.xlsx` workbook with a sheet `case` (columns key and value, keys such as
          `units.load`, a key repeated where it is a list) and a sheet per table;
        - a mapping `{"case": settings, TABLE: DataFrame, ...}`; the frames are not changed.
    scenario : name of a set of tables that replace those of the case whole: the folder `scenarios/NAME`, the
        sheets `TABLE@NAME`, or `{"scenarios": {NAME: {TABLE: DataFrame}}}`.

    Raises
    ------
    InputError
        With every finding: what is wrong, in which table, row and column, and the cure. Rows are numbered as
        in a spreadsheet: the header is row 1.
    """
    return check(_read(source, scenario))


def shipped_cases() -> dict[str, str]:
    """Return the titles of the cases that come with abate, by name."""
    names = sorted(place.name for place in _SHELF.iterdir() if (place / folder.SETTINGS).is_file())
    settings = {name: tomllib.loads((_SHELF / name / folder.SETTINGS).read_text("utf-8")) for name in names}
    return {name: str(settings[name].get("title", "")) for name in names}


def shipped_scenarios(name: str) -> list[str]:
    """Return the names of the scenarios of a case that comes with abate."""
    place = _SHELF / name / "scenarios"
    return sorted(one.name for one in place.iterdir() if one.is_dir()) if place.is_dir() else []


def _read(source: str | Path | Mapping[str, Any], scenario: str | None) -> Raw:
    if isinstance(source, Mapping):
        return read_mapping(source, scenario)
    if isinstance(source, str) and source in shipped_cases():
        with resources.as_file(_SHELF / source) as shelf:
            return folder.read_folder(shelf, scenario)
    try:
        path = Path(source)
        if path.is_dir():
            return folder.read_folder(path, scenario)
        if path.is_file():
            return read_workbook(path, scenario)
    except (TypeError, ValueError) as error:  # nothing that a file can be called
        raise InputError([Finding("case", "is not a path", "name a case, a folder or a workbook")]) from error
    cure = f"{sentence(offer(str(source), shipped_cases(), 'case'))} Or give the path of a folder or workbook"
    raise InputError([Finding("case", "is neither a shipped case nor a folder or workbook", cure, value=str(source))])
