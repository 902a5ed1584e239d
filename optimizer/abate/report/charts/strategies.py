"""Strategies of a comparison: what they cost and how unequal they are, and whom they burden.

Strategies share numbers between the two charts: from the cheapest to the dearest, without costs from today's shares to
those furthest from them. Of strategies that hand out the same, the first stands for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.report.charts.beside import HEIGHT, place_labels
from abate.report.charts.theme import (
    DARK,
    GREY,
    INK,
    ORANGE,
    PALE,
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
from abate.tables import first_level
from abate_models.regions import Scopes

if TYPE_CHECKING:
    from abate.comparison.comparing import Comparison
    from abate.words import Words

Floats = NDArray[np.float64]

#: Strategies of which the burden is shown; the dearer ones are left out.
MOST = 16
#: Regions or sectors that are shown: those with the greatest load.
MOST_ZONES = 6
#: Height of a strategy's row, in pixels.
EACH = 24
#: Share of its column that a bar of 100 % takes, and share of that from which on its number stands in it.
WIDE, LONG = 0.94, 0.6
#: Part of the panel by which the axes go beyond the marks.
AROUND = 0.08


def cost_inequality(comparison: Comparison, words: Words) -> alt.TopLevelMixin | None:
    """Return cost against the Gini index, with the strategies that no other attained one beats in both joined.

    None where no strategy has an index. Without costs, the part of the load that changes hands stands for the cost.
    """
    rows = _numbered(comparison)
    known = rows[rows["across"].notna() & np.isfinite(rows["gini"])]
    if known.empty:
        return None
    x, y = known["across"].to_numpy(dtype=np.float64), known["gini"].to_numpy(dtype=np.float64)
    ends = [_ends(values, floor) for values, floor in ((x, -np.inf), (y, 0.0))]
    frontier = _frontier(x, y, known["missed"].to_numpy(dtype=bool))
    labels = place_labels(x, y, [str(number) for number in known["number"]], ends)
    chart = _scatter(comparison, known.assign(frontier=frontier), labels, ends, words)
    listed = words("charts.numbers_below")
    return finished(chart.properties(width="container", height=HEIGHT), words, words("charts.strategies"), listed)


def burden(comparison: Comparison, words: Words) -> alt.TopLevelMixin | None:
    """Return the reduction in percent of today's load, a row per strategy and a panel of bars per region or sector.

    Of regions and sectors those are taken that strategies treat more differently. None where nothing is emitted.
    """
    rows = _numbered(comparison)
    shares, count = _burdens(comparison, words)
    if shares.empty:
        return None
    top = rows.head(MOST)
    chart = _lenses(top, shares, words)
    notes = [part_shown(words, len(top), len(rows)), part_shown(words, len(shares.columns), count)]
    if notes[1]:
        notes[1] = words("charts.zones_shown", shown=len(shares.columns), there=count)
    return finished(chart, words, words("charts.burden"), notes)


def _numbered(comparison: Comparison) -> pd.DataFrame:
    """Return the rows of the table that differ, numbered, with their place across and whether they miss targets."""
    table, same = comparison.distinct, comparison.same
    by = "share_shift" if table["cost"].isna().all() else "cost"
    rows = table.sort_values(by, kind="stable", ignore_index=True)
    others = [len(same[name]) for name in rows["strategy"]]
    labels = [
        f"{name} (+{count})" if count else str(name) for name, count in zip(rows["strategy"], others, strict=True)
    ]
    return rows.assign(
        across=rows[by],
        number=np.arange(1, len(rows) + 1),
        label=labels,
        missed=rows["attained"] < len(comparison.case["targets"]),
    )


def _frontier(cost: Floats, inequity: Floats, missed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which attained strategies no other attained one beats in both."""
    kept, least = np.zeros(len(cost), dtype=bool), np.inf
    for place in np.lexsort((inequity, cost)):
        if not missed[place] and inequity[place] < least:
            kept[place], least = True, inequity[place]
    return kept


def _ends(values: Floats, floor: float) -> list[float]:
    """Return the ends of an axis: a little beyond the values."""
    low, high = float(values.min()), float(values.max())
    free = AROUND * ((high - low) or abs(high) or 1.0)
    return [float(f"{max(low - free, floor):.6g}"), float(f"{high + free:.6g}")]


def _scatter(
    comparison: Comparison, table: pd.DataFrame, labels: list[dict[str, Any]], ends: list[list[float]], words: Words
) -> Any:
    paid, most = comparison.case.settings.currency, float(table["across"].max())
    costs_known = not comparison.table["cost"].isna().all()
    kept, missed = words("charts.all_kept"), words("charts.some_missed")
    axis = (
        amount_axis(words, words("charts.cost"), f"{paid}/yr", most)
        if costs_known
        else plain_axis(words("charts.share_shift"))
    )
    title = words(
        "charts.gini_of", of=words.known(f"charts.inequality_{comparison.view.variable}", comparison.view.variable)
    )
    at: dict[str, Any] = {
        "x": alt.X("x:Q", scale=alt.Scale(domain=ends[0], nice=False, zero=False), axis=axis),
        "y": alt.Y("y:Q", scale=alt.Scale(domain=ends[1], nice=False, zero=False), axis=plain_axis(title)),
    }
    base = alt.Chart(data(_points(comparison, table, words))).encode(
        **at,
        tooltip=[
            tip("name", words("charts.strategy")),
            tip("cost_said", words("charts.cost")),
            tip("gini_said", words("charts.gini")),
            tip("attained_said", words("charts.targets_kept")),
        ],
    )
    line = (
        base.transform_filter("datum.frontier")
        .mark_line(color=GREY, strokeWidth=1.2, strokeDash=[4, 3])
        .encode(order="x:Q")
    )
    marks = _state_marks(base, [kept, missed])
    beside: dict[str, Any] = {"dx": alt.ExprRef("datum.dx"), "dy": alt.ExprRef("datum.dy")}
    text = alt.Chart(data(labels)).mark_text(color=INK, **beside).encode(**at, text="text:N")
    return alt.layer(line, marks, text)


def _points(comparison: Comparison, table: pd.DataFrame, words: Words) -> list[dict[str, Any]]:
    """Return a record per strategy: its number, where it stands, and what its tooltip says."""
    unit = words.unit(f"{comparison.case.settings.currency}/yr")
    records = []
    for row in table.to_dict("records"):
        x, y = rounded(np.array([row["across"], row["gini"]]))
        records.append(
            {
                "number": str(row["number"]),
                "name": str(row["label"]),
                "x": x,
                "y": y,
                "state": words("charts.some_missed" if row["missed"] else "charts.all_kept"),
                "frontier": bool(row["frontier"]),
                "cost_said": words.money(float(row["cost"]), unit),
                "gini_said": words.number(float(row["gini"])),
                "attained_said": f"{int(row['attained'])} / {len(comparison.case['targets'])}",
            }
        )
    return records


def _state_marks(base: Any, states: list[str]) -> Any:
    """Return the marks: full circles of those that keep all targets, hollow squares of the others."""
    legend = alt.Legend(title=None)
    fills, strokes, shapes = (
        alt.Scale(domain=states, range=looks) for looks in ([DARK, WHITE], [DARK, ORANGE], ["circle", "square"])
    )
    return base.mark_point(filled=True, size=70, strokeWidth=1.8, opacity=1).encode(
        fill=alt.Fill("state:N", scale=fills, legend=legend),
        stroke=alt.Stroke("state:N", scale=strokes, legend=legend),
        shape=alt.Shape("state:N", scale=shapes, legend=legend),
    )


def _burdens(comparison: Comparison, words: Words) -> tuple[pd.DataFrame, int]:
    """Return the reduction in percent, a row per strategy and a column per zone, and how many zones there are."""
    splits = [_by_zone(comparison, zone) for zone in _zones(comparison, words)]
    split = max(splits, key=lambda one: float(np.nan_to_num(one[0].to_numpy(dtype=float)).std(axis=0).mean()))
    shares, loads = split
    return shares[loads.sort_values(ascending=False, kind="stable").index[:MOST_ZONES]], len(loads)


def _zones(comparison: Comparison, words: Words) -> list[NDArray[np.object_]]:
    """Return for each load its region of the first level, and its sector, where there is more than one."""
    case = comparison.case
    scopes, names, source = Scopes(case), case.ids("regions", "region"), case.codes("loads", "source")
    region = np.full(len(source), "", dtype=object)
    for code in first_level(case) if names else []:
        region[scopes.sources(code)[source]] = names[code]
    sector = comparison.loads["sector"].to_numpy(dtype=object)[: len(source)].copy()
    splits = [split for split in (region, sector) if len(set(split)) > 1]
    for split in splits:
        split[split == ""] = words("charts.elsewhere")
    return splits or [np.full(len(source), words("charts.everything"), dtype=object)]


def _by_zone(comparison: Comparison, zone: NDArray[np.object_]) -> tuple[pd.DataFrame, pd.Series]:
    loads = comparison.loads.assign(zone=np.tile(zone, len(comparison.plans)))
    sums = loads.groupby(["strategy", "zone"], sort=False)[["baseline", "reduction"]].sum()
    today = sums["baseline"].groupby("zone", sort=False).max()
    percent = (100 * sums["reduction"] / sums["baseline"].where(sums["baseline"] > 0)).unstack("zone")
    there = today[today > 0]
    return percent[list(there.index)], there


def _lenses(top: pd.DataFrame, shares: pd.DataFrame, words: Words) -> Any:
    """Return the bars: each zone has a column of the panel, in which 100 % is its whole width."""
    count = len(shares.columns)
    labels = short([f"{number} {name}" for number, name in zip(top["number"], top["label"], strict=True)], 44)
    scale = alt.Scale(domain=[0, count], nice=False)
    tips = [
        tip("name", words("charts.strategy")),
        tip("zone", words("charts.zone")),
        tip("said", words("charts.reduction")),
        tip("state", words("charts.targets")),
    ]
    base = alt.Chart(data(_cells(top.assign(row=labels), shares, words))).encode(
        y=alt.Y("label:N", scale=alt.Scale(domain=labels), axis=name_axis()), tooltip=tips
    )
    x = alt.X("start:Q", scale=scale, axis=None)
    states = alt.Scale(domain=[words("charts.all_kept"), words("charts.some_missed")], range=[DARK, ORANGE])
    whole = base.mark_bar(height={"band": 0.8}, color=PALE).encode(x=x, x2="full:Q")
    bars = base.mark_bar(height={"band": 0.8}).encode(
        x=x, x2="end:Q", color=alt.Color("state:N", scale=states, legend=alt.Legend(title=None, offset=24))
    )
    at_end = alt.X("end:Q", scale=scale, axis=None)
    # a number stands behind its bar, or in the bar where that is long
    short_ones, long_ones = (base.transform_filter(f"datum.long == {one}") for one in ("false", "true"))
    text = short_ones.mark_text(color=INK, align="left", dx=3).encode(x=at_end, text="text:N")
    inside = long_ones.mark_text(color=WHITE, align="right", dx=-3).encode(x=at_end, text="text:N")
    room = alt.ExprRef(f"width / {count} - 6")
    heads = (
        base.transform_filter("datum.first")
        .mark_text(align="left", baseline="bottom", limit=room, color=INK, fontWeight="bold")
        .encode(x=x, y=alt.value(-5), text="zone:N")
    )
    return alt.layer(whole, bars, text, inside, heads).properties(width="container", height=EACH * len(labels))


def _cells(top: pd.DataFrame, shares: pd.DataFrame, words: Words) -> list[dict[str, Any]]:
    """Return a record per strategy and zone: the share, and where its bar begins and ends."""
    records = []
    for strategy in top.to_dict("records"):
        of_zones = shares.loc[strategy["strategy"]].to_numpy(dtype=np.float64)
        for place, (zone, share) in enumerate(zip(shares.columns, of_zones, strict=True)):
            part = float(np.clip(np.nan_to_num(share) / 100, 0.0, 1.0))
            start, end, full, value = rounded(np.array([place, place + WIDE * part, place + WIDE, share]), 7)
            records.append(
                {
                    "label": strategy["row"],
                    "name": str(strategy["label"]),
                    "zone": str(zone),
                    "start": start,
                    "end": end,
                    "full": full,
                    "share": value,
                    "text": "–" if np.isnan(share) else words.number(round(float(share))),
                    "said": amount(words, float(share), "%"),
                    "long": bool(part > LONG),
                    "first": strategy["row"] == top["row"].iloc[0],
                    "state": words("charts.some_missed" if strategy["missed"] else "charts.all_kept"),
                }
            )
    return records
