"""Price of each target: what one unit more of it would cost a year, the dearest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import pandas as pd

from abate.report.charts.theme import (
    ORANGE,
    ROW,
    amount,
    data,
    finished,
    log_axis,
    name_axis,
    part_shown,
    plain_axis,
    room_beside,
    rounded,
    scaled_unit,
    short,
    tip,
)

if TYPE_CHECKING:
    from abate.plan import Plan
    from abate.words import Words

#: Bars that are shown; the prices of the others are smaller.
MOST = 20
#: Unit of a target that was asked for in percent.
PERCENTAGE_POINT = "percentage point"
#: Largest ratio of two prices on an ordinary axis.
STRAIGHT = 100.0


def prices(plan: Plan, words: Words) -> alt.TopLevelMixin | None:
    """Return a bar per target that has a price, as it was asked; None where none has, or no prices are known.

    Prices of targets in different units stand on one axis, each with its unit beside it.
    """
    priced = plan.prices[plan.prices["price_as_asked"] > 0]
    if priced.empty:
        return None
    table = priced.sort_values("price_as_asked", ascending=False, kind="stable").head(MOST)
    paid, per = (
        table["unit_as_asked"].str.partition(" per ")[0].iloc[0],
        table["unit_as_asked"].str.partition(" per ")[2],
    )
    same = per.nunique() == 1
    units = [words("charts.percentage_point") if one == PERCENTAGE_POINT else words.unit(one) for one in per]
    title = words("charts.price_of_unit", unit=units[0]) if same and units[0] else words("charts.price")
    power, money = scaled_unit(words, float(table["price_as_asked"].max()), paid)
    texts = [
        words.number(price / 10**power) if same else words("charts.price_per", price=price / 10**power, unit=unit)
        for price, unit in zip(table["price_as_asked"], units, strict=True)
    ]
    said = [
        words("charts.per", money=amount(words, price, paid), unit=unit or words("charts.unit"))
        for price, unit in zip(table["price_as_asked"], units, strict=True)
    ]
    table = table.assign(label=short(list(table["target"])), text=texts, said=said)
    chart = _bars(table, f"{title} [{money}]", power, words, room=56 if same else 110)
    return finished(chart, words, words("charts.prices"), part_shown(words, len(table), len(priced)))


def _bars(table: pd.DataFrame, title: str, power: int, words: Words, room: int) -> Any:
    price = table["price_as_asked"]
    least, most = float(price.min()), float(price.max())
    log = most > STRAIGHT * least
    low = least / 2 if log else 0.0
    scale = alt.Scale(
        type="log" if log else "linear",
        domain=[low, most],
        nice=False,
        zero=alt.Undefined if log else True,
        range=room_beside(room),
    )
    axis = log_axis(title, low, most, power) if log else plain_axis(title, power)
    columns = zip(table["target"], table["label"], rounded(price.to_numpy()), table["text"], table["said"], strict=True)
    records = [
        {"name": str(name), "label": label, "price": value, "low": low, "text": text, "said": said}
        for (name, label, value, text, said) in columns
    ]
    base = alt.Chart(data(records)).encode(
        y=alt.Y("label:N", scale=alt.Scale(domain=list(table["label"])), axis=name_axis()),
        tooltip=[tip("name", words("charts.target")), tip("said", words("charts.price"))],
    )
    x = alt.X("price:Q", scale=scale, axis=axis)
    bars = base.mark_bar(color=ORANGE, height={"band": 0.62}).encode(x=x, x2="low:Q")
    text = base.mark_text(align="left", dx=4).encode(x=x, text="text:N")
    return alt.layer(bars, text).properties(width="container", height=ROW * len(table))
