"""How a policy sees the years to come: the figures that it plans with, and what it learns from the monitoring.

An outlook turns a brief and the periods seen so far into one problem per year. Policies differ in their outlook and in
little else.

library        the case as it came, growing as expected
activity       the same, with the activity of each source as last observed
reports        the belief of the closed loop, fed with reported loads only
ratios         relative response factors: what the library says of a receptor times observed over modelled quality of
               the last year (US EPA, Modeling Guidance for Demonstrating Air Quality Goals, 2018, section 4)
fixed transfer the belief, with transfer coefficients taken for certain
belief         the belief, with everything to be learnt
foresight      the truth, of which only the oracle knows
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from abate.loop.backtest.truth import Truth
from abate.loop.belief import Belief, start, update
from abate.loop.believed import believed_problem
from abate.loop.deviations import deviations
from abate.loop.periods import Period
from abate.loop.prior import Prior
from abate.staged.planner import Stage
from abate_models.margin import Deviation
from abate_models.problem import Problem

Floats = NDArray[np.float64]
#: Takes out of a month what an outlook does not look at.
Glance = Callable[[Period], Period]


@dataclass(frozen=True)
class Brief:
    """What a planner is told at the start; nothing of the truth.

    Attributes
    ----------
    problem : the library, at today's activity.
    growth : (sources,), yearly growth that the library expects, as a share; growth_sd : its standard deviation.
    activity_sd : standard deviation of the activity of a single year about its growth.
    limits : (years, targets), quality unit.
    penalty : money a year per relative exceedance of one receptor.
    first_year : calendar year of the first row of `limits`.
    prior : how well the library's figures are known.
    """

    problem: Problem
    growth: Floats
    growth_sd: float
    activity_sd: float
    limits: Floats
    penalty: float
    first_year: int
    prior: Prior

    @property
    def years(self) -> int:
        """How many years are planned."""
        return len(self.limits)

    def stage(self, year: int, problem: Problem, activity: Floats) -> Stage:
        """Return the stage of a year: figures at today's activity, with that of the year (sources,) and its limits."""
        by_option = activity[problem.options.source]
        targets = replace(problem.targets, limit=self.limits[year], price_ceiling=self.penalty / self.limits[year])
        of_year = replace(
            problem,
            loads=replace(problem.loads, baseline=problem.loads.baseline * activity[problem.loads.source]),
            options=replace(problem.options, removal=sparse.csr_array(problem.options.removal * by_option)),
            targets=targets,
        )
        return Stage(self.first_year + year, of_year, {}, np.zeros(len(targets.ids)))

    def spread(
        self, problem: Problem, activity: Floats, years: int, today: Mapping[int, Deviation]
    ) -> dict[int, Deviation]:
        """Return the deviations of a year: those at today's activity, and that the activity is a forecast.

        Parameters
        ----------
        problem : figures at today's activity.
        activity : (sources,), expected in the year.
        years : since the last activity that was observed.
        today : deviation of each target at today's activity.
        """
        unsure = float(np.hypot(self.activity_sd, self.growth_sd * years))
        by_option, transfer = activity[problem.options.source], problem.receptors.transfer.toarray()
        joined = {}
        for row, one in today.items():
            own = np.diag(unsure * transfer[problem.targets.quality[row]])
            grown = one.extents.toarray() * by_option
            joined[row] = Deviation(
                constant=np.concatenate([one.constant, np.zeros(len(own))]),
                loads=sparse.csr_array(np.vstack([one.loads.toarray(), own])),
                extents=sparse.csr_array(np.vstack([grown, np.zeros((len(own), len(by_option)))])),
            )
        return joined

    def activities(self, year: int, last: Floats) -> list[Floats]:
        """Return the activity that is expected of each year from `year` on, after that of the year before."""
        return [last * (1 + self.growth) ** (ahead + 1) for ahead in range(self.years - year)]


class Outlook(Protocol):
    """How a policy sees the years to come."""

    def stages(self, year: int) -> list[Stage]:
        """Return a stage for each year from `year` on, without margins."""

    def spread(self, year: int, ahead: int) -> dict[int, Deviation]:
        """Return what is not known in `year` of the targets of the year that lies ahead of it, 0 for itself."""

    def learn(self, months: list[Period], extents: Floats) -> None:
        """Take in the months of a year in which extents (options,) were in use."""


class Library:
    """The case as it came; `follows_activity` or not; `corrects` each receptor by its ratio or not."""

    def __init__(self, brief: Brief, *, follows_activity: bool = True, corrects: bool = False) -> None:
        self._brief, self._follows, self._corrects = brief, follows_activity, corrects
        self._activity = np.ones(len(brief.problem.sources))
        self._ratio = np.ones(len(brief.problem.receptors.keys))
        self._spread = deviations(brief.problem, start(brief.problem, brief.prior))

    def stages(self, year: int) -> list[Stage]:
        """Return the library's years, receptors times their ratios."""
        brief, receptors = self._brief, self._brief.problem.receptors
        corrected = replace(
            receptors,
            transfer=sparse.csr_array(receptors.transfer * self._ratio[:, None]),
            background=receptors.background * self._ratio,
        )
        problem = replace(brief.problem, receptors=corrected)
        activities = brief.activities(year, self._activity)
        return [brief.stage(year + ahead, problem, activity) for ahead, activity in enumerate(activities)]

    def spread(self, year: int, ahead: int) -> dict[int, Deviation]:
        """Return what is not known before anything is observed."""
        activity = self._brief.activities(year, self._activity)[ahead]
        return self._brief.spread(self._brief.problem, activity, ahead + 1, self._spread)

    def learn(self, months: list[Period], extents: Floats) -> None:
        """Take the activity, and the ratio of observed to modelled quality, of the last year alone."""
        if not self._follows:
            # years go by all the same
            self._activity = self._activity * (1 + self._brief.growth)
            return
        self._activity = np.mean([month.activity for month in months], axis=0)
        if self._corrects:
            self._ratio = self._observed_over_modelled(months, extents)

    def _observed_over_modelled(self, months: list[Period], extents: Floats) -> Floats:
        """Return the ratio per receptor; the last one where no month was observed. A non-detect counts as its limit."""
        problem = self._brief.problem
        left = problem.loads.baseline - problem.options.removal @ extents
        modelled = problem.receptors.background + problem.receptors.transfer @ (self._activity * left)
        seen = np.array([month.quality for month in months])
        known = ~np.isnan(seen).all(axis=0)
        ratio = self._ratio.copy()
        ratio[known] = np.nanmean(seen[:, known], axis=0) / modelled[known]
        return ratio


class Believed:
    """What the belief of the closed loop has learnt, from all of the monitoring or from what a glance leaves of it."""

    def __init__(self, brief: Brief, prior: Prior | None = None, glance: Glance | None = None) -> None:
        self._brief, self._glance = brief, glance
        self._activity = np.ones(len(brief.problem.sources))
        self.belief: Belief = start(brief.problem, prior or brief.prior)
        self.residuals: list[pd.DataFrame] = []

    def stages(self, year: int) -> list[Stage]:
        """Return the years as they are believed; those further ahead less certain."""
        problem, activities = self._believed(), self._brief.activities(year, self._activity)
        return [self._brief.stage(year + ahead, problem, activity) for ahead, activity in enumerate(activities)]

    def spread(self, year: int, ahead: int) -> dict[int, Deviation]:
        """Return what is not known by the middle of the year."""
        activity = self._brief.activities(year, self._activity)[ahead]
        today = deviations(self._brief.problem, self.belief, ahead + 0.5)
        return self._brief.spread(self._believed(), activity, ahead + 1, today)

    def _believed(self) -> Problem:
        return believed_problem(self._brief.problem, self.belief)

    def learn(self, months: list[Period], extents: Floats) -> None:
        """Update the belief month by month."""
        for month in months:
            seen = self._glance(month) if self._glance else month
            self.belief, residuals = update(self.belief, self._brief.problem, seen, extents)
            self.residuals.append(residuals)
        self._activity = np.mean([month.activity for month in months], axis=0)


class Foresight:
    """The truth of every year."""

    def __init__(self, brief: Brief, truth: Truth) -> None:
        self._brief, self._truth = brief, truth

    def stages(self, year: int) -> list[Stage]:
        """Return the years as they will be."""
        return [self._stage(one) for one in range(year, self._brief.years)]

    def spread(self, year: int, ahead: int) -> dict[int, Deviation]:  # noqa: ARG002 - it knows every year
        """Return nothing: everything is known."""
        return {}

    def learn(self, months: list[Period], extents: Floats) -> None:
        """Learn nothing: there is nothing to be learnt."""

    def _stage(self, year: int) -> Stage:
        problem, truth = self._brief.problem, self._truth
        removal = sparse.csr_array(
            (truth.removal[year], (truth.source, np.arange(len(truth.source)))), shape=problem.options.removal.shape
        )
        known = replace(
            problem,
            loads=replace(problem.loads, baseline=truth.load),
            options=replace(problem.options, removal=removal),
            receptors=replace(
                problem.receptors, transfer=sparse.csr_array(truth.transfer), background=truth.background
            ),
        )
        return self._brief.stage(year, known, truth.activity[year])


def without_quality(month: Period) -> Period:
    """Return a month of which only the reported loads are looked at."""
    return replace(
        month, quality=np.full(len(month.quality), np.nan), nondetect=np.zeros(len(month.nondetect), dtype=bool)
    )
