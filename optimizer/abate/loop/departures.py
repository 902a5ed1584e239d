r"""Whose load departs most from its own earlier years where a target is exceeded.

A source's part of the target's load, at the reference flow (`abate.loop.hydrology`), adds up over sources to what is
judged. Each part x of the year is held against the parts of the same source in all earlier years by the modified
z-score

.. math::

    M = \frac{x - \mathrm{median}}{1.4826 \, \mathrm{MAD}}

with MAD the median absolute deviation from the median, in which one freak year of the past hides nothing; where more
than half of the earlier years are alike, so that MAD is 0, 1.2533 times the mean absolute deviation stands for the
divisor. A source stands out where M > 3.5. Source: Iglewicz, B., Hoaglin, D.C. (1993), How to Detect and Handle
Outliers, ASQC Quality Press, ch. 3. Among those that stand out, the one that adds most to the load is the cause.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.errors import Finding, InputError
from abate.loop.hydrology import Yearly, factors, judged_targets, verdicts, yearly
from abate_data.case import Case
from abate_data.names import offer
from abate_models.problem import Problem, read_problem

Floats = NDArray[np.float64]

#: A modified z-score above this stands out (Iglewicz and Hoaglin).
STANDS_OUT = 3.5
#: Fewer earlier years than these say nothing of what is usual.
FEWEST_YEARS = 3
#: What an exceedance says of the source that stands out, and all its columns.
CAUSE = ("source", "pollutant", "load", "usual", "departure", "score", "otherwise")
EXCEEDANCES = ("target", "year", "limit", "normalised", "excess", *CAUSE)


def departures(case: Case, observations: pd.DataFrame, target: str, year: int) -> pd.DataFrame:
    """Return how far each source in a target's scope departs in one year from its own earlier years.

    Parameters
    ----------
    observations : loads of sources and flows of regions, as for `abate.loop.hydrology.yearly`.
    target : a target on loads with a reference flow; its flow of the year must be known.

    Returns
    -------
    A row per source and pollutant, the greatest departure first: load as monitored; normalised, its part of the
    judged load; usual, the median of its parts of earlier years; departure = normalised - usual; score, the modified
    z-score; stands_out; otherwise, what the target's judged load would have been with the source at its usual. NaN
    where fewer than three earlier years are known. All loads per year, in the case's unit.

    Raises
    ------
    InputError
        Where the target has no reference flow, or the year no flow.
    """
    problem = read_problem(case)
    return _departures(case, problem, yearly(problem, observations), target, year)


def exceedances(case: Case, observations: pd.DataFrame) -> pd.DataFrame:
    """Return every year in which a target with a reference flow is exceeded, with the source that stands out most.

    Returns
    -------
    A row per exceedance: target, year, limit, normalised, excess = normalised - limit; source and pollutant (empty
    where none stands out), its load as monitored, usual and departure (at the reference flow), score, and otherwise,
    what the target's judged load would have been with the source at its usual. Loads per year, in the case's unit.
    """
    problem = read_problem(case)
    figures, judged = yearly(problem, observations), verdicts(case, observations)
    rows = []
    for row in judged[~judged["attained"].fillna(True)].to_dict("records"):
        table = _departures(case, problem, figures, row["target"], row["year"])
        causes = table[table["stands_out"]].to_dict("records") or [{"source": "", "pollutant": ""}]
        said = [row[name] for name in ("target", "year", "limit", "normalised")]
        excess = row["normalised"] - row["limit"]
        rows.append([*said, excess, *(causes[0].get(name, np.nan) for name in CAUSE)])
    return pd.DataFrame(rows, columns=list(EXCEEDANCES))


def _departures(case: Case, problem: Problem, figures: Yearly, target: str, year: int) -> pd.DataFrame:
    row, place = _place(case, problem, figures, target, year)
    inside = problem.targets.scope[[row]].indices
    part = figures.load[inside] * factors(case, figures, row)
    usual, score = usual_and_score(part[:, :place], part[:, place])
    departure = part[:, place] - usual
    table = pd.DataFrame(
        {
            "source": [problem.loads.keys[load][0] for load in inside],
            "pollutant": [problem.loads.keys[load][1] for load in inside],
            "load": figures.load[inside, place],
            "normalised": part[:, place],
            "usual": usual,
            "departure": departure,
            "score": score,
            "stands_out": score > STANDS_OUT,
            "otherwise": np.nansum(part[:, place]) - departure,
        }
    )
    return table.sort_values("departure", ascending=False, kind="stable", ignore_index=True)


def usual_and_score(earlier: Floats, now: Floats) -> tuple[Floats, Floats]:
    """Return the median of earlier years and the modified z-score of this one, per row; NaN where too few are known.

    Parameters
    ----------
    earlier : (rows x years), NaN where unknown.
    now : (rows,), NaN where unknown.

    >>> usual, score = usual_and_score(np.array([[1.0, 2.0, 3.0]]), np.array([10.0]))
    >>> usual.tolist(), score.round(4).tolist()
    ([2.0], [5.3959])
    """
    enough = (~np.isnan(earlier)).sum(axis=1) >= FEWEST_YEARS
    usual, score = np.full(len(now), np.nan), np.full(len(now), np.nan)
    known = earlier[enough]
    if not len(known):
        return usual, score
    usual[enough] = np.nanmedian(known, axis=1)
    distance = np.abs(known - usual[enough, None])
    scatter = 1.4826 * np.nanmedian(distance, axis=1)
    scatter = np.where(scatter > 0, scatter, 1.2533 * np.nanmean(distance, axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        # a source that has always been the same and is so still: 0 / 0
        score[enough] = np.where(now[enough] == usual[enough], 0.0, (now[enough] - usual[enough]) / scatter)
    return usual, score


def _place(case: Case, problem: Problem, figures: Yearly, target: str, year: int) -> tuple[int, int]:
    """Return the row of a target and the column of a year, both judged at a reference flow."""
    known = [problem.targets.ids[row] for row in judged_targets(case, problem)]
    if target not in known:
        problem_ = "is no target on loads with a reference flow"
        cure = offer(target, known, "target") if known else "fill reference_flow in table targets"
        raise InputError([Finding("targets", problem_, cure, row=f"target {target!r}", column="reference_flow")])
    row = problem.targets.ids.index(target)
    if year not in figures.years or np.isnan(factors(case, figures, row)[figures.years.index(year)]):
        cure = "give an observation of kind flow for the target's region and that year"
        raise InputError([Finding("observations", f"no flow is known in {year}", cure, row=f"target {target!r}")])
    return row, figures.years.index(year)
