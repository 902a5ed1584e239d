"""One revision, from inputs to what it came to: learn, evaluate, look ahead, propose, tell what moved and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.attainable import Progress, no_report, resolve_limits
from abate.loop.account import propose_account
from abate.loop.activity import activity_of
from abate.loop.changes import Position, load_changes, measure_changes, target_shifts, values_of
from abate.loop.credit import Grant, earned, grant
from abate.loop.departures import exceedances
from abate.loop.evaluate import evaluate
from abate.loop.evaluation import Cycle, Evaluation, Foresight
from abate.loop.expectation import expect
from abate.loop.first import first_memory
from abate.loop.forecast import YearAhead, early_warning
from abate.loop.hydrology import verdicts
from abate.loop.inputs import Inputs
from abate.loop.learning import Learning, learn_from
from abate.loop.measured import situation_over
from abate.loop.memory import Memory, aligned, named
from abate.loop.periods import Period
from abate.loop.prior import Prior
from abate.loop.proposal import Proposal, propose
from abate.loop.revision import Revision
from abate.loop.years_ahead import YearsAhead, look_ahead, years_to_plan
from abate.staged.planner import Planner
from abate.staged.warm import WarmStart
from abate.tables import target_units
from abate_data.documents import table_document, table_of
from abate_data.observations import Observations, clean_observations
from abate_models.problem import Problem, read_problem
from abate_models.targets import BUDGET

Floats = NDArray[np.float64]

#: Steps that progress is told of.
STEPS = ("reading the results", "learning from them", "planning the years to come", "evaluating the cycle")


def realign(inputs: Inputs, *, progress: Progress | None = None) -> Revision:
    """Return the revision of some inputs: the same inputs give the same bytes.

    Parameters
    ----------
    progress : called with (what, done, total) as the work goes on.

    Raises
    ------
    InputError
        Where observations contradict the case or themselves, or there is nothing new among them.
    NoPlanError
        Where targets cannot be eased enough for a plan.
    SolverError
        Where the solver failed, or its result did not pass the certificate.
    """
    report = progress or no_report
    report(STEPS[0], 0, len(STEPS))
    seen = clean_observations(inputs.case, inputs.observations, as_of=inputs.realignment.as_of or None)
    problem, _ = resolve_limits(read_problem(inputs.case))
    report(STEPS[1], 1, len(STEPS))
    prior = inputs.realignment.prior or Prior.of(inputs.case)
    memory = inputs.memory
    if inputs.realignment.first_plan and not memory.in_force:
        memory = first_memory(inputs.case, inputs.realignment.first_plan)
    learning = learn_from(inputs.case, problem, seen.table, memory, prior)
    planner = Planner(start=None if memory.start is None else WarmStart.from_json(memory.start))
    work = _Work(replace(inputs, memory=memory), problem, seen, learning, planner)
    report(STEPS[2], 2, len(STEPS))
    proposal = work.propose()
    report(STEPS[3], 3, len(STEPS))
    return replace(work.revision(proposal), inputs=inputs)


@dataclass(frozen=True)
class _Work:
    """A revision in the making."""

    inputs: Inputs
    problem: Problem
    seen: Observations
    learning: Learning
    planner: Planner

    @property
    def since(self) -> str:
        """First day of the time to come."""
        return str(date.fromisoformat(self.learning.after.until) + timedelta(days=1))

    @property
    def years(self) -> list[int]:
        """The years to come."""
        return years_to_plan(self.inputs.case, int(self.since[:4]))

    @property
    def known(self) -> list[Period]:
        """Periods that the cycle before knew."""
        return [period for period in self.learning.periods if period.end <= self.inputs.memory.until]

    @property
    def in_force(self) -> Floats:
        """Extents in force in the cycle (options,); a result of a whole year may reach back before it."""
        memory, first = self.inputs.memory, self.learning.new[0].start
        if memory.until:
            first = max(first, str(date.fromisoformat(memory.until) + timedelta(days=1)))
        return memory.extents_at(first, self.problem)

    @property
    def planned(self) -> Floats:
        """Extents of the plan in force in the years to come (years x options)."""
        days = [self.since, *(f"{year}-01-01" for year in self.years[1:])]
        return np.array([self.inputs.memory.extents_at(day, self.problem) for day in days])

    @property
    def built(self) -> Floats:
        """Extent that stands now (options,): what stood, and what was in use up to now."""
        memory, options = self.inputs.memory, self.problem.options
        in_use = memory.extents_at(self.learning.after.until, self.problem)
        return np.asarray(np.maximum.reduce([options.built, aligned(memory.built, options.keys), in_use]))

    def propose(self) -> Proposal:
        """Return the plan that is proposed for the years to come."""
        inputs = self.inputs
        ahead = look_ahead(
            inputs.case, self.problem, self.learning.after, self.learning.periods, self.years, inputs.realignment
        )
        previous = self.planned if inputs.memory.in_force else None
        if not self.problem.options.keys:
            return propose_account(ahead, self.seen.table, self._allowed())
        return propose(ahead, self.built, previous, inputs.realignment, self.planner)

    def revision(self, proposal: Proposal) -> Revision:
        """Return the revision."""
        inputs, ahead = self.inputs, proposal.ahead
        broken = exceedances(inputs.case, self.seen.table)
        before, given_back = self._before(proposal), self._given_back(proposal)
        allowed = proposal.loads[0] + given_back.raised
        after = Position(ahead.stages[0].problem, proposal.extents[0], allowed, proposal.margins)
        shifts = target_shifts(inputs.case, before, after)
        evaluation = self._evaluate(ahead)
        return Revision(
            inputs=inputs,
            case=proposal.case,
            plan=proposal.plan,
            renewed=bool(proposal.reason),
            reason=proposal.reason or "no target is at risk that a new plan would help, and none would save enough",
            evaluation=evaluation,
            changes=load_changes(inputs.case, before, after, proposal.asked_by, shifts),
            measures=measure_changes(inputs.case, before, after),
            shifts=shifts,
            risks=_risks(self.problem, proposal),
            targets=proposal.eased,
            milestones=_milestones(inputs, proposal),
            standards=evaluation.standards,
            reserves=_reserves(inputs, self.problem, ahead, given_back),
            years=_years(inputs, proposal),
            verdicts=verdicts(inputs.case, self.seen.table),
            exceedances=broken,
            belief=self.learning.after.parameters(),
            how=proposal.how,
            notes=(*self.learning.notes, *proposal.notes, *_exceeded(broken, inputs, self.learning.new)),
            memory=self._memory(proposal, given_back, evaluation),
        )

    def _before(self, proposal: Proposal) -> Position:
        """Return where things stood when the cycle began; of a case without measures, what was emitted in it."""
        if not self.problem.options.keys:
            problem = proposal.ahead.stages[0].problem
            return Position(problem, self.in_force, problem.loads.baseline, proposal.margins)
        inputs, memory, learning = self.inputs, self.inputs.memory, self.learning
        year = int(learning.new[0].start[:4])
        then = look_ahead(inputs.case, self.problem, learning.before, self.known, [year], inputs.realignment)
        problem = then.stages[0].problem
        as_measured = problem.loads.baseline - problem.options.removal @ self.in_force
        allowed = self._allowed()
        allowed = np.where(np.isnan(allowed), as_measured, allowed)
        margins = np.array([(memory.margins or {}).get(name, 0.0) for name in problem.targets.ids])
        return Position(problem, self.in_force, allowed, margins)

    def _evaluate(self, ahead: YearsAhead) -> Evaluation:
        """Return the evaluation of the cycle; its forecasts are those of the plan in force."""
        memory, learning = self.inputs.memory, self.learning
        days = [self.since, *(f"{year}-01-01" for year in self.years[1:])]
        planned = np.array([memory.extents_at(day, self.problem) for day in days])
        return evaluate(
            self.inputs.case,
            self.problem,
            Cycle(
                self.seen, learning.new, learning.residuals, self.in_force, learning.before, learning.after, self.known
            ),
            Foresight(
                years=self._outlooks(ahead, planned),
                forecasts=table_of(memory.forecasts) if memory.forecasts else None,
                settled=table_of(memory.settled) if memory.settled else None,
            ),
        )

    def _outlooks(self, ahead: YearsAhead, extents: Floats) -> list[YearAhead]:
        activity = activity_of(self.problem, self.learning.periods, self.years[0])[self.problem.loads.source]
        first = ahead.stages[0].problem.loads.baseline
        scale = np.divide(activity, first, out=np.ones_like(first), where=first > 0)
        return [
            YearAhead(year, extent, stage.problem.loads.baseline * scale)
            for year, extent, stage in zip(ahead.years, extents, ahead.stages, strict=True)
        ]

    def _allowed(self) -> Floats:
        """Return the allocation in force (loads,), NaN where there is none."""
        given = self.inputs.memory.allowed or {}
        return np.array([given.get(key, np.nan) for key in self.problem.loads.keys])

    def _given_back(self, proposal: Proposal) -> Grant:
        """Return what early action gets back out of the reserves."""
        problem, memory = proposal.ahead.stages[0].problem, self.inputs.memory
        owned = aligned(memory.credit, problem.loads.keys)
        share = self.inputs.realignment.credit_share
        if share:
            situation = situation_over(self.problem, self.learning.new, self.in_force)
            delivered = expect(self.problem, self.learning.after, situation).load
            allowed = self._allowed()
            owned = owned + earned(allowed, delivered, share, sum(period.years for period in self.learning.new))
        targets = problem.targets
        value = values_of(problem, problem.receptors, proposal.loads[0], np.arange(len(targets.ids)))
        room = targets.sign * (targets.allowed - value) - proposal.margins
        return grant(problem, targets.reserve, owned, room)

    def _memory(self, proposal: Proposal, given_back: Grant, evaluation: Evaluation) -> Memory:
        """Return what the next cycle starts from."""
        learning, problem = self.learning, self.problem
        memory = self.inputs.memory
        for place, year in enumerate(proposal.ahead.years):
            since = self.since if place == 0 else f"{year}-01-01"
            memory = memory.with_plan(since, proposal.extents[place], problem)
        outlooks = self._outlooks(proposal.ahead, proposal.extents)
        issued = early_warning(self.inputs.case, problem, learning.after, outlooks, evaluation.calibration.factor)
        still_open = evaluation.open[evaluation.open["made"] != learning.after.until]
        forecasts = pd.concat([still_open, issued], ignore_index=True) if len(still_open) else issued
        targets, ended = problem.targets.ids, self.planner.warm_start
        return replace(
            memory,
            until=learning.after.until,
            built=named(self.built, problem.options.keys),
            allowed=dict(zip(problem.loads.keys, (proposal.allocation + given_back.raised).tolist(), strict=True)),
            credit=named(given_back.left, problem.loads.keys),
            margins={name: float(one) for name, one in zip(targets, proposal.margins, strict=True) if one},
            snapshots=tuple(one.to_json() for one in learning.snapshots),
            start=None if ended is None else ended.to_json(),
            residuals=table_document(learning.residuals),
            forecasts=table_document(forecasts),
            settled=table_document(evaluation.settled),
        )


def _exceeded(broken: pd.DataFrame, inputs: Inputs, new: list[Period]) -> list[str]:
    """Say what was exceeded in the years of this cycle, and who stands out."""
    unit, years = inputs.case.settings.units.load, {int(period.end[:4]) for period in new}
    said = []
    for row in broken[broken["year"].isin(years)].to_dict("records"):
        what = f"{row['target']} was exceeded in {row['year']} by {row['excess']:.4g} {unit} at its reference flow"
        at_flow = row["usual"] + row["departure"]
        who = (
            f"{row['source']} emitted {row['load']:.4g} {unit}, at that flow {at_flow:.4g} where {row['usual']:.4g} is "
            "usual; what is believed takes a single year like that for an outlier until it comes again"
        )
        said.append(f"{what}: {who}" if row["source"] else f"{what}; no source stands out")
    return said


def _risks(problem: Problem, proposal: Proposal) -> pd.DataFrame:
    return pd.DataFrame({"target": problem.targets.ids, "in_force": proposal.standing, "new_plan": proposal.renewed})


def _milestones(inputs: Inputs, proposal: Proposal) -> pd.DataFrame:
    """Return a row per target and year: what it comes to under the plan, and what it is held to then."""
    stages = proposal.ahead.stages
    rows = []
    units = target_units(inputs.case, stages[0].problem)
    for stage, load, cost in zip(stages, proposal.loads, proposal.yearly_cost, strict=True):
        targets = stage.problem.targets
        value = values_of(stage.problem, stage.problem.receptors, load, np.arange(len(targets.ids)))
        for row, name in enumerate(targets.ids):
            expected = float(cost) if targets.form[row] == BUDGET else float(value[row])
            limit = float(targets.limit[row])
            rows.append((name, stage.year, units[row], expected, limit if np.isfinite(limit) else np.nan))
    return pd.DataFrame(rows, columns=["target", "year", "unit", "expected", "limit"])


def _reserves(inputs: Inputs, problem: Problem, ahead: YearsAhead, given_back: Grant) -> pd.DataFrame:
    """Return a row per target with a reserve: what it held, what growth and early action took, what is left."""
    held, grown = problem.targets.reserve, ahead.stages[0].problem.targets.reserve
    rows = np.flatnonzero(held > 0)
    table = pd.DataFrame(
        {
            "target": [problem.targets.ids[row] for row in rows],
            "reserve": held[rows],
            "to_growth": (held - grown)[rows],
            "to_early_action": (grown - given_back.reserve)[rows],
            "left": given_back.reserve[rows],
        }
    )
    unit = inputs.case.settings.units.load
    table.attrs["units"] = dict.fromkeys(("reserve", "to_growth", "to_early_action", "left"), unit)
    return table


def _years(inputs: Inputs, proposal: Proposal) -> pd.DataFrame:
    table = pd.DataFrame({"year": proposal.ahead.years, "yearly_cost": proposal.yearly_cost})
    table.attrs["units"] = {"yearly_cost": f"{inputs.case.settings.currency}/yr"}
    return table
