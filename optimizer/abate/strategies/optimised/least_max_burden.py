"""Least greatest burden."""

from __future__ import annotations

from abate.decomposing import decompose_expected
from abate.plan import Plan
from abate.strategies.naming import asked
from abate.strategies.staging import signed
from abate.strategies.study import Study


def least_max_burden(study: Study) -> Plan:
    """Make the greatest burden of any source as small as can be: min t, cost_i <= t ability_i, then least cost.

    The ability to pay is the income of the sources, or their output where no income is given.

    Raises
    ------
    InputError
        Where the case has no options, or a source that has some lacks the ability.
    NoPlanError
        Where the targets cannot hold together.
    """
    plan = decompose_expected(
        study.case, "max_burden", time_limit=study.time_limit, gap=study.gap, progress=study.progress
    )
    return signed(plan, asked(least_max_burden), {"greatest burden": plan.value})
