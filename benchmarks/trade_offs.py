"""The trade-offs of the shipped cases, with figures and tables, as `abate.explore` finds them."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from abate import Effort, Front, explore, load
from benchmarks.markdown import table
from benchmarks.writing import write_whole

#: Dots per inch of the figures.
SHARPNESS = 90

PAGE = """\
# Trade-offs of the shipped cases

Written by `python -m benchmarks trade-offs`; run it again rather than edit it.

Each front is what `abate.explore` returns. Every point is a plan that passed its certificate. The *gap* is the most by
which a plan that was missed could be better in every objective at once, as a share of the objectives' ranges. *Rates*
are by how much the objective of the column changes where that of the row may be one unit worse, at the knee.

{sections}
"""

SECTION = """\
## {title}

    {call}

![{title}]({picture})

{status}. {why}. {points} points, {solves}.

{choices}

{rates}
"""


@dataclass(frozen=True)
class Exploration:
    """A case, its scenario or none, and the objectives."""

    case: str
    scenario: str
    objectives: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of its picture."""
        return "-".join(
            [self.case, *filter(None, [self.scenario]), *(one.partition(":")[0] for one in self.objectives)]
        )

    @property
    def call(self) -> str:
        """How it is called."""
        scenario = f', scenario="{self.scenario}"' if self.scenario else ""
        objectives = ", ".join(f'"{one}"' for one in self.objectives)
        return f'abate.explore(abate.load("{self.case}"{scenario}), [{objectives}])'


EXPLORATIONS = (
    Exploration("echo-reservoir", "", ("cost", "removal")),
    Exploration("echo-reservoir", "pooled", ("cost", "removal")),
    Exploration("europe-air", "", ("cost", "exposure")),
    Exploration("europe-air", "installations", ("cost", "exposure")),
    Exploration("europe-air", "", ("cost", "exposure", "tail_risk")),
    Exploration("europe-air", "", ("cost", "exposure", "inequity")),
    Exploration("europe-air", "installations", ("cost", "exposure", "inequity")),
)


def write_report(explorations: tuple[Exploration, ...], out: Path, report: Callable[[str], None]) -> str:
    """Explore; write the page, and its figures into the folder of the page's name, all at the end."""
    folder, sections, pictures = out.with_suffix(""), [], {}
    for one in explorations:
        report(one.name)
        front = explore(load(one.case, one.scenario or None), one.objectives, effort=Effort())
        path = folder / f"{one.name}.png"
        pictures[path] = picture(front)
        sections.append(section(one, front, f"{folder.name}/{path.name}"))
    text = PAGE.format(sections="\n".join(sections))
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in {**pictures, out: text.encode()}.items():
        write_whole(path, content)
    return text


def section(one: Exploration, front: Front, path: str) -> str:
    """Return the section of a front."""
    name = f"{one.case}, {one.scenario}" if one.scenario else one.case
    knee = front.knee()
    rows = {
        "best of each": front.points.loc[front.values.argmin(axis=0), front.names],
        "knee": knee.values.to_frame().T,
    }
    return SECTION.format(
        title=f"{name}: {', '.join(front.names)}",
        call=one.call,
        picture=path,
        status=front.status[0].upper() + front.status[1:],
        why=front.why[0].upper() + front.why[1:],
        points=len(front),
        solves=_solves(front),
        choices=_choices(pd.concat(rows), front),
        rates=_rates(knee.rates),
    )


def picture(front: Front) -> bytes:
    """Return the figure of a front as PNG."""
    buffer = io.BytesIO()
    # the version of matplotlib that a PNG would name is no result
    front.plot().savefig(buffer, format="png", dpi=SHARPNESS, metadata={"Software": None})
    return buffer.getvalue()


def _solves(front: Front) -> str:
    """Return how many solves were made, and how many evaluations if any."""
    evaluations = front.solves.get("evaluations", 0)
    solves = f"{sum(front.solves.values()) - evaluations:,} solves"
    return f"{solves}, {evaluations:,} evaluations" if evaluations else solves


def _choices(rows: pd.DataFrame, front: Front) -> str:
    heading = ["point", *(f"{one.name} [{one.unit}]" for one in front.criteria)]
    names = [f"best {name}" for name in front.names] + ["knee"]
    cells = [[name, *(f"{value:,.6g}" for value in row)] for name, row in zip(names, rows.to_numpy(), strict=True)]
    return table(heading, cells)


def _rates(rates: pd.DataFrame) -> str:
    if rates.isna().all(axis=None):
        return "No rates: not every objective is linear."
    cells = [[str(name), *("" if pd.isna(one) else f"{one:,.4g}" for one in row)] for name, row in rates.iterrows()]
    return table(["one unit worse", *map(str, rates.columns)], cells)
