r"""Gini: how unequally what may be emitted is spread over people, value added or whatever it is set against.

For each indicator k, and each pollutant with loads i that have a part m of the indicator (their sum is 1):

.. math::

    G_k = \frac{1}{2} \sum_{i,j} |s_i m_j - s_j m_i|, \qquad s_i = L_i / \sum_h L_h

G does not depend on the unit of the loads, so that times the sum of the loads it is linear in the loads and the gaps d
of the pairs i < j, of which one row each is enough, since :math:`|y| = 2 \max(0, y) - y`:

.. math::

    d_{ij} \ge m_j L_i - m_i L_j, \qquad d_{ij} \ge 0, \qquad
    G_k \sum_i L_i = \min \sum_{i<j} \left( 2 d_{ij} - m_j L_i + m_i L_j \right) \le g_k \sum_i L_i

L is the load after measures, g the cap on the Gini. The sum of the loads may vary: a cap on the Gini stays linear.
Row names: ``gini`` by (indicator, pollutant), ``gini_gap_need`` by (indicator, pollutant, place of i, place of j),
with the places of the two in the table of loads.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyomo.core.base.PyomoModel import ConcreteModel
from scipy import sparse

from abate_models.loads import greatest_loads
from abate_models.matrix import MatrixConstraint, bounded_variable, selection
from abate_models.problem import Problem

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """All pairs of loads of one pollutant under one indicator.

    Attributes
    ----------
    key : (indicator, pollutant).
    first, second : positions of the two loads of each pair.
    part_of_first, part_of_second : their parts of the indicator.
    members : 1 for each load that is compared.
    """

    key: tuple[str, str]
    first: Codes
    second: Codes
    part_of_first: Floats
    part_of_second: Floats
    members: Floats


def add_gini(model: ConcreteModel, problem: Problem, indicators: dict[str, Floats], cap: float | None = None) -> None:
    """Add the gaps between loads and a row per indicator and pollutant for its Gini.

    Parameters
    ----------
    indicators : amount of each indicator for each load, at least 0; loads that have none of it are left out.
    cap : what each Gini may come to; without it the rows have no bounds, and are the Gini times the sum of the loads.
    """
    pieces = [
        pairs
        for name, amounts in indicators.items()
        for code in range(len(problem.pollutants))
        if (pairs := _pairs(problem, name, np.asarray(amounts), code)) is not None
    ]
    if pieces:
        _add_gaps(model, problem, pieces)
        _add_rows(model, pieces, cap)


def _pairs(problem: Problem, name: str, amounts: Floats, code: int) -> Pairs | None:
    """Return the pairs of one pollutant, None where fewer than two loads are to be compared."""
    counted = (problem.loads.pollutant == code) & (amounts > 0)
    place = np.flatnonzero(counted)
    if len(place) < 2:
        return None
    # who has least for what it is goes first: most gaps are then 0, where the solver starts from
    place = place[np.argsort(problem.loads.baseline[place] / amounts[place], kind="stable")]
    part = amounts[place] / amounts[place].sum()
    first, second = np.triu_indices(len(place), 1)
    key = (name, problem.pollutants[code])
    return Pairs(key, place[first], place[second], part[first], part[second], counted.astype(float))


def _add_gaps(model: ConcreteModel, problem: Problem, pieces: list[Pairs]) -> None:
    keys: list[Hashable] = [
        (*pairs.key, i, j) for pairs in pieces for i, j in zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)
    ]
    first = np.concatenate([pairs.first for pairs in pieces])
    second = np.concatenate([pairs.second for pairs in pieces])
    of_first = np.concatenate([pairs.part_of_first for pairs in pieces])
    of_second = np.concatenate([pairs.part_of_second for pairs in pieces])
    width, count = len(problem.loads.keys), len(keys)
    most = of_second * greatest_loads(problem)[first]
    model.gini_gap = bounded_variable(keys, np.zeros(count), most, doc="by how much the first of a pair has more")
    model.gini_gap_need = MatrixConstraint(
        model.gini_gap.index_set(),
        terms=[
            (selection(first, width, of_second) - selection(second, width, of_first), model.allowed_load),
            (selection(np.arange(count), count, -1.0), model.gini_gap),
        ],
        lower=np.array(-np.inf),
        upper=np.array(0.0),
        doc="gap of a pair, load by load in proportion to the indicator",
    )


def _add_rows(model: ConcreteModel, pieces: list[Pairs], cap: float | None) -> None:
    slope = [
        np.bincount(pairs.second, pairs.part_of_first, len(pairs.members))
        - np.bincount(pairs.first, pairs.part_of_second, len(pairs.members))
        - (cap or 0.0) * pairs.members
        for pairs in pieces
    ]
    sizes = np.array([len(pairs.first) for pairs in pieces])
    of_row = np.repeat(np.arange(len(pieces)), sizes)
    model.gini = MatrixConstraint(
        [pairs.key for pairs in pieces],
        terms=[
            (sparse.csr_array(np.array(slope)), model.allowed_load),
            (sparse.csr_array(selection(of_row, len(pieces), 2.0).T), model.gini_gap),
        ],
        lower=np.array(-np.inf),
        upper=np.array(np.inf if cap is None else 0.0),
        doc="Gini of the loads under an indicator, times the sum of the loads",
    )
