"""Rules about the table `proposals`: what each kind of project has to say, and what it cannot."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate_data.checks.river import lengths, river_parameters
from abate_data.draft import Draft
from abate_data.errors import Finding

_TABLE = "proposals"
NEW = "new_source"

Mask = NDArray[np.bool_]

#: Columns that say where a new source is and how it is answered: the same in all its rows, or blank.
SITE = (
    *("name", "region", "sector", "source_kind", "latitude", "longitude", "reach", "position", "output", "like"),
    "elsewhere",
)
#: Kind of project -> the columns that it needs, and further ones that it may fill.
NEEDED = {
    NEW: (),
    "expansion": ("source", "load"),
    "measure": ("source", "measure", "extent"),
    "shutdown": ("source",),
}
FURTHER = {
    NEW: ("pollutant", "load", "measure", "extent", "unit_cost", "receptor", "parameter", "coefficient", *SITE),
    "expansion": ("pollutant", "output"),
    "measure": (),
    "shutdown": (),
}


def check_proposed(draft: Draft) -> Iterator[Finding]:
    """Find projects that leave out what their kind needs, or fill in what it does not know."""
    kind = draft.choices(_TABLE, "kind").astype(str)
    for column in dict.fromkeys(name for names in (*NEEDED.values(), *FURTHER.values()) for name in names):
        given = draft.given(_TABLE, column)
        needing = [name for name, needed in NEEDED.items() if column in needed]
        knowing = [*needing, *(name for name, further in FURTHER.items() if column in further)]
        wrong = np.isin(kind, needing) & ~given & ~_unread(draft, column)
        cure = f"fill it: a proposal of kind {' or '.join(needing)} says its {column}"
        yield from draft.findings(_TABLE, column, wrong, f"the {column} is missing", cure)
        cure = f"leave it blank: it is said by a proposal of kind {' or '.join(knowing)}"
        stray = given & (kind != "") & ~np.isin(kind, knowing)
        yield from draft.findings(_TABLE, column, stray, f"a proposal of this kind has no {column}", cure)


def check_new_sources(draft: Draft) -> Iterator[Finding]:
    """Find rows of new sources that say no one thing: a load, a measure there, or the response of a receptor."""
    new = draft.choices(_TABLE, "kind").astype(str) == NEW
    given = {name: draft.given(_TABLE, name) | _unread(draft, name) for name in FURTHER[NEW]}
    response = new & (given["receptor"] | given["coefficient"] | given["parameter"])
    measure = new & ~response & (given["measure"] | given["extent"] | given["unit_cost"])
    emits = new & ~response & ~measure
    for rows, what, needed in (
        (response, "the response of a receptor", ("receptor", "coefficient")),
        (measure, "a measure", ("measure", "extent", "unit_cost")),
        (emits, "what a new source emits", ("load",)),
    ):
        for column in needed:
            cure = f"fill it: a row about {what} says {_listed(needed)}"
            yield from draft.findings(_TABLE, column, rows & ~given[column], f"the {column} is missing", cure)
    cure = "take a row for each: what it emits, each measure, and the response of each receptor"
    for rows, strangers in (
        (response, ("load", "measure", "extent", "unit_cost")),
        (measure, ("pollutant", "load")),
    ):
        for column in strangers:
            yield from draft.findings(_TABLE, column, rows & given[column], "the row says more than one thing", cure)
    silent = _of_same(draft, new) & ~_of_same(draft, emits)
    yield from _each(
        draft, "load", silent, "no row says what the new source emits", "add a row with pollutant and load"
    )


def check_one_project(draft: Draft) -> Iterator[Finding]:
    """Find projects whose rows tell of different kinds, sources or sites."""
    table = draft.tables[_TABLE]
    project = draft.codes(_TABLE, "proposal")
    cure = "make them the same, or give the projects ids of their own"
    for column in ("kind", "source", *SITE):
        given = draft.given(_TABLE, column) & (project >= 0)
        codes = pd.factorize(table[column].astype(object))[0]
        first = pd.Series(codes[given]).groupby(project[given]).transform("first").to_numpy()
        other = given.copy()
        other[given] = codes[given] != first
        yield from draft.findings(
            _TABLE, column, other, f"says another {column} than an earlier row of the project", cure
        )
    both = draft.given(_TABLE, "like") & (draft.given(_TABLE, "reach") | draft.given(_TABLE, "elsewhere"))
    cure = "leave the others blank: a source in the place of another is answered as that one is"
    yield from draft.findings(_TABLE, "like", both, "stands beside a reach or beside `elsewhere`", cure)


def check_known(draft: Draft) -> Iterator[Finding]:
    """Find expansions of loads, and measures, that the case does not have at their source, and blank pollutants."""
    kind = draft.choices(_TABLE, "kind").astype(str)
    for wanted, column, table in (("expansion", "pollutant", "loads"), ("measure", "measure", "options")):
        asked, there = (_pairs(draft, name, column) for name in (_TABLE, table))
        named = _known(draft, "source", "source") & _known(draft, column, column)
        wrong = (kind == wanted) & named & ~np.isin(asked, there)
        cure = f"correct it, or add a row for the two to the table {table}"
        problem = "the source has no load of this pollutant" if column == "pollutant" else "is no option of the source"
        yield from draft.findings(_TABLE, column, wrong, problem, cure)
    response = draft.given(_TABLE, "receptor")
    emits = draft.given(_TABLE, "load")
    for column, rows in (("pollutant", emits | response), ("parameter", response)):
        if draft.known[column] != 1:
            cure = f"name one: the case has {draft.known[column]} of them"
            wrong = rows & ~draft.given(_TABLE, column)
            yield from draft.findings(_TABLE, column, wrong, f"names no {column}", cure)


def check_names(draft: Draft) -> Iterator[Finding]:
    """Find new sources that are called like one of the case."""
    new = draft.choices(_TABLE, "kind").astype(str) == NEW
    sources = set(draft.labels("sources", "source")[: draft.known["source"]])
    names = np.array([name in sources for name in draft.labels(_TABLE, "proposal")], dtype=bool)
    taken = new & (draft.codes(_TABLE, "proposal") >= 0) & np.append(names, False)[draft.codes(_TABLE, "proposal")]
    cure = "give the project another id, or propose an expansion of that source"
    yield from _each(draft, "proposal", taken, "is the id of a source that the case has already", cure)


def check_places(draft: Draft) -> Iterator[Finding]:
    """Find new sources outside their reach, and positions on no reach."""
    reach, position = draft.codes(_TABLE, "reach"), draft.values(_TABLE, "position")
    cure = "name the reach, or leave the position blank"
    yield from draft.findings(_TABLE, "position", (position > 0) & (reach < 0), "has a position on no reach", cure)
    beyond = (reach >= 0) & (position > lengths(draft)[reach])
    cure = "correct the position, or name the reach further down"
    yield from draft.findings(_TABLE, "position", beyond, "lies beyond the end of its reach", cure)


def check_coefficients(draft: Draft) -> Iterator[Finding]:
    """Find coefficients that are negative without being meant, or that the river makes by itself."""
    if not draft.settings.signed_transfer:
        cure = "correct the sign, or write `signed_transfer = true` in case.toml where it is meant"
        wrong = draft.values(_TABLE, "coefficient") < 0
        yield from draft.findings(_TABLE, "coefficient", wrong, "the coefficient is negative", cure)
    if not draft.has("reaches"):
        return
    on_river = np.append(np.zeros(len(draft.labels("receptors", "receptor")), dtype=bool), False)
    on_river[draft.codes("receptors", "receptor")] = draft.codes("receptors", "reach") >= 0
    on_river[-1] = False
    parameter = draft.codes(_TABLE, "parameter")
    by_river = np.isin(parameter, river_parameters(draft)) | ((parameter < 0) & (draft.known["parameter"] == 1))
    wrong = draft.given(_TABLE, "coefficient") & on_river[draft.codes(_TABLE, "receptor")] & by_river
    problem = "the receptor lies on a reach, and the river makes this parameter"
    cure = "drop the row, and name the reach of the new source"
    yield from draft.findings(_TABLE, "coefficient", wrong, problem, cure)


def _unread(draft: Draft, column: str) -> Mask:
    if _TABLE not in draft.sheets:
        return np.zeros(0, dtype=bool)
    return draft.unread(_TABLE, column)


def _of_same(draft: Draft, rows: Mask) -> Mask:
    """Return the first row of each project of which any row is among those given."""
    project = draft.codes(_TABLE, "proposal")
    first = np.zeros(len(project), dtype=bool)
    _, places = np.unique(project, return_index=True)
    first[places] = np.isin(project[places], project[rows])
    return first & (project >= 0)


def _each(draft: Draft, column: str, rows: Mask, problem: str, cure: str) -> Iterator[Finding]:
    """Yield a finding for each project of which any row is wrong, at its first row."""
    yield from draft.findings(_TABLE, column, _of_same(draft, rows), problem, cure)


def _pairs(draft: Draft, table: str, column: str) -> NDArray[np.int64]:
    width = len(draft.labels(_TABLE, column)) + 1
    return (draft.codes(table, "source") + 1) * width + draft.codes(table, column) + 1


def _known(draft: Draft, column: str, domain: str) -> Mask:
    codes = draft.codes(_TABLE, column)
    return (codes >= 0) & (codes < draft.known[domain])


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
