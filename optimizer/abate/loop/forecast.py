r"""Early warning: the probability that each target holds in a year to come, with what is believed and planned today.

.. math:: p_{t,y} = \Phi\!\left( s_t \, \frac{C_t - \mu_{t,y}}{f_h \, \sigma_{t,y}} \right)

mu and sigma come from the belief after it has drifted without a result for h years, from the extents that stand in year
y and from the growth of the loads that the case gives; f is the factor by which forecasts over h years turned out too
sure in the past (`abate.loop.calibration`), 1 without a past. Years far ahead are told apart from near ones because
they are known to come out too sure: stated 0.51, seen 0.17 to 0.35 five years ahead (the project's closed loop,
section 5).

A target is on track where the probability reaches the one it is asked with, 0.8 where none is asked; off track where it
is 0.2 or less, that is where not even the better end of the interval of 60 % keeps the limit; at risk in between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.loop.attainment import WIDTH, judged_limit, probability_attained
from abate.loop.belief import Belief
from abate.loop.expectation import expect
from abate.loop.periods import years_between
from abate.loop.response import Situation
from abate.tables import target_units
from abate_data.case import Case
from abate_models.problem import Problem

Floats = NDArray[np.float64]

ON_TRACK, AT_RISK, OFF_TRACK = "on track", "at risk", "off track"
#: Probability from which a target that asks for none of its own is on track, and up to which it is off track.
SURE = 0.8
HOPELESS = 0.2
#: A plan that holds a target with just the probability asked is on track.
ROUNDING = 0.005


@dataclass(frozen=True)
class YearAhead:
    """A year to come.

    Attributes
    ----------
    year : the year; its middle is what is judged.
    extents : (options,), that will be in use.
    activity : (loads,), load without measures over the baseline that is believed today.
    """

    year: int
    extents: Floats
    activity: Floats


def years_to_judge(case: Case, problem: Problem, following: int) -> list[int]:
    """Return the years that have to be looked at: the following one, and that by which each target must hold."""
    return sorted({following, *due_years(case, problem, following)})


def due_years(case: Case, problem: Problem, following: int) -> list[int]:
    """Return the year by which each target must hold; a date that has passed, or is not given, is the next year.

    A target without a year is due at the end of the case's horizon.
    """
    horizon = case.settings.horizon
    last = horizon.end if horizon else following
    given = np.where(np.isnan(problem.targets.year), last, problem.targets.year)
    return [max(int(year), following) for year in given]


def early_warning(
    case: Case,
    problem: Problem,
    belief: Belief,
    years: Sequence[YearAhead],
    factor: Callable[[float], float] = lambda years_ahead: 1.0,  # noqa: ARG005
) -> pd.DataFrame:
    """Return the forecast of every target for every year to come.

    Parameters
    ----------
    case, problem : the case, and the same as numbers with every limit resolved.
    belief : after the last monitored period.
    years : the years to come, in order, at least one.
    factor : by what the standard deviation of a forecast over so many years is multiplied.

    Returns
    -------
    Columns target, made (day of the belief), year, years_ahead, due (whether it is the year by which the target must
    hold, or the last one before it), unit, expected, sd, lower, upper (90 %), limit, probability, required (what makes
    it on track), standing (`on track`, `at risk`, `off track`), message.
    """
    targets, units = problem.targets, target_units(case, problem)
    required = np.where(np.isnan(targets.probability), SURE, targets.probability)
    judged = [
        max((one.year for one in years if one.year <= due), default=years[0].year)
        for due in due_years(case, problem, years[0].year)
    ]
    rows = []
    for one in years:
        ahead = max(_years_ahead(belief.until, one.year), 0.0)
        situation = Situation(one.extents, one.activity, np.ones(len(problem.loads.keys)))
        expected = expect(problem, belief.ahead(ahead), situation)
        sd = expected.target_sd * factor(ahead)
        probability = probability_attained(targets, expected.target, sd)
        table = pd.DataFrame(
            {
                "target": targets.ids,
                "made": belief.until,
                "year": one.year,
                "years_ahead": ahead,
                "due": [year == one.year for year in judged],
                "unit": units,
                "expected": expected.target,
                "sd": sd,
                "lower": expected.target - WIDTH * sd,
                "upper": expected.target + WIDTH * sd,
                "limit": judged_limit(targets),
                "probability": probability,
                "required": required,
                "standing": [standing(*pair) for pair in zip(probability, required, strict=True)],
            }
        )
        rows.append(table)
    forecasts = pd.concat(rows, ignore_index=True)
    forecasts["message"] = [_message(row) for row in forecasts.to_dict("records")]
    return forecasts


def standing(probability: float, required: float = SURE) -> str:
    """Return the class of a probability: on track, at risk or off track; blank where it is not known.

    >>> [standing(one) for one in (0.85, 0.6, 0.1)]
    ['on track', 'at risk', 'off track']
    """
    if np.isnan(probability):
        return ""
    if probability >= required - ROUNDING:
        return ON_TRACK
    return OFF_TRACK if probability <= HOPELESS else AT_RISK


def _years_ahead(until: str, year: int) -> float:
    """Return the years from a day to the middle of a year."""
    return years_between(until, f"{year}-07-02")


def _message(row: Mapping[Any, Any]) -> str:
    if not row["standing"]:
        return f"{row['target']}: its limit is not known, so nothing can be said of {row['year']}."
    chance, far = _percent(row["probability"]), f"{row['years_ahead']:.1f} years ahead"
    return f"{row['target']} is {row['standing']}: it holds in {row['year']} with {chance}, seen {far}."


def _percent(probability: float) -> str:
    """Return a probability in whole percent, which no forecast is sure enough to be 0 or 100."""
    whole = round(100 * probability)
    return "less than 1 %" if whole < 1 else "more than 99 %" if whole > 99 else f"{whole} %"
