"""Games in arrays: the value of each coalition at the place that its bit mask names."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from abate.errors import Finding, InputError

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def check_game(values: Floats) -> int:
    """Return the number of players of a game.

    Parameters
    ----------
    values : the value of each coalition by its bit mask, shape (2**players,).

    Raises
    ------
    InputError
        Where the length is no power of 2 with a player, a value is no finite number, or the empty coalition's is not 0.
    """
    count = len(values)
    players = count.bit_length() - 1
    if players < 1 or count != 2**players:
        problem, cure = "the number of coalitions is no power of 2", "give one value for each subset of the players"
        raise InputError([Finding("game", problem, cure, value=str(count))])
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        problem = "the value of a coalition is no finite number"
        cure = "give every coalition a plan that it can carry out, or leave out the players that have none"
        where = f"coalition of players {_members(int(wrong[0]))}"
        raise InputError([Finding("game", problem, cure, where, value=f"{values[wrong[0]]:g}")])
    if values[0] != 0:
        problem, cure = "the empty coalition has a value", "set it to 0, and the values of the others accordingly"
        raise InputError([Finding("game", problem, cure, value=f"{values[0]:g}")])
    return players


def membership(players: int) -> Flags:
    """Return whether each coalition holds each player, shape (2**players, players)."""
    masks = np.arange(2**players)[:, None]
    return np.asarray(masks >> np.arange(players) & 1, dtype=bool)


def subset_sums(amounts: Floats) -> Floats:
    """Return the sum of the amounts of each coalition's members, shape (2**players,)."""
    sums = np.zeros(1)
    for amount in amounts:
        sums = np.concatenate([sums, sums + amount])
    return sums


def savings(costs: Floats) -> Floats:
    r"""Return what each coalition saves by acting together.

    .. math:: v(S) = \sum_{i \in S} c(\{i\}) - c(S)

    Parameters
    ----------
    costs : c, the cost of each coalition by its bit mask, shape (2**players,), in a currency.

    Returns
    -------
    Savings, same shape and currency; 0 for every single player.

    Raises
    ------
    InputError
        Where the costs are no game, see `check_game`.
    """
    players = check_game(costs)
    values = subset_sums(costs[2 ** np.arange(players)]) - costs
    values[2 ** np.arange(players)] = 0.0
    return values


def _members(mask: int) -> str:
    """Return the numbers of a coalition's players, from 1."""
    return ", ".join(str(player + 1) for player in range(mask.bit_length()) if mask >> player & 1)
