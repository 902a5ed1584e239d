"""Least cost."""

from __future__ import annotations

from abate.decomposing import decompose_expected
from abate.plan import Plan
from abate.strategies.study import Study


def least_cost(study: Study) -> Plan:
    """Reach the targets at the least yearly cost of all measures together (TSD scheme 15)."""
    return decompose_expected(study.case, time_limit=study.time_limit, gap=study.gap, progress=study.progress)
