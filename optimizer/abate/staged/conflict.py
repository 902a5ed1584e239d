"""Why there is no plan of several years: the conflict of the first year that has none, or of the years together."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

import numpy as np
import pandas as pd

from abate.decomposing import decompose
from abate.errors import NoPlanError, SolverError
from abate.margins import CUTS
from abate.noplan import find_conflict
from abate.staged.stage import OutOfReachError
from abate.staged.years import Years
from abate_data.case import Case
from abate_models.compile import CompiledModel
from abate_models.problem import Problem
from abate_models.stages import year_of
from abate_models.targets import BUDGET, CAP, QUALITY

#: Rows of a year that somebody wants: targets by their id, rules by (rule, ...).
_WANTED = (QUALITY, CAP, BUDGET, "reduction_percent", "uniform", "burden")
#: What all other rows are called together: one of the names that say what can be done.
_POSSIBLE = "balance"


def no_schedule(case: Case, years: Years, error: OutOfReachError) -> NoPlanError:
    """Return the error that names the conflict: that of the first year without a plan, or of the years together.

    Raises
    ------
    SolverError
        Where a solve of the diagnosis itself fails.
    """
    if error.year is None:
        return _of_the_years(case, years.problem, error)
    alone = years.case_in(error.year)
    most = np.minimum(alone.values("options", "max_extent"), error.reach)
    tables = {**alone.tables, "options": alone["options"].assign(max_extent=most)}
    try:
        decompose(replace(alone, tables=tables))
    except NoPlanError as found:
        message = f"in {error.year}, with what can stand by then: {found}"
        return NoPlanError(message, found.conflict, found.reach, found.relaxation, found.relaxed_cost)
    raise SolverError(f"the conflict of {error.year} could not be told: by itself it has a plan")


def _of_the_years(case: Case, problem: Problem, error: OutOfReachError) -> NoPlanError:
    conflict = find_conflict(problem, merged(error.compiled, error.years))
    together = "be met" if len(conflict) == 1 else "hold together"
    message = (
        f"no plan for {case.settings.name!r} over {error.years[0]} to {error.years[-1]}: {', '.join(conflict)} cannot "
        f"{together}, though the targets of each year by itself can; ease them or the ramps, or let them hold later"
    )
    reach = pd.DataFrame(columns=["target", "unit", "sense", "baseline", "allowed", "best"])
    relaxation = pd.DataFrame(
        columns=["target", "priority", "unit", "sense", "allowed", "becomes", "gives_way", "percent"]
    )
    return NoPlanError(message, conflict, reach, relaxation, np.nan)


def merged(compiled: CompiledModel, years: list[int]) -> CompiledModel:
    """Return the model of several years with its rows named as in one year, each target with the year behind it."""
    rows: dict[str, list[np.ndarray]] = {}
    keys: dict[str, list[Hashable]] = {}
    for year in years:
        view = year_of(compiled, year)
        for name, positions in view.rows.items():
            wanted = name in _WANTED
            kind = name if wanted else _POSSIBLE
            rows.setdefault(kind, []).append(positions)
            keys.setdefault(kind, []).extend(_in_year(key, year) if wanted else key for key in view.keys[name])
    if CUTS in compiled.rows:  # what probabilities ask belongs to the targets that they are of
        rows[CUTS], keys[CUTS] = [compiled.rows[CUTS]], compiled.keys[CUTS]
    return replace(compiled, rows={name: np.concatenate(parts) for name, parts in rows.items()}, keys=keys)


def _in_year(key: Hashable, year: int) -> Hashable:
    """Return the key of a row with the year in the name of its target or rule."""
    return (f"{key[0]} in {year}", *key[1:]) if isinstance(key, tuple) else f"{key} in {year}"
