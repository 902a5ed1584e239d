r"""Nucleolus: shares that make the most dissatisfied coalition as satisfied as can be, then the next one, and so on.

.. math:: \text{lexicographically } \min \text{ of the excesses } v(S) - x(S) \text{ in descending order},
    \quad x(N) = v(N)

All x that add up to v(N) are allowed: this is the prenucleolus. It always exists, is one point, and lies in the core
where there is one. It is the nucleolus among the imputations (nobody gets less than alone) wherever nobody can hurt a
coalition by joining it, v(S + i) >= v(S) + v(i): so it is for every game of savings in which a coalition can do at
least what its members can do apart.

A sequence of linear programs of the excess e, until the shares leave no choice:

.. math:: \min e, \qquad x(S) + e \ge v(S) \;\text{ for S free}, \qquad x(S) = v(S) - e_S \;\text{ for S fixed}

Each program fixes the coalition with the greatest dual value: a positive one means that it is tight in every optimum.
Coalitions whose sum of shares follows from those fixed (the rank test) are free no longer, so that n - 1 programs are
enough. Source: D. Schmeidler (1969), The nucleolus of a characteristic function game, SIAM Journal on Applied
Mathematics 17, 1163-1170; M. Maschler, B. Peleg and L. Shapley (1979), Geometric properties of the kernel, nucleolus
and related solution concepts, Mathematics of Operations Research 4, 303-338.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from abate.errors import SolverError
from abate.games.game import Floats, check_game, membership

#: A membership row this close to the span of the fixed rows lies in it; the rows hold zeros and ones.
IN_SPAN = 1e-8


def nucleolus(values: Floats) -> Floats:
    """Return the (pre)nucleolus; to 10 players in seconds.

    Parameters
    ----------
    values : v, the value of each coalition by its bit mask, shape (2**players,), in a currency.

    Returns
    -------
    Shares, shape (players,), in the currency of the values; they add up to the value of the grand coalition.

    Raises
    ------
    InputError
        Where the values are no game, see `check_game`.
    SolverError
        Where a linear program is not solved.
    """
    players = check_game(values)
    size = float(np.abs(values).max()) or 1.0
    worth = values / size
    members = membership(players).astype(float)
    fixed, share = [len(values) - 1], [float(worth[-1])]
    while len(free := _undecided(members, fixed)):
        excess, tight = _least_excess(members, worth, fixed, share, free)
        fixed.append(tight)
        share.append(float(worth[tight]) - excess)
    return np.asarray(np.linalg.solve(members[fixed], np.array(share)) * size, dtype=np.float64)


def _undecided(members: Floats, fixed: list[int]) -> NDArray[np.int64]:
    """Return the coalitions whose sum of shares does not follow from the sums of the fixed ones."""
    basis = np.linalg.qr(members[fixed].T)[0]
    beyond = members - (members @ basis) @ basis.T
    return np.flatnonzero(np.linalg.norm(beyond, axis=1) > IN_SPAN)


def _least_excess(
    members: Floats, worth: Floats, fixed: list[int], share: list[float], free: NDArray[np.int64]
) -> tuple[float, int]:
    """Return the least greatest excess of the free coalitions, and one that has it in every optimum."""
    from scipy.optimize import linprog

    players = members.shape[1]
    solved = linprog(
        np.append(np.zeros(players), 1.0),
        A_ub=-np.column_stack([members[free], np.ones(len(free))]),
        b_ub=-worth[free],
        A_eq=np.column_stack([members[fixed], np.zeros(len(fixed))]),
        b_eq=np.array(share),
        bounds=(None, None),
        method="highs",
    )
    if solved.x is None or solved.status != 0:
        raise SolverError(f"the nucleolus was not found: {solved.message}")
    # the duals add up to one, so that the greatest is positive; scipy gives them the sign of a fall of the limit
    return float(solved.x[-1]), int(free[np.argmin(solved.ineqlin.marginals)])
