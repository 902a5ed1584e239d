"""From the solver's columns to what they mean: extents, loads, prices, and how good the plan is proved to be."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from abate.bound import proved_bound
from abate.certify import Claim
from abate.margins import row_prices
from abate.probability import Held, Probabilities
from abate.solver import OPTIMALITY_TOLERANCE, Session, Solution, SolutionStatus, StopReason
from abate_models.compile import CompiledModel
from abate_models.cost import cost_of_columns
from abate_models.problem import Problem
from abate_models.relaxation import relaxable
from abate_models.targets import BUDGET, CAP, QUALITY

Floats = NDArray[np.float64]

logger = logging.getLogger(__name__)

#: An extent below this share of the option's greatest extent is rounding, not a measure.
NEGLIGIBLE_SHARE = 1e-9
#: A difference of objectives below this share of the most that the objective could come to is rounding.
ROUNDING_SHARE = 1e-15
#: Relative room given to an objective while the cheapest plan with that value is looked for.
ROOM_FOR_COST = 1e-7


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
    stop : why the solver stopped, in the solve that chose the plan.
    maximised : whether `value` and `bound` are the negatives of an objective that is maximised.
    shares : whether `load` is what a strategy hands out, not just what the measures leave.
    held : margins by which targets hold with a probability; None where only expected values are judged.
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
    stop: StopReason
    maximised: bool
    shares: bool = False
    held: Held | None = None

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
            shares=self.shares,
            maximised=self.maximised,
            margin=None if self.held is None else self.held.margin,
        )


def outcome_of(
    problem: Problem,
    session: Session,
    solution: Solution,
    objective: str,
    secondary: bool,
    probabilities: Probabilities,
) -> Outcome:
    """Read a solution; solve again for prices where decisions are whole.

    Where cost is `secondary`, the cheapest plan with the solution's value is looked for first.

    Raises
    ------
    SolverError
        Where a further solve fails.
    """
    whole = session.is_whole
    priced, bound = solution, solution.bound
    if not whole and not np.isnan(solution.prices).any():
        bound = proved_bound(session.compiled, solution.prices)
    stop = solution.stop
    if secondary:
        solution = _cheapest(problem, session, solution, probabilities)
        stop = solution.stop
    if whole:
        priced = _with_fixed_decisions(session, solution, probabilities)
        solution = solution if secondary else priced
    compiled = session.compiled
    columns = solution.values.copy()
    extent, installed, load = clean(problem, compiled, columns)
    value = float(compiled.cost @ columns + compiled.offset)
    gap = relative_gap(value, bound, _size(compiled))
    return Outcome(
        extent=extent,
        installed=installed,
        cost=option_costs(problem, extent, installed),
        load=load,
        price=target_prices(problem, compiled, row_prices(compiled, priced.prices)),
        slack=_slack(problem, compiled, columns),
        limit=problem.targets.limit,
        objective=objective,
        value=value,
        bound=min(bound, value) if gap else value,
        gap=gap,
        columns=columns,
        fixed_decisions=whole,
        stop=stop,
        maximised=compiled.maximised,
        held=probabilities.held(load, extent),
    )


def outcome_at(problem: Problem, compiled: CompiledModel, columns: Floats, row_prices: Floats) -> Outcome:
    """Read given columns of a model of least cost as a plan of which no bound is proved.

    Parameters
    ----------
    columns : value of each column.
    row_prices : price of each row of the model; NaN where there are none.
    """
    columns = columns.copy()
    extent, installed, load = clean(problem, compiled, columns)
    cost = option_costs(problem, extent, installed)
    return Outcome(
        extent=extent,
        installed=installed,
        cost=cost,
        load=load,
        price=target_prices(problem, compiled, row_prices),
        slack=_slack(problem, compiled, columns),
        limit=problem.targets.limit,
        objective="cost",
        value=float(cost.sum()),
        bound=-np.inf,
        gap=np.inf,
        columns=columns,
        fixed_decisions=bool(compiled.integer.any()),
        stop=StopReason.FINISHED,
        maximised=False,
    )


def _cheapest(problem: Problem, session: Session, best: Solution, probabilities: Probabilities) -> Solution:
    """Return the cheapest solution that is as good as the best one; the session gets its own objective back."""
    compiled = session.compiled
    row, free = compiled.rows["objective_value"], np.array([np.inf])
    value = best.objective - compiled.offset
    most = np.array([value + ROOM_FOR_COST * max(abs(value), abs(best.objective))])
    # the row holds the objective as it is named, the value its negative where that is maximised
    session.bound_rows(row, *((-most, free) if compiled.maximised else (-free, most)))
    session.minimise(cost_of_columns(problem, compiled))
    cheapest = probabilities.solve(session)
    session.bound_rows(row, -free, free)
    session.minimise(compiled.cost, compiled.offset)
    if cheapest.found:
        return cheapest
    # the best one is a point of that model too, so a solve that ends without any has failed
    return replace(best, stop=StopReason.FAILED if cheapest.stop is StopReason.FINISHED else cheapest.stop)


def _with_fixed_decisions(session: Session, solution: Solution, probabilities: Probabilities) -> Solution:
    """Return the solution of the LP that is left once every yes-or-no decision is fixed."""
    session.fix_integers(solution.values)
    refined = probabilities.solve(session)
    return refined if refined.found else solution


def relative_gap(value: float, bound: float, size: float) -> float:
    """Return (value - bound) / |value|, at least 0; infinite where nothing is proved.

    `size` is the most that the objective could come to, of which a difference may be mere rounding.
    """
    difference = value - bound
    if difference <= ROUNDING_SHARE * size:
        return 0.0
    return difference / max(abs(value), abs(bound)) if np.isfinite(bound) else np.inf


def proved_status(status: SolutionStatus, proved: float, wanted: float) -> SolutionStatus:
    """Return optimal only where the gap that is proved says so too, whatever the solver says."""
    if status is SolutionStatus.OPTIMAL and proved > max(wanted, OPTIMALITY_TOLERANCE):
        logger.warning("the solver calls the plan optimal, but only a gap of %.2g is proved", proved)
        return SolutionStatus.FEASIBLE
    return status


def _size(compiled: CompiledModel) -> float:
    """Return the most that the objective could come to within the bounds of the columns."""
    reach = np.where(np.isfinite(compiled.column_upper), np.abs(compiled.column_upper), 0.0)
    return float(np.abs(compiled.cost) @ reach)


def option_costs(problem: Problem, extent: Floats, installed: NDArray[np.bool_]) -> Floats:
    """Return the yearly cost of each option: operating, fixed, and capital beyond what is built."""
    options = problem.options
    added = np.maximum(extent - options.built, 0.0)
    return np.asarray(options.operating * extent + options.annual_capital * added + options.fixed * installed)


def target_prices(problem: Problem, compiled: CompiledModel, row_prices: Floats) -> Floats:
    """Return what one unit of tightening of each target costs, at least 0; NaN where the model has no such row."""
    targets = problem.targets
    price = np.zeros(len(targets.ids))
    for form in (QUALITY, CAP, BUDGET):
        at = targets.rows(form)
        rows = compiled.rows_of(form, [targets.ids[row] for row in at])
        price[at] = np.where(rows < 0, np.nan, -targets.sign[at] * np.append(row_prices, np.nan)[rows])
    return np.maximum(price, 0.0)


def _slack(problem: Problem, compiled: CompiledModel, columns: Floats) -> Floats:
    slack = np.zeros(len(problem.targets.ids))
    if "exceedance" in compiled.columns:
        slack[relaxable(problem)] = columns[compiled.columns["exceedance"]]
    return slack


def clean(problem: Problem, compiled: CompiledModel, columns: Floats) -> tuple[Floats, NDArray[np.bool_], Floats]:
    """Take rounding out of the columns, in place; return extent, installed and load."""
    options = problem.options
    extent = np.clip(columns[compiled.columns["extent"]], 0.0, options.upper)
    scale = np.where(np.isfinite(options.upper), options.upper, 1.0)
    extent[extent <= NEGLIGIBLE_SHARE * scale] = 0.0
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
