"""What comes back from a solve: values, prices, and what is known of them."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


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


@dataclass(frozen=True)
class Basis:
    """Where a solve ended: HiGHS's status of every column and row, as numbers."""

    columns: list[int]
    rows: list[int]


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


def meaning(status: str, primal: int) -> tuple[StopReason, SolutionStatus]:
    """Return what HiGHS's name of a model status, and its code of the point it has, mean."""
    stop, known = _STATUS.get(status, (StopReason.FAILED, SolutionStatus.UNKNOWN))
    if known is SolutionStatus.UNKNOWN and primal == _FEASIBLE_POINT:
        known = SolutionStatus.FEASIBLE
    return stop, known
