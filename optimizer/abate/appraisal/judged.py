"""What a proposal does to every target: value, headroom, the reserve that it may take, and what it exceeds.

Headroom is what is left between the value of a target and what it allows, its limit less margin and reserve. A target
that the plan misses already has none, and may not get worse. For growth, and where that is asked for, the reserve may
be used as well:

    exceeded by  =  value after  -  (allowed  +  what it was missed by before, or the reserve if that is more)

for an upper limit, and the other way round for a lower one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.appraisal.standing import ROUNDING, Standing, World
from abate.solver import FEASIBILITY_TOLERANCE
from abate.tables import target_units
from abate_models.problem import Problem

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Judged:
    """A proposal against the targets; arrays are (targets,) in the unit of each target's row.

    Attributes
    ----------
    before, after : values of the targets without the proposal and with it, without any offset.
    limit : with the proposal; an intensity allows more where more is made.
    room_before, room : headroom without the proposal and with it; negative where a target is missed.
    bound : what each target may come to.
    exceeded : by how much each is passed beyond that; 0 where it is not.
    size : what a difference is a share of.
    """

    before: Floats
    after: Floats
    limit: Floats
    room_before: Floats
    room: Floats
    bound: Floats
    exceeded: Floats
    size: Floats

    @classmethod
    def of(cls, world: World, standing: Standing, proposed: Standing, missed: Floats, *, use_reserve: bool) -> Judged:
        """Judge what would stand with a proposal against what stands without it.

        Parameters
        ----------
        missed : by how much each target may be missed, for the plan missed it already (targets,).
        """
        targets = world.problem.targets
        sign, margin = targets.sign, targets.margin
        before, after = world.values(standing), world.values(proposed)
        allowed = proposed.limit - sign * (margin + proposed.reserve)
        room_before, room = world.room(standing), world.room(proposed)
        bound = allowed + sign * np.maximum(missed, proposed.reserve if use_reserve else 0.0)
        size = sizes(world.problem, allowed, before, after)
        passed = sign * (after - bound)
        exceeded = np.where(passed > FEASIBILITY_TOLERANCE * size, passed, 0.0)
        return cls(before, after, proposed.limit, room_before, room, bound, exceeded, size)

    @cached_property
    def change(self) -> Floats:
        """By how much each value rises; what is mere rounding is nothing."""
        change = self.after - self.before
        return np.where(np.abs(change) <= ROUNDING * self.size, 0.0, change)

    @cached_property
    def taken(self) -> Floats:
        """By how much headroom falls; negative where some is freed."""
        taken = self.room_before - self.room
        return np.where(np.abs(taken) <= ROUNDING * self.size, 0.0, taken)

    @property
    def over(self) -> NDArray[np.int64]:
        """Places of the targets that are exceeded, the most in proportion to their size first."""
        rows = np.flatnonzero(self.exceeded > 0)
        return rows[np.argsort(-(self.exceeded / self.size)[rows], kind="stable")]


def sizes(problem: Problem, allowed: Floats, *values: Floats) -> Floats:
    """Return what differences of each target are a share of (targets,); never 0."""
    size = np.maximum.reduce([np.abs(allowed), *map(np.abs, values), problem.targets.margin])
    return np.where(size > 0, size, 1.0)


def reserve_used(before: Floats, left: Floats, reserve: Floats, size: Floats) -> Floats:
    """Return how much of each reserve makes up for headroom that a proposal takes and that is not there (targets,).

    Parameters
    ----------
    before, left : headroom without the proposal, and with it and its offset.
    """
    short = np.maximum(-left, 0.0) - np.maximum(-before, 0.0)
    return np.where(short > FEASIBILITY_TOLERANCE * size, np.minimum(short, reserve), 0.0)


def effect_table(
    world: World, name: str, judged: Judged, standing: Standing, decided: Standing, used: Floats
) -> pd.DataFrame:
    """Return a row per target: what the proposal does to it.

    Parameters
    ----------
    standing, decided : without the proposal, and once it is decided, with its offset.
    used : (targets,), what it takes of each reserve.
    """
    targets = world.problem.targets
    return pd.DataFrame(
        {
            "proposal": name,
            "target": targets.ids,
            "kind": world.case["targets"]["kind"].astype(str),
            "unit": target_units(world.case, world.problem),
            "before": judged.before,
            "change": judged.change,
            "after": judged.after,
            "decided": world.values(decided),
            "limit": judged.limit,
            "margin": targets.margin,
            "reserve": standing.reserve,
            "reserve_used": used,
            "headroom_before": _clean(judged.room_before, judged.size),
            "headroom_after": _clean(judged.room, judged.size),
            "headroom_left": _clean(world.room(decided) + used, judged.size),
            "exceeded_by": judged.exceeded,
        }
    )


def receptor_table(world: World, name: str, standing: Standing, proposed: Standing, decided: Standing) -> pd.DataFrame:
    """Return a row per receptor and parameter: what the proposal does there, whether a target asks for it or not."""
    receptors, units = world.problem.receptors, world.case.settings.units.quality
    before, after, settled = (
        receptors.background + receptors.transfer @ one.load for one in (standing, proposed, decided)
    )
    change = after - before
    return pd.DataFrame(
        {
            "proposal": name,
            "receptor": [key[0] for key in receptors.keys],
            "parameter": [key[1] for key in receptors.keys],
            "unit": [units.get(key[1], "") for key in receptors.keys],
            "before": before,
            "change": np.where(np.abs(change) <= ROUNDING * np.abs(before), 0.0, change),
            "after": after,
            "decided": settled,
        }
    )


def _clean(room: Floats, size: Floats) -> Floats:
    """Return headroom without what a plan may pass a limit by in rounding."""
    return np.where(np.abs(room) <= FEASIBILITY_TOLERANCE * size, 0.0, room)
