"""Allocations that were negotiated or permitted, taken from a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.errors import Finding, InputError
from abate.plan import Plan
from abate.strategies.study import Study
from abate_data.names import offer

Floats = NDArray[np.float64]


def given(study: Study, *, allocations: pd.DataFrame | None = None) -> Plan:
    """Judge allocations that were negotiated or permitted: column permit_load of table loads, or a table of your own.

    Parameters
    ----------
    allocations : columns source, pollutant (may be left out where the case has one) and allowed, in the case's load
        unit. A load without a row stays as it is today, as does one without a permit.

    Raises
    ------
    InputError
        Where the table names no column or load of the case, names one twice, or gives no number from 0 on.
    """
    allowed = _permitted(study) if allocations is None else _from_table(study, allocations)
    baseline = study.problem.loads.baseline
    named = ~np.isnan(allowed)
    return study.reaching.plan(
        np.where(named, allowed, baseline), "given", {"loads with an allocation": float(named.sum())}
    )


def _permitted(study: Study) -> Floats:
    permits = study.case.values("loads", "permit_load")
    if np.isnan(permits).all():
        cure = "fill it in, or hand over a table of allocations with columns source, pollutant and allowed"
        raise InputError([Finding("loads", "gives no allocation to judge", cure, column="permit_load")])
    return permits


def _from_table(study: Study, table: pd.DataFrame) -> Floats:
    keys = study.problem.loads.keys
    wanted = _keys(study, table)
    place = {key: row for row, key in enumerate(keys)}
    amounts = pd.to_numeric(table["allowed"], errors="coerce").to_numpy(dtype=float)
    findings = []
    for row, (key, amount) in enumerate(zip(wanted, amounts, strict=True), start=1):
        if key not in place:
            cure = offer(key[0], [source for source, _ in keys], "load")
            findings.append(Finding("allocations", "the case has no such load", cure, f"row {row}", "", ", ".join(key)))
        if not (np.isfinite(amount) and amount >= 0):
            cure = "give a load from 0 on, in the unit of the case's loads"
            value = str(table["allowed"].iloc[row - 1])
            findings.append(Finding("allocations", "is no load", cure, f"row {row}", "allowed", value))
    twice = pd.Series(wanted, dtype=object).duplicated().to_numpy()
    for at in np.flatnonzero(twice):
        cure = "keep one row for each load"
        findings.append(Finding("allocations", "stands there twice", cure, f"row {at + 1}", "", ", ".join(wanted[at])))
    if findings:
        raise InputError(findings)
    allowed = np.full(len(keys), np.nan)
    allowed[[place[key] for key in wanted]] = amounts
    return allowed


def _keys(study: Study, table: pd.DataFrame) -> list[tuple[str, str]]:
    pollutants = study.problem.pollutants
    needed = ["source", "allowed"] if len(pollutants) == 1 else ["source", "pollutant", "allowed"]
    missing = [column for column in needed if column not in table]
    if missing:
        cure = f"the table needs columns {', '.join(needed)}"
        raise InputError([Finding("allocations", "is missing", cure, column=column) for column in missing])
    pollutant = table["pollutant"] if "pollutant" in table else [pollutants[0]] * len(table)
    return [(str(source), str(name)) for source, name in zip(table["source"], pollutant, strict=True)]
