"""Speed of learning: one update of a belief with a month of results, by the size of the case."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pandas as pd

from abate.loop.belief import start, update
from abate.loop.deviations import deviations
from abate.loop.periods import Period, blank_period
from abate.loop.prior import Prior
from abate_data.synthetic import synthetic_case
from abate_models.problem import Problem, read_problem

#: Sources, receptors; each source has three technologies and one pollutant.
SIZES = ((30, 8), (100, 10), (200, 20))
MONTHS = 12
SEED = 1
#: Milliseconds that a month of 30 sources and 8 receptors may take.
LIMIT = 50.0


def belief_speed() -> pd.DataFrame:
    """Measure updates with a report of every load and a result of every receptor, a fifth of these below a limit.

    Returns
    -------
    Rows of sources, receptors, figures (numbers that are learnt), results (a month), cpu_ms and elapsed_ms (median of
    an update), deviations_ms (elapsed, of the deviations of all targets after the year).
    """
    return pd.DataFrame([_measure(*size) for size in SIZES])


def _measure(sources: int, receptors: int) -> dict[str, float]:
    case = synthetic_case("air", sources=sources, technologies=3, receptors=receptors, pollutants=1, seed=SEED)
    problem, prior = read_problem(case), Prior.of(case)
    rng = np.random.default_rng(SEED)
    extents = 0.3 * np.minimum(problem.options.upper, 1.0) * rng.random(len(problem.options.keys))
    belief = start(problem, prior)
    cpu, elapsed = [], []
    for number in range(MONTHS):
        period = _month(problem, prior, extents, number, rng)
        before = time.process_time(), time.perf_counter()
        belief, _ = update(belief, problem, period, extents)
        cpu.append(time.process_time() - before[0])
        elapsed.append(time.perf_counter() - before[1])
    begun = time.perf_counter()
    deviations(problem, belief)
    return {
        "sources": sources,
        "receptors": receptors,
        "figures": belief.layout.size,
        "results": sources + receptors,
        "cpu_ms": 1000 * float(np.median(cpu)),
        "elapsed_ms": 1000 * float(np.median(elapsed)),
        "deviations_ms": 1000 * (time.perf_counter() - begun),
    }


def _month(problem: Problem, prior: Prior, extents: np.ndarray, number: int, rng: np.random.Generator) -> Period:
    start_of_month = np.datetime64("2020-01", "M") + number
    last = (start_of_month + 1).astype("datetime64[D]") - 1
    load = problem.loads.baseline - problem.options.removal @ extents
    quality = problem.receptors.background + problem.receptors.transfer @ load
    results = quality * np.exp(prior.quality_noise * rng.normal(size=len(quality)))
    limit = np.quantile(results / quality, 0.2) * quality
    return replace(
        blank_period(problem, f"{start_of_month}-01", str(last)),
        load=load * np.exp(prior.load_noise * rng.normal(size=len(load))),
        quality=np.maximum(results, limit),
        nondetect=results < limit,
    )
