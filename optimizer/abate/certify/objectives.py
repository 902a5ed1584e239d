"""The value of a plan's objective, recomputed."""

from __future__ import annotations

import numpy as np

from abate.certify.arrays import Floats, spread, totals
from abate.certify.measures import Measures
from abate.certify.quality import Quality
from abate.certify.targets import Targets
from abate_data.case import Case

#: Names of the objectives that can be recomputed, without what follows a colon.
KNOWN = ("cost", "total_load", "exposure", "max_burden", "exceedance")


def recomputed(
    case: Case, name: str, measures: Measures, quality: Quality, targets: Targets
) -> tuple[float, float] | None:
    """Return an objective's value and its size, below a share of which it is nothing; None where unknown.

    Names are `cost`, `total_load[:pollutant]`, `exposure[:parameter]`, `max_burden` and `exceedance`; without
    a pollutant or parameter, all of them count.
    """
    kind, _, of = name.partition(":")
    load = measures.claim.load
    if name == "cost":
        return float(measures.cost.sum()), measures.cost_size
    if kind == "total_load":
        code = case.ids("loads", "pollutant").index(of) if of else -1
        chosen = (measures.load_pollutant == code) | (code < 0)
        return float(load[chosen].sum()), float(measures.baseline[chosen].sum())
    if kind == "exposure":
        people = _people(case, of, quality)
        exposed = float(people @ (quality.background + quality.rise(load)))
        return exposed, float(people @ quality.terms(measures.baseline))
    if name == "max_burden":
        return _max_burden(case, measures)
    return (targets.exceedance, 1.0) if name == "exceedance" else None


def _people(case: Case, parameter: str, quality: Quality) -> Floats:
    """Return the people exposed to each receptor and parameter; 0 for parameters that do not count."""
    receptors = len(case.ids("receptors", "receptor"))
    population = np.nan_to_num(spread(case, "receptors", "population", receptors), nan=0.0)
    people = np.repeat(population[:, np.newaxis], quality.parameters, axis=1)
    if parameter:
        others = np.arange(quality.parameters) != case.ids("transfer", "parameter").index(parameter)
        people[:, others] = 0.0
    return people.ravel()


def _max_burden(case: Case, measures: Measures) -> tuple[float, float]:
    """Return the greatest cost over ability to pay of any source with options, now and at full extent."""
    column = "output" if np.isnan(case.values("sources", "income")).all() else "income"
    ability = spread(case, "sources", column, measures.sources)
    paying = measures.has_options & (ability > 0)
    full = totals(measures.source, measures.full_cost, measures.sources)
    most, now = ((cost[paying] / ability[paying]).max(initial=0.0) for cost in (full, measures.source_cost))
    return float(now), float(most)


def is_known(name: str) -> bool:
    """Return whether an objective can be recomputed."""
    return name.partition(":")[0] in KNOWN
