r"""Near-optimal alternatives: what every plan within a share of the best has in common, and how far plans may differ.

The least-cost plan is one of many that cost nearly the same, and a planner has reasons that no model knows. Two
questions are answered: between which ends may each source move, and what do a few plans look like that differ as much
as they can? For the second the extents that the plans so far use are made small, by

.. math:: \min \sum_j \frac{x_j}{u_j} \sum_p \frac{x_{pj}}{u_j}

over the plans p so far, with x the extent of option j and u its greatest extent (Hop, Skip and Jump). Of the plan that
this gives and of those that the first question found, the one that differs most from all so far is taken.

Source: Brill, Chang and Hopkins, Management Science 28 (1982); DeCarolis, Energy Economics 33 (2011).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from pyomo.core.base.PyomoModel import ConcreteModel

from abate.attainable import Progress, no_report, resolve_limits
from abate.certify import certify
from abate.decomposing import check_arguments, decompose_expected
from abate.errors import Finding, InputError
from abate.front.exact.point import Floats
from abate.front.nearby.near_optimal import NearOptimal
from abate.front.nearby.ranges import Ranges
from abate.outcome import outcome_at, relative_gap
from abate.plan import Plan, make_plan, with_values
from abate.solver import SolutionStatus
from abate_data.case import Case
from abate_models.assemble import assemble
from abate_models.problem import Problem, read_problem

#: Share of the load moved below which two plans are the same to a planner.
SAME_PLAN = 1e-3
#: Plans that are kept to choose from.
MOST_MET = 200
#: Share of a pollutant's load below which nothing of it is reduced.
_HAIR = 1e-9


@dataclass(frozen=True, eq=False)
class Alternatives:
    """What plans within a share of the best may look like. Units are in ``attrs["units"]`` of each table.

    Attributes
    ----------
    best : the plan that is best.
    within : the share that others may be worse.
    extent : a row per load: source, pollutant, baseline, best (allowed in the best plan), least and most allowed in any
        of the plans, and whether both ends are proved; where they are not, the true range may be wider.
    costs : a row per source: yearly cost in the best plan, least and most in any of them, and whether both are proved.
    plans : the best plan and others that differ from it and from one another as much as was found, each verified.
    differences : (plans x plans) share of the load moved between two of them: 0 where both reduce the same, 1 where
        no load is reduced by both; the mean over the pollutants.
    solves : how many solves were made after the best plan was known.
    """

    best: Plan
    within: float
    extent: pd.DataFrame
    costs: pd.DataFrame
    plans: list[Plan]
    differences: pd.DataFrame
    solves: int

    def __repr__(self) -> str:
        name, count = self.best.case.settings.name, len(self.plans)
        return f"<Alternatives for {name!r} within {self.within:.3g} of {self.best.strategy}: {count} plans>"


def alternatives(
    case: Case,
    within: float = 0.05,
    count: int = 5,
    *,
    objective: str = "cost",
    time_limit: float | None = None,
    progress: Progress | None = None,
) -> Alternatives:
    """Return between which ends the plans near the best may move, and a handful of them that differ most.

    Parameters
    ----------
    within : share by which a plan may be worse than the best in the objective; 0 for plans that are as good.
    count : how many plans to return, the best one among them; fewer where no others are found that differ.
    objective, time_limit : as for `abate.decompose`; the limit is that of each solve.
    progress : called with (what, done, total) as the work goes on.

    Raises
    ------
    InputError, NoPlanError, SolverError
        As `abate.decompose`; where a later solve fails or runs out of time, the range concerned is not proved.
    """
    _check(within, count)
    check_arguments(case, time_limit, 0.0)
    best = decompose_expected(case, objective, time_limit=time_limit, progress=progress)
    problem, closures = resolve_limits(read_problem(case))
    report = progress or no_report
    columns = best._outcome.columns
    near = NearOptimal(problem, objective, columns, within, time_limit=time_limit)
    pool = _Pool(near, columns)
    ranges = Ranges(near, columns, pool.add)
    ranges.settle(report)
    plans = [best]
    while len(plans) < count:
        report("plans that differ", len(plans), count)
        chosen = pool.most_different()
        if chosen is None:
            break
        plans.append(_plan(case, near, closures, best, chosen, f"alternative {len(plans)}"))
    return Alternatives(
        best=best,
        within=within,
        extent=ranges.loads(case),
        costs=ranges.costs(case),
        plans=plans,
        differences=_differences(problem, plans),
        solves=near.solves,
    )


def _check(within: float, count: int) -> None:
    wrong = []
    if not 0 <= within < np.inf:
        cure = "give a share from 0 on, such as 0.05"
        wrong.append(Finding("options", "is not a share", cure, column="within", value=str(within)))
    if isinstance(count, bool) or count != int(count) or count < 1:
        cure = "give a whole number from 1 on"
        wrong.append(Finding("options", "is no number of plans", cure, column="count", value=str(count)))
    if wrong:
        raise InputError(wrong)


class _Pool:
    """The plans that were met, of which those are chosen that differ most from the ones chosen before."""

    def __init__(self, near: NearOptimal, best: Floats) -> None:
        self._near = near
        upper = near.problem.options.upper
        self._full = np.where(np.isfinite(upper) & (upper > 0), upper, 1.0)
        self._used = np.zeros_like(upper)
        self._met: list[Floats] = []
        self._loads: list[Floats] = []
        self._nearest: list[float] = []
        self._chosen: list[Floats] = []
        self._choose(best)

    def add(self, columns: Floats) -> None:
        """Take a plan that was met into account."""
        load, _ = self._near.meaning(columns)
        self._met.append(columns)
        self._loads.append(load)
        self._nearest.append(min(difference(self._near.problem, load, other) for other in self._chosen))
        if len(self._met) > MOST_MET:
            least = int(np.argmin(self._nearest))
            del self._met[least], self._loads[least], self._nearest[least]

    def most_different(self) -> Floats | None:
        """Return the plan that differs most from the one chosen before that is most like it; None where none does."""
        hop = self._hop()
        if hop is not None:
            self.add(hop)
        place = int(np.argmax(self._nearest)) if self._met else 0
        if not self._met or self._nearest[place] <= SAME_PLAN:
            return None
        columns = self._near.settled(self._met[place])
        self._choose(columns)
        return columns

    def _hop(self) -> Floats | None:
        """Return the plan that uses least of the extents that those chosen before use."""
        weights = np.zeros(len(self._near.compiled.cost))
        weights[self._near.compiled.columns["extent"]] = self._used / self._full
        return self._near.least(weights).columns

    def _choose(self, columns: Floats) -> None:
        load, _ = self._near.meaning(columns)
        self._chosen.append(load)
        self._used += columns[self._near.compiled.columns["extent"]] / self._full
        closer = [difference(self._near.problem, load, other) for other in self._loads]
        self._nearest = [min(pair) for pair in zip(self._nearest, closer, strict=True)]


def difference(problem: Problem, one: Floats, other: Floats) -> float:
    """Return the share of the load that is moved between two plans, the mean over pollutants that either reduces.

    Parameters
    ----------
    one, other : load of each load after measures.
    """
    baseline, pollutant = problem.loads.baseline, problem.loads.pollutant
    count = len(problem.pollutants)
    moved = np.bincount(pollutant, np.abs(one - other), count)
    reduced = np.bincount(pollutant, np.abs(baseline - one) + np.abs(baseline - other), count)
    known = reduced > _HAIR * np.bincount(pollutant, baseline, count)
    return float(np.mean(moved[known] / reduced[known])) if known.any() else 0.0


def _differences(problem: Problem, plans: list[Plan]) -> pd.DataFrame:
    names = ["best", *(plan.strategy for plan in plans[1:])]
    loads = [plan.allocation["allowed"].to_numpy(dtype=float) for plan in plans]
    table = [[difference(problem, one, other) for other in loads] for one in loads]
    return pd.DataFrame(table, index=names, columns=names)


def _plan(case: Case, near: NearOptimal, closures: Floats, best: Plan, columns: Floats, name: str) -> Plan:
    """Return the verified plan of columns; what is proved of the best plan bounds it as well."""
    problem, compiled, proof = near.problem, near.compiled, best.certificate
    outcome = outcome_at(problem, compiled, columns, np.full(len(compiled.row_lower), np.nan))
    value = near.value(outcome.columns)
    bound = -proof.bound if proof.maximised else proof.bound
    gap = relative_gap(value, bound, abs(value))
    outcome = replace(
        outcome, objective=best.objective, value=value, bound=bound, gap=gap, maximised=compiled.maximised
    )
    certificate = certify(
        case,
        outcome.claim(closures),
        stop=outcome.stop,
        status=SolutionStatus.FEASIBLE,
        gap=gap,
        method=proof.method,
        iterations=proof.iterations,
        solves=near.solves,
    )

    def build() -> ConcreteModel:
        return with_values(assemble(problem, best.objective), outcome.columns)

    return make_plan(case, problem, outcome, certificate, build, strategy=name)
