"""The figures of a case at the median of what is believed, as numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from abate.loop.belief import Belief
from abate.loop.response import figures_of
from abate_models.problem import Problem

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class BelievedFigures:
    """The figures of a case as they are believed.

    Attributes
    ----------
    growth : (loads,), baseline load over that of the case.
    baseline : (loads,), load per year.
    removal : (loads x options), load per year removed by a unit of extent; stored entries are those of the case.
    transfer : (qualities x loads), quality unit per load unit; likewise.
    background : (qualities,), in the unit of the quality.
    """

    growth: Floats
    baseline: Floats
    removal: sparse.csr_array
    transfer: sparse.csr_array
    background: Floats


def believed_figures(problem: Problem, belief: Belief) -> BelievedFigures:
    """Return the figures of a problem at the median of what is believed.

    Raises
    ------
    InputError
        Where the belief was started from other figures than those of the problem.
    """
    belief.check(problem)
    figures = figures_of(problem, belief.layout, belief.mean, belief.prior.effectiveness)
    layout, loads, given = belief.layout, problem.loads, problem.receptors.background
    baseline = loads.baseline * figures.growth
    entries = sparse.coo_array(sparse.csr_array(problem.options.removal))
    row, option = entries.coords
    removal = entries.data * (figures.effectiveness[option] * figures.growth[row])
    whole = entries.data <= loads.baseline[row]
    removal = np.where(whole, np.minimum(removal, baseline[row]), removal)
    at = (layout.pair_row, layout.pair_load)
    transfer = sparse.coo_array((figures.transfer, at), shape=problem.receptors.transfer.shape)
    return BelievedFigures(
        growth=figures.growth,
        baseline=baseline,
        removal=sparse.csr_array(sparse.coo_array((removal, (row, option)), shape=entries.shape)),
        transfer=sparse.csr_array(transfer),
        background=np.where(given < 0, figures.background, np.maximum(figures.background, 0.0)),
    )
