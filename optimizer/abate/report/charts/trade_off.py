"""Trade-off of a front: the curve of two objectives, parallel coordinates of more.

The marks carry the number of their point in the field `point`, so that a page can tell which was clicked; the chosen
point is that of the parameter `point`, which the page moves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np

from abate.front.evenly import evenly
from abate.front.exact.point import spans
from abate.report.charts.theme import (
    DARK,
    GREY,
    INK,
    MEDIUM,
    ORANGE,
    WHITE,
    amount,
    data,
    finished,
    number_tip,
    part_shown,
    plain_axis,
    rounded,
    scaled_amount,
    scaled_unit,
    short,
    tip,
)

if TYPE_CHECKING:
    from abate.front.front import Front
    from abate.words import Words

#: Methods whose points are joined by straight lines, since mixtures of neighbours lie on the front too.
CONVEX = ("dichotomy",)
#: Lines, and marks, that a reader can still tell apart; more are left out evenly.
MOST_LINES, MOST_MARKS = 200, 2_000
#: Points up to which each gets a large mark.
FEW = 80
HEIGHT = 320
#: Share of the range of an objective that is left free at either end.
AROUND = 0.05


def trade_off(front: Front, words: Words) -> alt.TopLevelMixin | None:
    """Return the trade-off, with the knee and the chosen point, which is the knee at first; None without points."""
    if not len(front):
        return None
    knee = front.knee().point or 0
    chart = _curve(front, knee, words) if len(front.criteria) == 2 else _parallel(front, words)
    chart = chart.add_params(alt.param(name="point", value=knee)).properties(width="container", height=HEIGHT)
    lines = MOST_MARKS if len(front.criteria) == 2 else MOST_LINES
    notes = [words("charts.front_note"), part_shown(words, min(len(front), lines), len(front))]
    return finished(chart, words, words("charts.trade_off"), notes)


def objective_name(name: str, words: Words) -> str:
    """Return what people call an objective: ``removal:P`` is the removal of P."""
    kind, _, of = name.partition(":")
    said = words.known(f"charts.objective_{kind}", kind)
    return words("charts.objective_of", objective=said, of=of) if of else said


def _records(front: Front, shown: np.ndarray, words: Words) -> list[dict[str, Any]]:
    """Return a record per point: its number, the value of each objective (`o0`, `o1` ...) and what a tooltip says."""
    values = front.values * front.signs
    columns: dict[str, list[Any]] = {"point": shown.tolist()}
    for place, criterion in enumerate(front.criteria):
        columns[f"o{place}"] = rounded(values[shown, place])
        columns[f"said{place}"] = [amount(words, float(one), criterion.unit) for one in values[shown, place]]
    states = (words("charts.proved"), words("charts.found"))
    columns["state"] = [states[0] if proved else states[1] for proved in front.optimal[shown]]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _tips(front: Front, words: Words) -> list[alt.Tooltip]:
    objectives = [
        tip(f"said{place}", objective_name(criterion.name, words)) for place, criterion in enumerate(front.criteria)
    ]
    return [number_tip("point", words("charts.point"), "d"), *objectives, tip("state", words("charts.status"))]


def _curve(front: Front, knee: int, words: Words) -> Any:
    shown = evenly(len(front), MOST_MARKS)
    values = front.values * front.signs
    across, along = (_position(front, values[:, place], place, words) for place in (0, 1))
    base = alt.Chart(data(_records(front, shown, words))).encode(x=alt.X("o0:Q", **across), y=alt.Y("o1:Q", **along))
    line = base.mark_line(
        color=GREY, strokeWidth=1.4, interpolate="linear" if front.method in CONVEX else "step-after"
    ).encode(order="point:Q")
    looks = {
        words("charts.proved"): (DARK, front.optimal.any()),
        words("charts.found"): (WHITE, not front.optimal.all()),
    }
    there = {state: fill for state, (fill, is_there) in looks.items() if is_there}
    kinds = alt.Scale(domain=list(there), range=list(there.values()))
    marks = base.mark_point(
        filled=True,
        shape="circle",
        size=60 if len(front) <= FEW else 24,
        stroke=DARK,
        strokeWidth=1,
        opacity=1,
        cursor="pointer",
    ).encode(
        fill=alt.Fill("state:N", scale=kinds, legend=alt.Legend(title=words("charts.status"))),
        tooltip=_tips(front, words),
    )
    at_knee = base.transform_filter(f"datum.point == {knee}")
    diamond = at_knee.mark_point(shape="diamond", size=220, stroke=ORANGE, strokeWidth=2, filled=False)
    # the name of the knee stands on the side to which the front is convex
    right, down = (criterion.maximised for criterion in front.criteria)
    name = at_knee.mark_text(
        text=words("charts.knee"),
        color=ORANGE,
        fontSize=MEDIUM,
        dx=12 if right else -12,
        dy=-12 if down else 14,
        align="left" if right else "right",
    )
    chosen = base.transform_filter("datum.point == point")
    ring = chosen.mark_point(shape="circle", size=260, stroke=INK, strokeWidth=2.5, filled=False).encode(
        tooltip=_tips(front, words)
    )
    return alt.layer(line, marks, diamond, name, ring)


def _position(front: Front, values: np.ndarray, place: int, words: Words) -> dict[str, Any]:
    """Return scale and axis of an objective; its direction stands in the title."""
    criterion = front.criteria[place]
    low, high = float(values.min()), float(values.max())
    free = AROUND * ((high - low) or abs(high) or 1.0)
    power, unit = scaled_unit(words, max(abs(low), abs(high)), criterion.unit)
    title = objective_name(criterion.name, words) + (f" [{unit}]" if unit else "")
    better = words("charts.more_is_better" if criterion.maximised else "charts.less_is_better")
    ends = rounded(np.array([low - free, high + free]), 6)
    return {
        "scale": alt.Scale(domain=ends, nice=False, zero=False),
        "axis": plain_axis(f"{title}, {better}", power),
    }


def _parallel(front: Front, words: Words) -> Any:
    """Return each point as a line across one axis per objective, the best of each at the top."""
    values = front.values * front.signs
    heights = (front.values.max(axis=0) - front.values) / spans(front.values)
    names = short([objective_name(criterion.name, words) for criterion in front.criteria], 30)
    shown = evenly(len(front), MOST_LINES)
    records = _records(front, shown, words)
    rows = [
        {**record, "name": name, "height": height}
        for place, name in enumerate(names)
        for record, height in zip(records, rounded(heights[shown, place], 4), strict=True)
    ]
    x = alt.X(
        "name:N",
        scale=alt.Scale(domain=names, type="point", padding=0.35),
        axis=alt.Axis(
            title=None, labelAngle=0, labelLimit=180, grid=True, gridColor=GREY, orient="bottom", domain=False
        ),
    )
    y = alt.Y("height:Q", scale=_heights(), axis=None)
    colour = alt.Color("o0:Q", scale=alt.Scale(scheme="viridis", reverse=True), legend=None)
    base = alt.Chart(data(rows)).encode(x=x, y=y)
    lines = base.mark_line(strokeWidth=1.2, opacity=0.55, cursor="pointer").encode(
        detail="point:N", color=colour, tooltip=_tips(front, words)
    )
    marks = base.mark_point(filled=True, size=36, opacity=0.7, cursor="pointer").encode(
        color=colour, tooltip=_tips(front, words)
    )
    return alt.layer(lines, marks, *_chosen_line(front, values, heights, names, (x, y), words))


def _said(words: Words, value: float, unit: str, largest: float) -> str:
    return scaled_amount(words, float(value), unit, float(largest))


def _heights() -> alt.Scale:
    return alt.Scale(domain=[-0.12, 1.12], nice=False)


def _chosen_line(
    front: Front, values: np.ndarray, heights: np.ndarray, names: list[str], place_at: tuple[Any, Any], words: Words
) -> list[Any]:
    """Return the line of the chosen point with its values, that of the knee, and the ends of each axis."""
    x, y = place_at
    knee, rows = front.knee().point or 0, []
    for place, (name, criterion) in enumerate(zip(names, front.criteria, strict=True)):
        best, worst = front.values[:, place].min(), front.values[:, place].max()
        most = max(abs(best), abs(worst))
        ends = [_said(words, one * front.signs[place], criterion.unit, most) for one in (best, worst)]
        rows.append(
            {
                "name": name,
                "place": place,
                "v": rounded(heights[:, place], 4),
                "said": [_said(words, one, criterion.unit, most) for one in values[:, place]],
                "last": place == len(names) - 1,
                "best": ends[0],
                "worst": ends[1],
                "knee": rounded(heights[[knee], place], 4)[0],
            }
        )
    base = alt.Chart(data(rows)).encode(x=x)
    moved = base.transform_calculate(height="datum.v[point]", text="datum.said[point]")
    at_knee = base.mark_line(color=ORANGE, strokeWidth=2, strokeDash=[5, 3]).encode(
        y=alt.Y("knee:Q", scale=_heights(), axis=None), order="place:Q"
    )
    line = moved.mark_line(color=INK, strokeWidth=3, point=alt.OverlayMarkDef(color=INK, size=50, filled=True)).encode(
        y=y, order="place:Q"
    )
    # at the last axis the text stands on its left
    letters: dict[str, Any] = {
        "fontSize": MEDIUM,
        "fontWeight": "bold",
        "align": alt.ExprRef("datum.last ? 'right' : 'left'"),
        "dx": alt.ExprRef("datum.last ? -9 : 9"),
        "dy": alt.ExprRef("datum.place % 2 ? -10 : 10"),
    }
    halo = moved.mark_text(stroke=WHITE, strokeWidth=4, opacity=0.9, **letters).encode(y=y, text="text:N")
    said = moved.mark_text(color=INK, **letters).encode(y=y, text="text:N")
    top = base.mark_text(baseline="top", color=GREY).encode(y=alt.value(2), text="best:N")
    bottom = base.mark_text(baseline="bottom", color=GREY).encode(y=alt.value(HEIGHT - 2), text="worst:N")
    return [at_knee, line, halo, said, top, bottom]
