"""Rules about the table `seasons`: the seasons of a source cover the year once, and share out its whole load."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
from numpy.typing import NDArray

from abate_data.cells import number_text
from abate_data.checks.references import row_keys
from abate_data.draft import Draft
from abate_data.errors import Finding
from abate_data.seasons import MONTHS, covered

_SEASONS = "seasons"

#: By so much the shares of a year may miss 1, for rounding; they are scaled to it.
ROUNDING = 1e-6


def check_months(draft: Draft) -> Iterator[Finding]:
    """Find months that two seasons of a source cover, or none of them does."""
    first, last = draft.values(_SEASONS, "first_month"), draft.values(_SEASONS, "last_month")
    twice, never = {}, {}
    for rows in _years(draft, _is_month(first) & _is_month(last)):
        months = covered(first[rows].astype(np.int64), last[rows].astype(np.int64))
        if (again := np.flatnonzero(months.sum(axis=0) > 1)).size:
            twice[int(rows[np.flatnonzero(months[:, again[0]])[1]])] = again
        if (missing := np.flatnonzero(~months.any(axis=0))).size:
            never[int(rows[0])] = missing
    for months_of, problem, cure in (
        (twice, "more than one season covers {}", "let each month lie in one season of a source and pollutant"),
        (never, "no season covers {}", "add a season, or lengthen one: together they cover every month"),
    ):
        said = {row: problem.format(_named(months)) for row, months in months_of.items()}
        yield from draft.findings(_SEASONS, "first_month", _mask(draft, said), said.__getitem__, cure)


def check_shares(draft: Draft) -> Iterator[Finding]:
    """Find seasons whose shares do not add up to the whole load of a year."""
    share = draft.values(_SEASONS, "share")
    problem, cure = {}, {}
    for rows in _years(draft, (share >= 0) & (share <= 1)):
        total = float(share[rows].sum())
        if abs(total - 1.0) > ROUNDING:
            problem[int(rows[0])] = f"the shares of the seasons add up to {number_text(round(total, 9))}, not to 1"
            by = number_text(abs(round(1.0 - total, 9)))
            cure[int(rows[0])] = f"{'raise' if total < 1 else 'lower'} them by {by} in all"
    yield from draft.findings(_SEASONS, "share", _mask(draft, problem), problem.__getitem__, cure.__getitem__)


def check_used(draft: Draft) -> Iterator[Finding]:
    """Find seasons of a source that has no load of their pollutant."""
    if not draft.has("loads"):
        return
    pollutants = len(draft.labels(_SEASONS, "pollutant")) + 1
    source, pollutant = draft.codes(_SEASONS, "source"), draft.codes(_SEASONS, "pollutant")
    emitted = draft.codes("loads", "source") * pollutants + draft.codes("loads", "pollutant")
    named = (source >= 0) & (pollutant >= 0)
    named &= (source < draft.known["source"]) & (pollutant < draft.known["pollutant"])
    wrong = named & ~np.isin(source * pollutants + pollutant, emitted)
    cure = "add the load to the table loads, or drop the season"
    yield from draft.findings(_SEASONS, "source", wrong, "the source has no load of this pollutant", cure)


def _years(draft: Draft, readable: NDArray[np.bool_]) -> Iterator[NDArray[np.int64]]:
    """Yield the rows of each source and pollutant that have seasons, where all of them can be read."""
    year = row_keys(draft, _SEASONS, ("source", "pollutant"))
    order = np.argsort(year, kind="stable")
    ends = np.flatnonzero(np.diff(year[order])) + 1
    for rows in np.split(order, ends) if len(order) else ():
        if readable[rows].all():
            yield rows


def _is_month(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray((values >= 1) & (values <= 12) & (values == np.round(values)))


def _mask(draft: Draft, rows: Collection[int]) -> NDArray[np.bool_]:
    return np.isin(np.arange(len(draft.tables[_SEASONS])), list(rows))


def _named(months: NDArray[np.int64]) -> str:
    if len(months) == len(MONTHS):
        return "every month"
    names = [MONTHS[month] for month in months]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
