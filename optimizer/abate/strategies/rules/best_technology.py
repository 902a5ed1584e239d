"""Best available technology first."""

from __future__ import annotations

import numpy as np

from abate.errors import Finding, InputError
from abate.strategies.filling import Family
from abate.strategies.parties import Baseline, Parties
from abate_data.names import offer


def best_technology(parties: Parties, *, sectors: tuple[str, ...] = (), baseline: Baseline = "current") -> Family:
    """Ask some sectors for all that technology can do, and the others for an equal percentage of the remainder.

    The least that measures can reach stands for the best available technology (TSD scheme 16: industry first,
    municipalities the remainder).

    Parameters
    ----------
    sectors : those that do what they can; all point sources where none are named.
    baseline : the loads of which the others keep an equal percentage.

    Raises
    ------
    InputError
        Where a sector is unknown, nobody is to be asked first, or the case has no measures.
    """
    known = set(parties.sector) - {""}
    unknown = [name for name in sectors if name not in known]
    if unknown:
        cure = offer(unknown[0], sorted(known), "sector")
        raise InputError([Finding("strategy", "is no sector of the sources", cure, "", "sectors", unknown[0])])
    first = np.isin(parties.sector, sectors) if sectors else parties.point
    if not (first & parties.movable).any():
        cure = f"name some of {', '.join(sorted(known)) or 'the sectors in table sources'}"
        raise InputError([Finding("strategy", "names nobody who could be asked first", cure, "", "sectors")])
    best = np.maximum(parties.reachable(), parties.lower)
    start = parties.baseline(baseline, "best-technology")
    held = parties.movable & ~first & (start > 0)
    top = float((parties.current[held] / start[held]).max(initial=1.0))
    return Family(lambda level: np.where(first, best, level * start), top)
