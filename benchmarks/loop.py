"""The monitoring loop in hidden worlds, beside policies that learn less; the figures beside the page."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from abate.loop.backtest import backtest
from abate.loop.backtest.figures import world_figure
from abate.loop.backtest.policies import LOOP, POLICIES
from abate.loop.backtest.running import run
from abate.loop.backtest.scenario import Scenario
from abate.loop.backtest.world import draw_world
from benchmarks.writing import write_whole

#: Dots per inch of the figures.
SHARPNESS = 90
#: Seeds on which the worlds' parameters were chosen, and seeds looked at only when they were.
CHOSEN, UNTOUCHED = range(30), range(100, 130)
#: World of the picture: the first of the untouched ones.
SHOWN = 100
STATIC = "static plan"


def write_report(worlds: int, workers: int, out: Path, report: Callable[[str], None]) -> str:
    """Run the backtests; write the page, and its figures into the folder of the page's name, all at the end.

    Parameters
    ----------
    worlds : of each set of seeds, at most 30.
    workers : processes.
    """
    from benchmarks.loop_page import page

    found = {}
    for name, seeds in (("chosen", CHOSEN), ("untouched", UNTOUCHED)):

        def progress(done: int, of: int, name: str = name) -> None:
            report(f"seeds {name}: {done} of {of} worlds")

        found[name] = backtest(seeds[:worlds], workers=workers, progress=progress)
    folder = out.with_suffix("")
    pictures = {
        "policies": found["untouched"].plot(),
        "policies-chosen": found["chosen"].plot(),
        "receptor": shown_world(found["untouched"].scenario),
    }
    text = page(
        found["chosen"],
        found["untouched"],
        (list(CHOSEN[:worlds]), list(UNTOUCHED[:worlds])),
        {name: f"{folder.name}/{name}.png" for name in pictures},
    )
    folder.mkdir(parents=True, exist_ok=True)
    files = {folder / f"{name}.png": png(figure) for name, figure in pictures.items()}
    for path, content in {**files, out: text.encode()}.items():
        write_whole(path, content)
    return text


def shown_world(scenario: Scenario) -> Figure:
    """Return the picture of one receptor of one world: that at which the static plan exceeds its limit most."""
    world = draw_world(SHOWN, "unbiased", scenario)
    named = {policy.name: policy for policy in POLICIES}
    loop, static = run(world, named[LOOP]), run(world, named[STATIC])
    return world_figure(world, [loop, static], int(np.argmax((static.quality / world.limits).max(axis=0))))


def png(figure: Figure) -> bytes:
    """Return a figure as PNG."""
    buffer = io.BytesIO()
    # the version of matplotlib that a PNG would name is no result
    figure.savefig(buffer, format="png", dpi=SHARPNESS, metadata={"Software": None})
    return buffer.getvalue()
