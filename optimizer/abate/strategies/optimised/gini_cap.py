"""Least cost under a cap on environmental Ginis.

    min yearly cost    subject to    1/2 sum_ij |x_i m_j - x_j m_i| <= g sum_i x_i    for each indicator and pollutant,

which is linear whatever the sum of the loads comes to. 0.2 is taken for reasonable, 0.4 for a warning line. Source:
Sun, Zhang, Wang, Meng and Wang, Resources, Conservation and Recycling 54 (2010) 601-608.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from abate.attainable import require_options
from abate.errors import Finding, InputError, NoPlanError
from abate.plan import Plan
from abate.solver import SolutionStatus
from abate.strategies.indicators import indicator_weights, label, plan_ginis
from abate.strategies.naming import asked
from abate.strategies.staging import cheapest, model_of, session_of, signed
from abate.strategies.study import Study
from abate_models.gini import add_gini

Floats = NDArray[np.float64]

#: A Gini is the least once a further step lowers it by less.
SETTLED = 1e-9
#: Most steps to the least Gini; each one gains more digits than the one before.
STEPS = 50


def gini_cap(study: Study, *, indicators: tuple[str, ...] = ("population",), cap: float = 0.2) -> Plan:
    """Reach the targets at least cost while the Gini of the loads stays within a cap for each indicator.

    Parameters
    ----------
    indicators : attributes of the sources or regions that loads are set against, as population, gdp, area.
    cap : the most that the Gini of each pollutant may come to, from 0 on; from 1 on it asks for nothing.

    Raises
    ------
    InputError
        Where the case has no options, an indicator is missing for some loads, the cap is no number from 0 on, or a
        pollutant has more than 200 loads (each is compared with each).
    NoPlanError
        Where targets and cap cannot hold together; it says how low each Gini can come.
    """
    if not 0 <= cap < np.inf:
        raise InputError([Finding("strategy", "is no Gini index", "give a number from 0 to 1", "", "cap", str(cap))])
    require_options(study.case)
    model = model_of(study)
    amounts = indicator_weights(study, indicators, "gini-cap")
    add_gini(model, study.problem, amounts, cap)
    try:
        plan = cheapest(study, model)
    except NoPlanError as error:
        raise _with_reach(study, amounts, cap, error) from error
    return signed(plan, asked(gini_cap, indicators=indicators, cap=cap), plan_ginis(study, plan, amounts))


def _with_reach(study: Study, amounts: dict[str, Floats], cap: float, error: NoPlanError) -> NoPlanError:
    """Return the error with how low each Gini can come while the targets hold, where they can hold."""
    least = {name: value for name, value in _least_ginis(study, amounts).items() if value > cap}
    lines = [
        f"  {name}: asked for at most {cap:g}, can come to {value:.4g} under the targets"
        for name, value in least.items()
    ]
    message = "\n".join([str(error), *lines, *(["raise the cap on the Gini, or the limits"] if lines else [])])
    return NoPlanError(message, error.conflict, error.reach, error.relaxation, error.relaxed_cost)


def _least_ginis(study: Study, amounts: dict[str, Floats]) -> dict[str, float]:
    """Return the least that each Gini can come to under the targets, by itself; nothing where these cannot hold.

    The Gini is a ratio of two linear functions: the least of above - g below is 0 at the least ratio g (Dinkelbach,
    Management Science 13 (1967) 492-498).
    """
    model = model_of(study)
    add_gini(model, study.problem, amounts)
    if model.component("gini") is None:  # no two loads to compare
        return {}
    session = session_of(study, model)
    compiled = session.compiled
    found = {}
    for key, row in zip(model.gini, compiled.rows["gini"], strict=True):
        above = compiled.matrix[[int(row)]].toarray()[0]
        below = np.zeros(len(above))
        counted = study.problem.loads.pollutant == study.problem.pollutants.index(key[1])
        below[compiled.columns["allowed_load"]] = counted & (amounts[key[0]] > 0)
        ratio = 1.0
        for _ in range(STEPS):
            session.minimise(above - ratio * below)
            solution = session.solve()
            if solution.status is not SolutionStatus.OPTIMAL:
                return {}
            total = float(below @ solution.values)
            if total <= 0 or (lower := float(above @ solution.values) / total) >= ratio - SETTLED:
                break
            ratio = lower
        found[label(study, *key)] = ratio
    return found
