"""abate splits regional quality and total-load targets into what each source has to do.

import abate
case = abate.load("echo-reservoir")
plan = abate.decompose(case)
plan.allocation
"""

from __future__ import annotations

from abate.comparison.comparing import Comparison, compare
from abate.comparison.view import View
from abate.decompose import build, decompose
from abate.errors import AbateError, Finding, InputError, LedgerError, NoPlanError, SolverError
from abate.front.choice import Choice
from abate.front.effort import Effort
from abate.front.explore import explore
from abate.front.front import Front
from abate.front.nearby.alternatives import Alternatives, alternatives
from abate.ledger import Ledger
from abate.loop.first import in_force
from abate.loop.prior import Prior
from abate.loop.realignment import Realignment
from abate.loop.revise import revise
from abate.loop.revise_all import Revisions, revise_all
from abate.loop.revision import Revision
from abate.loop.trigger import Trigger
from abate.plan import Plan
from abate.reach import Reach, reach
from abate.sharing.charges import CostSharing, share_costs
from abate.staged.schedule import Schedule, schedule
from abate.strategies.allocate import allocate, known_strategies, sweep
from abate_data.case import Case
from abate_data.notes import notes
from abate_data.read import load

__all__ = [
    "AbateError",
    "Alternatives",
    "Case",
    "Choice",
    "Comparison",
    "CostSharing",
    "Effort",
    "Finding",
    "Front",
    "InputError",
    "Ledger",
    "LedgerError",
    "NoPlanError",
    "Plan",
    "Prior",
    "Reach",
    "Realignment",
    "Revision",
    "Revisions",
    "Schedule",
    "SolverError",
    "Trigger",
    "View",
    "allocate",
    "alternatives",
    "build",
    "compare",
    "decompose",
    "explore",
    "in_force",
    "known_strategies",
    "load",
    "notes",
    "reach",
    "revise",
    "revise_all",
    "schedule",
    "share_costs",
    "sweep",
]
