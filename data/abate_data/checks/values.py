"""Rules about single cells: readable, not blank, in range."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from abate_data.cells import Fault, Texts, number, number_text, unit_in
from abate_data.columns import Column
from abate_data.draft import Draft
from abate_data.errors import Finding
from abate_data.sheet import Sheet

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_BREAKS = re.compile("[\t\n\r\u2028\u2029]")


def _columns(draft: Draft) -> Iterator[tuple[str, Sheet, Column]]:
    for name, sheet in draft.sheets.items():
        for column in sheet.columns():
            yield name, sheet, column


def check_cells(draft: Draft) -> Iterator[Finding]:
    """Find numbers, flags and choices that cannot be read."""
    for (table, column), faults in draft.faults.items():
        yield from _unread(draft, table, column, faults)


def _unread(draft: Draft, table: str, column: str, faults: dict[int, Fault]) -> Iterator[Finding]:
    written = draft.cells[table, column]
    if isinstance(written, Texts):
        codes, wrong = written.codes, np.isin(written.codes, list(faults))
        yield from draft.findings(
            table,
            column,
            wrong,
            lambda row: faults[int(codes[row])].problem,
            lambda row: faults[int(codes[row])].cure,
        )


def check_mixed_units(draft: Draft) -> Iterator[Finding]:
    """Find columns with cells in several units."""
    for (table, column), faults in draft.faults.items():
        written = draft.cells[table, column]
        if isinstance(written, Texts):
            texts = (written.labels[label] for label in faults)
            found = dict.fromkeys(unit_in(text) for text in texts if not isinstance(number(text), float))
            names = [unit for unit in found if unit]
            if len(names) > 1:
                cure = "convert all to one unit and write it once, in the header"
                problem = f"the cells are in different units: {', '.join(names)}"
                yield Finding(table, problem, cure, column=column)


def check_characters(draft: Draft) -> Iterator[Finding]:
    """Find texts with control characters, and ids with line breaks."""
    cure = "type the cell again"
    for (table, column), written in draft.cells.items():
        if not isinstance(written, Texts):
            continue
        declared = column in draft.sheets[table].declared
        is_id = declared and draft.sheets[table].table.column(column).kind == "id"
        if _unprintable(" ".join(written.labels), is_id=is_id):
            wrong = [i for i, label in enumerate(written.labels) if _unprintable(label, is_id=is_id)]
            rows = np.isin(written.codes, wrong)
            for found in draft.findings(table, column, rows, "holds a control character", cure):
                yield replace(found, value=ascii(found.value)[1:-1])


def _unprintable(text: str, *, is_id: bool) -> bool:
    return bool(_UNPRINTABLE.search(text) or (is_id and _BREAKS.search(text)))


def check_blanks(draft: Draft) -> Iterator[Finding]:
    """Find blank cells that must be filled."""
    for table, _, column in _columns(draft):
        if column.required:
            problem = "the id is blank" if column.kind == "id" else "the cell is blank"
            cure = f"fill it: {column.description}"
            blank = ~draft.given(table, column.name) & ~draft.unread(table, column.name)
            yield from draft.findings(table, column.name, blank, problem, cure)


def check_finite(draft: Draft) -> Iterator[Finding]:
    """Find numbers that are not finite; an infinite default counts as blank."""
    for (table, column), written in draft.cells.items():
        if not isinstance(written, Texts):
            declared = column in draft.sheets[table].declared
            default = draft.sheets[table].table.column(column).default if declared else None
            wrong = np.isinf(written) & (written != default if default is not None else True)
            cure = "write a number, or leave the cell blank where none is known"
            yield from draft.findings(table, column, wrong, "is not a finite number", cure)


def check_whole(draft: Draft) -> Iterator[Finding]:
    """Find years, priorities and revisions that are not whole numbers."""
    for table, _, column in _columns(draft):
        if column.kind == "integer":
            values = draft.values(table, column.name)
            wrong = np.isfinite(values) & (values != np.round(values))
            yield from draft.findings(table, column.name, wrong, "is not a whole number", "write a whole number")


def check_ranges(draft: Draft) -> Iterator[Finding]:
    """Find numbers outside the range of their column."""
    for table, _, column in _columns(draft):
        if column.kind in ("number", "integer"):
            values = draft.values(table, column.name)
            wrong = _outside(values, column)
            problem = "is negative" if column.low == 0 and not np.isfinite(column.high) else "is out of range"
            yield from draft.findings(table, column.name, wrong, problem, f"write {_range(column)}")


def _outside(values: NDArray[np.float64], column: Column) -> NDArray[np.bool_]:
    return (np.isfinite(values) & (values < column.low)) | (np.isfinite(values) & (values > column.high))


def _range(column: Column) -> str:
    low, high = number_text(column.low), number_text(column.high)
    if not np.isfinite(column.high):
        return f"a number of at least {low}"
    return f"a number from {low} to {high}" if np.isfinite(column.low) else f"a number of at most {high}"


def check_signs(draft: Draft) -> Iterator[Finding]:
    """Find negative coefficients and backgrounds where the case does not say that they are meant."""
    if draft.settings.signed_transfer:
        return
    for table, column in (("transfer", "coefficient"), ("background", "value")):
        cure = "correct the sign, or write `signed_transfer = true` in case.toml where it is meant"
        wrong = draft.values(table, column) < 0
        yield from draft.findings(table, column, wrong, f"the {column} is negative", cure)


def check_removals(draft: Draft) -> Iterator[Finding]:
    """Find measures of which one unit removes more than the whole load."""
    wrong = (draft.choices("removals", "basis") == "fraction") & (draft.values("removals", "removal") > 1)
    cure = "write a fraction between 0 and 1 (0.4 for 40 %), or the basis mass"
    yield from draft.findings("removals", "removal", wrong, "removes more than the whole load", cure)


def check_floors(draft: Draft) -> Iterator[Finding]:
    """Find loads below their floor."""
    wrong = draft.values("loads", "floor") > draft.values("loads", "load")
    cure = "lower the floor to the load or less"
    yield from draft.findings("loads", "floor", wrong, "the floor lies above the load", cure)


def check_raw_loads(draft: Draft) -> Iterator[Finding]:
    """Find loads above what is generated before any treatment."""
    wrong = draft.values("loads", "raw_load") < draft.values("loads", "load")
    cure = "raise it to the load or more, or leave it blank where it is not known"
    yield from draft.findings("loads", "raw_load", wrong, "the raw load lies below the load", cure)
