"""Rules about options: their extents, costs and groups, and whether they remove anything."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate_data.checks.references import row_keys
from abate_data.draft import Draft
from abate_data.errors import Finding

_OPTIONS = "options"


def check_extents(draft: Draft) -> Iterator[Finding]:
    """Find options that must have, or already have, more than the most of them that fits."""
    most = draft.values(_OPTIONS, "max_extent")
    for column, cure in (
        ("min_extent", "lower it, or raise max_extent"),
        ("built", "raise max_extent to what stands already, or correct it"),
    ):
        wrong = draft.values(_OPTIONS, column) > most
        yield from draft.findings(_OPTIONS, column, wrong, "is more than max_extent", cure)


def check_bounded(draft: Draft) -> Iterator[Finding]:
    """Find options that are installed or not, and have no largest extent."""
    whole = (draft.values(_OPTIONS, "fixed_cost") > 0) | (draft.values(_OPTIONS, "min_extent") > 0)
    wrong = whole & ~np.isfinite(draft.values(_OPTIONS, "max_extent"))
    problem = "an option with a fixed cost or a min_extent has no largest extent"
    cure = "fill max_extent: the most of it that fits, 1 for a share of the load"
    yield from draft.findings(_OPTIONS, "max_extent", wrong, problem, cure)


def check_groups(draft: Draft) -> Iterator[Finding]:
    """Find groups of one option, and options too large to share one unit of extent."""
    grouped = draft.codes(_OPTIONS, "group") >= 0
    key = row_keys(draft, _OPTIONS, ("source", "group"))
    alone = grouped & ~pd.Series(key).duplicated(keep=False).to_numpy()
    cure = "leave the group blank, or give the other options of this source the same group"
    yield from draft.findings(_OPTIONS, "group", alone, "no other option of the source is in the group", cure)
    wide = grouped & (draft.values(_OPTIONS, "max_extent") > 1)
    cure = "write a max_extent of 1 or less: the options of a group share one unit of extent"
    yield from draft.findings(_OPTIONS, "max_extent", wide, "an option of a group is larger than 1", cure)


def check_capital(draft: Draft) -> Iterator[Finding]:
    """Find capital that is spread over no lifetime."""
    zero = draft.values("measures", "lifetime_years") == 0
    yield from draft.findings("measures", "lifetime_years", zero, "is zero", "write the years that it lasts")
    measures = draft.codes("measures", "measure")
    lasting = measures[draft.values("measures", "lifetime_years") >= 0]
    wrong = (draft.values(_OPTIONS, "capital_cost") > 0) & ~np.isin(draft.codes(_OPTIONS, "measure"), lasting)
    wrong &= _is_known(draft)
    cure = "fill lifetime_years of the measure in the table measures"
    yield from draft.findings(_OPTIONS, "capital_cost", wrong, "is spread over no lifetime: the measure has none", cure)


def check_effects(draft: Draft) -> Iterator[Finding]:
    """Find options that remove nothing that their source has."""
    if not (draft.has(_OPTIONS) and draft.has("removals") and draft.has("loads")):
        return
    named, useful = _effects(draft)
    options = np.arange(len(draft.tables[_OPTIONS]))
    idle = _is_known(draft) & ~np.isin(options, named)
    cure = "add a row to removals that says what the measure removes, or drop the option"
    yield from draft.findings(_OPTIONS, "measure", idle, "the measure removes nothing here", cure)
    vain = _is_known(draft) & ~idle & ~np.isin(options, useful)
    cure = "add the load to the table loads, or drop the option"
    problem = "the source has no load of any pollutant that the measure removes"
    yield from draft.findings(_OPTIONS, "source", vain, problem, cure)


def _is_known(draft: Draft) -> NDArray[np.bool_]:
    """Return which options name a source and a measure that are defined."""
    known = np.ones(len(draft.tables[_OPTIONS]), dtype=bool)
    for column in ("source", "measure"):
        codes = draft.codes(_OPTIONS, column)
        known &= (codes >= 0) & (codes < draft.known[column])
    return known


def _effects(draft: Draft) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the positions of options that remove anything, and of those whose source has the load."""
    options = _frame(draft, _OPTIONS, "source", "measure")
    options["option"] = np.arange(len(options))
    removals = _frame(draft, "removals", "source", "measure", "pollutant")
    anywhere = removals[removals["source"] < 0].drop(columns="source")
    here = removals[removals["source"] >= 0]
    pairs = pd.concat([options.merge(anywhere, on="measure"), options.merge(here, on=["source", "measure"])])
    loads = _frame(draft, "loads", "source", "pollutant")
    useful = pairs.merge(loads, on=["source", "pollutant"])
    return pairs["option"].to_numpy(), useful["option"].to_numpy()


def _frame(draft: Draft, table: str, *columns: str) -> pd.DataFrame:
    return pd.DataFrame({column: draft.codes(table, column) for column in columns})
