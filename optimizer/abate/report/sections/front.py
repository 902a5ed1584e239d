"""What a front says: what one objective costs in another, and what each point asks of whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abate.front.case_source import CaseSource
from abate.report.charts import explorer, trade_off
from abate.report.charts.trade_off import objective_name
from abate.report.parts import Explorer, Section, Tile, pictures, table
from abate.report.sections.plan import asked_section
from abate.words import Words

if TYPE_CHECKING:
    from abate.front.front import Front


def front_sections(front: Front, words: Words) -> tuple[Section, ...]:
    """Return the sections of a front."""
    asked = (asked_section(front.origin.case, words),) if isinstance(front.origin, CaseSource) else ()
    return (_summary(front, words), _explorer(front, words), _points(front, words), *asked)


def _summary(front: Front, words: Words) -> Section:
    ranges = [
        Tile(
            objective_name(criterion.name, words),
            words("report.range", low=values.min(), high=values.max()),
            words.unit(criterion.unit),
        )
        for criterion, values in zip(front.criteria, (front.values * front.signs).T, strict=True)
    ]
    tiles = (Tile(words("report.points"), words.number(len(front)), words.value(front.method)), *ranges)
    known = "complete" if front.complete else "searched" if not front.reason else "truncated"
    said = words(f"report.front_{known}", gap=words.percent(100 * front.gap), reason=front.reason)
    return Section("summary", words("report.summary"), (words("report.front_told"), said), tiles)


def _explorer(front: Front, words: Words) -> Section:
    start = front.knee().point or 0  # as in the chart
    charts = {
        "trade-off": trade_off.trade_off(front, words),
        "point-allocation": explorer.allocation(front, words),
        "point-map": explorer.place(front, words),
    }
    values = front.values * front.signs
    units = [words.unit(criterion.unit) for criterion in front.criteria]
    said = tuple(
        tuple(f"{words.number(value)} {unit}".strip() for value, unit in zip(row, units, strict=True)) for row in values
    )
    labels = tuple(objective_name(name, words) for name in front.names)
    changes = tuple(_change(front, point, labels, words) for point in range(len(front)))
    return Section(
        "explorer",
        words("report.explorer"),
        (words("report.explorer_told"),),
        pictures=pictures(charts, words),
        explorer=Explorer(start, labels, said, changes),
    )


def _change(front: Front, point: int, labels: tuple[str, ...], words: Words) -> str:
    """Say by how much each objective differs from where the first one is best."""
    if point == 0:
        return words("report.best_of_first", objective=labels[0])
    step = (front.values[point] - front.values[0]) * front.signs
    parts = [
        f"{label} {'+' if change > 0 else ''}{words.number(change)} {words.unit(criterion.unit)}".strip()
        for label, change, criterion in zip(labels, step, front.criteria, strict=True)
    ]
    return words("report.against_first", objective=labels[0], changes=words("report.comma").join(parts))


def _points(front: Front, words: Words) -> Section:
    shown = front.points.reset_index()
    shown["gap"] = 100 * np.asarray(shown["gap"])
    shown.attrs["units"] = {**front.points.attrs["units"], "gap": "%"}
    return Section("points", words("report.all_points"), (), tables=table("points", shown, words))
