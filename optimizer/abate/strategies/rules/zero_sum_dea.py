"""Zero-sum gains data envelopment analysis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from abate.errors import Finding, InputError, SolverError
from abate.strategies.filling import Family, proportional
from abate.strategies.parties import Parties

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: Programs of so many sources are solved as one: a call of the solver costs more than a program.
AT_ONCE = 200


def zero_sum_dea(parties: Parties, *, outputs: tuple[str, ...] = ("population",)) -> Family:
    """Share so that everybody becomes efficient: x = E h D / sum of h D.

    h is the input-oriented efficiency of a source whose one input is its load D and whose outputs are attributes, with
    variable returns to scale: the least share of its load with which a mixture of others makes as much. One step
    reaches the zero-sum frontier; iterating overshoots (Gomes and Lins, 2008, Modelling undesirable outputs with zero
    sum gains data envelopment analysis models, J. Operational Research Society 59).

    Parameters
    ----------
    outputs : attributes of sources or regions that a source is taken to make.

    Raises
    ------
    InputError
        Where no output is named, or one is missing for some.
    SolverError
        Where a linear program fails.
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
    if not len(load):
        return np.zeros(0)
    # a peer that somebody beats in everything is never needed in a mixture
    peers = np.flatnonzero(~_beaten(load, made))
    parts = [
        _solved(load[part], made[part], load[peers], made[peers])
        for part in np.split(np.arange(len(load)), range(AT_ONCE, len(load), AT_ONCE))
    ]
    return np.minimum(np.concatenate(parts), 1.0)


def _solved(load: Floats, made: Floats, peer_load: Floats, peer_made: Floats) -> Floats:
    """Return the efficiencies of some sources, whose programs share nothing and are solved as one."""
    from scipy.optimize import linprog

    count, width = len(load), len(peer_load) + 1
    # everything over what the source has: the numbers of the program are then near one in any unit
    rows = np.zeros((count, made.shape[1] + 1, width))
    rows[:, :-1, :-1] = -(peer_made.T / made[:, :, None])
    rows[:, -1, :-1] = peer_load / load[:, None]
    rows[:, -1, -1] = -1.0
    found = linprog(  # type: ignore[call-overload]  # its stubs know no sparse matrices
        np.tile(np.append(np.zeros(width - 1), 1.0), count),
        A_ub=sparse.block_diag(list(rows), format="csr"),
        b_ub=np.tile(np.append(-np.ones(made.shape[1]), 0.0), count),
        A_eq=sparse.kron(sparse.eye_array(count), np.append(np.ones(width - 1), 0.0)[None], format="csr"),
        b_eq=np.ones(count),
    )
    if not found.success:
        raise SolverError(f"the efficiency of the sources was not found: {found.message}")
    return np.asarray(found.x.reshape(count, width)[:, -1], dtype=np.float64)


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
