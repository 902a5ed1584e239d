"""Zero-sum gains data envelopment analysis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from abate.errors import Finding, InputError, SolverError
from abate.strategies.filling import Family, proportional
from abate.strategies.parties import Parties

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def zero_sum_dea(parties: Parties, *, outputs: tuple[str, ...] = ("population",)) -> Family:
    """Share so that everybody becomes efficient: x = E h D / sum of h D.

    h is the input-oriented efficiency of a source whose one input is its load D and whose outputs are attributes, with
    variable returns to scale: the least share of its load with which a mixture of others makes as much. One step
    reaches the zero-sum frontier; iterating overshoots (Gomes and Lins, 2008, Modelling undesirable outputs with zero
    sum gains data envelopment analysis models, J. Operational Research Society 59).
    """
    if not outputs:
        cure = "name attributes of sources or regions"
        raise InputError([Finding("strategy", "there is nothing to be efficient at", cure, "", "outputs")])
    made = np.column_stack([parties.attribute(name, "zero-sum-dea") for name in outputs])
    efficiency = np.zeros(len(parties.names))
    for code in np.unique(parties.pollutant):
        peers = np.flatnonzero((parties.pollutant == code) & parties.movable & (parties.current > 0))
        efficiency[peers] = efficiencies(parties.current[peers], made[peers])
    figures = {"mean efficiency": float(efficiency[efficiency > 0].mean()) if efficiency.any() else 1.0}
    return proportional(parties, efficiency * parties.current, figures)


def efficiencies(load: Floats, made: Floats) -> Floats:
    """Return min h with sum of l = 1, sum of l load <= h load, sum of l made >= made, for each source in turn.

    Raises
    ------
    SolverError
        Where a linear program fails.
    """
    from scipy.optimize import linprog

    # a peer that somebody beats in everything is never needed in a mixture
    peers = np.flatnonzero(~_beaten(load, made))
    costs, ones = np.append(np.zeros(len(peers)), 1.0), np.append(np.ones(len(peers)), 0.0)
    result = np.empty(len(load))
    for source in range(len(load)):
        # everything over what this source has: the numbers of the program are then near one in any unit
        rows = np.vstack([-(made[peers] / made[source]).T, load[peers] / load[source]])
        last = np.append(np.zeros(made.shape[1]), -1.0)
        found = linprog(
            costs,
            A_ub=np.column_stack([rows, last]),
            b_ub=np.append(-np.ones(made.shape[1]), 0.0),
            A_eq=ones[None],
            b_eq=[1.0],
        )
        if not found.success:
            raise SolverError(f"the efficiency of source {source + 1} was not found: {found.message}")
        result[source] = min(float(found.fun or 0.0), 1.0)
    return result


def _beaten(load: Floats, made: Floats) -> Mask:
    """Return who needs more load than somebody else and makes no more of anything."""
    order = np.lexsort((*(-made.T), load))
    kept: list[int] = []
    beaten = np.zeros(len(load), dtype=bool)
    for source in order:
        beaten[source] = bool((made[kept] >= made[source]).all(axis=1).any()) if kept else False
        if not beaten[source]:
            kept.append(int(source))
    return beaten
