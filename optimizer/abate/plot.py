"""The picture of a plan: what each source may still emit, and what each binding target costs at the margin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from abate.plan import Plan

#: Bars that a panel shows before it leaves out the smallest.
MOST_BARS = 16
# dark and light of one hue: told apart in grey and by colour-blind readers
_ALLOWED, _REDUCED, _PRICE = "#1f4e79", "#b9cfe4", "#c26a00"


def plan_figure(plan: Plan) -> Figure:
    """Return a figure with a panel per pollutant and one of the prices.

    Each bar is a source's baseline load: what is allowed in dark, the reduction in light. Of many sources those with
    the greatest reductions are shown. Works without a display; save it with ``figure.savefig("plan.png")``.
    """
    pollutants = list(dict.fromkeys(plan.allocation["pollutant"]))
    figure = Figure(figsize=(5.2 * (len(pollutants) + 1), 4.8), layout="constrained")
    axes = figure.subplots(1, len(pollutants) + 1, squeeze=False)[0]
    for panel, pollutant in zip(axes, pollutants, strict=False):
        _loads(panel, plan, pollutant)
    _prices(axes[-1], plan)
    currency = plan.case.settings.currency
    title = plan.case.settings.title or plan.case.settings.name
    figure.suptitle(f"{title}: {plan.cost:,.0f} {currency}/yr", wrap=True)
    return figure


def _loads(panel: Axes, plan: Plan, pollutant: str) -> None:
    rows = plan.allocation[plan.allocation["pollutant"] == pollutant]
    shown = rows.sort_values("reduction", ascending=False, kind="stable").head(MOST_BARS).iloc[::-1]
    place = np.arange(len(shown))
    panel.barh(place, shown["allowed"], color=_ALLOWED, label="allowed")
    panel.barh(place, shown["reduction"], left=shown["allowed"], color=_REDUCED, label="reduction")
    for position, (end, percent) in enumerate(zip(shown["baseline"], shown["percent"], strict=True)):
        said = (
            f" −{percent:.0f} %" if round(percent) > 0 else " as today" if abs(percent) < 0.5 else f" +{-percent:.0f} %"
        )
        panel.annotate(said, (end, position), va="center", fontsize="small")
    panel.set_yticks(place, list(shown["source"]))
    panel.margins(x=0.15)
    panel.locator_params(axis="x", nbins=5)
    panel.set_xlabel(f"load of {pollutant} [{plan.case.settings.units.load}]")
    panel.set_title(_title("What each source may still emit", len(shown), len(rows)), fontsize="medium")
    panel.legend(loc="lower right", frameon=False)
    panel.spines[["top", "right"]].set_visible(False)


def _prices(panel: Axes, plan: Plan) -> None:
    priced = plan.prices[plan.prices["price_as_asked"] > 0]
    panel.set_title("What one unit more of each target costs", fontsize="medium")
    panel.spines[["top", "right"]].set_visible(False)
    if priced.empty:
        panel.text(0.5, 0.5, "no target binds", ha="center", va="center", transform=panel.transAxes)
        panel.set_axis_off()
        return
    shown = priced.sort_values("price_as_asked", ascending=False, kind="stable").head(MOST_BARS).iloc[::-1]
    place = np.arange(len(shown))
    panel.barh(place, shown["price_as_asked"], color=_PRICE)
    panel.set_yticks(place, _names(shown))
    panel.set_xlabel(_unit(shown))
    if shown["price_as_asked"].max() > 100 * shown["price_as_asked"].min():
        panel.set_xscale("log")
    panel.set_title(_title("What one unit more of each target costs", len(shown), len(priced)), fontsize="medium")


def _names(shown: pd.DataFrame) -> list[str]:
    """Return the targets' names, with the unit of each price where they differ."""
    if shown["unit_as_asked"].nunique() == 1:
        return list(shown["target"])
    units = shown["unit_as_asked"].str.partition(" per ")[2]
    return [f"{target} [per {unit}]" for target, unit in zip(shown["target"], units, strict=True)]


def _unit(shown: pd.DataFrame) -> str:
    units = shown["unit_as_asked"]
    return str(units.iloc[0] if units.nunique() == 1 else units.str.partition(" per ")[0].iloc[0])


def _title(text: str, shown: int, there: int) -> str:
    return text if shown == there else f"{text} ({shown} of {there})"
