"""Small models with several objectives, and what their fronts are by means that share nothing with the package.

Whole numbers are enumerated, linear programs are solved by SciPy, vertices are found basis by basis. All is minimised.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from abate.front.exact.find import Found, find
from abate.front.exact.route import choose_route
from abate.front.exact.space import LinearObjective, Space
from abate_models.compile import CompiledModel

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Model:
    """rows @ x <= most, lows <= x <= highs; `values` = costs @ x, one row an objective."""

    costs: Floats
    rows: Floats
    most: Floats
    integer: NDArray[np.bool_]
    highs: Floats
    lows: Floats

    @property
    def compiled(self) -> CompiledModel:
        return CompiledModel(
            matrix=sparse.csr_array(self.rows),
            cost=np.zeros(self.width),
            offset=0.0,
            row_lower=np.full(len(self.most), -np.inf),
            row_upper=self.most,
            column_lower=self.lows,
            column_upper=self.highs,
            integer=self.integer,
            columns={"x": slice(0, self.width)},
            rows={"limit": np.arange(len(self.most))},
        )

    @property
    def objectives(self) -> list[LinearObjective]:
        return [LinearObjective(f"f{place}", "", row) for place, row in enumerate(self.costs)]

    @property
    def width(self) -> int:
        return self.costs.shape[1]

    def keeps(self, columns: Floats, room: float = 1e-6) -> bool:
        """Whether columns are a solution."""
        size = 1.0 + np.abs(self.rows) @ np.abs(columns)
        whole = columns[self.integer]
        return bool(
            (self.rows @ columns <= self.most + room * size).all()
            and (columns >= self.lows - room).all()
            and (columns <= self.highs + room * (1 + np.abs(self.highs))).all()
            and (whole == np.round(whole)).all()
        )


def model(costs: Floats, rows: Floats, most: Floats, integer: object = False, highs: object = 1.0) -> Model:
    """A model with columns from 0 to 1, or to `highs`."""
    costs, rows, most = np.atleast_2d(np.asarray(costs, float)), np.asarray(rows, float), np.asarray(most, float)
    width = costs.shape[1]
    return Model(
        costs,
        rows.reshape(-1, width),
        most,
        np.broadcast_to(np.asarray(integer, bool), width).copy(),
        np.broadcast_to(np.asarray(highs, float), width).copy(),
        np.zeros(width),
    )


def found(
    given: Model,
    method: str | None = None,
    *,
    gap: float | None = None,
    budget: float = np.inf,
    workers: int = 1,
    deadline: float = np.inf,
    objectives: list[LinearObjective] | None = None,
) -> tuple[Found, Space]:
    """What the package finds, and the space in which it did."""
    space = Space(given.compiled, objectives or given.objectives, workers=workers, deadline=deadline)
    return find(space, choose_route(space, method, gap), budget=budget, report=lambda *_: None), space


def table(front: Found) -> Floats:
    """The objectives of a front's points (points x p)."""
    return np.array([point.objectives for point in front.points])


def solutions(given: Model) -> Floats:
    """All solutions of a model whose columns are all 0 or 1."""
    everything = ((np.arange(2**given.width)[:, None] >> np.arange(given.width)) & 1).astype(float)
    allowed: Floats = everything[(everything @ given.rows.T <= given.most + 1e-9).all(axis=1)]
    return allowed


def non_dominated(values: Floats, room: float = 0.0) -> Floats:
    """The values, each once, that no other one is at most as large as in all objectives; in order."""
    order = np.unique(np.round(values, 9), axis=0)
    kept = [
        mine for mine in order if not ((order <= mine + room).all(axis=1) & (order < mine - room).any(axis=1)).any()
    ]
    return np.array(kept)


def enumerated(given: Model) -> Floats:
    """The front of a model whose columns are all 0 or 1."""
    return non_dominated(solutions(given) @ given.costs.T)


def missed(points: Floats, feasible: Floats, scale: Floats) -> float:
    """By how much some feasible value is better than every point in all objectives: the additive epsilon."""
    better = (points[None, :, :] - feasible[:, None, :]) / scale
    return float(better.max(axis=2).min(axis=1).max())


def least(given: Model, weights: Floats) -> tuple[float, Floats]:
    """The least weighted sum of the objectives and the columns that have it, whole numbers ignored."""
    answer = linprog(
        weights @ given.costs,
        A_ub=given.rows,
        b_ub=given.most,
        bounds=np.column_stack([given.lows, given.highs]),
        method="highs-ds",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    if answer.status != 0:
        return np.inf, np.empty(0)
    return float(answer.fun), answer.x


def improvement(given: Model, point: Floats, scale: Floats) -> float:
    """By how much the objectives can fall in all, each on its scale, with none above a point (Benson 1978)."""
    rows = LinearConstraint(
        np.vstack([given.rows, given.costs / scale[:, None]]), ub=np.append(given.most, point / scale)
    )
    answer = milp(
        (given.costs / scale[:, None]).sum(axis=0),
        constraints=rows,
        integrality=given.integer.astype(int),
        bounds=Bounds(given.lows, given.highs),
        options={"mip_rel_gap": 0.0},
    )
    return float((point / scale).sum() - answer.fun) if answer.status == 0 else 0.0


def vertices(given: Model) -> Floats:
    """All vertices of a tiny polytope, basis by basis."""
    eye = np.eye(given.width)
    sides = np.vstack([given.rows, eye, -eye])
    most = np.concatenate([given.most, given.highs, -given.lows])
    corners = []
    for basis in itertools.combinations(range(len(sides)), given.width):
        square = sides[list(basis)]
        if abs(np.linalg.det(square)) > 1e-9:
            corner = np.linalg.solve(square, most[list(basis)])
            if (sides @ corner <= most + 1e-9).all():
                corners.append(corner)
    return np.array(corners)


def lower_hull(values: Floats) -> Floats:
    """The extreme points of the front of the convex hull of points in the plane, by the first objective."""
    chain: list[Floats] = []
    for point in values[np.lexsort((values[:, 1], values[:, 0]))]:
        while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 1e-9:
            chain.pop()
        chain.append(point)
    bottom = int(np.argmin([point[1] for point in chain]))
    return np.array([point for place, point in enumerate(chain[: bottom + 1]) if place == 0 or point[0] > chain[0][0]])


def _turn(first: Floats, second: Floats, third: Floats) -> float:
    (a, b), (c, d) = second - first, third - first
    return float(a * d - b * c)


def curve(given: Model) -> Floats:
    """The extreme points of the front of a linear program with two objectives, by SciPy."""
    found_points: list[Floats] = []
    ends = []
    for weights in np.eye(2):
        columns = least(given, weights + 1e-7)[1]
        if not len(columns):
            return np.empty((0, 2))
        ends.append(given.costs @ columns)
    found_points += ends
    todo = [(ends[0], ends[1])]
    while todo:
        left, right = todo.pop()
        weights = np.array([left[1] - right[1], right[0] - left[0]])
        if weights.min() <= 1e-9:
            continue
        value, columns = least(given, weights / weights.sum())
        point = given.costs @ columns
        if value < weights @ left / weights.sum() - 1e-9:
            found_points.append(point)
            todo += [(left, point), (point, right)]
    return lower_hull(np.array(found_points))


def envelope(given: Model) -> tuple[Callable[[Floats], Floats], Floats]:
    """Least first objective for each most of the second, and all kinks, where some columns are yes or no."""
    places = np.flatnonzero(given.integer)
    curves = []
    for chosen in itertools.product((0.0, 1.0), repeat=len(places)):
        lows, highs = given.lows.copy(), given.highs.copy()
        lows[places] = highs[places] = chosen
        part = curve(Model(given.costs, given.rows, given.most, given.integer, highs, lows))
        if len(part):
            curves.append(part[np.argsort(part[:, 1])])

    def best(most: Floats) -> Floats:
        reached = np.full(len(most), np.inf)
        for part in curves:
            first = np.interp(most, part[:, 1], part[:, 0], left=np.inf)
            reached = np.minimum(reached, first)
        return reached

    return best, np.vstack(curves)
