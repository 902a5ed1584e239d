r"""Whether each target was attained, with how far that is certain.

The value of a target is taken as normal with the mean and standard deviation that are believed of it, so that

.. math:: \Pr(\text{attained}) = \Phi\!\left( s \, \frac{C - \mu}{\sigma} \right)

with C the limit less its reserve for growth, s = 1 for an upper and -1 for a lower limit; the margin of safety is there
to be used up by what is not known, so it is not taken off. A target whose value is certain is attained or not.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from abate.loop.expectation import Expected
from abate.solver import FEASIBILITY_TOLERANCE
from abate.tables import asked_units, target_units
from abate_data.case import Case
from abate_models.problem import Problem
from abate_models.targets import Targets

Floats = NDArray[np.float64]

#: Probability with which an interval holds the truth.
COVER = 0.90
#: Standard deviations from the mean to the ends of that interval.
WIDTH = float(stats.norm.ppf(0.5 + COVER / 2))


def attainment_table(case: Case, problem: Problem, expected: Expected) -> pd.DataFrame:
    """Return a row per target: expected value, its 90 % interval, limit, probability and verdict.

    Parameters
    ----------
    case : says what was asked; its limits are those of `as_asked` columns.
    problem : the same as numbers, with every limit resolved.
    expected : what is believed of the time that is judged.

    Returns
    -------
    Columns target, kind, unit, expected, lower, upper, limit (less its reserve), probability, required (blank where
    none is asked), verdict (`attained` where the whole interval keeps the limit, `missed` where none of it does, else
    `not certain`), and expected_as_asked, limit_as_asked, unit_as_asked: the same in the terms of the target, such as
    percent of reduction.
    """
    targets = problem.targets
    probability = probability_attained(targets, expected.target, expected.target_sd)
    units = target_units(case, problem)
    asked = case.values("targets", "limit")
    return pd.DataFrame(
        {
            "target": targets.ids,
            "kind": case["targets"]["kind"].astype(str),
            "unit": units,
            "expected": expected.target,
            "lower": expected.target - WIDTH * expected.target_sd,
            "upper": expected.target + WIDTH * expected.target_sd,
            "limit": judged_limit(targets),
            "probability": probability,
            "required": targets.probability,
            "verdict": [_verdict(one) for one in probability],
            "expected_as_asked": asked + targets.sign * (targets.limit - expected.target) / targets.step,
            "limit_as_asked": asked,
            "unit_as_asked": asked_units(case, units),
        }
    )


def judged_limit(targets: Targets) -> Floats:
    """Return what each target is judged by (targets,): its limit less the reserve, in the unit of its row."""
    return targets.limit - targets.sign * targets.reserve


def probability_attained(targets: Targets, mean: Floats, sd: Floats) -> Floats:
    """Return the probability that each target is attained (targets,); NaN where its limit is not known.

    Parameters
    ----------
    mean, sd : (targets,), of the value of each target, in the unit of its row.
    """
    limit = judged_limit(targets)
    room = targets.sign * (limit - mean)
    held = room >= -FEASIBILITY_TOLERANCE * np.maximum(np.abs(limit), np.abs(mean))
    score = np.divide(room, sd, out=np.where(held, np.inf, -np.inf), where=sd > 0)
    return np.where(np.isnan(limit), np.nan, stats.norm.cdf(score))


def _verdict(probability: float) -> str:
    if np.isnan(probability):
        return "limit not known"
    if probability >= 0.5 + COVER / 2:
        return "attained"
    return "missed" if probability <= 0.5 - COVER / 2 else "not certain"
