"""Strategies that are the optimum of a model: targets, rules and measures of the case decide together."""

from __future__ import annotations

from collections.abc import Callable

from abate.plan import Plan
from abate.strategies.optimised.alpha_fair import alpha_fair
from abate.strategies.optimised.gini_cap import gini_cap
from abate.strategies.optimised.least_cost import least_cost
from abate.strategies.optimised.least_gini import least_gini
from abate.strategies.optimised.least_max_burden import least_max_burden
from abate.strategies.optimised.leximin import leximin
from abate.strategies.optimised.zoned_uniform import zoned_uniform

#: Every optimised strategy by its name.
OPTIMISED: dict[str, Callable[..., Plan]] = {
    function.__name__.replace("_", "-"): function
    for function in (least_cost, zoned_uniform, least_max_burden, leximin, alpha_fair, least_gini, gini_cap)
}
