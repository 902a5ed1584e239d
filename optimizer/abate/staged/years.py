"""Which years are planned, and what a case is in each of them.

Loads grow from the first year of the horizon on: load x (1 + growth)^(years since). What a measure removes of a load by
its share grows with the load; what it removes as a mass does not. Targets stay what they are at the start: a reduction
is that of the loads of the table loads, a share of a gap is that of the gap with them, and each is a load or a quality
in the case of a later year. A target holds from its year on; one without a year from the end of the horizon on, or in
the last year that is planned where the case has no horizon. Costs are those of the tables in every year.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.attainable import resolve_limits
from abate.errors import Finding, InputError
from abate.margins import quantiles
from abate.staged.stage import Stage
from abate_data.case import Case
from abate_models.margin import deviations_of
from abate_models.problem import read_problem

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def years_of(case: Case, years: Sequence[int] | None = None) -> list[int]:
    """Return the years to be planned: the given ones, or those of the case's horizon.

    A case without a horizon is planned for one year: the last that a target names, or the year of its prices.

    Raises
    ------
    InputError
        Where the given years do not follow one another, or nothing says which year it is.
    """
    if years is not None:
        given = [int(year) for year in years]
        if not given or given != list(range(given[0], given[0] + len(given))):
            cure = "give one year after the other, as in range(2026, 2036)"
            raise InputError([Finding("years", "do not follow one another", cure, value=str(given)[:80])])
        return given
    horizon = case.settings.horizon
    if horizon is not None:
        return list(range(horizon.start, horizon.end + 1))
    named = case.values("targets", "year")
    last = np.nanmax(named) if (~np.isnan(named)).any() else case.settings.price_year
    if last is None:
        cure = "write start and end of the horizon in case.toml, or give the years"
        raise InputError([Finding("case.toml", "does not say which years are planned", cure, column="horizon")])
    return [int(last)]


def holding(case: Case, year: int, last: int) -> Flags:
    """Return which targets hold in a year, shape (targets,); `last` is the last year that is planned."""
    horizon = case.settings.horizon
    named = case.values("targets", "year")
    return np.asarray(np.where(np.isnan(named), last if horizon is None else horizon.end, named) <= year)


def grown(case: Case, year: int, first: int) -> Floats:
    """Return the loads of a year without measures, shape (loads,); `first` is the first year that is planned."""
    horizon = case.settings.horizon
    since = year - (first if horizon is None else horizon.start)
    return np.asarray(case.values("loads", "load") * (1.0 + case.values("loads", "growth")) ** since)


class Years:
    """A case in each of some years.

    Parameters
    ----------
    case : the case.
    years : from `years_of`.

    Attributes
    ----------
    problem : of the tables as they stand, with every limit resolved.
    best : (targets,), the best quality that can be reached for each target by gap closure; NaN elsewhere.
    """

    def __init__(self, case: Case, years: Sequence[int]) -> None:
        self._case, self._years = case, list(years)
        self.problem, self.best = resolve_limits(read_problem(case))

    def case_in(self, year: int, *, all_targets: bool = False) -> Case:
        """Return the case of a year: its loads, and the targets that hold then, each as a load, quality or budget."""
        tables = dict(self._case.tables)
        load = grown(self._case, year, self._years[0])
        floor = np.minimum(self._case.values("loads", "floor"), load)
        tables["loads"] = self._case["loads"].assign(load=load, floor=floor, growth=0.0)
        targets = self._targets()
        held = holding(self._case, year, self._years[-1]) | all_targets
        tables["targets"] = targets[held].reset_index(drop=True)
        return replace(self._case, tables=tables)

    def stage(self, year: int) -> Stage:
        """Return the stage of a year, with a margin for each target that has a probability."""
        case = self.case_in(year, all_targets=True)
        problem = read_problem(case)
        targets = problem.targets
        held = holding(self._case, year, self._years[-1])
        limit = np.where(held, targets.limit, targets.sign * np.inf)
        problem = replace(problem, targets=replace(targets, limit=limit, step=self.problem.targets.step))
        asked = ~np.isnan(targets.probability)
        deviations = deviations_of(case, problem) if asked.any() else {}
        own = {row: deviation for row, deviation in deviations.items() if asked[row]}
        return Stage(year, problem, own, quantiles(targets.probability))

    def _targets(self) -> pd.DataFrame:
        """Return the table of targets with each reduction as a load and each share of a gap as a quality."""
        table, resolved = self._case["targets"], self.problem.targets
        reduction = self._case.words("targets", "kind") == "reduction"
        closing = self._case.words("targets", "basis") == "gap_closure"
        limit = np.where(reduction | closing, resolved.limit, self._case.values("targets", "limit"))
        return table.assign(
            kind=np.where(reduction, "load", table["kind"]),
            basis=np.where(reduction | closing, "value", table["basis"]),
            limit=limit,
        )
