"""The probability that targets are attained although coefficients, loads and background are not known exactly.

Each transfer coefficient and each load is taken as normal with the mean of the case and the relative standard
deviation of its row (that of the view where a coefficient has none; a load without one is certain), the background
with its standard deviation, all independent. The sum of a row over its coefficients is then normal too, so rows are
drawn instead of coefficients, which is the same in distribution; loads are drawn, for they tie the rows together. A
load is drawn no lower than 0.

A target is judged against its limit less its reserve: the margin of safety is there to be used up by what is not
known. The same seed draws the same errors for every plan.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from abate.comparison.view import View
from abate.plan import Plan
from abate.solver import FEASIBILITY_TOLERANCE
from abate_data.case import Case
from abate_models.problem import Problem
from abate_models.targets import BUDGET

Floats = NDArray[np.float64]


class Chances:
    """Draws errors once and judges one plan after the other by them.

    Parameters
    ----------
    case, problem : the case, and the same as numbers with every limit resolved.
    view : how often to draw, from which seed.
    """

    def __init__(self, case: Case, problem: Problem, view: View) -> None:
        self._problem = problem
        rng = np.random.default_rng(view.seed)
        # by receptor and parameter: two targets on the same quality see the same errors
        self._noise = rng.standard_normal((view.samples, len(problem.receptors.keys)))
        self._load_sd = np.nan_to_num(case.values("loads", "relative_sd"), nan=0.0)
        self._load_errors = rng.standard_normal((np.count_nonzero(self._load_sd), view.samples))
        deviation = problem.receptors.deviation(view.relative_sd)
        self._variance = sparse.csr_array(deviation.multiply(deviation))
        self._variance.eliminate_zeros()
        self._background_sd = problem.receptors.background_sd

    @property
    def uncertain(self) -> bool:
        """Whether anything is not known exactly."""
        return bool(self._variance.nnz or self._background_sd.any() or self._load_sd.any())

    def of(self, plan: Plan) -> tuple[float, Floats]:
        """Return the probability that all targets are attained, and that of each; NaN where nothing is uncertain.

        A budget does not depend on coefficients: it is attained or not.
        """
        if not self.uncertain:
            return np.nan, np.full(len(self._problem.targets.ids), np.nan)
        attained = self.attained(plan.allocation["allowed"].to_numpy(), plan.attainment["attained"].to_numpy())
        return float(attained.all(axis=1).mean()), attained.mean(axis=0)

    def attained(self, allowed: Floats, as_known: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return in which draws each target is attained, shape (samples, targets).

        Parameters
        ----------
        allowed : (loads) load per year after measures.
        as_known : (targets) whether each is attained with the figures of the case; read for budgets alone.
        """
        targets = self._problem.targets
        values = self._values(allowed)
        limits = targets.limit - targets.sign * targets.reserve
        room = FEASIBILITY_TOLERANCE * np.maximum(np.abs(limits), np.abs(values).max(axis=0, initial=0.0))
        attained = np.asarray(targets.sign * (values - limits) <= room)
        budget = targets.rows(BUDGET)
        attained[:, budget] = as_known[budget]
        return attained

    def _values(self, allowed: Floats) -> Floats:
        """Return draws of the value of each target, shape (samples, targets)."""
        targets, receptors = self._problem.targets, self._problem.receptors
        drawn = self._drawn_loads(allowed)
        values = np.broadcast_to((targets.scope @ drawn).T, (len(self._noise), len(targets.ids))).copy()
        judged = np.flatnonzero(targets.quality >= 0)
        at = targets.quality[judged]
        spread = np.sqrt(self._variance @ drawn**2 + self._background_sd[:, None] ** 2).T
        values[:, judged] = (receptors.background[:, None] + receptors.transfer @ drawn).T[:, at]
        values[:, judged] += (self._noise * spread)[:, at]
        return values

    def _drawn_loads(self, allowed: Floats) -> Floats:
        """Return draws of the loads, shape (loads, samples), or (loads, 1) where none is uncertain."""
        uncertain = np.flatnonzero(self._load_sd)
        if not len(uncertain):
            return allowed[:, None]
        drawn = np.repeat(allowed[:, None], self._load_errors.shape[1], axis=1)
        drawn[uncertain] *= np.maximum(1.0 + self._load_sd[uncertain, None] * self._load_errors, 0.0)
        return drawn
