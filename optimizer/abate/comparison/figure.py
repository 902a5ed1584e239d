"""The picture of a comparison: cost against inequity with the frontier, and who bears how much."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from abate.comparison.numbering import write_numbers
from abate.labels import fitted, scaled
from abate.tables import first_level
from abate_models.regions import Scopes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from abate.comparison.comparing import Comparison

# told apart in grey and by colour-blind readers: full and hollow marks, dark and light
_ATTAINED, _MISSED, _FRONTIER = "#1f4e79", "#c26a00", "#8a8a8a"
#: Largest ratio of two costs that an ordinary axis can show.
STRAIGHT = 20.0
#: What the left panel takes of the figure, across and up, nearly.
_PANEL = np.array([0.38, 0.8])
#: Columns of a heat map whose cells still have room for a number.
MOST_NUMBERED = 10
#: Letters of a name for which there is room.
LONGEST = 44


def comparison_figure(comparison: Comparison) -> Figure:
    """Return a figure with a panel of cost against inequity and a heat map of the reduction by region or sector.

    Strategies that hand out the same share a number. The numbers of the left panel are those of the rows on the
    right, from the cheapest to the dearest; without costs, from today's shares to those furthest from them. Works
    without a display.
    """
    rows = _numbered(comparison)
    burden = burdens(comparison).loc[rows["strategy"]]
    figure = Figure(figsize=(14.0, max(5.0, 1.8 + 0.31 * len(rows))), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.0, 1.15))
    _trade_off(left, comparison, rows, _PANEL * figure.get_size_inches())
    _heat(right, rows, burden)
    figure.suptitle(fitted(f"Allocation strategies side by side: {comparison.case.label}", 3 * LONGEST))
    return figure


def burdens(comparison: Comparison) -> pd.DataFrame:
    """Return the reduction in percent of today's load, a row per strategy and a column per region or sector.

    Regions are those of the first level. Of regions and sectors those are taken that strategies treat more
    differently: where each region has a cap of its own, only sectors tell strategies apart.
    """
    splits = [_by_zone(comparison, zone) for zone in _zones(comparison)]
    return max(splits, key=lambda split: float(np.nan_to_num(split.to_numpy(dtype=float)).std(axis=0).mean()))


def _zones(comparison: Comparison) -> list[np.ndarray]:
    """Return for each load its region of the first level, and its sector, where there is more than one."""
    case = comparison.case
    scopes, names, source = Scopes(case), case.ids("regions", "region"), case.codes("loads", "source")
    region = np.full(len(source), "", dtype=object)
    for code in first_level(case):
        region[scopes.sources(code)[source]] = names[code]
    sector = comparison.loads["sector"].to_numpy(dtype=object)[: len(source)].copy()
    splits = [split for split in (region, sector) if len(set(split)) > 1] or [np.full(len(source), "all", dtype=object)]
    for split in splits:
        split[split == ""] = "elsewhere"
    return splits


def _by_zone(comparison: Comparison, zone: np.ndarray) -> pd.DataFrame:
    loads = comparison.loads.assign(zone=np.tile(zone, len(comparison.plans)))
    sums = loads.groupby(["strategy", "zone"], sort=False)[["baseline", "reduction"]].sum()
    percent = (100 * sums["reduction"] / sums["baseline"].where(sums["baseline"] > 0)).unstack("zone")
    case = comparison.case
    asked = np.asarray(case["sources"]["controllable"], dtype=bool)[case.codes("loads", "source")]
    return percent[list(dict.fromkeys(zone[asked] if asked.any() else zone))]


def _numbered(comparison: Comparison) -> pd.DataFrame:
    """Return the rows of the table that differ, the cheapest first, with how many others hand out the same."""
    same = comparison.same
    table = comparison.distinct
    by = "share_shift" if table["cost"].isna().all() else "cost"
    rows = table.sort_values(by, kind="stable", ignore_index=True)
    others = [len(same[name]) for name in rows["strategy"]]
    labels = [f"{name} (+{count})" if count else name for name, count in zip(rows["strategy"], others, strict=True)]
    missed = rows["attained"] < len(comparison.case["targets"])
    return rows.assign(x=rows[by], label=labels, missed=missed)


def _trade_off(panel: Axes, comparison: Comparison, rows: pd.DataFrame, inches: np.ndarray) -> None:
    table, scale = comparison.table, 1.0
    known = rows[rows["x"].notna() & np.isfinite(rows["gini"])]
    panel.spines[["top", "right"]].set_visible(False)
    panel.set_ylabel(fitted(f"Gini of {table.attrs['inequality']}", LONGEST))
    if table["cost"].isna().all():
        panel.set_title("What strategies change, and how unequal they are", fontsize="medium")
        panel.set_xlabel("part of the load that changes hands (costs are not known)")
    else:
        panel.set_title("What strategies cost, and how unequal they are", fontsize="medium")
        scale, word = scaled(known["x"].max())
        panel.set_xlabel(fitted(f"cost of the cheapest measures [{word}{table.attrs['units']['cost']}]", 2 * LONGEST))
    if known.empty:
        return
    points = known["x"].to_numpy() / scale
    frontier = _frontier(points, known["gini"].to_numpy(), known["missed"].to_numpy())
    panel.plot(points[frontier], known["gini"].to_numpy()[frontier], color=_FRONTIER, linewidth=1, zorder=1)
    for missed, colour, face, label in (
        (False, _ATTAINED, _ATTAINED, "all targets attained"),
        (True, _MISSED, "white", "some target missed"),
    ):
        chosen = known["missed"].to_numpy() == missed
        if chosen.any():
            panel.scatter(points[chosen], known["gini"][chosen], color=colour, facecolor=face, label=label, zorder=2)
    if (points > 0).all() and points.max() > STRAIGHT * points.min():
        panel.set_xscale("log")
    panel.margins(0.08)
    panel.set_ylim(bottom=min(0.0, panel.get_ylim()[0]))
    # above the panel, where there are no marks
    panel.legend(
        frameon=False, fontsize="small", loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=2, ncols=2
    )
    numbers = [str(row + 1) for row in known.index]
    write_numbers(panel, points, known["gini"].to_numpy(), numbers, inches)


def _frontier(cost: np.ndarray, inequity: np.ndarray, missed: np.ndarray) -> np.ndarray:
    """Return the positions of the attained strategies that no other one beats in both, by rising cost."""
    order = np.lexsort((inequity, cost))
    kept: list[int] = []
    for position in order[~missed[order]]:
        if not kept or inequity[position] < inequity[kept[-1]]:
            kept.append(int(position))
    return np.array(kept, dtype=int)


def _heat(panel: Axes, rows: pd.DataFrame, burden: pd.DataFrame) -> None:
    values = burden.to_numpy()
    most = max(float(np.nanmax(values, initial=1.0)), 1.0)
    panel.imshow(values, aspect="auto", cmap="Blues", vmin=0, vmax=most)
    zones = [fitted(str(name), LONGEST // 2) for name in burden.columns]
    panel.set_xticks(range(values.shape[1]), zones, rotation=30, ha="right", fontsize="small")
    labels = [f"{fitted(label, LONGEST)}  {row + 1}" for row, label in zip(rows.index, rows["label"], strict=True)]
    panel.set_yticks(range(len(rows)), labels, fontsize="small")
    for tick, missed in zip(panel.get_yticklabels(), rows["missed"], strict=True):
        tick.set_color(_MISSED if missed else "black")
    if values.shape[1] <= MOST_NUMBERED:
        for (row, column), value in np.ndenumerate(values):
            shade = "white" if value > 0.6 * most else "black"
            text = "-" if np.isnan(value) else f"{value:.0f}"
            panel.text(column, row, text, ha="center", va="center", fontsize="small", color=shade)
    panel.set_title("Who bears it: reduction in % of today's load", fontsize="medium")
    panel.spines[:].set_visible(False)
    panel.tick_params(length=0)
