"""The columns of a comparison: what one plan costs, attains, uses, and how it shares the burden."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate import inequality
from abate.comparison import effectiveness
from abate.comparison.view import View
from abate.plan import Plan
from abate.strategies.study import Study
from abate_data.schema import OXYGEN
from abate_models.targets import BUDGET

Floats = NDArray[np.float64]

#: Every column with what it says and its unit; a blank unit is a share or an index, or that of the case.
COLUMNS: dict[str, str] = {
    "cost": "yearly cost of the cheapest measures",
    "over_least_cost": "price of fairness: cost over the least cost, less one; none where targets are missed for less",
    "attained": "targets that are attained",
    "worst_margin": "least margin of any target but budgets, as a share of what it allows; negative: missed",
    "probability": "probability that all targets are attained under drawn coefficients, loads and backgrounds",
    "out_of_reach": "loads that the strategy would bring lower than measures can",
    "unused": "mean share of what targets but budgets allow that is left unused",
    "reduction": "load taken away, all pollutants together",
    "quality_gain": "gain of quality per unit of load taken away, summed over receptors, by population if given",
    "transfer_efficiency": "quality gain over what the same reduction would bring where it acts most",
    "gini": "Gini index of the variable by the weight",
    "theil": "Theil's T of the same",
    "atkinson": "Atkinson's measure of the same (epsilon 0.5)",
    "jain": "Jain's index of fairness of the same: 1 is equal",
    "hoover": "Hoover's index of the same",
    "max_over_mean": "greatest value per unit of weight over the mean",
    "envy": "mean over pairs of what one bears more than the other, relative to the mean",
    "share_shift": "half the sum of changes of the shares in the total load, from today's",
}


#: Columns that people read in percent.
PERCENT = ("over_least_cost", "worst_margin", "unused", "probability", "share_shift", "transfer_efficiency")

#: An index below this is rounding.
ROUNDING = 1e-12


def in_percent(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table of a comparison with its shares in percent, as people read them."""
    shown = table.assign(**{column: 100.0 * table[column] for column in PERCENT})
    shown.attrs = {**table.attrs, "units": table.attrs["units"] | dict.fromkeys(PERCENT, "%")}
    return shown


def judge(study: Study, plan: Plan, view: View, probability: float, least_cost: float) -> dict[str, float]:
    """Return every column of `COLUMNS` for one plan; NaN where the case cannot say.

    Parameters
    ----------
    probability : that the plan attains all targets.
    least_cost : cost of the least-cost plan, NaN where there is none.
    """
    parties, attainment = study.parties(), plan.attainment
    allowed = plan.allocation["allowed"].to_numpy()
    margins = _margins(study, plan)
    return {
        "cost": plan.cost,
        "over_least_cost": _over_least_cost(plan, least_cost),
        "attained": float(attainment["attained"].sum()),
        "worst_margin": float(margins.min(initial=np.inf)) if len(margins) else np.nan,
        "probability": probability,
        "out_of_reach": float(len(plan.out_of_reach)),
        "unused": float(np.maximum(margins, 0.0).mean()) if len(margins) else np.nan,
        "reduction": float((parties.current - allowed).sum()),
        **_effect(study, parties.current - allowed),
        **_inequality(study, plan, view),
        "share_shift": _share_shift(allowed, parties.current),
    }


def _over_least_cost(plan: Plan, least_cost: float) -> float:
    """Return the price of fairness; NaN where a plan is cheaper because it misses targets."""
    cheap = not plan.attained and plan.cost < least_cost
    return np.nan if cheap else effectiveness.price_of_fairness(plan.cost, least_cost)


def _share_shift(allowed: Floats, baseline: Floats) -> float:
    shift = effectiveness.deviation_from_shares(allowed, baseline)
    return 0.0 if shift < ROUNDING else shift


def _margins(study: Study, plan: Plan) -> Floats:
    """Return what each target on loads or quality leaves unused, as a share of what it allows; rounding is nothing."""
    targets, table = study.problem.targets, plan.attainment
    chosen = np.asarray(targets.form) != BUDGET
    margins = effectiveness.compliance_margin(
        table["after"].to_numpy()[chosen], targets.allowed[chosen], targets.sign[chosen]
    )
    return np.where(table["binding"].to_numpy()[chosen], 0.0, margins)


def _effect(study: Study, reduction: Floats) -> dict[str, float]:
    """Return quality gain and transfer efficiency; NaN without quality, for several parameters, or where loads rise."""
    receptors = study.problem.receptors
    weights = receptors.population if receptors.population.any() else np.ones(len(receptors.keys))
    parameters = receptors.parameters
    raised = (reduction < -ROUNDING * np.abs(reduction).max(initial=0.0)).any()
    if len(parameters) != 1 or raised:
        return {"quality_gain": np.nan, "transfer_efficiency": np.nan}
    asked = study.parties().movable
    response = receptors.transfer * (-1.0 if parameters[0] == OXYGEN else 1.0)
    return {
        "quality_gain": effectiveness.quality_gain_per_load(response @ reduction, weights, reduction),
        "transfer_efficiency": effectiveness.transfer_efficiency((response.T @ weights)[asked], reduction[asked]),
    }


def _inequality(study: Study, plan: Plan, view: View) -> dict[str, float]:
    values, weights = view.amounts(study, plan)
    if not len(values):  # nobody of whom anything may be asked
        names = ("gini", "theil", "atkinson", "jain", "hoover", "max_over_mean", "envy")
        return dict.fromkeys(names, np.nan)
    indices = {
        "gini": inequality.gini(values, weights),
        "theil": inequality.theil_t(values, weights),
        "atkinson": inequality.atkinson(values, weights),
        "jain": inequality.jain(values, weights),
        "hoover": inequality.hoover(values, weights),
        "max_over_mean": inequality.max_over_mean(values, weights),
        "envy": inequality.envy(values, weights),
    }
    return {name: 0.0 if abs(value) < ROUNDING else value for name, value in indices.items()}
