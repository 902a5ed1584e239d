r"""Margins: targets that hold with a probability, kept by linear cuts on a warm model.

.. math::

    s \, a^T x + z \, \sigma(x) \le s \, C, \qquad \sigma(x) = \lVert f + M x \rVert

a is the row of the target's expected value, C its limit, s = +1 for an upper and -1 for a lower limit, z the standard
normal quantile of the probability, x the columns of the model. sigma is convex, so that at any point y

.. math::

    s \, a^T x + z \left( \sigma(y) + g^T (x - y) \right) \le s \, C, \qquad g = M^T (f + M y) / \sigma(y)

takes away nothing that keeps the limit. Each solve adds such a cut at its solution for every limit it passes, until
none is passed. Where sigma is 0 the expected value is all there is, and its row is in the model. Decisions are first
settled as if they were no whole numbers, which finds most of the cuts at the price of linear models.
Source: Kelley, Journal of the SIAM 8 (1960) 703-712; with whole numbers Westerlund and Pettersson, Computers and
Chemical Engineering 19 (1995) S131-S136.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from abate.errors import SolverError
from abate.solver import FEASIBILITY_TOLERANCE, Session, Solution
from abate_models.compile import CompiledModel
from abate_models.margin import Deviation
from abate_models.problem import Problem
from abate_models.targets import BUDGET, CAP, QUALITY

Floats = NDArray[np.float64]

#: The component of a session's model that the cuts join; a key is (row of the expected value, sign, number).
CUTS = "chance"
#: Relative violation up to which a limit counts as kept; what is left is the certificate's room for rounding.
TOLERANCE = FEASIBILITY_TOLERANCE / 4
#: Solves after which the margins have to be settled.
ROUNDS = 200

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Chance:
    """A limit that holds with a probability.

    Attributes
    ----------
    row : row of the compiled model that holds the target's expected value.
    sign : +1 for an upper limit, -1 for a lower one.
    limit : bound of that row.
    quantile : standard normal quantile of the probability, 0 or more.
    constant, factors : (factors,) and (factors x columns); the deviation is the length of constant + factors @ columns.
    """

    row: int
    sign: float
    limit: float
    quantile: float
    constant: Floats
    factors: sparse.csr_array


def quantiles(probability: Floats) -> Floats:
    """Return the standard normal quantile of each probability, 0 where there is none.

    >>> quantiles(np.array([0.5, 0.95, np.nan])).round(3).tolist()
    [0.0, 1.645, 0.0]
    """
    normal = NormalDist()
    return np.array([0.0 if np.isnan(share) else normal.inv_cdf(share) for share in probability.tolist()])


def chances_of(
    problem: Problem, compiled: CompiledModel, deviations: Mapping[int, Deviation], quantile: Floats
) -> list[Chance]:
    """Return the limits of a model that hold with a probability.

    Parameters
    ----------
    compiled : model of the problem; a target of which it has no row, or one without a bound, is left out.
    deviations : standard deviation of the value of targets, by their rows.
    quantile : per target; 0 where the expected value is judged.
    """
    targets, rows = problem.targets, np.full(len(problem.targets.ids), -1)
    for form in (QUALITY, CAP, BUDGET):
        at = targets.rows(form)
        rows[at] = compiled.rows_of(form, [targets.ids[target] for target in at])
    upper, lower = np.append(compiled.row_upper, np.inf)[rows], np.append(compiled.row_lower, -np.inf)[rows]
    bounds = np.where(targets.sign > 0, upper, lower)
    return [
        Chance(
            row=int(rows[target]),
            sign=float(targets.sign[target]),
            limit=float(bounds[target]),
            quantile=float(quantile[target]),
            constant=deviation.constant,
            factors=_over_columns(deviation, compiled),
        )
        for target, deviation in deviations.items()
        if quantile[target] > 0 and rows[target] >= 0 and np.isfinite(bounds[target])
    ]


def solve_with_margins(
    session: Session,
    chances: Sequence[Chance],
    *,
    tolerance: float = TOLERANCE,
    rounds: int = ROUNDS,
    near: Floats | None = None,
) -> tuple[Solution, Floats]:
    """Solve a session's model with limits that hold with a probability.

    The cuts stay in the session: they go on to hold where it is solved for another objective or with tighter bounds.

    Parameters
    ----------
    session : on a model that has the rows of the chances.
    tolerance : violation, relative to the size of the limit, its terms and its margin, that counts as none.
    rounds : greatest number of solves; twice as many with whole numbers.
    near : columns near which the solution is expected, such as those of the last plan; saves solves.

    Returns
    -------
    The solution, with a price for each row of `session.compiled`, and the margin of each chance: its quantile times the
    deviation at the solution. Where the solver found no point the solution says so, and margins are NaN.

    Raises
    ------
    SolverError
        Where a solve fails, or margins are not settled within the rounds.
    """
    limits = _Limits(session.compiled, chances)
    if near is not None:
        limits.cut(session, near, np.flatnonzero(limits.deviation(near)))
    if session.is_whole:
        with session.relaxed():
            _settle(session, limits, tolerance, rounds)
    return _settle(session, limits, tolerance, rounds)


def row_prices(compiled: CompiledModel, prices: Floats) -> Floats:
    """Return prices of rows, with those of the cuts moved to the rows whose limits they keep.

    The price of such a row is what its limit costs, expected value and margin together.

    Parameters
    ----------
    compiled : of a session.
    prices : of its rows, or of those that it had at some time.
    """
    cuts = compiled.rows.get(CUTS, np.zeros(0, dtype=np.int64))
    cuts = cuts[cuts < len(prices)]
    if not len(cuts):
        return prices
    owner = np.array([key[:2] for key in compiled.keys[CUTS][: len(cuts)] if isinstance(key, tuple)])
    whole = prices.copy()
    np.add.at(whole, owner[:, 0].astype(np.int64), owner[:, 1] * prices[cuts])
    whole[cuts] = 0.0
    return whole


def _settle(session: Session, limits: _Limits, tolerance: float, rounds: int) -> tuple[Solution, Floats]:
    """Solve and cut until no limit is passed."""
    for count in range(rounds):
        solution = session.solve()
        if not solution.found:
            return solution, np.full(len(limits.quantile), np.nan)
        violation = limits.violation(solution.values)
        passed = np.flatnonzero(violation > tolerance)
        if not len(passed):
            logger.debug("margins settled after %d solves", count + 1)
            return solution, limits.quantile * limits.deviation(solution.values)
        limits.cut(session, solution.values, passed)
    raise SolverError(
        f"the margins of {len(passed)} targets were not settled after {rounds} solves: the worst is missed by "
        f"{violation.max():.2g} of its size, where {tolerance:.2g} is allowed"
    )


class _Limits:
    """All chances of a model together, as arrays."""

    def __init__(self, compiled: CompiledModel, chances: Sequence[Chance]) -> None:
        self.rows = np.array([chance.row for chance in chances], dtype=np.int64)
        self.sign, self.limit, self.quantile = (
            np.array([getattr(chance, name) for chance in chances], dtype=float)
            for name in ("sign", "limit", "quantile")
        )
        sizes = [len(chance.constant) for chance in chances]
        self._owner = np.repeat(np.arange(len(chances)), sizes)
        self._constant = np.concatenate([np.zeros(0), *(chance.constant for chance in chances)])
        width = compiled.matrix.shape[1]
        pieces = [chance.factors for chance in chances] or [sparse.csr_array((0, width))]
        self._factors = sparse.csr_array(sparse.vstack(pieces, format="csr"))
        self._matrix = sparse.csr_array(compiled.matrix[self.rows])

    @cached_property
    def _absolute(self) -> sparse.csr_array:
        return abs(self._matrix)

    def deviation(self, columns: Floats) -> Floats:
        """Return the standard deviation of each value, (chances,)."""
        return np.sqrt(self._sums(self._errors(columns) ** 2))

    def violation(self, columns: Floats) -> Floats:
        """Return by how much each limit is passed, relative to its size; not above 0 where it is kept."""
        margin = self.quantile * self.deviation(columns)
        beyond = self.sign * (self._matrix @ columns - self.limit) + margin
        return np.asarray(beyond / self._sizes(columns, margin))

    def cut(self, session: Session, columns: Floats, chosen: NDArray[np.int64]) -> None:
        """Add to the session a cut of each chosen limit at given columns, where its deviation is not 0."""
        errors, deviation = self._errors(columns), self.deviation(columns)
        chosen = chosen[deviation[chosen] > 0]
        share = np.divide(errors, deviation[self._owner], out=np.zeros_like(errors), where=deviation[self._owner] > 0)
        place = (self._owner, np.arange(len(errors)))
        weights = sparse.csr_array(sparse.coo_array((share, place), shape=(len(deviation), len(errors))))
        scaled = sparse.diags_array(self.quantile[chosen], format="csr")
        gradient = sparse.csr_array(scaled @ (weights[chosen] @ self._factors))
        rows = sparse.diags_array(self.sign[chosen], format="csr") @ self._matrix[chosen] + gradient
        upper = (self.sign * self.limit - self.quantile * deviation)[chosen] + gradient @ columns
        first = len(session.compiled.rows.get(CUTS, ()))
        owners = zip(self.rows[chosen].tolist(), self.sign[chosen].tolist(), strict=True)
        keys = [(row, sign, first + place) for place, (row, sign) in enumerate(owners)]
        sizes = self._sizes(columns, self.quantile * deviation)[chosen]
        none = np.full(len(chosen), -np.inf)
        session.add_rows(sparse.csr_array(rows), none, upper, sizes=sizes, name=CUTS, keys=keys)

    def _sizes(self, columns: Floats, margin: Floats) -> Floats:
        """Return what a violation of each limit is a share of: the limit, its terms or its margin."""
        sizes = np.maximum.reduce([np.abs(self.limit), self._absolute @ np.abs(columns), margin])
        return np.where(sizes > 0, sizes, 1.0)

    def _errors(self, columns: Floats) -> Floats:
        return np.asarray(self._constant + self._factors @ columns)

    def _sums(self, values: Floats) -> Floats:
        return np.asarray(np.bincount(self._owner, values, len(self.quantile)))


def _over_columns(deviation: Deviation, compiled: CompiledModel) -> sparse.csr_array:
    """Return the factors of a deviation over the columns of a model."""
    shape = (len(deviation.constant), compiled.matrix.shape[1])
    parts = [
        (sparse.coo_array(deviation.loads), compiled.columns["allowed_load"].start),
        (sparse.coo_array(deviation.extents), compiled.columns["extent"].start),
    ]
    data = np.concatenate([part.data for part, _ in parts])
    row = np.concatenate([part.coords[0] for part, _ in parts])
    column = np.concatenate([part.coords[1] + start for part, start in parts])
    return sparse.csr_array(sparse.coo_array((data, (row, column)), shape=shape))
