"""Plans of several years: what is built when, at what cost, with a verified plan for every year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.attainable import Progress, no_report, require_options
from abate.certify.certificate import refuse_failures, tolerance_of
from abate.certify.claim import Check
from abate.certify.years import YearsClaim, verify_years
from abate.decomposing import check_arguments
from abate.outcome import relative_gap
from abate.plan import Plan
from abate.solver import DEFAULT_GAP
from abate.staged import tables
from abate.staged.conflict import no_schedule
from abate.staged.planner import OutOfReachError, Planner, Staged, Standing
from abate.staged.yearly import plan_of_year
from abate.staged.years import Years, years_of
from abate_data.case import Case

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from abate.indicators import Indicators, Sampling

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Schedule:
    """A verified plan of several years. Every table carries the units of its columns in ``table.attrs["units"]``.

    Attributes
    ----------
    case : the case it was made for.
    plans : the plan of each year, verified against the case of that year: its loads, the targets that hold then. Its
        cost is that of the measures in use; capacity that stands unused is in `costs` alone.
    capacity : a row per option and year in which any of it stands: extent in use, built (what stands), added (what is
        new in that year).
    costs : a row per year: operating, fixed and capital cost, their sum, and what it is worth in the first year.
    attainment : a row per target and year: whether it holds yet, its value, its limit, margin and reserve.
    cost, bound, gap : cost of all years, discounted to the first one; its proved lower bound; relative difference.
    checks : what was checked of the years together: kind, rows, worst violation, where, tolerance.
    """

    case: Case
    plans: dict[int, Plan]
    capacity: pd.DataFrame
    costs: pd.DataFrame
    attainment: pd.DataFrame
    cost: float
    bound: float
    gap: float
    checks: pd.DataFrame

    @property
    def years(self) -> list[int]:
        """The years that are planned."""
        return list(self.plans)

    def indicators(self, *, sampling: Sampling | None = None) -> Indicators:
        """Return what each source can be held to: loads, concentrations, removals, measures, milestones.

        Parameters
        ----------
        sampling : how effluents are sampled; four samples a month of CV 0.6 where not given.
        """
        from abate.indicators import indicators_of_schedule

        return indicators_of_schedule(self, sampling=sampling)

    def plot(self) -> Figure:
        """Return a figure of what stands, what it costs and what each target attains over the years."""
        from abate.staged.figure import schedule_figure

        return schedule_figure(self)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every table by name; allocation and measures are those of all years, one below the other."""
        return {
            "capacity": self.capacity,
            "costs": self.costs,
            "attainment": self.attainment,
            "allocation": tables.of_years({year: plan.allocation for year, plan in self.plans.items()}),
            "measures": tables.of_years({year: plan.measures for year, plan in self.plans.items()}),
            "prices": tables.of_years({year: plan.prices for year, plan in self.plans.items()}),
            "checks": self.checks,
        }

    def __repr__(self) -> str:
        name, currency = self.case.settings.name, self.case.settings.currency
        years = f"{self.years[0]}" if len(self.years) == 1 else f"{self.years[0]} to {self.years[-1]}"
        return f"<Schedule for {name!r}, {years}: {self.cost:,.0f} {currency} discounted to {self.years[0]}, verified>"


def schedule(
    case: Case,
    *,
    years: Sequence[int] | None = None,
    progress: Progress | None = None,
    time_limit: float | None = None,
) -> Schedule:
    """Plan the years of a case together, at the least discounted cost.

    What is built in one year stands in every later one and its capital is paid from then on; it grows by no more than
    the `ramp` of its option a year, and nothing new works before the option's `first_year` or before its `lead_time`,
    counted from the first year, has passed. Loads grow by their `growth`; a target holds from its `year` on, one
    without from the end of the horizon on. See `abate.staged.years` and `abate_models.stages`.

    Parameters
    ----------
    case : from `abate.load`.
    years : one year after the other; the horizon of case.toml where they are not given.
    progress : called with (what, done, total) as the work goes on.
    time_limit : seconds for each solve; a plan found by then is returned with its gap, whatever it is.

    Returns
    -------
    Schedule
        Each year is verified against the case's tables, and so is what ties the years together.

    Raises
    ------
    InputError
        Where the case has no options, or does not say which years are planned, or a limit is no such number.
    NoPlanError
        Where the targets cannot hold together in their years; it names the year, and the targets.
    SolverError
        Where the time limit struck before any plan was found, the solver failed, or its result did not pass the
        certificate.
    """
    check_arguments(case, time_limit, DEFAULT_GAP)
    require_options(case)
    report, named = progress or no_report, years_of(case, years)
    steps = len(named) + 2
    report("reading the years", 0, steps)
    cases = Years(case, named)
    stages = [cases.stage(year) for year in named]
    report("planning the years together", 1, steps)
    options = cases.problem.options
    try:
        staged = Planner(time_limit=time_limit).solve(
            stages, Standing(options.built), discount_rate=case.settings.discount_rate
        )
    except OutOfReachError as error:
        raise no_schedule(case, cases, error) from None
    plans = {}
    for row, year in enumerate(named):
        report(f"checking the plan of {year}", 2 + row, steps)
        plans[year] = plan_of_year(cases.case_in(year), staged, row)
    size = float(np.abs(staged.yearly_cost).sum())
    return Schedule(
        case=case,
        plans=plans,
        capacity=tables.capacity(case, cases.problem, staged),
        costs=tables.costs(case, [stage.problem for stage in stages], staged),
        attainment=tables.attainment(case, cases, [stage.problem for stage in stages], staged),
        cost=staged.cost,
        bound=min(staged.bound, staged.cost),
        gap=relative_gap(staged.cost, staged.bound, size),
        checks=_checked(case, staged),
    )


def _checked(case: Case, staged: Staged) -> pd.DataFrame:
    """Return the checks of what ties the years together; SolverError where one fails."""
    checks: list[Check] = verify_years(
        case,
        YearsClaim(
            years=np.asarray(staged.years, dtype=float),
            extent=staged.extents,
            capacity=staged.capacity,
            installed=staged.installed,
            yearly_cost=staged.yearly_cost,
            cost=staged.cost,
            bound=staged.bound,
        ),
    )
    refuse_failures(checks)
    table = pd.DataFrame(checks, columns=["kind", "rows", "worst", "where"])
    return table.assign(tolerance=[tolerance_of(one) for one in checks])
