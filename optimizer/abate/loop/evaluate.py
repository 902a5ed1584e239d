"""What came of a plan: everything that the monitoring says of targets, measures, sources and the records themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.errors import Finding, InputError
from abate.loop.activity import activity_of, first_year, source_growth, with_activity
from abate.loop.alarms import alarms
from abate.loop.attainment import attainment_table
from abate.loop.attribution import Attributing, Attribution
from abate.loop.belief import start
from abate.loop.calibration import SCORED, Calibration, score, settle
from abate.loop.compliance import compliance
from abate.loop.delivery import delivery_by_measure, delivery_by_source
from abate.loop.effectiveness import effectiveness_of
from abate.loop.evaluation import Cycle, Evaluation, Foresight
from abate.loop.expectation import Expected, believed, expect
from abate.loop.forecast import ON_TRACK, YearAhead, early_warning, years_to_judge
from abate.loop.measured import averages_of, situation_over
from abate.loop.precision import precision
from abate.loop.response import Situation
from abate.loop.scorecard import Ratings, score_card
from abate.loop.standards import proposed_standards
from abate.loop.trend import trends
from abate.plan import Plan
from abate_data.case import Case
from abate_models.problem import Problem

Floats = NDArray[np.float64]

__all__ = ["Cycle", "Evaluation", "Foresight", "evaluate", "extents_of"]


def extents_of(plan: Plan, problem: Problem) -> Floats:
    """Return the extent of each option (options,) in a plan, 0 where it uses none."""
    used = plan.measures
    extent = dict(zip(zip(used["source"], used["measure"], strict=True), used["extent"], strict=True))
    return np.array([extent.get(key, 0.0) for key in problem.options.keys], dtype=np.float64)


def evaluate(
    case: Case,
    problem: Problem,
    cycle: Cycle,
    foresight: Foresight | None = None,
    ratings: Ratings | None = None,
) -> Evaluation:
    """Return what the monitoring of a cycle says of the plan that was in force.

    Parameters
    ----------
    case : whose figures the plan and the beliefs started from.
    problem : the same as numbers, every limit resolved: the one that the beliefs were started from.
    cycle : what was monitored, believed and in force.
    foresight : what was and is planned and forecast; None where nothing was and measures stay as they are.
    ratings : what no figure says, rated by people (`abate.loop.scorecard.rate`).

    Raises
    ------
    InputError
        Where the cycle has no period, or beliefs and problem do not belong together.
    """
    if not cycle.periods:
        cure = "give the periods of the cycle that is to be evaluated"
        raise InputError([Finding("observations", "nothing was monitored in this cycle", cure)])
    foresight = foresight or Foresight()
    since, until = min(period.start for period in cycle.periods), cycle.periods[-1].end
    situation = situation_over(problem, cycle.periods, cycle.extents)
    expected = expect(problem, cycle.after, situation)
    attainment = attainment_table(case, problem, expected)
    delivery, by_source = _delivered(case, problem, cycle, situation)
    parts = _attributed(case, problem, cycle, expected)
    gained = precision(case, problem, situation, cycle.before, cycle.after)
    calibration, settled, still_open = _settled(foresight, attainment, until)
    years = foresight.years or _as_it_stands(case, problem, cycle, until)
    forecasts = early_warning(case, problem, cycle.after, years, calibration.factor)
    return Evaluation(
        since=since,
        until=until,
        attainment=attainment,
        delivery=delivery,
        delivery_by_source=by_source,
        attribution=parts.quality,
        load_attribution=parts.load,
        causes=parts.causes,
        precision=gained,
        scorecard=score_card(_indicators(problem, cycle, attainment, delivery, forecasts, gained), ratings),
        trends=trends(cycle.observations.table, case.settings.units.quality),
        compliance=compliance(problem, _between(cycle.observations.table, since, until)),
        alarms=alarms(cycle.residuals),
        forecasts=forecasts,
        settled=settled,
        open=_joined(still_open, forecasts),
        calibration=calibration,
        standards=proposed_standards(case, problem, start(problem, cycle.after.prior), cycle.after, cycle.extents),
        flags=cycle.observations.flags,
    )


def _delivered(case: Case, problem: Problem, cycle: Cycle, situation: Situation) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return planned against delivered reduction by measure and by source."""
    then, now = effectiveness_of(problem, cycle.before), effectiveness_of(problem, cycle.after)
    by_measure = delivery_by_measure(case, problem, situation, then, now)
    return by_measure, delivery_by_source(case, problem, situation, then, now)


def _attributed(case: Case, problem: Problem, cycle: Cycle, expected: Expected) -> Attribution:
    """Return the parts of measured less modelled."""
    planned = _planned_activity(case, problem, cycle)[problem.loads.source]
    averages = averages_of(problem, cycle.periods, expected, cycle.after.prior)
    return Attributing(problem, cycle.extents, cycle.before, cycle.after, planned).attribute(case, averages)


def _planned_activity(case: Case, problem: Problem, cycle: Cycle) -> Floats:
    """Return the activity of each source (sources,) that the plan expected, the mean over the cycle's periods."""
    weights = np.array([period.years for period in cycle.periods])
    expected = [_expected_activity(case, problem, cycle, int(period.start[:4])) for period in cycle.periods]
    return np.asarray(weights @ np.array(expected) / weights.sum())


def _expected_activity(case: Case, problem: Problem, cycle: Cycle, year: int) -> Floats:
    """Return the activity of a year as it was expected: from the last one known, or else from the case's growth."""
    since = first_year(case, [*cycle.earlier, *cycle.periods])
    if cycle.earlier:
        return activity_of(problem, with_activity(problem, cycle.earlier, since), year)
    return (1.0 + source_growth(problem)) ** (year - (since or year))


def _as_it_stands(case: Case, problem: Problem, cycle: Cycle, until: str) -> list[YearAhead]:
    """Return the years to judge where measures stay as they are and activity grows from what was observed."""
    last = with_activity(problem, cycle.periods, first_year(case, [*cycle.earlier, *cycle.periods]))
    years = years_to_judge(case, problem, int(until[:4]) + 1)
    source = problem.loads.source
    return [YearAhead(year, cycle.extents, activity_of(problem, last, year)[source]) for year in years]


def _settled(
    foresight: Foresight, attainment: pd.DataFrame, until: str
) -> tuple[Calibration, pd.DataFrame, pd.DataFrame]:
    """Return the scores of all settled forecasts, these, and those that are open.

    A year's forecasts are settled once its last month has been monitored.
    """
    nothing = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in SCORED.items()})
    settled = nothing if foresight.settled is None else foresight.settled
    still_open = nothing if foresight.forecasts is None else foresight.forecasts
    if until[5:7] == "12":
        new, still_open = settle(still_open, attainment, int(until[:4]))
        settled = _joined(settled, new)
    return score(settled), settled, still_open


def _joined(earlier: pd.DataFrame, later: pd.DataFrame) -> pd.DataFrame:
    return (
        pd.concat([earlier, later], ignore_index=True) if len(earlier) and len(later) else max(earlier, later, key=len)
    )


def _between(table: pd.DataFrame, since: str, until: str) -> pd.DataFrame:
    return table[(table["period_start"] >= since) & (table["period_end"] <= until)]


def _indicators(
    problem: Problem,
    cycle: Cycle,
    attainment: pd.DataFrame,
    delivery: pd.DataFrame,
    forecasts: pd.DataFrame,
    gained: pd.DataFrame,
) -> dict[str, float]:
    """Return the indicators of the score card that the cycle can give."""
    counts = cycle.observations.flags["flag"].value_counts()
    used, missing, late = len(cycle.observations.table), counts.get("missing", 0), counts.get("late", 0)
    planned, due = float(delivery["planned"].sum()), forecasts.loc[forecasts["due"], "standing"]
    return {
        "targets attained": _mean(attainment["probability"]),
        "targets on track": _mean(due[due != ""] == ON_TRACK),
        "reduction delivered": float(delivery["delivered"].sum()) / planned if planned else np.nan,
        "quality per load": _mean(gained["per_load_ratio"]),
        "quality per money": _mean(gained["per_money_ratio"]),
        "reports": _report_bias(problem, cycle),
        "results complete": used / (used + missing) if used + missing else np.nan,
        "results in time": 1.0 - late / used if used else np.nan,
    }


def _mean(values: pd.Series[Any]) -> float:
    """Return the mean of what is known, NaN where nothing is."""
    known = values.dropna()
    return float(known.mean()) if len(known) else float("nan")


def _report_bias(problem: Problem, cycle: Cycle) -> float:
    """Return the mean bias of the reported loads as a share, each by its size."""
    reported = ~np.isnan([period.load for period in cycle.periods]).all(axis=0)
    weight = np.where(reported, problem.loads.baseline, 0.0)
    report = believed(problem, cycle.after).report
    return float(weight @ np.abs(report - 1.0) / weight.sum()) if weight.any() else float("nan")
