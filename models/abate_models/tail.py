r"""Tail: by how much targets are missed in the worst of many scenarios of what is not known exactly.

In scenario s, one of N, every transfer coefficient T and background b has an error of its own. Relative to the size S
of each quality target t, the worst of its misses (negative where all are within) is

.. math:: z_s \ge \left( b_{st} + \sum_i T_{sti} L_i - C_t \right) / S_t \qquad \text{(its negative for a lower limit)}

and the conditional value at risk, the mean of the worst share 1 - a of the scenarios, is

.. math::

    \min \; \eta + \frac{1}{(1 - a) N} \sum_s u_s, \qquad u_s \ge z_s - \eta, \quad u_s \ge 0

L is the load after measures and C the limit: the margin of safety is there to be used up by what is not known.
Loads are taken as known.
Row names: ``scenario_need`` by (target, scenario), ``tail_need`` by (share, scenario).
Source: Rockafellar and Uryasev, Journal of Risk 2 (2000) 21-41.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import numpy as np
from numpy.typing import NDArray
from pyomo.core.base.PyomoModel import ConcreteModel
from pyomo.core.base.var import IndexedVar
from scipy import sparse

from abate_data.errors import Finding, InputError
from abate_models.loads import greatest_loads
from abate_models.matrix import MatrixConstraint, bounded_variable, selection
from abate_models.problem import Problem
from abate_models.relaxation import target_sizes
from abate_models.scenarios import RELATIVE_SD, SCENARIOS, TAIL_SHARE, draw_errors
from abate_models.targets import QUALITY

Floats = NDArray[np.float64]


def tail_share(problem: Problem, text: str) -> str:
    """Return the share of the scenarios that is not the tail as it is written in names, ``0.9``.

    Raises
    ------
    InputError
        Where the text is no share, or no target limits any quality.
    """
    try:
        share = float(text or TAIL_SHARE)
    except ValueError:
        share = np.nan
    if not 0 <= share < 1:
        cure = "give the share that is no tail, from 0 to less than 1, such as tail_risk:0.9"
        raise InputError([Finding("objective", "is no share of the scenarios", cure, value=f"tail_risk:{text}")])
    if not len(problem.targets.rows(QUALITY)):
        cure = "give targets of kind quality, or choose another objective"
        raise InputError([Finding("targets", "are needed by objective tail_risk", cure, column="kind")])
    return f"{share:g}"


def misses(problem: Problem) -> tuple[sparse.csr_array, Floats]:
    """Return the relative miss of each quality target in each scenario, as matrix @ load + constant.

    Returns
    -------
    Matrix (scenarios * targets x loads) and constant (scenarios * targets), all targets of a scenario together.
    """
    targets, receptors = problem.targets, problem.receptors
    rows = targets.rows(QUALITY)
    # two targets on the same quality see the same errors
    places, place = np.unique(targets.quality[rows], return_inverse=True)
    transfer, deviation = receptors.transfer[places], receptors.deviation(RELATIVE_SD)[places]
    of_background, of_coefficient = draw_errors(len(places), transfer.nnz)
    background = receptors.background[places] + of_background * receptors.background_sd[places]
    scale = (targets.sign / target_sizes(problem))[rows]
    scaled = sparse.diags_array(scale, format="csr")
    pieces = []
    for errors in of_coefficient:
        data = transfer.data + errors * deviation.data
        drawn = sparse.csr_array((data, transfer.indices, transfer.indptr), shape=transfer.shape)
        pieces.append(scaled @ drawn[place.ravel()])
    constant = scale * (background[:, place.ravel()] - targets.limit[rows])
    return sparse.csr_array(sparse.vstack(pieces, format="csr")), constant.ravel()


def tail_risk_of(problem: Problem, share: float) -> Callable[[Floats], Floats]:
    """Return the function from loads to the mean relative miss in the worst scenarios.

    Parameters
    ----------
    share : share of the scenarios that does not count.

    Returns
    -------
    A function of load per year, (loads) or (plans x loads), that returns one number, or (plans).
    """
    matrix, constant = misses(problem)
    weights = tail_weights(share)

    def risk(load: Floats) -> Floats:
        miss = np.asarray(load @ matrix.T) + constant
        worst = miss.reshape(*miss.shape[:-1], SCENARIOS, len(constant) // SCENARIOS).max(axis=-1)
        return np.asarray(np.sort(worst, axis=-1)[..., ::-1] @ weights)

    return risk


def tail_weights(share: float) -> Floats:
    """Return the weight of each scenario, the worst one first; their sum is 1."""
    counted = (1.0 - share) * SCENARIOS
    return np.asarray(np.clip(counted - np.arange(SCENARIOS), 0.0, 1.0) / counted)


def add_tail(model: ConcreteModel, problem: Problem, shares: Sequence[str]) -> None:
    """Add the worst miss of each scenario, and for each share where the tail starts and how far each is beyond."""
    scenarios = np.arange(SCENARIOS)
    matrix, constant = misses(problem)
    least, most = _ranges(problem, matrix, constant)
    model.scenario_miss = bounded_variable(scenarios.tolist(), least, most, doc="worst relative miss of a scenario")
    names = [problem.targets.ids[row] for row in problem.targets.rows(QUALITY)]
    model.scenario_need = MatrixConstraint(
        [(name, scenario) for scenario in scenarios.tolist() for name in names],
        terms=[
            (matrix, model.allowed_load),
            (selection(np.repeat(scenarios, len(names)), SCENARIOS, -1.0), model.scenario_miss),
        ],
        lower=np.array(-np.inf),
        upper=-constant,
        doc="relative miss of a target within the worst of the scenario",
    )
    _add_tails(model, shares, float(least.min()), float(most.max()))


def tail_terms(model: ConcreteModel, share: str) -> list[tuple[Floats, IndexedVar]]:
    """Return the terms of the tail risk for a share that is in the model."""
    weight = 1.0 / ((1.0 - float(share)) * SCENARIOS)
    start = np.array([float(key == share) for key in model.tail_start])
    beyond = np.array([weight * (key[0] == share) for key in model.tail_beyond])
    return [(start, model.tail_start), (beyond, model.tail_beyond)]


def _add_tails(model: ConcreteModel, shares: Sequence[str], least: float, most: float) -> None:
    count = len(shares)
    size = count * SCENARIOS
    keys: list[Hashable] = [(share, scenario) for share in shares for scenario in range(SCENARIOS)]
    model.tail_start = bounded_variable(
        list(shares), np.full(count, least), np.full(count, most), doc="miss at which the tail of the scenarios starts"
    )
    model.tail_beyond = bounded_variable(
        keys, np.zeros(size), np.full(size, most - least), doc="by how much a scenario is beyond the start of the tail"
    )
    model.tail_need = MatrixConstraint(
        model.tail_beyond.index_set(),
        terms=[
            (selection(np.tile(np.arange(SCENARIOS), count), SCENARIOS), model.scenario_miss),
            (selection(np.repeat(np.arange(count), SCENARIOS), count, -1.0), model.tail_start),
            (selection(np.arange(size), size, -1.0), model.tail_beyond),
        ],
        lower=np.array(-np.inf),
        upper=np.array(0.0),
        doc="worst miss of a scenario less the start of the tail",
    )


def _ranges(problem: Problem, matrix: sparse.csr_array, constant: Floats) -> tuple[Floats, Floats]:
    """Return the least and the most that the worst miss of each scenario can come to, infinite without bound."""
    low, high = problem.loads.floor, greatest_loads(problem)
    rises, falls = _positive(matrix), -_positive(-matrix)
    least = (constant + rises @ low + falls @ high).reshape(SCENARIOS, -1).max(axis=1)
    most = (constant + rises @ high + falls @ low).reshape(SCENARIOS, -1).max(axis=1)
    return least, most


def _positive(matrix: sparse.csr_array) -> sparse.csr_array:
    """Return the entries above 0 alone, so that a load without bound meets no coefficient of 0."""
    positive = matrix.maximum(0)
    positive.eliminate_zeros()
    return sparse.csr_array(positive)
