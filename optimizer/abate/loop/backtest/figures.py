"""Pictures of a backtest: policies against one another, and one receptor of one world over the years."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from abate.loop.backtest.library import FIRST_YEAR, PARAMETER
from abate.loop.backtest.policies import LOOP, ORACLE
from abate.loop.backtest.running import Run
from abate.loop.backtest.world import World

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from abate.loop.backtest.backtest import Backtest

# dark and light of one hue beside one of another: told apart in grey and by colour-blind readers
_LOOP, _OTHER, _LIMIT, _STATIC = "#1f4e79", "#8fa9c4", "#c26a00", "#7a7a7a"
#: Half the width of an interval of 80 %, in standard deviations.
EIGHTY = 1.2816


def policies_figure(tested: Backtest) -> Figure:
    """Return a row per kind of prior: regret of every policy over the worlds, and attainment against cost."""
    priors = list(dict.fromkeys(tested.scores["prior"]))
    figure = Figure(figsize=(12.0, 4.4 * len(priors)), layout="constrained")
    for row, prior in zip(figure.subplots(len(priors), 2, squeeze=False), priors, strict=True):
        _regret(row[0], tested, prior)
        _attainment(row[1], tested, prior)
    return figure


def world_figure(world: World, runs: list[Run], target: int) -> Figure:
    """Return one receptor over the years: its limit, its true quality, and what the closed loop stated beforehand.

    Parameters
    ----------
    runs : the first one stated forecasts; the others are shown by their true quality alone.
    target : position of its target.
    """
    figure = Figure(figsize=(8.5, 4.4), layout="constrained")
    panel, years = figure.subplots(), FIRST_YEAR + np.arange(world.years)
    loop, *others = runs
    stated = [decision.forecasts[0] for decision in loop.decisions]
    mean, sd = (np.array([getattr(one, name)[target] for one in stated]) for name in ("mean", "sd"))
    panel.fill_between(years, mean - EIGHTY * sd, mean + EIGHTY * sd, color=_OTHER, alpha=0.45, lw=0,
                       label="stated a year before, interval of 80 %")  # fmt: skip
    panel.plot(years, mean, color=_LOOP, ls=":", lw=1.5)
    panel.plot(years, loop.quality[:, target], color=_LOOP, marker="o", label=f"true quality, {loop.policy}")
    for run in others:
        panel.plot(years, run.quality[:, target], color=_STATIC, marker="s", ms=4, label=f"true quality, {run.policy}")
    panel.step(years, world.limits[:, target], where="mid", color=_LIMIT, lw=2, label="limit")
    for fault in world.truth.faults:
        panel.axvline(FIRST_YEAR + fault.year, color=_STATIC, lw=0.8, ls="--")
        panel.annotate(
            " a source fails", (FIRST_YEAR + fault.year, 0.02), xycoords=("data", "axes fraction"), fontsize="small"
        )
    unit = world.case.settings.units.quality[PARAMETER]
    panel.set_ylabel(f"{PARAMETER} [{unit}]")
    panel.set_title(f"{world.problem.targets.ids[target]}, world {world.seed}, {world.bias} prior", fontsize="medium")
    panel.set_xticks(years)
    panel.legend(frameon=False, fontsize="small")
    panel.spines[["top", "right"]].set_visible(False)
    return figure


def _regret(panel: Axes, tested: Backtest, prior: str) -> None:
    rows = tested.scores[(tested.scores["prior"] == prior) & (tested.scores["policy"] != ORACLE)]
    names = list(dict.fromkeys(rows["policy"]))[::-1]
    values = [rows.loc[rows["policy"] == name, "regret"].to_numpy() for name in names]
    place = np.arange(len(names))
    medians = [float(np.median(one)) for one in values]
    panel.barh(place, medians, color=[_LOOP if name.startswith(LOOP) else _OTHER for name in names])
    for at, (median, one) in enumerate(zip(medians, values, strict=True)):
        low, high = np.quantile(one, [0.25, 0.75])
        panel.plot([low, high], [at, at], color="black", lw=1)
        panel.annotate(f"{median:.2f}", (max(median, high), at), xytext=(4, 0), textcoords="offset points", va="center",
                       fontsize="small")  # fmt: skip
    panel.set_yticks(place, names)
    panel.margins(x=0.12)
    panel.set_xlabel("regret: median, and the middle half of the worlds")
    panel.set_title(f"Regret against the oracle, {prior} prior", fontsize="medium")
    panel.spines[["top", "right"]].set_visible(False)


def _attainment(panel: Axes, tested: Backtest, prior: str) -> None:
    rows = tested.table[tested.table["prior"] == prior]
    for number, (policy, cost, share) in enumerate(
        zip(rows["policy"], rows["cost_ratio"], rows["attained"], strict=True), 1
    ):
        colour = _LOOP if policy.startswith(LOOP) else _LIMIT if policy == ORACLE else _STATIC
        panel.scatter(cost, 100 * share, color=colour, label=f"{number} {policy}")
        beside = ((5, 4), (-12, 4), (5, -11))[number % 3]  # policies that are close together are told apart
        panel.annotate(str(number), (cost, 100 * share), xytext=beside, textcoords="offset points", fontsize="small")
    panel.set_xlabel("cost over that of the oracle, median")
    panel.set_ylabel("receptors and years within the limit [%]")
    panel.set_title(f"Attainment against cost, {prior} prior", fontsize="medium")
    panel.legend(frameon=False, fontsize="x-small", loc="lower right", handlelength=0.5)
    panel.spines[["top", "right"]].set_visible(False)
