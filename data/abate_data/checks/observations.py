"""Rules about the table `observations`: what was observed, when, in which unit, and reported how often."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate_data.checks.references import row_keys
from abate_data.conversion import observed_fault, observed_units
from abate_data.draft import Draft
from abate_data.errors import Finding

_TABLE = "observations"

#: Kind of observation -> the ids that it needs; any other must be blank.
OBSERVED = {
    "quality": ("receptor", "parameter"),
    "load": ("source", "pollutant"),
    "activity": ("source",),
    "operation": ("source",),
    "flow": ("region",),
}

#: The columns that say what was observed; with the period they tell one observation from another.
SERIES = ("kind", "receptor", "source", "region", "pollutant", "parameter")


def check_observed(draft: Draft) -> Iterator[Finding]:
    """Find observations that do not name what was observed, or name what their kind does not know."""
    kind = draft.choices(_TABLE, "kind").astype(str)
    for column in SERIES[1:]:
        knowing = [name for name, ids in OBSERVED.items() if column in ids]
        named = draft.codes(_TABLE, column) >= 0
        cure = f"fill it: a {' or '.join(knowing)} is observed of a {column}"
        wrong = np.isin(kind, knowing) & ~named
        yield from draft.findings(_TABLE, column, wrong, f"the observation names no {column}", cure)
        cure = f"leave it blank: only a {' or '.join(knowing)} is observed of a {column}"
        stray = np.isin(kind, [name for name in OBSERVED if name not in knowing]) & named
        yield from draft.findings(_TABLE, column, stray, f"an observation of this kind has no {column}", cure)


def check_modelled(draft: Draft) -> Iterator[Finding]:
    """Find loads that their source does not have, and qualities that nothing acts on and no target limits."""
    kind = draft.choices(_TABLE, "kind").astype(str)
    names = ("source", "pollutant")
    wrong = (kind == "load") & _named(draft, names) & ~_found(draft, names, ("loads",))
    cure = "correct it, or add a row for the two to the table loads"
    yield from draft.findings(_TABLE, "pollutant", wrong, "the source has no load of this pollutant", cure)
    names = ("receptor", "parameter")
    if draft.has("reaches"):  # a river makes every parameter at every receptor on it
        return
    wrong = (kind == "quality") & _named(draft, names) & ~_found(draft, names, ("transfer", "background", "targets"))
    cure = "correct it, or add a row for the two to the table transfer or background"
    yield from draft.findings(_TABLE, "parameter", wrong, "the case knows no such quality at this receptor", cure)


def _named(draft: Draft, columns: tuple[str, str]) -> NDArray[np.bool_]:
    """Return which observations name known ids in both columns: an unknown one is a finding already."""
    first, second = ((draft.codes(_TABLE, column), draft.known[column]) for column in columns)
    return (first[0] >= 0) & (first[0] < first[1]) & (second[0] >= 0) & (second[0] < second[1])


def _found(draft: Draft, columns: tuple[str, str], tables: tuple[str, ...]) -> NDArray[np.bool_]:
    """Return which observations have their pair of ids in one of the tables."""
    width = len(draft.labels(_TABLE, columns[1])) + 1

    def pairs(table: str) -> NDArray[np.int64]:
        first, second = (draft.codes(table, column) for column in columns)
        return (first + 1) * width + second + 1

    return np.isin(pairs(_TABLE), np.concatenate([pairs(table) for table in tables]))


def check_periods(draft: Draft) -> Iterator[Finding]:
    """Find days that are no dates, periods that end before they start, and reports before their period's end."""
    days = {column: dates(draft.choices(_TABLE, column)) for column in ("period_start", "period_end", "received")}
    for column, day in days.items():
        wrong = draft.given(_TABLE, column) & np.isnat(day)
        cure = "write year, month and day as in 2030-01-31"
        yield from draft.findings(_TABLE, column, wrong, "is not a date", cure)
    start, end, received = days.values()
    cure = "correct the first day or the last"
    yield from draft.findings(_TABLE, "period_end", end < start, "lies before the first day", cure)
    early = received < end
    cure = "correct the day, or leave it blank where it is not known"
    yield from draft.findings(_TABLE, "received", early, "lies before the last day of the period", cure)


def check_horizon(draft: Draft) -> Iterator[Finding]:
    """Find periods outside the years that are planned."""
    horizon = draft.settings.horizon
    if horizon is None:
        return
    cure = f"correct the day, or change the horizon in case.toml ({horizon.start} to {horizon.end})"
    first, last = np.datetime64(f"{horizon.start}-01-01"), np.datetime64(f"{horizon.end}-12-31")
    for column in ("period_start", "period_end"):
        day = dates(draft.choices(_TABLE, column))
        outside = (day < first) | (day > last)
        yield from draft.findings(_TABLE, column, outside, "lies outside the horizon of the plan", cure)


def check_observed_units(draft: Draft) -> Iterator[Finding]:
    """Find observations in units that cannot be converted."""
    for position, _, stated, target, dimension in observed_units(draft):
        if wrong := observed_fault(stated, target, dimension):
            yield Finding(_TABLE, *wrong, draft.row(_TABLE, position), "unit", stated)
    shares = np.isin(draft.choices(_TABLE, "kind").astype(str), ("activity", "operation"))
    unit = np.array([str(text).strip() for text in draft.choices(_TABLE, "unit")], dtype=object)
    cure = "write 0.9 for 90 %, and leave the unit blank"
    wrong_unit = shares & ~np.isin(unit.astype(str), ("", "share"))
    yield from draft.findings(_TABLE, "unit", wrong_unit, "an activity or an operation is a share", cure)


def check_observed_values(draft: Draft) -> Iterator[Finding]:
    """Find tables without any value, and values that cannot be."""
    if draft.has(_TABLE) and not draft.given(_TABLE, "value").any():
        cure = "fill in what was found, or delete the rows"
        yield Finding(_TABLE, "all values are missing", cure, column="value")
    kind, value = draft.choices(_TABLE, "kind").astype(str), draft.values(_TABLE, "value")
    negative = np.isin(kind, ("activity", "flow")) & (value < 0)
    yield from draft.findings(_TABLE, "value", negative, "is negative", "write a number of at least 0")
    wrong = (kind == "operation") & ((value < 0) | (value > 1))
    cure = "write a share from 0 to 1: 0.9 where the measures ran for 90 % of the time"
    yield from draft.findings(_TABLE, "value", wrong, "is no share of full operation", cure)


def check_repeated_reports(draft: Draft) -> Iterator[Finding]:
    """Find reports of one observation and revision that contradict each other; exact repeats may stand."""
    reports = _reports(draft)
    _, first, of = np.unique(_number(reports), return_index=True, return_inverse=True)
    for column in ("value", "sd", "qualifier"):
        own = reports[column].to_numpy()
        said = own[first[of]]
        same = (own == said) | (pd.isna(own) & pd.isna(said))
        wrong = np.zeros(len(draft.tables[_TABLE]), dtype=bool)
        wrong[reports.index[~same]] = True
        cure = "keep the right one, or give the correction the next number in `revision`"
        problem = "contradicts an earlier row of the same observation and revision"
        yield from draft.findings(_TABLE, column, wrong, problem, cure)


def _number(reports: pd.DataFrame) -> NDArray[np.int64]:
    """Return one number per report, equal where observation and revision are."""
    number = reports.groupby(["series", "start", "end", "revision"], sort=False).ngroup()
    return np.asarray(number, dtype=np.int64)


def check_revisions(draft: Draft) -> Iterator[Finding]:
    """Find corrections that were received before what they correct."""
    reports = _reports(draft).dropna(subset=["received"]).sort_values("revision", kind="stable")
    latest = reports.groupby(["series", "start", "end"], sort=False)["received"].cummax()
    wrong = np.zeros(len(draft.tables[_TABLE]), dtype=bool)
    wrong[reports.index[reports["received"] < latest]] = True
    cure = "correct the day or the revision: was a clock set back?"
    yield from draft.findings(_TABLE, "received", wrong, "lies before the day of the revision that it corrects", cure)


def check_overlaps(draft: Draft) -> Iterator[Finding]:
    """Find periods of one series that overlap without being the same."""
    reports = _reports(draft)
    periods = reports.drop_duplicates(["series", "start", "end"]).sort_values(["series", "start", "end"])
    before = periods.groupby("series")["end"].cummax().groupby(periods["series"]).shift()
    overlapping = np.zeros(len(draft.tables[_TABLE]), dtype=bool)
    overlapping[periods.index[periods["start"] <= before]] = True
    cure = "give each result for days of its own; a correction has the period of what it corrects"
    yield from draft.findings(_TABLE, "period_start", overlapping, "overlaps another period of the same series", cure)


def _reports(draft: Draft) -> pd.DataFrame:
    """Return the observations with a known period: their series, days and what they say; by position in the table."""
    frame = draft.tables[_TABLE]
    reports = pd.DataFrame(
        {
            "series": row_keys(draft, _TABLE, SERIES),
            **{name: dates(draft.choices(_TABLE, f"period_{name}")) for name in ("start", "end")},
            "received": dates(draft.choices(_TABLE, "received")),
            **{name: frame[name].to_numpy() for name in ("revision", "value", "sd", "qualifier")},
        }
    )
    return reports.dropna(subset=["start", "end"])


def dates(written: NDArray[np.object_]) -> NDArray[np.datetime64]:
    """Return texts as days (rows,); not a time where they are no dates as in 2030-01-31."""
    codes, distinct = pd.factorize(pd.Series(written, dtype=object).astype(str))  # many rows share few days
    texts = pd.Series(distinct, dtype=object).astype(str).str.strip()
    shaped = texts.where(texts.str.fullmatch(r"\d{4}-\d{2}-\d{2}"))
    days = pd.to_datetime(shaped, format="%Y-%m-%d", errors="coerce").to_numpy(dtype="datetime64[s]")
    return np.asarray(np.append(days, np.datetime64("NaT", "s"))[codes])
