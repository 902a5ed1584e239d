"""The space of objectives: one compiled model in which every objective is also a free row.

A step of any exact method changes costs and the bounds of these rows, and solves. Nothing is rebuilt. Steps that do not
depend on one another are solved side by side in lanes: each lane is a session of its own, and a step's lane depends on
its place in the list alone. So the answers are the same however many workers there are.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from abate.errors import SolverError
from abate.front.exact.point import Floats, Point
from abate.front.exact.steps import find_steps
from abate.outcome import relative_gap
from abate.solver import Session, Solution, SolutionStatus, StopReason
from abate_models.added_rows import with_rows
from abate_models.compile import CompiledModel

logger = logging.getLogger(__name__)

#: Sessions that steps are dealt out to, however many workers there are.
LANES = 4
#: Relative gap of each solve with whole numbers: a solver's default loses points of a front in silence, and a share of
#: a large value may be more than the range of an objective.
SOLVE_GAP = 0.0
#: Why a front is stopped before its end.
OVER, SPENT, INTERRUPTED = "the time was over", "all solves that were allowed were made", "it was interrupted"
#: What is said of a solve that ends with nothing.
_NOTHING = {StopReason.TIME_LIMIT: OVER, StopReason.INTERRUPTED: INTERRUPTED}


@dataclass(frozen=True, eq=False)
class LinearObjective:
    """An objective over the columns of a compiled model: constant + coefficients @ columns, to be minimised.

    Attributes
    ----------
    name, unit : as people read them.
    coefficients : one per column.
    constant : added to the sum.
    maximised : whether people want it large; coefficients and constant are then the negatives of what they read.
    """

    name: str
    unit: str
    coefficients: Floats
    constant: float = 0.0
    maximised: bool = False


@dataclass(frozen=True, eq=False)
class Step:
    """One solve: minimise weights @ objectives while each objective is at most its cap.

    Attributes
    ----------
    name : what it is for, for the log and for messages.
    weights : (p) of the objectives, in their own units.
    caps : (p) greatest value of each objective; infinite where there is none.
    start : columns of a point that keeps the caps, where one is known.
    """

    name: str
    weights: Floats
    caps: Floats
    start: Floats | None = None


@dataclass(frozen=True, eq=False)
class Answer:
    """What came of a step.

    Attributes
    ----------
    point : the solution; None where there is none.
    bound : proved lower bound of weights @ objectives.
    infeasible : whether no solution keeps the caps.
    unbounded : whether the sum can fall without end.
    failure : why there is neither a point nor a proof that there is none; blank where all is well.
    """

    point: Point | None
    bound: float
    infeasible: bool = False
    unbounded: bool = False
    failure: str = ""


class Space:
    """One model, several objectives.

    Parameters
    ----------
    compiled : the model.
    objectives : two or more.
    workers : threads that solve at the same time; they change how long it takes and nothing else.
    deadline : time of `time.monotonic` after which no solve goes on; infinite for none.

    Attributes
    ----------
    steps : the steps of the objectives, None where they have none.
    solves : how many solves were made, by name of what they were for.
    """

    def __init__(
        self,
        compiled: CompiledModel,
        objectives: Sequence[LinearObjective],
        *,
        workers: int = 1,
        deadline: float = np.inf,
    ) -> None:
        self.objectives = list(objectives)
        self._given = compiled
        self.coefficients = np.array([objective.coefficients for objective in objectives])
        names = [objective.name for objective in objectives]
        self.compiled = with_rows(compiled, "objectives of the front", names, self.coefficients)
        self._rows = self.compiled.rows["objectives of the front"]
        self.constants = np.array([objective.constant for objective in objectives])
        self.whole = bool(compiled.integer.any())
        self.steps = find_steps(compiled, self.coefficients)
        self.workers, self.deadline = workers, deadline
        self.solves: dict[str, int] = {}
        self._lanes: list[Session] = []

    @property
    def count(self) -> int:
        """How many objectives there are."""
        return len(self.objectives)

    @property
    def made(self) -> int:
        """How many solves were made."""
        return sum(self.solves.values())

    def relaxed(self) -> Space:
        """Return the same space without whole numbers."""
        compiled = replace(self._given, integer=np.zeros_like(self.compiled.integer))
        return Space(compiled, self.objectives, workers=self.workers, deadline=self.deadline)

    def values(self, columns: Floats) -> Floats:
        """Return the value of each objective, shape (p)."""
        return np.asarray(self.coefficients @ columns + self.constants)

    def solve(self, step: Step) -> Answer:
        """Return the answer to one step."""
        return self.solve_all([step])[0]

    def solve_all(self, steps: Sequence[Step]) -> list[Answer]:
        """Return the answers to as many steps as there are lanes, or fewer.

        A KeyboardInterrupt stops all of them.
        """
        for step in steps:
            self.solves[step.name] = self.solves.get(step.name, 0) + 1
        lanes = [self._lane(place) for place in range(len(steps))]
        if self.workers == 1 or len(steps) == 1:
            return [self._answer(lane, step) for lane, step in zip(lanes, steps, strict=True)]
        with ThreadPoolExecutor(min(self.workers, len(steps))) as pool:
            jobs = [pool.submit(self._answer, lane, step) for lane, step in zip(lanes, steps, strict=True)]
            try:
                return [job.result() for job in jobs]
            except KeyboardInterrupt:
                for job in jobs:
                    job.cancel()
                for lane in lanes:
                    lane.cancel()
                raise

    def _lane(self, place: int) -> Session:
        if not self._lanes:
            self._lanes.append(Session(self.compiled, gap=SOLVE_GAP, restarts=False))
        while len(self._lanes) <= place:
            self._lanes.append(self._lanes[0].twin())
        return self._lanes[place]

    def _answer(self, session: Session, step: Step) -> Answer:
        left = self.deadline - time.monotonic()
        if left <= 0:
            return Answer(None, -np.inf, failure=OVER)
        try:
            session.time_limit = left if np.isfinite(left) else None
            offset = float(step.weights @ self.constants)
            session.minimise(step.weights @ self.coefficients, offset)
            session.bound_rows(self._rows, np.full(self.count, -np.inf), step.caps - self.constants)
            if step.start is not None and self.whole:
                session.start_from(step.start)
            solution = session.solve()
        except SolverError as error:
            logger.warning("the solve %r failed: %s", step.name, error)
            return Answer(None, -np.inf, failure=str(error))
        return self._read(solution, step)

    def _read(self, solution: Solution, step: Step) -> Answer:
        if solution.status is SolutionStatus.INFEASIBLE:
            return Answer(None, np.inf, infeasible=True)
        if solution.status is SolutionStatus.UNBOUNDED:
            return Answer(None, -np.inf, unbounded=True, failure="the sum of the objectives can fall without end")
        if not solution.found:
            said = _NOTHING.get(solution.stop, "the solver found neither a solution nor a proof that there is none")
            return Answer(None, -np.inf, failure=said)
        columns = solution.values
        whole = self.compiled.integer
        columns[whole] = np.round(columns[whole])
        values = self.values(columns)
        size = float(np.abs(step.weights) @ np.abs(values))
        point = Point(
            objectives=values,
            columns=columns,
            optimal=solution.status is SolutionStatus.OPTIMAL,
            gap=relative_gap(float(step.weights @ values), solution.bound, size),
        )
        return Answer(point, min(solution.bound, float(step.weights @ values)))
