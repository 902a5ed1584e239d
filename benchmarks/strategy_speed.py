"""Speed of the strategies: all rules on one case against one least-cost solve of it; the nucleolus; sampled Shapley."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from abate.decomposing import decompose
from abate.games import nucleolus, sampled_shapley, shapley, subset_sums
from abate.strategies.handing import rule_of
from abate.strategies.registry import strategies
from abate.strategies.study import Study
from abate_data.case import Case
from abate_data.read import load
from abate_data.synthetic import synthetic_case
from benchmarks.registry import CASES, Size

SEED = 2
#: Cases on which the rules are measured, and options of the rules that cannot do without.
SIZES = {name: CASES[name] for name in ("large-dense", "large-sparse")}
OPTIONS: dict[str, dict[str, Any]] = {
    "historical-responsibility": {"years": 20.0},
    "per-attribute": {"attribute": "area"},
}
#: Attributes that a synthetic case lacks and rules need, each drawn from a lognormal distribution.
ATTRIBUTES = ("flow", "population", "gdp", "area", "historical_load")
UNITS = {"flow": "m3/s", "area": "km2"}
#: Games: players and how many of them for the nucleolus; players and samples for the Shapley value.
NUCLEOLUS_PLAYERS, GAMES = 10, 5
SHAPLEY_PLAYERS, SAMPLES = 12, (100, 1_000, 10_000)
#: What a coalition costs is the sum of its sizes to this power, as of plants that are built together.
SAVING = 0.6

Report = Callable[[str], None]


@dataclass(frozen=True)
class Rules:
    """CPU seconds of all rules on one case.

    Attributes
    ----------
    size : of the case.
    least_cost : one least-cost plan, `abate.decompose`.
    prepared : what rules share and is done once: reading the case, the least loads, the cost curves, the model.
    handing : handing out the loads, by rule.
    planning : the whole plan, by rule: handing out the loads, measures, certificate, tables.
    out_of_reach : loads that measures cannot bring as low as the rule asks, by rule.
    """

    size: Size
    least_cost: float
    prepared: float
    handing: dict[str, float]
    planning: dict[str, float]
    out_of_reach: dict[str, int]

    @property
    def handing_ratio(self) -> float:
        """All rules in total, handing out only, over one least-cost plan."""
        return (self.prepared + sum(self.handing.values())) / self.least_cost

    @property
    def planning_ratio(self) -> float:
        """All rules in total, whole plans, over one least-cost plan."""
        return (self.prepared + sum(self.planning.values())) / self.least_cost


@dataclass(frozen=True)
class Sampled:
    """Errors of a sampled Shapley value, root mean square over the players, as a share of the mean value.

    Attributes
    ----------
    samples, seconds : how many orders were drawn, and the CPU seconds.
    stated, found : the standard error that it reports, and the difference to the exact value.
    """

    samples: int
    seconds: float
    stated: float
    found: float


@dataclass(frozen=True)
class Measured:
    """All of the page: rules by case, seconds of each nucleolus, sampled Shapley values, seconds of the exact."""

    rules: dict[str, Rules]
    nucleolus: list[float]
    sampled: list[Sampled]
    exact: float


def measured(report: Report, sizes: Mapping[str, Size] = SIZES) -> Measured:
    """Measure everything."""
    rules = {}
    for name, size in sizes.items():
        report(name)
        rules[name] = time_rules(size, report)
    report("cost sharing")
    return Measured(rules, time_nucleolus(NUCLEOLUS_PLAYERS, GAMES), *sample_shapley(SHAPLEY_PLAYERS, SAMPLES))


def case_with_attributes(size: Size) -> Case:
    """Return a synthetic case in which the sources have all that rules ask for."""
    case, rng = synthetic_case("air", **size.arguments()), np.random.default_rng(SEED)
    sources, loads = case["sources"], case["loads"]
    sources = sources.assign(**{name: rng.lognormal(3.0, 1.0, len(sources)) for name in ATTRIBUTES})
    loads = loads.assign(raw_load=loads["load"] * (1.0 + rng.lognormal(0.0, 0.5, len(loads))))
    settings = case.settings.model_dump()
    settings["units"] |= UNITS
    tables = {name: table for name, table in case.tables.items() if len(table)}
    return load({"case": settings, **tables, "sources": sources, "loads": loads})


def time_rules(size: Size, report: Report) -> Rules:
    """Measure all rules and claims rules on a case of some size, one after the other on one study."""
    report("making the case")
    case = case_with_attributes(size)
    report("least cost")
    least_cost, _ = _timed(lambda: decompose(case))
    prepared, study = _timed(lambda: _prepared(case))
    handing, planning, out_of_reach = {}, {}, {}
    for rule in strategies().values():
        if rule.kind in ("rule", "claims"):
            report(rule.name)
            options = OPTIONS.get(rule.name, {})
            handing[rule.name], _ = _timed(partial(rule_of(rule.name), study.parties(), **options))
            planning[rule.name], plan = _timed(partial(rule.plan, study, **options))
            out_of_reach[rule.name] = len(plan.out_of_reach)
    return Rules(size, least_cost, prepared, handing, planning, out_of_reach)


def time_nucleolus(players: int, games: int) -> list[float]:
    """Return the CPU seconds of the nucleolus of some games, whose coalitions are worth random amounts from 0 to 1."""
    rng, seconds = np.random.default_rng(SEED), []
    for _ in range(games):
        values = rng.random(2**players)
        values[0] = 0.0
        seconds.append(_timed(partial(nucleolus, values))[0])
    return seconds


def sample_shapley(players: int, samples: tuple[int, ...]) -> tuple[list[Sampled], float]:
    """Return what samples of a game come to, and the CPU seconds of the exact value; the larger costs less per size."""
    values = subset_sums(np.random.default_rng(SEED).lognormal(0.0, 1.0, players)) ** SAVING
    seconds, exact = _timed(lambda: shapley(values))
    mean = float(np.abs(exact).mean())
    found = []
    for count in samples:
        spent, (shares, error) = _timed(partial(sampled_shapley, values.__getitem__, players, count, SEED))
        found.append(Sampled(count, spent, _root_mean_square(error) / mean, _root_mean_square(shares - exact) / mean))
    return found, seconds


def _prepared(case: Case) -> Study:
    """Return a study in which all that rules share is worked out."""
    study = Study(case)
    parties = study.parties()
    parties.reachable()
    parties.curves()
    study.reaching.cheapest(parties.current)
    return study


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the CPU seconds of some work, and its result."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def _root_mean_square(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))
