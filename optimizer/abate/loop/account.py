r"""A case that only accounts for loads: no measures, no costs, just who may emit how much.

What such a case asks next is judged by the loads of the last monitored year, at the reference flow of their target
where it has one (`abate.loop.hydrology`); a load that was not reported is taken as it is believed. Where a cap was
missed:

1. every source in its scope that emitted more than its allocation goes back to it;
2. where that is not enough, all of them come down to their floors by one share more:
   :math:`L_i \leftarrow f_i + (L_i - f_i) \, s` with the s that keeps the cap.

Sources without an allocation, or that are not controllable, stay as they are. Where no cap was missed, nothing is
asked, and allocations stay what they were.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.errors import NoPlanError
from abate.loop.hydrology import factors, judged_targets, yearly
from abate.loop.proposal import EASED, Proposal
from abate.loop.years_ahead import YearsAhead
from abate.solver import FEASIBILITY_TOLERANCE
from abate.strategies.allocate import allocate
from abate_data.case import Case
from abate_models.problem import Problem
from abate_models.targets import CAP

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def propose_account(ahead: YearsAhead, observations: pd.DataFrame, allocation: Floats) -> Proposal:
    """Return what is asked of the sources of a case without measures in the next year.

    Parameters
    ----------
    ahead : the years to come; only the first one is planned.
    observations : everything monitored so far, cleaned.
    allocation : (loads,), what each may emit now; NaN where nothing was allotted.

    Raises
    ------
    NoPlanError
        Where a cap is missed even with all that can be asked.
    """
    case = _as_monitored(ahead.case, ahead.stages[0].problem, observations)
    load = case.values("loads", "load")
    problem = replace(ahead.stages[0].problem, loads=replace(ahead.stages[0].problem.loads, baseline=load))
    asked, missed = _asked(case, problem, load, allocation)
    loads = case["loads"]
    table = pd.DataFrame({"source": loads["source"], "pollutant": loads["pollutant"], "allowed": asked})
    plan = allocate(case, "given", allocations=table)
    stage = replace(ahead.stages[0], problem=problem)
    risk = np.isin(problem.targets.ids, missed).astype(np.float64)
    less = asked < load
    return Proposal(
        ahead=replace(ahead, years=ahead.years[:1], stages=[stage], deviations=ahead.deviations[:1], case=case),
        case=case,
        plan=plan,
        extents=np.zeros((1, 0)),
        loads=asked[None, :],
        yearly_cost=np.array([np.nan]),
        allocation=np.where(less | np.isnan(allocation), asked, allocation),
        asked_by=_asked_by(problem, less, missed),
        margins=np.zeros(len(problem.targets.ids)),
        reason=f"missed in the last year that was monitored: {', '.join(missed)}" if missed else "",
        standing=risk,
        renewed=np.zeros(len(risk)),
        eased=pd.DataFrame(columns=list(EASED)),
        how="no model: the case has no measures",
        notes=(),
    )


def _as_monitored(case: Case, problem: Problem, observations: pd.DataFrame) -> Case:
    """Return the case with the loads of the last monitored year, at the reference flow of their target."""
    figures = yearly(problem, observations)
    load = case.values("loads", "load").copy()
    if figures.years:
        last, factor = figures.load[:, -1], np.ones(len(load))
        for row in judged_targets(case, problem):
            of_year = factors(case, figures, int(row))[-1]
            factor[problem.targets.scope[[int(row)]].indices] = 1.0 if np.isnan(of_year) else of_year
        load = np.where(np.isnan(last), load, last * factor)
    tables = {
        **case.tables,
        "loads": case["loads"].assign(load=load, floor=np.minimum(case.values("loads", "floor"), load)),
    }
    return replace(case, tables=tables)


def _asked(case: Case, problem: Problem, load: Floats, allocation: Floats) -> tuple[Floats, list[str]]:
    """Return what each may emit (loads,), and the caps that the loads as they are miss."""
    targets, asked, missed = problem.targets, load.copy(), []
    controllable = np.asarray(case["sources"]["controllable"], dtype=bool)[problem.loads.source]
    movable = controllable & ~np.isnan(allocation)
    for row in targets.rows(CAP):
        inside = (targets.scope[[int(row)]].toarray().ravel() > 0) & movable
        allowed = float(targets.allowed[row])
        room = FEASIBILITY_TOLERANCE * abs(allowed)
        if float((targets.scope[[int(row)]] @ load)[0]) > allowed + room:
            missed.append(targets.ids[row])
        if _value(problem, row, asked) > allowed + room:
            asked[inside] = np.minimum(asked, np.maximum(allocation, problem.loads.floor))[inside]
        over = _value(problem, row, asked) - allowed
        if over > room:
            spare = (asked - problem.loads.floor)[inside].sum()
            if spare < over:
                raise _out_of_reach(targets.ids[row], over - spare, case.settings.units.load)
            asked[inside] -= (asked - problem.loads.floor)[inside] * over / spare
    return asked, missed


def _asked_by(problem: Problem, less: Flags, missed: list[str]) -> list[str]:
    """Return the first missed target that counts each load of which less is asked; empty for the others."""
    targets, names = problem.targets, [""] * len(less)
    for row in reversed([targets.ids.index(name) for name in missed]):
        for load in targets.scope[[row]].indices:
            names[load] = targets.ids[row] if less[load] else names[load]
    return names


def _value(problem: Problem, row: int, load: Floats) -> float:
    return float((problem.targets.scope[[int(row)]] @ load)[0])


def _out_of_reach(target: str, short: float, unit: str) -> NoPlanError:
    message = (
        f"{target} cannot be met: with every source that has an allocation at its floor it is still {short:.4g} {unit} "
        "above; allot something to more sources, or raise the cap"
    )
    return NoPlanError(message, [target], pd.DataFrame(), pd.DataFrame(), float("nan"))
