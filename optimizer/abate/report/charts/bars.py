"""Who reduces what: sources, regions or sectors ranked by their reduction, what stays allowed and what goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
import pandas as pd

from abate.report.charts.theme import (
    DARK,
    LIGHT,
    ORANGE,
    PHONE,
    ROW,
    amount,
    amount_axis,
    data,
    finished,
    name_axis,
    panels,
    part_shown,
    percent,
    room_beside,
    rounded,
    short,
    tip,
)

if TYPE_CHECKING:
    from abate.plan import Plan
    from abate.words import Words

#: Bars that a panel shows by themselves; the rest is one bar.
MOST = 20
#: The bar of all others is cut where it is this much longer than the longest of the rest.
CUT = 1.5
#: What a bar is made of, as an allocation has it.
AMOUNTS = ("allowed", "reduction", "baseline")
#: Width of a panel that is one of several, in pixels.
PANEL = 270
#: Room for text beside the bars of such a panel, as a share of their length.
ROOM = 0.26


def sources(plan: Plan, words: Words) -> alt.TopLevelMixin | None:
    """Return a bar per source, those with the greatest reductions first: what is allowed, and what is reduced."""
    return _ranked(plan, words, "source", words("charts.bars_sources"))


def regions(plan: Plan, words: Words) -> alt.TopLevelMixin | None:
    """Return the same by the region that sources lie in; None where all lie in one."""
    return _ranked(plan, words, "region", words("charts.bars_regions"))


def sectors(plan: Plan, words: Words) -> alt.TopLevelMixin | None:
    """Return the same by sector; None where there is one."""
    return _ranked(plan, words, "sector", words("charts.bars_sectors"))


def _ranked(plan: Plan, words: Words, by: str, title: str) -> alt.TopLevelMixin | None:
    loads = plan.allocation
    if loads.empty:
        return None
    pollutants = list(dict.fromkeys(loads["pollutant"]))
    unit = plan.case.settings.units.load
    tables = [ranking(loads[loads["pollutant"] == one], by, words) for one in pollutants]
    if by != "source" and all(len(table) < 2 for table in tables):
        return None
    others = max(int(table["others"].sum()) for table in tables)
    subtitle = part_shown(words, MOST, MOST + others) if others else ""
    if len(pollutants) == 1:
        chart = _panel(tables[0], pollutants[0], unit, words).properties(width="container")
        return finished(chart, words, title, subtitle)
    views = [
        _panel(table, pollutant, unit, words, room=ROOM).properties(width=PANEL, title=pollutant)
        for table, pollutant in zip(tables, pollutants, strict=True)
    ]
    return finished(panels(views, 2, narrow=(PHONE - 150) / PANEL), words, title, subtitle)


def ranking(loads: pd.DataFrame, by: str, words: Words) -> pd.DataFrame:
    """Return a row per bar: name, label, baseline, allowed, reduction, percent, others (how many it stands for).

    Parameters
    ----------
    loads : rows of an allocation of one pollutant.
    by : the column by which they are added up.
    """
    amounts = ["baseline", "allowed", "reduction"]
    sums = loads.groupby(by, sort=False)[amounts].sum().reset_index(names="name")
    ordered = sums.sort_values("reduction", ascending=False, kind="stable", ignore_index=True)
    # one bar more takes no more room than the bar of all others
    most = MOST if len(ordered) > MOST + 1 else len(ordered)
    top, rest = ordered.head(most).assign(others=0), ordered.iloc[most:]
    blank = {"": words("charts.elsewhere")}
    top["label"] = short([blank.get(str(name), str(name)) for name in top["name"]])
    if len(rest):
        label = words("charts.all_others", count=len(rest))
        row = {"name": label, "label": label, "others": len(rest), **rest[amounts].sum().to_dict()}
        top = pd.concat([top, pd.DataFrame([row])], ignore_index=True)
    share = 100 * top["reduction"] / top["baseline"].where(top["baseline"] != 0)
    return top.assign(percent=share.fillna(0.0))


def _panel(table: pd.DataFrame, pollutant: str, unit: str, words: Words, room: float = 0.0) -> Any:
    """Return the bars of a pollutant; `room` is the share of their length that is left for text, 0 for some pixels."""
    ends = table[["baseline", "allowed"]].max(axis=1)
    alone = float(ends[table["others"] == 0].max())
    end = min(float(ends.max()), CUT * alone) if alone > 0 else float(ends.max())
    beside: dict[str, Any] = {} if room else {"range": room_beside()}
    scale = alt.Scale(domain=[0, (end or 1.0) * (1 + room)], nice=False, zero=True, **beside)
    axis = amount_axis(words, words("charts.load_of", pollutant=pollutant), unit, end)
    names = list(table["label"])
    kinds = {words("charts.allowed"): DARK, words("charts.reduction"): LIGHT}
    if (table["reduction"] < 0).any():
        kinds[words("charts.increase")] = ORANGE
    colours = alt.Scale(domain=list(kinds), range=list(kinds.values()))
    base = alt.Chart(data(_records(table, end, unit, list(kinds), words))).encode(
        y=alt.Y("label:N", scale=alt.Scale(domain=names), axis=name_axis()),
        tooltip=[
            tip("name", words("charts.name")),
            *(tip(f"{name}_said", words(f"charts.{name}")) for name in AMOUNTS),
            tip("change", words("charts.change")),
        ],
    )
    bars = base.mark_bar(height={"band": 0.72}).encode(
        x=alt.X("from:Q", scale=scale, axis=axis),
        x2="to:Q",
        color=alt.Color("kind:N", scale=colours, legend=alt.Legend(title=None)),
    )
    text = base.transform_filter("datum.last").mark_text(align="left", dx=4)
    return alt.layer(bars, text.encode(x=alt.X("end:Q", scale=scale, axis=axis), text="change:N")).properties(
        height=ROW * len(names)
    )


def _records(table: pd.DataFrame, end: float, unit: str, kinds: list[str], words: Words) -> list[dict[str, Any]]:
    """Return a record per piece of a bar: `value`, where it is drawn (cut at `end`), and what its tooltip says."""
    records = []
    for row in table.to_dict("records"):
        baseline, allowed = float(row["baseline"]), float(row["allowed"])
        kept, most = min(allowed, baseline), max(allowed, baseline)
        common = {
            "name": str(row["name"]),
            "label": row["label"],
            "others": int(row["others"]),
            "change": ("» " if most > end else "") + percent(words, float(row["percent"])),
            **{f"{name}_said": amount(words, float(row[name]), unit) for name in AMOUNTS},
        }
        pieces = zip(kinds, ((0.0, kept), (kept, baseline), (baseline, allowed)), strict=False)
        drawn = [(kind, start, stop) for kind, (start, stop) in pieces if stop > start or not start]
        for kind, start, stop in drawn:
            value, low, high, top = rounded(np.array([stop - start, min(start, end), min(stop, end), min(most, end)]))
            last = kind == drawn[-1][0]
            records.append({**common, "kind": kind, "value": value, "from": low, "to": high, "end": top, "last": last})
    return records
