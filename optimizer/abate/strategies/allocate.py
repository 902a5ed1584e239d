"""One plan of one strategy."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any, Literal, get_args, get_origin

import pandas as pd

from abate.attainable import Progress
from abate.errors import Finding, InputError
from abate.plan import Plan
from abate.solver import DEFAULT_GAP
from abate.strategies.naming import named
from abate.strategies.registry import Strategy, strategies, strategy
from abate.strategies.study import Study
from abate_data.case import Case


def allocate(
    case: Case,
    strategy: str = "least-cost",
    *,
    time_limit: float | None = None,
    gap: float = DEFAULT_GAP,
    progress: Progress | None = None,
    **options: Any,
) -> Plan:
    """Split the targets of a case by an allocation strategy, and find the cheapest measures that reach it.

    Parameters
    ----------
    strategy : a name, `known_strategies` lists them; options may follow it, ``equal-percent baseline=raw``.
    time_limit, gap, progress : as for `abate.decompose`.
    options : of the strategy.

    Returns
    -------
    Plan
        Verified. It may miss targets (`attained` says so) where measures cannot reach what the strategy asks, which
        `out_of_reach` tells load by load with the gap, or where the strategy asks for no more, as equal effort does.

    Raises
    ------
    InputError
        Where the strategy or an option is unknown, or the case lacks what the strategy needs.
    NoPlanError
        Where there is nothing to divide: floors or technology leave no such plan.
    SolverError
        Where a solve fails.
    """
    return plan_of(Study(case, time_limit=time_limit, gap=gap, progress=progress), strategy, options)


def known_strategies() -> pd.DataFrame:
    """Return a row per strategy: name, kind (optimised, rule, claims, other), what it does, options.

    An option is shown with its default, or with all its values, the default first; ``!`` marks one without a default.
    """
    rows = [
        (one.name, one.kind, one.says, ", ".join(_shown(name, one) for name in one.options))
        for one in strategies().values()
    ]
    return pd.DataFrame(rows, columns=["strategy", "kind", "what it does", "options"])


def _shown(option: str, one: Strategy) -> str:
    if option in one.required:
        return f"{option}!"
    default = one.defaults[option]
    if get_origin(one.options[option]) is Literal:
        return (
            f"{option}={'|'.join([default, *(value for value in get_args(one.options[option]) if value != default)])}"
        )
    return option if default is None or default == () else named("", {option: default}).strip()


def plan_of(study: Study, asked: str, options: dict[str, Any] | None = None) -> Plan:
    """Return the plan of a strategy with options, the former as a name or as a text with options."""
    name, written = parse(asked)
    _refuse_twice([option for option in options or {} if option in written])
    return strategy(name).plan(study, **written, **(options or {}))


def plan_for(study: Study, asked: str | Plan) -> Plan:
    """Return the plan of a strategy, or a plan that was made before.

    Raises
    ------
    InputError
        As `allocate`, and where the plan is one of another case, or of another scenario.
    """
    if not isinstance(asked, Plan):
        return plan_of(study, asked)
    if asked.case != study.case:
        cure = "make it for this case and scenario, as it stands now"
        raise InputError([Finding("strategy", "is a plan of another case", cure, value=asked.strategy)])
    return asked


def parse(asked: str) -> tuple[str, dict[str, str]]:
    """Return the name and the options of a strategy written as ``name option=value option=value``.

    Raises
    ------
    InputError
        Where something else stands after the name.
    """
    name, *parts = asked.split() or [""]
    pairs = [part.partition("=") for part in parts]
    wrong = [f"{key}{equals}{value}" for key, equals, value in pairs if not (key and equals)]
    if wrong:
        cure = "write options as option=value, without blanks"
        raise InputError([Finding("strategy", "is no option", cure, value=part) for part in wrong])
    options = {key: value for key, _, value in pairs}
    _refuse_twice([key for at, (key, _, _) in enumerate(pairs) if key in [one for one, _, _ in pairs[:at]]])
    return name, options


def _refuse_twice(options: list[str]) -> None:
    if options:
        raise InputError([Finding("strategy", "is given twice", "say it once", column=option) for option in options])


def sweep(strategy: str, **values: Iterable[Any]) -> list[str]:
    """Return a strategy once for every combination of the values of its options, to be compared.

    >>> sweep("boltzmann", beta=(0, 1))
    ['boltzmann beta=0', 'boltzmann beta=1']
    """
    combinations = itertools.product(*values.values())
    return [named(strategy, dict(zip(values, chosen, strict=True))) for chosen in combinations]
