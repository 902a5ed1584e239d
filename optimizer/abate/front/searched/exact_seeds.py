"""Exact points from which a search starts, and the bounds against which its front is stated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abate.front.case_source import CaseSource
from abate.front.evenly import evenly
from abate.front.exact.find import Found, find
from abate.front.exact.method import Report
from abate.front.exact.point import Floats, Point
from abate.front.exact.ratio import least_ratio, ratio_at
from abate.front.exact.route import choose_route
from abate.front.exact.space import SPENT, Space
from abate_models.objectives import Ratio

#: Gap to which the front of the linear objectives is found: of two, of more, and with yes-or-no decisions.
SEED_GAPS = (1e-4, 5e-3, 2e-2)
#: Points of that front at which the least of each ratio is looked for, and how much room the linear objectives get
#: there, as shares of their ranges.
RATIO_POINTS, RATIO_ROOMS = 5, (0.0, 0.02, 0.08, 0.2, 0.5)


@dataclass(frozen=True, eq=False)
class Seeds:
    """Exact points.

    Attributes
    ----------
    columns : (points x columns) of the model.
    linear : names of the linear objectives.
    found : their front.
    ideal : least value of each objective that the model can tell, by its name.
    solves : how many solves were made, by name.
    reason : why something is missing; blank where nothing is.
    """

    columns: Floats
    linear: list[str]
    found: Found
    ideal: dict[str, float]
    solves: dict[str, int]
    reason: str


def exact_seeds(source: CaseSource, *, workers: int, deadline: float, budget: float, report: Report) -> Seeds:
    """Return exact points of a case: the front of its linear objectives, and the least ratios at points of it.

    Raises
    ------
    InputError
        Where an objective is the same in every plan.
    InfeasibleError, NoCornerError
        Where there is no plan, or not a single point was found.
    """
    linear = source.objectives
    space = Space(source.compiled, linear, workers=workers, deadline=deadline)
    gap = SEED_GAPS[2] if space.whole else SEED_GAPS[0] if space.count == 2 else SEED_GAPS[1]
    found = find(space, choose_route(space, None, gap), budget=budget, report=report)
    points, solves, reason = list(found.points), dict(space.solves), found.reason
    ideal = {one.name: float(least) for one, least in zip(linear, found.ideal, strict=True)}
    for ratio in (one for one in source.modelled if isinstance(one, Ratio)):
        more, why = _least_ratios(source, ratio, found, budget - sum(solves.values()), (deadline, report))
        points += more.points
        reason = reason or why
        solves[f"least {ratio.name}"] = more.solves
        ideal[ratio.name] = more.least
    names = [one.name for one in linear]
    return Seeds(np.array([point.columns for point in points]), names, found, ideal, solves, reason)


@dataclass(frozen=True, eq=False)
class _Ratios:
    points: list[Point]
    least: float
    solves: int


def _least_ratios(
    source: CaseSource, ratio: Ratio, found: Found, budget: float, watch: tuple[float, Report]
) -> tuple[_Ratios, str]:
    """Return the points of the least ratio: of all plans, and near points of the front of the linear objectives."""
    deadline, report = watch
    linear = source.objectives
    parts = [source.row(ratio.numerator), source.row(ratio.denominator)]
    space = Space(source.compiled, [*linear, *parts], deadline=deadline)
    above, below = len(linear), len(linear) + 1
    points: list[Point] = []
    least, reason = np.nan, ""
    for caps in _caps(found, len(linear)):
        if space.made >= budget:
            return _Ratios(points, least, space.made), SPENT
        point, reason = least_ratio(space, above, below, np.append(caps, [np.inf, np.inf]))
        if point is not None:
            points.append(point)
            least = np.nanmin([least, ratio_at(point, above, below)])
        if reason:
            break
        report(f"least {ratio.name}", space.made, np.inf)
    return _Ratios(points, float(least), space.made), reason


def _caps(found: Found, count: int) -> list[Floats]:
    """Return no caps, and caps a little above points of a front, spread evenly over it."""
    values = np.array([point.objectives for point in found.points])
    scale = np.nan_to_num(found.scale, nan=0.0)
    near = [values[place] + room * scale for place in evenly(len(values), RATIO_POINTS) for room in RATIO_ROOMS]
    return [np.full(count, np.inf), *near]
