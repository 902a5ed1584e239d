"""Cost sharing: who carries which part of the cost of a joint plan, and who pays whom.

A game of n players is an array of 2**n values, one per coalition: coalition number m holds player k where bit k of m
is set, and the empty coalition, number 0, is worth 0. The values are savings, v(S) = sum of c(i) - c(S), in the
currency of the costs c; a player's charge is c(i) less the share of the savings.
"""

from __future__ import annotations

from abate.sharing.core import core_excess, in_core
from abate.sharing.game import check_game, membership, savings, subset_sums
from abate.sharing.nucleolus import nucleolus
from abate.sharing.payments import side_payments
from abate.sharing.shapley import sampled_shapley, shapley
from abate.sharing.tau import tau

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
