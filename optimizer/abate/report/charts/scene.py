"""What a map, a river or a tree shows: loads and kept targets in several states, and the panels that look at them.

The states of a plan are before and after; those of a front its points. A panel looks at one state, given as an
expression of Vega: a number, or the parameter `point` that the page moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.plan import Plan
from abate.report.charts.targets import judged
from abate.report.charts.theme import BLUES, GREY, PALE_ORANGE
from abate.words import Words
from abate_data.case import Case
from abate_models.targets import QUALITY

Floats = NDArray[np.float64]

#: Pollutants that get panels of their own: those of which the greatest share goes.
MOST_POLLUTANTS = 3
#: State of a receptor.
KEPT, MISSED, UNJUDGED = 0, 1, 2


@dataclass(frozen=True)
class View:
    """A panel: its title, and the place of the state that it looks at."""

    title: str
    state: str


@dataclass(frozen=True)
class Scene:
    """Loads and targets in several states.

    Attributes
    ----------
    case : the case.
    baseline : (loads,), load per year without measures.
    allowed : (states x loads).
    kept : (states x targets), whether each target is kept.
    views : the panels.
    point : the state that is looked at first, where the page chooses it; None where no panel depends on it.
    """

    case: Case
    baseline: Floats
    allowed: Floats
    kept: NDArray[np.bool_]
    views: tuple[View, ...]
    point: int | None = None

    @property
    def pollutants(self) -> list[str]:
        """The pollutants that are shown, in the planner's order."""
        code, names = self.case.codes("loads", "pollutant"), self.case.ids("loads", "pollutant")
        before, least = (np.bincount(code, load, len(names)) for load in (self.baseline, self.allowed.min(axis=0)))
        gone = np.divide(before - least, before, out=np.full(len(names), -1.0), where=before > 0)
        chosen = np.sort(np.argsort(-gone, kind="stable")[:MOST_POLLUTANTS])
        return [names[one] for one in chosen if before[one] > 0]

    def loads_of(self, pollutant: str) -> NDArray[np.int64]:
        """Return the places of the loads of a pollutant."""
        code = self.case.ids("loads", "pollutant").index(pollutant)
        return np.flatnonzero(self.case.codes("loads", "pollutant") == code)

    def receptors(self) -> NDArray[np.int64]:
        """Return the state of each receptor (states x receptors): the worst of its quality targets."""
        table, count = self.case["targets"], len(self.case["receptors"])
        found = np.full((len(self.kept), count), UNJUDGED)
        code = self.case.codes("targets", "receptor")
        judged_here = np.asarray(table["kind"].astype(str) == QUALITY) & (code < count)
        for row in np.flatnonzero(judged_here):
            at = code[row]
            was = np.where(found[:, at] == UNJUDGED, KEPT, found[:, at])
            found[:, at] = np.where(self.kept[:, row], was, MISSED)
        return found

    def with_point(self, chart: alt.TopLevelMixin) -> alt.TopLevelMixin:
        """Return a chart with the parameter that the page moves, where a panel depends on it."""
        if self.point is None:
            return chart
        moved: alt.TopLevelMixin = chart.add_params(alt.param(name="point", value=self.point))  # type: ignore[attr-defined]
        return moved


def scene_of(plan: Plan, words: Words) -> Scene:
    """Return the scene of a plan: before, and after."""
    table = judged(plan)
    loads = plan.allocation
    return Scene(
        case=plan.case,
        baseline=loads["baseline"].to_numpy(dtype=np.float64),
        allowed=loads[["baseline", "allowed"]].to_numpy(dtype=np.float64).T,
        kept=table[["attained_before", "attained"]].to_numpy(dtype=bool).T,
        views=(View(words("charts.before"), "0"), View(words("charts.after"), "1")),
    )


def named(table: pd.DataFrame, key: str) -> list[str]:
    """Return what people call the rows of a table, with their id."""
    names = table["name"].astype(str) if "name" in table else pd.Series([""] * len(table))
    return [
        f"{one} ({name})" if name and name != one else str(one)
        for one, name in zip(table[key].astype(str), names, strict=True)
    ]


def reduction_fill(words: Words) -> Any:
    """Return the colour of a reduction `cut` in percent: the darker the more, light orange where the load rises."""
    legend = alt.Legend(
        title=words("charts.reduction_percent"), values=[0, 50, 100], gradientStrokeColor=GREY, gradientStrokeWidth=0.5
    )
    scale = alt.Scale(domain=[0, 100], range=BLUES, clamp=True, interpolate="rgb")
    blue = alt.Fill("cut:Q", scale=scale, legend=legend)
    return alt.condition("datum.cut < -0.05", alt.value(PALE_ORANGE), blue)


def cut_expression(state: str) -> str:
    """Return the expression of a record's reduction in percent, of its loads `v` in a state and its baseline `b`."""
    return f"datum.b > 0 ? 100 * (datum.b - datum.v[{state}]) / datum.b : 0"
