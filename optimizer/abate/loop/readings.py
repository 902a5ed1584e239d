r"""The results of a period as numbers that an update can compare with what was expected, and how uncertain they are.

.. math::

    \log L^{rep}_i = \log L_i + q_i + \epsilon , \qquad \log y_k = \log \Big( b_k e^{\beta_k}
        + \sum_i T_{ki} e^{\tau_{ki}} L_i \Big) + \epsilon

with L the load and L^rep the load as reported [load per year], q the bias of the reports, y the quality. Source: the
project's closed loop, section 1. A quality of a signed model may come near to zero or below, where it has no logarithm:
where less than a tenth of what goes into it is left, or the result itself is not above 0, it is compared as it stands,
with the same relative noise of whichever is greatest, the result, what was expected or that tenth.

A result below the limit of detection says only that: its row is censored. A load reported as 0 or less is taken as
below one percent of its baseline. A result of quality that is below a limit of 0 or less says nothing. Where no load is
expected, because activity is 0, a report is not compared.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from abate.loop.periods import Period
from abate.loop.prior import Prior
from abate.loop.response import Response, Situation, positive, respond
from abate.loop.rows import Rows
from abate.loop.state import Layout
from abate_models.problem import Problem

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: A quality is compared by its logarithm where at least this share of what goes into it is left.
LOGARITHMIC_SHARE = 0.1
#: A load reported as nothing is taken as less than this share of its baseline.
NEXT_TO_NOTHING = 0.01
_QUALITY_KNEE = 0.01


@dataclass(frozen=True)
class Model:
    """What turns a theta into expected results: the case, where things stand in theta, and the situation."""

    problem: Problem
    layout: Layout
    prior: Prior
    situation: Situation

    def response(self, theta: Floats) -> Response:
        """Return loads and qualities that a theta makes expected."""
        return respond(self.problem, self.layout, theta, self.situation, self.prior.effectiveness)


@dataclass(frozen=True)
class Readings:
    """Results to learn from: reported loads first, then qualities.

    Attributes
    ----------
    load, quality : rows of the problem's loads and qualities that have a result.
    logarithmic : (rows,), whether the result is compared by its logarithm.
    rows : the results or their logarithms, with their noise.
    """

    load: Codes
    quality: Codes
    logarithmic: Mask
    rows: Rows


def situation_of(problem: Problem, period: Period, extents: Floats) -> Situation:
    """Return what is known of a period besides its results; activity and operation that are not observed are 1."""
    source = problem.loads.source
    activity, operation = (np.where(np.isnan(one), 1.0, one) for one in (period.activity, period.operation))
    return Situation(np.asarray(extents, dtype=np.float64), activity[source], operation[source])


def read_period(model: Model, period: Period, expected: Response) -> Readings:
    """Return the results of a period; `expected` is what was expected before them."""
    load, loads = _loads(model, period, expected)
    quality, logarithmic, qualities = _qualities(model, period, expected)
    joined = (np.concatenate([getattr(loads, one.name), getattr(qualities, one.name)]) for one in fields(Rows))
    return Readings(load, quality, np.concatenate([np.ones(len(load), dtype=bool), logarithmic]), Rows(*joined))


def linearise(model: Model, readings: Readings, theta: Floats) -> tuple[Floats, Floats]:
    """Return what is expected of each row (rows,) and its slope (rows, size) at a theta."""
    response = model.response(theta)
    layout, load, quality = model.layout, readings.load, readings.quality
    bias = layout.report[load]
    of_load = np.log(response.load[load]) + theta[bias]
    slope = np.zeros((len(load) + len(quality), layout.size))
    slope[: len(load)] = response.load_slope[load]
    slope[np.arange(len(load)), bias] += 1.0
    logarithmic = readings.logarithmic[len(load) :]
    value, steepness = response.quality[quality], np.ones(len(quality))
    gross = response.gross[quality][logarithmic]
    kept, own = positive(value[logarithmic], _QUALITY_KNEE * gross)
    value[logarithmic], steepness[logarithmic] = np.log(kept), own / kept
    slope[len(load) :] = steepness[:, None] * response.quality_slope[quality]
    return np.concatenate([of_load, value]), slope


def _loads(model: Model, period: Period, expected: Response) -> tuple[Codes, Rows]:
    row = np.flatnonzero(~np.isnan(period.load) & (expected.load > 0) & (model.layout.report >= 0))
    value, baseline = period.load[row], model.problem.loads.baseline[row]
    nothing = value <= 0
    relative = np.where(np.isnan(period.load_sd[row]), model.prior.load_noise, period.load_sd[row])
    rows = Rows(
        value=np.log(np.where(nothing, NEXT_TO_NOTHING * baseline, value)),
        variance=relative**2,
        shared=np.zeros(len(row)),
        censored=period.load_nondetect[row] | nothing,
    )
    return row, rows


def _qualities(model: Model, period: Period, expected: Response) -> tuple[Codes, Mask, Rows]:
    known = ~np.isnan(period.quality) & ~(period.nondetect & (period.quality <= 0)) & (expected.gross > 0)
    row = np.flatnonzero(known)
    result, mean, gross = period.quality[row], expected.quality[row], expected.gross[row]
    logarithmic = (mean >= LOGARITHMIC_SHARE * gross) & (result > 0)
    relative = np.where(np.isnan(period.quality_sd[row]), model.prior.quality_noise, period.quality_sd[row])
    size = np.maximum(np.maximum(np.abs(result), np.abs(mean)), LOGARITHMIC_SHARE * gross)
    unit = np.where(logarithmic, 1.0, size)
    of_pairs = model.prior.pair_sd**2 * expected.unresolved[row] / np.where(logarithmic, mean, 1.0) ** 2
    weather, below = model.prior.weather * unit, period.nondetect[row]
    rows = Rows(
        value=np.where(logarithmic, np.log(np.where(result > 0, result, 1.0)), result),
        variance=(relative * unit) ** 2 + of_pairs + np.where(below, weather**2, 0.0),
        shared=np.where(below, 0.0, weather),
        censored=below,
    )
    return row, logarithmic, rows
