"""How soon a fault at a source is noticed: months until sums of surprises (`abate.loop.alarms`) raise an alarm."""

from __future__ import annotations

import numpy as np
import pandas as pd

from abate.loop.alarms import alarms
from abate.loop.backtest.library import FIRST_YEAR
from abate.loop.backtest.running import Run
from abate.loop.backtest.truth import Fault
from abate.loop.backtest.world import World
from abate.loop.periods import years_between

#: A fault that raises its source's load by less than this share is none that anybody could look for.
MATERIAL = 0.10
#: Alarms later than this many months after a fault are not put down to it.
WITHIN = 24

COLUMNS = ["source", "year", "hidden", "rise", "source_alarm", "receptor_alarm"]


def fault_rows(world: World, run: Run) -> list[dict[str, object]]:
    """Return a row per fault whose source had measures in use.

    Returns
    -------
    Rows of `COLUMNS`: the calendar year from whose first day on it acts, whether reports hide it, by what share the
    load of the source rises, months until its own reports raise an alarm, and until any receptor does; NaN for not
    within `WITHIN` months.
    """
    raised = raised_alarms(run)
    rows = []
    for fault in world.truth.faults:
        rise = _rise(world, run, fault)
        if rise >= MATERIAL:
            source = world.problem.sources[fault.source]
            of_source, of_receptors = (raised["source"] == source), (raised["kind"] == "quality")
            rows.append(
                {
                    "source": source,
                    "year": FIRST_YEAR + fault.year,
                    "hidden": fault.hidden,
                    "rise": rise,
                    "source_alarm": _months(raised[of_source], fault),
                    "receptor_alarm": _months(raised[of_receptors], fault),
                }
            )
    return rows


def raised_alarms(run: Run) -> pd.DataFrame:
    """Return the alarms that something is higher than expected."""
    found = alarms(run.residuals)
    return found[found["direction"] == "higher"]


def false_alarms(world: World, run: Run) -> tuple[float, float]:
    """Return alarms a year of a source that has no fault, and of a receptor in years before any fault."""
    raised = raised_alarms(run)
    faulty = [world.problem.sources[fault.source] for fault in world.truth.faults]
    of_sound = (raised["kind"] == "load") & ~raised["source"].isin(faulty)
    first = min((fault.year for fault in world.truth.faults), default=world.years)
    early = (raised["kind"] == "quality") & (raised["detected"] < f"{FIRST_YEAR + first}-01-01")
    sound_years = world.years * (len(world.problem.sources) - len(faulty))
    return of_sound.sum() / max(sound_years, 1), early.sum() / max(first * len(world.problem.receptors.keys), 1)


def _rise(world: World, run: Run, fault: Fault) -> float:
    """Return by what share the fault raises the load of its source in its first year."""
    truth, own = world.truth, world.truth.source == fault.source
    removed = float((truth.removal[fault.year] * run.extents[fault.year])[own].sum())
    return removed / (float(truth.load[fault.source]) - removed)


def _months(raised: pd.DataFrame, fault: Fault) -> float:
    """Return the months from a fault to the first alarm that dates the change to it or later."""
    start = f"{FIRST_YEAR + fault.year}-01-01"
    after = raised.loc[raised["detected"] > start, "detected"]
    months = [12.0 * years_between(start, str(day)) for day in after]
    within = [round(one) for one in months if one <= WITHIN]
    return float(min(within)) if within else np.nan
