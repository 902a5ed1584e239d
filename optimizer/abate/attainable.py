"""Reach: the best that each receptor and region can come to with all measures, and what that costs.

Reach asks what is technically possible. It knows options, groups, resources and floors, but neither targets nor
rules: these are what people want, not what can be done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from abate.errors import Finding, InputError, SolverError
from abate.solver import FEASIBILITY_TOLERANCE, Session, SolutionStatus
from abate_data.case import Case
from abate_data.schema import OXYGEN
from abate_models.assemble import assemble
from abate_models.compile import compile_model
from abate_models.cost import cost_of_columns
from abate_models.problem import Problem, read_problem
from abate_models.regions import Scopes
from abate_models.rules import Rules
from abate_models.targets import CAP, QUALITY, Targets, resolve_gap_closure

Floats = NDArray[np.float64]
#: Called with what is being done, how many steps are done and how many there are.
Progress = Callable[[str, int, int], None]


def no_report(_what: str, _done: int, _left: float) -> None:
    """Progress for those who did not ask for any, whatever its numbers count."""


@dataclass(frozen=True)
class Reach:
    """The best that can be reached, each by itself.

    Attributes
    ----------
    receptors : receptor, parameter, unit, baseline, best, yearly cost of the cheapest way to the best.
    regions : region, pollutant, baseline, least (load), percent (reduction), yearly cost of the cheapest way there.
    """

    receptors: pd.DataFrame
    regions: pd.DataFrame


def reach(case: Case, *, progress: Progress | None = None) -> Reach:
    """Return the most that each receptor and each region can reach, and at what cost.

    Parameters
    ----------
    progress : called with (what, done, total) before each solve.

    Returns
    -------
    Reach
        Quality in the unit of each parameter, loads in the case's load unit, cost in its currency per year.

    Raises
    ------
    InputError
        Where the case has no options: what could be done is then not known, and not the same as nothing.
    SolverError
        Where a solve fails.
    """
    require_options(case)
    problem = read_problem(case)
    scopes = Scopes(case)
    probes, zones = _probes(case, problem, scopes)
    probed = technical_problem(problem, probes)
    session, rows = _session(probed)
    found = [
        _best_and_cost(session, probed, position, int(rows[position]), progress) for position in range(len(probes.ids))
    ]
    return _tables(case, problem, probes, zones, found)


def require_options(case: Case) -> None:
    """Refuse a case that does not say what can be done, and at what cost.

    Raises
    ------
    InputError
        Naming the tables that have no rows.
    """
    what = {"options": "which measures each source can take and what they cost", "removals": "what its measures remove"}
    if not len(case["options"]):
        cure = "fill it, or compare strategies that need no costs with abate.compare"
        empty = [table for table in what if not len(case[table])]
        raise InputError([Finding(table, f"the case does not say {what[table]}", cure) for table in empty])


def resolve_limits(problem: Problem, *, progress: Progress | None = None) -> tuple[Problem, Floats]:
    """Fill in the limits of gap closure targets.

    Returns
    -------
    The problem with every limit resolved, and per target the best quality that can be reached (NaN where the target
    is no gap closure).
    """
    targets = problem.targets
    closing = np.flatnonzero(~np.isnan(targets.gap_closure))
    best = np.full(len(targets.ids), np.nan)
    baseline = best.copy()
    if not len(closing):
        return problem, best
    receptors = problem.receptors
    quality = receptors.background + receptors.transfer @ problem.loads.baseline
    session = technical_session(problem)
    for done, row in enumerate(closing):
        if progress is not None:
            progress(f"best quality for target {targets.ids[row]}", done, len(closing))
        at = targets.quality[row]
        baseline[row] = quality[at]
        sign = targets.sign[row]
        response = receptors.transfer[[at]].toarray()[0]
        best[row] = receptors.background[at] + sign * least_of_loads(session, sign * response)
    return replace(problem, targets=resolve_gap_closure(targets, baseline, best)), best


def technical_session(problem: Problem) -> Session:
    """Return a session on what is technically possible: no targets, no rules."""
    return Session(compile_model(assemble(technical_problem(problem))))


def least_of_loads(session: Session, weights: Floats) -> float:
    """Return the least that a weighted sum of the loads can come to; `weights` has one entry per load."""
    costs = np.zeros(session.compiled.matrix.shape[1])
    costs[session.compiled.columns["allowed_load"]] = weights
    return _least(session, costs)


def technical_problem(problem: Problem, targets: Targets | None = None) -> Problem:
    """Return the problem of what can be done: without rules, and with no targets or other ones."""
    if targets is None:
        targets = problem.targets.take(np.zeros(0, dtype=np.int64))
    return replace(problem, targets=targets, rules=Rules.none(len(problem.loads.keys), len(problem.sources)))


def _session(problem: Problem) -> tuple[Session, NDArray[np.int64]]:
    """Return a session on a problem, and the row of each target in the order of the targets."""
    compiled = compile_model(assemble(problem))
    targets = problem.targets
    rows = np.empty(len(targets.ids), dtype=np.int64)
    for form in (QUALITY, CAP):
        at = targets.rows(form)
        rows[at] = compiled.rows_of(form, [targets.ids[row] for row in at])
    return Session(compiled), rows


def _probes(case: Case, problem: Problem, scopes: Scopes) -> tuple[Targets, list[tuple[str, str]]]:
    """Return a target without a limit for every quality, and for every region and pollutant with loads."""
    regions = [-1, *range(len(case.ids("regions", "region")))]
    names = ["all", *case.ids("regions", "region")]
    members = [scopes.sources(region) for region in regions]
    zones, scope, sources = [], [], []
    for name, inside in zip(names, members, strict=True):
        for code, pollutant in enumerate(problem.pollutants):
            counted = inside[problem.loads.source] & (problem.loads.pollutant == code)
            if counted.any():
                zones.append((name, pollutant))
                scope.append(counted.astype(float))
                sources.append(inside)
    qualities, caps = len(problem.receptors.keys), len(zones)
    count = qualities + caps
    none = np.zeros(count)
    sign = np.array([-1.0 if _higher_is_better(problem, key[1]) else 1.0 for key in problem.receptors.keys])
    sign = np.concatenate([sign, np.ones(caps)])
    empty = np.zeros((qualities, len(problem.loads.keys)))
    targets = Targets(
        ids=[f"probe {position}" for position in range(count)],
        form=[QUALITY] * qualities + [CAP] * caps,
        sign=sign,
        limit=sign * np.inf,
        margin=none,
        reserve=none,
        gap_closure=np.full(count, np.nan),
        step=-sign,
        priority=np.ones(count, dtype=np.int64),
        quality=np.concatenate([np.arange(qualities), np.full(caps, -1)]),
        scope=sparse.csr_array(np.vstack([empty, *scope])),
        sources=np.zeros((count, len(problem.sources)), dtype=bool),
        year=np.full(count, np.nan),
        probability=np.full(count, np.nan),
        price_ceiling=np.full(count, np.inf),
    )
    return targets, zones


def _higher_is_better(problem: Problem, parameter: str) -> bool:
    """Whether more of a parameter is better: dissolved oxygen, or what a target limits from below."""
    at = problem.targets.quality
    limited = {problem.receptors.keys[at[row]][1] for row in np.flatnonzero((problem.targets.sign < 0) & (at >= 0))}
    return parameter == OXYGEN or parameter in limited


def _best_and_cost(
    session: Session, problem: Problem, position: int, row: int, progress: Progress | None
) -> tuple[float, float]:
    """Return the best that a probe's row can come to, without its background, and the cost of getting there."""
    targets = problem.targets
    if progress is not None:
        progress("best of each receptor and region", position, len(targets.ids))
    sign = targets.sign[position]
    matrix = session.compiled.matrix[[row]]
    best = sign * _least(session, sign * matrix.toarray()[0])
    # a hair of room, so that the cheapest way to the best is not lost to rounding
    loads = abs(matrix[:, session.compiled.columns["allowed_load"]])
    room = FEASIBILITY_TOLERANCE * float((loads @ problem.loads.baseline)[0])
    limit = np.array([best + sign * room])
    free = np.array([np.inf])
    session.bound_rows(np.array([row]), -free if sign > 0 else limit, limit if sign > 0 else free)
    cost = _least(session, cost_of_columns(problem, session.compiled))
    session.bound_rows(np.array([row]), -free, free)
    return best, cost


def _least(session: Session, costs: Floats) -> float:
    session.minimise(costs)
    solution = session.solve()
    if solution.status is not SolutionStatus.OPTIMAL:
        raise SolverError(f"the best that can be reached was not found: {solution.status.value}")
    return solution.objective


def _tables(
    case: Case,
    problem: Problem,
    probes: Targets,
    zones: list[tuple[str, str]],
    found: list[tuple[float, float]],
) -> Reach:
    receptors, loads = problem.receptors, problem.loads
    count = len(receptors.keys)
    best, cost = np.array(found).reshape(-1, 2).T
    currency = f"{case.settings.currency}/yr"
    quality = pd.DataFrame(
        {
            "receptor": [key[0] for key in receptors.keys],
            "parameter": [key[1] for key in receptors.keys],
            "unit": [case.settings.units.quality.get(key[1], "") for key in receptors.keys],
            "baseline": receptors.background + receptors.transfer @ loads.baseline,
            "best": receptors.background + best[:count],
            "cost": cost[:count],
        }
    )
    quality.attrs["units"] = {"cost": currency}
    baseline = (probes.scope @ loads.baseline)[count:]
    with np.errstate(invalid="ignore"):
        percent = 100.0 * (baseline - best[count:]) / baseline
    regions = pd.DataFrame(
        {
            "region": [zone[0] for zone in zones],
            "pollutant": [zone[1] for zone in zones],
            "baseline": baseline,
            "least": best[count:],
            "percent": np.nan_to_num(percent),
            "cost": cost[count:],
        }
    )
    load_unit = case.settings.units.load
    regions.attrs["units"] = {"baseline": load_unit, "least": load_unit, "percent": "%", "cost": currency}
    return Reach(quality, regions)
