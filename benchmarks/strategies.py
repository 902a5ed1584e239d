"""Every strategy on every case that comes with abate, and on each of its scenarios; the figures beside the page."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from abate import Comparison, NoPlanError, compare
from abate.errors import InputError
from abate.plan import Plan
from abate.strategies.allocate import plan_of
from abate.strategies.parties import Parties
from abate.strategies.study import Study
from abate_data.case import Case
from abate_data.read import load, shipped_cases, shipped_scenarios
from benchmarks.writing import write_whole

#: Dots per inch of the figures: sharp enough for a page, small enough for a repository.
SHARPNESS = 90
LEAST_COST = "least-cost"


@dataclass(frozen=True)
class Room:
    """What the targets of one kind leave to the loads that act on them.

    Attributes
    ----------
    kind : of the targets.
    targets, missed : how many there are, and how many today's loads miss.
    alone : how many of the missed ones rest on one controllable load, so that there is nothing to divide.
    shares : what each allows the loads to add, as a share of what they add today; NaN where they add nothing.
    """

    kind: str
    targets: int
    missed: int
    alone: int
    shares: np.ndarray


@dataclass(frozen=True)
class Compared:
    """One case or scenario: what it leaves to divide, the comparison, and least cost or why there is none.

    Attributes
    ----------
    asked : how many loads something may be asked of.
    acting : how many of them act on a target that today's loads miss.
    """

    case: Case
    comparison: Comparison
    room: list[Room]
    asked: int
    acting: int
    least_cost: Plan | None
    no_least_cost: str

    @property
    def name(self) -> str:
        """The case and its scenario, as a name of a file."""
        return "-".join(part for part in (self.case.settings.name, self.case.scenario) if part)


def shelf() -> Iterable[Case]:
    """Return every case that comes with abate, each followed by its scenarios."""
    for name in shipped_cases():
        yield load(name)
        for scenario in shipped_scenarios(name):
            yield load(name, scenario)


def compared(case: Case) -> Compared:
    """Return every strategy on a case."""
    study = Study(case)
    parties, comparison = study.parties(), compare(case)
    missed = parties.rows @ parties.current > parties.limits
    acting = parties.movable & (parties.loading[np.flatnonzero(missed)].sum(axis=0) > 0)
    plan, reason = _least_cost(study, comparison)
    return Compared(
        case, comparison, _room(case, parties, missed), int(parties.movable.sum()), int(acting.sum()), plan, reason
    )


def picture(result: Compared) -> bytes:
    """Return the figure of a comparison as PNG."""
    buffer = io.BytesIO()
    # the version of matplotlib that a PNG would name is no result
    result.comparison.plot().savefig(buffer, format="png", dpi=SHARPNESS, metadata={"Software": None})
    return buffer.getvalue()


def write_report(cases: Iterable[Case], out: Path, report: Callable[[str], None]) -> str:
    """Compare all strategies on some cases; write the page, and its figures into the folder of the page's name.

    Returns
    -------
    The page. Nothing is written before everything is found.
    """
    from benchmarks.strategies_page import page

    results = []
    for case in cases:
        report(f"{case.settings.name} {case.scenario}".strip())
        results.append(compared(case))
    folder = out.with_suffix("")
    text = page(results, {result.name: f"{folder.name}/{result.name}.png" for result in results})
    pictures = {folder / f"{result.name}.png": picture(result) for result in results}
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in {**pictures, out: text.encode()}.items():
        write_whole(path, content)
    return text


def _least_cost(study: Study, comparison: Comparison) -> tuple[Plan | None, str]:
    if LEAST_COST in comparison.plans:
        return comparison.plans[LEAST_COST], ""
    try:
        return plan_of(study, LEAST_COST), ""
    except (InputError, NoPlanError) as error:
        return None, str(error)


def _room(case: Case, parties: Parties, missed: np.ndarray) -> list[Room]:
    """Return what the targets leave, by kind in the order of the case; budgets are no rows of the parties."""
    kinds = dict(zip(case["targets"]["target"].astype(str), case["targets"]["kind"].astype(str), strict=True))
    kind = np.array([kinds[name] for name in parties.targets], dtype=object)
    today = np.asarray(parties.rows @ parties.current)
    shares = np.divide(parties.limits, today, out=np.full(len(today), np.nan), where=today > 0)
    alone = np.asarray((parties.loading > 0) @ parties.movable.astype(float)) <= 1
    return [
        Room(
            str(one), int(chosen.sum()), int(missed[chosen].sum()), int((missed & alone)[chosen].sum()), shares[chosen]
        )
        for one in dict.fromkeys(kind)
        for chosen in [kind == one]
    ]
