"""What a plan says of itself, and what one kind of row makes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from abate.certify.arrays import Flags, Floats
from abate.errors import SolverError
from abate_data.case import Case


@dataclass(frozen=True, eq=False)
class Claim:
    """What a plan says, in the case's units.

    Attributes
    ----------
    extent : of each row of `options`, in the measure's unit.
    installed : whether each row of `options` is installed; where it takes no yes or no, extent > 0.
    load : allowed load of each row of `loads`.
    limit : of each row of `targets`, before margin and reserve: the limit of a quality, the cap of a load
        (reductions and intensities turned into one), or the budget.
    best : of each row of `targets` by gap_closure, the best quality that can be reached; NaN elsewhere.
    cost : yearly cost of the plan [money/yr].
    objective : name of what was minimised, or maximised.
    objective_value : its value; of what was maximised, the negative of its value.
    bound : proved lower bound of `objective_value`; -infinity where none is.
    slack : by how much each row of `targets` gives way, in the unit of its limit; 0 in a normal plan.
    shares : whether the loads are what a strategy hands out: measures may then remove more than it asks, targets may
        be missed by just their slack, and the rules of the case are none of its business.
    maximised : whether the objective was maximised.
    margin : what is held back from the limit of each row of `targets` so that it holds with its probability, in the
        unit of its limit; None for a plan that is made for expected figures.
    """

    extent: Floats
    installed: Flags
    load: Floats
    limit: Floats
    best: Floats
    cost: float
    objective: str
    objective_value: float
    bound: float
    slack: Floats
    shares: bool = False
    maximised: bool = False
    margin: Floats | None = None


@dataclass(frozen=True)
class Check:
    """What was found of one kind of row.

    Attributes
    ----------
    kind : what was checked.
    rows : how many rows there are of it.
    worst : largest violation, relative to the size of its row; 0 where every row holds.
    where : the row of the largest violation in the planner's words; empty where every row holds.
    """

    kind: str
    rows: int
    worst: float
    where: str


def check(kind: str, shares: Floats, name: Callable[[int], str]) -> Check:
    """Return the check of one kind from the relative violation of its rows and their names."""
    if not len(shares) or shares.max() == 0:
        return Check(kind, len(shares), 0.0, "")
    worst = int(shares.argmax())
    return Check(kind, len(shares), float(shares[worst]), name(worst))


def refuse_misfits(case: Case, claim: Claim) -> None:
    """Raise SolverError where a claim does not give one number for every row of its table."""
    for table, fields in {
        "options": ("extent", "installed"),
        "loads": ("load",),
        "targets": ("limit", "best", "slack", *([] if claim.margin is None else ["margin"])),
    }.items():
        for field in fields:
            given, rows = np.shape(getattr(claim, field)), len(case.tables[table])
            if given != (rows,):
                count = " x ".join(map(str, given)) or "a single"
                raise SolverError(
                    f"the plan gives {count} numbers as {field} where the table {table} has {rows} rows; "
                    "certify it against the case that it was made for"
                )
