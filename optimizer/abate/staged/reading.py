"""From the columns of a staged model to what is used, what stands and what it costs in each year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from abate.outcome import clean, target_prices
from abate_models.compile import CompiledModel
from abate_models.problem import Problem
from abate_models.relaxation import priced
from abate_models.stages import year_of

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Reading:
    """What the columns of a staged model say; arrays are (years x options), (years x loads) and (years,)."""

    extents: Floats
    installed: Flags
    capacity: Floats
    loads: Floats
    yearly_cost: Floats
    columns: Floats


def read_columns(staged: Mapping[int, Problem], compiled: CompiledModel, columns: Floats, ramp: Floats) -> Reading:
    """Return what columns say, with rounding taken out and no more capacity than the extents need."""
    columns = columns.copy()
    views = {year: year_of(compiled, year) for year in staged}
    found = [clean(problem, views[year], columns) for year, problem in staged.items()]
    extents, loads = np.array([part[0] for part in found]), np.array([part[2] for part in found])
    installed = np.array([part[1] for part in found])
    built = np.array([problem.options.built for problem in staged.values()])
    added = least_added(extents, built, ramp)
    for (year, problem), extra in zip(staged.items(), added, strict=True):
        if "expansion" in views[year].columns:
            columns[views[year].columns["expansion"]] = extra[problem.options.expandable]
    costs = [
        yearly_cost(problem, extents[row], installed[row], added[row]) for row, problem in enumerate(staged.values())
    ]
    return Reading(extents, installed, built + added, loads, np.array(costs), columns)


def least_added(extents: Floats, built: Floats, ramp: Floats) -> Floats:
    """Return the least that has to be added to what is built by each year, shape (years x options).

    What is added stays, so that no year has less than one before it; and no year can have less than the next one less
    its ramp.
    """
    added = np.asarray(np.maximum.accumulate(np.maximum(extents - built, 0.0), axis=0))
    step = np.maximum(ramp - np.maximum(np.diff(built, axis=0), 0.0), 0.0)
    for row in range(len(added) - 2, -1, -1):
        added[row] = np.maximum(added[row], added[row + 1] - step[row])
    return added


def yearly_cost(problem: Problem, extent: Floats, installed: Flags, added: Floats) -> float:
    """Return what a year costs: operating, fixed, and the capital of what was added by then."""
    options = problem.options
    return float(options.operating @ extent + options.fixed @ installed + options.annual_capital @ added)


def yearly_prices(staged: Mapping[int, Problem], compiled: CompiledModel, prices: Floats, factors: Floats) -> Floats:
    """Return what a unit of tightening of each target costs in money of its year, shape (years x targets)."""
    found = [
        target_prices(problem, year_of(compiled, year), prices) / factor
        for factor, (year, problem) in zip(factors, staged.items(), strict=True)
    ]
    return np.array(found)


def yearly_slack(staged: Mapping[int, Problem], compiled: CompiledModel, columns: Floats) -> Floats:
    """Return by how much each target gives way for its price, shape (years x targets)."""
    slack = np.zeros((len(staged), len(next(iter(staged.values())).targets.ids)))
    for row, (year, problem) in enumerate(staged.items()):
        view = year_of(compiled, year)
        if "exceedance" in view.columns:
            slack[row, priced(problem)] = np.maximum(columns[view.columns["exceedance"]], 0.0)
    return slack
