"""Why there is no plan: the targets that conflict, what each could reach, and the smallest relaxation.

The conflict is looked for among targets and rules, for these are what people may change. An elastic model, in which
every target and rule may be missed at a price, has an optimum whose prices name a set that cannot hold together;
leaving out one after the other and solving again makes it minimal (deletion filter, Chinneck, Feasibility and
Infeasibility in Optimization, ch. 6).
"""

from __future__ import annotations

import logging
from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyomo.core.base.PyomoModel import ConcreteModel
from scipy import sparse

from abate.attainable import least_of_loads, technical_session
from abate.errors import NoPlanError, SolverError
from abate.margins import CUTS
from abate.solver import FEASIBILITY_TOLERANCE, Session, SolutionStatus
from abate.tables import target_units
from abate_data.case import Case
from abate_models.compile import CompiledModel, compile_model
from abate_models.cost import cost_of_columns
from abate_models.matrix import selection
from abate_models.problem import Problem
from abate_models.relaxation import relax, relaxable, target_sizes

Floats = NDArray[np.float64]
Positions = NDArray[np.int64]

#: Rows that describe what is technically possible; everything else is what somebody wants.
_TECHNICAL = (
    "minimum_extent",
    "maximum_extent",
    "expansion_need",
    "group",
    "balance",
    "resource",
    "worst_burden_need",
    "gini_gap_need",
    "party_cost_balance",
    "cost_gap_need",
    "scenario_need",
    "tail_need",
    "objective_value",
)
logger = logging.getLogger(__name__)

_TARGETS = ("quality", "cap", "budget")
_RULES = ("reduction_percent", "uniform", "burden")


def no_plan(case: Case, problem: Problem, model: ConcreteModel, compiled: CompiledModel) -> NoPlanError:
    """Return the error that names the conflict, the reach of each target in it, and the smallest relaxation.

    Parameters
    ----------
    model, compiled : the model that proved infeasible.

    Raises
    ------
    SolverError
        Where a solve of the diagnosis itself fails.
    """
    conflict = find_conflict(problem, compiled)
    relaxation, cost = _relaxation_if_any(case, problem, model)
    reach = reach_of(case, problem, {*conflict, *relaxation["target"]})
    message = _message(case, conflict, reach, relaxation, cost)
    return NoPlanError(message, conflict, reach, relaxation, cost)


def _relaxation_if_any(case: Case, problem: Problem, model: ConcreteModel) -> tuple[pd.DataFrame, float]:
    """Return the smallest relaxation; none where it cannot be found, so that the conflict is told all the same."""
    try:
        return smallest_relaxation(case, problem, model)
    except SolverError as error:
        logger.warning("the smallest relaxation was not found: %s", error)
        return _relaxed_table(case, problem, np.zeros(len(problem.targets.ids))), np.nan


def find_conflict(problem: Problem, compiled: CompiledModel) -> list[str]:
    """Return a minimal set of targets, rules and added constraints that cannot hold together.

    Minimal means: without any one of them the others can hold, each seen by solving again. Empty where the technical
    rows alone cannot hold.
    """
    wanted = _wanted(problem, compiled)
    suspects = _suspects(compiled, wanted)
    session = _feasibility(compiled, [name for name in wanted if name not in suspects], wanted)
    if _feasible(session):
        # whole numbers are to blame, which the elastic model does not see: everything is a suspect
        suspects = list(wanted)
        session = _feasibility(compiled, [], wanted)
    kept = []
    for name in suspects:
        rows = wanted[name]
        _free(session, rows)
        if _feasible(session):
            session.bound_rows(rows, compiled.row_lower[rows], compiled.row_upper[rows])
            kept.append(name)
    return kept


def smallest_relaxation(case: Case, problem: Problem, model: ConcreteModel) -> tuple[pd.DataFrame, float]:
    """Return by how much targets have to give way, tier by tier, and the cost of the cheapest plan after that.

    Tiers are settled from the most important (priority 1) on: the least greatest relative exceedance, then the
    least sum of them, then the next tier. Targets of priority 0, rules and added constraints never give way.

    Returns
    -------
    Table with target, priority, unit, allowed, becomes, gives_way, percent; empty where no relaxation helps.
    Yearly cost; NaN where no relaxation helps.
    """
    chosen = relaxable(problem)
    gives_way = np.zeros(len(problem.targets.ids))
    if not len(chosen):
        return _relaxed_table(case, problem, gives_way), np.nan
    relaxed = model.clone()
    relax(relaxed, problem)
    compiled = compile_model(relaxed)
    session = Session(compiled)
    slack, worst = compiled.positions("exceedance"), compiled.positions("worst")
    sizes = target_sizes(problem)[chosen]
    tiers, tier = np.unique(problem.targets.priority[chosen], return_inverse=True)
    for position in range(len(tiers)):
        if not _settle(session, worst[[position]], np.ones(1)):
            return _relaxed_table(case, problem, gives_way), np.nan
        if not _settle(session, slack[tier == position], sizes[tier == position]):
            raise SolverError("the least sum of what a tier gives way was not found, though its least worst was")
    session.minimise(cost_of_columns(problem, compiled))
    cheapest = session.solve()
    if not cheapest.found:
        raise SolverError(f"the cheapest plan after the relaxation was not found: {cheapest.status.value}")
    given = cheapest.values[slack]
    gives_way[chosen] = np.where(given > FEASIBILITY_TOLERANCE * sizes, given, 0.0)
    return _relaxed_table(case, problem, gives_way), cheapest.objective


def _settle(session: Session, columns: Positions, sizes: Floats) -> bool:
    """Minimise the sum of columns over their sizes, then hold each column to what it came to; False if infeasible."""
    costs = np.zeros(session.compiled.matrix.shape[1])
    costs[columns] = 1.0 / sizes
    session.minimise(costs)
    solution = session.solve()
    if solution.status is SolutionStatus.INFEASIBLE:
        return False
    if not solution.found:
        raise SolverError(f"a step of the smallest relaxation was not found: {solution.status.value}")
    # a hair of room, far below what counts as giving way, so that the next solve is not lost to rounding
    reached = np.maximum(solution.values[columns], 0.0) + 0.01 * FEASIBILITY_TOLERANCE * sizes
    session.bound_columns(columns, np.zeros(len(columns)), reached)
    return True


def _wanted(problem: Problem, compiled: CompiledModel) -> dict[str, Positions]:
    """Return the rows of each target, rule and added constraint, by its name."""
    targets = set(problem.targets.ids)
    wanted: dict[str, list[int]] = {}
    named: dict[int, str] = {}
    for component, positions in compiled.rows.items():
        if component in _TECHNICAL:
            continue
        for key, row in zip(compiled.keys[component], positions, strict=True):
            if row >= 0:
                # a cut belongs to the target whose limit it keeps, which came before
                owner = key[0] if component == CUTS and isinstance(key, tuple) else -1
                named[row] = named.get(owner) or _name(component, key, targets)
                wanted.setdefault(named[row], []).append(int(row))
    return {name: np.array(rows) for name, rows in wanted.items()}


def _name(component: str, key: object, targets: set[str]) -> str:
    """Return what a planner calls a row: the target, the rule, or the constraint that somebody added."""
    if component in _RULES and isinstance(key, tuple):
        rule = str(key[0])
        return f"rule {rule}" if rule in targets else rule
    if component in _TARGETS:
        return str(key)
    if key is None:
        return component
    return f"{component}[{', '.join(map(str, key)) if isinstance(key, tuple) else key}]"


def _suspects(compiled: CompiledModel, wanted: dict[str, Positions]) -> list[str]:
    """Return what carries a price in the elastic model, where all that is wanted may be missed at a price."""
    rows = np.concatenate([*wanted.values(), np.zeros(0, dtype=np.int64)])
    sizes = _row_sizes(compiled)[rows]
    count, width = len(rows), compiled.matrix.shape[1]
    short = selection(rows, compiled.matrix.shape[0]).T
    elastic = replace(
        compiled,
        matrix=sparse.hstack([compiled.matrix, short, -short], format="csr"),
        cost=np.concatenate([np.zeros(width), np.tile(1.0 / sizes, 2)]),
        offset=0.0,
        column_lower=np.concatenate([compiled.column_lower, np.zeros(2 * count)]),
        column_upper=np.concatenate([compiled.column_upper, np.full(2 * count, np.inf)]),
        integer=np.zeros(width + 2 * count, dtype=bool),
    )
    solution = Session(elastic).solve()
    if not solution.found:
        return []
    priced = np.abs(solution.prices[rows] * sizes) > FEASIBILITY_TOLERANCE
    priced_rows = set(rows[priced].tolist())
    return [name for name, positions in wanted.items() if priced_rows.intersection(positions.tolist())]


def _row_sizes(compiled: CompiledModel) -> Floats:
    """Return the largest contribution that a single column can make to each row; 1 where there is none."""
    reach = np.where(np.isfinite(compiled.column_upper), np.abs(compiled.column_upper), 1.0)
    contribution = abs(compiled.matrix) * reach
    sizes = contribution.max(axis=1).toarray().ravel()
    return np.where(sizes > 0, sizes, 1.0)


def _feasibility(compiled: CompiledModel, dropped: list[str], wanted: dict[str, Positions]) -> Session:
    """Return a session that only asks whether there is a point, without some of what is wanted."""
    session = Session(compiled)
    session.minimise(np.zeros(compiled.matrix.shape[1]))
    for name in dropped:
        _free(session, wanted[name])
    return session


def _free(session: Session, rows: Positions) -> None:
    unbounded = np.full(len(rows), np.inf)
    session.bound_rows(rows, -unbounded, unbounded)


def _feasible(session: Session) -> bool:
    solution = session.solve()
    if solution.status is SolutionStatus.INFEASIBLE:
        return False
    if solution.found:
        return True
    raise SolverError(f"the conflict could not be told: {solution.stop.value}, {solution.status.value}")


def reach_of(case: Case, problem: Problem, named: set[str]) -> pd.DataFrame:
    """Return what each of the named targets can come to by itself."""
    targets, receptors = problem.targets, problem.receptors
    rows = [row for row, name in enumerate(targets.ids) if name in named]
    baseline, best = [], []
    session = technical_session(problem)
    for row in rows:
        at, sign = targets.quality[row], targets.sign[row]
        of_loads = targets.scope[[row]] if at < 0 else receptors.transfer[[at]]
        background = 0.0 if at < 0 else receptors.background[at]
        weights = of_loads.toarray()[0]
        baseline.append(background + float(weights @ problem.loads.baseline))
        best.append(background + sign * least_of_loads(session, sign * weights))
    units = target_units(case, problem)
    return pd.DataFrame(
        {
            "target": [targets.ids[row] for row in rows],
            "unit": [units[row] for row in rows],
            "sense": _senses(problem)[rows],
            "baseline": baseline,
            "allowed": targets.allowed[rows],
            "best": best,
        }
    )


def _relaxed_table(case: Case, problem: Problem, gives_way: Floats) -> pd.DataFrame:
    targets = problem.targets
    rows = np.flatnonzero(gives_way > 0)
    units = target_units(case, problem)
    return pd.DataFrame(
        {
            "target": [targets.ids[row] for row in rows],
            "priority": targets.priority[rows],
            "unit": [units[row] for row in rows],
            "sense": _senses(problem)[rows],
            "allowed": targets.allowed[rows],
            "becomes": targets.allowed[rows] + targets.sign[rows] * gives_way[rows],
            "gives_way": gives_way[rows],
            "percent": 100.0 * gives_way[rows] / target_sizes(problem)[rows],
        }
    )


def _senses(problem: Problem) -> NDArray[np.object_]:
    return np.where(problem.targets.sign > 0, "at most", "at least").astype(object)


def eased_limit(allowed: float, becomes: float) -> str:
    """Return a relaxed limit with six digits, rounded away from the old one, so that it can be typed back.

    >>> eased_limit(60.0, 64.1234561), eased_limit(9.0, 8.1234567)
    ('64.1235', '8.12345')
    """
    rounding = ROUND_CEILING if becomes > allowed else ROUND_FLOOR
    exact = Decimal(f"{becomes:.7g}")  # the rest is the room that solves leave for rounding
    digit = Decimal(1).scaleb(exact.adjusted() - 5)
    return f"{float(exact.quantize(digit, rounding=rounding)):,.10g}"


def _message(case: Case, conflict: list[str], reach: pd.DataFrame, relaxation: pd.DataFrame, cost: float) -> str:
    lines = [f"no plan for {case.settings.name!r}: {_conflict_sentence(conflict)}"]
    money = f"{case.settings.currency}/yr"
    lines += [
        f"  {row.target}: asked for {row.sense} {row.allowed:.6g} {row.unit}"
        + ("" if row.unit == money else f", can come from {row.baseline:.6g} to {row.best:.6g}")
        for row in reach.itertuples()
    ]
    if len(relaxation):
        lines.append("the smallest relaxation that gives a plan:")
        eased = map(eased_limit, relaxation["allowed"].tolist(), relaxation["becomes"].tolist())
        lines += [
            f"  {row.target}: {row.allowed:.6g} -> {limit} {row.unit} "
            f"(gives way by {row.gives_way:.4g}, {row.percent:.3g} %, priority {row.priority})"
            for row, limit in zip(relaxation.itertuples(), eased, strict=True)
        ]
        lines.append(f"  at a cost of {cost:,.0f} {case.settings.currency}/yr")
    else:
        lines.append("no relaxation of targets of a priority above 0 was found; change the others or the rules")
    return "\n".join(lines)


def _conflict_sentence(conflict: list[str]) -> str:
    names = ", ".join(conflict)
    if not conflict:
        return "the options, floors and resources leave no plan even without targets"
    if len(conflict) == 1:
        return f"{names} cannot be met"
    return f"{names} cannot hold together (without any one of them the others can)"
