"""Monitored results by period: what was found at receptors and reported by sources between two days.

Results that share their first and last day make one period. What goes along with a period (activity and operation of
sources, flow of regions) is taken from all results that overlap it, weighted by the days in common: so monthly quality
may stand beside activity that is reported once a year.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate_data.errors import Finding, InputError
from abate_models.problem import Problem

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Days = NDArray[np.datetime64]

DAYS_OF_A_YEAR = 365.25


@dataclass(frozen=True)
class Period:
    """What was monitored between two days; NaN where nothing was.

    Attributes
    ----------
    start, end : first and last day, YYYY-MM-DD.
    quality : (qualities,), the rows of `problem.receptors`, each in its unit.
    quality_sd : (qualities,), relative standard deviation of the result where it states one.
    nondetect : (qualities,), True where the result is below the limit of detection that stands in `quality`.
    load, load_sd, load_nondetect : (loads,), the same of reported loads, load per year.
    activity : (sources,), as a share of that behind the baseline load; NaN counts as 1.
    operation : (sources,), of its measures, as a share of full operation; NaN counts as 1.
    flow : (regions,), in the case's unit.
    """

    start: str
    end: str
    quality: Floats
    quality_sd: Floats
    nondetect: Mask
    load: Floats
    load_sd: Floats
    load_nondetect: Mask
    activity: Floats
    operation: Floats
    flow: Floats

    @property
    def years(self) -> float:
        """Length in years."""
        return years_between(self.start, self.end) + 1 / DAYS_OF_A_YEAR

    @property
    def digest(self) -> str:
        """SHA-256 of all that was monitored: the same for the same results."""
        digest = hashlib.sha256(f"{self.start}\0{self.end}".encode())
        for one in fields(self)[2:]:
            digest.update(f"\0{one.name}\0".encode() + np.ascontiguousarray(getattr(self, one.name)).tobytes())
        return digest.hexdigest()


def years_between(first: str, last: str) -> float:
    """Return the years from one day to another."""
    days = np.datetime64(last, "D") - np.datetime64(first, "D")
    return float(days / np.timedelta64(1, "D")) / DAYS_OF_A_YEAR


def blank_period(problem: Problem, start: str, end: str) -> Period:
    """Return a period in which nothing was monitored.

    Raises
    ------
    InputError
        Where a day cannot be read, or the period ends before it starts.
    """
    _check_days(start, end)
    qualities, loads = len(problem.receptors.keys), len(problem.loads.keys)
    return Period(
        start=start,
        end=end,
        quality=np.full(qualities, np.nan),
        quality_sd=np.full(qualities, np.nan),
        nondetect=np.zeros(qualities, dtype=bool),
        load=np.full(loads, np.nan),
        load_sd=np.full(loads, np.nan),
        load_nondetect=np.zeros(loads, dtype=bool),
        activity=np.full(len(problem.sources), np.nan),
        operation=np.full(len(problem.sources), np.nan),
        flow=np.full(len(problem.regions), np.nan),
    )


def periods_of(observations: pd.DataFrame, problem: Problem) -> list[Period]:
    """Return the monitored periods in order of their last day, of two that end together the longer one first.

    Parameters
    ----------
    observations : columns of the table observations, as `abate_data.observations` cleans them. Of several revisions of
        a result the last one counts. Results at a place, or of a load, that the problem does not model are left out.

    Raises
    ------
    InputError
        Where a day cannot be read, or a period ends before it starts.
    """
    rows = _prepared(observations)
    found = rows[rows["kind"].isin(("quality", "load"))]
    spans = sorted(set(zip(found["period_start"], found["period_end"], strict=True)), key=lambda span: span[::-1])
    periods = [blank_period(problem, *span) for span in spans]
    place = {span: number for number, span in enumerate(spans)}
    _fill(found, problem, periods, place)
    accompany = (
        ("activity", "source", problem.sources),
        ("operation", "source", problem.sources),
        ("flow", "region", problem.regions),
    )
    for kind, column, ids in accompany:
        _spread(rows[rows["kind"] == kind], column, ids, [(period, getattr(period, kind)) for period in periods])
    return periods


def _prepared(observations: pd.DataFrame) -> pd.DataFrame:
    """Return the observations as plain texts and numbers, in order of their revision."""
    rows = observations.reset_index(drop=True)
    for name in ("period_start", "period_end", "kind", "receptor", "source", "region", "pollutant", "parameter"):
        texts = rows[name].astype(object) if name in rows else pd.Series("", index=rows.index, dtype=object)
        rows[name] = texts.where(texts.notna(), "").astype(str)
    for name, default in (("value", np.nan), ("sd", np.nan), ("revision", 0.0)):
        rows[name] = rows[name].astype(float) if name in rows else default
    rows["below"] = (rows["qualifier"] == "<") if "qualifier" in rows else False
    return rows.sort_values("revision", kind="stable")


def _fill(rows: pd.DataFrame, problem: Problem, periods: Sequence[Period], place: dict[tuple[str, str], int]) -> None:
    """Write results of quality and of load into their periods; a later revision replaces an earlier one."""
    rooms = {
        "quality": (("receptor", "parameter"), problem.receptors.keys, ("quality", "quality_sd", "nondetect")),
        "load": (("source", "pollutant"), problem.loads.keys, ("load", "load_sd", "load_nondetect")),
    }
    for kind, (columns, keys, names) in rooms.items():
        position = {key: number for number, key in enumerate(keys)}
        own = rows[rows["kind"] == kind]
        cells = zip(own["period_start"], own["period_end"], *(own[name] for name in columns), strict=True)
        for (start, end, *key), value, sd, below in zip(cells, own["value"], own["sd"], own["below"], strict=True):
            at = position.get((key[0], key[1]))
            if at is not None:
                values, deviations, limits = (getattr(periods[place[start, end]], name) for name in names)
                values[at], limits[at] = value, below
                deviations[at] = sd / abs(value) if value and sd > 0 else np.nan


def _spread(rows: pd.DataFrame, column: str, ids: list[str], rooms: Sequence[tuple[Period, Floats]]) -> None:
    """Write the mean over the days in common with each period, by source or region."""
    rows = rows.drop_duplicates(["period_start", "period_end", column], keep="last")
    position = {name: number for number, name in enumerate(ids)}
    at = np.array([position.get(name, -1) for name in rows[column]], dtype=np.int64)
    known = (at >= 0) & ~rows["value"].isna().to_numpy()
    at, value = at[known], rows["value"].to_numpy(dtype=np.float64)[known]
    first, last = (rows[name].to_numpy().astype("datetime64[D]")[known] for name in ("period_start", "period_end"))
    for period, room in rooms:
        common = np.minimum(last, np.datetime64(period.end, "D")) - np.maximum(first, np.datetime64(period.start, "D"))
        days = np.maximum(common / np.timedelta64(1, "D") + 1.0, 0.0)
        total = np.bincount(at, days, len(ids))
        seen = total > 0
        room[seen] = np.bincount(at, days * value, len(ids))[seen] / total[seen]


def _check_days(start: str, end: str) -> None:
    try:
        ordered = bool(np.datetime64(start, "D") <= np.datetime64(end, "D"))
    except ValueError:
        ordered = False
    if not ordered:
        cure = "give two days as YYYY-MM-DD, the first one first"
        raise InputError([Finding("observations", "is no period", cure, value=f"{start} to {end}")])
