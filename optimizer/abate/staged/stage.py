"""What a staged plan is made from and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from abate.errors import AbateError
from abate_models.compile import CompiledModel
from abate_models.margin import Deviation
from abate_models.problem import Problem

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Stage:
    """One year of a plan.

    Attributes
    ----------
    year : the year.
    problem : its figures, every limit resolved; infinite where a target does not hold yet. All stages of a plan have
        the same options, loads, receptors and targets in the same order.
    deviations : standard deviation of the value of targets that hold a margin, by their row of the targets.
    quantile : (targets,), how many standard deviations the margin is; 0 where the expected value is to hold.
    """

    year: int
    problem: Problem
    deviations: Mapping[int, Deviation] = field(default_factory=dict)
    quantile: Floats = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True)
class Standing:
    """What a new plan starts from.

    Attributes
    ----------
    built : (options,), extent that stands and cannot be un-built; or (years x options), where earlier decisions bring
        more in a later year.
    previous : (years x options), extents of the plan before, NaN in years that it did not have; None for no plan.
    frozen : for how many of the first years they are kept, as far as they can be.
    """

    built: Floats
    previous: Floats | None = None
    frozen: int = 0


@dataclass(frozen=True)
class Staged:
    """A plan of several years, as arrays in the case's units.

    Attributes
    ----------
    years, targets : the years, and the ids of the targets.
    extents, capacity : (years x options), what is used, and what stands: the least that the extents need.
    installed : (years x options), whether an option is installed.
    loads : (years x loads), load per year after measures.
    margins : (years x targets), what a target holds back for what is not known, in the unit of its row.
    prices : (years x targets), what a unit of tightening of the row in that year costs, in money of that year.
    slack : (years x targets), by how much a target gives way for its price.
    yearly_cost : (years,), operating, fixed, and the capital of all capacity beyond what stood, money/yr.
    cost : their sum, discounted to the first year.
    least_cost : the same of the plan of least cost; `cost` is above it where change was made least.
    bound : proved lower bound of the least cost, with the price of what gives way; -inf where none is proved.
    change : weighted change from the plan before; 0 where there was none.
    how : ``updated``, or ``rebuilt because`` and why the solver's model could not be kept.
    solves : how many solves were made.
    notes : what else is to be told, in sentences.
    columns, compiled : the solver's columns and the model that they belong to.
    """

    years: list[int]
    targets: list[str]
    extents: Floats
    capacity: Floats
    installed: Flags
    loads: Floats
    margins: Floats
    prices: Floats
    slack: Floats
    yearly_cost: Floats
    cost: float
    least_cost: float
    bound: float
    change: float
    how: str
    solves: int
    notes: tuple[str, ...]
    columns: Floats = field(repr=False)
    compiled: CompiledModel = field(repr=False)


class OutOfReachError(AbateError):
    """The targets of the years cannot all hold.

    Attributes
    ----------
    year : first year whose targets cannot hold by themselves, with all that can stand by then; None where only the
        years together are to blame.
    reach : (options,), what can stand by that year; by the last one where there is no such year.
    years, compiled : all years, and the model that proved infeasible.
    """

    def __init__(self, year: int | None, reach: Floats, years: list[int], compiled: CompiledModel) -> None:
        alone = f"of {year} cannot all hold with what can stand by then"
        together = "of the years cannot all hold, though those of each year by itself can"
        super().__init__(f"the targets {together if year is None else alone}")
        self.year, self.reach, self.years, self.compiled = year, reach, years, compiled
