"""Cases told year by year, each on a page with its figures: Tampa Bay as it was monitored, Echo Reservoir simulated."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.story_echo import echo_page
from benchmarks.story_tampa import tampa_page
from benchmarks.writing import write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Dots per inch of the figures.
SHARPNESS = 90

#: Name of each page, and what tells it with its figures by name.
STORIES: dict[str, Callable[[], tuple[str, dict[str, Figure]]]] = {"tampa-bay": tampa_page, "echo-loop": echo_page}


def write_stories(folder: Path, report: Callable[[str], None]) -> str:
    """Tell every story; write each page into the folder, its figures into a folder of its name beside it."""
    texts = []
    for name, tell in STORIES.items():
        report(name)
        text, figures = tell()
        (folder / name).mkdir(parents=True, exist_ok=True)
        for title, figure in figures.items():
            write_whole(folder / name / f"{title}.png", _png(figure))
        write_whole(folder / f"{name}.md", text.encode())
        texts.append(text)
    return "\n".join(texts)


def _png(figure: Figure) -> bytes:
    """Return a figure as PNG."""
    buffer = io.BytesIO()
    # the version of matplotlib that a PNG would name is no result
    figure.savefig(buffer, format="png", dpi=SHARPNESS, metadata={"Software": None})
    return buffer.getvalue()
