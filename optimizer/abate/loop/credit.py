r"""Reserves: what growth takes from them first, and what early action gets back out of them.

A cap holds back a reserve r for growth. Loads that have grown by G since the plan take from it before anybody is
asked for more, so that what is still held back is

.. math::

    r' = \max(r - \max(G, 0),\ 0)

A source that emitted less than its allocation by D (load per year) for a share y of the year has acted early. It is
credited s D y, with s the share that is credited. As long as a cap of its own has reserve left, it may ask the credit
back: its allocation is raised by what it has, each claim cut by the same share where claims pass the reserve of any of
their caps, or what the plan leaves free of a quality that they act on. What is given is no longer reserve, so the
identity of the cap holds with the same sum. G counts loads as they would be with no measure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from abate_models.problem import Problem
from abate_models.targets import CAP, QUALITY

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Grant:
    """What reserves give back to early action.

    Attributes
    ----------
    raised : load per year by which each allocation is raised (loads,).
    left : credit that each load keeps (loads,).
    reserve : what each target still holds back (targets,), load per year.
    """

    raised: Floats
    left: Floats
    reserve: Floats


def reserve_after_growth(problem: Problem, planned: Floats, believed: Floats) -> Floats:
    """Return what each target still holds back once growth has taken its part (targets,), load per year.

    Parameters
    ----------
    planned, believed : baseline of each load when the reserve was set, and as believed now (loads,).
    """
    targets = problem.targets
    grown = targets.scope @ (believed - planned)
    return np.where(targets.reserve > 0, np.maximum(targets.reserve - np.maximum(grown, 0.0), 0.0), 0.0)


def earned(allowed: Floats, delivered: Floats, share: float, years: float = 1.0) -> Floats:
    """Return the credit of each load (loads,): the share of what it stayed under its allocation, times the years."""
    return share * years * np.maximum(np.nan_to_num(allowed - delivered, nan=0.0), 0.0)


def grant(problem: Problem, reserve: Floats, credit: Floats, room: Floats) -> Grant:
    """Give credits back out of what the caps still hold back.

    Parameters
    ----------
    reserve : what each target still holds back (targets,).
    credit : what each load may ask back (loads,); a load that no cap counts gets nothing, for it has no reserve.
    room : what the plan leaves free of each target (targets,), in the unit of its row; of qualities it may be used up.
    """
    targets = problem.targets
    caps = [row for row in targets.rows(CAP) if targets.scope[[row]].nnz]
    counted = targets.scope[caps].toarray() > 0
    raised = np.where(counted.any(axis=0), credit, 0.0)
    for cap, row in zip(counted, caps, strict=True):
        _cut(raised, cap.astype(np.float64), reserve[row])
    for row in targets.rows(QUALITY):
        effect = problem.receptors.transfer[[targets.quality[row]]].toarray().ravel()
        _cut(raised, np.maximum(targets.sign[row] * effect, 0.0), max(room[row], 0.0))
    return Grant(raised, credit - raised, np.maximum(reserve - targets.scope @ raised, 0.0))


def _cut(raised: Floats, weight: Floats, most: float) -> None:
    """Cut what is given to each load by the same share, so that with these weights it comes to no more than that."""
    claims = float(weight @ raised)
    if claims > most:
        raised[weight > 0] *= most / claims
