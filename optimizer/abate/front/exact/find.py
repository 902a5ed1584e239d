"""Exact fronts: from a space of objectives to its points, by the method of a route."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abate.front.exact.boxes import Boxes
from abate.front.exact.corners import LEAST_GAP, Corners, NoCornerError, find_corners
from abate.front.exact.cuts import Cut
from abate.front.exact.dichotomy import Dichotomy
from abate.front.exact.epsilon import Epsilon
from abate.front.exact.extreme import extreme
from abate.front.exact.method import Method, Report, drive
from abate.front.exact.point import SAME, Floats, Point, non_dominated, spans
from abate.front.exact.route import Route
from abate.front.exact.sandwich import Sandwich
from abate.front.exact.space import INTERRUPTED, Space
from abate.front.exact.zones import Zones

#: Gap to which the front of the relaxation is found before that of a model with whole numbers: two objectives, more.
RELAXED_GAPS = (1e-4, 1e-2)


@dataclass(frozen=True, eq=False)
class Found:
    """What a method has found.

    Attributes
    ----------
    points : that no other one dominates, by the first objective and then the next.
    ideal, scale : (p) proved least value and range of each objective.
    gap : the most by which a point that was missed could be better in every objective, as a share of the scales.
    reason : why the method stopped before its end; blank where it did not.
    cuts : (weights, bound) that are proved for every solution.
    unexplored : share of the rectangle between the corners in which unknown points may lie; NaN where not known.
    """

    points: list[Point]
    ideal: Floats
    scale: Floats
    gap: float
    reason: str
    cuts: list[Cut]
    unexplored: float


def find(space: Space, route: Route, *, budget: float, report: Report) -> Found:
    """Return the front of a space.

    Parameters
    ----------
    budget : greatest number of solves.

    Raises
    ------
    InputError
        Where an objective can fall without end, or has the same value in every solution.
    InfeasibleError
        Where there is no solution.
    NoCornerError
        Where not a single point was found.
    """
    report("the best of each objective", 0, np.inf)
    try:
        corners = find_corners(space, budget)
    except NoCornerError as error:
        if not error.points:
            raise
        return _of_corners(space, error)
    cuts: list[Cut] = []
    reason = ""
    if route.method in ("boxes", "zones") and space.steps is None and space.whole:
        cuts, reason = _relaxation(space, budget, report)
    method = _method(space, corners, route, cuts)
    if reason != INTERRUPTED:
        reason = drive(space, method, budget=budget, report=report, what=route.method) or reason
    gap = method.gap()
    if not reason and gap > max(route.gap, LEAST_GAP):
        reason = "some values are too close for the solver to tell them apart"
    cuts = method.cuts() if isinstance(method, Dichotomy | Sandwich) else cuts
    return Found(
        points=_front(method.points, corners.scale, convex=isinstance(method, Dichotomy)),
        ideal=corners.ideal,
        scale=corners.scale,
        gap=gap if gap > SAME else 0.0,
        reason=reason,
        cuts=cuts,
        unexplored=method.unexplored() if isinstance(method, Boxes) else np.nan,
    )


def _of_corners(space: Space, error: NoCornerError) -> Found:
    """Return the front of what was found before a corner failed: no bound is known of what was missed."""
    unknown = np.full(space.count, np.nan)
    scale = spans(np.array([point.objectives for point in error.points]))
    return Found(_front(error.points, scale), unknown, unknown, np.inf, error.reason, [], np.nan)


def _method(space: Space, corners: Corners, route: Route, cuts: list[Cut]) -> Method:
    if route.method == "dichotomy":
        return Dichotomy(space, corners, route.gap)
    if route.method == "sandwich":
        return Sandwich(space, corners, route.gap)
    if route.method == "epsilon" and space.steps is not None:
        return Epsilon(space, corners, space.steps.sizes)
    if route.method == "boxes":
        return Boxes(corners, cuts, route.gap)
    return Zones(space, corners, cuts, route.gap)


def _relaxation(space: Space, budget: float, report: Report) -> tuple[list[Cut], str]:
    """Return what the front of the relaxation proves and why it was not finished; its solves count with the space's."""
    relaxed = space.relaxed()
    try:
        return _hull_of(relaxed, budget - space.made, report)
    except NoCornerError as error:
        return [], error.reason
    except KeyboardInterrupt:
        return [], INTERRUPTED
    finally:
        for name, count in relaxed.solves.items():
            space.solves[f"relaxed {name}"] = count


def _hull_of(relaxed: Space, budget: float, report: Report) -> tuple[list[Cut], str]:
    corners = find_corners(relaxed, budget)
    method = Dichotomy(relaxed, corners, RELAXED_GAPS[0]) if relaxed.count == 2 else None
    hull = method or Sandwich(relaxed, corners, RELAXED_GAPS[1])
    reason = drive(relaxed, hull, budget=budget, report=report, what="relaxation")
    return hull.cuts(), reason


def _front(points: list[Point], scale: Floats, *, convex: bool = False) -> list[Point]:
    """Return the points that no other one dominates, in order; of a convex front of two objectives the extreme ones."""
    ordered = sorted(points, key=lambda point: tuple(point.objectives))
    values = np.array([point.objectives for point in ordered])
    kept = np.flatnonzero(non_dominated(values, scale))
    if convex:
        kept = kept[extreme(values[kept] / scale)]
    return [ordered[place] for place in kept]
