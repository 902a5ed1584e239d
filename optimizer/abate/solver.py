"""The only file that knows HiGHS: solving, re-solving, and what came back.

A `Session` holds one compiled model inside HiGHS. Steps change costs and bounds, or add rows; nothing is rebuilt and no
row is deleted, so that every solve after the first starts from the last basis. A new model of the same shape takes
that basis over.

What it sees is scaled first (`abate.scaling`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from abate.beside import beside
from abate.errors import SolverError
from abate.methods import choose_method, choose_presolve
from abate.sameness import change_of_shape
from abate.scaling import (
    SMALLEST_COEFFICIENT,
    column_scale,
    refuse_unusable,
    row_scale,
    sharper,
    typical,
    warn_of_small,
)
from abate.solution import Basis, Solution, SolutionStatus, StopReason, meaning
from abate_models.added_rows import with_rows
from abate_models.compile import CompiledModel

__all__ = [
    "DEFAULT_GAP",
    "FEASIBILITY_TOLERANCE",
    "OPTIMALITY_TOLERANCE",
    "SOLVER_TOLERANCE",
    "Session",
    "Solution",
    "SolutionStatus",
    "StopReason",
]

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
#: A run on so many columns leaves the main thread free.
LONG_RUN_COLUMNS = 2_000
#: HiGHS's numbers for its own choice of edge weights, and for those that cost nothing to start from a given basis with.
ANY_WEIGHTS, DEVEX = -1, 1
#: HiGHS's number for the rule of presolve that was seen to lose optima, the aggregator; a MILP goes without it.
MILP_PRESOLVE_RULES_OFF = 4096

logger = logging.getLogger(__name__)


class Session:
    """One compiled model inside HiGHS, solved as often as needed.

    Parameters
    ----------
    compiled : the model.
    time_limit : seconds for each solve; None for no limit.
    gap : relative gap at which a MILP counts as optimal.
    restarts : whether a MILP may start again at its root; of many small ones in a row each is faster without.

    Attributes
    ----------
    compiled : the model, with the rows that were added since.
    solves : how many solves were made.
    time_limit : seconds for each solve from now on; None for no limit.
    method : the method that HiGHS is given for the next solve.
    """

    compiled: CompiledModel
    method: str
    _column_scale: Floats
    _row_scale: Floats

    def __init__(
        self,
        compiled: CompiledModel,
        *,
        time_limit: float | None = None,
        gap: float = DEFAULT_GAP,
        restarts: bool = True,
    ) -> None:
        self.solves = 0
        self.time_limit = time_limit
        self._gap = gap
        self._restarts = restarts
        self._highs = highspy.Highs()
        self._load(compiled)

    @property
    def is_whole(self) -> bool:
        """Whether any column has to take a whole number."""
        return bool(self._integer.any())

    def solve(self) -> Solution:
        """Solve the model as it stands.

        Raises
        ------
        SolverError
            Where HiGHS fails; an infeasible model or a limit that strikes is an answer, not a failure.
        """
        self.solves += 1
        started = time.perf_counter()
        if self.time_limit is not None:
            # HiGHS counts its run time from the first solve on
            self._option("time_limit", self._highs.getRunTime() + self.time_limit)
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
            self._set_method("simplex")  # later solves start from the basis that this one left
        logger.debug("solve %d: %s, %s, %.3g s", self.solves, solution.stop.value, solution.status.value, seconds)
        return solution

    def minimise(self, cost: Floats, offset: float = 0.0) -> None:
        """Replace the objective by cost @ columns + offset."""
        self._cost, self._offset = cost, offset
        scaled = cost * self._column_scale
        self._cost_scale = typical(scaled)
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

    def add_rows(
        self,
        matrix: sparse.csr_array,
        lower: Floats,
        upper: Floats,
        *,
        sizes: Floats | None = None,
        name: str = "added",
        keys: Sequence[Hashable] | None = None,
    ) -> None:
        """Add rows lower <= matrix @ columns <= upper below those of the model; the next solve starts from its basis.

        Parameters
        ----------
        matrix : (rows x columns).
        sizes : what a violation of each row is a share of; without them the largest term that the row can have, which
            may be far more than its bounds.
        name, keys : the component of `compiled` that the rows join, and a key for each; numbers where there are none.
        """
        first = len(self.compiled.rows.get(name, ()))
        keys = range(first, first + len(lower)) if keys is None else keys
        added = sparse.csr_array(matrix)
        scale = row_scale(added, self._column_scale)
        if sizes is not None:
            scale = sharper(scale, sizes)
        data = added.data * self._column_scale[added.indices] * np.repeat(scale, np.diff(added.indptr))
        starts, indices = added.indptr[:-1].astype(np.int32), added.indices.astype(np.int32)
        status = self._highs.addRows(len(lower), lower * scale, upper * scale, added.nnz, starts, indices, data)
        self._check(status, "add rows")
        self._row_scale = np.append(self._row_scale, scale)
        self.compiled = with_rows(self.compiled, name, list(keys), added, upper, lower)

    def update(self, compiled: CompiledModel) -> str:
        """Take a new model in the place of the old one, from whose basis it is solved where the two have one shape.

        Rows, costs and bounds that were added or changed since the old model came are dropped.

        Returns
        -------
        ``updated``, or ``rebuilt because`` and why the two are not of one shape.
        """
        why, rows = change_of_shape(self._given, compiled), len(compiled.row_upper)
        basis = self._highs.getBasis()
        self._load(compiled)
        if why:
            return f"rebuilt because {why}"
        if basis.valid and not self._integer.any():
            if len(basis.row_status) > rows:  # what is left without added rows may take a repair
                basis.alien, basis.row_status = True, basis.row_status[:rows]
            self._start_from_basis(basis)
            self._option("simplex_dual_edge_weight_strategy", DEVEX)
        return "updated"

    @contextmanager
    def relaxed(self) -> Iterator[None]:
        """Let whole-number columns take any value for a while."""
        chosen, method = np.flatnonzero(self._integer), self.method
        self._set_integers(chosen, whole=False)
        try:
            yield
        finally:
            self._set_integers(chosen, whole=True)
            self._set_method(method)

    def fix_integers(self, values: Floats) -> None:
        """Fix every whole-number column at its value, so that the model becomes an LP with prices."""
        chosen = np.flatnonzero(self._integer)
        whole = np.round(values[chosen])
        self._set_integers(chosen, whole=False)
        self.bound_columns(chosen, whole, whole)

    def start_from(self, values: Floats) -> None:
        """Give the next solve of a MILP a point to start from, which need not keep every limit."""
        point = highspy.HighsSolution()
        point.col_value = (values / self._column_scale).tolist()
        self._check(self._highs.setSolution(point), "start from a given point")

    def basis(self) -> Basis | None:
        """Return where the last solve ended, without rows that were added; None where there is no such thing."""
        held = self._highs.getBasis()
        if not held.valid or self._integer.any():
            return None
        rows = held.row_status[: len(self._given.row_upper)]
        return Basis([int(one) for one in held.col_status], [int(one) for one in rows])

    def start_at(self, basis: Basis) -> None:
        """Start the next solve where one of a model of the same shape has ended."""
        held = highspy.HighsBasis()
        held.col_status = [highspy.HighsBasisStatus(one) for one in basis.columns]
        held.row_status = [highspy.HighsBasisStatus(one) for one in basis.rows]
        held.valid = held.alien = True
        self._start_from_basis(held)
        self._option("simplex_dual_edge_weight_strategy", DEVEX)

    def twin(self) -> Session:
        """Return another session on the same model that starts from the basis of this one."""
        other = Session(self.compiled, time_limit=self.time_limit, gap=self._gap, restarts=self._restarts)
        if not self._integer.any() and self._highs.getBasis().valid:
            other._start_from_basis(self._highs.getBasis())
        return other

    def cancel(self) -> None:
        """Stop the solve that another thread is in; a short one runs to its end."""
        self._highs.cancelSolve()

    def _run(self) -> highspy.HighsStatus:
        """Run HiGHS; a long run leaves the main thread free, so that Ctrl-C is heard while HiGHS is at work."""
        if not self._is_long:
            alone: highspy.HighsStatus = self._highs.run()
            return alone
        # lets a run be cancelled, at the price of a call back for each iteration
        self._highs.HandleUserInterrupt = True
        try:
            return beside(self._highs.run, self._highs.cancelSolve, highspy.HighsStatus.kError)
        finally:
            self._highs.HandleUserInterrupt = False  # it keeps HiGHS, and its copies of the model, alive

    def _start_from_basis(self, basis: highspy.HighsBasis) -> None:
        self._check(self._highs.setBasis(basis), "start from a basis")
        self._set_method("simplex")

    def _set_method(self, method: str) -> None:
        self.method = method
        self._option("solver", method)

    def _set_integers(self, chosen: NDArray[np.int64], *, whole: bool) -> None:
        kind = highspy.HighsVarType.kInteger if whole else highspy.HighsVarType.kContinuous
        kinds = np.array([kind] * len(chosen))
        status = self._highs.changeColsIntegrality(len(chosen), chosen.astype(np.int32), kinds)
        self._check(status, "change which decisions are whole")
        self._integer[chosen] = whole

    def _load(self, compiled: CompiledModel) -> None:
        """Hold a model as if it were the first one."""
        self.compiled = self._given = compiled
        self._integer = compiled.integer.copy()
        self._column_scale = column_scale(compiled)
        self._row_scale = row_scale(compiled.matrix, self._column_scale)
        self._cost, self._offset, self._cost_scale = compiled.cost, compiled.offset, 1.0
        self._is_long = len(compiled.cost) >= LONG_RUN_COLUMNS or bool(compiled.integer.any())
        self._presolve = choose_presolve(compiled)
        self._set_options()
        self._pass()

    def _set_options(self) -> None:
        self._option("output_flag", False)
        self._option("threads", 1)
        self._option("random_seed", 0)
        self._option("primal_feasibility_tolerance", SOLVER_TOLERANCE)
        self._option("dual_feasibility_tolerance", SOLVER_TOLERANCE)
        self._option("mip_feasibility_tolerance", WHOLE_TOLERANCE)
        self._option("mip_rel_gap", self._gap)
        self._option("mip_abs_gap", 0.0)
        self._option("mip_allow_restart", self._restarts)
        self._option("small_matrix_value", SMALLEST_COEFFICIENT)
        self._option("simplex_dual_edge_weight_strategy", ANY_WEIGHTS)
        self._set_method(choose_method(self.compiled))
        self._option("presolve", self._presolve)
        self._option("presolve_rule_off", MILP_PRESOLVE_RULES_OFF if self._integer.any() else 0)

    def _pass(self) -> None:
        """Hand the scaled arrays over to HiGHS, by column, as it holds them."""
        compiled, columns, rows = self.compiled, self._column_scale, self._row_scale
        refuse_unusable(compiled)
        matrix = compiled.matrix
        data = matrix.data * columns[matrix.indices]
        data *= np.repeat(rows, np.diff(matrix.indptr))
        warn_of_small(data, compiled)
        scaled = sparse.csc_array(sparse.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape))
        del data
        cost = compiled.cost * columns
        self._cost_scale = typical(cost)
        status = self._highs.passModel(
            scaled.shape[1],
            scaled.shape[0],
            scaled.nnz,
            int(highspy.MatrixFormat.kColwise),
            int(highspy.ObjSense.kMinimize),
            0.0,
            cost / self._cost_scale,
            compiled.column_lower / columns,
            compiled.column_upper / columns,
            compiled.row_lower * rows,
            compiled.row_upper * rows,
            scaled.indptr.astype(np.int32, copy=False),
            scaled.indices.astype(np.int32, copy=False),
            scaled.data,
            compiled.integer.astype(np.int32),
        )
        self._check(status, "load the model")

    def _solution(self, seconds: float) -> Solution:
        stop, status = meaning(self._highs.getModelStatus().name, self._highs.getInfo().primal_solution_status)
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
