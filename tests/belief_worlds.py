"""Worlds that differ from their case as a prior says, and what monitoring shows of them, written out independently."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

import abate
from abate.loop.periods import Period, blank_period
from abate.loop.prior import Prior
from abate_data.case import Case
from abate_models.problem import Problem, read_problem


@dataclass(frozen=True)
class World:
    """What is true: factors on loads, on what measures remove, on reports; transfer and background as they are."""

    problem: Problem
    load: np.ndarray
    effectiveness: np.ndarray
    report: np.ndarray
    transfer: np.ndarray
    background: np.ndarray

    def loads(self, extents, activity=1.0, operation=1.0):
        removed = self.problem.options.removal.toarray() @ (self.effectiveness * extents)
        return activity * self.load * (self.problem.loads.baseline - operation * removed)

    def quality(self, loads):
        return self.background + self.transfer @ loads


def one_river(sources=1, receptors=1, measures=1, *, background=1.0, removal=0.5, scale=1.0) -> Case:
    """A case of point sources on a matrix: loads about 100, coefficients about 0.05, measures of rising removal."""
    names = [f"s{i}" for i in range(sources)]
    places = [f"k{i}" for i in range(receptors)]
    kinds = [f"m{i}" for i in range(measures)]
    rng = np.random.default_rng(sources * 1000 + receptors)
    pairs = [(s, k) for s in names for k in places]
    return abate.load(
        {
            "case": {"name": "river", "units": {"load": "t/yr", "quality": {"tp": "mg/L"}}},
            "sources": pd.DataFrame({"source": names}),
            "loads": pd.DataFrame({"source": names, "pollutant": "P", "load": 100.0 * scale * rng.uniform(0.5, 2, sources)}),
            "options": pd.DataFrame(
                [(s, m, 1.0, 10.0) for s in names for m in kinds],
                columns=["source", "measure", "max_extent", "unit_cost"],
            ),
            "removals": pd.DataFrame(
                {"source": "*", "measure": kinds, "pollutant": "P", "removal": [removal / (i + 1) for i in range(measures)]}
            ),
            "receptors": pd.DataFrame({"receptor": places}),
            "transfer": pd.DataFrame(
                {
                    "source": [s for s, _ in pairs],
                    "receptor": [k for _, k in pairs],
                    "pollutant": "P",
                    "parameter": "tp",
                    "coefficient": 0.05 / scale * rng.uniform(0.2, 1.8, len(pairs)),
                }
            ),
            "background": pd.DataFrame({"receptor": places, "parameter": "tp", "value": background}),
            "targets": pd.DataFrame({"target": places, "kind": "quality", "receptor": places, "limit": 3.0}),
        }
    )


def draw_world(problem: Problem, prior: Prior, rng: np.random.Generator) -> World:
    """A world whose figures differ from the case's as the prior says."""
    loads, options = len(problem.loads.keys), len(problem.options.keys)
    qualities = len(problem.receptors.keys)
    common = prior.measure_sd * rng.normal(size=options)[problem.options.measure]
    tau = (
        prior.receptor_sd * rng.normal(size=(qualities, 1))
        + prior.source_sd * rng.normal(size=(1, loads))
        + prior.pair_sd * rng.normal(size=(qualities, loads))
    )
    return World(
        problem,
        load=np.exp(prior.load_sd * rng.normal(size=loads)),
        effectiveness=np.maximum(prior.effectiveness * (1 + common + prior.option_sd * rng.normal(size=options)), 0.05),
        report=np.exp(prior.report_sd * rng.normal(size=loads)),
        transfer=problem.receptors.transfer.toarray() * np.exp(tau),
        background=problem.receptors.background * np.exp(prior.background_sd * rng.normal(size=qualities)),
    )


def monitor(world: World, prior: Prior, rng: np.random.Generator, extents, months=12, first="2020-01", limit=None):
    """Monthly periods: every load and quality with its noise, below `limit` only the limit."""
    periods = []
    for month in range(months):
        load = world.loads(extents)
        quality = world.quality(load) * np.exp(prior.quality_noise * rng.normal(size=len(world.background)))
        below = np.zeros(len(quality), dtype=bool) if limit is None else quality < limit
        periods.append(
            replace(
                a_month(world.problem, first, month),
                quality=np.where(below, limit, quality) if limit is not None else quality,
                nondetect=below,
                load=load * world.report * np.exp(prior.load_noise * rng.normal(size=len(load))),
            )
        )
    return periods


def a_month(problem: Problem, first: str, number: int) -> Period:
    """The month so many after the first, with nothing monitored."""
    start = np.datetime64(first, "M") + number
    return blank_period(problem, f"{start}-01", str((start + 1).astype("datetime64[D]") - 1))


def problem_of(case: Case) -> Problem:
    return read_problem(case)
