"""From a case as it was written to a `Case`: what the rules find wrong is raised together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from abate_data.case import Case
from abate_data.checks import (
    observations,
    options,
    proposals,
    references,
    river,
    rules,
    scopes,
    seasons,
    structure,
    targets,
    values,
)
from abate_data.conversion import convert_stated
from abate_data.draft import Draft, make_draft
from abate_data.errors import Finding, InputError
from abate_data.places import with_cell
from abate_data.raw import Raw
from abate_data.schema import TABLES
from abate_data.settings import Settings

#: The rules of the columns and cells of any table.
CELLS: tuple[Callable[[Draft], Iterator[Finding]], ...] = (
    structure.check_columns,
    structure.check_header_units,
    values.check_cells,
    values.check_mixed_units,
    values.check_characters,
    values.check_blanks,
    values.check_finite,
    values.check_whole,
    values.check_ranges,
)

#: The rules of the table of observations; what is found wrong depends on ids that other tables define.
OBSERVED: tuple[Callable[[Draft], Iterator[Finding]], ...] = (
    observations.check_observed,
    observations.check_modelled,
    observations.check_periods,
    observations.check_horizon,
    observations.check_observed_units,
    observations.check_observed_values,
    observations.check_repeated_reports,
    observations.check_revisions,
    observations.check_overlaps,
)

#: The rules of the table of proposals, which depend on other tables likewise.
PROPOSED: tuple[Callable[[Draft], Iterator[Finding]], ...] = (
    proposals.check_proposed,
    proposals.check_new_sources,
    proposals.check_one_project,
    proposals.check_known,
    proposals.check_names,
    proposals.check_places,
    proposals.check_coefficients,
)

#: Every rule of a case; each yields what it finds wrong.
RULES: tuple[Callable[[Draft], Iterator[Finding]], ...] = (
    structure.check_tables,
    structure.check_units,
    *CELLS,
    values.check_signs,
    values.check_removals,
    values.check_floors,
    values.check_raw_loads,
    references.check_keys,
    references.check_references,
    references.check_spellings,
    references.check_region_tree,
    references.check_river_ends,
    river.check_reaches,
    river.check_kinetics,
    river.check_positions,
    river.check_one_transport,
    options.check_extents,
    options.check_bounded,
    options.check_groups,
    options.check_capital,
    options.check_effects,
    targets.check_subjects,
    targets.check_bases,
    targets.check_senses,
    targets.check_percentages,
    targets.check_held_back,
    targets.check_years,
    targets.check_repeated,
    targets.check_contradictions,
    scopes.check_scopes,
    scopes.check_divisors,
    scopes.check_reached,
    rules.check_bounds,
    seasons.check_months,
    seasons.check_shares,
    seasons.check_used,
    *OBSERVED,
    *PROPOSED,
)


def check(raw: Raw) -> Case:
    """Return the case that was written.

    Raises
    ------
    InputError
        Where anything is wrong with it: with everything that is.
    """
    settings, wrong = structure.read_settings(raw)
    draft = make_draft(raw, settings)
    convert_stated(draft)
    findings = [*raw.findings, *wrong]
    for rule in RULES:
        findings.extend(rule(draft))
    if findings:
        order = {name: place for place, name in enumerate(["case.toml", *TABLES])}
        findings.sort(key=lambda finding: order.get(finding.table, -1))
        raise InputError([_placed(finding, raw) for finding in findings])
    return Case(settings, {name: _final(draft, name) for name in TABLES}, raw.scenario)


def check_observations(raw: Raw, settings: Settings) -> pd.DataFrame:
    """Return the table of observations as a case would hold it.

    Parameters
    ----------
    raw : the observations, with what is needed of the tables that define their ids; these are not checked again.

    Raises
    ------
    InputError
        With everything that is wrong with the observations.
    """
    return _checked_table(raw, settings, "observations", OBSERVED)


def check_proposals(raw: Raw, settings: Settings) -> pd.DataFrame:
    """Return the table of proposals as a case would hold it.

    Parameters
    ----------
    raw : the proposals, with what is needed of the tables that define their ids; these are not checked again.

    Raises
    ------
    InputError
        With everything that is wrong with the proposals.
    """
    return _checked_table(raw, settings, "proposals", (references.check_keys, *PROPOSED))


def _checked_table(
    raw: Raw, settings: Settings, name: str, rules: Iterable[Callable[[Draft], Iterator[Finding]]]
) -> pd.DataFrame:
    """Return one table as a case would hold it, checked by the rules of cells and ids and by rules of its own."""
    draft = make_draft(raw, settings)
    convert_stated(draft)
    findings = list(raw.findings)
    for rule in (*CELLS, references.check_references, *rules):
        findings.extend(finding for finding in rule(draft) if finding.table == name)
    if findings:
        raise InputError(findings)
    return _final(draft, name)


def _placed(finding: Finding, raw: Raw) -> Finding:
    """Return a finding that names the settings, and the cell of a workbook, as the planner knows them."""
    if raw.layout is not None:
        finding = with_cell(finding, raw.layout, raw.tables)
    if raw.place == "case.toml":
        return finding
    table = raw.place if finding.table == "case.toml" else finding.table
    return replace(finding, table=table, cure=finding.cure.replace("case.toml", f"the sheet {raw.place}"))


def _final(draft: Draft, name: str) -> pd.DataFrame:
    """Return a table as the case holds it: rows numbered from 0, whole numbers as such."""
    frame = draft.tables[name].reset_index(drop=True)
    for column in TABLES[name].columns:
        if column.kind == "integer" and not np.isnan(float(column.default or 0)):
            frame[column.name] = frame[column.name].astype(np.int64)
    return frame
