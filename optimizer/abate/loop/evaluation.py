"""What an evaluation is made from and what it says: a cycle of monitoring, what was foreseen, and all tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.loop.belief import Belief
from abate.loop.calibration import Calibration
from abate.loop.forecast import ON_TRACK, YearAhead
from abate.loop.periods import Period
from abate.loop.scorecard import ScoreCard
from abate_data.observations import Observations

Floats = NDArray[np.float64]


#: Warnings and alarms that are shown in words; all of them are in the tables.
SHOWN = 10


@dataclass(frozen=True)
class Cycle:
    """One cycle of monitoring, and what was in force while it ran.

    Attributes
    ----------
    observations : everything that is known, with what was set aside or marked; trends need its whole history.
    periods : the periods of this cycle, in order, as the belief learnt from them: loads that are judged at a reference
        flow stand at that flow (`abate.loop.hydrology.at_reference_flow`).
    residuals : those of `abate.loop.belief.update` for the periods of the plan, in order of time; alarms look back over
        them, so give earlier cycles as well.
    extents : (options,), of the measures in use in this cycle.
    before, after : what was believed when the plan was made, and after the last period.
    earlier : the periods that were known when the plan was made, in order; the activity that it expected goes on from
        them.
    """

    observations: Observations
    periods: Sequence[Period]
    residuals: pd.DataFrame
    extents: Floats
    before: Belief
    after: Belief
    earlier: Sequence[Period] = ()


@dataclass(frozen=True)
class Foresight:
    """What was said of the future, and what stands to be said of it.

    Attributes
    ----------
    years : the years to come with what is planned for them; without any, the extents of the cycle stay.
    forecasts : forecasts of earlier cycles that are not settled yet, as `Evaluation.forecasts` had them.
    settled : forecasts that were settled in earlier cycles, as `Evaluation.settled` had them.
    """

    years: Sequence[YearAhead] = ()
    forecasts: pd.DataFrame | None = None
    settled: pd.DataFrame | None = None


@dataclass(frozen=True, repr=False)
class Evaluation:
    """The evaluation of a cycle. Tables carry the units of their columns in ``table.attrs["units"]`` or in `unit`.

    Attributes
    ----------
    since, until : first and last day of what is evaluated.
    attainment : a row per target (`abate.loop.attainment`).
    delivery, delivery_by_source : planned against delivered reduction (`abate.loop.delivery`).
    attribution, load_attribution, causes : measured against modelled, in parts (`abate.loop.attribution`).
    precision : quality gained per load and per money (`abate.loop.precision`).
    scorecard : figures and ratings (`abate.loop.scorecard`).
    trends : of the quality at receptors (`abate.loop.trend`).
    compliance : samples against limits (`abate.loop.compliance`).
    alarms : where something changed, named where the data can (`abate.loop.alarms`).
    forecasts : every target in every year to come (`abate.loop.forecast`); `warnings` are those for its own date.
    settled : forecasts with what came of them, up to this cycle.
    open : forecasts that are not settled yet, those of this cycle among them.
    calibration : how far forecasts came true (`abate.loop.calibration`).
    standards : proposed revisions of the library of measures (`abate.loop.standards`).
    flags : what was set aside or marked among the observations (`abate_data.observations`).
    """

    since: str
    until: str
    attainment: pd.DataFrame
    delivery: pd.DataFrame
    delivery_by_source: pd.DataFrame
    attribution: pd.DataFrame
    load_attribution: pd.DataFrame
    causes: pd.DataFrame
    precision: pd.DataFrame
    scorecard: ScoreCard
    trends: pd.DataFrame
    compliance: pd.DataFrame
    alarms: pd.DataFrame
    forecasts: pd.DataFrame
    settled: pd.DataFrame
    open: pd.DataFrame
    calibration: Calibration
    standards: pd.DataFrame
    flags: pd.DataFrame

    @property
    def warnings(self) -> pd.DataFrame:
        """The forecast of every target for the year by which it must hold."""
        return self.forecasts[self.forecasts["due"]].reset_index(drop=True)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every table by name."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        frames = {name: table for name, table in found.items() if isinstance(table, pd.DataFrame)}
        return frames | {
            "warnings": self.warnings,
            "scorecard": self.scorecard.figures,
            "ratings": self.scorecard.ratings,
            "reliability": self.calibration.reliability_table,
            "horizons": self.calibration.horizons,
        }

    def __repr__(self) -> str:
        missed = int((self.attainment["verdict"] == "missed").sum())
        score_ = f"score {self.scorecard.total:.0f}"
        return (
            f"<Evaluation of {self.since} to {self.until}: {missed} of {len(self.attainment)} targets missed, {score_}>"
        )

    def __str__(self) -> str:
        """Return what a planner should know first, a line each."""
        verdicts = self.attainment["verdict"].value_counts()
        lines = [f"Evaluation of {self.since} to {self.until}"]
        said = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items())
        lines.append(f"Targets: {said or 'none'}.")
        planned, delivered = self.delivery["planned"].sum(), self.delivery["delivered"].sum()
        if planned:
            lines.append(f"Measures delivered {100 * delivered / planned:.0f} % of the reduction that was planned.")
        late = self.warnings[self.warnings["standing"] != ON_TRACK]
        new = self.alarms[self.alarms["detected"] >= self.since]
        for name, messages in (("warnings", late["message"]), ("alarms", new["message"])):
            lines += [str(message) for message in messages.head(SHOWN)]
            if len(messages) > SHOWN:
                lines.append(f"And {len(messages) - SHOWN} more in `{name}`.")
        if len(self.standards):
            lines.append(f"Removals of the library to be revised: {len(self.standards)}.")
        if len(self.flags):
            lines.append(f"Oddities among the observations, listed in `flags`: {len(self.flags)}.")
        lines.append(f"Score {self.scorecard.total:.0f} of 100.")
        return "\n".join(lines)
