"""Rules about the tables `rules` and `observations`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate_data.conversion import observed_fault, observed_units
from abate_data.draft import Draft
from abate_data.errors import Finding

#: Kind of observation -> the ids that it needs.
OBSERVED = {
    "quality": ("receptor", "parameter"),
    "load": ("source", "pollutant"),
    "activity": ("source",),
    "operation": ("source",),
    "flow": ("region",),
}


def check_bounds(draft: Draft) -> Iterator[Finding]:
    """Find rules without the bounds that their kind needs, or with the lower above the upper."""
    kind = draft.choices("rules", "kind")
    lower, upper = draft.values("rules", "lower"), draft.values("rules", "upper")
    cure = "lower it, or raise the upper bound"
    yield from draft.findings("rules", "lower", lower > upper, "is above the upper bound", cure)
    wide = (kind == "reduction_percent") & (upper > 100)
    cure = "write a percentage from 0 to 100"
    yield from draft.findings("rules", "upper", wide, "is more than 100 percent", cure)
    open_ = np.isnan(upper) & ((kind == "burden") | ((kind == "reduction_percent") & np.isnan(lower)))
    cure = "write the greatest reduction or burden of each source"
    yield from draft.findings("rules", "upper", open_ & ~draft.given("rules", "upper"), "the rule bounds nothing", cure)


def check_observed(draft: Draft) -> Iterator[Finding]:
    """Find observations that do not name what was observed."""
    kind = draft.choices("observations", "kind").astype(str)
    for column in ("receptor", "source", "region", "pollutant", "parameter"):
        needing = [name for name, ids in OBSERVED.items() if column in ids]
        wrong = np.isin(kind, needing) & (draft.codes("observations", column) < 0)
        cure = f"fill it: a {' or '.join(needing)} is observed of a {column}"
        yield from draft.findings("observations", column, wrong, f"the observation names no {column}", cure)


def check_periods(draft: Draft) -> Iterator[Finding]:
    """Find periods that are no dates, or end before they start."""
    start, end, received = (_dates(draft, column) for column in ("period_start", "period_end", "received"))
    for column, dates in (("period_start", start), ("period_end", end), ("received", received)):
        wrong = draft.given("observations", column) & np.isnat(dates)
        cure = "write year, month and day as in 2030-01-31"
        yield from draft.findings("observations", column, wrong, "is not a date", cure)
    cure = "correct the first day or the last"
    yield from draft.findings("observations", "period_end", end < start, "lies before the first day", cure)


def _dates(draft: Draft, column: str) -> NDArray[np.datetime64]:
    written = pd.Series(draft.choices("observations", column), dtype=object).str.strip()
    shaped = written.where(written.str.fullmatch(r"\d{4}-\d{2}-\d{2}", na=False))
    return pd.to_datetime(shaped, format="%Y-%m-%d", errors="coerce").to_numpy(dtype="datetime64[s]")


def check_observed_units(draft: Draft) -> Iterator[Finding]:
    """Find observations in units that cannot be converted."""
    for position, _, stated, target, dimension in observed_units(draft):
        if wrong := observed_fault(stated, target, dimension):
            yield Finding("observations", *wrong, draft.row("observations", position), "unit", stated)
