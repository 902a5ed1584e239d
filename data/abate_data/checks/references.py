"""Rules about ids: each row has its own key, each reference names something, trees and rivers have an end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate_data.draft import LISTED, Draft
from abate_data.errors import Finding
from abate_data.names import offer
from abate_data.schema import DOMAINS, TABLES
from abate_data.sheet import Sheet

#: Keys are packed into 64 bits; beyond this many combinations they are renumbered first.
PACKED = 2**40


def check_keys(draft: Draft) -> Iterator[Finding]:
    """Find rows with the key of an earlier row; a result that was reported twice has a rule of its own."""
    for name, sheet in draft.sheets.items():
        if name == "observations":
            continue
        key = row_keys(draft, name, sheet.table.key)
        wrong = pd.Series(key).duplicated().to_numpy()
        for column in sheet.table.key if wrong.any() else ():
            wrong = wrong & ~draft.unread(name, column)
        if wrong.any():
            yield from _repeated(draft, sheet, key, wrong)


def _repeated(draft: Draft, sheet: Sheet, key: NDArray[np.int64], wrong: NDArray[np.bool_]) -> Iterator[Finding]:
    ids = " and ".join(sheet.table.key)

    def problem(position: int) -> str:
        first = int(np.argmax(key == key[position]))
        return f"has the same {ids} as row {sheet.frame.index[first]}"

    name = sheet.table.name
    yield from draft.findings(name, sheet.table.key[0], wrong, problem, "keep one of the two rows")


def row_keys(draft: Draft, table: str, columns: tuple[str, ...]) -> NDArray[np.int64]:
    """Return one number per row (rows,), equal where all the columns are."""
    key, size = np.zeros(len(draft.tables[table]), dtype=np.int64), 1
    for column in columns:
        codes, count = _codes(draft.tables[table][column])
        if size * count > PACKED:
            key = pd.factorize(key)[0].astype(np.int64)
            size = int(key.max(initial=0)) + 1
        key, size = key * count + codes, size * count
    return key


def _codes(column: pd.Series[Any]) -> tuple[NDArray[np.int64], int]:
    """Return codes from 0, blank being 0, and how many there may be."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return np.asarray(column.cat.codes, dtype=np.int64) + 1, len(column.cat.categories) + 1
    codes, distinct = pd.factorize(column)
    return codes.astype(np.int64) + 1, len(distinct) + 1


def check_references(draft: Draft) -> Iterator[Finding]:
    """Find ids that are named and not defined."""
    for name, sheet in draft.sheets.items():
        for column in sheet.columns():
            if column.kind == "id" and _can_judge(draft, column.domain):
                yield from _unknown(draft, name, column.name, column.domain)


def _can_judge(draft: Draft, domain: str) -> bool:
    """Return whether the ids of a domain are known, or another rule says already why they are not."""
    unread = {finding.table for finding in draft.raw.findings}
    places = [(TABLES[table], column) for table, column in (place.split(".") for place in DOMAINS[domain])]
    given = [(table, column) for table, column in places if draft.has(table.name)]
    if not given:
        return not any(table.required or table.name in unread for table, _ in places)
    table, column = given[0]
    return not table.column(column).required or column in draft.sheets[table.name].declared


def _unknown(draft: Draft, table: str, column: str, domain: str) -> Iterator[Finding]:
    """Yield one finding per unknown id, at the first row that names it."""
    codes, known = draft.codes(table, column), draft.known[domain]
    wrong = codes[codes >= known]
    if not len(wrong):
        return
    labels = draft.labels(table, column)
    ids, counts = np.unique(wrong, return_counts=True)
    for code, count in list(zip(ids, counts, strict=True))[:LISTED]:
        position = int(np.flatnonzero(codes == code)[0])
        problem = f"the {domain} is not defined" + (f", in {count} rows" if count > 1 else "")
        cure = f"{offer(labels[code], labels[:known], domain)} ({_place(draft, domain)})"
        yield Finding(table, problem, cure, draft.row(table, position), column, labels[code])
    if len(ids) > LISTED:
        yield Finding(table, f"{len(ids) - LISTED} more ids are not defined", "define or correct them", column=column)


def _place(draft: Draft, domain: str) -> str:
    places = [place for place in DOMAINS[domain] if draft.has(place.split(".")[0])] or list(DOMAINS[domain])
    table, column = places[0].split(".")
    return f"each {domain} is defined in the column {column} of {table}"


def check_spellings(draft: Draft) -> Iterator[Finding]:
    """Find ids of one domain that only case or spaces tell apart."""
    for domain, known in draft.known.items():
        table, column = DOMAINS[domain][0].split(".")
        first: dict[str, str] = {}
        twins = {}
        for label in draft.labels(table, column)[:known]:
            other = first.setdefault("".join(label.casefold().split()), label)
            if other != label:
                twins[label] = other
        for label in list(twins)[:LISTED]:
            yield _twin(draft, domain, label, twins[label])
        if len(twins) > LISTED:
            more = f"{len(twins) - LISTED} more ids like these, {len(twins)} in all"
            yield Finding(table, more, "mend them likewise", column=column)


def _twin(draft: Draft, domain: str, label: str, other: str) -> Finding:
    """Return the finding of an id that is like another, at the first row that names it, or else the other."""
    for name, twin in ((label, other), (other, label)):
        for table, sheet in draft.sheets.items():
            for column in (column.name for column in sheet.columns() if column.domain == domain):
                rows = np.flatnonzero(draft.codes(table, column) == draft.labels(table, column).index(name))
                if len(rows):
                    how = "case" if name.casefold() == twin.casefold() else "case or spaces"
                    problem = f"differs from {twin!r} only by {how}"
                    cure = f"did you mean it? Write {twin!r}, or give the {domain} a name less like it"
                    return Finding(table, problem, cure, draft.row(table, int(rows[0])), column, name)
    raise AssertionError(f"no table names the {domain} {label!r}")


def check_region_tree(draft: Draft) -> Iterator[Finding]:
    """Find zones that lie inside themselves."""
    cure = "make one of them a root by leaving its parent blank"
    yield from _cycles(draft, "regions", "region", "parent", "the zone lies inside itself", cure)


def check_river_ends(draft: Draft) -> Iterator[Finding]:
    """Find reaches that flow in a circle."""
    cure = "leave `downstream` blank at the mouth"
    yield from _cycles(draft, "reaches", "reach", "downstream", "the river flows in a circle", cure)


def _cycles(draft: Draft, table: str, own: str, next_: str, problem: str, cure: str) -> Iterator[Finding]:
    """Yield one finding per circle among rows of which each names at most one next row."""
    if not draft.has(table):
        return
    labels = draft.labels(table, own)
    after = np.full(len(labels) + 1, -1, dtype=np.int64)
    codes = draft.codes(table, own)
    after[codes] = draft.codes(table, next_)
    after[-1] = -1
    for circle in circles(after[:-1]):
        position = int(np.flatnonzero(np.isin(codes, circle))[0])
        path = " -> ".join(labels[code] for code in [*circle, circle[0]])
        where = draft.row(table, position)
        yield Finding(table, f"{problem}: {path}", cure, where, next_, draft.written(table, next_, position))


def circles(after: NDArray[np.int64]) -> list[list[int]]:
    """Return the circles of a graph in which node i points to `after[i]`, or nowhere where that is -1."""
    state = np.zeros(len(after), dtype=np.int64)  # the walk that saw a node, 0 for none
    found = []
    for start in range(len(after)):
        node, path = start, []
        while node >= 0 and state[node] == 0:
            state[node] = start + 1
            path.append(node)
            node = int(after[node])
        if node >= 0 and state[node] == start + 1:
            found.append(path[path.index(node) :])
    return found
