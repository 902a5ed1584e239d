"""Schematic river: reaches as lines by their distance to the mouth, branches in lanes, sources and receptors on them.

The longest way from a mouth upstream is its main stem; what joins it starts a branch of its own, again along its
longest way. A branch takes the first lane that is free over its whole length.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.report.charts.scene import Scene, View
from abate.report.charts.symbols import (
    largest_said,
    receptor_marks,
    receptor_records,
    source_marks,
    source_records,
)
from abate.report.charts.theme import GREY, MIDDLE, PHONE, WIDTH, data, finished, panels, rounded, tip
from abate.words import Words
from abate_data.case import Case
from abate_data.units import convert

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

#: Height of a lane, and greatest height of a panel, in pixels.
LANE, HIGHEST = 34, 620
#: Room that a branch keeps to the next one in its lane, as a share of the length of the river.
APART = 0.02
#: By how much of a lane receptors stand below their reach, so that sources do not hide them.
BELOW = 0.3


def has_river(case: Case) -> bool:
    """Return whether a source lies on a reach."""
    return len(case["reaches"]) > 0 and bool((case.codes("sources", "reach") >= 0).any())


def draw_river(scene: Scene, words: Words, title: str) -> alt.TopLevelMixin:
    """Return the river: one panel above the other, for each pollutant and view."""
    case = scene.case
    ends, length = _distances(case)
    lanes = _lanes(case, ends, length)
    sources = _on_reaches(case, "sources", ends, length, lanes)
    receptors = _on_reaches(case, "receptors", ends, length, lanes)
    receptors["y"] += BELOW
    lines = data(_lines(case, ends, length, lanes))
    spots = alt.Chart(data(receptor_records(scene, receptors, words)))
    scales = _scales(ends, length, lanes, words)
    views = []
    for pollutant in scene.pollutants:
        circles = alt.Chart(data(source_records(scene, pollutant, sources)))
        views += [_panel(lines, circles, spots, scene, pollutant, view, scales, words) for view in scene.views]
    joined = panels(views, 1, narrow=(PHONE - 20) / WIDTH)
    notes = [largest_said(scene, pollutant, words) for pollutant in scene.pollutants]
    missing = int(sources.isna().any(axis=1).sum())
    notes += [words("charts.on_no_reach", count=missing)] if missing else []
    shared = joined.resolve_scale(fill="shared", color="shared", shape="shared", size="independent")
    return scene.with_point(finished(shared, words, title, notes))


def _distances(case: Case) -> tuple[Floats, Floats]:
    """Return for each reach, by its code, the distance of its end to the mouth, and its length [km]."""
    below = case.codes("reaches", "downstream")
    length = convert(case.values("reaches", "length"), case.settings.units.length, "km")
    ends = np.full(len(below), np.nan)
    for start in range(len(below)):
        way, reach = [], start
        while reach >= 0 and np.isnan(ends[reach]):
            way.append(reach)
            reach = int(below[reach])
        for one in reversed(way):
            ends[one] = ends[below[one]] + length[below[one]] if below[one] >= 0 else 0.0
    return ends, length


def _lanes(case: Case, ends: Floats, length: Floats) -> Codes:
    """Return the lane of each reach, 0 on top."""
    below = case.codes("reaches", "downstream")
    farthest = ends + length
    for reach in np.argsort(-ends, kind="stable"):  # from the heads down
        if below[reach] >= 0:
            farthest[below[reach]] = max(farthest[below[reach]], farthest[reach])
    above: dict[int, list[int]] = {}
    for reach, into in enumerate(below):
        above.setdefault(int(into), []).append(reach)
    lanes = np.full(len(below), -1, dtype=np.int64)
    taken: list[list[tuple[float, float]]] = []
    room = APART * float(farthest.max(initial=0.0))
    waiting = sorted(above.get(-1, []), key=lambda one: -farthest[one])
    while waiting:
        start = waiting.pop(0)
        branch = _branch(start, above, farthest)
        lane = _free(taken, (float(ends[start]) - room, float(farthest[start]) + room))
        lanes[branch] = lane
        joining = [one for reach in branch for one in above.get(reach, []) if one not in set(branch)]
        # what joins farther up is nearer to the main stem: its line crosses fewer lanes
        waiting = sorted([*waiting, *joining], key=lambda one: (-ends[one], one))
    return lanes


def _branch(start: int, above: dict[int, list[int]], farthest: Floats) -> list[int]:
    """Return the reaches of the longest way up from a reach, itself first."""
    branch = [start]
    while above.get(branch[-1]):
        branch.append(max(above[branch[-1]], key=lambda one: (farthest[one], -one)))
    return branch


def _free(taken: list[list[tuple[float, float]]], wanted: tuple[float, float]) -> int:
    """Return the first lane that is free between two distances, and take it."""
    for lane, spans in enumerate(taken):
        if all(wanted[1] <= low or wanted[0] >= high for low, high in spans):
            spans.append(wanted)
            return lane
    taken.append([wanted])
    return len(taken) - 1


def _on_reaches(case: Case, table: str, ends: Floats, length: Floats, lanes: Codes) -> pd.DataFrame:
    """Return the place of each row of a table: x [km from the mouth], y (lane); NaN off the river."""
    reach = case.codes(table, "reach")
    on = reach >= 0
    position = convert(case.values(table, "position"), case.settings.units.length, "km") if on.any() else 0.0
    x = np.where(on, (ends + length)[reach] - position, np.nan)
    return pd.DataFrame({"x": x, "y": np.where(on, lanes[reach].astype(float), np.nan)})


def _lines(case: Case, ends: Floats, length: Floats, lanes: Codes) -> list[dict[str, Any]]:
    """Return a record per reach: where it starts and ends, and the lane in which it goes on."""
    names, below = case.ids("reaches", "reach"), case.codes("reaches", "downstream")
    into = np.where(below >= 0, lanes[below], lanes)
    columns = [names, rounded(ends, 6), rounded(ends + length, 6), lanes.tolist(), into.tolist()]
    return [dict(zip(("name", "end", "head", "lane", "into"), row, strict=True)) for row in zip(*columns, strict=True)]


def _scales(ends: Floats, length: Floats, lanes: Codes, words: Words) -> dict[str, Any]:
    far, count = rounded(np.array([(ends + length).max()]), 5)[0] or 1.0, int(lanes.max()) + 1
    axis = alt.Axis(title=words("charts.distance_to_mouth"), tickCount=6, grid=True)
    return {
        "x": {"scale": alt.Scale(domain=[-0.02 * far, 1.02 * far], reverse=True, nice=False, zero=False), "axis": axis},
        "y": {"scale": alt.Scale(domain=[-0.6, count - 0.3], reverse=True, nice=False, zero=False), "axis": None},
        "height": min(LANE * count + 30, HIGHEST),
    }


def _panel(
    lines: alt.InlineData,
    circles: Any,
    spots: Any,
    scene: Scene,
    pollutant: str,
    view: View,
    scales: dict[str, Any],
    words: Words,
) -> Any:
    x, y = scales["x"], scales["y"]
    reaches = (
        alt.Chart(lines)
        .mark_rule(strokeWidth=3, stroke=MIDDLE, strokeCap="round")
        .encode(
            x=alt.X("head:Q", **x), x2="end:Q", y=alt.Y("lane:Q", **y), tooltip=[tip("name", words("charts.reach"))]
        )
    )
    joints = (
        alt.Chart(lines)
        .transform_filter("datum.lane != datum.into")
        .mark_rule(strokeWidth=1, stroke=GREY, strokeDash=[3, 2])
        .encode(x=alt.X("end:Q", **x), y=alt.Y("lane:Q", **y), y2="into:Q")
    )
    at = {"x": alt.X("x:Q", **x), "y": alt.Y("y:Q", **y)}
    layers = [joints, reaches, source_marks(circles.encode(**at), scene, pollutant, view, words)]
    if spots.data.values:
        layers.append(receptor_marks(spots.encode(**at), scene, view, words))
    heading = f"{pollutant}: {view.title}" if view.title else pollutant
    return alt.layer(*layers).properties(width=WIDTH, height=scales["height"], title=heading)
