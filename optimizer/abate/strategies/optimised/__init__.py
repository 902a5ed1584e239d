"""Strategies that are the optimum of a model: targets, rules and measures of the case decide together."""

from __future__ import annotations

from collections.abc import Callable

from abate.plan import Plan
from abate.strategies.optimised.least_cost import least_cost

#: Every optimised strategy by its name.
OPTIMISED: dict[str, Callable[..., Plan]] = {
    function.__name__.replace("_", "-"): function for function in (least_cost,)
}
