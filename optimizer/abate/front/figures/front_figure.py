"""The picture of a front: the curve of two objectives and its marginal rate, or parallel coordinates and pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from abate.front.figures.figure_of_many import draw_pairs, draw_parallel, paired_room
from abate.front.figures.scales import BEYOND, CHOSEN, DARK, GREY, LONGEST, scales_of
from abate.labels import fitted, scaled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.gridspec import GridSpec

    from abate.front.choice import Choice
    from abate.front.front import Front

#: Methods whose points are joined by straight lines, since mixtures of neighbours lie on the front too.
CONVEX = ("dichotomy",)
#: Points up to which each gets a mark of its own on a curve.
MOST_MARKED = 80
#: Points from which on there is a marginal rate to look at.
LEAST_RATED = 3
#: Largest ratio of rates on an ordinary axis, and on a logarithmic one with numbers between powers of ten.
STRAIGHT, SHORT = 20.0, 1e3
#: Letters for which a small panel has room.
SHORTEST = 36
#: Share of their size below which values on an axis are all the same, and what it then shows of it to either side.
ALIKE, AROUND = 1e-6, 0.05


def front_figure(front: Front, chosen: Choice | None = None) -> Figure:
    """Return a figure of a front with its knee, and a chosen point where there is one. Works without a display."""
    knee = front.knee()
    figure = (_figure_of_two if len(front.criteria) == 2 else _figure_of_many)(front, knee, chosen)
    count = "1 point" if len(front) == 1 else f"{len(front):,} points"
    title = f"Trade-off of {' and '.join(front.names)}: {count}, {front.status}"
    figure.suptitle(fitted(title, 5 * LONGEST), fontsize="medium", wrap=True)
    return figure


def _figure_of_two(front: Front, knee: Choice, chosen: Choice | None) -> Figure:
    beside = [_rates] if len(front) >= LEAST_RATED else []
    beside += [_history] if len(front.history) else []
    figure = Figure(figsize=(11.0 if beside else 7.0, 4.0 + 1.2 * max(len(beside), 1)), layout="constrained")
    grid: GridSpec = figure.add_gridspec(
        max(len(beside), 1), 2 if beside else 1, width_ratios=(1.55, 1.0)[: 1 + bool(beside)]
    )
    _curve(figure.add_subplot(grid[:, 0]), front, knee, chosen)
    for row, draw in enumerate(beside):
        draw(figure.add_subplot(grid[row, 1]), front)
    return figure


def _figure_of_many(front: Front, knee: Choice, chosen: Choice | None) -> Figure:
    across, up = paired_room(len(front.criteria))
    figure = Figure(figsize=(max(across, 9.0), 3.6 + up), layout="constrained")
    ratios = (3.6, up)[: 1 + bool(up)]
    parts = figure.subfigures(len(ratios), 1, squeeze=False, height_ratios=ratios)[:, 0]
    draw_parallel(parts[0].subplots(), front, knee, chosen)
    if up:
        draw_pairs(parts[1], front, knee, chosen, _history if len(front.history) else None)
    return figure


def _curve(panel: Axes, front: Front, knee: Choice, chosen: Choice | None) -> None:
    across, along = scales_of(front)
    x, y = across.of(front), along.of(front)
    convex = front.method in CONVEX
    style = "default" if convex else "steps-post"
    panel.plot(x, y, color=GREY, linewidth=1.2, drawstyle=style, zorder=1)
    if not convex or len(front) <= MOST_MARKED:
        _marks(panel, x, y, front.optimal)
    places = [(knee, "D", BEYOND, "knee")]
    places += [(chosen, "*", CHOSEN, f"chosen: {chosen.how}")] if chosen is not None else []
    for choice, mark, colour, label in places:
        named = label if choice.point is None else f"{label} (point {choice.point})"
        at = choice.values.to_numpy()
        panel.scatter(
            at[0] / across.size,
            at[1] / along.size,
            marker=mark,
            s=80,
            color=colour,
            label=fitted(named, LONGEST),
            zorder=4,
        )
    if np.isfinite(front.ideal).all():
        ideal = front.ideal * front.signs
        panel.scatter(
            ideal[0] / across.size,
            ideal[1] / along.size,
            marker="P",
            s=60,
            facecolor="white",
            color=GREY,
            label="ideal: the best of each",
            zorder=3,
        )
    panel.set_xlabel(across.label)
    panel.set_ylabel(along.label)
    panel.set_title(f"Each point is a plan; {_better(front)} is better", fontsize="medium")
    panel.margins(0.06)
    panel.set_xlim(*_widened(*panel.get_xlim()))
    panel.set_ylim(*_widened(*panel.get_ylim()))
    panel.legend(frameon=False, fontsize="small", loc="best")
    panel.spines[["top", "right"]].set_visible(False)


def _marks(panel: Axes, x: np.ndarray, y: np.ndarray, optimal: np.ndarray) -> None:
    """Draw the points, those of which the solve did not go to its end, or that were searched, hollow."""
    size = 26 if len(x) <= MOST_MARKED else 9
    for kind, face, label in ((optimal, DARK, "proved"), (~optimal, "white", "found, not proved")):
        if kind.any():
            panel.scatter(x[kind], y[kind], s=size, color=DARK, facecolor=face, linewidth=0.9, label=label, zorder=2)


def _widened(low: float, high: float) -> tuple[float, float]:
    """Return the ends of an axis, further apart where all values on it are the same."""
    size = max(abs(low), abs(high))
    return (low - AROUND * size, high + AROUND * size) if high - low <= ALIKE * size else (low, high)


def _better(front: Front) -> str:
    across, along = (criterion.maximised for criterion in front.criteria)
    return f"{'up' if along else 'down'} and to the {'right' if across else 'left'}"


def _rates(panel: Axes, front: Front) -> None:
    """Draw what one unit more of the first objective buys of the second, or costs, from point to point."""
    across = scales_of(front)[0]
    edges, rate = across.of(front), np.abs(front.rates["rate"].to_numpy()) * across.size
    if edges[0] > edges[-1]:
        edges, rate = edges[::-1], rate[::-1]
    size, word = scaled(float(rate.max()))
    panel.stairs(rate / size, edges, baseline=None, color=DARK, linewidth=1.3)
    if (rate > 0).all() and rate.max() > STRAIGHT * rate.min():
        panel.set_yscale("log")
        between = (1.0, 2.0, 5.0) if rate.max() < SHORT * rate.min() else (1.0,)
        panel.yaxis.set_major_locator(LogLocator(subs=between))
        panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        panel.yaxis.set_minor_formatter(NullFormatter())
    else:
        panel.set_ylim(bottom=0.0)
    first, second = front.criteria
    step = "at the margin" if front.method in CONVEX else "from point to point"
    panel.set_title(f"What one unit more {'costs' if first.maximised else 'buys'} {step}", fontsize="medium")
    panel.set_xlabel(across.label, fontsize="small")
    unit, per = f"{word}{second.unit}".strip(), f"per {across.word}{first.unit or 'unit'} of {first.name}"
    lines = [fitted(text, SHORTEST) for text in (second.name, f"[{unit}]" if unit else "", per) if text]
    panel.set_ylabel("\n".join(lines), fontsize="small")
    panel.spines[["top", "right"]].set_visible(False)


def _history(panel: Axes, front: Front) -> None:
    """Draw how much of the space between ideal and reference the search had covered after so many evaluations."""
    panel.plot(front.history["evaluations"], front.history["hypervolume"], color=DARK, linewidth=1.3)
    panel.set_title("How the search went", fontsize="medium")
    panel.set_xlabel("evaluations")
    panel.set_ylabel("hypervolume")
    panel.locator_params(axis="x", nbins=5)
    panel.spines[["top", "right"]].set_visible(False)
