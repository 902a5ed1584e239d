"""The strategies that are compared: which are asked for, what they are called, and their plans."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping

from abate.attainable import Progress
from abate.errors import AbateError, Finding, InputError, NoPlanError, SolverError
from abate.plan import Plan
from abate.strategies.allocate import parse, plan_for
from abate.strategies.registry import strategies, strategy
from abate.strategies.study import Study

#: What may be asked for: a strategy with its options if any, or a plan that was made before.
Asked = str | Plan

#: Compared by default beside every strategy under its own defaults: what an administration does first.
UNIFORM = "equal-percent mode=uniform"
#: Strategies that settle loads one by one or by many tangents, and the most loads with which all compares them.
SLOW = {"leximin": 500, "alpha-fair": 500}
#: Letters of the reason why a strategy has no plan.
LONGEST_REASON = 240


def asked_for(wanted: Mapping[str, Asked] | Iterable[Asked] | Asked) -> dict[str, Asked]:
    """Return what is asked for by what it is to be called; a text only once, a plan of a taken name with a number.

    Raises
    ------
    InputError
        Where nothing is asked for, or something that is no strategy or has no such options.
    """
    asked: dict[str, Asked] = {}
    for called, one in _pairs(wanted):
        if isinstance(one, str):
            name, options = parse(one)
            strategy(name).checked(options)
        elif not isinstance(one, Plan):
            cure = "give names of strategies, or plans"
            raise InputError([Finding("strategy", "is neither a name nor a plan", cure, value=repr(one)[:80])])
        if not (isinstance(one, str) and isinstance(asked.get(called), str)):
            asked[_free(called, asked)] = one
    if not asked:
        cure = "name at least one, or leave the list out to compare all"
        raise InputError([Finding("strategy", "none is named", cure)])
    return asked


def every_strategy(study: Study) -> dict[str, Asked]:
    """Return all strategies that need no option, each under its defaults; slow ones for small cases only."""
    slow = {name for name, _ in _unasked(study)}
    names = [name for name, one in strategies().items() if not one.required and name not in slow]
    names.insert(names.index("equal-percent") + 1, UNIFORM)
    return dict(zip(names, names, strict=True))


def plans_of(
    study: Study, asked: Mapping[str, Asked], *, named: bool, progress: Progress | None
) -> tuple[dict[str, Plan], list[tuple[str, str]]]:
    """Return the plan of each strategy, and those that have none with the reason.

    Raises
    ------
    InputError
        Where one that was `named` lacks data.
    NoPlanError, SolverError
        Where none has a plan: the first failure that is not just missing data.
    """
    plans: dict[str, Plan] = {}
    left_out = []
    failure: AbateError | None = None
    for done, (name, one) in enumerate(asked.items()):
        if progress is not None:
            progress(name, done, len(asked))
        try:
            plans[name] = plan_for(study, one)
        except (InputError, NoPlanError, SolverError) as error:
            if named and isinstance(error, InputError):
                raise
            left_out.append((name, _reason(error)))
            # that there is no plan says more than that data for another strategy is missing
            failure = error if failure is None or isinstance(failure, InputError) else failure
    if not plans and failure is not None:
        raise failure
    if not named:
        left_out += _unasked(study)
        left_out += [
            (name, f"needs the option {', '.join(one.required)}") for name, one in strategies().items() if one.required
        ]
    return plans, left_out


def _unasked(study: Study) -> list[tuple[str, str]]:
    """Return the strategies that a case is too large for, unless somebody names them, and that reason."""
    count = len(study.problem.loads.keys)
    reason = "takes long with so many loads; name it to have it compared"
    return [(name, reason) for name, most in SLOW.items() if count > most]


def _pairs(wanted: Mapping[str, Asked] | Iterable[Asked] | Asked) -> Iterator[tuple[str, Asked]]:
    if isinstance(wanted, Mapping):
        yield from wanted.items()
        return
    for one in [wanted] if isinstance(wanted, Asked) else wanted:
        yield (" ".join(one.split()), one) if isinstance(one, str) else (getattr(one, "strategy", ""), one)


def _free(called: str, taken: Mapping[str, Asked]) -> str:
    """Return a name that is not taken yet."""
    name, number = called, 2
    while name in taken:
        name, number = f"{called} ({number})", number + 1
    return name


def _reason(error: AbateError) -> str:
    """Return in a line why a strategy is left out."""
    if isinstance(error, InputError):
        return "; ".join(
            f"{one.table}, {one.column}: {one.problem}" if one.column else f"{one.table}: {one.problem}"
            for one in error.findings
        )
    return textwrap.shorten(str(error).partition("\n")[0], LONGEST_REASON, placeholder=" ...")
