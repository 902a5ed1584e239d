"""The plan that is proposed: a new one where a trigger calls for it, else the one in force, over the years to come.

Where the targets of a year cannot all hold, they are eased in steps: those that cannot hold together even in
expectation give way tier by tier, no more than needed (`abate.noplan`); then as many as can be hold with their
probability, the most important first. What was eased is told, target by target and year by year.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.errors import SolverError
from abate.loop.attainment import probability_attained
from abate.loop.realignment import Realignment
from abate.loop.years_ahead import YearsAhead
from abate.noplan import smallest_relaxation
from abate.plan import Plan
from abate.solver import FEASIBILITY_TOLERANCE
from abate.staged.conflict import no_schedule
from abate.staged.planner import OutOfReachError, Planner, Staged, Standing, first_working_years
from abate.staged.reading import least_added, yearly_cost
from abate.staged.yearly import plan_of_year
from abate.staged.years import Years
from abate.tables import target_units, target_values
from abate_data.case import Case
from abate_models.assemble import assemble
from abate_models.problem import Problem
from abate_models.relaxation import target_sizes
from abate_models.stages import discount_factors

Floats = NDArray[np.float64]

#: Names of targets that a sentence holds.
SHOWN = 5
#: Columns of the table of what was eased.
EASED = ("target", "year", "unit", "asked", "proposed", "gives_way", "why")


@dataclass(frozen=True)
class Proposal:
    """What is proposed for the years to come.

    Attributes
    ----------
    ahead : the years, with limits as they can be held.
    case : the case of the first of them, which `plan` is verified against.
    plan : for the first of them.
    extents, loads : (years x options), (years x loads), under the plan.
    yearly_cost : (years,), money per year.
    allocation : (loads,), what each source may emit from now on, load per year.
    asked_by : (loads,), the target that values a further reduction there most; empty where none does.
    margins : (targets,), what the first year holds back for what is not known.
    reason : why the plan replaces the one in force, in words; empty where that one stands.
    standing, renewed : (targets,), greatest probability of being missed in the years that hold a margin, under the plan
        in force (NaN without one) and under a new one.
    eased : a row per target and year in which it gives way: target, year, unit, asked, proposed, gives_way, why.
    how : what was done to the solver's model.
    notes : what else is to be told, in sentences.
    """

    ahead: YearsAhead
    case: Case
    plan: Plan
    extents: Floats
    loads: Floats
    yearly_cost: Floats
    allocation: Floats
    asked_by: list[str]
    margins: Floats
    reason: str
    standing: Floats
    renewed: Floats
    eased: pd.DataFrame
    how: str
    notes: tuple[str, ...]


def propose(
    ahead: YearsAhead,
    built: Floats,
    previous: Floats | None,
    realignment: Realignment,
    planner: Planner,
) -> Proposal:
    """Return the plan that is proposed.

    Parameters
    ----------
    ahead : the years to come.
    built : (options,), extent that stands and cannot be un-built.
    previous : (years x options), extents of the plan in force; None where there is none.
    realignment : the planner's choices.
    planner : keeps its model from one proposal to the next.

    Raises
    ------
    NoPlanError
        Where the targets cannot be eased enough for a plan.
    SolverError
        Where the solver failed.
    """
    if previous is not None:
        previous = np.minimum(previous, [stage.problem.options.upper for stage in ahead.stages])
    search = _Search(ahead, _standing(ahead, built, previous, realignment), realignment, planner)
    staged = search.new_plan()
    notes, yearly, verified = (*search.notes, *staged.notes), staged.yearly_cost, search.ahead
    judged = max(min(realignment.margin_years, len(ahead.years)), 1)
    renewed = _risk(search.ahead, search.standing.built, staged.extents, judged)
    reason, standing = "no plan was in force", np.full(len(renewed), np.nan)
    if previous is not None:
        standing = _risk(ahead, search.standing.built, previous, judged)
        going_on = _yearly_costs(ahead, search.standing.built, previous)
        cost = float(discount_factors(ahead.years, ahead.case.settings.discount_rate) @ going_on)
        savings = 1.0 - staged.cost / cost if cost > 0 else 0.0
        reason = realignment.trigger.reason(ahead.stages[0].problem.targets.ids, standing, renewed, savings)
        if not reason:
            # on a model of its own: the planner goes on from the one that it has
            kept = _kept(ahead, search.standing.built, previous)
            if kept is None:
                reason = "the plan in force cannot stand with the rules, budgets and options as they are believed now"
            else:
                (verified, staged), yearly = kept, going_on
    case = _with_built(verified.case_in(0, staged.margins[0], staged.slack[0]), search.stands(0))
    plan = plan_of_year(case, staged, 0)
    return Proposal(
        ahead=search.ahead,
        case=case,
        plan=plan,
        extents=staged.extents,
        loads=staged.loads,
        yearly_cost=yearly,
        allocation=plan.allocation["allowed"].to_numpy(),
        asked_by=[str(name) for name in plan.allocation["basis"]],
        margins=staged.margins[0],
        reason=reason,
        standing=standing,
        renewed=renewed,
        eased=_eased_table(ahead, search.ahead, staged),
        how=planner.begun,
        notes=notes,
    )


class _Search:
    """Looks for a plan, easing what cannot hold."""

    def __init__(self, ahead: YearsAhead, standing: Standing, realignment: Realignment, planner: Planner) -> None:
        self.asked, self.ahead, self.standing = ahead, ahead, standing
        self._realignment, self._planner = realignment, planner
        self._probe = Planner()
        self.notes: list[str] = []

    def new_plan(self) -> Staged:
        """Return the plan; `ahead` has the limits that it holds, `notes` what was eased."""
        for _ in range(2 * len(self.ahead.years) + 1):
            try:
                return self._planner.solve(
                    self.ahead.stages,
                    self.standing,
                    discount_rate=self.ahead.case.settings.discount_rate,
                    tolerance=None if self.standing.previous is None else self._realignment.tolerance,
                    ceilings=bool(np.isfinite(self.ahead.stages[0].problem.targets.price_ceiling).any()),
                )
            except OutOfReachError as error:
                self._ease(error)
        raise SolverError("targets that were eased year by year still left no plan; please report it")

    def _ease(self, error: OutOfReachError) -> None:
        if error.year is None:
            raise no_schedule(self.ahead.case, Years(self.ahead.case, self.ahead.years), error) from None
        row = self.ahead.years.index(error.year)
        if self.ahead.stages[row].deviations and self._has_plan(row, [], error.reach):
            self._drop_margins(row, error.reach)
            return
        problem = self.ahead.stages[row].problem
        limit = problem.targets.limit + problem.targets.sign * self._gives_way(row, error)
        self.ahead = self.ahead.with_limits(row, limit)

    def _drop_margins(self, row: int, reach: Floats) -> None:
        """Let no more targets of a year than needed hold in expectation only; those that give way first come first."""
        stage = self.ahead.stages[row]
        priority = stage.problem.targets.priority
        order = sorted(stage.deviations, key=lambda target: (priority[target], target))
        kept = self._addable([], order, lambda margins: self._has_plan(row, margins, reach))
        names = [stage.problem.targets.ids[target] for target in stage.deviations if target not in kept]
        shown = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
        self.notes.append(f"in {stage.year} only the expected value of these targets can be held: {shown}")
        self.ahead = self.ahead.with_margins(row, kept)

    def _addable(self, kept: list[int], more: list[int], has_plan: Callable[[list[int]], bool]) -> list[int]:
        """Return the targets whose margins can be held together: `kept`, and of `more` what fits, in its order.

        Halves are tried whole before they are split (after Junker, QuickXplain, AAAI 2004, 167-172).
        """
        if not more or has_plan([*kept, *more]):
            return [*kept, *more]
        if len(more) == 1:
            return kept
        half = len(more) // 2
        return self._addable(self._addable(kept, more[:half], has_plan), more[half:], has_plan)

    def _has_plan(self, row: int, margins: list[int], reach: Floats) -> bool:
        """Return whether a year has a plan by itself, with what can stand by then and the margins of some targets."""
        stage = self.ahead.with_margins(row, margins).stages[row]
        alone = replace(stage, problem=_within_reach(stage.problem, reach))
        count = len(reach)
        try:
            self._probe.solve(
                [alone],
                Standing(self.stands(row)),
                discount_rate=0.0,
                ramp=np.full(count, np.inf),
                available_from=np.full(count, -np.inf),
            )
        except OutOfReachError:
            return False
        return True

    def _gives_way(self, row: int, error: OutOfReachError) -> Floats:
        """Return by how much each target of a year has to give way (targets,)."""
        problem = _within_reach(self.ahead.stages[row].problem, error.reach)
        problem = replace(problem, options=replace(problem.options, built=self.stands(row)))
        none = np.zeros(len(problem.targets.ids))
        case = _with_built(self.ahead.case_in(row, none, none), self.stands(row))
        table, _ = smallest_relaxation(case, problem, assemble(problem))
        if not len(table):
            raise no_schedule(self.ahead.case, Years(self.ahead.case, self.ahead.years), error) from None
        given = dict(zip(table["target"], table["gives_way"], strict=True))
        # a hair more than the least, so that rounding leaves a plan
        return np.array([given.get(name, 0.0) * (1 + 1e-6) for name in problem.targets.ids])

    def stands(self, row: int) -> Floats:
        """Return what stands in a year without any new decision (options,)."""
        built = np.atleast_2d(self.standing.built)
        return np.asarray(built[min(row, len(built) - 1)])


def _within_reach(problem: Problem, reach: Floats) -> Problem:
    options = problem.options
    return replace(problem, options=replace(options, upper=np.minimum(options.upper, reach)))


def _standing(ahead: YearsAhead, built: Floats, previous: Floats | None, realignment: Realignment) -> Standing:
    """Return what a new plan starts from; what was decided within its lead time cannot be called back."""
    if previous is None:
        return Standing(built)
    working = first_working_years(ahead.stages[0].problem, ahead.years[0])
    decided = np.where(working > np.array(ahead.years)[:, None], previous, 0.0)
    standing = np.maximum.accumulate(np.maximum(built, decided), axis=0)
    return Standing(standing, previous, min(realignment.freeze_years, len(ahead.years)))


def _with_built(case: Case, built: Floats) -> Case:
    """Return the case of a year with what stands in it, whose capital is spent."""
    return replace(case, tables={**case.tables, "options": case["options"].assign(built=built)})


def _risk(ahead: YearsAhead, standing: Floats, extents: Floats, judged: int) -> Floats:
    """Return the greatest probability that each target is missed in the first years (targets,)."""
    worst = np.zeros(len(ahead.stages[0].problem.targets.ids))
    years = zip(ahead.stages, ahead.deviations, extents, _added(ahead, standing, extents), strict=True)
    for stage, spread, extent, extra in list(years)[:judged]:
        problem = stage.problem
        load = problem.loads.baseline - problem.options.removal @ extent
        sd = np.array([spread[row].at(load, extent) if row in spread else 0.0 for row in range(len(worst))])
        attained = probability_attained(problem.targets, _values(problem, extent, extra), sd)
        worst = np.maximum(worst, np.where(np.isinf(problem.targets.limit), 0.0, 1.0 - attained))
    return worst


def _yearly_costs(ahead: YearsAhead, standing: Floats, extents: Floats) -> Floats:
    """Return what each year costs (years,) where one goes on with extents (years x options), beside what stands."""
    years = zip(ahead.stages, extents, _added(ahead, standing, extents), strict=True)
    return np.array([yearly_cost(stage.problem, extent, extent > 0, extra) for stage, extent, extra in years])


def _added(ahead: YearsAhead, standing: Floats, extents: Floats) -> Floats:
    """Return what has to be added to what stands for some extents, (years x options)."""
    return least_added(extents, np.broadcast_to(standing, extents.shape), ahead.stages[0].problem.options.ramp)


def _values(problem: Problem, extent: Floats, added: Floats) -> Floats:
    """Return the value of each target (targets,) under some extents, with the capital of what is added for them."""
    options = problem.options
    load = problem.loads.baseline - options.removal @ extent
    cost = options.operating * extent + options.fixed * (extent > 0) + options.annual_capital * added
    return target_values(problem, load, cost)


def _kept(ahead: YearsAhead, standing: Floats, previous: Floats) -> tuple[YearsAhead, Staged] | None:
    """Return the plan in force for the years to come, with limits as it holds them; None where it cannot stand."""
    eased = ahead
    years = zip(ahead.stages, previous, _added(ahead, standing, previous), strict=True)
    for row, (stage, extent, extra) in enumerate(years):
        targets = stage.problem.targets
        passed = np.maximum(targets.sign * (_values(stage.problem, extent, extra) - targets.allowed), 0.0)
        limit = targets.limit + targets.sign * np.where(np.isfinite(targets.limit), passed * (1 + 1e-9), 0.0)
        eased = eased.with_limits(row, limit).with_margins(row, ())
    kept = Standing(np.maximum(standing, previous), previous, len(ahead.years))
    try:
        staged = Planner().solve(eased.stages, kept, discount_rate=ahead.case.settings.discount_rate)
    except OutOfReachError:
        return None
    # the planner lets go of what is frozen where that leaves no plan, and says so
    return None if staged.notes else (eased, staged)


def _eased_table(asked: YearsAhead, held: YearsAhead, staged: Staged) -> pd.DataFrame:
    """Return a row per target and year in which it gives way."""
    units = target_units(asked.case, asked.stages[0].problem)
    rows = []
    for place, year in enumerate(asked.years):
        targets, now = asked.stages[place].problem.targets, held.stages[place].problem.targets
        # a target that does not hold yet has no limit
        held_now = np.isfinite(targets.limit)
        eased = targets.sign * np.subtract(now.limit, targets.limit, out=np.zeros(len(held_now)), where=held_now)
        size = target_sizes(asked.stages[place].problem)
        for row, name in enumerate(targets.ids):
            by_price = float(staged.slack[place, row])
            gives_way = float(eased[row]) + by_price
            if gives_way > FEASIBILITY_TOLERANCE * size[row]:
                why = "its price would pass its ceiling" if by_price else "the targets cannot all hold in that year"
                limit = float(targets.limit[row])
                proposed = limit + targets.sign[row] * gives_way
                rows.append((name, year, units[row], limit, float(proposed), gives_way, why))
    return pd.DataFrame(rows, columns=list(EASED))
