"""Marginal cost curve: steps by rising cost, what the plan uses of them, and what a unit removed is worth in it.

What is exact of it, and what is not, says `abate.report.charts.marginal_steps`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
import pandas as pd

from abate.report.charts.marginal_steps import REST, UNUSED, USED, steps
from abate.report.charts.theme import (
    DARK,
    LIGHT,
    MIDDLE,
    ORANGE,
    PHONE,
    WHITE,
    amount,
    amount_axis,
    data,
    finished,
    log_axis,
    panels,
    plain_axis,
    rounded,
    scaled_unit,
    tip,
)

if TYPE_CHECKING:
    from abate.plan import Plan
    from abate.words import Words

#: Steps that are drawn; more are drawn together.
MOST = 300
#: Largest ratio of the greatest cost to the median on an ordinary axis.
STRAIGHT = 40.0
#: Width of a panel that is one of several, and height, in pixels.
PANEL, HEIGHT = 380, 280


def marginal_cost(plan: Plan, words: Words) -> alt.TopLevelMixin | None:
    """Return the marginal cost curve, a panel per pollutant; None where the case has no measures that remove any."""
    tables = {name: steps(plan, code) for code, name in enumerate(plan.case.ids("loads", "pollutant"))}
    drawn = {name: table for name, table in tables.items() if len(table)}
    if not drawn:
        return None
    charts = [_panel(plan, table, name, words) for name, table in drawn.items()]
    note = words("charts.marginal_note_several" if len(drawn) > 1 else "charts.marginal_note")
    if len(charts) == 1:
        chart = charts[0].properties(width="container")
        return finished(chart, words, words("charts.marginal_cost"), note)
    views = [chart.properties(width=PANEL, title=name) for chart, name in zip(charts, drawn, strict=True)]
    joined = panels(views, 2, narrow=(PHONE - 70) / PANEL)
    return finished(joined, words, words("charts.marginal_cost"), note)


def thinned(table: pd.DataFrame, most: int = MOST) -> pd.DataFrame:
    """Return the steps with `count`; where they are many, neighbours of a state together at their mean cost.

    The steps are cut, in the order of their cost, into pieces of about the same width. Widths and costs add up to what
    they were.
    """
    if len(table) <= most:
        return table.assign(count=1)
    middle = table["width"].cumsum() - table["width"] / 2
    piece = np.minimum((middle / table["width"].sum() * (most // 3)).astype(int), most // 3 - 1)
    weighted = table.assign(
        piece=piece, count=1, spent=table["width"] * table["price"], value=table["width"] * table["worth"]
    )
    columns = ["width", "count", "spent", "value"]
    sums = weighted.groupby(["piece", "state"], sort=True)[columns].sum(min_count=1).reset_index()
    sums["price"], sums["worth"] = sums["spent"] / sums["width"], sums["value"] / sums["width"]
    sums["source"] = sums["measure"] = ""
    return sums.sort_values("price", kind="stable", ignore_index=True)[[*table.columns, "count"]]


def _panel(plan: Plan, table: pd.DataFrame, pollutant: str, words: Words) -> Any:
    drawn = thinned(table)
    units = plan.case.settings
    money, load = f"{units.currency}/yr", units.units.load
    records, low, log = _records(drawn, money, load, words)
    across = amount_axis(words, words("charts.cumulative", pollutant=pollutant), load, float(drawn["width"].sum()))
    most = float(np.nanmax(drawn[["price", "worth"]].to_numpy()))
    power, said = scaled_unit(words, most, money)
    title = words("charts.cost_per", money=said, unit=words.unit(load))
    up = log_axis(title, low, most, power) if log else plain_axis(title, power)
    scale = alt.Scale(type="log", domainMin=low, nice=False) if log else alt.Scale(zero=True)
    base = alt.Chart(data(records)).encode(
        x=alt.X("from:Q", axis=across, scale=alt.Scale(nice=False, domain=[0, float(drawn["width"].sum())])), x2="to:Q"
    )
    labels = {USED: DARK, REST: MIDDLE, UNUSED: LIGHT}
    colours = alt.Scale(domain=[words(f"charts.step_{name}") for name in labels], range=list(labels.values()))
    steps_ = base.mark_bar(stroke=WHITE, strokeWidth=0.4 if len(drawn) <= 120 else 0.0).encode(
        y=alt.Y("price:Q", axis=up, scale=scale),
        y2="floor:Q",
        color=alt.Color("kind:N", scale=colours, legend=alt.Legend(title=None)),
        tooltip=_tips(words),
    )
    layers = [steps_]
    if np.isfinite(drawn["worth"]).any():
        legend = alt.Legend(title=None, symbolType="stroke", symbolStrokeWidth=2)
        line = alt.Scale(domain=[words("charts.worth")], range=[ORANGE])
        worth = base.transform_filter("isValid(datum.worth) && datum.worth > datum.floor").mark_rule(strokeWidth=2)
        stroke = alt.Stroke("line:N", scale=line, legend=legend)
        layers.append(worth.encode(y=alt.Y("worth:Q", axis=up, scale=scale), stroke=stroke, tooltip=_tips(words)))
    return alt.layer(*layers).properties(height=HEIGHT)


def _records(drawn: pd.DataFrame, money: str, load: str, words: Words) -> tuple[list[dict[str, Any]], float, bool]:
    """Return the steps as records, where the axis of costs begins, and whether it is logarithmic."""
    price = drawn["price"].to_numpy(dtype=np.float64)
    positive = price[price > 0]
    log = bool(len(positive)) and float(price.max()) > STRAIGHT * float(np.median(positive))
    low = float(np.quantile(positive, 0.02)) / 1.5 if log else 0.0
    end = drawn["width"].to_numpy().cumsum()
    per = words("charts.per", money=words.unit(money), unit=words.unit(load))
    columns = {
        "source": [str(name) for name in drawn["source"]],
        "measure": [str(name) for name in drawn["measure"]],
        "from": rounded(end - drawn["width"].to_numpy()),
        "to": rounded(end),
        "width": rounded(drawn["width"].to_numpy()),
        "cost": rounded(price),
        "price": rounded(np.maximum(price, low) if log else price),
        "floor": [low if log else 0.0] * len(drawn),
        "worth": rounded(drawn["worth"].to_numpy(dtype=np.float64)),
        "state": list(drawn["state"]),
        "line": [words("charts.worth")] * len(drawn),
        "kind": [words(f"charts.step_{state}") for state in drawn["state"]],
        "what": [
            words("charts.steps_together", count=count) if not source else f"{source}: {measure}"
            for count, source, measure in zip(drawn["count"].tolist(), drawn["source"], drawn["measure"], strict=True)
        ],
        "width_said": [amount(words, value, load) for value in drawn["width"]],
        "price_said": [f"{words.number(value)} {per}" for value in price],
        "worth_said": [f"{words.number(value)} {per}" for value in drawn["worth"]],
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)], low, log


def _tips(words: Words) -> list[alt.Tooltip]:
    return [
        tip("what", words("charts.option")),
        tip("kind", words("charts.use")),
        tip("width_said", words("charts.removes")),
        tip("price_said", words("charts.marginal_price")),
        tip("worth_said", words("charts.worth")),
    ]
