"""What a region's first cycle starts from: the plan that was in force when its monitoring began."""

from __future__ import annotations

from dataclasses import replace

from abate.errors import Finding, InputError
from abate.loop.evaluate import extents_of
from abate.loop.memory import Memory, named
from abate.plan import Plan
from abate.strategies.allocate import allocate
from abate_data.case import Case
from abate_data.observations import is_day
from abate_models.problem import read_problem

#: First day of a plan that has been in force for as long as anything was monitored.
ALWAYS = "0001-01-01"


def in_force(plan: Plan, since: str = ALWAYS) -> Memory:
    """Return what a first cycle starts from: a plan whose measures work since a day.

    Parameters
    ----------
    plan : for the case that is revised.
    since : its first day, YYYY-MM-DD; before it no measure of the case's options was in use.

    Raises
    ------
    InputError
        Where that is no day.
    """
    if not is_day(since):
        cure = "write year, month and day as in 2030-01-31"
        raise InputError([Finding("previous", "the day since when the plan is in force is no date", cure, value=since)])
    problem, table = read_problem(plan.case), plan.allocation
    place = extents_of(plan, problem)
    allowed = dict(zip(zip(table["source"], table["pollutant"], strict=True), table["allowed"].tolist(), strict=True))
    memory = Memory().with_plan(since, place, problem)
    return replace(memory, allowed=allowed, built=named(place, problem.options.keys))


def first_memory(case: Case, text: str) -> Memory:
    """Return what a first cycle starts from where the plan in force is told by its strategy.

    Parameters
    ----------
    text : an allocation strategy with its options, and the first day of its plan where it had one: `least-cost since
        2026-01-01`.

    Raises
    ------
    InputError
        Where there is no such strategy, or the day is none.
    NoPlanError, SolverError
        Where it has no plan.
    """
    strategy, _, since = text.partition(" since ")
    return in_force(allocate(case, strategy.strip()), since.strip() or ALWAYS)
