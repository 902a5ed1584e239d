"""Every allocation strategy by its name: what it is, which options it takes, and how it makes a plan."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

import pandas as pd
from pydantic import ConfigDict, TypeAdapter, ValidationError

from abate.errors import Finding, InputError
from abate.plan import Plan
from abate.strategies import claims, optimised, rules
from abate.strategies.filling import Family, Mode
from abate.strategies.given import given
from abate.strategies.handing import rule_of
from abate.strategies.naming import named
from abate.strategies.parties import Baseline
from abate.strategies.study import Floor, Study
from abate.strategies.tiers import tiers
from abate_data.names import offer

#: What the options of filling are by default.
_FILLING = {"mode": "progressive", "floor": "table"}
_OTHERS: dict[str, Callable[..., Plan]] = {"tiers": tiers, "given": given}


@dataclass(frozen=True)
class Strategy:
    """An allocation strategy.

    Attributes
    ----------
    name : what it is called.
    kind : rule, claims, optimised or other.
    says : what it does, in a line.
    options : type of each option by name.
    defaults : value of each option that may be left out.
    function : makes the plan of a study under some options.
    """

    name: str
    kind: str
    says: str
    options: dict[str, Any]
    defaults: dict[str, Any]
    function: Callable[..., Plan]

    @property
    def required(self) -> list[str]:
        """The options that have no default."""
        return [name for name in self.options if name not in self.defaults]

    def plan(self, study: Study, /, **options: Any) -> Plan:
        """Return the strategy's plan of a study.

        Raises
        ------
        InputError
            Where an option is unknown or has no fitting value, or the case lacks what the strategy needs.
        NoPlanError
            Where no plan of this kind exists.
        """
        return self.function(study, **self.checked(options))

    def checked(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the options with values of their types.

        Raises
        ------
        InputError
            Where one is unknown, missing or has no fitting value.
        """
        values: dict[str, Any] = {}
        missing = [name for name in self.required if name not in options]
        findings = [
            Finding("strategy", f"{self.name} needs it", f"write {self.name} {name}=...", column=name)
            for name in missing
        ]
        for name, value in options.items():
            if name not in self.options:
                cure = offer(name, self.options, "option")
                findings.append(Finding("strategy", f"{self.name} has no such option", cure, value=name))
                continue
            try:
                values[name] = _converted(value, self.options[name])
            except ValidationError as error:
                problem = error.errors()[0]["msg"].removeprefix("Input ")
                cure = f"it {problem}" if problem.startswith("should") else problem
                if pd.DataFrame in get_args(self.options[name]):
                    cure = f"hand over a table from Python: abate.allocate(case, {self.name!r}, {name}=table)"
                findings.append(Finding("strategy", f"{self.name} cannot use it", cure, "", name, str(value)[:80]))
        if findings:
            raise InputError(findings)
        return values


def strategy(name: str) -> Strategy:
    """Return a strategy by its name.

    Raises
    ------
    InputError
        Where there is none; the nearest name is offered.
    """
    known = strategies()
    if name not in known:
        raise InputError([Finding("strategy", "is not known", offer(name, known, "strategy"), value=name)])
    return known[name]


@cache
def strategies() -> dict[str, Strategy]:
    """Return every strategy by its name: optimised ones, rules, claims rules, and the others."""
    found = [
        *(_strategy(name, "optimised", function) for name, function in optimised.OPTIMISED.items()),
        *(_of_rule(name, function) for name, function in rules.RULES.items()),
        *(_of_claims(name, function) for name, function in claims.RULES.items()),
        *(_strategy(name, "other", function) for name, function in _OTHERS.items()),
    ]
    return {one.name: one for one in found}


def _of_rule(name: str, function: Callable[..., Family]) -> Strategy:
    options = {**_options(function), "mode": Mode, "floor": Floor}
    return Strategy(
        name, "rule", _first_line(function), options, {**_defaults(function), **_FILLING}, _by_handing(name)
    )


def _of_claims(name: str, function: claims.Rule) -> Strategy:
    options = {"baseline": Baseline, "mode": Mode, "floor": Floor}
    return Strategy(
        name, "claims", _first_line(function), options, {"baseline": "current", **_FILLING}, _by_handing(name)
    )


def _by_handing(name: str) -> Callable[..., Plan]:
    def make(study: Study, *, floor: Floor = "table", **options: Any) -> Plan:
        allowed, figures = rule_of(name)(study.parties(floor), **options)
        return study.reaching.plan(
            allowed, named(name, {**options, **({} if floor == "table" else {"floor": floor})}), figures
        )

    return make


def _strategy(name: str, kind: str, function: Callable[..., Plan]) -> Strategy:
    return Strategy(name, kind, _first_line(function), _options(function), _defaults(function), function)


def _options(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the types of a function's options: what follows its first argument."""
    hints = get_type_hints(function)
    return {name: hints[name] for name in list(inspect.signature(function).parameters)[1:]}


def _defaults(function: Callable[..., Any]) -> dict[str, Any]:
    options = list(inspect.signature(function).parameters.values())[1:]
    return {option.name: option.default for option in options if option.default is not option.empty}


def _first_line(function: Callable[..., Any]) -> str:
    """Return what a strategy does in words: the first line of its docstring without the formula."""
    line = (inspect.getdoc(function) or "").partition("\n")[0].rstrip(".").removeprefix("Return ")
    words, _, formula = line.partition(": ")
    said = words if "=" in formula else line
    return said[:1].upper() + said[1:]


def _converted(value: Any, kind: Any) -> Any:
    """Return a value as the type of its option; a text with commas stands for several values."""
    if isinstance(value, str) and get_origin(kind) is tuple:
        value = [part.strip() for part in value.split(",")] if value.strip() else []
    if get_origin(kind) is tuple and not isinstance(value, (list, tuple)):
        value = [value]
    return TypeAdapter(kind, config=ConfigDict(arbitrary_types_allowed=True)).validate_python(value)
