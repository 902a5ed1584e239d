"""Targets of a revision as intervals: what is believed of them, and what is planned, in percent of their limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
import pandas as pd

from abate.report.charts.targets import lower_limits, share_of_limit
from abate.report.charts.theme import DARK, GREEN, INK, MIDDLE, ORANGE, amount, data, name_axis, rounded, tip

if TYPE_CHECKING:
    from abate.loop.revision import Revision
    from abate.words import Words

#: Height of a row with two marks above one another, in pixels.
TALL = 30
#: The axis goes no further than this, in percent of the limit.
FARTHEST = 250.0
#: Shares, and the columns of an evaluation's attainment that they are of.
_SEEN = {"now": "expected", "lower": "lower", "upper": "upper"}
#: What the tooltip of a target says, and how it is called.
_TIPS = {"expected": "value_now", "after": "value_planned", "limit": "limit", "probability": "probability_kept"}
#: Values of a target, with colour and shape of their marks.
_KINDS = {"now": (DARK, "circle"), "planned": (ORANGE, "diamond"), "judged": (GREEN, "square")}


def shares_of(revision: Revision) -> pd.DataFrame:
    """Return a row per target: values in percent of the limit, and the sentences of its tooltip's figures."""
    seen = revision.evaluation.attainment
    case = revision.inputs.case
    low = pd.Series(lower_limits(case), index=case["targets"]["target"].astype(str)).reindex(seen["target"]).to_numpy()
    low = np.asarray(low, dtype=object) == True  # noqa: E712 - unknown targets are upper limits
    limit = seen["limit"].to_numpy(dtype=np.float64)
    after = revision.plan.attainment.drop_duplicates("target").set_index("target")["after"].reindex(seen["target"])
    shares = {name: share_of_limit(seen[of].to_numpy(dtype=np.float64), limit, low) for name, of in _SEEN.items()}
    verdicts = revision.verdicts
    last = verdicts[verdicts["year"] == verdicts["year"].max()]
    judged = {row["target"]: 100.0 * row["normalised"] / row["limit"] for row in last.to_dict("records")}
    return pd.DataFrame(
        {
            "target": list(seen["target"]),
            "unit": list(seen["unit"]),
            **shares,
            "planned": share_of_limit(after.to_numpy(dtype=np.float64), limit, low),
            "judged": [float(judged.get(name, np.nan)) for name in seen["target"]],
            "expected": seen["expected"].to_numpy(dtype=np.float64),
            "limit": limit,
            "after": after.to_numpy(dtype=np.float64),
            "probability": 100.0 * seen["probability"].to_numpy(dtype=np.float64),
        }
    )


def intervals(top: pd.DataFrame, words: Words) -> Any:
    """Return the marks of each target's values, and the interval of what is believed now, with a line at the limit."""
    most = float(np.nanmax(top[["now", "lower", "upper", "planned", "judged"]].to_numpy()))
    end = max(min(1.05 * most, FARTHEST), 110.0)
    scale = alt.Scale(domain=[0, end], nice=False, clamp=True)
    axis = alt.Axis(title=words("charts.share_of_limit"), tickCount=6)
    shown = {name: look for name, look in _KINDS.items() if top[name].notna().any()}
    labels = {name: words(f"charts.value_{name}") for name in shown}
    records = _records(top, labels, words)
    tips = [tip("target", words("charts.target"))]
    tips += [tip(f"{name}_said", words(f"charts.{title}")) for name, title in _TIPS.items()]
    base = alt.Chart(data(records)).encode(
        y=alt.Y("label:N", scale=alt.Scale(domain=list(top["label"])), axis=name_axis(grid=True)), tooltip=tips
    )
    names = list(labels.values())
    apart = alt.YOffset("kind:N", scale=alt.Scale(domain=names, paddingOuter=0.4))
    legend = alt.Legend(title=None)
    reach = (
        base.transform_filter("isValid(datum.low) && isValid(datum.high)")
        .mark_rule(color=MIDDLE, strokeWidth=4)
        .encode(x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q", yOffset=apart)
    )
    marks = base.mark_point(filled=True, size=80, opacity=1).encode(
        x=alt.X("value:Q", scale=scale, axis=axis),
        yOffset=apart,
        color=alt.Color(
            "kind:N", scale=alt.Scale(domain=names, range=[look[0] for look in shown.values()]), legend=legend
        ),
        shape=alt.Shape(
            "kind:N", scale=alt.Scale(domain=names, range=[look[1] for look in shown.values()]), legend=legend
        ),
    )
    line = (
        alt.Chart(data([{"x": 100.0}]))
        .mark_rule(color=INK, strokeDash=[5, 3], strokeWidth=1.4)
        .encode(x=alt.X("x:Q", scale=scale, axis=axis))
    )
    return alt.layer(line, reach, marks).properties(width="container", height=TALL * len(top))


def _records(top: pd.DataFrame, labels: dict[str, str], words: Words) -> list[dict[str, Any]]:
    """Return a record per target and value that is known."""
    records = []
    for row in top.to_dict("records"):
        common = {
            "target": str(row["target"]),
            "label": row["label"],
            "expected_said": amount(words, row["expected"], row["unit"]),
            "after_said": amount(words, row["after"], row["unit"]),
            "limit_said": amount(words, row["limit"], row["unit"]),
            "probability_said": words.percent(row["probability"]),
        }
        for name, kind in labels.items():
            reach = (row["lower"], row["upper"]) if name == "now" else (np.nan, np.nan)
            value, low, high = rounded(np.array([row[name], *reach]))
            if value is not None:
                records.append({**common, "kind": kind, "value": value, "low": low, "high": high})
    return records
