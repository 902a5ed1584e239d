"""What the rules on equal costs have in common: all cost curves side by side, and the way along them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from abate.errors import Finding, InputError
from abate.strategies.filling import Family
from abate.strategies.parties import Parties

Floats = NDArray[np.float64]

#: Relative difference up to which two costs per unit are the same.
SAME = 1e-12


@dataclass(frozen=True)
class Corners:
    """The cost curves of all parties, shape (parties, corners); shorter curves go on with infinite cost.

    Attributes
    ----------
    removal, cost : load removed and yearly cost at each corner; the first of each is 0.
    """

    removal: Floats
    cost: Floats

    @classmethod
    def of(cls, parties: Parties, rule: str) -> Corners:
        """Return the corners of the parties' cost curves.

        Raises
        ------
        InputError
            Where no party has a measure.
        """
        curves = parties.curves()
        width = max((len(curve.cost) for curve in curves), default=1)
        if width == 1:
            cure = "fill tables options and removals, or choose a strategy that needs no costs"
            raise InputError([Finding("options", f"has no measure with a cost, and {rule} needs them", cure)])
        removal, cost = np.zeros((len(curves), width + 1)), np.full((len(curves), width + 1), np.inf)
        for row, curve in enumerate(curves):
            removal[row, : len(curve.cost)], removal[row, len(curve.cost) :] = curve.removal, curve.removal[-1]
            cost[row, : len(curve.cost)] = curve.cost
        return cls(removal, cost)

    @cached_property
    def averages(self) -> Floats:
        """Cost per unit removed at each corner but the first, infinite beyond the last; never falls along a row."""
        cost, removal = self.cost[:, 1:], self.removal[:, 1:]
        return np.divide(cost, removal, out=np.full_like(cost, np.inf), where=np.isfinite(cost) & (removal > 0))

    def at_average_cost(self, price: float) -> Floats:
        """Return the largest removal of each party at which a unit costs no more than `price` on average."""
        last = (self.averages <= price * (1 + SAME)).sum(axis=1)
        load, money = self._corner(last)
        slope = self._slope(last)
        bent = np.isfinite(slope) & (slope > price * (1 + SAME))
        # C + s (z - z0) = k z on the piece that starts at (z0, C) with slope s
        steep = np.where(bent, slope, 0.0)
        further = np.divide(steep * load - money, steep - price, out=load.copy(), where=bent)
        return np.maximum(further, load)

    def at_cost(self, money: Floats) -> Floats:
        """Return the largest removal of each party that costs no more than `money`."""
        last = (self.cost[:, 1:] <= (money * (1 + SAME))[:, None]).sum(axis=1)
        load, spent = self._corner(last)
        slope = self._slope(last)
        return load + np.divide(money - spent, slope, out=np.zeros_like(load), where=np.isfinite(slope) & (slope > 0))

    def _corner(self, at: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Return the removal and the cost of each party at one of its corners."""
        rows = np.arange(len(at))
        return self.removal[rows, at], self.cost[rows, at]

    def _slope(self, last: NDArray[np.int64]) -> Floats:
        """Return the cost of a unit on the piece that follows a corner; infinite where none does."""
        load, money = self._corner(last)
        next_load, next_money = self._corner(np.minimum(last + 1, self.cost.shape[1] - 1))
        there = np.isfinite(next_money) & (next_load > load)
        return np.divide(next_money - money, next_load - load, out=np.full_like(load, np.inf), where=there)


def by_equal_cost(
    parties: Parties,
    removal_at: Callable[[float], Floats],
    removal_before: Callable[[float], Floats],
    jumps: Floats,
    top: float,
) -> Family:
    """Return the family that raises a price from nothing to `top`, along curves that may jump.

    Where a price is just what the next measures of some parties cost, these go from `removal_before` to `removal_at`
    together, each by the same share of its step.

    Parameters
    ----------
    jumps : rising prices at which removals jump, one at least.
    """
    knots = np.append(jumps, max(top, jumps[-1]))

    def removal(level: float) -> Floats:
        place = (1.0 - level) * 2 * len(jumps)
        knot = min(int(place // 2), len(jumps) - 1)
        within = place - 2 * knot
        if within <= 1:
            before, after = removal_before(knots[knot]), removal_at(knots[knot])
            return before + within * (after - before)
        return removal_at(knots[knot] + (within - 1) * (knots[knot + 1] - knots[knot]))

    return Family(lambda level: parties.current - removal(level))
