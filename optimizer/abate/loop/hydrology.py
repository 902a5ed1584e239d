r"""Loads judged at the hydrology that their cap is meant for, year by year.

Rain carries nitrogen and phosphorus off the land: a wet year brings a high load whatever was done, and a dry one hides
what was not. A cap that is meant for a reference flow is therefore held against the load of the year as it would have
been at that flow,

.. math::

    N_t = L_t \, \frac{Q_{ref}}{Q_t}

with L the monitored load of all sources in the target's scope [load per year], Q the flow of water through the
target's region [volume per year] and Q_ref its reference_flow; the year complies where N <= cap. That is the same as
to hold the ratio L / Q [load per volume] against cap / Q_ref. Source: Tampa Bay Nitrogen Management Consortium, Final
2009 Reasonable Assurance Addendum, and the article `aa` of tbeploads (commit 4213dd856bab), which normalises so.

Every result is of calendar years; a period belongs to the year in which it ends. Rates of several periods of a year
are averaged by their days. A source without a figure in a year counts for nothing and is named.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.errors import Finding, InputError
from abate.loop.periods import Period
from abate_data.case import Case
from abate_models.problem import Problem, read_problem
from abate_models.targets import CAP

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

#: Columns of the verdicts, with their types.
VERDICTS = {
    "target": "object",
    "year": "int64",
    "load": "float64",
    "flow": "float64",
    "normalised": "float64",
    "ratio": "float64",
    "reference_ratio": "float64",
    "limit": "float64",
    "attained": "boolean",
    "raw_attained": "boolean",
    "covered": "float64",
    "missing": "object",
    "remark": "object",
}


@dataclass(frozen=True)
class Yearly:
    """Monitored figures by calendar year.

    Attributes
    ----------
    years : the years, in order.
    load : (loads x years), load per year in the case's unit; NaN where none was reported.
    flow : (regions x years), in the case's unit of flow; NaN where none was observed.
    load_share, flow_share : share of the year's days that they cover, 0 to 1.
    """

    years: list[int]
    load: Floats
    flow: Floats
    load_share: Floats
    flow_share: Floats


def yearly(problem: Problem, observations: pd.DataFrame) -> Yearly:
    """Return monitored loads and flows by calendar year.

    Parameters
    ----------
    observations : rows of the observations table, in the case's units and of the last revision, as
        `abate_data.observations.clean_observations` leaves them.

    Raises
    ------
    InputError
        Where periods of one source or region overlap: a mean over them would count days twice.
    """
    loads = observations[observations["kind"] == "load"]
    flows = observations[observations["kind"] == "flow"]
    ends = pd.to_datetime(pd.concat([loads["period_end"], flows["period_end"]])).dt.year
    years = list(range(int(ends.min()), int(ends.max()) + 1)) if len(ends) else []
    keys = pd.MultiIndex.from_frame(loads[["source", "pollutant"]].astype(object))
    load_place = pd.MultiIndex.from_tuples(problem.loads.keys).get_indexer(keys)
    flow_place = pd.Index(problem.regions, dtype=object).get_indexer(pd.Index(flows["region"].astype(object)))
    load = _means(
        loads, load_place, [f"load of {source}, {pollutant}" for source, pollutant in problem.loads.keys], years
    )
    flow = _means(flows, flow_place, [f"flow of {region}" for region in problem.regions], years)
    return Yearly(years, load[0], flow[0], load[1], flow[1])


def verdicts(case: Case, observations: pd.DataFrame) -> pd.DataFrame:
    """Judge every year's load of each target that has a reference flow, at that flow.

    Parameters
    ----------
    observations : loads of sources and flows of regions, as for `yearly`.

    Returns
    -------
    A row per target and year: load as monitored and flow of the year; normalised load; ratio (load / flow) and
    reference_ratio (limit / reference_flow); limit; attained (<NA> where it cannot be judged); raw_attained, what the
    load as it came would say; covered, the least share of the year's days behind a figure; missing, sources without a
    figure; remark, why a year is not judged. Loads, flow and limit are in the case's units.
    """
    problem = read_problem(case)
    figures = yearly(problem, observations)
    tables = [_verdicts(case, problem, figures, int(target)) for target in judged_targets(case, problem)]
    empty = pd.DataFrame(columns=list(VERDICTS)).astype(VERDICTS)
    table = pd.concat(tables, ignore_index=True) if tables else empty
    units = case.settings.units
    table.attrs["units"] = dict.fromkeys(("load", "normalised", "limit"), units.load) | {"flow": units.flow}
    return table


def judged_targets(case: Case, problem: Problem) -> Codes:
    """Return the positions of the targets on loads that have a reference flow."""
    capped = np.asarray(problem.targets.form, dtype=object) == CAP
    return np.flatnonzero(capped & (case.values("targets", "reference_flow") > 0))


def factors(case: Case, figures: Yearly, target: int) -> Floats:
    """Return reference flow / flow of each year (years,); NaN where no flow was observed in the target's region."""
    region = int(case.codes("targets", "region")[target])
    flow = figures.flow[region] if region >= 0 else np.full(len(figures.years), np.nan)
    return np.asarray(case.values("targets", "reference_flow")[target] / np.where(flow > 0, flow, np.nan))


def _verdicts(case: Case, problem: Problem, figures: Yearly, target: int) -> pd.DataFrame:
    """Return the rows of one target, a row per year."""
    inside = problem.targets.scope[[target]].indices
    known = ~np.isnan(figures.load[inside])
    reported = np.asarray(known.any(axis=0))
    load = np.where(reported, np.nansum(figures.load[inside], axis=0), np.nan)
    factor = factors(case, figures, target)
    normalised, judged = load * factor, reported & (factor > 0)
    reference, limit = case.values("targets", "reference_flow")[target], problem.targets.limit[target]
    region = int(case.codes("targets", "region")[target])
    shares = np.where(known, figures.load_share[inside], np.inf)
    if region >= 0:
        shares = np.vstack([shares, figures.flow_share[[region]]])
    names = np.array([problem.loads.keys[row][0] for row in inside], dtype=object)
    columns = {
        "target": problem.targets.ids[target],
        "year": figures.years,
        "load": load,
        "flow": reference / factor,
        "normalised": normalised,
        "ratio": normalised / reference,
        "reference_ratio": limit / reference,
        "limit": limit,
        "attained": pd.array(normalised <= limit, dtype="boolean"),
        "raw_attained": pd.array(load <= limit, dtype="boolean"),
        "covered": np.where(judged, shares.min(axis=0), 0.0),
        "missing": [", ".join(names[~column]) if column.any() else "" for column in known.T],
        "remark": [_remark(*said, named=region >= 0) for said in zip(reported, factor > 0, strict=True)],
    }
    table = pd.DataFrame(columns).astype(VERDICTS)
    table.loc[~judged, "attained"] = pd.NA
    table.loc[~reported, "raw_attained"] = pd.NA
    return table


def _remark(load: bool, flow: bool, named: bool) -> str:
    """Say why a year cannot be judged; empty where it can."""
    if not load:
        return "not judged: no load was reported"
    if flow:
        return ""
    return "not judged: no flow was observed" if named else "not judged: the target names no region to take a flow of"


def _means(rows: pd.DataFrame, place: Codes, names: list[str], years: list[int]) -> tuple[Floats, Floats]:
    """Return means by name and year, weighted by days, NaN where there is nothing; and the share of the year covered.

    Parameters
    ----------
    place : position of each row's subject in `names`, -1 for one that is not there.
    """
    start, end = (pd.to_datetime(rows[name]) for name in ("period_start", "period_end"))
    _refuse_overlaps(rows, place, start, names)
    used, shape = place >= 0, (len(names), len(years))
    column = end.dt.year.to_numpy(dtype=np.int64) - (years[0] if years else 0)
    cell = (place * len(years) + column)[used]
    days = ((end - start).dt.days.to_numpy(dtype=np.float64) + 1.0)[used]
    value = rows["value"].to_numpy(dtype=np.float64)[used]
    total, size = np.bincount(cell, days, shape[0] * shape[1]).reshape(shape), shape[0] * shape[1]
    with np.errstate(invalid="ignore"):
        mean = np.bincount(cell, value * days, size).reshape(shape) / total
    return mean, np.minimum(total / [366 if isleap(year) else 365 for year in years], 1.0)


def _refuse_overlaps(rows: pd.DataFrame, place: Codes, start: pd.Series, names: list[str]) -> None:
    order = np.lexsort((start.to_numpy(), place))
    ordered, placed = rows.iloc[order], place[order]
    follows = (placed[1:] == placed[:-1]) & (placed[1:] >= 0)
    overlaps = follows & (ordered["period_start"].to_numpy()[1:] <= ordered["period_end"].to_numpy()[:-1])
    found = [
        Finding(
            "observations",
            "two periods overlap, so that days would count twice",
            "keep one of them, and the last revision of it",
            row=names[placed[later + 1]],
            column="period_start",
            value=str(ordered["period_start"].iloc[later + 1]),
        )
        for later in np.flatnonzero(overlaps)
    ]
    if found:
        raise InputError(found)


def at_reference_flow(case: Case, problem: Problem, periods: Sequence[Period]) -> list[Period]:
    """Return the periods with the loads of targets that have a reference flow as they would have been at that flow.

    Where no flow was observed, such a load is left out: it cannot be told what the weather made of it.
    """
    targets = judged_targets(case, problem)
    reference, region = case.values("targets", "reference_flow"), case.codes("targets", "region")
    judged = []
    for period in periods:
        load = period.load.copy()
        for row in targets:
            flow = period.flow[region[row]] if region[row] >= 0 else np.nan
            load[problem.targets.scope[[int(row)]].indices] *= reference[row] / flow if flow > 0 else np.nan
        judged.append(replace(period, load=load) if len(targets) else period)
    return judged
