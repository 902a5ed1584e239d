r"""What loads and qualities are to be expected for a given theta, and how they move with it.

.. math::

    L_i = A_i e^{g_i} \, \Big[ L^0_i - o_i \sum_j R_{ij} e_j x_j \Big]_+ , \qquad
    y_k = b_k e^{\beta_k} + \sum_i T_{ki} e^{\tau_{ki}} L_i , \qquad
    \tau_{ki} = w_{ki} (r_k + s_i + p_{ki})

with L0 the baseline load and L the load [load per year], A the activity and o the operation of the source as shares, R
what a unit of extent removes, x the extents in use, e the effectiveness of an option, g, beta, tau the deviations of
load, background and transfer in theta, b the background [quality], T the transfer coefficient [quality per load], y the
quality. A background that is not above 0 is b + beta. Source: the model of the project's closed loop, section 1.

Two things must stay positive whatever theta is: effectiveness, and the load that is left. Both pass through

.. math:: [z]_+ = \kappa \log(1 + e^{z / \kappa})

which is z itself but for the last few percent above 0 (at z = 10 kappa the difference is 0.00005 of z) and whose
logarithm goes on falling below, so that an observation can always pull it back. The effectiveness is
e = e_0 [1 + c + d]_+ / [1]_+ with c the part that the measure shares, d the option's own, kappa = 0.05 and e_0 what
is expected before anything is observed; for the load kappa is 0.01 of the baseline.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from abate.loop.algebra import product
from abate.loop.state import Layout
from abate_models.problem import Problem

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

EFFECTIVENESS_KNEE = 0.05
LOAD_KNEE = 0.01


@dataclass(frozen=True)
class Situation:
    """What is known of a period besides its results.

    Attributes
    ----------
    extents : (options,), in use.
    activity, operation : (loads,), as shares.
    """

    extents: Floats
    activity: Floats
    operation: Floats


@dataclass(frozen=True)
class Response:
    """Loads and qualities that a theta makes expected.

    Attributes
    ----------
    load : (loads,), load per year.
    load_slope : (loads, size), change of the logarithm of the load per unit of theta.
    quality : (qualities,), in its unit.
    quality_slope : (qualities, size), change of the quality per unit of theta.
    unresolved : (qualities,), variance of the quality where the coefficients whose own part is not in theta have a
        relative variance of 1.
    gross : (qualities,), sum of the sizes of everything that goes into a quality, whatever its sign.
    """

    load: Floats
    load_slope: Floats
    quality: Floats
    quality_slope: Floats
    unresolved: Floats
    gross: Floats


@dataclass(frozen=True)
class Figures:
    """The figures of a case as a theta has them.

    Attributes
    ----------
    effectiveness, effectiveness_slope : (options,), removal over that of the case, and its change per unit of theta.
    growth, report : (loads,), load over the case's, reports over the load.
    transfer : (pairs,), coefficient [quality unit per load unit].
    background, background_slope : (qualities,), and its change per unit of theta.
    """

    effectiveness: Floats
    effectiveness_slope: Floats
    growth: Floats
    report: Floats
    transfer: Floats
    background: Floats
    background_slope: Floats


def positive(value: Floats, knee: Floats | float) -> tuple[Floats, Floats]:
    """Return a value that is kept above 0, and its slope.

    >>> positive(np.array([1.0]), 0.05)[0].round(8)
    array([1.])
    """
    scaled = value / knee
    return knee * np.logaddexp(0.0, scaled), np.exp(-np.logaddexp(0.0, -scaled))


def figures_of(problem: Problem, layout: Layout, theta: Floats, effectiveness: float) -> Figures:
    """Return the figures that a theta stands for; `effectiveness` is what was expected before any observation."""
    full = np.append(theta, 0.0)  # what has no number is 0
    one = positive(np.ones(1), EFFECTIVENESS_KNEE)[0]
    kept, slope = positive(1.0 + full[layout.common] + full[layout.own], EFFECTIVENESS_KNEE)
    tau = full[layout.receptor[layout.pair_row]] + full[layout.source[layout.pair_load]] + full[layout.pair]
    coefficient = sparse.coo_array(sparse.csr_array(problem.receptors.transfer)).data
    background, beta = problem.receptors.background, full[layout.background]
    grown = background * np.exp(np.where(layout.additive, 0.0, beta))
    return Figures(
        effectiveness=effectiveness * (kept / one),
        effectiveness_slope=effectiveness * slope / one,
        growth=np.exp(full[layout.growth]),
        report=np.exp(full[layout.report]),
        transfer=coefficient * np.exp(layout.pair_scale * tau),
        background=np.where(layout.additive, background + beta, grown),
        background_slope=np.where(layout.additive, 1.0, grown),
    )


def respond(
    problem: Problem, layout: Layout, theta: Floats, situation: Situation, effectiveness: float = 1.0
) -> Response:
    """Return the loads and qualities that a theta makes expected, with their slopes.

    Parameters
    ----------
    theta : (size,), deviations from the case.
    situation : extents in use, activity and operation.
    effectiveness : what was expected of the options before any observation.
    """
    figures = figures_of(problem, layout, theta, effectiveness)
    load, slope = _loads(problem, layout, figures, situation)
    row, column = layout.pair_row, layout.pair_load
    effect = figures.transfer * load[column]
    count = len(problem.receptors.keys)
    own = np.where(layout.pair < 0, layout.pair_scale * effect, 0.0)
    return Response(
        load=load,
        load_slope=slope,
        quality=figures.background + np.bincount(row, effect, count),
        quality_slope=_quality_slope(layout, figures, effect, slope),
        unresolved=_sums(row, own**2, count),
        gross=np.abs(figures.background) + np.bincount(row, np.abs(effect), count),
    )


def _loads(problem: Problem, layout: Layout, figures: Figures, situation: Situation) -> tuple[Floats, Floats]:
    """Return the loads, and the slopes of their logarithms."""
    removal = sparse.coo_array(problem.options.removal)
    row, option = (np.asarray(place, dtype=np.int64) for place in removal.coords)
    removed = situation.operation[row] * removal.data * situation.extents[option]
    baseline = problem.loads.baseline
    left = baseline - np.bincount(row, removed * figures.effectiveness[option], len(baseline))
    scale = np.where(baseline > 0, baseline, 1.0)
    kept, slope = positive(left / scale, LOAD_KNEE)
    kept = np.where(baseline > 0, kept, 0.0)
    by_option = -(slope / (scale * np.where(kept > 0, kept, 1.0)))[row] * removed * figures.effectiveness_slope[option]
    slopes = _table(
        (len(baseline), layout.size),
        (row, layout.common[option], by_option),
        (row, layout.own[option], by_option),
        (np.arange(len(baseline)), layout.growth, np.ones(len(baseline))),
    )
    return situation.activity * figures.growth * kept * scale, slopes


def _quality_slope(layout: Layout, figures: Figures, effect: Floats, load_slope: Floats) -> Floats:
    """Return (qualities, size); `effect` is what each load adds to each quality."""
    row, column, count = layout.pair_row, layout.pair_load, len(layout.receptor)
    by_load = _table((count, len(layout.growth)), (row, column, effect))
    scaled = layout.pair_scale * effect
    direct = _table(
        (count, layout.size),
        (row, layout.receptor[row], scaled),
        (row, layout.source[column], scaled),
        (row, layout.pair, scaled),
        (np.arange(count), layout.background, figures.background_slope),
    )
    return product(by_load, load_slope) + direct


def _table(shape: tuple[int, int], *entries: tuple[Codes, Codes, Floats]) -> Floats:
    """Return a table into which (row, column, value) are added; a column of -1 is left out."""
    row, column, value = (np.concatenate(one) for one in zip(*entries, strict=True))
    used = column >= 0
    return _sums(row[used] * shape[1] + column[used], value[used], shape[0] * shape[1]).reshape(shape)


def _sums(place: Codes, value: Floats, count: int) -> Floats:
    """Return the sum of the values of each place (count,)."""
    return np.asarray(np.bincount(place, value, count), dtype=np.float64)
