r"""A simulated monitoring history of a case: what would be reported, month by month, were a stated truth the real one.

Nothing here was measured. A history is for examples, tests and pages of the docs, where the truth has to be known so
that what is learnt from the monitoring can be held against it. With activity A, effectiveness e, extent x and the
figures of the case (baseline load L0, removal R, transfer T, background b), each month has

.. math::

    A_i &= (1 + g_i)^t \, \exp(\epsilon) \\
    L_i &= A_i \max(L0_i - \sum_j R_{ij} e_j x_j,\ floor_i) \\
    L^{rep}_i &= L_i \, q_i \exp(\epsilon) \\
    y_k &= (b_k + \sum_i T_{ki} L_i) \exp(\epsilon)

with t the years since the first month, g the growth a year, q the bias of the reports and each epsilon normal
with the standard deviation that the truth states. It is the observation model of `abate.loop.belief`, run forwards.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.errors import Finding, InputError
from abate.plan import Plan
from abate_data.case import Case
from abate_data.names import offer
from abate_models.problem import Problem, read_problem

Floats = NDArray[np.float64]

MONTHS = 12
#: What a row is of: blank where its kind has no such thing.
_IDS = {"receptor": "", "source": "", "pollutant": "", "parameter": ""}


@dataclass(frozen=True)
class StatedTruth:
    """What is true in a simulated history, where it is not what the case says.

    Attributes
    ----------
    effectiveness : by measure, what it removes as a share of what the case says; 1 for those not named.
    growth : by source, share by which its activity grows a year; what the case says for those not named.
    bias : by source, reported load over true load; 1 for those not named.
    activity_noise, load_noise, quality_noise : standard deviation of the logarithm of a month's activity, reported
        load and quality.
    """

    effectiveness: Mapping[str, float] = field(default_factory=dict)
    growth: Mapping[str, float] = field(default_factory=dict)
    bias: Mapping[str, float] = field(default_factory=dict)
    activity_noise: float = 0.02
    load_noise: float = 0.10
    quality_noise: float = 0.15


def simulate_history(
    case: Case,
    plan: Plan | None,
    years: Sequence[int],
    seed: int,
    truth: StatedTruth | None = None,
    *,
    in_force_from: int | None = None,
) -> pd.DataFrame:
    """Return simulated observations of a plan in force: monthly activity, reported loads and quality.

    Parameters
    ----------
    plan : its measures are in force; None for a case without any.
    years : calendar years, one after the other.
    seed : the same seed gives the same history; further years do not change the ones before.
    truth : None for the case as it stands, with noise.
    in_force_from : the first year of the plan's measures; None for all years.

    Returns
    -------
    Rows of the table observations, in the case's units: by month, the activity of each source, the reported load of
    each source and pollutant, and the quality at each receptor, where the case has receptors.

    Raises
    ------
    InputError
        Where the truth names a measure or source that the case does not have, a factor or deviation is below 0, or the
        years do not follow one another.
    """
    truth = truth or StatedTruth()
    problem = read_problem(case)
    if wrong := [*_wrong_names(case, truth), *_wrong_numbers(truth, years)]:
        raise InputError(wrong)
    in_force = np.repeat([in_force_from is None or year >= in_force_from for year in years], MONTHS)
    activity, load, quality = _true_months(problem, in_force[:, None] * _extents(problem, plan), seed, truth)
    report, weather = (np.random.default_rng([seed, stream]) for stream in (1, 2))
    bias = _by_name([problem.sources[code] for code in problem.loads.source], truth.bias, 1.0)
    reported = load * bias * np.exp(truth.load_noise * report.standard_normal(load.shape))
    found = quality * np.exp(truth.quality_noise * weather.standard_normal(quality.shape))
    parts = (
        ("activity", ("source",), [(name,) for name in problem.sources], activity),
        ("load", ("source", "pollutant"), problem.loads.keys, reported),
        ("quality", ("receptor", "parameter"), problem.receptors.keys, found),
    )
    rows = [
        _IDS
        | {"period_start": first, "period_end": last, "kind": kind, "value": value}
        | dict(zip(names, key, strict=True))
        for month, (first, last) in enumerate(_months(years))
        for kind, names, keys, values in parts
        for key, value in zip(keys, values[month].tolist(), strict=True)
    ]
    return pd.DataFrame(rows, columns=["period_start", "period_end", "kind", *_IDS, "value"])


def _true_months(problem: Problem, extents: Floats, seed: int, truth: StatedTruth) -> tuple[Floats, Floats, Floats]:
    """Return activity (months, sources), loads (months, loads) and quality (months, qualities) as they are."""
    options, loads = problem.options, problem.loads
    since = np.arange(len(extents))[:, None] / MONTHS
    noise = np.random.default_rng([seed, 0]).standard_normal((len(extents), len(problem.sources)))
    activity = (1 + _growth(problem, truth)) ** since * np.exp(truth.activity_noise * noise)
    effective = extents * _by_name([measure for _, measure in options.keys], truth.effectiveness, 1.0)
    removed = (options.removal @ effective.T).T
    load = activity[:, loads.source] * np.maximum(loads.baseline - removed, loads.floor)
    return activity, load, problem.receptors.background + load @ problem.receptors.transfer.T


def _growth(problem: Problem, truth: StatedTruth) -> Floats:
    """Return the yearly growth of each source (sources,); of the case's own, that of its first load."""
    growth = np.zeros(len(problem.sources))
    growth[problem.loads.source[::-1]] = problem.loads.growth[::-1]
    return np.array([truth.growth.get(name, own) for name, own in zip(problem.sources, growth, strict=True)])


def _extents(problem: Problem, plan: Plan | None) -> Floats:
    """Return the extent of each option (options,) in a plan."""
    if plan is None:
        return np.zeros(len(problem.options.keys))
    used = plan.measures
    extent = dict(zip(zip(used["source"], used["measure"], strict=True), used["extent"], strict=True))
    return np.array([extent.get(key, 0.0) for key in problem.options.keys])


def _by_name(names: Sequence[str], given: Mapping[str, float], default: float) -> Floats:
    return np.array([given.get(name, default) for name in names], dtype=np.float64)


def _months(years: Sequence[int]) -> list[tuple[str, str]]:
    """Return first and last day of every month."""
    first = [pd.Timestamp(year, month, 1) for year in years for month in range(1, MONTHS + 1)]
    return [(f"{day:%Y-%m-%d}", f"{day + pd.offsets.MonthEnd(0):%Y-%m-%d}") for day in first]


def _wrong_names(case: Case, truth: StatedTruth) -> Iterator[Finding]:
    sources = case.ids("sources", "source")
    known = {"effectiveness": case.ids("options", "measure"), "growth": sources, "bias": sources}
    for column, names in known.items():
        kind = "measure" if column == "effectiveness" else "source"
        for name in getattr(truth, column):
            if name not in names:
                problem = f"the case has no such {kind}"
                yield Finding("truth", problem, offer(name, names, kind), column=column, value=name)


def _wrong_numbers(truth: StatedTruth, years: Sequence[int]) -> Iterator[Finding]:
    lowest = {"effectiveness": 0.0, "growth": -1.0, "bias": 0.0}
    for column, least in lowest.items():
        for name, value in getattr(truth, column).items():
            if not (math.isfinite(value) and value >= least):
                cure = f"give a number of at least {least:g}"
                yield Finding("truth", "is not possible", cure, row=name, column=column, value=str(value))
    for column in ("activity_noise", "load_noise", "quality_noise"):
        value = getattr(truth, column)
        if not (math.isfinite(value) and value >= 0):
            yield Finding("truth", "is no standard deviation", "give 0 or more", column=column, value=str(value))
    if not len(years) or list(years) != list(range(years[0], years[0] + len(years))):
        cure = "give years that follow one another, such as range(2026, 2031)"
        yield Finding("years", "is no span of years", cure, value=str(list(years)))
