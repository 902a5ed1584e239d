"""Why a source does what it does: who asks for it, what its next unit costs, what would change it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.errors import Finding, InputError
from abate.outcome import Outcome
from abate.solver import Session
from abate.tables import marginal_values, objective_unit
from abate_data.case import Case
from abate_models.assemble import assemble
from abate_models.compile import compile_model
from abate_models.options import Options
from abate_models.problem import Loads, Problem
from abate_models.rules import Rules
from abate_models.targets import caps_on_loads

Floats = NDArray[np.float64]
Positions = NDArray[np.int64]

#: Share of a baseline load by which the source's load is moved to see what the next unit costs.
STEP = 1e-4


@dataclass(frozen=True)
class Explanation:
    """Why a source does what it does.

    Attributes
    ----------
    source : its id.
    asked_by : a row per target and pollutant that values a further reduction: marginal value per unit of load.
    margins : a row per pollutant: allowed load, what all targets together pay for one unit less, what the next unit
        less would cost (does more above this price), what the last unit less saved (does less below this price).
    """

    source: str
    asked_by: pd.DataFrame
    margins: pd.DataFrame

    def __str__(self) -> str:
        lines = [f"{self.source}:"]
        units = self.margins.attrs["units"]
        unit, money = units["value"], units["does_more_above"]
        prices = zip(self.margins["does_more_above"], self.margins["does_less_below"], strict=True)
        for row, (more, less) in zip(self.margins.itertuples(), prices, strict=True):
            lines.append(f"  {row.pollutant}: allowed {row.allowed:.4g} of {row.baseline:.4g} {units['allowed']}")
            asked = self.asked_by[self.asked_by["pollutant"] == row.pollutant]
            lines += [f"    {target.target} pays {target.value:.4g} {unit}" for target in asked.itertuples()]
            lines.append(f"    {_sentence('does more above', float(more), money, 'can do no more')}")
            lines.append(f"    {_sentence('does less below', float(less), money, 'does nothing')}")
        return "\n".join(lines)


def explain_source(case: Case, problem: Problem, outcome: Outcome, source: str) -> Explanation:
    """Explain one source of a plan.

    Raises
    ------
    InputError
        Where the case has no such source; the nearest is offered.
    """
    if source not in problem.sources:
        near = difflib.get_close_matches(source, problem.sources, n=1)
        cure = f"did you mean {near[0]!r}?" if near else "see the table sources"
        raise InputError([Finding("sources", "no such source", cure, value=source)])
    loads = np.flatnonzero(problem.loads.source == problem.sources.index(source))
    values = marginal_values(problem, outcome)[:, loads].toarray()
    unit = f"{objective_unit(case, outcome.objective)} per {case.settings.units.load}"
    money = f"{case.settings.currency}/yr per {case.settings.units.load}"
    target, load = np.nonzero(values)
    asked_by = pd.DataFrame(
        {
            "target": [problem.targets.ids[row] for row in target],
            "pollutant": [problem.loads.keys[loads[column]][1] for column in load],
            "value": values[target, load],
        }
    )
    asked_by.attrs["units"] = {"value": unit}
    costs = [_next_and_last(problem, outcome, loads, int(position)) for position in range(len(loads))]
    margins = pd.DataFrame(
        {
            "pollutant": [problem.loads.keys[row][1] for row in loads],
            "baseline": problem.loads.baseline[loads],
            "allowed": outcome.load[loads],
            "value": values.sum(axis=0),
            "does_more_above": [cost[0] for cost in costs],
            "does_less_below": [cost[1] for cost in costs],
        }
    )
    load_unit = case.settings.units.load
    margins.attrs["units"] = {"baseline": load_unit, "allowed": load_unit, "value": unit}
    margins.attrs["units"] |= dict.fromkeys(("does_more_above", "does_less_below"), money)
    return Explanation(source, asked_by, margins)


def _next_and_last(problem: Problem, outcome: Outcome, loads: Positions, position: int) -> tuple[float, float]:
    """Return the cost of the next unit less of a load and the saving of the last; NaN where there is none.

    The source is looked at by itself: its other loads stay where they are, it has what the others leave of each
    resource, and its yes-or-no decisions stand.
    """
    alone = _alone(problem, outcome, loads)
    compiled = compile_model(assemble(alone))
    session = Session(compiled)
    if compiled.integer.any():
        decisions = np.zeros(compiled.matrix.shape[1])
        mine = problem.options.source == problem.loads.source[loads[0]]
        decisions[compiled.columns["installed"]] = outcome.installed[problem.options.discrete & mine]
        session.fix_integers(decisions)
    allowed, baseline = outcome.load[loads[position]], problem.loads.baseline[loads[position]]
    row = compiled.rows["cap"][[position]]
    step = STEP * baseline
    if not step > 0:
        return np.nan, np.nan
    reduces = baseline - allowed > 0.5 * step
    last = _price(session, row, min(allowed + step, baseline)) if reduces else np.nan
    return _price(session, row, allowed - step), last


def _price(session: Session, row: Positions, limit: float) -> float:
    """Return the price of a cap at a limit; NaN where it cannot be kept."""
    session.bound_rows(row, np.array([-np.inf]), np.array([limit]))
    solution = session.solve()
    return float(-solution.prices[row[0]]) if solution.found else np.nan


def _alone(problem: Problem, outcome: Outcome, loads: Positions) -> Problem:
    """Return the problem of one source, each of its loads capped at what the plan allows."""
    source = problem.loads.source[loads[0]]
    mine = np.flatnonzero(problem.options.source == source)
    others = outcome.extent.copy()
    others[mine] = 0.0
    resources = problem.resources
    left = np.maximum(resources.available - resources.use @ others, resources.use[:, mine] @ outcome.extent[mine])
    count, keys = len(loads), [problem.loads.keys[row] for row in loads]
    caps = caps_on_loads(keys, outcome.load[loads], len(problem.sources))
    return replace(
        problem,
        loads=_loads_at(problem.loads, loads),
        options=_options_at(problem.options, mine, loads),
        resources=replace(resources, use=resources.use[:, mine], available=left),
        targets=caps,
        rules=Rules.none(count, len(problem.sources)),
    )


def _loads_at(loads: Loads, rows: Positions) -> Loads:
    return Loads(
        [loads.keys[row] for row in rows],
        loads.source[rows],
        loads.pollutant[rows],
        loads.baseline[rows],
        loads.floor[rows],
        loads.growth[rows],
    )


def _options_at(options: Options, columns: Positions, loads: Positions) -> Options:
    arrays = (
        "source",
        "measure",
        "upper",
        "lower",
        "discrete",
        "operating",
        "annual_capital",
        "fixed",
        "built",
        "ramp",
        "first_year",
        "lead_time",
    )
    groups, group = np.unique(options.group[columns], return_inverse=True)
    first = int((groups < 0).any())
    return replace(
        options,
        keys=[options.keys[column] for column in columns],
        group=group - first,
        groups=[options.groups[row] for row in groups[first:]],
        removal=options.removal[loads][:, columns],
        **{name: getattr(options, name)[columns] for name in arrays},
    )


def _sentence(what: str, price: float, unit: str, otherwise: str) -> str:
    return otherwise if np.isnan(price) else f"{what} {price:.4g} {unit}"
