r"""Measures that fail: reports that are off again and again make what a source's measures remove uncertain anew.

A random walk of a few percent a year would take years to follow a plant that fails, and would lay most of it at other
doors. So each load keeps an exponentially weighted mean of the scores of its reports (result less what was expected, in
standard deviations),

.. math:: s \leftarrow (1 - \lambda) s + \lambda \max(-3, \min(3, z)) , \qquad \lambda = 0.3

which for a sound source has the standard deviation sqrt(lambda / (2 - lambda)). Where it passes four of them, which no
single wild report can bring about, the variance of the source's own effectiveness grows by that of a fault before the
next results are taken in; where none of its measures is in use, that of its load does. Source: Roberts, Technometrics 1
(1959) 239-250 (the chart); Lucas and Saccucci, Technometrics 32 (1990) 1-12 (lambda and limit).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from abate.loop.state import Layout
from abate_models.problem import Problem

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]

WEIGHT = 0.3
GREATEST_SCORE = 3.0
LIMIT = 4.0 * np.sqrt(WEIGHT / (2.0 - WEIGHT))


def strained(strain: Floats, load: Codes, score: Floats) -> Floats:
    """Return the weighted means of the scores (loads,) after those of some loads; one that had alarmed starts anew."""
    after = np.where(np.abs(strain) > LIMIT, 0.0, strain)
    after[load] += WEIGHT * (np.clip(score, -GREATEST_SCORE, GREATEST_SCORE) - after[load])
    return after


def freed(strain: Floats, problem: Problem, layout: Layout, extents: Floats) -> Mask:
    """Return which numbers of theta (size,) are to be more uncertain because of a strain."""
    alarmed = np.abs(strain) > LIMIT
    numbers = np.zeros(layout.size + 1, dtype=bool)  # the last place takes what has no number
    if alarmed.any():
        row, option = sparse.coo_array(problem.options.removal).coords
        used = alarmed[row] & (extents[option] > 0)
        numbers[layout.own[option[used]]] = True
        alarmed[row[used]] = False
        numbers[layout.growth[alarmed]] = True
    return numbers[:-1]
