"""The years to come as they are believed: a case for each, and how uncertain each target is in it.

The case of a year has the loads, removals, transfer coefficients and backgrounds that are believed, at the activity
that is expected of the year. Targets stay what they were set to be: a reduction is the load that it allowed when it was
set, a share of a gap the quality, whatever is believed now; a reserve for growth gives way to growth first. A target
without a year holds from now on, for the plan in force holds it already. Each target has its probability for the first
years, and is to hold in expectation after those.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from abate.loop.activity import activity_of
from abate.loop.belief import Belief
from abate.loop.believed import believed_case
from abate.loop.credit import reserve_after_growth
from abate.loop.deviations import deviations
from abate.loop.periods import Period, years_between
from abate.loop.realignment import Realignment
from abate.margins import quantiles
from abate.staged.planner import Stage
from abate.staged.years import Years
from abate_data.case import Case
from abate_data.settings import Horizon
from abate_models.margin import Deviation
from abate_models.problem import Problem
from abate_models.targets import BUDGET

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class YearsAhead:
    """The years to come.

    Attributes
    ----------
    years : from the next one on.
    case : as it is believed, with its loads at the activity of the first year, and the horizon of these years.
    stages : of each year, with margins in the first ones.
    deviations : of every target in each year, by its row.
    """

    years: list[int]
    case: Case
    stages: list[Stage]
    deviations: list[dict[int, Deviation]]

    def with_limits(self, row: int, limit: Floats) -> YearsAhead:
        """Return the same years with other limits in one of them (targets,)."""
        stage = self.stages[row]
        targets = replace(stage.problem.targets, limit=limit)
        eased = replace(stage, problem=replace(stage.problem, targets=targets))
        return replace(self, stages=[*self.stages[:row], eased, *self.stages[row + 1 :]])

    def with_margins(self, row: int, targets: Collection[int]) -> YearsAhead:
        """Return the same years with just some targets holding their probability in one of them."""
        stage = self.stages[row]
        plain = replace(stage, deviations={one: spread for one, spread in stage.deviations.items() if one in targets})
        return replace(self, stages=[*self.stages[:row], plain, *self.stages[row + 1 :]])

    def case_in(self, row: int, margin: Floats, slack: Floats) -> Case:
        """Return the case of a year with the targets that hold then, as its plan holds them.

        Parameters
        ----------
        margin : (targets,), held back for what is not known, added to the planner's own margin.
        slack : (targets,), by how much targets give way.
        """
        case = Years(self.case, self.years).case_in(self.years[row])
        every = self.stages[row].problem.targets
        place = {name: target for target, name in enumerate(every.ids)}
        held = [place[str(name)] for name in case["targets"]["target"]]
        limit = every.limit + every.sign * slack
        given = case.values("targets", "margin_of_safety")
        table = case["targets"].assign(limit=limit[held], margin_of_safety=given + margin[held])
        return replace(case, tables={**case.tables, "targets": table})


def years_to_plan(case: Case, first: int) -> list[int]:
    """Return the years from the first to the end of the horizon; without one, to the last that a target names."""
    named = case.values("targets", "year")
    horizon = case.settings.horizon
    last = horizon.end if horizon else int(np.nanmax(named)) if (~np.isnan(named)).any() else first
    return list(range(first, max(last, first) + 1))


def look_ahead(
    case: Case,
    problem: Problem,
    belief: Belief,
    periods: Sequence[Period],
    years: list[int],
    realignment: Realignment,
) -> YearsAhead:
    """Return the years to come.

    Parameters
    ----------
    case, problem : as the planner keeps them, and the same as numbers with every limit resolved.
    belief : after the last period.
    periods : everything monitored, with an activity for every source.
    years : to be planned, one after the other.
    """
    held = _held(case, problem, belief, periods, years)
    reader = Years(held, years)
    asked = np.where(np.isnan(problem.targets.probability), realignment.probability, problem.targets.probability)
    stages, spread = [], []
    for row, year in enumerate(years):
        stage = reader.stage(year)
        ahead = max(years_between(belief.until, f"{year}-07-02"), 0.0)
        of_year = _at_activity(deviations(problem, belief, ahead), held, stage.problem)
        quantile = quantiles(asked) if row < realignment.margin_years else np.zeros(len(asked))
        kept = {target: one for target, one in of_year.items() if quantile[target] > 0}
        stages.append(replace(stage, deviations=kept, quantile=quantile))
        spread.append(of_year)
    return YearsAhead(years, held, stages, spread)


def _held(case: Case, problem: Problem, belief: Belief, periods: Sequence[Period], years: list[int]) -> Case:
    """Return the believed case with targets held at what they were set to be."""
    believed, targets = believed_case(case, belief), problem.targets
    load = believed.values("loads", "load") * activity_of(problem, periods, years[0])[problem.loads.source]
    table = case["targets"]
    kind = np.where(np.isin(table["kind"], ("quality", BUDGET)), table["kind"], "load").astype(object)
    tables = {
        **believed.tables,
        "loads": believed["loads"].assign(
            load=load, floor=np.minimum(believed.values("loads", "floor"), load), relative_sd=np.nan
        ),
        "targets": table.assign(
            kind=kind,
            basis="value",
            limit=targets.limit,
            year=np.where(np.isnan(targets.year), years[0], targets.year),
            reserve=reserve_after_growth(problem, problem.loads.baseline, load),
            probability=np.nan,
        ),
    }
    settings = case.settings.model_copy(update={"horizon": Horizon(start=years[0], end=_last(case, years))})
    return Case(settings, tables, case.scenario)


def _last(case: Case, years: list[int]) -> int:
    return max(case.settings.horizon.end, years[-1]) if case.settings.horizon else years[-1]


def _at_activity(spread: dict[int, Deviation], held: Case, problem: Problem) -> dict[int, Deviation]:
    """Return deviations whose extents count what a measure removes at the loads of the year."""
    believed = held.values("loads", "load")
    factor = np.divide(problem.loads.baseline, believed, out=np.ones_like(believed), where=believed > 0)
    of_source = np.ones(len(problem.sources))
    of_source[problem.loads.source] = factor
    by_option = of_source[problem.options.source]
    return {row: replace(one, extents=sparse.csr_array(one.extents * by_option)) for row, one in spread.items()}
