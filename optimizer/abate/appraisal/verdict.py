"""The verdict on a proposal, with what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """What becomes of a proposal."""

    APPROVED = "approved"
    OFFSET = "approved with offset"
    REFUSED = "refused"
    NOT_NEEDED = "not needed"

    @property
    def counts(self) -> bool:
        """Whether the proposal counts for the next one."""
        return self is not Verdict.REFUSED


@dataclass(frozen=True)
class Decision:
    """The verdict on one proposal. Money is per year in the case's currency; NaN where a figure is not known.

    Attributes
    ----------
    proposal, kind, source : which.
    verdict : approved; approved with offset; refused; or not needed, where it takes headroom from no target.
    load : load per year that it adds, all its pollutants together; negative where it takes some off.
    offset_cost : yearly cost of the cheapest offset, 0 where none is needed.
    price : the same per unit of load that it adds.
    largest_share : greatest share of it that could be approved, with an offset where one is needed.
    worth : what the headroom that it frees is worth at the prices of the plan.
    saving : by how much the least cost of keeping all targets falls with it, its own measures aside.
    own_saving : by how much its own measures cost less a year, negative where they cost more.
    reasons : why, in sentences.
    """

    proposal: str
    kind: str
    source: str
    verdict: Verdict
    load: float
    offset_cost: float
    price: float
    largest_share: float
    worth: float
    saving: float
    own_saving: float
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join([f"{self.proposal}: {self.verdict.value}", *(f"  {reason}" for reason in self.reasons)])
