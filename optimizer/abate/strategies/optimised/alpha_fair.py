"""Alpha-fair shares.

    max sum_i phi(u_i),    phi(u) = u^(1 - alpha) / (1 - alpha),    ln u at alpha = 1,    u_i = x_i / D_i,

with x_i the load that is left of D_i, under targets, rules and measures as in the case. At alpha 0 it is the sum of the
shares that counts (utilitarian), at 1 their product (Nash's bargaining solution), and beyond, more and more, the least
share (leximin). Among equals the cheapest measures are taken. Source: Atkinson, Journal of Economic Theory 2 (1970)
244-263; Mo and Walrand, IEEE/ACM Transactions on Networking 8 (2000) 556-567.

phi is concave, so it is the least of its tangents. The LP with some of them bounds the welfare from above; tangents are
added where its optimum lies until the welfare there is as good as the bound (Kelley's method). Shares are counted in
units of r, the most that the least share can be, which changes neither the optimum nor the solution's digits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pyomo.core.base.PyomoModel import ConcreteModel
from pyomo.core.base.var import Var
from scipy import sparse

from abate.errors import Finding, InputError, SolverError
from abate.plan import Plan
from abate.solver import Session
from abate.strategies.naming import asked
from abate.strategies.staging import Hold, cheapest, model_of, optimum, refuse_whole, session_of, signed
from abate.strategies.study import Study
from abate_models.compile import CompiledModel, compile_model
from abate_models.matrix import MatrixConstraint, bounded_variable, selection

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

#: Beyond, shares that are not near the least one no longer count in the digits of a computer.
MOST_ALPHA = 20.0
#: Relative difference of the even share that is as good as the solution, and its bound: aimed at, and asked for.
AIM, ENOUGH = 1e-10, 1e-6
#: Most rounds of tangents, and how many may pass without a gain once it is enough.
ROUNDS, PATIENCE = 100, 4
#: Ratio of the shares at which the first tangents touch, and their least one.
RATIO, LEAST = 2.0, 1e-3
#: A slope below cannot be seen by the solver.
FLAT = 1e-10
#: A row has a price from so much of the greatest price on.
PRICED = 1e-6
#: A least share below is none.
NOTHING = 1e-9
#: Stands for a share of nothing, which has no logarithm.
TINY = 1e-300


@dataclass(frozen=True)
class Welfare:
    """phi with phi(1) = 0 and phi'(1) = 1, of shares in units of the most that the least share can be."""

    alpha: float

    def of(self, share: Floats) -> Floats:
        """Return the welfare of each share, above 0."""
        power = 1.0 - self.alpha
        return np.log(share) if power == 0 else (share**power - 1.0) / power

    def slope(self, share: Floats) -> Floats:
        """Return what a further unit of each share adds."""
        return np.asarray(share**-self.alpha)

    def even(self, mean: float) -> float:
        """Return the share that, had by all, gives a mean welfare."""
        power = 1.0 - self.alpha
        return float(np.exp(mean) if power == 0 else max(1.0 + power * mean, 0.0) ** (1.0 / power))


def alpha_fair(study: Study, *, alpha: float = 1.0) -> Plan:
    """Leave each source a fair share of its load: most welfare of the shares, from their sum to the least of them.

    Parameters
    ----------
    alpha : aversion to inequality, from 0 (sum of the shares) over 1 (their product, Nash) to 20 (nearly the least).

    Raises
    ------
    InputError
        Where some measures are all or nothing, alpha is no number from 0 to 20, or some load
        is forced to zero, so that its share has no welfare.
    NoPlanError
        Where the targets cannot hold together.
    SolverError
        Where the welfare is not found within a relative difference of 1e-6.
    """
    if not 0 <= alpha <= MOST_ALPHA:
        cure = f"give a number from 0 to {MOST_ALPHA:g}, or choose leximin"
        raise InputError([Finding("strategy", "is no aversion to inequality", cure, "", "alpha", str(alpha))])
    model = model_of(study)
    refuse_whole(study, "alpha-fair")
    loads = study.problem.loads
    chosen = np.flatnonzero(study.parties().movable & (loads.baseline > 0))
    if not len(chosen):
        return signed(cheapest(study, model), asked(alpha_fair, alpha=alpha), {})
    _add_shares(study, model, chosen)
    unit = _most_of_the_least(study, session_of(study, model), chosen)
    shares = _fairest(study, model, Welfare(alpha), unit, chosen)
    plan = cheapest(study, model, _holding(study, model, chosen, shares, alpha))
    left = plan.allocation["allowed"].to_numpy()[chosen] / loads.baseline[chosen]
    even = unit * Welfare(alpha).even(float(Welfare(alpha).of(left / unit).mean()))
    return signed(
        plan, asked(alpha_fair, alpha=alpha), {"even share that is as good": even, "least share": float(left.min())}
    )


def _add_shares(study: Study, model: ConcreteModel, chosen: Codes) -> None:
    """Add the welfare of each share, which tangents will bound, and the least share."""
    loads, width = study.problem.loads, len(study.problem.loads.keys)
    keys = [loads.keys[row] for row in chosen]
    unbounded = np.full(len(chosen), np.inf)
    model.welfare = bounded_variable(keys, -unbounded, unbounded, doc="welfare of the share that is left")
    model.least_share = Var([0], bounds=(0, 1), doc="least share that is left")
    model.least_share_need = MatrixConstraint(
        keys,
        terms=[
            (selection(chosen, width), model.allowed_load),
            (sparse.csr_array(-loads.baseline[chosen][:, None]), model.least_share),
        ],
        lower=np.array(0.0),
        upper=np.array(np.inf),
        doc="each share at or above the least",
    )


def _most_of_the_least(study: Study, session: Session, chosen: Codes) -> float:
    """Return the most that the least share can be.

    Raises
    ------
    InputError
        Where it is 0; names the loads that are forced to zero.
    """
    cost = np.zeros(session.compiled.matrix.shape[1])
    cost[session.compiled.columns["least_share"]] = -1.0
    session.minimise(cost)
    solution = optimum(study, session)
    least = -solution.objective
    if least <= NOTHING:
        prices = np.abs(solution.prices[session.compiled.rows["least_share_need"]])
        forced = np.zeros(len(study.problem.loads.keys), dtype=bool)
        forced[chosen[prices >= PRICED * prices.max()]] = True
        names = study.parties().named(forced)
        cure = f"loosen the targets on {names}, or choose leximin, which bears loads of zero"
        raise InputError([Finding("targets", "leave nothing to some loads, and alpha-fair needs shares above 0", cure)])
    return least


def _fairest(study: Study, model: ConcreteModel, welfare: Welfare, unit: float, chosen: Codes) -> Floats:
    """Return the shares of most welfare."""
    base, baseline = compile_model(model), study.problem.loads.baseline[chosen]
    columns, top = base.positions("allowed_load")[chosen], 1.0 / unit
    touches = _first_touches(welfare.alpha, top, len(chosen))
    lowest, best, gaps = touches.min(axis=0), np.full(len(chosen), top), [np.inf]
    for turn in range(ROUNDS):
        if study.progress is not None:
            study.progress("fair shares", turn, ROUNDS)
        tangents = _tangents(base, welfare, touches, columns, baseline * unit, top)
        solution = optimum(study, Session(tangents, time_limit=study.time_limit, gap=study.gap))
        share = np.minimum(solution.values[columns] / baseline / unit, top)
        bound = welfare.even(float(solution.values[base.columns["welfare"]].mean()))
        reached = welfare.even(float(welfare.of(np.maximum(share, TINY)).mean()))
        gap = bound / reached - 1.0 if reached > 0 else np.inf
        best = share if gap < min(gaps) else best
        gaps.append(gap)
        # the last digits are the solver's: once they come to nothing more, the best is as good as it gets
        if gap <= AIM or (min(gaps) <= ENOUGH and min(gaps[-PATIENCE:]) > min(gaps)):
            break
        # no share is nothing yet: steps down are short, for the slope there is without end
        point = np.maximum(share, lowest / 10.0)
        lowest = np.minimum(lowest, point)
        touches = np.vstack([touches, point])
    if min(gaps) > ENOUGH:
        raise SolverError(f"the welfare was found within {min(gaps):.1g} only; choose a smaller alpha, or leximin")
    return np.asarray(best * unit)


def _first_touches(alpha: float, top: float, count: int) -> Floats:
    """Return (touches x shares) where the first tangents touch; no optimum has a share below the least of them."""
    # all at 1 have welfare 0, and each term is 1 / (alpha - 1) at most
    least = max(count ** (-1.0 / (alpha - 1.0)), LEAST) if alpha > 1 else LEAST
    steps = int(np.ceil(np.log(top / least) / np.log(RATIO))) + 1
    places = np.ones(1) if alpha == 0 else np.geomspace(least, top, max(steps, 2))
    return np.tile(places[:, None], (1, count))


def _tangents(
    base: CompiledModel, welfare: Welfare, touches: Floats, columns: Codes, size: Floats, top: float
) -> CompiledModel:
    """Return the model with a row per tangent, welfare_i - slope x_i / size_i <= phi(touch) - slope touch."""
    slope = welfare.slope(touches)
    above = np.where(slope >= FLAT, welfare.of(touches) - slope * touches, welfare.of(np.array(top)))
    slope[slope < FLAT] = 0.0
    count, width = touches.size, base.matrix.shape[1]
    of_welfare = np.tile(base.positions("welfare"), len(touches))
    of_load = selection(np.tile(columns, len(touches)), width, -(slope / size).ravel())
    cost = np.zeros(width)
    cost[base.columns["welfare"]] = -1.0
    return replace(
        base,
        matrix=sparse.csr_array(sparse.vstack([base.matrix, selection(of_welfare, width) + of_load], format="csr")),
        cost=cost,
        offset=0.0,
        row_lower=np.concatenate([base.row_lower, np.full(count, -np.inf)]),
        row_upper=np.concatenate([base.row_upper, above.ravel()]),
    )


def _holding(study: Study, model: ConcreteModel, chosen: Codes, shares: Floats, alpha: float) -> Hold:
    """Return what holds the shares in the model; at alpha 0, where many are as good, just their sum."""
    for name in ("least_share_need", "least_share", "welfare"):
        model.del_component(name)
    loads = study.problem.loads
    per_load = selection(chosen, len(loads.keys), 1.0 / loads.baseline[chosen])
    together = np.ones((1, len(chosen))) if alpha == 0 else sparse.eye_array(len(chosen), format="csr")
    least = together @ np.minimum(shares, 1.0)
    model.share = MatrixConstraint(
        ["all"] if alpha == 0 else [loads.keys[row] for row in chosen],
        terms=[(sparse.csr_array(together @ per_load), model.allowed_load)],
        lower=least,
        upper=np.array(np.inf),
        doc="share of the load that is left, as fair as can be",
    )

    def hold(room: float) -> None:
        model.share.lower = least - room * np.maximum(least, 1.0)

    return hold
