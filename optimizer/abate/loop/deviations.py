r"""How far the value of each target may lie from what is believed of it, as a plan decides it.

The value of a target is a smooth function of theta. With J its slope at the mean, which is a constant and linear parts
in the loads L after measures and the extents x, and P the covariance,

.. math::

    \sigma^2 = J(L, x) \, P \, J(L, x)^T = \Vert f + A L + B x \Vert^2 , \qquad
    J = J_0 + \sum_i J_i L_i + \sum_j J_j x_j

For a quality k with y_k = b_k + sum of T_ki L_i, all as believed, the slope with respect to the background is b_k, to
the parts of log transfer w_ki T_ki L_i, to the growth of a load T_ki L_i, and to the effectiveness of an option
- T_ki R_ij x_j (e'/e), with R as believed and e'/e the relative slope of effectiveness. A cap is the same with 1 for T
and nothing uncertain in it. The factors are those of Cholesky of the second moments that (1, L, x) multiply.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from abate.loop.algebra import lower_factor
from abate.loop.belief import Belief
from abate.loop.believed_figures import BelievedFigures, believed_figures
from abate.loop.response import figures_of
from abate_models.margin import Deviation
from abate_models.problem import Problem
from abate_models.targets import CAP, QUALITY

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

#: Share of a variance that keeps rounding errors from making it negative.
ROUNDING = 1e-12


def deviations(problem: Problem, belief: Belief, years_ahead: float = 0.0) -> dict[int, Deviation]:
    """Return the standard deviation of each target's value under a plan, by its row of the targets.

    Parameters
    ----------
    problem : the one that the belief was started from; loads and extents are those of a plan for `believed_problem`.
    belief : what is believed.
    years_ahead : years from the last period to the time that is judged, in which everything goes on drifting.

    Returns
    -------
    A deviation for each target of quality or load that something uncertain goes into.

    Raises
    ------
    InputError
        Where the belief was started from other figures than those of the problem.
    """
    slopes = _Slopes(problem, belief.ahead(years_ahead))
    found = {}
    for row, form in enumerate(problem.targets.form):
        if form == QUALITY:
            deviation = slopes.of_quality(int(problem.targets.quality[row]))
        elif form == CAP:
            deviation = slopes.of_loads(problem.targets.scope[[row]].toarray().ravel())
        else:
            continue
        if len(deviation.constant):
            found[row] = deviation
    return found


class _Slopes:
    """Slopes of loads and qualities with respect to theta, as columns that loads and extents multiply."""

    def __init__(self, problem: Problem, belief: Belief) -> None:
        self.problem, self.belief, self.layout = problem, belief, belief.layout
        self.figures: BelievedFigures = believed_figures(problem, belief)
        at_mean = figures_of(problem, belief.layout, belief.mean, belief.prior.effectiveness)
        self.background_slope = at_mean.background_slope
        self.steepness = at_mean.effectiveness_slope / at_mean.effectiveness

    def of_quality(self, row: int) -> Deviation:
        """Return the deviation of a quality."""
        layout = self.layout
        pairs = np.flatnonzero(layout.pair_row == row)
        loads, coefficient = layout.pair_load[pairs], self.figures.transfer[[row]].toarray().ravel()
        scaled = layout.pair_scale[pairs] * coefficient[loads]
        own = [
            (layout.background[[row]], np.full(1, -1), self.background_slope[[row]]),
            (np.full(len(pairs), layout.receptor[row]), loads, scaled),
            (layout.source[loads], loads, scaled),
            (layout.pair[pairs], loads, scaled),
        ]
        beside = np.where(layout.pair[pairs] < 0, self.belief.prior.pair_sd * scaled, 0.0)
        return self._deviation(own, coefficient, loads, beside)

    def of_loads(self, weight: Floats) -> Deviation:
        """Return the deviation of a weighted sum of loads."""
        return self._deviation([], weight, np.zeros(0, dtype=np.int64), np.zeros(0))

    def _deviation(
        self, own: list[tuple[Codes, Codes, Floats]], weight: Floats, beside_loads: Codes, beside: Floats
    ) -> Deviation:
        """Return the deviation of a sum of loads with `weight`, and of what moves it besides.

        Parameters
        ----------
        own : numbers of theta, loads that multiply their slope (-1 for none), slopes.
        beside : standard deviations per unit of `beside_loads` that are not in theta, independent of one another.
        """
        loads, options = len(weight), len(self.problem.options.keys)
        entries = sparse.coo_array(self.figures.removal)
        row, option = entries.coords
        effect = -weight[row] * entries.data * self.steepness[option]
        every = np.arange(loads)
        parts = [
            *own,
            (self.layout.growth, every, weight),
            (self.layout.common[option], loads + option, effect),
            (self.layout.own[option], loads + option, effect),
        ]
        number, column, slope = (np.concatenate(one) for one in zip(*parts, strict=True))
        used = (number >= 0) & (slope != 0)
        constant = loads + options
        column = np.where(column < 0, constant, column)
        at = (number[used], column[used])
        slopes = sparse.csc_array(sparse.coo_array((slope[used], at), shape=(self.layout.size, constant + 1)))
        extra = np.zeros(constant + 1)
        extra[beside_loads] = beside**2
        factors, columns = self._factors(slopes, extra)
        full = sparse.coo_array(factors)
        spread = sparse.csc_array(
            sparse.coo_array((full.data, (full.coords[0], columns[full.coords[1]])), (len(factors), constant + 1))
        )
        return Deviation(
            constant=spread[:, [constant]].toarray().ravel(),
            loads=sparse.csr_array(spread[:, :loads]),
            extents=sparse.csr_array(spread[:, loads:constant]),
        )

    def _factors(self, slopes: sparse.csc_array, extra: Floats) -> tuple[Floats, Codes]:
        """Return factors (factors, columns) whose squares add up to the variance, and the columns that they are of."""
        columns = np.flatnonzero((np.diff(slopes.indptr) > 0) | (extra > 0))
        numbers = np.unique(slopes.indices)
        used = sparse.csr_array(sparse.csr_array(slopes[:, columns])[numbers]).T
        covariance = self.belief.covariance[np.ix_(numbers, numbers)]
        moments = used @ np.asarray(used @ covariance).T + np.diag(extra[columns])
        size = np.sqrt(np.diag(moments))
        kept = size > 0
        size, columns = size[kept], columns[kept]
        scaled = moments[np.ix_(kept, kept)] / np.outer(size, size)
        scaled[np.diag_indices_from(scaled)] += ROUNDING
        return lower_factor(scaled).T * size, columns
