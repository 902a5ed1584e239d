"""What a revision changed since the last cycle: allocations, attainment, what measures delivered, and risks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
import pandas as pd

from abate.report.charts.intervals import intervals, shares_of
from abate.report.charts.theme import (
    DARK,
    GREY,
    LIGHT,
    ORANGE,
    ROW,
    WHITE,
    amount,
    amount_axis,
    data,
    finished,
    name_axis,
    part_shown,
    plain_axis,
    rounded,
    short,
    tip,
)

if TYPE_CHECKING:
    from abate.loop.revision import Revision
    from abate.words import Words

#: Rows that are shown: those that matter most.
MOST = 16
#: Height of a row with two bars, in pixels.
TALL = 32


def changes(revision: Revision, words: Words) -> alt.TopLevelMixin | None:
    """Return a row per allocation that moved most: before as a ring, after as a mark whose shape is the reason.

    The reason is the greater part: what is believed of the figures, or other measures. None where nothing moved.
    """
    table = revision.changes
    if table.empty:
        return None
    order = table["change"].abs().sort_values(ascending=False, kind="stable").index
    top = table.loc[order[:MOST]]
    several = table["pollutant"].nunique() > 1
    names = [f"{row.source}, {row.pollutant}" if several else str(row.source) for row in top.itertuples()]
    chart = _dumbbells(top.assign(name=names, label=short(names)), table.attrs["units"]["change"], words)
    return finished(chart, words, words("charts.changes"), part_shown(words, len(top), len(table)))


def _dumbbells(top: pd.DataFrame, unit: str, words: Words) -> Any:
    belief = top["by_belief"].abs() > top["by_measures"].abs()
    reasons = {words("charts.by_measures"): (DARK, "circle"), words("charts.by_belief"): (ORANGE, "diamond")}
    said = list(reasons)
    columns: dict[str, list[Any]] = {
        "name": list(top["name"]),
        "label": list(top["label"]),
        "reason": [said[1] if one else said[0] for one in belief],
        "when": [words("charts.last_cycle")] * len(top),
        "asked_by": [str(name) for name in top["asked_by"]],
    }
    for name in ("before", "after", "change", "by_belief", "by_measures"):
        columns[name] = rounded(top[name].to_numpy(dtype=np.float64))
        columns[f"{name}_said"] = [amount(words, float(value), unit) for value in top[name]]
    records = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    tips = [tip("name", words("charts.source"))]
    tips += [tip(f"{name}_said", words(f"charts.{title}")) for name, title in _PARTS.items()]
    tips.append(tip("asked_by", words("charts.asked_by")))
    most = float(top[["before", "after"]].to_numpy().max())
    axis = amount_axis(words, words("charts.allowed"), unit, most)
    base = alt.Chart(data(records)).encode(
        y=alt.Y("label:N", scale=alt.Scale(domain=list(top["label"])), axis=name_axis(grid=True)), tooltip=tips
    )
    scale = alt.Scale(zero=True, nice=True)
    line = base.mark_rule(color=GREY, strokeWidth=2).encode(x=alt.X("before:Q", axis=axis, scale=scale), x2="after:Q")
    rings = alt.Scale(domain=[words("charts.last_cycle")], range=[GREY])
    ring = base.mark_point(filled=True, fill=WHITE, strokeWidth=1.8, size=70, opacity=1).encode(
        x=alt.X("before:Q", axis=axis, scale=scale),
        stroke=alt.Stroke("when:N", scale=rings, legend=alt.Legend(title=None)),
    )
    legend = alt.Legend(title=words("charts.now_moved"))
    colours = alt.Scale(domain=said, range=[colour for colour, _ in reasons.values()])
    shapes = alt.Scale(domain=said, range=[shape for _, shape in reasons.values()])
    mark = base.mark_point(filled=True, size=90, opacity=1).encode(
        x=alt.X("after:Q", axis=axis, scale=scale),
        color=alt.Color("reason:N", scale=colours, legend=legend),
        shape=alt.Shape("reason:N", scale=shapes, legend=legend),
    )
    return alt.layer(line, ring, mark).properties(width="container", height=(ROW + 2) * len(top))


#: Columns of an allocation that moved, and what they are called.
_PARTS = {
    "before": "last_cycle",
    "after": "now",
    "change": "change",
    "by_belief": "by_belief",
    "by_measures": "by_measures",
}


def attainment(revision: Revision, words: Words) -> alt.TopLevelMixin | None:
    """Return a row per target: what is believed now with its interval of 90 %, and what is planned next, of the limit.

    In percent of the limit, see `abate.report.charts.targets`; of a target with a reference flow also the load of the
    last year at that flow. None where no target has a limit above 0.
    """
    table = shares_of(revision)
    known = table[np.isfinite(table["now"])]
    if known.empty:
        return None
    worst = known[["now", "judged"]].max(axis=1).sort_values(ascending=False, kind="stable").index[:MOST]
    top = known.loc[worst]
    chart = intervals(top.assign(label=short(list(top["target"]))), words)
    return finished(chart, words, words("charts.attainment_now"), part_shown(words, len(top), len(table)))


def delivery(revision: Revision, words: Words) -> alt.TopLevelMixin | None:
    """Return a row per measure: what was planned to be removed, and what was, with its interval of 90 %.

    The intervals of sources are added up as if all were wrong together. None where no measure is in use.
    """
    table = revision.evaluation.delivery
    if table.empty:
        return None
    by = ["measure", "pollutant"] if table["pollutant"].nunique() > 1 else ["measure"]
    sums = table.groupby(by, sort=False, observed=True)[["planned", "delivered", "lower", "upper"]].sum().reset_index()
    top = sums.sort_values("planned", ascending=False, kind="stable").head(MOST)
    names = [", ".join(map(str, row)) for row in top[by].itertuples(index=False)]
    chart = _pairs(top.assign(name=names, label=short(names)), table.attrs["units"]["planned"], words)
    return finished(chart, words, words("charts.delivery"), part_shown(words, len(top), len(sums)))


def _pairs(top: pd.DataFrame, unit: str, words: Words) -> Any:
    kinds = {words("charts.planned"): LIGHT, words("charts.delivered"): DARK}
    records = []
    for row in top.to_dict("records"):
        share = 100.0 * row["delivered"] / row["planned"] if row["planned"] else np.nan
        common = {"name": row["name"], "label": row["label"], "share_said": words.percent(share)}
        common |= {f"{name}_said": amount(words, row[name], unit) for name in ("planned", "delivered")}
        for kind, name in zip(kinds, ("planned", "delivered"), strict=True):
            reach = (row["lower"], row["upper"]) if name == "delivered" else (np.nan, np.nan)
            value, low, high = rounded(np.array([row[name], *reach]))
            records.append({**common, "kind": kind, "value": value, "low": low, "high": high})
    most = float(top[["planned", "upper"]].to_numpy().max())
    axis = amount_axis(words, words("charts.reduction"), unit, most)
    base = alt.Chart(data(records)).encode(
        y=alt.Y("label:N", scale=alt.Scale(domain=list(top["label"]), padding=0.2), axis=name_axis()),
        yOffset=alt.YOffset("kind:N", scale=alt.Scale(domain=list(kinds))),
        tooltip=[
            tip("name", words("charts.option")),
            tip("planned_said", words("charts.planned")),
            tip("delivered_said", words("charts.delivered")),
            tip("share_said", words("charts.delivered_of_planned")),
        ],
    )
    colours = alt.Scale(domain=list(kinds), range=list(kinds.values()))
    bars = base.mark_bar().encode(
        x=alt.X("value:Q", axis=axis), color=alt.Color("kind:N", scale=colours, legend=alt.Legend(title=None))
    )
    reach = (
        base.transform_filter("isValid(datum.low) && isValid(datum.high)")
        .mark_rule(color=ORANGE, strokeWidth=2)
        .encode(x=alt.X("low:Q", axis=axis), x2="high:Q")
    )
    return alt.layer(bars, reach).properties(width="container", height=TALL * len(top))


def risks(revision: Revision, words: Words) -> alt.TopLevelMixin | None:
    """Return a row per target: probability of being missed next, with the plan in force and with the plan now.

    None where nothing is known of it.
    """
    table = revision.risks
    both = table[["in_force", "new_plan"]].to_numpy(dtype=np.float64)
    known = np.isfinite(both).any(axis=1)
    if not known.any():
        return None
    most = np.nanmax(both[known], axis=1)
    order = np.argsort(-most, kind="stable")[:MOST]
    top = table[known].iloc[order]
    chart = _chances(top.assign(label=short(list(top["target"]))), words)
    note = "" if revision.renewed else words("charts.plan_stands")
    return finished(chart, words, words("charts.risks"), [part_shown(words, len(top), int(known.sum())), note])


def _chances(top: pd.DataFrame, words: Words) -> Any:
    kinds = {
        words("charts.in_force"): ("in_force", GREY, "circle"),
        words("charts.new_plan"): ("new_plan", DARK, "diamond"),
    }
    records = _chance_records(top, {name: kind for kind, (name, _, _) in kinds.items()}, words)
    axis = plain_axis(words("charts.risk_axis"))
    scale = alt.Scale(domain=[0, 100], nice=False)
    base = alt.Chart(data(records)).encode(
        y=alt.Y("label:N", scale=alt.Scale(domain=list(top["label"])), axis=name_axis(grid=True)),
        tooltip=[
            tip("target", words("charts.target")),
            *(tip(f"{name}_said", kind) for kind, (name, _, _) in kinds.items()),
        ],
    )
    line = (
        base.transform_filter("isValid(datum.from) && isValid(datum.to)")
        .mark_rule(color=LIGHT, strokeWidth=3)
        .encode(x=alt.X("from:Q", scale=scale, axis=axis), x2="to:Q")
    )
    looks = list(kinds.values())
    legend = alt.Legend(title=None)
    marks = base.mark_point(filled=True, size=90, opacity=1).encode(
        x=alt.X("value:Q", scale=scale, axis=axis),
        color=alt.Color(
            "kind:N", scale=alt.Scale(domain=list(kinds), range=[look[1] for look in looks]), legend=legend
        ),
        shape=alt.Shape(
            "kind:N", scale=alt.Scale(domain=list(kinds), range=[look[2] for look in looks]), legend=legend
        ),
    )
    return alt.layer(line, marks).properties(width="container", height=(ROW + 2) * len(top))


def _chance_records(top: pd.DataFrame, kinds: dict[str, str], words: Words) -> list[dict[str, Any]]:
    """Return a record per target and plan of which the probability is known; `kinds` names the plans' columns."""
    records = []
    for row in top.to_dict("records"):
        values = {name: 100.0 * float(row[name]) for name in kinds}
        said = {f"{name}_said": words.percent(value) for name, value in values.items()}
        ends = dict(zip(("from", "to"), rounded(np.array(list(values.values()))), strict=True))
        for (name, kind), value in zip(kinds.items(), ends.values(), strict=True):
            if value is not None:
                common = {"target": str(row["target"]), "label": row["label"], "plan": name}
                records.append({**common, "kind": kind, "value": value, **ends, **said})
    return records
