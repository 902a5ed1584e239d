"""Zoned uniform treatment.

Within a zone, and for each pollutant, every load that measures can lower is reduced by one percentage p of its
baseline D, and the percentages are those of least cost:

    min yearly cost    subject to    x_i = D_i (1 - p_z / 100)    for every load i of zone z,

with targets, measures and resources as in the case. One zone is uniform treatment; as many zones as sources is least
cost. Source: Loucks, Stedinger and Haith, Water Resource Systems Planning and Analysis (1981), and scheme 1 of US EPA,
Technical Support Document for Water Quality-based Toxics Control (1991), as one optimised percentage.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from abate.attainable import require_options
from abate.plan import Plan
from abate.strategies.naming import asked
from abate.strategies.staging import cheapest, signed
from abate.strategies.study import Study
from abate_models.assemble import assemble
from abate_models.rules import Rules

Zones = Literal["case", "region", "sector"]
Mask = NDArray[np.bool_]


def zoned_uniform(study: Study, *, zones: Zones = "region") -> Plan:
    """Remove one percentage in each zone and of each pollutant, the percentages chosen at least cost.

    Parameters
    ----------
    zones : the whole case, the region of each source, or its sector. Loads that no measure lowers do not take part;
        figure ``loads without measures`` counts those of whom something might be asked.

    Raises
    ------
    InputError
        Where the case has no options.
    NoPlanError
        Where no percentages attain the targets; it names the zones that are in the way.
    """
    require_options(study.case)
    problem = study.problem
    lowered = _can_be_lowered(study)
    names, zone = _zones(study, zones)
    members = np.array([(zone == code) & lowered for code in range(len(names))], dtype=bool)
    titles = [f"one percentage in {name}" for name in names]
    model = assemble(replace(problem, rules=_with_uniform(problem.rules, titles, members)))
    plan = cheapest(study, model)
    found = (
        {key: variable.value for key, variable in plan.model.component("uniform_percent").items()}
        if lowered.any()
        else {}
    )
    figures = {
        f"percent of {name}, {pollutant}": float(found[title, pollutant])
        for title, name in zip(titles, names, strict=True)
        for pollutant in problem.pollutants
        if (title, pollutant) in found
    }
    idle = study.parties().movable & ~lowered & (problem.loads.baseline > 0)
    left = {"loads without measures": float(idle.sum())} if idle.any() else {}
    return signed(plan, asked(zoned_uniform, zones=zones), figures | left)


def _can_be_lowered(study: Study) -> Mask:
    """Return which loads some measure lowers."""
    problem = study.problem
    removal = problem.options.removal.maximum(0) @ (problem.options.upper > 0).astype(float)
    return np.asarray((removal > 0) & (problem.loads.baseline > 0))


def _zones(study: Study, zones: Zones) -> tuple[list[str], NDArray[np.int64]]:
    """Return the zones in the planner's words, and the zone of each load."""
    source, case = study.problem.loads.source, study.case
    if zones == "case":
        return ["the case"], np.zeros(len(source), dtype=np.int64)
    codes = case.codes("sources", zones)[source]
    names = [f"{zones} {name}" for name in case.ids("sources", zones)]
    outside = codes < 0
    return [*names, f"no {zones}"], np.where(outside, len(names), codes)


def _with_uniform(rules: Rules, titles: list[str], members: Mask) -> Rules:
    """Return the rules of the case and a uniform one for each zone."""
    count, blank = len(titles), np.full(len(titles), np.nan)
    return Rules(
        ids=[*rules.ids, *titles],
        kind=[*rules.kind, *["uniform"] * count],
        loads=np.vstack([rules.loads, members]),
        sources=np.vstack([rules.sources, np.zeros((count, rules.sources.shape[1]), dtype=bool)]),
        lower=np.concatenate([rules.lower, blank]),
        upper=np.concatenate([rules.upper, blank]),
        ability=[*rules.ability, *[""] * count],
    )
