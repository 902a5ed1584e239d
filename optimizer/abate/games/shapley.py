r"""Shapley value: what each player adds to those who came before, on average over all orders of coming.

.. math:: \varphi_i = \sum_{S \not\ni i} \frac{|S|! \, (n - |S| - 1)!}{n!} \, \left(v(S \cup i) - v(S)\right)

Source: L. Shapley (1953), A value for n-person games, Annals of Mathematics Studies 28, 307-317; sampling: J. Castro,
D. Gomez and J. Tejada (2009), Polynomial calculation of the Shapley value based on sampling, Computers and Operations
Research 36, 1726-1730.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from abate.errors import Finding, InputError
from abate.games.game import Floats, check_game, membership


def shapley(values: Floats) -> Floats:
    """Return the Shapley value, exact.

    Parameters
    ----------
    values : v, the value of each coalition by its bit mask, shape (2**players,), in a currency; to about 20 players.

    Returns
    -------
    Shares, shape (players,), in the currency of the values; they add up to the value of the grand coalition.

    Raises
    ------
    InputError
        Where the values are no game, see `check_game`.
    """
    players = check_game(values)
    weights = _weights(players)
    shares = np.empty(players)
    for player in range(players):
        # axis 1 is the player's bit: without and with the player
        sides = values.reshape(-1, 2, 2**player)
        gains = sides[:, 1] - sides[:, 0]
        shares[player] = np.sum(gains * weights.reshape(-1, 2, 2**player)[:, 0])
    return shares


def sampled_shapley(cost_of: Callable[[int], float], players: int, samples: int, seed: int) -> tuple[Floats, Floats]:
    """Return the Shapley value over random orders, each walked forward and backward.

    Parameters
    ----------
    cost_of : cost (or value) of a coalition by its bit mask; asked once per coalition, and never for the empty one,
        which costs 0.
    players : their number, at least 1.
    samples : how many orders are drawn, at least 2; up to 2 * samples * players coalitions are asked for.
    seed : of the orders.

    Returns
    -------
    Shares, shape (players,), in the currency of the costs, which add up to the cost of the grand coalition whatever the
    orders; and the standard error of each, from the spread over the samples.

    Raises
    ------
    InputError
        Where there is no player, or fewer than 2 samples.
    """
    for name, number, least in (("players", players, 1), ("samples", samples, 2)):
        if number < least:
            cure = f"give at least {least}"
            raise InputError([Finding("game", f"there are too few {name}", cure, value=str(number))])
    known = {0: 0.0}
    random = np.random.default_rng(seed)
    shares = np.empty((samples, players))
    for sample in range(samples):
        order = random.permutation(players)
        shares[sample] = (_walk(order, cost_of, known) + _walk(order[::-1], cost_of, known)) / 2
    return shares.mean(axis=0), shares.std(axis=0, ddof=1) / math.sqrt(samples)


def _walk(order: NDArray[np.int64], cost_of: Callable[[int], float], known: dict[int, float]) -> Floats:
    """Return what each player adds in one order of coming; `known` keeps the costs of the coalitions."""
    added = np.empty(len(order))
    mask = 0
    for player in order.tolist():
        before = known[mask]
        mask |= 1 << player
        if mask not in known:
            known[mask] = cost_of(mask)
        added[player] = known[mask] - before
    return added


@lru_cache(maxsize=4)
def _weights(players: int) -> Floats:
    """Return the share of the orders in which exactly a coalition comes before one given player outside it."""
    by_size = [1.0 / (players * math.comb(players - 1, size)) for size in range(players)]
    # the grand coalition comes before nobody
    sizes = membership(players).sum(axis=1)
    return np.asarray(np.take([*by_size, 0.0], sizes), dtype=np.float64)
