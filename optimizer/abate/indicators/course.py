"""How a plan comes about over the years: what is in operation, what may be emitted, what targets come to.

A plan of one year says nothing of when its measures are built. They are taken as decided at the start of the horizon:
each works from its `first_year` on, not before its `lead_time` has passed, and grows by no more than its `ramp` a year;
until then its source emits what the measures in operation leave. Loads stay as the plan has them. Without a horizon the
first `first_year` is the start, and where there is none of these either, years are counted from the decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from abate.indicators.allowance import Allowance, Floats
from abate.outcome import option_costs
from abate.plan import Plan
from abate.staged.planner import first_working_years
from abate.staged.years import holding
from abate.tables import measure_units, target_units, target_values
from abate_models.options import Options
from abate_models.problem import Problem

#: Years after which a ramp is at its end, however slow it is.
MOST_YEARS = 200
#: A load or an extent that moves by less than this share of its size stays as it is.
SAME = 1e-9


@dataclass(frozen=True)
class Course:
    """What happens in each of some years, in order.

    Attributes
    ----------
    years : of the calendar; counted from the decision, 0 first, where `dated` is False.
    loads : (years x loads), what each may emit; NaN where it is not known.
    extents : (years x options), what is to be in operation.
    """

    years: list[int]
    dated: bool
    loads: Floats
    extents: Floats

    def working_from(self) -> Floats:
        """Return the first year in which any of each option is in operation (options,); NaN where none ever is."""
        works = self.extents > 0
        years = np.array(self.years, dtype=np.float64)
        return np.where(works.any(axis=0), years[works.argmax(axis=0)], np.nan)


def course_of_plan(allowance: Allowance) -> Course:
    """Return how a plan of one year comes about."""
    problem, extent = allowance.problem, allowance.plan._outcome.extent
    options, horizon = problem.options, allowance.case.settings.horizon
    new = extent > options.built * (1 + SAME)
    named = options.first_year[new & ~np.isnan(options.first_year)]
    dated = horizon is not None or bool(len(named))
    start = horizon.start if horizon is not None else int(named.min()) if len(named) else 0
    works = np.maximum(first_working_years(problem, start), start)
    steps = _steps(options, extent)
    told = {start, *np.unique(works[new]).astype(int).tolist()}
    for option in np.flatnonzero(new & (steps > 1)):
        told |= set(range(int(works[option]), int(works[option] + steps[option])))
    years = sorted(told)
    extents = np.array([_standing(problem, extent, works, year) for year in years])
    extents[-1] = extent
    left = problem.loads.baseline - extents @ problem.options.removal.T
    loads = np.maximum(left, allowance.allowed)
    loads[-1] = allowance.allowed
    return Course(years, dated, loads, extents)


def _steps(options: Options, extent: Floats) -> Floats:
    """Return the years that each option takes to grow from what is built (options,)."""
    years = np.full(len(extent), float(MOST_YEARS))
    np.divide(extent - options.built, options.ramp, out=years, where=options.ramp > 0)
    return np.asarray(np.ceil(np.minimum(years, MOST_YEARS)))


def _standing(problem: Problem, extent: Floats, works: Floats, year: int) -> Floats:
    """Return what is in operation in a year (options,)."""
    options = problem.options
    passed = np.maximum(year - works + 1, 0.0)
    grown = np.multiply(options.ramp, passed, out=np.zeros(len(passed)), where=passed > 0)
    return np.asarray(np.minimum(extent, options.built + grown))


def course_of_years(plans: Mapping[int, Plan]) -> Course:
    """Return the course of plans by year."""
    outcomes = [plan._outcome for plan in plans.values()]
    loads, extents = (np.array([getattr(one, name) for one in outcomes]) for name in ("load", "extent"))
    return Course(list(plans), True, loads, extents)


def milestones(allowance: Allowance, course: Course) -> pd.DataFrame:
    """Return what has to be kept from which year on: a row per load or measure and year in which it changes.

    Returns
    -------
    source, item (a pollutant or measure), what (`load at most` or `in operation`), year (blank where it is not known
    when the plan is decided), after (years after the first), value, unit. The first year has every load.
    """
    problem, options = allowance.problem, allowance.problem.options
    parts = [
        _changes(course.loads, np.full(len(allowance.allowed), np.nan)),
        _changes(course.extents, np.zeros(len(options.keys))),
    ]
    (load_year, load), (option_year, option) = parts
    measure = np.array(allowance.case.ids("options", "measure"), dtype=object)
    of_source = np.concatenate([problem.loads.source[load], options.source[option]])
    years = np.concatenate([load_year, option_year])
    table = pd.DataFrame(
        {
            "source": np.array(problem.sources, dtype=object)[of_source],
            "item": np.concatenate([allowance.pollutant[load], measure[options.measure[option]]]),
            "what": np.repeat(np.array(["load at most", "in operation"], dtype=object), [len(load), len(option)]),
            "year": _dated(course, years),
            "after": np.array(course.years, dtype=np.int64)[years] - course.years[0],
            "value": np.concatenate([course.loads[load_year, load], course.extents[option_year, option]]),
            "unit": np.concatenate(
                [
                    np.full(len(load), allowance.load_unit, dtype=object),
                    measure_units(allowance.case)[options.measure[option]],
                ]
            ),
        }
    )
    order = np.lexsort((np.repeat([0, 1], [len(load), len(option)]), years, of_source))
    table = table.iloc[order].reset_index(drop=True)
    table.attrs["units"] = {"after": "years"}
    return table


def _changes(values: Floats, before: Floats) -> tuple[np.ndarray, np.ndarray]:
    """Return year and column of every value that is known and not that of the year before."""
    earlier = np.vstack([before, values[:-1]])
    size = np.maximum(np.abs(values), np.abs(np.nan_to_num(earlier)))
    moved = ~np.isnan(values) & ~(np.abs(values - earlier) <= SAME * size)
    year, column = np.nonzero(moved)
    return year, column


def _dated(course: Course, rows: np.ndarray) -> np.ndarray:
    years = np.array(course.years, dtype=np.int64)[rows]
    return years if course.dated else np.full(len(rows), np.nan)


def targets_over_years(allowance: Allowance, course: Course) -> pd.DataFrame:
    """Return what each target comes to year by year, and the limit that it is held to then.

    Returns
    -------
    target, year (blank where it is not known), unit, expected, limit (blank before the target has to hold).
    """
    case, problem = allowance.case, allowance.problem
    units = np.array(target_units(case, problem), dtype=object)
    values = []
    for load, extent in zip(course.loads, course.extents, strict=True):
        values.append(target_values(problem, load, option_costs(problem, extent, extent > 0)))
    last = course.years[-1]
    held = [
        holding(case, year, last) | (year == last) if course.dated else np.full(len(units), year == last)
        for year in course.years
    ]
    count, size = len(course.years), len(units)
    order = np.argsort(np.tile(np.arange(size), count), kind="stable")
    table = pd.DataFrame(
        {
            "target": np.tile(np.array(problem.targets.ids, dtype=object), count),
            "year": _dated(course, np.repeat(np.arange(count), size)),
            "unit": np.tile(units, count),
            "expected": np.concatenate(values),
            "limit": np.where(np.concatenate(held), np.tile(problem.targets.limit, count), np.nan),
        }
    )
    table = table.iloc[order].reset_index(drop=True)
    table.attrs["units"] = {}
    return table
