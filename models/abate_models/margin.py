r"""Margin: how far the value of a target may be from what is expected, because figures are not known exactly.

.. math::

    \Pr(\text{value of target } t \text{ within its limit}) \ge p
    \quad\Longleftrightarrow\quad s_t \, \mu_t(x) + \Phi^{-1}(p) \, \sigma_t(x) \le s_t \, C_t

for a value that is normal with mean mu and standard deviation sigma; s is +1 for an upper and -1 for a lower limit, C
what the target allows, Phi the standard normal distribution. mu is linear in the loads L after measures and the
extents x of the options, and sigma is the length of a vector that is linear in both,

.. math::

    \sigma_t(x) = \lVert f_t + A_t L + B_t x \rVert

with one component, a factor, for each independent error of standard deviation 1. sigma is convex, so a probability of
one half or more makes a convex limit, which `abate.margins` keeps by linear cuts.

From a case's tables all errors are independent. A transfer coefficient T has the standard deviation sT (its
`relative_sd` times T), a load L the standard deviation r L (`relative_sd` of its row; a load after measures is wrong by
the same share as its baseline, for both come from the same records), a background the standard deviation `sd`. Blank is
0: known exactly. The variance of a product of independent figures is exact, so

.. math::

    \sigma_k^2 = \mathrm{sd}_k^2 + \sum_i \left( s_{T_{ki}}^2 (1 + r_i^2) + T_{ki}^2 r_i^2 \right) L_i^2
    \qquad \text{(quality)}, \qquad
    \sigma_t^2 = \sum_{i \in S_t} r_i^2 L_i^2 \qquad \text{(cap)}

A budget is certain. No row joins the model here: a factor is no row of its own.
Source: Charnes and Cooper, Management Science 6 (1959) 73-79; variance of a product: Goodman, JASA 55 (1960) 708-713.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from abate_data.case import Case
from abate_models.problem import Problem
from abate_models.targets import CAP, QUALITY

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Deviation:
    """Standard deviation of one target's value: the length of constant + loads @ L + extents @ x.

    Attributes
    ----------
    constant : (factors,), in the unit of the target's row.
    loads : (factors x loads), the same per unit of load after measures.
    extents : (factors x options), the same per unit of extent.
    """

    constant: Floats
    loads: sparse.csr_array
    extents: sparse.csr_array

    def at(self, load: Floats, extent: Floats) -> float:
        """Return the standard deviation under loads after measures (loads,) and extents (options,)."""
        return float(np.linalg.norm(self._errors(load, extent)))

    def slope(self, load: Floats, extent: Floats) -> Floats:
        """Return by how much it grows with a unit of each load, (loads,); 0 where nothing is uncertain there."""
        errors = self._errors(load, extent)
        size = np.linalg.norm(errors)
        return np.asarray(self.loads.T @ errors / size) if size > 0 else np.zeros(self.loads.shape[1])

    def _errors(self, load: Floats, extent: Floats) -> Floats:
        return np.asarray(self.constant + self.loads @ load + self.extents @ extent)


def deviations_of(case: Case, problem: Problem) -> dict[int, Deviation]:
    """Return the standard deviation of each target that something uncertain goes into, by its row of the targets.

    Parameters
    ----------
    case : whose tables say how well each figure is known: `relative_sd` of transfer and loads, `sd` of background.
    problem : the same case as numbers.
    """
    targets, receptors = problem.targets, problem.receptors
    of_load = np.nan_to_num(case.values("loads", "relative_sd"), nan=0.0)
    spread = _product_deviations(receptors.transfer, receptors.deviation(0.0), of_load)
    caps = sparse.csr_array(targets.scope.multiply(of_load))
    found = {}
    for row, form in enumerate(targets.form):
        background = 0.0
        if form == QUALITY:
            at = targets.quality[row]
            background, factors = float(receptors.background_sd[at]), spread[[at]]
        elif form == CAP:
            factors = caps[[row]]
        else:
            continue
        deviation = _independent(background, factors, len(problem.options.keys))
        if len(deviation.constant):
            found[row] = deviation
    return found


def _product_deviations(transfer: sparse.csr_array, of_transfer: sparse.csr_array, of_load: Floats) -> sparse.csr_array:
    """Return the standard deviation of coefficient times load, per unit of load, shape (qualities x loads)."""
    own = of_transfer.multiply(of_transfer).multiply(1.0 + of_load**2)
    through = transfer.multiply(transfer).multiply(of_load**2)
    return sparse.csr_array(sparse.csr_array(own + through).sqrt())


def _independent(background: float, factors: sparse.csr_array, options: int) -> Deviation:
    """Return the deviation of a sum whose terms are independent: a factor for each uncertain load, one for the rest.

    Parameters
    ----------
    factors : (1 x loads), standard deviation per unit of each load.
    """
    column, value = factors.indices[factors.data > 0], factors.data[factors.data > 0]
    first = int(background > 0)
    count = first + len(column)
    place = (np.arange(first, count), column)
    return Deviation(
        constant=np.concatenate([np.full(first, background), np.zeros(len(column))]),
        loads=sparse.csr_array(sparse.coo_array((value, place), shape=(count, factors.shape[1]))),
        extents=sparse.csr_array((count, options)),
    )
