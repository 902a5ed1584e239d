"""The case with what is proposed: new sources, loads that grow, sources that close; limits stay those of the plan.

What a limit was worked out from moves with the loads: a percentage of the baseline, a share of a gap. A project is
judged by what the plan meant, so such targets become plain limits of the figure that they had. An expansion adds to
what the plan allows its source, and what the measures there remove stays what it was: nothing new is treated for free.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate_data.case import Case
from abate_data.checks.proposals import NEW
from abate_data.proposals import Proposal
from abate_data.schema import TABLES
from abate_models.problem import Problem
from abate_models.regions import Scopes

Floats = NDArray[np.float64]
Frame = pd.DataFrame
Records = list[dict[str, Any]]


def widened(case: Case, problem: Problem, proposals: Sequence[Proposal]) -> Case:
    """Return the case with the sources and loads that are proposed, none of them closed.

    Parameters
    ----------
    case, problem : those of the plan, with every limit resolved.
    proposals : in their order; new sources follow those of the case.
    """
    new = [one for one in proposals if one.kind == NEW]
    tables = {name: _with_sources(name, frame, new) for name, frame in case.tables.items()}
    tables["targets"] = _plain_limits(tables["targets"], problem)
    tables["proposals"] = _left_over(tables["proposals"], proposals)
    for name, records in (
        ("sources", [_source(case, one) for one in new]),
        ("loads", [_load(one, *item) for one in new for item in one.loads.items()]),
        ("transfer", [record for one in new for record in _responses(case, one)]),
        ("options", [_option(one, measure) for one in new for measure in one.measures]),
        ("removals", [record for one in new for record in _removals(case, one)]),
    ):
        tables[name] = with_records(tables[name], name, records)
    grown = [one for one in proposals if one.kind == "expansion"]
    tables["loads"] = _grown(tables["loads"], grown)
    kept = _kept_removals(problem, grown)
    tables["removals"] = with_records(_without(tables["removals"], kept), "removals", kept)
    tables["sources"] = _more_output(tables["sources"], grown)
    return replace(case, tables=tables)


def settled(case: Case, closed: Sequence[str], reserve: Floats) -> Case:
    """Return a widened case with sources closed, and with what targets hold back for growth from now on.

    A closed source keeps its rows: it emits nothing, makes nothing, and nothing may be asked of it.
    """
    sources, loads, targets = case["sources"], case["loads"], case["targets"]
    gone = sources["source"].isin(closed).to_numpy()
    sources = sources.assign(
        controllable=sources["controllable"].to_numpy() & ~gone,
        output=np.where(gone & sources["output"].notna(), 0.0, sources["output"]),
    )
    silent = loads["source"].isin(closed).to_numpy()
    for column in ("load", "floor", "raw_load"):
        loads = loads.assign(**{column: np.where(silent & loads[column].notna(), 0.0, loads[column])})
    targets = _without_output(replace(case, tables={**case.tables, "sources": sources}), targets)
    tables = {"sources": sources, "loads": loads, "targets": targets.assign(reserve=reserve)}
    return replace(case, tables={**case.tables, **tables})


def with_records(frame: Frame, table: str, records: Records) -> Frame:
    """Return a table of a case with further rows; what a record does not say is the default of its column."""
    if not records:
        return frame
    declared = {column.name: column for column in TABLES[table].columns}
    columns: dict[str, Any] = {}
    for name in frame.columns:
        dtype, default = frame[name].dtype, declared[name].default if name in declared else None
        if isinstance(dtype, pd.CategoricalDtype):
            columns[name] = pd.Categorical([record.get(name) for record in records], dtype=dtype)
        else:
            blank = default if default is not None else (np.nan if pd.api.types.is_numeric_dtype(dtype) else "")
            columns[name] = pd.Series([record.get(name, blank) for record in records], dtype=dtype)
    return pd.concat([frame, pd.DataFrame(columns)], ignore_index=True)


def _with_sources(table: str, frame: Frame, new: Sequence[Proposal]) -> Frame:
    """Return a table whose columns of sources know the new ones too."""
    names = [one.source for one in new]
    own = [column.name for column in TABLES[table].columns if column.domain == "source"]
    return frame.assign(**{name: frame[name].cat.add_categories(names) for name in own}) if names and own else frame


def _left_over(frame: Frame, proposals: Sequence[Proposal]) -> Frame:
    """Return the case's own proposals without those that are part of it from now on."""
    left = frame[~frame["proposal"].isin([one.proposal for one in proposals])].reset_index(drop=True)
    return left.assign(proposal=left["proposal"].cat.remove_unused_categories())


def _plain_limits(targets: Frame, problem: Problem) -> Frame:
    """Return the targets with limits that followed from loads turned into plain ones, in the unit of their row."""
    cut = (targets["kind"] == "reduction").to_numpy()
    moved = cut | (targets["basis"] == "gap_closure").to_numpy()
    return targets.assign(
        kind=np.where(cut, "load", targets["kind"].to_numpy(dtype=object)),
        basis=np.where(moved, "value", targets["basis"].to_numpy(dtype=object)),
        limit=np.where(moved, problem.targets.limit, targets["limit"]),
    )


def _without_output(case: Case, targets: Frame) -> Frame:
    """Return the targets with an intensity whose scope makes nothing any more as a cap of nothing."""
    scopes, output = Scopes(case), np.nan_to_num(case.values("sources", "output"))
    zones = zip(case.codes("targets", "region"), case.codes("targets", "sector"), strict=True)
    made = np.array([output[scopes.sources(*zone)].sum() for zone in zones])
    empty = ((targets["kind"] == "intensity") & (targets["basis"] == "output")).to_numpy() & (made == 0)
    if not empty.any():
        return targets
    return targets.assign(
        kind=np.where(empty, "load", targets["kind"].to_numpy(dtype=object)),
        basis=np.where(empty, "value", targets["basis"].to_numpy(dtype=object)),
        limit=np.where(empty, 0.0, targets["limit"]),
    )


def _source(case: Case, one: Proposal) -> dict[str, Any]:
    site = one.site
    if site is None:
        raise TypeError(f"the new source {one.source!r} has no site")
    said: dict[str, Any] = {"source": one.source, "name": site.name, "kind": site.source_kind}
    said |= {name: getattr(site, name) or None for name in ("region", "sector", "reach")}
    numbers = {name: getattr(site, name) for name in ("latitude", "longitude", "position", "output")}
    if site.like:
        there = case["sources"].set_index("source").loc[site.like]
        said["reach"] = there["reach"] if isinstance(there["reach"], str) else None
        numbers["position"] = there["position"]
    return said | numbers


def _load(one: Proposal, pollutant: str, load: float) -> dict[str, Any]:
    return {"source": one.source, "pollutant": pollutant, "load": load}


def _responses(case: Case, one: Proposal) -> Records:
    """Return the transfer of a new source: what it says itself, and the rest of that of the source it is like."""
    site = one.site
    if site is None:
        return []
    records = [
        {"source": one.source, "receptor": key[0], "pollutant": key[1], "parameter": key[2], "coefficient": value}
        for key, value in site.response.items()
    ]
    copied = _copied(case, "transfer", one, ("pollutant", one.loads))
    return records + [
        row for row in copied if (row["receptor"], row["pollutant"], row["parameter"]) not in site.response
    ]


def _copied(case: Case, table: str, one: Proposal, of: tuple[str, Iterable[str]]) -> Records:
    """Return the rows that a table has of the source that a new one is like, as rows of the new one.

    Parameters
    ----------
    of : a column, and which of its ids count.
    """
    frame = case[table]
    like = "" if one.site is None else one.site.like
    rows = frame[((frame["source"] == like) & frame[of[0]].isin(list(of[1]))).to_numpy()] if like else frame[:0]
    ids = [column.name for column in TABLES[table].columns if column.kind == "id"]
    records = rows.astype(dict.fromkeys(ids, object)).to_dict("records")
    return [{**{str(name): value for name, value in row.items()}, "source": one.source} for row in records]


def _option(one: Proposal, measure: str) -> dict[str, Any]:
    extent, cost = one.measures[measure], one.unit_costs[measure]
    return {"source": one.source, "measure": measure, "max_extent": extent, "unit_cost": cost}


def _removals(case: Case, one: Proposal) -> Records:
    """Return what the measures of a new source remove where the source that it is like has removals of its own."""
    return _copied(case, "removals", one, ("measure", one.measures))


def _grown(loads: Frame, grown: Iterable[Proposal]) -> Frame:
    """Return the loads with expansions added, the raw load behind them as well."""
    load, raw = loads["load"].to_numpy(copy=True), loads["raw_load"].to_numpy(copy=True)
    place = _places(loads)
    for one in grown:
        for pollutant, more in one.loads.items():
            row = place[one.source, pollutant]
            load[row] += more
            raw[row] += more
    return loads.assign(load=load, raw_load=raw)


def _places(loads: Frame) -> dict[tuple[str, str], int]:
    return {key: row for row, key in enumerate(zip(loads["source"], loads["pollutant"], strict=True))}


def _kept_removals(problem: Problem, grown: Iterable[Proposal]) -> Records:
    """Return what the measures at growing sources remove as masses, so that it does not grow with the load."""
    options = problem.options
    keys = {key: row for row, key in enumerate(problem.loads.keys)}
    rows = dict.fromkeys((one.source, pollutant) for one in grown for pollutant in one.loads)
    records = []
    for source, pollutant in rows:
        row = options.removal[[keys[source, pollutant]]]
        for option, removed in zip(row.indices.tolist(), row.data.tolist(), strict=True):
            measure = options.keys[option][1]
            record = {"source": source, "measure": measure, "pollutant": pollutant, "removal": removed, "basis": "mass"}
            records.append(record)
    return records


def _without(removals: Frame, records: Records) -> Frame:
    """Return the removals without the rows that records take the place of."""
    replaced = {(one["source"], one["measure"], one["pollutant"]) for one in records}
    keys = zip(*(removals[name].astype(object) for name in ("source", "measure", "pollutant")), strict=True)
    return removals[np.array([key not in replaced for key in keys], dtype=bool)].reset_index(drop=True)


def _more_output(sources: Frame, grown: Iterable[Proposal]) -> Frame:
    """Return the sources with the yearly production that expansions add."""
    output = sources["output"].to_numpy(copy=True)
    place = {name: row for row, name in enumerate(sources["source"])}
    for one in grown:
        if not np.isnan(one.output):
            output[place[one.source]] = np.nan_to_num(output[place[one.source]]) + one.output
    return sources.assign(output=output)
