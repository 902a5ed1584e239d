"""Every policy in hidden worlds: regret, cost, attainment, churn, and how far the closed loop's forecasts came true."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
import pandas as pd

from abate.loop.backtest.library import FIRST_YEAR
from abate.loop.backtest.policies import LOOP, ORACLE, POLICIES, Policy
from abate.loop.backtest.running import Run, run
from abate.loop.backtest.scenario import Scenario
from abate.loop.backtest.scoring import Score, exceedance, score
from abate.loop.backtest.watching import COLUMNS, false_alarms, fault_rows
from abate.loop.backtest.world import Bias, World, draw_world
from abate.loop.calibration import Calibration
from abate.loop.calibration import score as score_forecasts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BIASES: tuple[Bias, ...] = ("unbiased", "optimistic")


@dataclass(frozen=True)
class Backtest:
    """What came of the policies.

    Attributes
    ----------
    scenario : what the worlds were drawn from.
    scores : a row per world and policy: `prior`, `seed`, `policy`, `regret`, `cost_ratio` (over the oracle's cost),
        `attained`, `worst`, `churn`, `plans`.
    forecasts : of the closed loop, a row each: `prior`, `seed`, `target`, `made` (year), `year`, `years_ahead`,
        `expected`, `sd`, `probability`, `outcome`, `held`.
    faults : a row per fault at a source with measures, see `abate.loop.backtest.watching`.
    false_alarms : a row per world: `prior`, `seed`, alarms a year of a sound `source` and of a `receptor`.
    """

    scenario: Scenario
    scores: pd.DataFrame
    forecasts: pd.DataFrame
    faults: pd.DataFrame
    false_alarms: pd.DataFrame

    @cached_property
    def table(self) -> pd.DataFrame:
        """Medians over the worlds by prior and policy; `attained` and `plans` are means."""
        means = ("attained", "plans")
        how = {name: "mean" if name in means else "median" for name in self.scores.columns[3:]}
        return self.scores.groupby(["prior", "policy"], sort=False).agg(how).reset_index()

    def value(self, prior: Bias, policy: str, column: str) -> float:
        """Return a figure of the table."""
        rows = self.table[(self.table["prior"] == prior) & (self.table["policy"] == policy)]
        return float(rows[column].iloc[0])

    def calibration(self, prior: Bias, years_ahead: float) -> Calibration:
        """Return how far the forecasts over some years came true."""
        own = (self.forecasts["prior"] == prior) & (self.forecasts["years_ahead"] == years_ahead)
        return score_forecasts(self.forecasts[own])

    def plot(self) -> Figure:
        """Return a figure of regret by policy, and of attainment against cost."""
        from abate.loop.backtest.figures import policies_figure

        return policies_figure(self)


@dataclass(frozen=True)
class _World:
    """The rows of one world."""

    scores: list[dict[str, Any]]
    forecasts: list[dict[str, Any]]
    faults: list[dict[str, Any]]
    false_alarms: list[dict[str, Any]]


def backtest(
    seeds: Iterable[int],
    *,
    biases: Sequence[Bias] = BIASES,
    policies: Sequence[Policy] = POLICIES,
    scenario: Scenario | None = None,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Backtest:
    """Run policies in hidden worlds.

    Parameters
    ----------
    seeds : of the worlds; the same seeds give the same numbers.
    biases : kinds of prior: `unbiased` (the truth scatters about the library) or `optimistic` (it is worse as well).
    policies : the oracle among them.
    scenario : what the worlds are drawn from.
    workers : processes.
    progress : called with the worlds done and their number.

    Raises
    ------
    ValueError
        Where the oracle is not among the policies: nothing can be compared without it.
    """
    if ORACLE not in [policy.name for policy in policies]:
        raise ValueError(f"regret is that against the oracle: add the policy {ORACLE!r}")
    scenario = scenario or Scenario()
    jobs = [(seed, bias) for bias in biases for seed in seeds]
    found: list[_World] = []
    for done in _all(jobs, tuple(policies), scenario, workers):
        found.append(done)
        if progress:
            progress(len(found), len(jobs))
    return Backtest(
        scenario=scenario,
        scores=pd.DataFrame([row for one in found for row in one.scores]),
        forecasts=pd.DataFrame([row for one in found for row in one.forecasts]),
        faults=pd.DataFrame([row for one in found for row in one.faults], columns=["prior", "seed", *COLUMNS]),
        false_alarms=pd.DataFrame([row for one in found for row in one.false_alarms]),
    )


def _all(
    jobs: list[tuple[int, Bias]], policies: tuple[Policy, ...], scenario: Scenario, workers: int
) -> Iterator[_World]:
    """Return the worlds in order, as they get done."""
    if workers == 1:
        for seed, bias in jobs:
            yield _world(seed, bias, policies, scenario)
        return
    work = joblib.Parallel(n_jobs=workers, return_as="generator")
    yield from work(joblib.delayed(_world)(seed, bias, policies, scenario) for seed, bias in jobs)


def _world(seed: int, bias: Bias, policies: tuple[Policy, ...], scenario: Scenario) -> _World:
    """Return the rows of one world."""
    world = draw_world(seed, bias, scenario)
    of_world: dict[str, Any] = {"prior": bias, "seed": seed}
    runs = {policy.name: run(world, policy) for policy in policies}
    scores = {name: _score(world, one) for name, one in runs.items()}
    best = scores[ORACLE]
    rows = [of_world | {"policy": name} | one.against(best) for name, one in scores.items()]
    loop = runs.get(LOOP)
    if loop is None:
        return _World(rows, [], [], [])
    of_sources, of_receptors = false_alarms(world, loop)
    return _World(
        scores=rows,
        forecasts=[of_world | row for row in _forecasts(world, loop)],
        faults=[of_world | row for row in fault_rows(world, loop)],
        false_alarms=[of_world | {"source": of_sources, "receptor": of_receptors}],
    )


def _score(world: World, one: Run) -> Score:
    changes = [decision.change for decision in one.decisions]
    plans = sum(bool(decision.reason) for decision in one.decisions)
    over = exceedance(one.quality, world.limits)
    return score(one.cost, over, changes, plans, world.scenario.penalty, world.case.settings.discount_rate)


def _forecasts(world: World, one: Run) -> Iterator[dict[str, Any]]:
    """Return what was forecast of each target, with what came of it."""
    for made, decision in enumerate(one.decisions):
        for ahead, forecast in decision.forecasts.items():
            year = made + ahead
            stated = forecast.within(world.limits[year])
            held = exceedance(one.quality[year], world.limits[year]) == 0
            for row, target in enumerate(world.problem.targets.ids):
                yield {
                    "target": target,
                    "made": FIRST_YEAR + made,
                    "year": FIRST_YEAR + year,
                    "years_ahead": float(ahead + 1),
                    "expected": float(forecast.mean[row]),
                    "sd": float(forecast.sd[row]),
                    "probability": float(stated[row]),
                    "outcome": float(one.quality[year, row]),
                    "held": bool(held[row]),
                }


def prediction_error(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Return the median relative error of the next year's quality, by prior and the year that it was forecast in."""
    own = forecasts[forecasts["years_ahead"] == 1.0]
    error = np.abs(own["expected"] / own["outcome"] - 1.0)
    medians = error.groupby([own["prior"], own["made"]], sort=False).median()
    return pd.DataFrame({prior: medians[prior] for prior in dict.fromkeys(own["prior"])})
