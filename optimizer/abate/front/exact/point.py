"""A point of a front, and which points are better than which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int64]

#: Share of an objective's range below which two values of it are the same.
SAME = 1e-9


@dataclass(frozen=True, eq=False)
class Point:
    """One solution of a model with several objectives.

    Attributes
    ----------
    objectives : (p) value of each objective, to be minimised.
    columns : value of each column of the model.
    optimal : whether the solve that found it went to its end.
    gap : relative gap of that solve.
    """

    objectives: Floats
    columns: Floats
    optimal: bool
    gap: float


def spans(values: Floats) -> Floats:
    """Return the range of each objective over (points x p) values; 1 where all are the same."""
    if not len(values):
        return np.ones(values.shape[1])
    span = np.ptp(values, axis=0)
    return np.asarray(np.where(span > SAME * np.abs(values).max(axis=0, initial=0.0), span, 1.0))


def non_dominated(values: Floats, scale: Floats | None = None) -> Flags:
    """Return which of (points x p) values no other one dominates; of equal ones the first stays.

    A value is no worse than another where it is above it by no more than `SAME` of the objective's scale.

    Parameters
    ----------
    scale : (p) size of each objective; the range over the values without it.

    >>> non_dominated(np.array([[1.0, 2.0], [2.0, 1.0], [2.0, 2.0], [1.0, 2.0]])).tolist()
    [True, True, False, False]
    """
    room = SAME * (spans(values) if scale is None else scale)
    order = np.lexsort(values.T[::-1])
    kept: list[int] = []
    # a point can be dominated only by those before it in this order, but for what is within the room
    for place in order:
        others = values[kept] if kept else np.empty((0, values.shape[1]))
        if not np.all(others <= values[place] + room, axis=1).any():
            kept.append(int(place))
    flags = np.zeros(len(values), dtype=bool)
    flags[_without_late_losers(values, kept, room)] = True
    return flags


def _without_late_losers(values: Floats, kept: list[int], room: Floats) -> list[int]:
    """Drop those that a later one beats by more than the room in one objective and loses to by less in all."""
    chosen = values[kept]
    stays = [
        not (np.all(chosen <= mine + room, axis=1) & np.any(chosen < mine - room, axis=1)).any() for mine in chosen
    ]
    return [place for place, stay in zip(kept, stays, strict=True) if stay]
