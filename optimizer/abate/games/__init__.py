"""Games: what the theory of cooperation says of a joint cost, on arrays alone.

A game of n players is an array of 2**n values, one per coalition: coalition number m holds player k where bit k of m
is set, and the empty coalition, number 0, is worth 0. The values are savings, v(S) = sum of c(i) - c(S), in the
currency of the costs c; a player's charge is c(i) less the share of the savings.
"""

from __future__ import annotations

from abate.games.core import core_excess, in_core
from abate.games.game import check_game, membership, savings, subset_sums
from abate.games.nucleolus import nucleolus
from abate.games.payments import side_payments
from abate.games.shapley import sampled_shapley, shapley
from abate.games.tau import tau

__all__ = [
    "check_game",
    "core_excess",
    "in_core",
    "membership",
    "nucleolus",
    "sampled_shapley",
    "savings",
    "shapley",
    "side_payments",
    "subset_sums",
    "tau",
]
