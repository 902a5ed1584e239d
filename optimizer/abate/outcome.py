"""From the solver's columns to what they mean: extents, loads, prices, and how good the plan is proved to be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from abate.bound import proved_bound
from abate.certify import Claim
from abate.solver import Session, Solution
from abate_models.compile import CompiledModel
from abate_models.problem import Problem
from abate_models.relaxation import relaxable
from abate_models.targets import BUDGET, CAP, QUALITY

Floats = NDArray[np.float64]

#: An extent below this share of the option's greatest extent is rounding, not a measure.
NEGLIGIBLE_EXTENT = 1e-9


@dataclass(frozen=True)
class Outcome:
    """A solved problem in the case's units.

    Attributes
    ----------
    extent, installed, cost : per option; cost is per year.
    load : load after measures, per load.
    price : per target, what one unit of tightening of its row costs in units of the objective; NaN without prices.
    slack : per target, by how much it gives way (objective exceedance only).
    limit : per target, its limit in the unit of its row, before margin and reserve.
    objective, value, bound, gap : name, value, proved lower bound and relative difference of the two.
    columns : value of each column of the model.
    fixed_decisions : whether the prices hold for the yes-or-no decisions as they are.
    """

    extent: Floats
    installed: NDArray[np.bool_]
    cost: Floats
    load: Floats
    price: Floats
    slack: Floats
    limit: Floats
    objective: str
    value: float
    bound: float
    gap: float
    columns: Floats
    fixed_decisions: bool

    def claim(self, best: Floats) -> Claim:
        """Return what the certificate has to check; `best` is the reach of each gap closure target."""
        return Claim(
            extent=self.extent,
            installed=self.installed,
            load=self.load,
            limit=self.limit,
            best=best,
            cost=float(self.cost.sum()),
            objective=self.objective,
            objective_value=self.value,
            bound=self.bound,
            slack=self.slack,
        )


def outcome_of(
    problem: Problem, compiled: CompiledModel, session: Session, solution: Solution, objective: str
) -> Outcome:
    """Read a solution; a MILP is solved once more with its decisions fixed, for prices.

    Raises
    ------
    SolverError
        Where the second solve fails.
    """
    bound, whole = solution.bound, bool(compiled.integer.any())
    if whole:
        session.fix_integers(solution.values)
        refined = session.solve()
        solution = refined if refined.found else solution
    elif not np.isnan(solution.prices).any():
        bound = proved_bound(compiled, solution.prices)
    columns = solution.values.copy()
    extent, installed, load = _clean(problem, compiled, columns)
    value = float(compiled.cost @ columns + compiled.offset)
    slack = np.zeros(len(problem.targets.ids))
    if "slack" in compiled.columns:
        slack[relaxable(problem)] = columns[compiled.columns["slack"]]
    return Outcome(
        extent=extent,
        installed=installed,
        cost=option_costs(problem, extent, installed),
        load=load,
        price=target_prices(problem, compiled, solution.prices),
        slack=slack,
        limit=problem.targets.limit,
        objective=objective,
        value=value,
        bound=min(bound, value),
        gap=relative_gap(value, bound),
        columns=columns,
        fixed_decisions=whole,
    )


def relative_gap(value: float, bound: float) -> float:
    """Return (value - bound) / |value|, at least 0; 0 where both are 0, infinite where nothing is proved."""
    difference = max(value - bound, 0.0)
    return difference / max(abs(value), abs(bound)) if difference else 0.0


def option_costs(problem: Problem, extent: Floats, installed: NDArray[np.bool_]) -> Floats:
    """Return the yearly cost of each option: operating, fixed, and capital beyond what is built."""
    options = problem.options
    added = np.maximum(extent - options.built, 0.0)
    return np.asarray(options.operating * extent + options.annual_capital * added + options.fixed * installed)


def target_prices(problem: Problem, compiled: CompiledModel, row_prices: Floats) -> Floats:
    """Return what one unit of tightening of each target costs, at least 0."""
    targets = problem.targets
    price = np.zeros(len(targets.ids))
    for form in (QUALITY, CAP, BUDGET):
        at = targets.rows(form)
        if len(at):
            price[at] = -targets.sign[at] * row_prices[compiled.rows[form]]
    return np.maximum(price, 0.0)


def _clean(
    problem: Problem, compiled: CompiledModel, columns: Floats
) -> tuple[Floats, NDArray[np.bool_], Floats]:
    """Take rounding out of the columns, in place; return extent, installed and load."""
    options = problem.options
    extent = np.clip(columns[compiled.columns["extent"]], 0.0, options.upper)
    scale = np.where(np.isfinite(options.upper), options.upper, 1.0)
    extent[extent <= NEGLIGIBLE_EXTENT * scale] = 0.0
    installed = extent > 0
    if "installed" in compiled.columns:
        decisions = np.round(columns[compiled.columns["installed"]])
        installed[options.discrete] = decisions > 0
        extent[~installed] = 0.0
        extent[installed] = np.maximum(extent, options.lower)[installed]
        columns[compiled.columns["installed"]] = decisions
    load = problem.loads.baseline - options.removal @ extent
    columns[compiled.columns["extent"]], columns[compiled.columns["allowed_load"]] = extent, load
    if "expansion" in compiled.columns:
        beyond = np.maximum(extent - options.built, 0.0)
        columns[compiled.columns["expansion"]] = beyond[options.expandable]
    return extent, installed, load
