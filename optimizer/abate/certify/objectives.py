"""The value of a plan's objective, recomputed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from abate.certify.arrays import Floats, spread, totals
from abate.certify.inequity import inequity
from abate.certify.measures import Measures
from abate.certify.quality import Quality
from abate.certify.tail import tail_risk
from abate.certify.targets import Targets
from abate_data.case import Case

#: Names of the objectives that can be recomputed, without what follows a colon.
KNOWN = ("cost", "total_load", "removal", "exposure", "max_burden", "exceedance", "inequity", "tail_risk")


def recomputed(
    case: Case, name: str, measures: Measures, quality: Quality, targets: Targets
) -> tuple[float, float] | None:
    """Return an objective's value and its size, below a share of which it is nothing; None where unknown.

    Names are `cost`, `total_load[:pollutant]`, `removal[:pollutant]`, `exposure[:parameter]`, `max_burden`,
    `exceedance`, `inequity[:ability]` and `tail_risk[:share]`; without a pollutant or parameter, all of them count.
    What is maximised comes as its negative, as in the claim.
    """
    kind, _, of = name.partition(":")
    if not is_known(name):
        return None
    recompute: dict[str, Callable[[], tuple[float, float]]] = {
        "cost": lambda: (float(measures.cost.sum()), measures.cost_size),
        "total_load": lambda: _loads(case, of, measures, removed=False),
        "removal": lambda: _loads(case, of, measures, removed=True),
        "exposure": lambda: _exposure(case, of, measures, quality),
        "max_burden": lambda: _max_burden(case, measures),
        "exceedance": lambda: (targets.exceedance, 1.0),
        "inequity": lambda: (inequity(case, of, measures), 1.0),
        "tail_risk": lambda: tail_risk(of, measures, quality, targets),
    }
    return recompute[kind]()


def is_known(name: str) -> bool:
    """Return whether an objective can be recomputed."""
    kind, colon, _ = name.partition(":")
    return kind in KNOWN and not (colon and kind in ("cost", "max_burden", "exceedance"))


def _loads(case: Case, pollutant: str, measures: Measures, *, removed: bool) -> tuple[float, float]:
    code = case.ids("loads", "pollutant").index(pollutant) if pollutant else -1
    chosen = (measures.load_pollutant == code) | (code < 0)
    left, baseline = measures.claim.load[chosen].sum(), float(measures.baseline[chosen].sum())
    return float(left - baseline if removed else left), baseline


def _exposure(case: Case, parameter: str, measures: Measures, quality: Quality) -> tuple[float, float]:
    people = _people(case, parameter, quality)
    exposed = float(people @ (quality.background + quality.rise(measures.claim.load)))
    return exposed, float(people @ quality.terms(measures.baseline))


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
