"""How a rule, of whatever kind, hands out loads among parties."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abate.errors import Finding, InputError
from abate.strategies import claims, rules
from abate.strategies.dividing import divide
from abate.strategies.filling import Family, Mode, fill
from abate.strategies.parties import Baseline, Parties
from abate_data.names import offer

#: The load of each party, and the numbers that the rule reports.
Handed = tuple[NDArray[np.float64], dict[str, float]]
#: Takes parties and options; returns what is handed out.
Handing = Callable[..., Handed]


def rule_of(name: str) -> Handing:
    """Return how a rule or claims rule hands out loads among parties, for use within another strategy.

    Raises
    ------
    InputError
        Where there is no such rule.
    """
    if name in rules.RULES:
        return _handing_of_rule(rules.RULES[name])
    if name in claims.RULES:
        return _handing_of_claims(name, claims.RULES[name])
    raise InputError(
        [Finding("strategy", "is no rule", offer(name, [*rules.RULES, *claims.RULES], "rule"), value=name)]
    )


def options_needed(name: str) -> list[str]:
    """Return the options that a rule cannot do without.

    Raises
    ------
    InputError
        Where there is no such rule.
    """
    rule_of(name)
    options = inspect.signature(rules.RULES[name]).parameters.values() if name in rules.RULES else ()
    return [option.name for option in list(options)[1:] if option.default is option.empty]


def _handing_of_rule(function: Callable[..., Family]) -> Handing:
    def handing(parties: Parties, *, mode: Mode = "progressive", **options: Any) -> Handed:
        family = function(parties, **options)
        return fill(parties, family, mode), family.figures

    return handing


def _handing_of_claims(name: str, function: claims.Rule) -> Handing:
    def handing(parties: Parties, *, mode: Mode = "progressive", baseline: Baseline = "current") -> Handed:
        return divide(parties, function, baseline=baseline, mode=mode, name=name), {}

    return handing
