"""A policy at work: each year it plans, compares with the plan in force, and keeps the one or takes the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from abate.loop.backtest.outlook import Brief, Outlook
from abate.loop.backtest.policies import Policy
from abate.staged.planner import Planner, Stage, Standing
from abate_models.stability import change_weights
from abate_models.stages import discount_factors

Floats = NDArray[np.float64]

#: Years ahead whose risk makes a plan give way.
JUDGED = 2
NORMAL = NormalDist()


@dataclass(frozen=True)
class Plan:
    """A plan in force: extents and capacity (years left x options)."""

    extents: Floats
    capacity: Floats

    def rest(self) -> Plan:
        """Return the plan from the next year on."""
        return Plan(self.extents[1:], self.capacity[1:])

    def after(self, standing: Floats) -> Plan:
        """Return the plan with what stands already counted in."""
        return replace(self, capacity=np.maximum(self.capacity, standing))


@dataclass(frozen=True)
class Forecast:
    """What quality is expected to be (targets,) with its standard deviation, in the unit of each."""

    mean: Floats
    sd: Floats

    def within(self, limit: Floats) -> Floats:
        """Return the probability that each stays within its limit."""
        room = (limit - self.mean).tolist()
        return np.array(
            [
                NORMAL.cdf(one / sd) if sd > 0 else float(one >= 0)
                for one, sd in zip(room, self.sd.tolist(), strict=True)
            ]
        )


@dataclass(frozen=True)
class Decision:
    """What is decided at the start of a year.

    Attributes
    ----------
    plan : in force from now on.
    reason : why it replaced the one before; empty where that one stands.
    change : share of its baseline load that a source is allocated anew, mean over sources and the years of both plans.
    forecasts : what the plan in force is expected to come to, by how many years ahead the year lies.
    """

    plan: Plan
    reason: str
    change: float
    forecasts: dict[int, Forecast]


class Planning:
    """One policy at work.

    Parameters
    ----------
    outlook : how it sees the years to come; all that it knows.
    brief : what the planner is told.
    discount_rate : per year.
    """

    def __init__(self, policy: Policy, outlook: Outlook, brief: Brief, discount_rate: float) -> None:
        self.outlook = outlook
        self._policy, self._brief, self._rate = policy, brief, discount_rate
        self._planner = Planner()
        self._plan: Plan | None = None

    def decide(self, year: int, standing: Floats) -> Decision:
        """Return what is decided at the start of a year with what stands (options,)."""
        before = None if self._plan is None else self._plan.rest().after(standing)
        if before is not None and not self._policy.replans:
            self._plan = before
            return Decision(before, "", 0.0, {})
        stages = self._with_margins(year)
        plan = self._solve(stages, standing, before)
        reason = "the first plan" if before is None else self._reason(stages, standing, before, plan)
        now = plan if before is None or reason else before
        self._plan = now
        forecasts = {
            ahead: _forecast(self._with_spread(stages[ahead], year, ahead), now.extents[ahead])
            for ahead in self._policy.forecasts
            if ahead < len(stages)
        }
        return Decision(now, reason, 0.0 if before is None else self._change(before, now), forecasts)

    def _with_spread(self, stage: Stage, year: int, ahead: int) -> Stage:
        """Return a stage that knows what is not known of its targets."""
        return stage if stage.deviations else replace(stage, deviations=self.outlook.spread(year, ahead))

    def _with_margins(self, year: int) -> list[Stage]:
        quantile = NORMAL.inv_cdf(self._policy.probability)
        return [
            replace(self._with_spread(stage, year, ahead), quantile=np.full_like(stage.quantile, quantile))
            if ahead < self._policy.margin_years
            else stage
            for ahead, stage in enumerate(self.outlook.stages(year))
        ]

    def _solve(self, stages: list[Stage], standing: Floats, before: Plan | None) -> Plan:
        found = self._planner.solve(
            stages,
            Standing(standing, None if before is None else before.extents),
            discount_rate=self._rate,
            tolerance=None if before is None else self._policy.tolerance,
            ceilings=True,
        )
        return Plan(found.extents, np.maximum(found.capacity, standing))

    def _reason(self, stages: list[Stage], standing: Floats, before: Plan, plan: Plan) -> str:
        """Return why the new plan replaces the one before, or nothing."""
        if self._policy.trigger is None:
            return "a new year"
        kept, new = (self._cost(stages, standing, one) for one in (before, plan))
        savings = (kept - new) / kept if kept > 0 else 0.0
        standing_risk, renewed_risk = (_risk(stages[:JUDGED], one) for one in (before, plan))
        return self._policy.trigger.reason(self._brief.problem.targets.ids, standing_risk, renewed_risk, savings)

    def _cost(self, stages: list[Stage], standing: Floats, plan: Plan) -> float:
        """Return the discounted cost still to come of a plan, without the capital of what stands."""
        factors = discount_factors([stage.year for stage in stages], self._rate)
        return float(factors @ yearly_cost(self._brief, plan.extents, plan.capacity - standing))

    def _change(self, before: Plan, now: Plan) -> float:
        problem = self._brief.problem
        moved = np.abs(now.extents - before.extents) @ change_weights(problem)
        return float(moved.mean() / len(problem.sources))


def _forecast(stage: Stage, extents: Floats) -> Forecast:
    """Return what the quality of a stage is expected to be under extents (options,)."""
    problem = stage.problem
    load = problem.loads.baseline - problem.options.removal @ extents
    quality = problem.receptors.background + problem.receptors.transfer @ load
    rows = range(len(problem.targets.ids))
    sds = [stage.deviations[row].at(load, extents) if row in stage.deviations else 0.0 for row in rows]
    return Forecast(np.asarray(quality[problem.targets.quality]), np.array(sds))


def _risk(stages: list[Stage], plan: Plan) -> Floats:
    """Return the greatest probability over some years that each limit is missed."""
    met = [
        _forecast(stage, extents).within(stage.problem.targets.limit)
        for stage, extents in zip(stages, plan.extents, strict=False)
    ]
    return np.asarray(1.0 - np.min(met, axis=0))


def yearly_cost(brief: Brief, extents: Floats, capacity: Floats) -> Floats:
    """Return the cost of each year (years,), money/yr, of extents and capacity (years x options)."""
    options = brief.problem.options
    return np.asarray(extents @ options.operating + capacity @ options.annual_capital)
