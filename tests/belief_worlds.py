"""Worlds that differ from their case as a prior says, and what monitoring shows of them, written out independently."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

import abate
from abate.loop.periods import Period, blank_period
from abate.loop.prior import Prior
from abate_data.case import Case
from abate_models.problem import Problem


@dataclass(frozen=True)
class World:
    """What is true: factors on loads, on what measures remove, on reports; transfer and background as they are."""

    problem: Problem
    load: np.ndarray
    effectiveness: np.ndarray
    report: np.ndarray
    transfer: np.ndarray
    background: np.ndarray

    def loads(self, extents: np.ndarray) -> np.ndarray:
        removed = self.problem.options.removal.toarray() @ (self.effectiveness * extents)
        return self.load * (self.problem.loads.baseline - removed)

    def quality(self, extents: np.ndarray) -> np.ndarray:
        return self.background + self.transfer @ self.loads(extents)


def river_case(
    sources: int = 1,
    receptors: int = 1,
    measures: int = 1,
    *,
    background: float = 1.0,
    removal: float = 0.5,
    order: np.ndarray | None = None,
) -> Case:
    """Point sources on a matrix: loads about 100, coefficients about 0.05; a measure removes half of the one before.

    `order` lists the sources otherwise than from the first to the last.
    """
    rng = np.random.default_rng([sources, receptors])
    order = np.arange(sources) if order is None else order
    load = 100.0 * rng.uniform(0.5, 2.0, sources)[order]
    coefficient = 0.05 * rng.uniform(0.2, 1.8, (sources, receptors))[order]
    names = [f"s{i}" for i in order]
    places = [f"k{i}" for i in range(receptors)]
    kinds = [f"m{i}" for i in range(measures)]
    options = pd.DataFrame([(s, m) for s in names for m in kinds], columns=["source", "measure"])
    pairs = pd.DataFrame([(s, k) for s in names for k in places], columns=["source", "receptor"])
    removals = [removal / 2**i for i in range(measures)]
    tables: dict[str, Any] = {
        "case": {"name": "river", "units": {"load": "t/yr", "quality": {"tp": "mg/L"}}},
        "sources": pd.DataFrame({"source": names}),
        "loads": pd.DataFrame({"source": names, "pollutant": "P", "load": load}),
        "options": options.assign(max_extent=1.0, unit_cost=10.0),
        "removals": pd.DataFrame({"source": "*", "measure": kinds, "pollutant": "P", "removal": removals}),
        "receptors": pd.DataFrame({"receptor": places}),
        "transfer": pairs.assign(pollutant="P", parameter="tp", coefficient=coefficient.ravel()),
        "background": pd.DataFrame({"receptor": places, "parameter": "tp", "value": background}),
        "targets": pd.DataFrame({"target": places, "kind": "quality", "receptor": places, "limit": 3.0}),
    }
    return abate.load(tables)


def draw_world(problem: Problem, prior: Prior, rng: np.random.Generator) -> World:
    """A world whose figures differ from the case's as the prior says."""
    loads, options, qualities = len(problem.loads.keys), len(problem.options.keys), len(problem.receptors.keys)
    common = prior.measure_sd * rng.normal(size=options)[problem.options.measure]
    tau = (
        prior.receptor_sd * rng.normal(size=(qualities, 1))
        + prior.source_sd * rng.normal(size=(1, loads))
        + prior.pair_sd * rng.normal(size=(qualities, loads))
    )
    return World(
        problem,
        load=np.exp(prior.load_sd * rng.normal(size=loads)),
        effectiveness=prior.effectiveness * (1.0 + common + prior.option_sd * rng.normal(size=options)),
        report=np.exp(prior.report_sd * rng.normal(size=loads)),
        transfer=problem.receptors.transfer.toarray() * np.exp(tau),
        background=problem.receptors.background * np.exp(prior.background_sd * rng.normal(size=qualities)),
    )


def monitored(
    world: World, prior: Prior, rng: np.random.Generator, extents: np.ndarray, first: str, months: int = 12
) -> list[Period]:
    """Months in which every load and quality is reported, with the noise that the prior says."""
    load, quality = world.loads(extents) * world.report, world.quality(extents)
    return [
        replace(
            month(world.problem, first, number),
            quality=quality * np.exp(prior.quality_noise * rng.normal(size=len(quality))),
            load=load * np.exp(prior.load_noise * rng.normal(size=len(load))),
        )
        for number in range(months)
    ]


def month(problem: Problem, first: str, number: int = 0) -> Period:
    """The month so many after the first, with nothing monitored."""
    start = np.datetime64(first, "M") + number
    return blank_period(problem, f"{start}-01", str((start + 1).astype("datetime64[D]") - 1))
