"""The only file that knows HiGHS: scaling, solving, re-solving, and what came back.

A `Session` holds one compiled model inside HiGHS. Steps change costs and bounds only; nothing is rebuilt and no row
is deleted, so that every solve after the first starts from the last basis.

Every column is divided by the size of its bounds and every row by its largest coefficient, both as powers of two.
The solver then sees shares instead of tonnes or nanograms, and its absolute tolerances mean the same in every unit.
"""

from __future__ import annotations

import enum
import logging
import queue
import threading
import time
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray

from abate.errors import SolverError
from abate.methods import choose_method, choose_presolve
from abate_models.compile import CompiledModel

Floats = NDArray[np.float64]

#: Relative size up to which a plan may pass a limit, and a row or bound of the model may be missed.
FEASIBILITY_TOLERANCE = 1e-6
#: Tolerance given to HiGHS, in its scaled model.
SOLVER_TOLERANCE = 1e-7
#: How far a yes-or-no decision may be from 0 or 1; less than anything that its measure could still remove counts.
WHOLE_TOLERANCE = 1e-9
#: Relative gap between a MILP's cost and its proved bound, unless the caller asks for another.
DEFAULT_GAP = 1e-6
#: Relative difference between cost and proved bound up to which an LP counts as optimal.
OPTIMALITY_TOLERANCE = 1e-6
#: What HiGHS takes for infinite.
INFINITE = 1e20
#: Coefficients below this share of the largest of their row cannot be seen by the solver.
SMALLEST_COEFFICIENT = 1e-12
#: A run on so many columns leaves the main thread free.
LONG_RUN_COLUMNS = 2_000
#: HiGHS's number for the rule of presolve that was seen to lose optima, the aggregator; a MILP goes without it.
MILP_PRESOLVE_RULES_OFF = 4096

logger = logging.getLogger(__name__)


class StopReason(enum.Enum):
    """Why the solver stopped."""

    FINISHED = "finished"
    TIME_LIMIT = "time limit"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


class SolutionStatus(enum.Enum):
    """What the solver knows about the model."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Solution:
    """What came back from one solve, in the model's own units.

    Attributes
    ----------
    stop, status : why it stopped and what is known.
    values : value of each column; meaningless unless the status is optimal or feasible.
    prices : per row, change of the objective per unit of its bound; all NaN after a MILP.
    objective : value of the objective.
    bound : proved lower bound of the objective (equal to it for an optimal LP, as the solver says).
    iterations, nodes : work done.
    seconds : wall time of the solve.
    method : the method that HiGHS was given.
    """

    stop: StopReason
    status: SolutionStatus
    values: Floats
    prices: Floats
    objective: float
    bound: float
    iterations: int
    nodes: int
    seconds: float
    method: str

    @property
    def found(self) -> bool:
        """Whether there are values to use."""
        return self.status in (SolutionStatus.OPTIMAL, SolutionStatus.FEASIBLE)


class Session:
    """One compiled model inside HiGHS, solved as often as needed.

    Parameters
    ----------
    compiled : the model.
    time_limit : seconds for each solve; None for no limit.
    gap : relative gap at which a MILP counts as optimal.

    Attributes
    ----------
    solves : how many solves were made.
    """

    def __init__(self, compiled: CompiledModel, *, time_limit: float | None = None, gap: float = DEFAULT_GAP) -> None:
        self.compiled = compiled
        self.solves = 0
        self._integer = compiled.integer.copy()
        self._column_scale = _column_scale(compiled)
        self._row_scale = _row_scale(compiled, self._column_scale)
        self._cost_scale = 1.0
        self._cost = compiled.cost
        self._offset = compiled.offset
        self._time_limit = time_limit
        self._is_long = len(compiled.cost) >= LONG_RUN_COLUMNS or bool(compiled.integer.any())
        self._presolve = choose_presolve(compiled)
        self._highs = highspy.Highs()
        self._set_options(gap)
        self._pass()

    def solve(self) -> Solution:
        """Solve the model as it stands.

        Raises
        ------
        SolverError
            Where HiGHS fails; an infeasible model or a limit that strikes is an answer, not a failure.
        """
        self.solves += 1
        started = time.perf_counter()
        if self._time_limit is not None:
            # HiGHS counts its run time from the first solve on
            self._option("time_limit", self._highs.getRunTime() + self._time_limit)
        ran = self._run()
        if self._highs.getModelStatus() == highspy.HighsModelStatus.kUnboundedOrInfeasible:
            self._option("presolve", "off")  # presolve cannot tell the two apart
            ran = self._run()
            self._option("presolve", self._presolve)
        seconds = time.perf_counter() - started
        if ran == highspy.HighsStatus.kError:
            raise SolverError(f"HiGHS failed in solve {self.solves}: {self._status_text()}")
        solution = self._solution(seconds)
        if not self._integer.any():
            self.method = "simplex"  # later solves start from the basis that this one left
            self._option("solver", self.method)
        logger.debug("solve %d: %s, %s, %.3g s", self.solves, solution.stop.value, solution.status.value, seconds)
        return solution

    def minimise(self, cost: Floats, offset: float = 0.0) -> None:
        """Replace the objective by cost @ columns + offset."""
        self._cost, self._offset = cost, offset
        scaled = cost * self._column_scale
        self._cost_scale = _typical(scaled)
        everything = np.arange(len(cost), dtype=np.int32)
        self._check(self._highs.changeColsCost(len(cost), everything, scaled / self._cost_scale), "change costs")

    def bound_columns(self, columns: NDArray[np.int64], lower: Floats, upper: Floats) -> None:
        """Replace the bounds of some columns."""
        scale = self._column_scale[columns]
        status = self._highs.changeColsBounds(len(columns), columns.astype(np.int32), lower / scale, upper / scale)
        self._check(status, "change bounds")

    def bound_rows(self, rows: NDArray[np.int64], lower: Floats, upper: Floats) -> None:
        """Replace the bounds of some rows."""
        for row, least, most in zip(rows, lower, upper, strict=True):
            scale = self._row_scale[row]
            self._check(self._highs.changeRowBounds(int(row), least * scale, most * scale), "change limits")

    def fix_integers(self, values: Floats) -> None:
        """Fix every whole-number column at its value, so that the model becomes an LP with prices."""
        chosen = np.flatnonzero(self._integer)
        whole = np.round(values[chosen])
        continuous = [highspy.HighsVarType.kContinuous] * len(chosen)
        self._check(
            self._highs.changeColsIntegrality(len(chosen), chosen.astype(np.int32), np.array(continuous)),
            "fix decisions",
        )
        self._integer = np.zeros_like(self._integer)
        self.bound_columns(chosen, whole, whole)

    def _run(self) -> highspy.HighsStatus:
        """Run HiGHS; a long run leaves the main thread free, so that Ctrl-C is heard while HiGHS is at work."""
        if not self._is_long:
            alone: highspy.HighsStatus = self._highs.run()
            return alone
        answers: queue.SimpleQueue[highspy.HighsStatus] = queue.SimpleQueue()
        # lets a run be cancelled, at the price of a call back for each iteration
        self._highs.HandleUserInterrupt = True

        def work() -> None:
            status = highspy.HighsStatus.kError
            try:
                status = self._highs.run()
            finally:
                answers.put(status)

        threading.Thread(target=work, daemon=True).start()
        try:
            return answers.get()
        except KeyboardInterrupt:
            self._highs.cancelSolve()
            answers.get()
            raise
        finally:
            self._highs.HandleUserInterrupt = False  # it keeps HiGHS, and its copies of the model, alive

    def _set_options(self, gap: float) -> None:
        self._option("output_flag", False)
        self._option("threads", 1)
        self._option("random_seed", 0)
        self._option("primal_feasibility_tolerance", SOLVER_TOLERANCE)
        self._option("dual_feasibility_tolerance", SOLVER_TOLERANCE)
        self._option("mip_feasibility_tolerance", WHOLE_TOLERANCE)
        self._option("mip_rel_gap", gap)
        self._option("mip_abs_gap", 0.0)
        self._option("small_matrix_value", SMALLEST_COEFFICIENT)
        self.method = choose_method(self.compiled)
        self._option("solver", self.method)
        self._option("presolve", self._presolve)
        if self._integer.any():
            self._option("presolve_rule_off", MILP_PRESOLVE_RULES_OFF)

    def _pass(self) -> None:
        """Hand the scaled arrays over to HiGHS."""
        compiled, columns, rows = self.compiled, self._column_scale, self._row_scale
        _refuse_unusable(compiled)
        matrix = compiled.matrix
        data = matrix.data * columns[matrix.indices]
        data *= np.repeat(rows, np.diff(matrix.indptr))
        _warn_of_small(data, compiled)
        cost = compiled.cost * columns
        self._cost_scale = _typical(cost)
        status = self._highs.passModel(
            matrix.shape[1],
            matrix.shape[0],
            matrix.nnz,
            int(highspy.MatrixFormat.kRowwise),
            int(highspy.ObjSense.kMinimize),
            0.0,
            cost / self._cost_scale,
            compiled.column_lower / columns,
            compiled.column_upper / columns,
            compiled.row_lower * rows,
            compiled.row_upper * rows,
            matrix.indptr.astype(np.int32, copy=False),
            matrix.indices.astype(np.int32, copy=False),
            data,
            compiled.integer.astype(np.int32),
        )
        self._check(status, "load the model")

    def _solution(self, seconds: float) -> Solution:
        stop, status = _meaning(self._highs.getModelStatus(), self._highs.getInfo().primal_solution_status)
        info, raw = self._highs.getInfo(), self._highs.getSolution()
        found = status in (SolutionStatus.OPTIMAL, SolutionStatus.FEASIBLE)
        values = np.array(raw.col_value) * self._column_scale if found else np.full(len(self._cost), np.nan)
        prices = np.full(len(self._row_scale), np.nan)
        if found and not self._integer.any() and raw.dual_valid:
            prices = np.array(raw.row_dual) * self._row_scale * self._cost_scale
        objective = float(self._cost @ values + self._offset)
        bound = objective
        if self._integer.any():
            bound = float(info.mip_dual_bound) * self._cost_scale + self._offset
        elif status is not SolutionStatus.OPTIMAL:
            bound = -np.inf
        return Solution(
            stop=stop,
            status=status,
            values=values,
            prices=prices,
            objective=objective,
            bound=bound,
            iterations=max(info.simplex_iteration_count, 0) + max(info.ipm_iteration_count, 0),
            nodes=max(info.mip_node_count, 0),
            seconds=seconds,
            method=self.method,
        )

    def _option(self, name: str, value: object) -> None:
        self._check(self._highs.setOptionValue(name, value), f"set option {name}")

    def _check(self, status: highspy.HighsStatus, what: str) -> None:
        # a warning tells of tiny coefficients or crossed bounds: the first are told by us, the second are infeasible
        if status == highspy.HighsStatus.kError:
            raise SolverError(f"HiGHS could not {what}: {status.name}")

    def _status_text(self) -> str:
        return str(self._highs.modelStatusToString(self._highs.getModelStatus()))


_STATUS = {
    "kOptimal": (StopReason.FINISHED, SolutionStatus.OPTIMAL),
    "kModelEmpty": (StopReason.FINISHED, SolutionStatus.OPTIMAL),
    "kInfeasible": (StopReason.FINISHED, SolutionStatus.INFEASIBLE),
    "kUnbounded": (StopReason.FINISHED, SolutionStatus.UNBOUNDED),
    "kUnboundedOrInfeasible": (StopReason.FINISHED, SolutionStatus.UNKNOWN),
    "kTimeLimit": (StopReason.TIME_LIMIT, SolutionStatus.UNKNOWN),
    "kInterrupt": (StopReason.INTERRUPTED, SolutionStatus.UNKNOWN),
    "kHighsInterrupt": (StopReason.INTERRUPTED, SolutionStatus.UNKNOWN),
}

_FEASIBLE_POINT = 2  # HiGHS's code for a primal solution that keeps every row and bound


def _meaning(status: highspy.HighsModelStatus, primal: int) -> tuple[StopReason, SolutionStatus]:
    stop, meaning = _STATUS.get(status.name, (StopReason.FAILED, SolutionStatus.UNKNOWN))
    if meaning is SolutionStatus.UNKNOWN and primal == _FEASIBLE_POINT:
        meaning = SolutionStatus.FEASIBLE
    return stop, meaning


def _column_scale(compiled: CompiledModel) -> Floats:
    """Return the size of each column's bounds as a power of two; 1 where it is whole, unbounded or nothing."""
    lower, upper = compiled.column_lower, compiled.column_upper
    size = np.maximum(np.where(np.isfinite(lower), np.abs(lower), 0), np.abs(upper))
    size[~np.isfinite(size) | (size == 0) | compiled.integer] = 1.0
    return _power_of_two(size)


def _row_scale(compiled: CompiledModel, columns: Floats) -> Floats:
    """Return one over the largest scaled coefficient of each row, as a power of two."""
    matrix = compiled.matrix
    largest = np.zeros(matrix.shape[0])
    filled = np.flatnonzero(np.diff(matrix.indptr))
    if len(filled):
        scaled = np.abs(matrix.data)
        scaled *= columns[matrix.indices]
        largest[filled] = np.maximum.reduceat(scaled, matrix.indptr[filled])
    largest[largest == 0] = 1.0
    return 1.0 / _power_of_two(largest)


def _power_of_two(size: Floats) -> Floats:
    return np.asarray(np.exp2(np.round(np.log2(size))))


def _typical(cost: Floats) -> float:
    """Return the geometric mean of the costs' sizes as a power of two."""
    sizes = np.abs(cost[cost != 0])
    return float(np.exp2(np.round(np.log2(sizes).mean()))) if len(sizes) else 1.0


def _refuse_unusable(compiled: CompiledModel) -> None:
    """Refuse what HiGHS would take in silence: a NaN drops its row or stays, 1e20 and more is taken for infinite."""
    numbers = (
        *(compiled.matrix.data, compiled.cost, compiled.row_lower, compiled.row_upper),
        *(compiled.column_lower, compiled.column_upper),
    )
    if any(np.isnan(values).any() for values in numbers):
        raise SolverError("the model has a coefficient or bound that is not a number")
    if any((np.isfinite(values) & (np.abs(values) >= INFINITE)).any() for values in numbers):
        raise SolverError(f"the model has numbers of {INFINITE:.0e} and more; check the units of the case's tables")


def _warn_of_small(data: Floats, compiled: CompiledModel) -> None:
    small = np.flatnonzero((np.abs(data) < SMALLEST_COEFFICIENT) & (data != 0))
    if not len(small):
        return
    rows = np.unique(np.searchsorted(compiled.matrix.indptr, small, side="right") - 1)
    logger.warning(
        "%d coefficients are below 1e-12 of the largest of their row and cannot be seen by the solver, in %s",
        len(small),
        ", ".join(sorted({compiled.row_component(int(row)) for row in rows})),
    )
