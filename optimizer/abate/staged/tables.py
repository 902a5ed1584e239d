"""The tables of a plan of several years, each with the units of its columns in ``attrs["units"]``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from abate.staged.stage import Staged
from abate.staged.years import Years, holding
from abate.tables import BINDING_SHARE, measure_units, target_units, target_values
from abate_data.case import Case
from abate_models.problem import Problem
from abate_models.stages import discount_factors


def capacity(case: Case, problem: Problem, staged: Staged) -> pd.DataFrame:
    """Return a row per option and year in which any of it stands: what is used, stands and is new, in its unit."""
    options = problem.options
    before = np.vstack([options.built, staged.capacity[:-1]])
    option, year = np.nonzero(staged.capacity.T > 0)
    units = measure_units(case)[options.measure]
    return pd.DataFrame(
        {
            "source": [options.keys[j][0] for j in option],
            "measure": [options.keys[j][1] for j in option],
            "year": np.asarray(staged.years)[year],
            "unit": units[option],
            "extent": staged.extents[year, option],
            "built": staged.capacity[year, option],
            "added": (staged.capacity - before)[year, option],
        }
    )


def costs(case: Case, problems: Sequence[Problem], staged: Staged) -> pd.DataFrame:
    """Return a row per year: operating, fixed and capital cost, their sum, and what it is worth in the first year."""
    options = [problem.options for problem in problems]
    operating = [one.operating @ extent for one, extent in zip(options, staged.extents, strict=True)]
    fixed = [one.fixed @ installed for one, installed in zip(options, staged.installed, strict=True)]
    built = case.values("options", "built")
    capital = [one.annual_capital @ (stands - built) for one, stands in zip(options, staged.capacity, strict=True)]
    worth = discount_factors(staged.years, case.settings.discount_rate) * staged.yearly_cost
    table = pd.DataFrame(
        {
            "year": staged.years,
            "operating": operating,
            "fixed": fixed,
            "capital": capital,
            "cost": staged.yearly_cost,
            "discounted": worth,
        }
    )
    yearly = dict.fromkeys(("operating", "fixed", "capital", "cost"), f"{case.settings.currency}/yr")
    table.attrs["units"] = {**yearly, "discounted": case.settings.currency}
    return table


def attainment(case: Case, years: Years, problems: Sequence[Problem], staged: Staged) -> pd.DataFrame:
    """Return a row per target and year: whether it holds yet, its value, limit, margin and reserve, what is unused."""
    limits, rows = years.problem.targets, []
    units = target_units(case, years.problem)
    for row, (year, problem) in enumerate(zip(staged.years, problems, strict=True)):
        options = problem.options
        added = staged.capacity[row] - case.values("options", "built")
        cost = options.operating * staged.extents[row] + options.fixed * staged.installed[row]
        value = target_values(problem, staged.loads[row], cost + options.annual_capital * added)
        margin = limits.margin + staged.margins[row]
        unused = limits.sign * (limits.limit - value) - margin - limits.reserve
        size = np.maximum.reduce([np.abs(limits.limit), np.abs(value), margin])
        rows.append(
            pd.DataFrame(
                {
                    "target": limits.ids,
                    "year": year,
                    "unit": units,
                    "holds": holding(case, year, staged.years[-1]),
                    "value": value,
                    "limit": limits.limit,
                    "margin": margin,
                    "reserve": limits.reserve,
                    "unused": np.where(np.abs(unused) <= BINDING_SHARE * size, 0.0, unused),
                    "attained": unused >= -BINDING_SHARE * size,
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def of_years(tables: dict[int, pd.DataFrame]) -> pd.DataFrame:
    """Return the tables of all years one below the other, with the year in front."""
    parts = [table.assign(year=year) for year, table in tables.items()]
    joined = pd.concat(parts, ignore_index=True)
    joined.insert(0, "year", joined.pop("year"))
    joined.attrs["units"] = next(iter(tables.values())).attrs.get("units", {})
    return joined
