"""What is in force while projects are appraised one after the other: loads, measures, limits, reserves.

All arrays are those of the widened problem, in which everything that is proposed has its place; what is not approved
emits nothing there and may take no measure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abate.outcome import Outcome, option_costs
from abate.tables import target_values
from abate_data.case import Case
from abate_data.checks.proposals import NEW
from abate_data.proposals import Proposal
from abate_models.problem import Problem
from abate_models.regions import Scopes

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: A difference below this share of what is compared is rounding.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Standing:
    """What is in force.

    Attributes
    ----------
    load : (loads,), what each source may emit [load per year].
    untreated : (loads,), the same without any measure.
    extent, installed : (options,).
    limit, reserve : (targets,), in the unit of their row, and what of it is held back for growth.
    present : (sources,), which sources there are: new ones once they are approved, none that closed.
    output : (sources,), yearly production, 0 where it is not known.
    """

    load: Floats
    untreated: Floats
    extent: Floats
    installed: Mask
    limit: Floats
    reserve: Floats
    present: Mask
    output: Floats


class World:
    """The widened problem, and what each proposal does in it.

    Parameters
    ----------
    case, problem : the widened case as tables and as numbers, margins as the plan holds them back.
    """

    def __init__(self, case: Case, problem: Problem) -> None:
        self.case, self.problem = case, problem
        self._loads = {key: row for row, key in enumerate(problem.loads.keys)}
        self._options = {key: row for row, key in enumerate(problem.options.keys)}
        self._sources = {name: row for row, name in enumerate(problem.sources)}
        self._per_output = self._intensities()

    def first(self, plan: Problem, outcome: Outcome) -> Standing:
        """Return what stands under a plan; `plan` is its problem."""
        problem = self.problem
        loads, options, sources = len(problem.loads.keys), len(problem.options.keys), len(problem.sources)
        return Standing(
            load=_filled(outcome.load, loads),
            untreated=_filled(plan.loads.baseline, loads),
            extent=_filled(outcome.extent, options),
            installed=_filled(outcome.installed, options) > 0,
            limit=plan.targets.limit,
            reserve=plan.targets.reserve,
            present=np.arange(sources) < len(plan.sources),
            output=_filled(np.nan_to_num(plan.abilities["output"]), sources),
        )

    def with_proposal(self, standing: Standing, one: Proposal) -> Standing:
        """Return what would stand with a proposal as it is, without any offset."""
        change = {NEW: self._added, "expansion": self._added, "measure": self._measured, "shutdown": self._closed}
        return change[one.kind](standing, one)

    def cost(self, standing: Standing) -> Floats:
        """Return the yearly cost of each option (options,)."""
        return option_costs(self.problem, standing.extent, standing.installed)

    def values(self, standing: Standing) -> Floats:
        """Return the value of each target's row (targets,)."""
        return target_values(self.problem, standing.load, self.cost(standing))

    def room(self, standing: Standing) -> Floats:
        """Return the headroom of each target (targets,), negative where it is missed."""
        targets = self.problem.targets
        allowed = standing.limit - targets.sign * (targets.margin + standing.reserve)
        return np.asarray(targets.sign * (allowed - self.values(standing)))

    def gross(self, standing: Standing) -> Floats:
        """Return what each source would be allowed without its measures (loads,)."""
        return np.asarray(standing.load + self.problem.options.removal @ standing.extent)

    def rows(self, one: Proposal) -> list[int]:
        """Return the loads that a proposal names."""
        return [self._loads[one.source, pollutant] for pollutant in one.loads]

    def option(self, source: str, measure: str) -> int:
        """Return the place of an option."""
        return self._options[source, measure]

    def source(self, name: str) -> int:
        """Return the place of a source."""
        return self._sources[name]

    def usable(self, standing: Standing, fixed: Mask | None = None) -> Floats:
        """Return the greatest extent of each option as things stand (options,).

        Parameters
        ----------
        fixed : (options,), which keep the extent that they have.
        """
        options = self.problem.options
        upper = np.where(standing.present[options.source], options.upper, 0.0)
        upper = np.maximum(upper, standing.extent)
        return upper if fixed is None else np.where(fixed, standing.extent, upper)

    def _added(self, standing: Standing, one: Proposal) -> Standing:
        rows = self.rows(one)
        load, untreated = standing.load.copy(), standing.untreated.copy()
        load[rows] += list(one.loads.values())
        untreated[rows] += list(one.loads.values())
        present = standing.present.copy()
        present[self._sources[one.source]] = True
        output = standing.output.copy()
        output[self._sources[one.source]] += np.nan_to_num(one.output if one.site is None else one.site.output)
        grown = replace(standing, load=load, untreated=untreated, present=present)
        return self._producing(grown, output)

    def _measured(self, standing: Standing, one: Proposal) -> Standing:
        """Change extents: what is removed more counts, and what is removed less where it was needed."""
        extent, installed = standing.extent.copy(), standing.installed.copy()
        for measure, asked in one.measures.items():
            extent[self._options[one.source, measure]] = asked
            installed[self._options[one.source, measure]] = asked > 0
        removal = self.problem.options.removal
        removed = removal @ (extent - standing.extent)
        load = np.where(
            removed >= 0,
            standing.load - removed,
            np.maximum(standing.load, standing.untreated - removal @ extent),
        )
        mine = self.problem.loads.source == self._sources[one.source]
        return replace(standing, load=np.where(mine, load, standing.load), extent=extent, installed=installed)

    def _closed(self, standing: Standing, one: Proposal) -> Standing:
        source = self._sources[one.source]
        mine, own = self.problem.loads.source == source, self.problem.options.source == source
        present = standing.present.copy()
        present[source] = False
        output = standing.output.copy()
        output[source] = 0.0
        silent = replace(
            standing,
            load=np.where(mine, 0.0, standing.load),
            untreated=np.where(mine, 0.0, standing.untreated),
            extent=np.where(own, 0.0, standing.extent),
            installed=standing.installed & ~own,
            present=present,
        )
        return self._producing(silent, output)

    def _producing(self, standing: Standing, output: Floats) -> Standing:
        """Return what stands once sources make something else: caps of intensities follow."""
        limit = standing.limit + self._per_output @ (output - standing.output)
        return replace(standing, output=output, limit=limit)

    def _intensities(self) -> Floats:
        """Return (targets x sources): by how much one unit of output more raises the cap of each intensity."""
        targets, scopes = self.case["targets"], Scopes(self.case)
        raised = np.zeros((len(targets), len(self.problem.sources)))
        chosen = ((targets["kind"] == "intensity") & (targets["basis"] == "output")).to_numpy()
        region, sector = self.case.codes("targets", "region"), self.case.codes("targets", "sector")
        for row in np.flatnonzero(chosen):
            raised[row] = scopes.sources(int(region[row]), int(sector[row])) * targets["limit"].iloc[row]
        return raised


def _filled(values: NDArray[Any], count: int) -> Floats:
    """Return values with zeros behind them, so many in all."""
    filled = np.zeros(count)
    filled[: len(values)] = values
    return filled
