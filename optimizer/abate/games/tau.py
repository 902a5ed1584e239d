r"""Tau value: the compromise between what each player can hope for and what each can insist on.

.. math:: M_i = v(N) - v(N \setminus i), \qquad
    m_i = \max_{S \ni i} \left(v(S) - \textstyle\sum_{k \in S \setminus i} M_k\right), \qquad
    \tau = m + \alpha (M - m), \; \textstyle\sum_i \tau_i = v(N)

Source: S. Tijs (1981), Bounds for the core and the tau-value, in Game Theory and Mathematical Economics, 123-132.
"""

from __future__ import annotations

import numpy as np

from abate.errors import Finding, InputError
from abate.games.game import Floats, check_game, membership, subset_sums

#: Sums that differ by no more than this share of the game's size are equal.
ROUNDING = 1e-9


def tau(values: Floats) -> Floats:
    """Return the tau value.

    Parameters
    ----------
    values : v, the value of each coalition by its bit mask, shape (2**players,), in a currency.

    Returns
    -------
    Shares, shape (players,), in the currency of the values; they add up to the value of the grand coalition.

    Raises
    ------
    InputError
        Where the values are no game, see `check_game`, or the game is not quasi-balanced: someone can insist on more
        than hoped for, or the sums of either do not enclose the value of the grand coalition. A game with a core is
        quasi-balanced.
    """
    players = check_game(values)
    hopes = values[-1] - values[-1 - 2 ** np.arange(players)]
    left = values - subset_sums(hopes)
    inside = membership(players)
    rights = np.array([np.max(left[inside[:, player]]) for player in range(players)]) + hopes
    least, most, grand = float(rights.sum()), float(hopes.sum()), float(values[-1])
    room = ROUNDING * max(1.0, float(np.abs(values).max()))
    if np.any(rights > hopes + room) or not least - room <= grand <= most + room:
        problem = f"the players insist on {least:g} and hope for {most:g} of {grand:g}: there is no compromise"
        raise InputError([Finding("game", problem, "use the Shapley value or the nucleolus, which always exist")])
    alpha = (grand - least) / (most - least) if most - least > room else 0.0
    return np.asarray(rights + alpha * (hopes - rights), dtype=np.float64)
