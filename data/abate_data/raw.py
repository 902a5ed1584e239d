"""A case as it was written, before anything is known to be right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from abate_data.errors import Finding, InputError
from abate_data.names import offer
from abate_data.places import Layout

#: The first row below the header, as a spreadsheet counts: the header is row 1.
FIRST_ROW = 2


@dataclass(frozen=True)
class Raw:
    """Settings and tables as written.

    Attributes
    ----------
    settings : what `case.toml` holds.
    tables : frames by table name, whatever their columns hold; the index is the row of a spreadsheet.
    scenario : the scenario that replaced some tables, or empty.
    findings : what could not be read at all.
    place : where a planner finds the settings: `case.toml`, or the sheet `case` of a workbook.
    unread : (table, row, position of the column) of cells that could not be read and are in `findings`.
    layout : where a workbook has the tables and settings; None where the case comes from elsewhere.
    """

    settings: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    scenario: str = ""
    findings: tuple[Finding, ...] = ()
    place: str = "case.toml"
    unread: frozenset[tuple[str, int, int]] = frozenset()
    layout: Layout | None = None


def read_mapping(source: Mapping[str, Any], scenario: str | None) -> Raw:
    """Take a case from `{"case": settings, TABLE: frame, "scenarios": {NAME: {TABLE: frame}}}`."""
    findings: list[Finding] = []
    parts = {str(name): part for name, part in source.items() if name not in ("case", "scenarios")}
    if scenario is not None:
        scenarios = _mapping(source.get("scenarios", {}), "scenarios", findings)
        require_scenario(scenario, list(scenarios))
        parts |= _mapping(scenarios[scenario], f"scenario {scenario}", findings)
    settings = _mapping(source.get("case", {}), "case.toml", findings)
    tables = {name: _numbered(part) for name, part in parts.items() if isinstance(part, pd.DataFrame)}
    for name in parts.keys() - tables.keys():
        value = type(parts[name]).__name__
        findings.append(Finding(name, "is not a table", "give a pandas DataFrame", value=value))
    return Raw(settings, tables, scenario or "", tuple(findings))


def _mapping(part: object, name: str, findings: list[Finding]) -> dict[str, Any]:
    if isinstance(part, Mapping):
        return {str(key): value for key, value in part.items()}
    findings.append(Finding(name, "is not a mapping", "give a dict", value=type(part).__name__))
    return {}


def _numbered(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.set_axis(pd.RangeIndex(FIRST_ROW, FIRST_ROW + len(frame)), axis=0)


def require_scenario(name: str, known: list[str]) -> None:
    """Raise InputError where the case has no scenario of this name."""
    if name not in known:
        cure = offer(name, known, "scenario")
        raise InputError([Finding("scenarios", "the case has no such scenario", cure, value=name)])
