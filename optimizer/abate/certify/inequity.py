"""The Gini index of the yearly cost per unit of ability to pay, from the tables."""

from __future__ import annotations

import numpy as np

from abate.certify.arrays import Codes, Floats, spread, totals
from abate.certify.measures import Measures
from abate_data.case import Case

#: Abilities to pay, in the order in which one is looked for where none is named.
_ABILITIES = ("income", "output", "population", "baseline", "equal")


def inequity(case: Case, ability: str, measures: Measures) -> float:
    """Return the Gini index of cost per unit of ability over those who have options, 0 where nobody pays.

    Parameters
    ----------
    ability : what costs are set against; where blank, the first that the case has all the figures for.
    """
    paying = np.flatnonzero(measures.has_options)
    for name in [ability] if ability else _ABILITIES:
        party, able = _parties(case, name, measures, paying)
        if np.all(able > 0):
            return _gini(totals(party, measures.source_cost[paying], len(able)), able)
    return np.nan


def _gini(cost: Floats, able: Floats) -> float:
    """Return twice the area between the diagonal and the Lorenz curve of cost over ability."""
    if not cost.sum() > 0:
        return 0.0
    order = np.argsort(cost / able)
    width = able[order] / able.sum()
    height = np.concatenate([[0.0], np.cumsum(cost[order] / cost.sum())])
    return max(0.0, 1.0 - float(width @ (height[1:] + height[:-1])))


def _parties(case: Case, ability: str, measures: Measures, paying: Codes) -> tuple[Codes, Floats]:
    """Return the party of each source that pays, and the ability of each party; NaN or 0 where it is lacking."""
    own = np.arange(len(paying))
    if ability == "population":
        region = np.full(measures.sources, -1)
        region[case.codes("sources", "source")] = case.codes("sources", "region")
        codes, party = np.unique(region[paying], return_inverse=True)
        people = spread(case, "regions", "population", len(case.ids("regions", "region")))
        return party.ravel(), np.append(people, np.nan)[codes]
    if ability == "equal":
        return own, np.ones(len(paying))
    if ability == "baseline":
        several = np.nan if measures.pollutants > 1 else 0.0
        return own, totals(measures.load_source, measures.baseline, measures.sources)[paying] + several
    return own, spread(case, "sources", ability, measures.sources)[paying]
