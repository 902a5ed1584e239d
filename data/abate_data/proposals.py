"""Proposed projects on their way to an appraisal: as Python objects, or as a table that passes the door of a case."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from abate_data import folder, workbook
from abate_data.case import Case
from abate_data.check import check_proposals
from abate_data.checks.proposals import NEW, SITE
from abate_data.columns import Column
from abate_data.conversion import label
from abate_data.errors import Finding, InputError
from abate_data.raw import FIRST_ROW, Raw
from abate_data.schema import TABLES
from abate_data.write import is_workbook

_TABLE = "proposals"


@dataclass(frozen=True)
class Site:
    """Where a new source is, and how receptors respond to it.

    Attributes
    ----------
    region, sector : what it counts for; blank for none.
    source_kind : point or diffuse.
    like : a source of the case whose place it shares: receptors respond to a unit of load alike.
    reach, position : where it lies on a river; position is the distance from the head of the reach, in the case's unit.
    response : (receptor, pollutant, parameter) -> rise of the parameter per unit of load [quality unit per load unit].
        What stands here counts before `like`.
    elsewhere : "none" where receptors that `response` does not name do not respond; blank where every receptor with a
        target has to be named.
    latitude, longitude : degrees; NaN where not given.
    output : yearly production, in the source's own unit; NaN where not given.
    name : what people call it.
    """

    region: str = ""
    sector: str = ""
    source_kind: str = "point"
    like: str = ""
    reach: str = ""
    position: float = 0.0
    response: Mapping[tuple[str, str, str], float] = field(default_factory=dict)
    elsewhere: str = ""
    latitude: float = math.nan
    longitude: float = math.nan
    output: float = math.nan
    name: str = ""


@dataclass(frozen=True)
class Proposal:
    """A proposed project. Make one with `new_source`, `expansion`, `measure` or `shutdown`.

    Attributes
    ----------
    proposal : its id.
    kind : new_source, expansion, measure or shutdown.
    source : the source that it changes; a new one is called like its proposal.
    loads : pollutant -> load per year that it adds, in the case's load unit.
    measures : measure -> extent asked for; of a new source the most that fits there.
    unit_costs : of a new source, measure -> yearly cost of one unit of extent.
    site : of a new source, where it is; else None.
    output : by how much an expansion raises the yearly production of its source.
    """

    proposal: str
    kind: str
    source: str
    loads: Mapping[str, float] = field(default_factory=dict)
    measures: Mapping[str, float] = field(default_factory=dict)
    unit_costs: Mapping[str, float] = field(default_factory=dict)
    site: Site | None = None
    output: float = math.nan

    @classmethod
    def new_source(
        cls,
        proposal: str,
        loads: Mapping[str, float],
        site: Site,
        *,
        measures: Mapping[str, tuple[float, float]] | None = None,
    ) -> Proposal:
        """Return the proposal of a source that the case does not have yet, called like the proposal.

        Parameters
        ----------
        loads : what it will emit, after the treatment that it is built with.
        measures : further measures that it could take: the most that fits, and the yearly cost of a unit of extent.
        """
        offered = measures or {}
        extents = {name: most for name, (most, _) in offered.items()}
        costs = {name: cost for name, (_, cost) in offered.items()}
        return cls(proposal, NEW, proposal, dict(loads), extents, costs, site)

    @classmethod
    def expansion(cls, proposal: str, source: str, loads: Mapping[str, float], *, output: float = math.nan) -> Proposal:
        """Return the proposal of a source that wants to emit so much more than the plan allows it."""
        return cls(proposal, "expansion", source, dict(loads), output=output)

    @classmethod
    def measure(cls, proposal: str, source: str, extents: Mapping[str, float]) -> Proposal:
        """Return the proposal of a source that wants other extents of measures than planned; those not named stay."""
        return cls(proposal, "measure", source, measures=dict(extents))

    @classmethod
    def shutdown(cls, proposal: str, source: str) -> Proposal:
        """Return the proposal of a source that closes, and emits nothing any more."""
        return cls(proposal, "shutdown", source)


#: What proposals may be given as.
Proposed = Proposal | Sequence[Proposal] | pd.DataFrame | str | Path


def read_proposals(case: Case, given: Proposed | None = None) -> tuple[Proposal, ...]:
    """Return proposals that have passed every check, in their order, in the units of the case.

    Parameters
    ----------
    case : what they are about.
    given : one or several proposals; or a table of them: a DataFrame, the path of a CSV file or of a workbook with a
        sheet `proposals`; None for the case's own table.

    Raises
    ------
    InputError
        With everything that is wrong: unknown ids, what a kind of project needs and does not say, numbers that are
        none, units that cannot be converted, no proposal at all.
    """
    frame = case[_TABLE] if given is None else _checked(case, _raw(case, given))
    if not len(frame):
        raise _nothing()
    groups = frame.groupby("proposal", sort=False, observed=True)
    return tuple(_proposal(str(name), rows) for name, rows in groups)


def _nothing() -> InputError:
    return InputError([Finding(_TABLE, "there is no proposal", "give at least one, or a row of the table")])


def _checked(case: Case, raw: Raw) -> pd.DataFrame:
    return check_proposals(replace(raw, tables={**_domains(case), **raw.tables}), case.settings)


def _raw(case: Case, given: Proposed) -> Raw:
    """Return the proposals as written, numbered as in a spreadsheet."""
    if isinstance(given, Proposal):
        given = [given]
    if isinstance(given, str | Path):
        return _read_file(Path(given))
    if isinstance(given, Sequence) and not given:
        raise _nothing()
    if isinstance(given, pd.DataFrame):
        frame = given
    elif isinstance(given, Sequence) and all(isinstance(one, Proposal) for one in given):
        listed = [one for one in given if isinstance(one, Proposal)]
        _refuse_repeated(listed)
        frame = _frame(case, listed)
    else:
        cure = "give proposals (abate.Proposal), a DataFrame, or the path of a CSV file or workbook"
        raise InputError([Finding(_TABLE, "are no proposals", cure, value=repr(given)[:80])])
    return Raw({}, {_TABLE: frame.set_axis(pd.RangeIndex(FIRST_ROW, FIRST_ROW + len(frame)), axis=0)})


def _read_file(path: Path) -> Raw:
    if is_workbook(path):
        written, wrong, unread = workbook.read_one_sheet(path, _TABLE)
        return Raw({}, {_TABLE: written}, findings=tuple(wrong), unread=unread)
    written, wrong = folder.read_csv(path, _TABLE)
    return Raw({}, {_TABLE: written}, findings=tuple(wrong))


def _refuse_repeated(given: Iterable[Proposal]) -> None:
    names = [one.proposal for one in given]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        cure = "give each project an id of its own"
        raise InputError([Finding(_TABLE, "two proposals have one id", cure, value=name) for name in twice])


def _frame(case: Case, proposals: Sequence[Proposal]) -> pd.DataFrame:
    """Return proposals as a planner would write them."""
    rows = [row for one in proposals for row in _rows(one)]
    frame = pd.DataFrame(rows, columns=[column.name for column in TABLES[_TABLE].columns], dtype=object)
    # an absent column is a blank one
    frame = frame.loc[:, frame.notna().any()]
    stated = {column.name: label(column, case.settings) for column in TABLES[_TABLE].columns if column.unit == "load"}
    return frame.rename(columns={name: f"{name} [{unit}]" for name, unit in stated.items() if unit})


def _rows(one: Proposal) -> list[dict[str, Any]]:
    same: dict[str, Any] = {"proposal": one.proposal, "kind": one.kind}
    if one.kind != NEW:
        same["source"] = one.source
    elif one.site is not None:
        same |= {name: _blank(getattr(one.site, name)) for name in SITE}
        same["position"] = one.site.position or None
    else:
        cure = "say where it is: give a Site"
        raise InputError([Finding(_TABLE, "a new source has no site", cure, value=one.proposal)])
    same["output"] = _blank(one.output if one.site is None else one.site.output)
    rows = [{**same, "pollutant": pollutant, "load": load} for pollutant, load in one.loads.items()]
    rows += [
        {**same, "measure": measure, "extent": extent, "unit_cost": one.unit_costs.get(measure)}
        for measure, extent in one.measures.items()
    ]
    if one.site is not None:
        rows += [
            {**same, "receptor": receptor, "pollutant": pollutant, "parameter": parameter, "coefficient": coefficient}
            for (receptor, pollutant, parameter), coefficient in one.site.response.items()
        ]
    return rows or [same]


def _blank(value: object) -> object:
    """Return None for what is not said."""
    return None if value == "" or (isinstance(value, float) and math.isnan(value)) else value


def _proposal(name: str, rows: pd.DataFrame) -> Proposal:
    kind = str(rows["kind"].iloc[0])
    emitted = rows[rows["load"].notna()]
    asked = rows[rows["measure"].notna()]
    measures = asked["measure"].astype(str)
    return Proposal(
        proposal=name,
        kind=kind,
        source=name if kind == NEW else str(_first(rows, "source")),
        loads=dict(zip(emitted["pollutant"].astype(str), emitted["load"].tolist(), strict=True)),
        measures=dict(zip(measures, asked["extent"].tolist(), strict=True)),
        unit_costs=dict(zip(measures, asked["unit_cost"].tolist(), strict=True)) if kind == NEW else {},
        site=_site(rows) if kind == NEW else None,
        output=math.nan if kind == NEW else float(_first(rows, "output")),
    )


def _site(rows: pd.DataFrame) -> Site:
    answered = rows[rows["receptor"].notna()]
    keys = zip(*(answered[column].astype(str) for column in ("receptor", "pollutant", "parameter")), strict=True)
    said = {name: _first(rows, name) for name in SITE}
    return Site(response=dict(zip(keys, answered["coefficient"].tolist(), strict=True)), **said)


def _first(rows: pd.DataFrame, name: str) -> Any:
    """Return what the rows of a project say in one column: the first that is not blank."""
    column: Column = TABLES[_TABLE].column(name)
    values = rows[name]
    if column.kind == "id":
        values = values.astype(object)
    said = values[values.notna() & (values != column.default)]
    if len(said):
        return said.iloc[0]
    return "" if column.kind == "id" else column.default


def _domains(case: Case) -> dict[str, pd.DataFrame]:
    """Return the tables that define ids, with no more than the columns that proposals are checked against."""
    columns = {
        "regions": ["region"],
        "sources": ["source", "region", "sector"],
        "loads": ["source", "pollutant"],
        "measures": ["measure"],
        "options": ["source", "measure"],
        "receptors": ["receptor", "reach"],
        "transfer": ["receptor", "parameter"],
        "reaches": ["reach", "length"],
        "kinetics": ["pollutant", "parameter", "oxygen_demand"],
        "background": ["receptor", "parameter"],
        "targets": ["receptor", "parameter"],
    }
    return {name: case[name][wanted].drop_duplicates() for name, wanted in columns.items() if len(case[name])}
