"""Monitored results on their way to a belief: each passes the door of a case, and what is odd is marked and listed.

What contradicts the case or itself is an `InputError` (`abate_data.checks.observations`). What monitoring brings along
is no error, but nothing of it is used or left out without being listed:

===================  ==================================================================================================
future               received after the day that is asked about: set aside until then
repeated             the same report once more: set aside
superseded           a later revision of the same result is there: set aside
missing              no value: set aside
not above zero       a quality of zero or less, or a load below zero or zero where the case has one: kept with a flag;
                     it has no logarithm, so a belief takes a load for next to nothing, a quality as it stands
jump                 a value by itself, see `JUMP_DEVIATIONS`: kept with a flag; a robust update counts it the less the
                     farther it lies from what was expected
non-detect           below the detection limit, which stands as the value: kept with a flag; it counts as below it
late                 received long after its period: kept with a flag; the belief is replayed from before its period
===================  ==================================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate_data import folder, workbook
from abate_data.case import Case
from abate_data.check import check_observations
from abate_data.checks.observations import SERIES, dates
from abate_data.errors import Finding, InputError
from abate_data.raw import FIRST_ROW, Raw
from abate_data.write import is_workbook

_TABLE = "observations"
_PERIOD = ["period_start", "period_end"]

#: Days after the end of its period from which a report counts as late.
LATE_AFTER = 90

#: A value is a jump where its logarithm lies farther from the median of its series than so many robust standard
#: deviations, 1.4826 times the median absolute deviation from the median (Hampel, Journal of the American Statistical
#: Association 69 (1974) 383-393), and its factor over or under the median is greater than `JUMP_FACTOR`. The first
#: alone would flag a series that hardly varies, the second alone one that varies much.
JUMP_DEVIATIONS = 6.0
JUMP_FACTOR = 5.0
#: Values above the detection limit that a series needs before any of them can be called a jump.
JUDGED_FROM = 6
_NORMAL = 1.4826

#: Flag -> problem and treatment.
FLAGS = {
    "future": ("was received later than the day that is asked about", "set aside: not known yet on that day"),
    "repeated": ("repeats an earlier row", "set aside: the earlier row is used"),
    "superseded": ("a later revision is there", "set aside: the latest revision is used"),
    "missing": ("has no value", "set aside: nothing is put in its place"),
    "not above zero": (
        "is not above zero",
        "kept with a flag: a load counts as next to nothing, a quality as it stands",
    ),
    "jump": ("is out of line with its own series", "kept with a flag: it counts the less, the less it was expected"),
    "non-detect": ("lies below the detection limit", "kept with a flag: it counts as anything below the limit"),
    "late": ("was received late", "kept with a flag: the belief is replayed from before its period"),
}


@dataclass(frozen=True)
class Observations:
    """Monitored results that have passed every check.

    Attributes
    ----------
    table : the rows to use, in the order they were given: the columns of the table `observations` in the units of the
        case, days as YYYY-MM-DD, `received` filled with the last day of the period where it was blank; `flag` has the
        names of what is odd, apart by "; ", blank for nothing.
    flags : a row per oddity: `row` in words, `flag`, `value`, `problem`, `treatment`; those set aside stand first.
    """

    table: pd.DataFrame
    flags: pd.DataFrame

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {flag}" for flag, count in self.flags["flag"].value_counts(sort=False).items())
        return f"<Observations: {len(self.table)} to use{'; ' + counts if counts else ''}>"


def clean_observations(
    case: Case,
    source: pd.DataFrame | str | Path | None = None,
    *,
    as_of: str | None = None,
    late_after: int = LATE_AFTER,
) -> Observations:
    """Return the monitored results to use, and what was set aside or marked.

    Parameters
    ----------
    case : what was monitored; its units are those of the result.
    source : a table of observations as in a case: a DataFrame, the path of a CSV file or of a workbook with a sheet
        `observations`; None for the case's own table. Jumps are judged against the series of this table, so give it
        with its history.
    as_of : the day that is asked about, YYYY-MM-DD; what was received later is not used. None for no such day.
    late_after : days after the end of its period from which a report counts as late.

    Raises
    ------
    InputError
        With everything that is wrong: unknown ids, units that cannot be converted, days that are no dates or lie
        outside the horizon, overlapping periods, reports that contradict each other, a table without any value.
    """
    day = _day(as_of)
    frame, numbers = _checked(case, source)
    frame = _dated(frame)
    aside = pd.Series("", index=frame.index)
    if day is not None:
        aside[frame["received"] > day] = "future"
    for flag, rows in (("repeated", _repeated), ("superseded", _superseded), ("missing", _missing)):
        left = frame[aside == ""]
        aside[left.index[rows(left)]] = flag
    kept = frame[aside == ""]
    marks = {
        "not above zero": _not_positive(case, kept),
        "jump": _jumps(kept),
        "non-detect": kept["qualifier"].to_numpy() == "<",
        "late": _days(kept["received"]) - _days(kept["period_end"]) > late_after,
    }
    listed = [(int(at), aside.iloc[at]) for at in np.flatnonzero(aside != "")]
    listed += [(int(at), flag) for flag, rows in marks.items() for at in kept.index[rows]]
    values = frame["value"].to_numpy()
    words = [(f"row {numbers[at]} ({_what(frame.iloc[at])})", flag, values[at], *FLAGS[flag]) for at, flag in listed]
    table = kept.assign(flag=_joined(marks, len(kept))).reset_index(drop=True)
    flags = pd.DataFrame(words, columns=["row", "flag", "value", "problem", "treatment"])
    return Observations(table, flags.astype({"value": np.float64}))


def written_observations(case: Case, source: pd.DataFrame | str | Path | None = None) -> pd.DataFrame:
    """Return observations as they were written, row by row: what a record keeps of them, not checked yet.

    Parameters
    ----------
    case, source : as for `clean_observations`, which takes the result and checks it.

    Raises
    ------
    InputError
        Where a file cannot be read.
    """
    if source is None:
        return case[_TABLE]
    if isinstance(source, pd.DataFrame):
        return source.reset_index(drop=True)
    if not isinstance(source, str | Path):
        cure = "give a table, or the path of a CSV file or workbook"
        raise InputError([Finding(_TABLE, "are no table", cure, value=repr(source)[:80])])
    findings: list[Finding]
    if is_workbook(source):
        written, findings, _ = workbook.read_one_sheet(Path(source), _TABLE)
    else:
        written, findings = folder.read_csv(Path(source), _TABLE)
    if findings:
        raise InputError(findings)
    return written.reset_index(drop=True)


def is_day(text: str) -> bool:
    """Return whether a text is a day, YYYY-MM-DD."""
    return not np.isnat(dates(np.array([text], dtype=object))[0])


def _day(as_of: str | None) -> str | None:
    if as_of is None:
        return None
    if not is_day(as_of):
        cure = "write year, month and day as in 2030-01-31"
        raise InputError([Finding(_TABLE, "the day that is asked about is not a date", cure, value=str(as_of))])
    return as_of.strip()


def _checked(case: Case, source: pd.DataFrame | str | Path | None) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Return the observations as a case would hold them, and the number of each row in its spreadsheet."""
    if source is None:
        frame = case[_TABLE]
        return frame, np.arange(FIRST_ROW, FIRST_ROW + len(frame))
    raw = _raw(source)
    number = raw.tables[_TABLE].index.to_numpy(dtype=np.int64)
    return check_observations(replace(raw, tables={**_domains(case), **raw.tables}), case.settings), number


def _raw(source: pd.DataFrame | str | Path) -> Raw:
    """Return the observations as written, numbered as in a spreadsheet."""
    if isinstance(source, pd.DataFrame):
        return Raw({}, {_TABLE: source.set_axis(pd.RangeIndex(FIRST_ROW, FIRST_ROW + len(source)), axis=0)})
    if is_workbook(source):
        frame, findings, unread = workbook.read_one_sheet(Path(source), _TABLE)
        return Raw({}, {_TABLE: frame}, findings=tuple(findings), unread=unread)
    frame, findings = folder.read_csv(Path(source), _TABLE)
    return Raw({}, {_TABLE: frame}, findings=tuple(findings))


def _domains(case: Case) -> dict[str, pd.DataFrame]:
    """Return the tables that define ids, with no more than the columns that observations are checked against."""
    columns = {
        "regions": ["region"],
        "sources": ["source", "region"],
        "loads": ["source", "pollutant"],
        "receptors": ["receptor"],
        "transfer": ["receptor", "parameter"],
        "reaches": ["reach"],
        "kinetics": ["parameter", "oxygen_demand"],
        "background": ["receptor", "parameter"],
        "targets": ["receptor", "parameter"],
    }
    return {name: case[name][wanted].drop_duplicates() for name, wanted in columns.items() if len(case[name])}


def _dated(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the observations with every day as YYYY-MM-DD, that of receipt filled in."""
    days = {name: frame[name].astype(str).str.strip() for name in (*_PERIOD, "received")}
    days["received"] = days["received"].where(days["received"] != "", days["period_end"])
    return frame.assign(**days)


def _days(days: pd.Series[Any]) -> NDArray[np.float64]:
    return pd.to_datetime(days, format="%Y-%m-%d").to_numpy().astype("datetime64[D]").astype(np.float64)


def _repeated(frame: pd.DataFrame) -> NDArray[np.bool_]:
    return frame.duplicated([*_PERIOD, *SERIES, "revision"]).to_numpy()


def _superseded(frame: pd.DataFrame) -> NDArray[np.bool_]:
    latest = frame.groupby([*_PERIOD, *SERIES], observed=True, dropna=False, sort=False)["revision"].transform("max")
    return (frame["revision"] < latest).to_numpy()


def _missing(frame: pd.DataFrame) -> NDArray[np.bool_]:
    return frame["value"].isna().to_numpy()


def _not_positive(case: Case, frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which qualities and loads are not above zero; a load of zero is nothing odd where the case has none."""
    loads = case["loads"]
    none = pd.MultiIndex.from_frame(loads.loc[loads["load"] == 0, ["source", "pollutant"]].astype(object))
    known = pd.MultiIndex.from_frame(frame[["source", "pollutant"]].astype(object)).isin(none)
    kind, value = frame["kind"].to_numpy(), frame["value"].to_numpy()
    load = (kind == "load") & ((value < 0) | ((value == 0) & ~known))
    return np.asarray(load | ((kind == "quality") & (value <= 0)))


def _jumps(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which values lie far from the median of their series, in logarithms; non-detects are not judged."""
    judged = (frame["qualifier"] != "<") & (frame["value"] > 0) & frame["kind"].isin(("quality", "load", "flow"))
    series = frame.loc[judged, list(SERIES)]
    number = series.groupby(list(SERIES), observed=True, dropna=False, sort=False).ngroup().to_numpy()
    log = pd.Series(np.log(frame.loc[judged, "value"].to_numpy()))
    far = (log - log.groupby(number).transform("median")).abs()
    spread = _NORMAL * far.groupby(number).transform("median")
    enough = log.groupby(number).transform("size") >= JUDGED_FROM
    jumps = np.zeros(len(frame), dtype=bool)
    jumps[judged.to_numpy()] = enough & (far > JUMP_DEVIATIONS * spread) & (far > np.log(JUMP_FACTOR))
    return jumps


def _joined(marks: dict[str, NDArray[np.bool_]], count: int) -> list[str]:
    return ["; ".join(flag for flag, rows in marks.items() if rows[at]) for at in range(count)]


def _what(row: pd.Series[Any]) -> str:
    """Return what an observation is of, in words: `quality tp at lake, 2030-01-01 to 2030-01-31`."""
    said = {name: str(row[name]) for name in SERIES if isinstance(row[name], str)}
    of = " ".join(said[name] for name in ("parameter", "pollutant") if name in said)
    where = next((said[name] for name in ("receptor", "source", "region") if name in said), "")
    subject = f"{said['kind']} {of}".strip()
    return f"{subject} at {where}, {row['period_start']} to {row['period_end']}"
