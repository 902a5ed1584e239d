r"""Offset ratios: how much less another source has to emit for each unit of load of a proposal.

At a target that the proposal would exceed, with c the rise of its value per unit of a load,

.. math::

    r_j = \frac{\sum_i c_i \Delta L_i / \sum_i \Delta L_i}{c_j}

is what load j has to fall by for each unit of load that the proposal adds (its loads taken together). A ratio of one
sort at each binding target is what trading programmes call delivery or location ratio (US EPA, Water Quality Trading
Toolkit for Permit Writers, 2007, ch. 2). What the next unit costs there is that of the cheapest measure that is left,
by itself; the offset of least cost may combine measures, and help several targets at once.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from abate.appraisal.judged import Judged
from abate.appraisal.standing import ROUNDING, Standing, World
from abate_data.proposals import Proposal
from abate_models.targets import BUDGET

Floats = NDArray[np.float64]

#: Of so many targets, those that are exceeded most, ratios are told.
TARGETS = 10

COLUMNS = (
    *("proposal", "target", "source", "pollutant", "ratio", "available", "cost_there", "cost_per_load", "offset"),
    "own",
)


def ratio_table(
    world: World, one: Proposal, judged: Judged, standings: tuple[Standing, Standing, Standing]
) -> pd.DataFrame:
    """Return a row per exceeded target and load that acts on it, the cheapest first.

    The columns: how much less load there makes up for one unit of the proposal (`ratio`), how much less the measures
    that are left there can make it (`available`), what the next unit costs there (`cost_there`) and per unit of the
    proposal (`cost_per_load`), what the offset takes there, and whether it is the proposer's own.

    Parameters
    ----------
    standings : without the proposal, with it as it is, and with its offset where it has one.
    """
    problem, (standing, proposed, decided) = world.problem, standings
    added = proposed.load - standing.load
    total = float(added[added > 0].sum())
    cost, available = next_units(world, proposed)
    taken = proposed.load - decided.load
    pieces = []
    for row in judged.over[:TARGETS] if total > 0 else ():
        if problem.targets.form[row] == BUDGET:
            continue
        response = problem.targets.sign[row] * _response(world, int(row))
        unit = float(response @ np.maximum(added, 0.0)) / total
        acting = np.flatnonzero((response > 0) & proposed.present[problem.loads.source] & (unit > 0))
        with np.errstate(invalid="ignore"):
            ratio = unit / response[acting]
            each = ratio * cost[acting]
        pieces.append(
            pd.DataFrame(
                {
                    "proposal": one.proposal,
                    "target": problem.targets.ids[row],
                    "source": [problem.loads.keys[at][0] for at in acting],
                    "pollutant": [problem.loads.keys[at][1] for at in acting],
                    "ratio": ratio,
                    "available": available[acting],
                    "cost_there": cost[acting],
                    "cost_per_load": each,
                    "offset": np.where(np.abs(taken[acting]) > ROUNDING * proposed.load[acting], taken[acting], 0.0),
                    "own": [problem.loads.keys[at][0] == one.source for at in acting],
                }
            ).sort_values(["cost_per_load", "ratio"], kind="stable")
        )
    return pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame(columns=list(COLUMNS))


def next_units(world: World, standing: Standing) -> tuple[Floats, Floats]:
    """Return what one unit less of each load costs with the cheapest measure left, and how much less it can become.

    Both are (loads,); NaN where the case has no measures at all, or none is left.
    """
    options, loads = world.problem.options, world.problem.loads
    cost = np.full(len(loads.keys), np.nan)
    if not options.keys:
        return cost, cost.copy()
    left = _left(world, standing)
    entries = sparse.coo_array(options.removal)
    load, option = (places.astype(np.int64) for places in entries.coords)
    useful = (entries.data > 0) & (left[option] > 0)
    load, option, removed = load[useful], option[useful], entries.data[useful]
    running = np.where(standing.extent < options.built, options.operating, options.unit_cost)
    begun = np.where(options.discrete & ~standing.installed, options.fixed, 0.0)
    with np.errstate(invalid="ignore"):
        unit = running + np.divide(begun, left, out=np.zeros(len(left)), where=np.isfinite(left) & (left > 0))
    cheapest = np.full(len(loads.keys), np.inf)
    np.minimum.at(cheapest, load, unit[option] / removed)
    available = np.minimum(_together(world, load, option, removed * left[option]), standing.load - loads.floor)
    available = np.maximum(available, 0.0)
    cost = np.where(np.isfinite(cheapest) & (available > 0), cheapest, np.nan)
    return cost, np.where(np.isnan(cost), 0.0, available)


def _left(world: World, standing: Standing) -> Floats:
    """Return how much further each option can go by itself (options,), what it shares with others included."""
    options, resources = world.problem.options, world.problem.resources
    left = world.usable(standing) - standing.extent
    grouped = options.group >= 0
    taken = np.where(options.discrete, standing.installed, standing.extent)
    room = 1.0 - np.bincount(options.group[grouped], taken[grouped], len(options.groups))
    # an option that is installed whole holds its place already
    free = grouped & ~(options.discrete & standing.installed)
    left[free] = np.minimum(left[free], np.maximum(room[options.group[free]], 0.0))
    spare = np.maximum(resources.available - resources.use @ standing.extent, 0.0)
    use = sparse.coo_array(resources.use)
    row, column = use.coords
    needs = use.data > 0
    np.minimum.at(left, column[needs], spare[row[needs]] / use.data[needs])
    scale = np.where(np.isfinite(options.upper), options.upper, 1.0)
    return np.where(left > ROUNDING * scale, left, 0.0)


def _together(world: World, load: NDArray[np.int64], option: NDArray[np.int64], amount: Floats) -> Floats:
    """Return what options can take off each load together; of a group only one counts, for they share its room."""
    options = world.problem.options
    group = options.group[option]
    width = len(options.groups) + len(options.keys)
    key = load * width + np.where(group >= 0, group, len(options.groups) + option)
    kept, place = np.unique(key, return_inverse=True)
    most = np.zeros(len(kept))
    np.maximum.at(most, place, amount)
    total = np.zeros(len(world.problem.loads.keys))
    np.add.at(total, kept // width, most)
    return total


def _response(world: World, row: int) -> Floats:
    """Return the rise of a target's row per unit of each load (loads,)."""
    targets = world.problem.targets
    at = targets.quality[row]
    of_loads = targets.scope[[row]] if at < 0 else world.problem.receptors.transfer[[at]]
    return np.asarray(of_loads.toarray()[0], dtype=np.float64)
