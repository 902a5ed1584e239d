"""Unit loads followed downstream, from their outfalls past every receptor to the mouth."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from abate_data.case import Case
from abate_data.units import convert
from abate_models.transport.decay import Array, remaining
from abate_models.transport.network import Codes, River
from abate_models.transport.oxygen import deficit_after


@dataclass(frozen=True)
class Parcels:
    """Loads of one unit each on their way downstream, all arrays of shape (n,).

    Attributes
    ----------
    source, pollutant : codes of the load.
    reach : code of the reach in which the parcel is.
    position : distance from the head of that reach [m].
    load : what is left of the unit load [mass per mass discharged].
    deficit : flux of oxygen deficit that it has made and that has not been made good [mass per mass
        discharged].
    """

    source: Codes
    pollutant: Codes
    reach: Codes
    position: Array
    load: Array
    deficit: Array

    def take(self, chosen: np.ndarray) -> Parcels:
        """Return the parcels at the given positions, or where a mask is true."""
        return Parcels(**{name: values[chosen] for name, values in vars(self).items()})


@dataclass(frozen=True)
class Receptors:
    """Receptors grouped by reach: those of reach r stand from `start[r]`, and there are `count[r]` of them.

    Attributes
    ----------
    code, position : of each receptor on a reach, its code and its distance from the head [m]; shape
        (receptors,).
    start, count : shape (reaches,).
    """

    code: Codes
    position: Array
    start: Codes
    count: Codes


def unit_loads(case: Case, river: River) -> Parcels:
    """Return one unit of every load that a river carries, at its outfall.

    These are the loads whose source lies on a reach and whose pollutant has kinetics.
    """
    source, pollutant = case.codes("loads", "source"), case.codes("loads", "pollutant")
    reach = case.codes("sources", "reach")[source]
    position = convert(case.values("sources", "position"), case.settings.units.length, "m")[source]
    parcels = Parcels(source, pollutant, reach, position, np.ones(len(source)), np.zeros(len(source)))
    return parcels.take((reach >= 0) & (river.parameter[reach, pollutant] >= 0))


def receptors_by_reach(case: Case) -> Receptors:
    """Return the receptors that lie on a reach, grouped by it."""
    reach = case.codes("receptors", "reach")
    code = np.argsort(reach, kind="stable")[np.count_nonzero(reach < 0) :]
    count = np.bincount(reach[code], minlength=len(case.ids("reaches", "reach")))
    position = convert(case.values("receptors", "position"), case.settings.units.length, "m")
    return Receptors(code, position[code], np.cumsum(count) - count, count)


def follow(river: River, parcels: Parcels, receptors: Receptors) -> tuple[Codes, Parcels]:
    """Return every meeting of a load with a receptor: the receptor's code and the parcel as it is there.

    All parcels go downstream together, a reach at a time: one array operation per reach of the longest path,
    and no loop over sources or receptors. A receptor at the very position of an outfall lies below it.
    """
    codes, met = [], []
    for _ in river.length:  # no path through a tree has more reaches than the tree
        code, here = _meet(river, parcels, receptors)
        codes.append(code)
        met.append(here)
        parcels = _next_reach(river, parcels)
        if not len(parcels.reach):
            break
    joined = {name: np.concatenate([vars(here)[name] for here in met]) for name in vars(parcels)}
    return np.concatenate(codes), Parcels(**joined)


def _meet(river: River, parcels: Parcels, receptors: Receptors) -> tuple[Codes, Parcels]:
    """Carry a copy of each parcel to every receptor that lies below it in its reach."""
    count = receptors.count[parcels.reach]
    which = np.repeat(np.arange(len(count)), count)
    rank = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    place = receptors.start[parcels.reach[which]] + rank
    distance = receptors.position[place] - parcels.position[which]
    below = distance >= 0.0
    return receptors.code[place[below]], _carry(river, parcels.take(which[below]), distance[below])


def _next_reach(river: River, parcels: Parcels) -> Parcels:
    """Carry each parcel to the head of the next reach; those that reach a mouth are gone."""
    parcels = parcels.take(river.downstream[parcels.reach] >= 0)
    at_end = _carry(river, parcels, river.length[parcels.reach] - parcels.position)
    return replace(at_end, reach=river.downstream[parcels.reach], position=np.zeros(len(parcels.reach)))


def _carry(river: River, parcels: Parcels, distance: Array) -> Parcels:
    """Let parcels travel a distance [m] within their reaches."""
    place = (parcels.reach, parcels.pollutant)
    days = distance / river.velocity[parcels.reach]
    load = parcels.load * remaining(river.decay[place], days)
    deficit = deficit_after(
        parcels.deficit,
        parcels.load,
        river.decay[place],
        river.reaeration[parcels.reach],
        river.demand[place],
        days,
    )
    return replace(parcels, position=parcels.position + distance, load=load, deficit=deficit)
