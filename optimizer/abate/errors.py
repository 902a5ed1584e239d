"""The errors that abate raises: AbateError > InputError, NoPlanError, SolverError, LedgerError."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abate_data.errors import AbateError, Finding, InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AbateError", "Finding", "InputError", "LedgerError", "NoPlanError", "SolverError"]


class SolverError(AbateError):
    """The solver failed, or what it returned did not pass the certificate."""


class LedgerError(AbateError):
    """The ledger cannot be opened, read or written, or a row of it is damaged; says which, and the cure.

    Where a commit raises it nothing was written: what stood in the ledger stands, and the commit may be done again.
    """


class NoPlanError(AbateError):
    """The targets cannot hold together.

    Attributes
    ----------
    conflict : names of targets and rules that cannot hold together, while any one less of them can.
    reach : a row per target of the conflict or the relaxation: unit, sense, baseline, allowed, best (what it can come
        to by itself).
    relaxation : a row per target that has to give way: priority, unit, sense, allowed, becomes, gives way, percent; the
        smallest in the order of the priorities. Empty where even that does not help, and where targets can be held for
        expected figures and only their probabilities have to give way.
    relaxed_cost : yearly cost of the cheapest plan after the relaxation, or for expected figures; NaN where there is
        none.
    """

    def __init__(
        self,
        message: str,
        conflict: list[str],
        reach: pd.DataFrame,
        relaxation: pd.DataFrame,
        relaxed_cost: float,
    ) -> None:
        super().__init__(message)
        self.conflict = conflict
        self.reach = reach
        self.relaxation = relaxation
        self.relaxed_cost = relaxed_cost
