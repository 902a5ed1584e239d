"""Strategies side by side on one case."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from abate.attainable import Progress
from abate.comparison.chance import Chances
from abate.comparison.judging import COLUMNS, judge
from abate.comparison.plans import Asked, asked_for, every_strategy, plans_of
from abate.comparison.view import View
from abate.errors import InputError, NoPlanError, SolverError
from abate.plan import Plan
from abate.reported import Reported
from abate.solver import DEFAULT_GAP
from abate.strategies.allocate import plan_of
from abate.strategies.study import Study
from abate_data.case import Case

if TYPE_CHECKING:
    from matplotlib.figure import Figure


#: The strategy that the price of fairness is measured against.
REFERENCE = "least-cost"
#: Relative difference of loads up to which two strategies hand out the same.
SAME = 1e-6


@dataclass(frozen=True)
class Comparison(Reported):
    """Strategies side by side. Every table carries the units of its columns in ``table.attrs["units"]``.

    Attributes
    ----------
    case : the case that was split.
    table : a row per strategy; the columns are explained in `abate.comparison.judging.COLUMNS`.
    loads : a row per strategy and load: region, sector, baseline, allowed, reduction, percent.
    sources : a row per strategy and source: yearly cost.
    targets : a row per strategy and target: value, what is allowed, attained, probability.
    left_out : strategies that were not compared, and why.
    plans : the plan of each strategy.
    view : how they were looked at.
    """

    case: Case
    table: pd.DataFrame
    loads: pd.DataFrame
    sources: pd.DataFrame
    targets: pd.DataFrame
    left_out: pd.DataFrame
    plans: dict[str, Plan] = field(repr=False)
    view: View

    @cached_property
    def same(self) -> dict[str, list[str]]:
        """For each strategy that hands out what none before it does, those that hand out the same."""
        kept: dict[str, list[str]] = {}
        for name, plan in self.plans.items():
            mine = plan.allocation["allowed"].to_numpy()
            size = SAME * plan.allocation["baseline"].to_numpy().max(initial=0.0)
            twin = next((one for one in kept if _is_same(self.plans[one], plan, mine, size)), None)
            if twin is None:
                kept[name] = []
            else:
                kept[twin].append(name)
        return kept

    @property
    def distinct(self) -> pd.DataFrame:
        """The rows of `table` whose strategies hand out what none before them does."""
        rows = self.table[self.table["strategy"].isin(self.same)].reset_index(drop=True)
        rows.attrs = self.table.attrs
        return rows

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every table by name."""
        return {
            "comparison": self.table,
            "loads": self.loads,
            "sources": self.sources,
            "targets": self.targets,
            "left_out": self.left_out,
        }

    def plot(self) -> Figure:
        """Return a figure: cost against inequity with the frontier, and the burden by region or sector."""
        from abate.comparison.figure import comparison_figure

        return comparison_figure(self)

    def __repr__(self) -> str:
        return f"<Comparison of {len(self.plans)} strategies for {self.case.settings.name!r}>"


def compare(
    case: Case,
    strategies: Mapping[str, Asked] | Iterable[Asked] | Asked | None = None,
    *,
    view: View | None = None,
    time_limit: float | None = None,
    gap: float = DEFAULT_GAP,
    progress: Progress | None = None,
) -> Comparison:
    """Compare allocation strategies on one case.

    Parameters
    ----------
    strategies : names, with options if any (``equal-percent baseline=raw``), or plans that were made before; or a
        mapping to them from what they are to be called. By default every strategy that the case has the data for.
    view : of what inequality is measured, by which weight, and how attainment is tried under uncertainty.
    time_limit, gap, progress : as for `abate.decompose`.

    Returns
    -------
    Comparison
        In the order asked for. A strategy that misses targets is a row like any other; one of which no plan exists, or
        was found, is left out, and `left_out` says why, as it does of those that the case lacks data for, unless they
        were named.

    Raises
    ------
    InputError
        Where a named strategy, an option or the weight is unknown, the case lacks what a named one needs, none is
        named, or a plan is one of another case.
    NoPlanError, SolverError
        Where no strategy has a plan, or none was found.
    """
    view = view or View()
    wanted = None if strategies is None else asked_for(strategies)
    study = Study(case, time_limit=time_limit, gap=gap)
    view.refuse_misfit(study)
    asked = wanted or every_strategy(study)
    plans, left_out = plans_of(study, asked, named=wanted is not None, progress=progress)
    reference = (
        plans[REFERENCE].cost if asked.get(REFERENCE) == REFERENCE and REFERENCE in plans else _least_cost(study)
    )
    chances = Chances(case, study.problem, view)
    likely = {name: chances.of(plan) for name, plan in plans.items()}
    rows = {name: judge(study, plan, view, likely[name][0], reference) for name, plan in plans.items()}
    return Comparison(
        case=case,
        table=_table(study, view, rows),
        loads=_loads(case, plans),
        sources=_sources(case, study, plans),
        targets=_targets(plans, {name: each for name, (_, each) in likely.items()}),
        left_out=pd.DataFrame(left_out, columns=["strategy", "reason"], dtype=str),
        plans=plans,
        view=view,
    )


def _least_cost(study: Study) -> float:
    """Return the least cost; NaN where there is none, or none is known."""
    try:
        return plan_of(study, REFERENCE).cost
    except (InputError, NoPlanError, SolverError):
        return np.nan


def _is_same(one: Plan, other: Plan, loads: np.ndarray, size: float) -> bool:
    same_cost = math.isclose(one.cost, other.cost, rel_tol=SAME) or (np.isnan(one.cost) and np.isnan(other.cost))
    return bool(same_cost and np.abs(one.allocation["allowed"].to_numpy() - loads).max(initial=0.0) <= size)


def _table(study: Study, view: View, rows: dict[str, dict[str, float]]) -> pd.DataFrame:
    table = pd.DataFrame(list(rows.values()), index=pd.Index(rows, name="strategy"), columns=list(COLUMNS))
    table = table.astype({"attained": int, "out_of_reach": int}).reset_index()
    settings, receptors = study.case.settings, study.problem.receptors
    load, people = settings.units.load, " x people" if receptors.population.any() else ""
    table.attrs["units"] = {"cost": f"{settings.currency}/yr", "reduction": load, "quality_gain": ""}
    if len(receptors.parameters) == 1:
        quality = settings.units.quality.get(receptors.parameters[0], "")
        table.attrs["units"]["quality_gain"] = f"{quality}{people} per {load}"
    table.attrs["inequality"] = f"{view.variable} by {view.weight}"
    return table


def _loads(case: Case, plans: dict[str, Plan]) -> pd.DataFrame:
    parts = [plan.allocation.drop(columns="basis").assign(strategy=name) for name, plan in plans.items()]
    table = pd.concat(parts, ignore_index=True)
    table.insert(0, "strategy", table.pop("strategy"))
    load = case.settings.units.load
    table.attrs["units"] = {"baseline": load, "allowed": load, "reduction": load, "percent": "%"}
    return table


def _sources(case: Case, study: Study, plans: dict[str, Plan]) -> pd.DataFrame:
    sources = study.problem.sources
    parts = [
        pd.DataFrame({"strategy": name, "source": sources, "cost": plan.source_costs}) for name, plan in plans.items()
    ]
    table = pd.concat(parts, ignore_index=True)
    table.attrs["units"] = {"cost": f"{case.settings.currency}/yr"}
    return table


def _targets(plans: dict[str, Plan], probability: dict[str, np.ndarray]) -> pd.DataFrame:
    columns = ["strategy", "target", "kind", "unit", "before", "after", "limit", "unused", "attained"]
    parts = [
        plan.attainment.assign(strategy=name)[columns].assign(probability=probability[name])
        for name, plan in plans.items()
    ]
    table = pd.concat(parts, ignore_index=True)
    table.attrs["units"] = {}
    return table
