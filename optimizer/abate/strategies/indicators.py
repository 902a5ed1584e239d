"""Environmental Ginis in strategies: the indicators that loads are set against, and what a plan comes to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from abate.errors import Finding, InputError
from abate.inequality import gini
from abate.plan import Plan
from abate.strategies.study import Study

Floats = NDArray[np.float64]

#: Most loads of one pollutant: each pair of them is a row and a column of the model, some 20,000 with so many.
MOST_LOADS = 200


def indicator_weights(study: Study, names: tuple[str, ...], strategy: str) -> dict[str, Floats]:
    """Return each indicator's amount for each load, 0 for those of which nothing may be asked.

    Raises
    ------
    InputError
        Where no indicator is named or one twice, one is missing for some loads, or there are too many loads to
        compare each with each.
    """
    parties = study.parties()
    if not names or len(set(names)) < len(names):
        cure = "name at least one attribute of the sources or regions, each once"
        raise InputError([Finding("strategy", f"{strategy} has no such indicators", cure, value=",".join(names))])
    most = int(np.bincount(parties.pollutant[parties.movable], minlength=1).max())
    if most > MOST_LOADS:
        problem = f"{strategy} compares each load with each, and one pollutant has {most} loads"
        cure = f"use it for up to {MOST_LOADS}: join sources, or choose a rule such as multi-criteria"
        raise InputError([Finding("loads", problem, cure)])
    return {name: parties.attribute(name, strategy) for name in names}


def plan_ginis(study: Study, plan: Plan, indicators: dict[str, Floats]) -> dict[str, float]:
    """Return the Gini of each indicator, and of each pollutant where the case has several, in a plan."""
    load = plan.allocation["allowed"].to_numpy()
    found = {}
    for name, weights in indicators.items():
        for code, pollutant in enumerate(study.problem.pollutants):
            chosen = (study.problem.loads.pollutant == code) & (weights > 0)
            if chosen.any():
                found[label(study, name, pollutant)] = gini(np.maximum(load[chosen], 0.0), weights[chosen])
    return found


def label(study: Study, name: str, pollutant: str) -> str:
    """Return what people call a Gini."""
    return f"Gini of {name}" + (f", {pollutant}" if len(study.problem.pollutants) > 1 else "")
