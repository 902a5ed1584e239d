"""One policy in one hidden world, year by year: decide, live with it, look at what the monitoring shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.loop.backtest.library import FIRST_YEAR
from abate.loop.backtest.outlook import Believed, Brief
from abate.loop.backtest.planning import Decision, Planning, yearly_cost
from abate.loop.backtest.policies import Policy
from abate.loop.backtest.scenario import Scenario
from abate.loop.backtest.truth import observe
from abate.loop.backtest.world import World
from abate.loop.prior import Prior

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Run:
    """What came of a policy in a world.

    Attributes
    ----------
    policy : its name.
    extents, capacity : (years, options), in use and standing.
    cost : (years,), money/yr, the capital of all that stands included.
    quality : (years, targets), free of weather.
    decisions : one a year.
    residuals : what the belief found unexpected, a row per result; empty for policies that state no forecast.
    """

    policy: str
    extents: Floats
    capacity: Floats
    cost: Floats
    quality: Floats
    decisions: tuple[Decision, ...]
    residuals: pd.DataFrame


def run(world: World, policy: Policy) -> Run:
    """Return what comes of a policy in a world."""
    brief = brief_of(world)
    outlook = policy.outlook(brief, world.truth)
    planning = Planning(policy, outlook, brief, world.case.settings.discount_rate)
    options, targets = world.problem.options, world.problem.targets
    standing = np.zeros(len(options.keys))
    extents, capacity, quality, decisions = [], [], [], []
    for year in range(brief.years):
        decision = planning.decide(year, standing)
        # rounding of the solver must not pass what can be built
        standing = np.minimum(np.maximum(standing, decision.plan.capacity[0]), standing + options.ramp)
        used = np.clip(decision.plan.extents[0], 0.0, np.minimum(standing, options.upper))
        outlook.learn(observe(world.truth, world.noise, year, used, FIRST_YEAR), used)
        quality.append(world.truth.quality(year, used)[targets.quality])
        extents.append(used)
        capacity.append(standing)
        decisions.append(decision)
    surprises = outlook.residuals if isinstance(outlook, Believed) and policy.forecasts else []
    return Run(
        policy=policy.name,
        extents=np.array(extents),
        capacity=np.array(capacity),
        cost=yearly_cost(brief, np.array(extents), np.array(capacity)),
        quality=np.array(quality),
        decisions=tuple(decisions),
        residuals=pd.concat(surprises, ignore_index=True) if surprises else pd.DataFrame(),
    )


def brief_of(world: World) -> Brief:
    """Return what the planner of a world is told."""
    return Brief(
        problem=world.problem,
        growth=world.growth,
        growth_sd=world.scenario.growth,
        activity_sd=world.scenario.activity_noise,
        limits=world.limits,
        penalty=world.scenario.penalty,
        first_year=FIRST_YEAR,
        prior=prior_of(world.scenario),
    )


def prior_of(scenario: Scenario) -> Prior:
    """Return how well the planner thinks the library is known: as widely as the worlds of an unbiased prior scatter.

    Of faults, of gross errors and of what an optimistic library overstates it knows nothing.
    """
    return Prior(
        measure_sd=scenario.effectiveness_common,
        option_sd=scenario.effectiveness_own,
        load_sd=scenario.load,
        report_sd=scenario.report_bias,
        receptor_sd=scenario.transfer_receptor,
        source_sd=scenario.transfer_source,
        pair_sd=scenario.transfer_pair,
        background_sd=scenario.background,
        option_drift=scenario.drift,
        load_noise=scenario.report_noise,
        quality_noise=scenario.weather,
        weather=scenario.regional_weather,
    )
