"""A plan: what each source has to do, what that costs, what it attains and what each target is worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyomo.core.base.PyomoModel import ConcreteModel
from pyomo.core.base.var import Var

from abate import tables
from abate.attainable import require_options
from abate.certify import Certificate
from abate.explain import Explanation, explain_source
from abate.outcome import Outcome
from abate.reported import Reported
from abate_data.case import Case
from abate_models.compile import own_components
from abate_models.problem import Problem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from abate.indicators import Indicators, Sampling


@dataclass(frozen=True)
class Plan(Reported):
    """A verified plan. Every table carries the units of its columns in ``table.attrs["units"]``.

    Attributes
    ----------
    case : the case it was made for.
    objective, value : what was minimised, or maximised, and its value.
    cost : yearly cost of all measures, in the case's currency.
    allocation : a row per source and pollutant: baseline, allowed, reduction, percent, basis (the target that
        values a further reduction there most).
    regions : the same rolled up the region tree, with the cost of the sources inside.
    measures : the options that are used: extent, unit of the measure, yearly cost.
    practices : the same by measure and pollutant: at how many sources, extent, removed load, yearly cost.
    attainment : a row per target: value before and after, limit, margin, reserve, what is left unused.
    balance : a row per quality and cap target: limit = point + diffuse + background + margin + reserve +
        unused.
    prices : a row per target: what one unit less would cost, per unit of its row and of the limit as it was
        asked.
    certificate : the proof, recomputed from the case's tables.
    strategy : the allocation strategy that made it, as it was asked for; ``least-`` (``most-``) and the objective
        where it is just the least (most) of one.
    out_of_reach : a row per load that the strategy would bring lower than measures can: source, pollutant, asked,
        reached and the gap between the two. Empty in a plan that was optimised.
    figures : further numbers that the strategy reports, by name.
    """

    case: Case
    objective: str
    value: float
    cost: float
    allocation: pd.DataFrame
    regions: pd.DataFrame
    measures: pd.DataFrame
    practices: pd.DataFrame
    attainment: pd.DataFrame
    balance: pd.DataFrame
    prices: pd.DataFrame
    certificate: Certificate
    strategy: str
    out_of_reach: pd.DataFrame
    figures: dict[str, float]
    _problem: Problem = field(repr=False)
    _outcome: Outcome = field(repr=False)
    _build: Callable[[], ConcreteModel] = field(repr=False)

    @property
    def attained(self) -> bool:
        """Whether every target is attained."""
        return bool(self.attainment["attained"].all())

    @property
    def source_costs(self) -> NDArray[np.float64]:
        """Yearly cost of each source, in the order of the case's sources; NaN where the case has no measures."""
        if not self._problem.options.keys:
            return np.full(len(self._problem.sources), np.nan)
        return np.asarray(
            np.bincount(self._problem.options.source, self._outcome.cost, len(self._problem.sources)), dtype=np.float64
        )

    @cached_property
    def model(self) -> ConcreteModel:
        """The Pyomo model with the plan's values in its variables, to inspect, extend and solve again."""
        return self._build()

    def explain(self, source: str) -> Explanation:
        """Say which targets ask a source for its reduction, what its next unit costs, what would change it.

        Raises
        ------
        InputError
            Where the case has no such source (the nearest is offered), or no measures.
        SolverError
            Where the source's own small model cannot be solved.
        """
        require_options(self.case)
        return explain_source(self.case, self._problem, self._outcome, source)

    def indicators(self, *, sampling: Sampling | None = None) -> Indicators:
        """Return what each source can be held to: loads, concentrations, removals, measures, milestones.

        Parameters
        ----------
        sampling : how effluents are sampled; four samples a month of CV 0.6 where not given.
        """
        from abate.indicators import indicators

        return indicators(self, sampling=sampling)

    def plot(self) -> Figure:
        """Return a figure of what each source may still emit and what each binding target costs at the margin."""
        from abate.plot import plan_figure

        return plan_figure(self)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every table by name, the certificate's checks among them."""
        return {
            "allocation": self.allocation,
            "regions": self.regions,
            "measures": self.measures,
            "practices": self.practices,
            "attainment": self.attainment,
            "balance": self.balance,
            "prices": self.prices,
            "out_of_reach": self.out_of_reach,
            "certificate": self.certificate.checks,
        }

    def __repr__(self) -> str:
        name, currency = self.case.settings.name, self.case.settings.currency
        missed = int((~self.attainment["attained"]).sum())
        said = f"{missed} of {len(self.attainment)} targets missed, " if missed else ""
        cost = "no costs known" if np.isnan(self.cost) else f"{self.cost:,.0f} {currency}/yr"
        return f"<Plan for {name!r}: {cost}, {len(self.measures)} measures, {said}verified>"


def with_values(model: ConcreteModel, columns: NDArray[np.float64]) -> ConcreteModel:
    """Return the model after its variables have taken the values of its columns."""
    values = iter(columns.tolist())
    for component in own_components(model, Var):
        for variable in component.values():
            variable.set_value(next(values), skip_validation=True)
    return model


def make_plan(
    case: Case,
    problem: Problem,
    outcome: Outcome,
    certificate: Certificate,
    build: Callable[[], ConcreteModel],
    *,
    strategy: str = "",
    out_of_reach: pd.DataFrame | None = None,
    figures: dict[str, float] | None = None,
) -> Plan:
    """Return the plan of a certified outcome; `build` makes its model, with the values in it, once it is asked for."""
    return Plan(
        case=case,
        objective=outcome.objective,
        value=-outcome.value if outcome.maximised else outcome.value,
        cost=float(outcome.cost.sum()) if len(outcome.cost) else np.nan,
        allocation=tables.allocation(case, problem, outcome),
        regions=tables.regions(case, problem, outcome),
        measures=tables.measures(case, problem, outcome),
        practices=tables.practices(case, problem, outcome),
        attainment=tables.attainment(case, problem, outcome),
        balance=tables.balance(case, problem, outcome),
        prices=tables.prices(case, problem, outcome),
        certificate=certificate,
        strategy=strategy or f"{'most' if outcome.maximised else 'least'}-{outcome.objective}",
        out_of_reach=tables.out_of_reach(case, {}) if out_of_reach is None else out_of_reach,
        figures=figures or {},
        _problem=problem,
        _outcome=outcome,
        _build=build,
    )
