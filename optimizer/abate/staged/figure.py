"""The picture of a plan of several years: what stands, what it costs, and what each target attains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from abate.labels import fitted, scaled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from abate.staged.schedule import Schedule

#: Lines that a panel shows before it leaves out the smallest.
MOST_LINES = 6
#: Colours that are told apart by colour-blind readers (Okabe and Ito), and marks that are told apart in grey.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_MARKS = ("o", "s", "^", "D", "v", "P")
_OPERATING, _FIXED, _CAPITAL = "#1f4e79", "#7a9cc0", "#c26a00"


def schedule_figure(schedule: Schedule) -> Figure:
    """Return a figure with a panel each for capacity, yearly cost and attainment over the years.

    Works without a display; save it with ``figure.savefig("schedule.png")``.
    """
    figure = Figure(figsize=(15.6, 4.8), layout="constrained")
    stands, costs, attained = figure.subplots(1, 3)
    _capacity(stands, schedule)
    _costs(costs, schedule)
    _attainment(attained, schedule)
    for panel in (stands, costs, attained):
        panel.spines[["top", "right"]].set_visible(False)
        panel.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
        panel.set_xlim(schedule.years[0] - 0.5, schedule.years[-1] + 0.5)
    settings = schedule.case.settings
    cost = f"{schedule.cost:,.0f} {settings.currency}, discounted to {schedule.years[0]}"
    figure.suptitle(f"{fitted(settings.title or settings.name, 80)}: {cost}", wrap=True)
    return figure


def _capacity(panel: Axes, schedule: Schedule) -> None:
    """Draw what stands of each measure, as a share of what stands of it at the end."""
    built = schedule.capacity.pivot_table(index="year", columns="measure", values="built", aggfunc="sum", observed=True)
    built = built.reindex(index=schedule.years, fill_value=0.0).fillna(0.0)
    last = built.iloc[-1]
    used = _spending(schedule).reindex(last.index[last > 0], fill_value=0.0)
    shown = used.sort_values(ascending=False, kind="stable").index[:MOST_LINES]
    for line, measure in enumerate(shown):
        share = 100.0 * built[measure] / last[measure]
        panel.step(schedule.years, share, where="mid", color=_COLOURS[line])
        panel.plot(schedule.years, share, _MARKS[line], color=_COLOURS[line], label=fitted(str(measure), 24))
    panel.set_ylim(0, 105)
    panel.set_ylabel("capacity [% of that at the end]")
    panel.set_title(_title("What stands of each measure", len(shown), int((last > 0).sum())), fontsize="medium")
    if len(shown):
        panel.legend(frameon=False, fontsize="small")


def _spending(schedule: Schedule) -> pd.Series:
    """Return what each measure costs in all years together, by the plans of the years."""
    tables = [plan.measures for plan in schedule.plans.values()]
    return pd.concat(tables).groupby("measure", observed=True)["cost"].sum()


def _costs(panel: Axes, schedule: Schedule) -> None:
    costs = schedule.costs
    divisor, word = scaled(float(costs["cost"].max()))
    below = np.zeros(len(costs))
    for name, colour in (("operating", _OPERATING), ("fixed", _FIXED), ("capital", _CAPITAL)):
        part = costs[name].to_numpy() / divisor
        if part.any():
            panel.bar(schedule.years, part, 0.7, below, color=colour, label=name)
            below = below + part
    panel.set_ylabel(f"cost [{word}{schedule.case.settings.currency}/yr]")
    panel.set_title("What each year costs", fontsize="medium")
    if below.any():
        panel.margins(y=0.2)
        panel.legend(frameon=False, fontsize="small", ncols=3, loc="upper left")


def _attainment(panel: Axes, schedule: Schedule) -> None:
    """Draw the value of each target over what it allows, lower limits the other way round; filled where it holds."""
    table = schedule.attainment
    sign = np.where(schedule.case.words("targets", "sense") == "at_least", -1.0, 1.0)
    names = list(dict.fromkeys(table["target"]))
    of_target = dict(zip(names, sign, strict=True))
    tight = table[table["holds"]].assign(slack=lambda rows: rows["unused"] / rows["limit"].abs().clip(lower=1e-300))
    order = tight.groupby("target", observed=True)["slack"].min().sort_values(kind="stable").index
    shown = [name for name in order if table.loc[table["target"] == name, "limit"].iloc[0] != 0][:MOST_LINES]
    for line, name in enumerate(shown):
        rows = table[table["target"] == name]
        allowed = rows["limit"] - of_target[name] * (rows["margin"] + rows["reserve"])
        part = rows["value"] / allowed if of_target[name] > 0 else allowed / rows["value"]
        share, holds = 100.0 * part.to_numpy(), rows["holds"].to_numpy()
        years, colour = np.asarray(schedule.years), _COLOURS[line]
        panel.plot(years, share, color=colour, linewidth=1)
        panel.plot(years[holds], share[holds], _MARKS[line], color=colour, label=fitted(name, 24))
        panel.plot(years[~holds], share[~holds], _MARKS[line], color=colour, markerfacecolor="white")
    panel.axhline(100.0, color="#444444", linewidth=0.8, linestyle="--")
    panel.set_ylabel("value [% of what is allowed; missed above 100]")
    panel.set_title(_title("What targets attain (filled: holds)", len(shown), len(names)), fontsize="medium")
    if shown:
        panel.legend(frameon=False, fontsize="small")


def _title(text: str, shown: int, there: int) -> str:
    return text if shown == there else f"{text} ({shown} of {there})"
