"""Seeded hidden worlds: the case that a planner is given, and the truth that it is not.

First the library is drawn, then the truth, which scatters about it as widely as `Scenario` says and is worse than it on
purpose where the prior is optimistic, then the noise of the monitoring. Each has a stream of random numbers of its own:
the worlds of a seed with an unbiased and with an optimistic prior differ in that one respect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from abate.loop.backtest.library import library
from abate.loop.backtest.scenario import Scenario
from abate.loop.backtest.truth import MONTHS, Fault, Noise, Truth
from abate_data.case import Case
from abate_models.problem import Problem, read_problem

Floats = NDArray[np.float64]
Bias = Literal["unbiased", "optimistic"]

REMOVABLE = 0.97  # the truth never removes more of a load than this share
GROSS_FACTOR = 3.0
LEFT_BY_FAULT = 0.5


@dataclass(frozen=True)
class World:
    """A seeded world.

    Attributes
    ----------
    seed, bias, scenario : what it was drawn from.
    case, problem : what the planner is given: the library, at today's activity.
    growth : yearly growth that the library expects of each source, as a share.
    limits : (years, targets), quality unit.
    truth, noise : what no policy but the oracle sees.
    """

    seed: int
    bias: Bias
    scenario: Scenario
    case: Case
    problem: Problem
    growth: Floats
    limits: Floats
    truth: Truth
    noise: Noise

    @property
    def years(self) -> int:
        """How many years it lasts."""
        return len(self.limits)


def draw_world(seed: int, bias: Bias, scenario: Scenario) -> World:
    """Draw the world of a seed; the same arguments give the same world."""
    of_library, of_truth, of_noise = (np.random.default_rng([seed, stream]) for stream in range(3))
    case = library(of_library, scenario)
    problem, growth = read_problem(case), case.values("loads", "growth")
    limits = _limits(problem, scenario)
    return World(
        seed=seed,
        bias=bias,
        scenario=scenario,
        case=case,
        problem=problem,
        growth=growth,
        limits=limits,
        truth=_truth(of_truth, problem, growth, scenario, optimistic=bias == "optimistic"),
        noise=_noise(of_noise, scenario, scenario.detection * limits[-1]),
    )


def _limits(problem: Problem, scenario: Scenario) -> Floats:
    """Return (years, targets): the final limits, in the first years loosened by less each year."""
    left = np.maximum(0.0, 1.0 - np.arange(scenario.years) / scenario.phase_in)
    return np.asarray((1 + scenario.interim * left[:, None]) * problem.targets.limit)


def _truth(
    rng: np.random.Generator, problem: Problem, growth: Floats, scenario: Scenario, *, optimistic: bool
) -> Truth:
    sources, options = len(problem.sources), len(problem.options.keys)
    load = problem.loads.baseline * _scatter((scenario.load, rng.standard_normal(sources)))
    effectiveness = _scatter(
        (
            scenario.effectiveness_common,
            rng.standard_normal(problem.options.measure.max() + 1)[problem.options.measure],
        ),
        (scenario.effectiveness_own, rng.standard_normal(options)),
    )
    transfer = problem.receptors.transfer.toarray() * _scatter(
        (scenario.transfer_receptor, rng.standard_normal((scenario.receptors, 1))),
        (scenario.transfer_source, rng.standard_normal((1, sources))),
        (scenario.transfer_pair, rng.standard_normal((scenario.receptors, sources))),
    )
    background = problem.receptors.background * _scatter((scenario.background, rng.standard_normal(scenario.receptors)))
    activity = _activity(rng, growth, scenario)
    drift = scenario.drift * rng.standard_normal((scenario.years, options)).cumsum(axis=0)
    faults = _faults(rng, scenario)
    if optimistic:
        effectiveness *= 1 - scenario.overstated
        load *= 1 + scenario.understated
    # what the library removes, of the load that is really there
    removal = problem.options.removal.sum(axis=0) * (load / problem.loads.baseline)[problem.options.source]
    sound = removal * effectiveness * np.exp(drift)
    return Truth(
        activity=activity,
        load=load,
        removal=_bounded(sound * _working(faults, problem, scenario.years), problem, load),
        reported_removal=_bounded(
            sound * _working([one for one in faults if not one.hidden], problem, scenario.years), problem, load
        ),
        source=problem.options.source,
        transfer=transfer,
        background=background,
        faults=tuple(faults),
    )


def _scatter(*parts: tuple[float, Floats]) -> Floats:
    """Return log-normal factors of mean 1 from standard deviations of the logarithm and standard normal numbers."""
    shift = 0.5 * sum(deviation**2 for deviation, _ in parts)
    return np.asarray(np.exp(sum(deviation * number for deviation, number in parts) - shift))


def _activity(rng: np.random.Generator, growth: Floats, scenario: Scenario) -> Floats:
    """Return (years, sources): grown since today at the source's own rate, with the noise of each year."""
    own = np.log1p(growth) + scenario.growth * rng.standard_normal(len(growth))
    noise = scenario.activity_noise * rng.standard_normal((scenario.years, len(growth)))
    return np.exp(own * np.arange(1, scenario.years + 1)[:, None] + noise)


def _faults(rng: np.random.Generator, scenario: Scenario) -> list[Fault]:
    """Draw sources, each once, and years that leave time before and after to see it."""
    sources = rng.choice(scenario.sources, scenario.faults, replace=False)
    years = rng.integers(scenario.years // 3, max(scenario.years - 2, scenario.years // 3 + 1), scenario.faults)
    hidden = rng.random(scenario.faults) < scenario.hidden
    return [Fault(int(one), int(year), bool(hide)) for one, year, hide in zip(sources, years, hidden, strict=True)]


def _working(faults: list[Fault], problem: Problem, years: int) -> Floats:
    """Return (years, options): what is left of each option's effectiveness."""
    left = np.ones((years, len(problem.options.keys)))
    for fault in faults:
        left[fault.year :, problem.options.source == fault.source] = LEFT_BY_FAULT
    return left


def _bounded(removal: Floats, problem: Problem, load: Floats) -> Floats:
    """Scale down where all options together would remove more than there is."""
    source = problem.options.source
    together = np.stack([np.bincount(source, row, len(load)) for row in removal])
    share = np.minimum(1.0, REMOVABLE * load / together)
    return np.asarray(removal * share[:, source])


def _noise(rng: np.random.Generator, scenario: Scenario, detection: Floats) -> Noise:
    at_receptors = (scenario.years, MONTHS, scenario.receptors)
    at_sources = (scenario.years, MONTHS, scenario.sources)
    weather = scenario.weather * rng.standard_normal(at_receptors)
    weather += scenario.regional_weather * rng.standard_normal((*at_receptors[:2], 1))
    gross = np.where(rng.random(at_receptors) < scenario.gross, rng.choice([-1.0, 1.0], at_receptors), 0.0)
    bias = scenario.report_bias * rng.standard_normal(scenario.sources)
    return Noise(
        quality=np.exp(weather) * GROSS_FACTOR**gross,
        report=np.exp(bias + scenario.report_noise * rng.standard_normal(at_sources)),
        quality_missing=rng.random(at_receptors) < scenario.missing,
        report_missing=rng.random(at_sources) < scenario.missing,
        detection=detection,
    )
