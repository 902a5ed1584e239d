"""How much of the space of objectives a front covers."""

from __future__ import annotations

import numpy as np

from abate.front.exact.point import SAME, Floats, spans


def hypervolume(values: Floats, ideal: Floats, reference: Floats) -> float:
    """Return the share of the box between ideal and reference that points dominate, all to be minimised.

    Parameters
    ----------
    values : (points x p).
    ideal, reference : (p) best and worst corner of the box.

    >>> hypervolume(np.array([[0.0, 0.5], [0.5, 0.0]]), np.zeros(2), np.ones(2))
    0.75
    """
    import moocore

    size = reference - ideal
    if not len(values) or not (size > 0).all():
        return 0.0
    scaled = np.ascontiguousarray((values - ideal) / size)
    return float(moocore.hypervolume(scaled, ref=np.ones(len(ideal))))


def coverage(values: Floats, others: Floats) -> float:
    """Return the share of other points that are no better than some point (the C metric, Zitzler and Thiele 1999).

    >>> coverage(np.array([[1.0, 1.0]]), np.array([[1.0, 2.0], [0.0, 2.0]]))
    0.5
    """
    room = SAME * spans(np.vstack([values, others]))
    covered = [(values <= other + room).all(axis=1).any() for other in others]
    return float(np.mean(covered)) if covered else 1.0
