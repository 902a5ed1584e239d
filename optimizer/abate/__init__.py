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
from abate.errors import AbateError, Finding, InputError, NoPlanError, SolverError
from abate.front.choice import Choice
from abate.front.effort import Effort
from abate.front.explore import explore
from abate.front.front import Front
from abate.front.nearby.alternatives import Alternatives, alternatives
from abate.plan import Plan
from abate.reach import Reach, reach
from abate.sharing.charges import CostSharing, share_costs
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
    "NoPlanError",
    "Plan",
    "Reach",
    "SolverError",
    "View",
    "allocate",
    "alternatives",
    "build",
    "compare",
    "decompose",
    "explore",
    "known_strategies",
    "load",
    "notes",
    "reach",
    "share_costs",
    "sweep",
]
