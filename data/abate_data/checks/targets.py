"""Rules about targets: what each kind needs, what it may say, and whether it can mean anything."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate_data.cells import number_text
from abate_data.checks.references import row_keys
from abate_data.draft import Draft
from abate_data.errors import Finding
from abate_data.names import offer

_TARGETS = "targets"

#: Kind -> the columns that say what it is about; any other of them must be blank.
ABOUT = {
    "quality": ("receptor", "parameter"),
    "load": ("region", "sector", "pollutant"),
    "reduction": ("region", "sector", "pollutant"),
    "intensity": ("region", "sector", "pollutant"),
    "budget": ("region", "sector"),
}

#: Kind -> the bases that its limit may have.
BASES = {
    "quality": ("value", "gap_closure"),
    "load": ("value",),
    "reduction": ("value", "percent"),
    "intensity": ("output", "population", "gdp", "area"),
    "budget": ("value",),
}

#: The kinds that are a cap on loads, from which a reserve can be held back.
CAPS = ("load", "reduction", "intensity")


def _is(draft: Draft, *kinds: str) -> NDArray[np.bool_]:
    return np.isin(draft.choices(_TARGETS, "kind").astype(str), kinds)


def check_subjects(draft: Draft) -> Iterator[Finding]:
    """Find targets that do not say what they are about, or say what their kind does not know."""
    for column in ("receptor", "region", "sector", "pollutant", "parameter"):
        knowing = [kind for kind, columns in ABOUT.items() if column in columns]
        stray = draft.given(_TARGETS, column) & ~_is(draft, *knowing)
        cure = f"leave it blank: only a {' or '.join(knowing)} target has a {column}"
        yield from draft.findings(_TARGETS, column, stray, f"a target of this kind has no {column}", cure)
        if column in ("receptor", "pollutant", "parameter"):
            lacking = _is(draft, *knowing) & (draft.codes(_TARGETS, column) < 0)
            if draft.has(_TARGETS):
                lacking &= ~draft.unread(_TARGETS, column)
            names = draft.labels(_TARGETS, column)[: draft.known[column]]
            some = ", ".join(repr(name) for name in names[:8]) + (" ..." if len(names) > 8 else "")
            cure = f"write the {column}, one of {some}" if names else offer("", names, column)
            yield from draft.findings(_TARGETS, column, lacking, f"the target names no {column}", cure)


def check_bases(draft: Draft) -> Iterator[Finding]:
    """Find limits with a basis that their kind does not know."""
    basis = draft.choices(_TARGETS, "basis").astype(str)
    for kind, bases in BASES.items():
        wrong = _is(draft, kind) & ~np.isin(basis, [*bases, ""])
        problem = f"is no basis of a {kind} target" if kind != "intensity" else "an intensity is divided by nothing"
        yield from draft.findings(_TARGETS, "basis", wrong, problem, f"write {' or '.join(bases)}")


def check_senses(draft: Draft) -> Iterator[Finding]:
    """Find lower limits of anything but a quality."""
    wrong = (draft.choices(_TARGETS, "sense") == "at_least") & ~_is(draft, "quality")
    cure = "leave the sense blank: it follows from the kind"
    yield from draft.findings(_TARGETS, "sense", wrong, "only a quality target can be at_least", cure)


def check_percentages(draft: Draft) -> Iterator[Finding]:
    """Find percentages above 100."""
    percent = np.isin(draft.choices(_TARGETS, "basis").astype(str), ("percent", "gap_closure"))
    wrong = percent & (draft.values(_TARGETS, "limit") > 100)
    yield from draft.findings(_TARGETS, "limit", wrong, "is more than 100 percent", "write a percentage from 0 to 100")


def check_held_back(draft: Draft) -> Iterator[Finding]:
    """Find reserves of no cap on loads, and margins and reserves that leave nothing of the limit."""
    reserve, margin = draft.values(_TARGETS, "reserve"), draft.values(_TARGETS, "margin_of_safety")
    wrong = (reserve > 0) & ~_is(draft, *CAPS)
    cure = "leave the reserve blank, and tighten the limit or the margin_of_safety instead"
    yield from draft.findings(_TARGETS, "reserve", wrong, "only a cap on loads has a reserve for growth", cure)
    upper = (draft.choices(_TARGETS, "sense") == "at_most") & (draft.choices(_TARGETS, "basis") == "value")
    wrong = _is(draft, "quality", "load", "budget") & upper & (margin + reserve > draft.values(_TARGETS, "limit"))
    cure = "raise the limit, or lower margin_of_safety and reserve"
    yield from draft.findings(_TARGETS, "limit", wrong, "margin and reserve are more than the limit", cure)


def check_years(draft: Draft) -> Iterator[Finding]:
    """Find a horizon that ends before it starts, and targets and options outside it."""
    horizon = draft.settings.horizon
    if horizon is None:
        return
    if horizon.end < horizon.start:
        cure = f"write a year from {horizon.start} on"
        yield Finding(
            "case.toml",
            "the horizon ends before it starts",
            cure,
            column="horizon.end",
            value=str(horizon.end),
        )
        return
    span = f"{horizon.start} to {horizon.end}"
    year = draft.values(_TARGETS, "year")
    cure = f"write a year from {span}, or change the horizon in case.toml"
    outside = (year < horizon.start) | (year > horizon.end)
    yield from draft.findings(_TARGETS, "year", outside, "lies outside the horizon", cure)
    late = draft.values("options", "first_year") > horizon.end
    cure = f"write a year up to {horizon.end}, or drop the option"
    yield from draft.findings("options", "first_year", late, "lies after the end of the horizon", cure)


def check_repeated(draft: Draft) -> Iterator[Finding]:
    """Find targets of one rank that limit the same thing in the same year."""
    about = ("kind", "receptor", "region", "sector", "pollutant", "parameter", "sense", "basis")
    key = row_keys(draft, _TARGETS, (*about, "year", "priority", "probability"))
    wrong = pd.Series(key).duplicated().to_numpy()
    limit = draft.values(_TARGETS, "limit")

    def problem(position: int) -> str:
        first = int(np.argmax(key == key[position]))
        verb = "repeats" if limit[first] == limit[position] else "contradicts"
        return f"{verb} target {_name(draft, first)!r}, whose limit is {number_text(limit[first])}"

    cure = "keep one of them, or give them different years or priorities"
    yield from draft.findings(_TARGETS, "limit", wrong, problem, cure)


def check_contradictions(draft: Draft) -> Iterator[Finding]:
    """Find lower limits of a quality above an upper one at the same place."""
    absolute = _is(draft, "quality") & (draft.choices(_TARGETS, "basis") == "value")
    sense, limit = draft.choices(_TARGETS, "sense"), draft.values(_TARGETS, "limit")
    upper, lower = absolute & (sense == "at_most"), absolute & (sense == "at_least")
    place = row_keys(draft, _TARGETS, ("receptor", "parameter"))
    least = pd.Series(np.where(upper, limit, np.inf)).groupby(place).transform("min").to_numpy()

    def problem(position: int) -> str:
        other = int(np.argmax(upper & (place == place[position]) & (limit == least[position])))
        allowed = f"target {_name(draft, other)!r} allows at most {number_text(limit[other])}"
        return f"asks for at least {number_text(limit[position])} where {allowed}"

    cure = "correct one of the two limits"
    yield from draft.findings(_TARGETS, "limit", lower & (limit > least), problem, cure)


def _name(draft: Draft, position: int) -> str:
    return draft.written(_TARGETS, "target", position).strip()
