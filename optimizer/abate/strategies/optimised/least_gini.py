"""Least environmental Gini, as an exact linear program.

    min sum_k w_k G_k,    G_k = 1/2 sum_ij |s_i m_ik - s_j m_ik|,    s_i = x_i / T,    m the parts of indicator k,

for a fixed total T of each pollutant: the most that targets, rules and measures leave, so that no capacity is wasted.
With several pollutants the sum of what is left of each, as a share of its loads, is the most, and G_k is the mean over
the pollutants. Among the many loads that share the least sum, the cheapest are taken. Source: Sun, Zhang, Wang, Meng
and Wang, Resources, Conservation and Recycling 54 (2010) 601-608, who call 0.2 reasonable and 0.4 a warning line.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pyomo.core.base.PyomoModel import ConcreteModel
from scipy import sparse

from abate.plan import Plan
from abate.strategies.indicators import indicator_weights, plan_ginis
from abate.strategies.naming import asked
from abate.strategies.staging import ROOMS, Hold, cheapest, model_of, optimum, session_of, signed
from abate.strategies.study import Study
from abate.strategies.weights import check_weights
from abate_models.gini import add_gini
from abate_models.matrix import MatrixConstraint

Floats = NDArray[np.float64]

#: A total below, as a share of today's, is none: it has no Gini.
NOTHING = 1e-9


def least_gini(study: Study, *, indicators: tuple[str, ...] = ("population",), weights: tuple[float, ...] = ()) -> Plan:
    """Spread the loads as evenly as can be over given indicators: least weighted sum of environmental Ginis.

    Parameters
    ----------
    indicators : attributes of the sources or regions that loads are set against, as population, gdp, area.
    weights : of the indicators, with sum 1; equal where none are given.

    Raises
    ------
    InputError
        Where an indicator is missing for some loads, weights do not sum to 1, or a pollutant
        has more than 200 loads (each is compared with each).
    NoPlanError
        Where the targets cannot hold together.
    """
    model = model_of(study)
    amounts = indicator_weights(study, indicators, "least-gini")
    shares = np.array(weights) if weights else np.full(len(indicators), 1.0 / len(indicators))
    check_weights(shares, len(indicators))
    totals = _most(study, model)
    add_gini(model, study.problem, amounts)
    hold = _least(study, model, totals, dict(zip(indicators, shares, strict=True)))
    plan = cheapest(study, model, hold)
    figures = plan_ginis(study, plan, amounts)
    return signed(plan, asked(least_gini, indicators=indicators, weights=weights), figures)


def _most(study: Study, model: ConcreteModel) -> Floats:
    """Add the total of each pollutant, none above today, and return the most that can be left of all of them."""
    loads, pollutants = study.problem.loads, study.problem.pollutants
    member = np.array([loads.pollutant == code for code in range(len(pollutants))], dtype=float)
    today = member @ loads.baseline
    model.total = MatrixConstraint(
        pollutants,
        terms=[(sparse.csr_array(member), model.allowed_load)],
        lower=np.array(-np.inf),
        upper=today,
        doc="sum of the loads of a pollutant",
    )
    session = session_of(study, model)
    rows = session.compiled.matrix[session.compiled.rows["total"]]
    session.minimise(-(np.divide(1.0, today, out=np.zeros(len(today)), where=today > 0) @ rows))
    return np.asarray(rows @ optimum(study, session).values)


def _least(study: Study, model: ConcreteModel, totals: Floats, weight: dict[str, float]) -> Hold:
    """Add the weighted sum of the Ginis at these totals, find its least, and return what holds both."""
    today = model.total.upper
    total_of = dict(zip(study.problem.pollutants, np.where(totals > NOTHING * today, totals, 0.0), strict=True))
    keys = list(model.gini) if model.component("gini") is not None else []
    counted = {pollutant for _, pollutant in keys if total_of[pollutant] > 0}
    each = np.array([weight[name] / len(counted) / total_of[of] if of in counted else 0.0 for name, of in keys])
    if keys:
        model.least_gini = MatrixConstraint(
            ["all indicators"],
            terms=[(sparse.csr_array((each @ part)[None, :]), variable) for part, variable in model.gini.terms],
            lower=np.array(-np.inf),
            upper=np.array(np.inf),
            doc="weighted sum of the Ginis",
        )

    def hold_totals(room: float) -> None:
        model.total.lower, model.total.upper = totals - room * today, totals + room * today

    hold_totals(ROOMS[0])
    if not counted:
        return hold_totals
    session = session_of(study, model)
    rows = session.compiled.rows["total"]
    session.minimise(session.compiled.matrix[session.compiled.rows["least_gini"]].toarray()[0])
    least = optimum(
        study, session, lambda room: session.bound_rows(rows, totals - room * today, totals + room * today)
    ).objective

    def hold(room: float) -> None:
        hold_totals(room)
        model.least_gini.upper = np.array([least + room])

    return hold
