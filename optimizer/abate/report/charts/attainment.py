"""Attainment: every target before and after as a share of its limit, with what is held back from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
import pandas as pd

from abate.report.charts.targets import judged, share_of_limit
from abate.report.charts.theme import (
    DARK,
    GREY,
    INK,
    ORANGE,
    PALE,
    ROW,
    WHITE,
    amount,
    data,
    finished,
    name_axis,
    part_shown,
    rounded,
    short,
    tip,
)

if TYPE_CHECKING:
    from abate.plan import Plan
    from abate.words import Words

#: Targets that are shown: those that come closest to their limits, or miss them.
MOST = 24
#: The axis goes no further than this, in percent of the limit, whatever the values were before.
FARTHEST = 250.0
#: Percent of the limit below which a band is too thin to be seen.
VISIBLE = 0.05


def attainment(plan: Plan, words: Words) -> alt.TopLevelMixin | None:
    """Return a bullet per target: after as a bar, before as a circle, the limit as a line, what is held back as bands.

    All in percent of the limit, see `abate.report.charts.targets`. None where no target has a limit above 0.
    """
    table = _shares(plan)
    known = table[np.isfinite(table["after_share"])]
    if known.empty:
        return None
    ordered = known.sort_values("after_share", ascending=False, kind="stable").head(MOST)
    top = ordered.assign(label=short(list(ordered["target"])))
    chart = _bullets(top, words)
    notes = [part_shown(words, len(top), len(table)), words("charts.low_limits") if top["low"].any() else ""]
    return finished(chart, words, words("charts.attainment"), notes)


def _shares(plan: Plan) -> pd.DataFrame:
    table = judged(plan)
    limit, low = table["limit"].to_numpy(dtype=np.float64), table["low"].to_numpy()
    sign = np.where(low, -1.0, 1.0)

    def share(values: Any) -> np.ndarray:
        return share_of_limit(np.asarray(values, dtype=np.float64), limit, low)

    without_margin = limit - sign * table["margin"].to_numpy(dtype=np.float64)
    return table.assign(
        before_share=share(table["before"]),
        after_share=share(table["after"]),
        allowed_share=share(table["allowed"]),
        margin_share=share(without_margin),
    )


def _bullets(top: pd.DataFrame, words: Words) -> Any:
    most = float(np.nanmax(top[["before_share", "after_share"]].to_numpy()))
    end = max(min(1.05 * most, FARTHEST), 1.05 * float(top["after_share"].max()), 112.0)
    scale = alt.Scale(domain=[0, end], nice=False, clamp=True)
    axis = alt.Axis(title=words("charts.share_of_limit"), tickCount=6)
    names = list(top["label"])
    base = alt.Chart(data(_records(top, end, words))).encode(
        y=alt.Y("label:N", scale=alt.Scale(domain=names), axis=name_axis()), tooltip=_tips(words)
    )
    bands = [_track(base, scale, axis), *_held(top, scale, axis, words)]
    far = bool((top["before_share"] > end).any())
    return (
        alt.layer(*bands, *_marks(base, scale, axis, far, words))
        .resolve_scale(color="independent", fill="independent", shape="independent")
        .properties(width="container", height=ROW * len(names))
    )


def _held(top: pd.DataFrame, scale: alt.Scale, axis: alt.Axis, words: Words) -> list[Any]:
    """Return the bands of what is held back from each limit, where anything is."""
    kinds = {words("charts.margin"): "#c4c4c4", words("charts.reserve"): "#8f8f8f"}
    records = []
    for row in top.to_dict("records"):
        ends = ((row["margin_share"], 100.0), (row["allowed_share"], row["margin_share"]))
        for kind, (start, stop) in zip(kinds, ends, strict=True):
            if stop - start > VISIBLE:
                low, high = rounded(np.array([start, stop]))
                records.append({"label": row["label"], "kind": kind, "from": low, "to": high})
    if not records:
        return []
    there = {kind: colour for kind, colour in kinds.items() if any(record["kind"] == kind for record in records)}
    colours = alt.Scale(domain=list(there), range=list(there.values()))
    bars = alt.Chart(data(records)).mark_bar(height={"band": 0.86})
    return [
        bars.encode(
            x=alt.X("from:Q", scale=scale, axis=axis),
            x2="to:Q",
            y=alt.Y("label:N", scale=alt.Scale(domain=list(top["label"])), axis=name_axis()),
            fill=alt.Fill("kind:N", scale=colours, legend=alt.Legend(title=words("charts.held_back"))),
        )
    ]


def _track(base: Any, scale: alt.Scale, axis: alt.Axis) -> Any:
    """Return the way from 0 to the limit, so that short bars are seen to be far from it."""
    return base.mark_bar(height={"band": 0.86}, color=PALE).encode(
        x=alt.X("zero:Q", scale=scale, axis=axis), x2="limit_at:Q"
    )


def _marks(base: Any, scale: alt.Scale, axis: alt.Axis, far: bool, words: Words) -> list[Any]:
    """Return the bar of the value after, the circle of the value before, and the line of the limit."""
    x = alt.X("after_at:Q", scale=scale, axis=axis)
    states = alt.Scale(domain=[words("charts.kept"), words("charts.missed")], range=[DARK, ORANGE])
    after = base.mark_bar(height={"band": 0.42}).encode(
        x=x, x2="zero:Q", color=alt.Color("state:N", scale=states, legend=alt.Legend(title=words("charts.after")))
    )
    line = base.mark_tick(color=INK, thickness=2, height={"band": 0.95}).encode(
        x=alt.X("limit_at:Q", scale=scale, axis=axis)
    )
    kinds = {words("charts.before"): "circle"} | ({words("charts.beyond"): "triangle-right"} if far else {})
    shapes = alt.Scale(domain=list(kinds), range=list(kinds.values()))
    before = base.mark_point(filled=True, fill=WHITE, stroke=GREY, strokeWidth=1.6, size=46, opacity=1).encode(
        x=alt.X("before_at:Q", scale=scale, axis=axis),
        shape=alt.Shape("before_kind:N", scale=shapes, legend=alt.Legend(title=None)),
    )
    return [after, line, before]


def _tips(words: Words) -> list[alt.Tooltip]:
    names = ("target", "before", "after", "limit", "margin", "reserve", "unused")
    return [tip(name if name == "target" else f"{name}_said", words(f"charts.{name}")) for name in names]


def _records(top: pd.DataFrame, end: float, words: Words) -> list[dict[str, Any]]:
    before = top["before_share"].to_numpy()
    columns: dict[str, list[Any]] = {
        "target": [str(name) for name in top["target"]],
        "label": list(top["label"]),
        "zero": [0.0] * len(top),
        "limit_at": [100.0] * len(top),
        "before_at": rounded(np.minimum(before, end)),
        "before_kind": [words("charts.beyond" if value > end else "charts.before") for value in before],
        "after_at": rounded(top["after_share"].to_numpy()),
        "allowed_at": rounded(top["allowed_share"].to_numpy()),
        "margin_at": rounded(top["margin_share"].to_numpy()),
        "state": [words("charts.kept" if kept else "charts.missed") for kept in top["attained"]],
    }
    for name in ("before", "after", "limit", "margin", "reserve", "unused"):
        columns[f"{name}_said"] = [
            amount(words, value, unit) for value, unit in zip(top[name], top["unit"], strict=True)
        ]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
