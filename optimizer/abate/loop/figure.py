"""The picture of a revision: what targets came to and are planned to, what measures delivered, what moved and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from abate.labels import fitted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from abate.loop.revision import Revision

Floats = NDArray[np.float64]

#: Rows that a panel shows before it leaves out those that matter least.
MOST_ROWS = 12
#: Letters of a name at an axis.
LETTERS = 42
#: Colours that are told apart by colour-blind readers, and dark from light in grey.
_NOW, _PLANNED, _JUDGED, _LIMIT = "#1f4e79", "#c26a00", "#009e73", "#444444"
_EXPECTED, _DELIVERED = "#b9cfe4", "#1f4e79"
_BELIEF, _MEASURES = "#b9cfe4", "#1f4e79"


def revision_figure(revision: Revision) -> Figure:
    """Return a figure with a panel each for targets, for measures in use, and for allocations that moved.

    The first panel has the value of each target as a share of its limit: as it is believed, with the interval that
    holds it with a probability of 90 %, and as planned for the next year, with what is held back for what is not known;
    of a cap with a reference flow also the load of the last year at that flow.
    A case without measures has no second panel. Works without a display; save it with
    ``figure.savefig("revision.png")``.
    """
    delivery = revision.evaluation.delivery
    count = 3 if len(delivery) else 2
    figure = Figure(figsize=(6.4 * count, 5.2), layout="constrained")
    panels = figure.subplots(1, count)
    _targets(panels[0], revision)
    if len(delivery):
        _delivery(panels[1], delivery)
    _changes(panels[-1], revision)
    for panel in panels:
        panel.spines[["top", "right"]].set_visible(False)
    inputs = revision.inputs
    done = "a new plan" if revision.renewed else "the plan in force stands"
    title = inputs.case.settings.title or inputs.case.settings.name
    figure.suptitle(f"{fitted(title, 80)}, cycle {fitted(inputs.cycle, 40)}: {done}", wrap=True)
    return figure


def _targets(panel: Axes, revision: Revision) -> None:
    table = _shares(revision)
    known = table[np.isfinite(table["now"])].assign(worst=lambda rows: rows[["now", "judged"]].max(axis=1))
    shown = known.sort_values("worst", ascending=False, kind="stable").head(MOST_ROWS).iloc[::-1]
    panel.set_title(_title("What targets come to", len(shown), len(table)), fontsize="medium")
    if shown.empty:
        _nothing(panel, "no target has a limit to be held against")
        return
    place = np.arange(len(shown))
    reach = np.abs(shown[["lower", "upper"]].to_numpy() - shown[["now"]].to_numpy()).T
    # marks lie above one another where names are few, and do not cover one another
    panel.errorbar(
        shown["now"], place + 0.12, xerr=reach, fmt="o", color=_NOW, capsize=3, label="now believed, 90 % interval"
    )
    margin = np.array([np.zeros(len(shown)), shown["margin"]])
    panel.errorbar(
        shown["planned"], place - 0.12, xerr=margin, fmt="D", color=_PLANNED, label="planned next, with its margin"
    )
    if shown["judged"].notna().any():
        panel.plot(shown["judged"], place, "s", color=_JUDGED, label="last year, at its reference flow")
    panel.axvline(100.0, color=_LIMIT, linewidth=0.8, linestyle="--")
    panel.set_yticks(place, [fitted(name, LETTERS) for name in shown["target"]], fontsize="small")
    panel.set_ylim(-0.6, len(shown) - 0.4)
    panel.set_xlabel("value [% of the limit; missed above 100]")
    _legend_below(panel)


def _shares(revision: Revision) -> pd.DataFrame:
    """Return a row per target: its value in percent of the limit, now and planned, above 100 where it is missed."""
    seen = revision.evaluation.attainment
    plan = revision.plan.attainment.drop_duplicates("target").set_index("target").reindex(seen["target"])
    targets = revision.inputs.case["targets"].set_index("target").reindex(seen["target"])
    low = (targets["sense"].astype(str) == "at_least").to_numpy()
    limit = seen["limit"].to_numpy()

    def share(value: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            part = 100.0 * np.where(low, limit / value, value / limit)
        return np.where(limit * value > 0, part, np.nan)

    after, margin = plan["after"].to_numpy(dtype=np.float64), plan["margin"].to_numpy(dtype=np.float64)
    now, planned = share(seen["expected"].to_numpy()), share(after)
    held = share(np.where(low, after - margin, after + margin))
    ends = [share(seen[name].to_numpy()) for name in ("lower", "upper")]
    lower, upper = (np.where(np.isnan(end), now, end) for end in ends)
    judged = _judged(revision)
    margin_share = np.maximum(np.nan_to_num(held - planned), 0.0)
    return pd.DataFrame(
        {
            "target": list(seen["target"]),
            "now": now,
            "lower": lower,
            "upper": upper,
            "planned": planned,
            "margin": margin_share,
            "judged": [100.0 * judged.get(name, np.nan) for name in seen["target"]],
        }
    )


def _judged(revision: Revision) -> dict[str, float]:
    """Return the load of the last year over its limit, by target that is judged at a reference flow."""
    table = revision.verdicts
    last = table[table["year"] == table["year"].max()]
    return {row["target"]: float(row["normalised"] / row["limit"]) for row in last.to_dict("records")}


def _delivery(panel: Axes, delivery: pd.DataFrame) -> None:
    """Draw what was planned to be removed and what was, of each measure at all sources together."""
    by = ["measure", "pollutant"] if delivery["pollutant"].nunique() > 1 else ["measure"]
    columns = ["planned", "delivered", "lower", "upper"]
    table = delivery.groupby(by, sort=False, observed=True)[columns].sum().reset_index()
    shown = table.sort_values("planned", ascending=False, kind="stable").head(MOST_ROWS).iloc[::-1]
    place = np.arange(len(shown))
    reach = np.abs(shown[["lower", "upper"]].to_numpy() - shown[["delivered"]].to_numpy()).T
    panel.barh(place + 0.2, shown["planned"], 0.38, color=_EXPECTED, label="planned")
    panel.barh(place - 0.2, shown["delivered"], 0.38, color=_DELIVERED, label="delivered, 90 % interval")
    panel.errorbar(shown["delivered"], place - 0.2, xerr=reach, fmt="none", color=_LIMIT, capsize=3)
    names = [", ".join(map(str, row)) for row in shown[by].itertuples(index=False)]
    panel.set_yticks(place, [fitted(name, LETTERS) for name in names], fontsize="small")
    panel.locator_params(axis="x", nbins=6)
    panel.set_xlabel(f"reduction [{delivery.attrs['units']['planned']}]")
    panel.set_title(_title("What measures delivered", len(shown), len(table)), fontsize="medium")
    _legend_below(panel)


def _changes(panel: Axes, revision: Revision) -> None:
    """Draw the allocations that moved most: the parts by what is believed and by measures, and their sum."""
    changes = revision.changes
    order = changes["change"].abs().sort_values(ascending=False, kind="stable").index
    shown = changes.loc[order[:MOST_ROWS]].iloc[::-1]
    panel.set_title(_title("Which allocations moved", len(shown), len(changes)), fontsize="medium")
    if shown.empty:
        _nothing(panel, "no allocation moved")
        return
    place = np.arange(len(shown))
    if changes["by_belief"].any():
        panel.barh(place + 0.2, shown["by_belief"], 0.38, color=_BELIEF, label="by what is believed")
    panel.barh(place - 0.2, shown["by_measures"], 0.38, color=_MEASURES, label="by measures")
    panel.plot(shown["change"], place, "D", color=_PLANNED, label="change")
    panel.axvline(0.0, color=_LIMIT, linewidth=0.8)
    several = changes["pollutant"].nunique() > 1
    names = [
        f"{source}, {pollutant}" if several else str(source)
        for source, pollutant in zip(shown["source"], shown["pollutant"], strict=True)
    ]
    panel.set_yticks(place, [fitted(name, LETTERS) for name in names], fontsize="small")
    panel.use_sticky_edges = False  # marks at zero are shown whole
    panel.margins(x=0.06)
    panel.locator_params(axis="x", nbins=6)
    panel.set_xlabel(f"change of the allocation [{changes.attrs['units']['change']}]")
    _legend_below(panel)


def _legend_below(panel: Axes) -> None:
    panel.legend(loc="upper center", bbox_to_anchor=(0.4, -0.13), ncols=2, frameon=False, fontsize="small")


def _nothing(panel: Axes, said: str) -> None:
    panel.text(0.5, 0.5, said, ha="center", va="center", transform=panel.transAxes)
    panel.set_axis_off()


def _title(text: str, shown: int, there: int) -> str:
    return text if shown == there else f"{text} ({shown} of {there})"
