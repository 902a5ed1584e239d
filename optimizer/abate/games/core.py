r"""Core: shares that no coalition can better by going its own way.

.. math:: x(N) = v(N), \qquad x(S) \ge v(S) \;\text{ for every } S

Source: D. Gillies (1959), Solutions to general non-zero-sum games, Annals of Mathematics Studies 40, 47-85.
"""

from __future__ import annotations

import numpy as np

from abate.games.game import Floats, check_game, subset_sums

#: An excess of no more than this share of the game's size is rounding.
ROUNDING = 1e-9


def core_excess(values: Floats, shares: Floats) -> tuple[float, int]:
    """Return how much the worst-off coalition could gain by going its own way.

    Parameters
    ----------
    values : v, the value of each coalition by its bit mask, shape (2**players,), in a currency.
    shares : x, what each player gets, shape (players,), in that currency.

    Returns
    -------
    The largest v(S) - x(S) over the coalitions that are neither empty nor everybody, and the first such coalition as a
    bit mask; minus infinity and 0 for a single player, who has no such coalition.

    Raises
    ------
    InputError
        Where the values are no game, see `check_game`.
    """
    if check_game(values) == 1:
        return -np.inf, 0
    excess = (values - subset_sums(shares))[1:-1]
    worst = int(np.argmax(excess))
    return float(excess[worst]), worst + 1


def in_core(values: Floats, shares: Floats) -> bool:
    """Whether the shares add up to the value of everybody together and no coalition can do better; up to rounding.

    Raises
    ------
    InputError
        Where the values are no game, see `check_game`.
    """
    excess, _ = core_excess(values, shares)
    room = ROUNDING * max(1.0, float(np.abs(values).max()))
    return excess <= room and abs(float(shares.sum()) - float(values[-1])) <= room
