"""Filling: how far a rule can be driven before a target is full.

A rule is a *family* of allocations x(t) that nowhere fall as its level t rises. Clipped to what a party may be given
(its floor, its current load), the largest level is looked for at which every target still holds.

uniform
    one level for all: the first target that is full stops everybody.
progressive
    a target that is full stops those who load it; all others go on, until nobody can.

With several receptors one common level wastes capacity (see the example in the tests), so `progressive` is the usual
choice; with one target the two are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.errors import NoPlanError
from abate.strategies.parties import Parties

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Mode = Literal["uniform", "progressive"]

#: So much of a target's size counts as full, or as kept.
FULL = 1e-12
#: Most evaluations of a family for one level; at least every fourth one halves what is left.
EVALUATIONS = 600


@dataclass(frozen=True)
class Family:
    """A rule before it is driven against the targets.

    Attributes
    ----------
    at : gives the load of each party at a level from 0 on; nowhere falling, continuous; may pass any bound.
    top : level from which on nobody is held back by the rule.
    figures : numbers that the rule reports, such as weights and their consistency.
    """

    at: Callable[[float], Floats]
    top: float = 1.0
    figures: dict[str, float] = field(default_factory=dict)


def proportional(parties: Parties, weights: Floats, figures: dict[str, float] | None = None) -> Family:
    """Return the family x = t s w: loads in proportion to weights, in the unit of loads.

    s scales the weights of each pollutant to the sum of its loads today, so that one level t means the same for
    pollutants that are counted in different sizes.
    """
    full = parties.of_pollutant(parties.current) * parties.shares(weights)
    held = parties.movable & (full > 0)
    return Family(
        lambda level: level * full, float((parties.current[held] / full[held]).max(initial=1.0)), figures or {}
    )


def fill(parties: Parties, family: Family, mode: Mode = "progressive") -> Floats:
    """Return what a family hands out to each party once the targets are full, in the case's load unit.

    Raises
    ------
    NoPlanError
        Where the floors alone pass a target.
    """
    refuse_floors_above_limits(parties)
    allowed = parties.lower.copy()
    moving = parties.movable & (parties.current > allowed)
    level = 0.0
    while moving.any():
        level = _highest_level(parties, family, moving, allowed, level)
        allowed = _at(parties, family, moving, allowed, level)
        if mode == "uniform" or level >= family.top:
            break
        full = parties.rows @ allowed >= parties.limits - 10 * FULL * parties.sizes
        stopped = moving & (parties.loading[full].sum(axis=0) > 0)
        if not stopped.any():
            break
        moving &= ~stopped
    return allowed


def refuse_floors_above_limits(parties: Parties) -> None:
    """Raise NoPlanError where targets cannot hold however the rest is divided: the floors alone pass them."""
    relief = parties.rows - parties.loading  # what falls as loads rise
    least = np.asarray(parties.loading @ parties.lower + relief @ parties.current)
    over = np.flatnonzero(least > parties.limits + 1e3 * FULL * parties.sizes)
    if not len(over):
        return
    names = [parties.targets[row] for row in over]
    said = "; ".join(
        f"target {parties.targets[row]!r} leaves {parties.limits[row]:.4g} to share, the floors of its sources come "
        f"to {least[row]:.4g}"
        for row in over[:3]
    )
    reach = pd.DataFrame({"target": names, "allowed": parties.limits[over], "best": least[over]})
    message = f"there is nothing to divide: {said}; raise the limits or lower the floors"
    raise NoPlanError(message, names, reach, pd.DataFrame(), np.nan)


def _at(parties: Parties, family: Family, moving: Mask, settled: Floats, level: float) -> Floats:
    """Return the loads at a level; whoever does not move keeps what is settled."""
    return np.where(moving, np.clip(family.at(level), parties.lower, parties.current), settled)


def _highest_level(parties: Parties, family: Family, moving: Mask, settled: Floats, low: float) -> float:
    """Return the largest level from `low` on at which every row holds; secant steps, and a halving now and then.

    Every second turn to halve halves the list of all numbers between, which leads from any size to any other in few
    steps.
    """
    open_rows = parties.loading @ moving.astype(float) > 0

    def excess(level: float) -> float:
        loads = _at(parties, family, moving, settled, level)
        over = (parties.rows @ loads - parties.limits) / parties.sizes
        return float(over[open_rows].max(initial=-np.inf))

    high = family.top
    at_low, at_high = excess(low), excess(high)
    if at_high <= FULL:
        return high
    points = ((high, at_high), (low, at_low))
    for turn in range(EVALUATIONS):
        if at_low >= -FULL or high - low <= 2 * np.spacing(high):
            break
        middle = _secant(*points)
        if turn % 4 == 3 or not low < middle < high:
            middle = _between(low, high) if turn % 8 == 7 else low + (high - low) / 2
        value = excess(middle)
        points = (points[1], (middle, value))
        if value <= FULL:
            low, at_low = middle, value
        else:
            high = middle
    return low


def _secant(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Return where the line through two points (level, excess) is nothing; NaN where it is level."""
    run, rise = second[0] - first[0], second[1] - first[1]
    return second[0] - second[1] * run / rise if rise else np.nan


def _between(low: float, high: float) -> float:
    """Return the number in the middle of all floating-point numbers between two that are not negative."""
    first, last = np.array([low, high]).view(np.int64).tolist()
    return float(np.array((first + last) // 2).view(np.float64))
