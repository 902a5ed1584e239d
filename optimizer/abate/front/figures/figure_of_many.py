"""Three and more objectives in a picture: parallel coordinates above, a panel for each pair below."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import numpy as np
from matplotlib.collections import LineCollection

from abate.front.evenly import evenly
from abate.front.exact.point import Floats, spans
from abate.front.figures.scales import BEYOND, CHOSEN, GREY, LONGEST, MAP, scales_of
from abate.labels import fitted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import SubFigure

    from abate.front.choice import Choice
    from abate.front.front import Front

#: Lines, and marks of a panel, that a reader can still tell apart; more are left out evenly.
MOST_LINES, MOST_MARKS = 300, 2_000
#: Objectives up to which each pair gets a panel, and width and height of one, in inches.
MOST_PAIRED, WIDE, HIGH = 6, 3.0, 2.4


def paired_room(count: int) -> tuple[float, float]:
    """Return width and height that the panels of the pairs of so many objectives take, in inches."""
    return (WIDE * (count - 1), HIGH * (count - 1)) if count <= MOST_PAIRED else (2.0 * count, 0.0)


def draw_parallel(panel: Axes, front: Front, knee: Choice, chosen: Choice | None) -> None:
    """Draw each point as a line across one axis per objective, the best of each at the top."""
    shown = evenly(len(front), MOST_LINES)
    height = _heights(front, front.values)
    across = np.arange(len(front.criteria))
    lines = [np.column_stack([across, height[point]]) for point in shown]
    colours = scales_of(front)[0].of(front)[shown]
    bundle = LineCollection(lines, array=colours, cmap=_map(front, 0), linewidth=0.9, alpha=0.75)
    panel.add_collection(bundle)
    for place in range(len(across)):
        panel.axvline(place, color=GREY, linewidth=0.8, zorder=0)
    for choice, colour, label in _marked(knee, chosen):
        line = _heights(front, choice.minimised[np.newaxis])[0]
        panel.plot(across, line, color=colour, linewidth=2.4, marker="o", markersize=4, label=label, zorder=3)
    _ends(panel, front)
    more = "" if len(shown) == len(front) else f" ({len(shown)} of {len(front):,})"
    panel.set_title(f"Each line is a plan{more}; the best of each objective is at the top", fontsize="medium", pad=22)
    panel.legend(frameon=False, fontsize="small", loc="upper left", bbox_to_anchor=(1.0, 1.0))
    bar = panel.figure.colorbar(bundle, ax=panel, shrink=0.75, pad=0.02, anchor=(0.0, 0.0))
    bar.set_label(scales_of(front)[0].label, fontsize="small")
    bar.ax.tick_params(labelsize="small")


def draw_pairs(
    part: SubFigure, front: Front, knee: Choice, chosen: Choice | None, history: Callable[[Axes, Front], None] | None
) -> None:
    """Draw a panel for each pair of objectives, coloured by one further objective, dark where that is best."""
    scales, count = scales_of(front, apart="\n"), len(front.criteria)
    grid = part.subplots(count - 1, count - 1, squeeze=False, sharex="col", sharey="row")
    shown = evenly(len(front), MOST_MARKS)
    for row, column in np.ndindex(count - 1, count - 1):
        panel = cast("Axes", grid[row, column])
        if column > row:
            panel.set_axis_off()
            continue
        x, y = scales[column], scales[row + 1]
        further = next(place for place in range(count) if place not in (column, row + 1))
        colours = front.values[shown, further]
        panel.scatter(x.of(front)[shown], y.of(front)[shown], c=colours, cmap=MAP, s=11, linewidth=0)
        for choice, colour, _ in _marked(knee, chosen):
            at = choice.values.to_numpy()
            panel.scatter(at[x.place] / x.size, at[y.place] / y.size, s=46, marker="D", facecolor="none", color=colour)
        panel.set_title(f"dark: best {fitted(front.names[further], 24)}", fontsize="x-small", pad=3)
        _labels(panel, x.label if row == count - 2 else "", y.label if column == 0 else "")
    if history is not None:
        history(part.add_subplot(grid[0, 0].get_gridspec()[0, count - 2]), front)


def _labels(panel: Axes, across: str, along: str) -> None:
    panel.set_xlabel(across, fontsize="small")
    panel.set_ylabel(along, fontsize="small")
    panel.tick_params(labelsize="small")
    panel.locator_params(nbins=4)
    panel.margins(0.08)
    panel.spines[["top", "right"]].set_visible(False)


def _ends(panel: Axes, front: Front) -> None:
    """Write the value at either end of each axis, and the names below."""
    scales = scales_of(front, apart="\n")
    for scale in scales:
        shown = scale.of(front) * front.signs[scale.place]
        for height, value, side in ((1.0, shown.min(), "bottom"), (0.0, shown.max(), "top")):
            gap = 0.02 if side == "bottom" else -0.02
            text = f"{value * front.signs[scale.place]:.4g}"
            panel.text(scale.place, height + gap, text, ha="center", va=side, fontsize="small")
    panel.set_xticks(range(len(scales)), [scale.label for scale in scales], fontsize="small")
    panel.tick_params(axis="x", length=0, pad=14)
    panel.set_yticks([])
    panel.set_xlim(-0.25, len(scales) - 0.75)
    panel.set_ylim(0.0, 1.0)
    panel.spines[:].set_visible(False)


def _heights(front: Front, minimised: Floats) -> Floats:
    """Return where values stand between the worst (0) and the best (1) of the points."""
    return np.asarray((front.nadir - minimised) / spans(front.values))


def _marked(knee: Choice, chosen: Choice | None) -> list[tuple[Choice, str, str]]:
    marked = [(knee, BEYOND, "knee" if knee.point is None else f"knee (point {knee.point})")]
    if chosen is not None:
        number = "" if chosen.point is None else f" (point {chosen.point})"
        marked.append((chosen, CHOSEN, fitted(f"{chosen.how}{number}", LONGEST // 2)))
    return marked


def _map(front: Front, place: int) -> str:
    """Return the colours in which the best of an objective is dark."""
    return f"{MAP}_r" if front.criteria[place].maximised else MAP
