"""A study: a case read once, for as many strategies as are to be tried on it."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from abate.attainable import Progress, resolve_limits
from abate.decomposing import check_arguments
from abate.errors import Finding, InputError
from abate.solver import DEFAULT_GAP
from abate.strategies.curves import CostCurve, cost_curves
from abate.strategies.parties import Parties
from abate.strategies.reachable import reachable_loads
from abate.strategies.reaching import Reaching
from abate_data.case import Case
from abate_models.problem import read_problem
from abate_models.regions import parents
from abate_models.targets import BUDGET, QUALITY

Floats = NDArray[np.float64]

#: What a strategy takes for the least that a party can be brought to: the floor of the loads table, or what the
#: measures of the source can reach.
Floor = Literal["table", "measures"]


class Study:
    """What strategies need of a case; worked out when it is first asked for.

    Parameters
    ----------
    case : from `abate.load`.
    time_limit : seconds for each solve; None for no limit.
    gap : relative gap at which a plan with yes-or-no decisions counts as optimal.
    progress : called with (what, done, total) as the work goes on.

    Raises
    ------
    InputError
        Where something is no case, no time limit or no gap.

    Attributes
    ----------
    problem : the case as numbers, with every limit resolved.
    best : per target the best quality that can be reached, NaN where it is no gap closure.
    """

    def __init__(
        self,
        case: Case,
        *,
        time_limit: float | None = None,
        gap: float = DEFAULT_GAP,
        progress: Progress | None = None,
    ) -> None:
        check_arguments(case, time_limit, gap)
        self.case, self.time_limit, self.gap, self.progress = case, time_limit, gap, progress
        self.problem, self.best = resolve_limits(read_problem(case), progress=progress)

    def parties(self, floor: Floor = "table") -> Parties:
        """Return the loads of the case as parties, with the given kind of floor."""
        return self._parties if floor == "table" else replace(self._parties, floor=self.reachable)

    @cached_property
    def _parties(self) -> Parties:
        loads, case = self.problem.loads, self.case
        rows, limits, names = self._rows
        sources = case["sources"]
        sector = sources["sector"].astype(object).fillna("").to_numpy()
        return Parties(
            names=[f"{source}, {pollutant}" if self._several else source for source, pollutant in loads.keys],
            pollutant=loads.pollutant,
            point=np.asarray(sources["kind"] == "point")[loads.source],
            sector=sector[loads.source],
            current=loads.baseline,
            raw=case.values("loads", "raw_load"),
            permitted=case.values("loads", "permit_load"),
            floor=loads.floor,
            movable=np.asarray(sources["controllable"], dtype=bool)[loads.source],
            rows=rows,
            limits=limits,
            targets=names,
            figures=self.figures,
            reachable=lambda: self.reachable,
            curves=lambda: self.curves,
        )

    @property
    def _several(self) -> bool:
        return len(self.problem.pollutants) > 1

    @cached_property
    def _rows(self) -> tuple[sparse.csr_array, Floats, list[str]]:
        """The targets on loads as rows that may not pass a limit; budgets are no business of a rule on loads."""
        targets, receptors = self.problem.targets, self.problem.receptors
        kept = np.flatnonzero(np.asarray(targets.form) != BUDGET)
        quality = targets.quality[kept]
        judged = np.asarray(targets.form)[kept] == QUALITY
        sign, background = targets.sign[kept], np.zeros(len(kept))
        background[judged] = receptors.background[quality[judged]]
        pieces = [
            receptors.transfer[[at]] * way if at >= 0 else targets.scope[[row]]
            for row, at, way in zip(kept, quality, sign, strict=True)
        ]
        width = len(self.problem.loads.keys)
        rows = sparse.vstack(pieces, format="csr") if pieces else sparse.csr_array((0, width))
        return sparse.csr_array(rows), sign * (targets.allowed[kept] - background), [targets.ids[row] for row in kept]

    @cached_property
    def reachable(self) -> Floats:
        """The least that the measures of each source can bring each load to, all by itself."""
        return reachable_loads(self.problem, progress=self.progress)

    @cached_property
    def curves(self) -> list[CostCurve]:
        """The cost curve of each load."""
        return cost_curves(self.problem)

    @cached_property
    def reaching(self) -> Reaching:
        """The search for the cheapest measures that reach what is allowed."""
        return Reaching(self.case, self.problem, self.best, time_limit=self.time_limit, gap=self.gap)

    def figures(self, name: str) -> Floats:
        """Return an attribute for each load; NaN where it is not given.

        A column of the sources counts first: ``name:pollutant``, then ``name``. Where a source has none, it takes its
        part of the figure of the nearest region at or above it that has one; sources of a pollutant share that in
        proportion to their loads.

        Raises
        ------
        InputError
            Where the column holds text.
        """
        loads = self.problem.loads
        values = _numbers(self.case, "sources", name)[loads.source]
        for code, pollutant in enumerate(self.problem.pollutants):
            given = _numbers(self.case, "sources", f"{name}:{pollutant}")[loads.source]
            values = np.where(~np.isnan(given) & (loads.pollutant == code), given, values)
        return np.where(np.isnan(values), self._of_regions(name), values)

    def _of_regions(self, name: str) -> Floats:
        """Return each load's part of the figure of its nearest region that has one."""
        case, loads = self.case, self.problem.loads
        parent = parents(case)
        count = len(parent) - 1
        figure = np.full(count + 1, np.nan)
        figure[case.codes("regions", "region")] = _numbers(case, "regions", name)
        holder = case.codes("sources", "region")[loads.source]
        while (climbing := (holder >= 0) & np.isnan(figure[holder])).any():
            holder = np.where(climbing, parent[holder], holder)
        key = loads.pollutant * (count + 1) + holder
        total = np.bincount(key[holder >= 0], loads.baseline[holder >= 0], int(key.max(initial=0)) + 1)
        share = np.divide(loads.baseline, total[key], out=np.zeros(len(key)), where=total[key] > 0)
        return np.where(holder >= 0, figure[holder] * share, np.nan)


def _numbers(case: Case, table: str, column: str) -> Floats:
    """Return a column of numbers, all NaN where the table has none of that name."""
    frame = case[table]
    if column not in frame:
        return np.full(len(frame), np.nan)
    if not pd.api.types.is_numeric_dtype(frame[column]):
        cure = "give numbers only, or name another attribute"
        raise InputError([Finding(table, "is not a column of numbers", cure, column=column)])
    return np.asarray(frame[column], dtype=np.float64)
