r"""Moving along a front between its points: exact solves on a model that stays open.

To a reference r the achievement of a point is its greatest distance beyond it, by the objectives' scales s, with a
small share of their sum so that no point better in every objective exists:

.. math:: \min t + \rho \sum_k f_k / s_k \quad \text{where} \quad f_k - s_k t \le r_k

Source: Wierzbicki, The use of reference objectives in multiobjective optimization (1980).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse

from abate.errors import Finding, InputError, SolverError
from abate.front.exact.point import Floats
from abate.front.exact.space import SOLVE_GAP, LinearObjective
from abate.solver import Session, Solution, SolutionStatus
from abate_models.added_rows import with_rows
from abate_models.compile import CompiledModel

#: Weight of the sum of the objectives, on their scales, beside the greatest distance.
SUM_SHARE = 1e-4
#: Room that an objective is given where it is held at a value that another solve has found, as a share of its scale.
HOLD = 1e-9
#: Rooms tried one after the other where rounding leaves nothing.
ROOMS = (HOLD, 1e-8, 1e-7, 1e-6)
#: Share of an objective's range by which it is let worse where its rate is told: beyond the tolerance of a solver, so
#: that at a bend of the front it is the rate of getting worse.
WORSE = 1e-6


class Navigator:
    """One model with its objectives as rows and a column for the greatest distance to a reference.

    Parameters
    ----------
    compiled, objectives : the model and its linear objectives.
    scale : (p) range of each objective.
    """

    def __init__(self, compiled: CompiledModel, objectives: list[LinearObjective], scale: Floats) -> None:
        self._coefficients = np.array([objective.coefficients for objective in objectives])
        self._constants = np.array([objective.constant for objective in objectives])
        self._scale, self._integer = scale, compiled.integer
        self._count = len(objectives)
        height = compiled.matrix.shape[0]
        self._caps, self._distances = height + np.arange(self._count), height + self._count + np.arange(self._count)
        self._session = Session(_extended(compiled, self._coefficients, scale), gap=SOLVE_GAP, restarts=False)

    def nearest(self, reference: Floats) -> tuple[Floats, Floats]:
        """Return objectives and columns of the point with the least achievement to a reference (p).

        An objective whose reference is infinite is not wished for: it is made least among all that keep the wishes, or
        come nearest to them.
        """
        wished = np.isfinite(reference)
        share = np.where(wished & ~wished.all(), SUM_SHARE**2, SUM_SHARE)
        weights = np.append((share / self._scale) @ self._coefficients, 1.0)
        # to pass a wish is worth nothing as long as there are objectives without one
        least = np.array([-np.inf if wished.all() else 0.0])
        self._session.bound_columns(np.array([len(weights) - 1]), least, np.array([np.inf]))
        return self._point(self._solve(weights, np.full(self._count, np.inf), reference), "the reference")

    def best(self, weights: Floats, caps: Floats) -> tuple[Floats, Floats]:
        """Return objectives and columns of the least weighted sum (p) while each objective is at most its cap (p)."""
        cost = np.append(weights @ self._coefficients, 0.0)
        self._session.bound_columns(np.array([len(cost) - 1]), np.array([-np.inf]), np.array([np.inf]))
        return self._point(self._solve(cost, caps, np.full(self._count, np.inf)), "the bounds")

    def _solve(self, cost: Floats, caps: Floats, reference: Floats) -> Solution:
        free = np.full(self._count, -np.inf)
        self._session.minimise(cost)
        self._session.bound_rows(self._caps, free, caps - self._constants)
        self._session.bound_rows(self._distances, free, reference - self._constants)
        return self._session.solve()

    def _point(self, solution: Solution, what: str) -> tuple[Floats, Floats]:
        if solution.status is SolutionStatus.INFEASIBLE:
            cure = "loosen them; front.points has what can be reached"
            raise InputError([Finding("objectives", f"cannot keep {what}", cure)])
        if not solution.found:
            raise SolverError(f"the point was not found ({solution.stop.value}, {solution.status.value})")
        columns = solution.values[:-1].copy()
        columns[self._integer] = np.round(columns[self._integer])
        return self._coefficients @ columns + self._constants, columns


def rates(
    linear: tuple[CompiledModel, list[LinearObjective]] | None, minimised: Floats, columns: Floats, ranges: Floats
) -> Floats:
    """Return by how much objective (column) falls when objective (row) may rise by one unit; NaN on the diagonal.

    Parameters
    ----------
    linear : the model, None where an objective is not linear.
    minimised, columns : of the point.
    ranges : (p) of the objectives.
    """
    count = len(minimised)
    found = np.full((count, count), np.nan)
    if linear is None:
        return found
    compiled, objectives = linear
    coefficients = np.array([objective.coefficients for objective in objectives])
    constants = np.array([objective.constant for objective in objectives])
    scale = np.maximum(np.abs(minimised), 1.0)
    fixed = _with_decisions(compiled, columns)
    session = Session(_with_caps(fixed, coefficients))
    rows = compiled.matrix.shape[0] + np.arange(count)
    for place in range(count):
        for room in ROOMS:
            caps = minimised - constants + room * scale + WORSE * ranges
            caps[place] = np.inf
            session.bound_rows(rows, np.full(count, -np.inf), caps)
            session.minimise(coefficients[place])
            solution = session.solve()
            if solution.found:
                others = np.arange(count) != place
                found[others, place] = np.maximum(-solution.prices[rows[others]], 0.0)
                break
    return found


def priced_rows(compiled: CompiledModel, objectives: list[LinearObjective], columns: Floats) -> Floats:
    """Return the price in the model's own cost of each of its rows, at a point that its objectives are held at.

    Yes-or-no decisions stay as they are. All NaN where rounding leaves no solution.
    """
    coefficients = np.array([objective.coefficients for objective in objectives])
    height = compiled.matrix.shape[0]
    session = Session(_with_caps(_with_decisions(compiled, columns), coefficients))
    rows, reached = height + np.arange(len(objectives)), coefficients @ columns
    scale = np.abs(coefficients) @ np.abs(columns)
    for room in ROOMS:
        session.bound_rows(rows, np.full(len(rows), -np.inf), reached + room * scale)
        solution = session.solve()
        if solution.found:
            return np.asarray(solution.prices[:height])
    return np.full(height, np.nan)


def _with_decisions(compiled: CompiledModel, columns: Floats) -> CompiledModel:
    """Return the model with every whole-number column fixed at its value."""
    lower, upper = compiled.column_lower.copy(), compiled.column_upper.copy()
    lower[compiled.integer] = upper[compiled.integer] = np.round(columns[compiled.integer])
    none = np.zeros_like(compiled.integer)
    return replace(compiled, column_lower=lower, column_upper=upper, integer=none)


def _with_caps(compiled: CompiledModel, coefficients: Floats) -> CompiledModel:
    """Return the model with a free row for each objective below its own rows."""
    return with_rows(compiled, "caps of the front", range(len(coefficients)), coefficients)


def _extended(compiled: CompiledModel, coefficients: Floats, scale: Floats) -> CompiledModel:
    """Return the model with rows for caps and for distances, and a last column for the greatest distance."""
    capped = _with_caps(compiled, coefficients)
    height = capped.matrix.shape[0]
    widened = replace(
        capped,
        matrix=sparse.csr_array(sparse.hstack([capped.matrix, sparse.csr_array((height, 1))], format="csr")),
        cost=np.append(capped.cost, 0.0),
        column_lower=np.append(capped.column_lower, -np.inf),
        column_upper=np.append(capped.column_upper, np.inf),
        integer=np.append(capped.integer, False),
    )
    return with_rows(widened, "distances to the reference", range(len(scale)), np.column_stack([coefficients, -scale]))
