"""Indicators of a plan, of a plan of several years and of a revision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol

import numpy as np
import pandas as pd

from abate.errors import Finding, InputError
from abate.indicators import compliance, course, measures, permits, rollup, seasons, served
from abate.indicators.allowance import Allowance, Floats
from abate.indicators.course import Course
from abate.indicators.sampling import Sampling
from abate.indicators.text import permit_text
from abate.plan import Plan
from abate_data.names import offer

#: What a row of each table is.
CONTENTS = {
    "permits": "a row per source and pollutant: allowed load, long-term average, average monthly and maximum daily "
    "concentration, required removal, the targets that it serves",
    "seasons": "a row per source, pollutant and season: load in it, mean load of a day, concentrations, samples and "
    "the tolerance of the load",
    "measures": "a row per source and measure in use: extent in the measure's unit, what is built, first year in "
    "operation, yearly cost",
    "milestones": "a row per load or measure and year in which it changes: what is allowed, or in operation, from then "
    "on",
    "compliance": "a row per indicator of a source, and at the end per target: limit, period, samples, formula, "
    "tolerance and where it comes from",
    "rollup": "a row per region and pollutant, and per target: limit = point + diffuse + background + margin + reserve "
    "+ early_action + unused",
    "reserves": "a row per target with a reserve: what it was, what growth and early action took, what is left",
    "targets": "a row per target and year: what it comes to, and the limit that holds then",
    "served": "a row per source, pollutant and target that asks for less, with its share in asking (blank where the "
    "plan has no prices)",
}


@dataclass(frozen=True)
class Indicators:
    """What can be operated, inspected and assessed; the units of columns stand in ``table.attrs["units"]``.

    Attributes
    ----------
    permits : a row per source and pollutant: allowed load, concentration and its monthly and daily limits, required
        removal, the targets that it serves.
    seasons : a row per source, pollutant and season: load, mean load of a day, concentrations.
    measures : a row per measure in use: extent, unit, first year in operation, yearly cost.
    milestones : a row per load or measure and year in which it changes.
    compliance : a row per indicator of a source, and per target: formula, period, samples, tolerance and why.
    rollup : a row per region and pollutant and per target: limit = point + diffuse + background + margin + reserve +
        early_action + unused.
    reserves : a row per target with a reserve: what it was, what growth and early action took, what is left.
    targets : a row per target and year: what it comes to, and the limit that holds then.
    served : a row per source, pollutant and target that asks for less, with its share in asking.
    """

    permits: pd.DataFrame
    seasons: pd.DataFrame
    measures: pd.DataFrame
    milestones: pd.DataFrame
    compliance: pd.DataFrame
    rollup: pd.DataFrame
    reserves: pd.DataFrame
    targets: pd.DataFrame
    served: pd.DataFrame

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every table by name."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def of(self, source: str) -> Indicators:
        """Return the indicators of one source; what is said of regions and targets stays.

        Raises
        ------
        InputError
            Where there is no such source; the nearest is offered.
        """
        known = self.permits["source"]
        if not (known == source).any():
            cure = offer(source, known.unique(), "source")
            raise InputError([Finding("sources", "no such source with a load", cure, value=str(source)[:80])])
        return replace(self, **{name: _of(table, source) for name, table in self.tables().items()})

    def permit(self, source: str) -> str:
        """Return the permit of a source in plain words.

        Raises
        ------
        InputError
            Where there is no such source; the nearest is offered.
        """
        return permit_text(self.of(source).tables())

    def __repr__(self) -> str:
        sources, limits = self.permits["source"].nunique(), int(self.permits["concentration"].notna().sum())
        return f"<Indicators of {sources} sources, {limits} with a permitted concentration>"


def _of(table: pd.DataFrame, source: str) -> pd.DataFrame:
    if "source" not in table.columns:
        return table
    return table[table["source"] == source].reset_index(drop=True)


def indicators(plan: Plan, *, sampling: Sampling | None = None) -> Indicators:
    """Return the indicators of a plan of one year.

    Milestones are those of measures that are all decided at the start of the horizon, see `abate.indicators.course`.

    Parameters
    ----------
    sampling : how effluents are sampled; four samples a month of CV 0.6 where not given.
    """
    allowance = _allowance_of(plan)
    return _indicators(allowance, course.course_of_plan(allowance), sampling)


def _allowance_of(plan: Plan) -> Allowance:
    """Return what a plan allows; nothing of its reserves is taken yet."""
    problem = plan._problem
    none = np.zeros(len(problem.loads.keys))
    held = np.flatnonzero(problem.targets.reserve > 0)
    reserve = problem.targets.reserve[held]
    names = [problem.targets.ids[row] for row in held]
    reserves = pd.DataFrame(
        {"target": names, "reserve": reserve, "to_growth": 0.0, "to_early_action": 0.0, "left": reserve}
    )
    unit = plan.case.settings.units.load
    reserves.attrs["units"] = dict.fromkeys(("reserve", "to_growth", "to_early_action", "left"), unit)
    return Allowance(plan, plan._outcome.load, none, none, reserves)


class PlannedYears(Protocol):
    """A plan of several years (`abate.Schedule`): the plan of each year, and what targets come to."""

    @property
    def plans(self) -> dict[int, Plan]:
        """The plan of each year, in order."""

    @property
    def attainment(self) -> pd.DataFrame:
        """A row per target and year: target, year, unit, holds, value, limit."""


def indicators_of_schedule(schedule: PlannedYears, *, sampling: Sampling | None = None) -> Indicators:
    """Return the indicators of a plan of several years: permits of the last one, milestones of all.

    The permits of another year are those of its own plan, ``indicators(schedule.plans[year])``.

    Parameters
    ----------
    sampling : as for `indicators`.
    """
    last = schedule.plans[max(schedule.plans)]
    years = course.course_of_years(schedule.plans)
    held = schedule.attainment
    targets = pd.DataFrame(
        {
            "target": held["target"],
            "year": held["year"],
            "unit": held["unit"],
            "expected": held["value"],
            "limit": held["limit"].where(held["holds"]),
        }
    )
    return replace(_indicators(_allowance_of(last), years, sampling), targets=_by_target(targets))


class Kept(Protocol):
    """What a revision leaves for the next cycle; pairs are (source, pollutant) or (source, measure)."""

    @property
    def allowed(self) -> Mapping[tuple[str, str], float] | None:
        """Allocation in force from now on."""

    @property
    def credit(self) -> Mapping[tuple[str, str], float] | None:
        """What early action may still ask back."""

    @property
    def in_force(self) -> tuple[Any, ...]:
        """Plans in force, in order of time, each with `since` (a day) and `extents`."""

    @property
    def until(self) -> str:
        """Last day that was monitored."""


class Revised(Protocol):
    """A revision (`abate.Revision`)."""

    @property
    def plan(self) -> Plan:
        """The plan of the next year."""

    @property
    def milestones(self) -> pd.DataFrame:
        """A row per target and year: target, year, unit, expected, limit."""

    @property
    def reserves(self) -> pd.DataFrame:
        """A row per target with a reserve: target, reserve, to_growth, to_early_action, left."""

    @property
    def memory(self) -> Kept:
        """What the next cycle starts from."""


def indicators_of_revision(revision: Revised, *, sampling: Sampling | None = None) -> Indicators:
    """Return the indicators of a revision: permits of the next year, with what early action gets back.

    Milestones of loads are those of the next year alone: what later years bring is learnt first. Those of measures and
    targets are of all years that are planned.

    Parameters
    ----------
    sampling : as for `indicators`.
    """
    plan, memory = revision.plan, revision.memory
    keys = plan._problem.loads.keys
    planned = plan._outcome.load
    allowed = np.array([(memory.allowed or {}).get(key, load) for key, load in zip(keys, planned, strict=True)])
    credit = np.array([(memory.credit or {}).get(key, 0.0) for key in keys])
    given = np.maximum(allowed - planned, 0.0)
    if not (revision.reserves["to_early_action"] > 0).any():
        # a case without measures keeps an allocation that is above what is emitted
        given = np.zeros(len(keys))
    allowance = Allowance(plan, allowed, given, credit, revision.reserves)
    made = _indicators(allowance, _course_of_revision(revision, allowed), sampling)
    return replace(made, targets=_by_target(revision.milestones))


def _course_of_revision(revision: Revised, allowed: Floats) -> Course:
    """Return the plans in force from now on; loads of the first year alone."""
    keys, memory = revision.plan._problem.options.keys, revision.memory
    ahead = [plan for plan in memory.in_force if plan.since > memory.until]
    years = [int(plan.since[:4]) for plan in ahead]
    extents = np.array([[plan.extents.get(key, 0.0) for key in keys] for plan in ahead]).reshape(len(years), len(keys))
    loads = np.full((len(years), len(allowed)), np.nan)
    loads[0] = allowed
    return Course(years, True, loads, extents)


def _by_target(table: pd.DataFrame) -> pd.DataFrame:
    """Return rows of targets and years with the years of a target one after the other."""
    order = pd.factorize(table["target"])[0].argsort(kind="stable")
    return table.iloc[order].reset_index(drop=True)


def _indicators(allowance: Allowance, years: Course, sampling: Sampling | None) -> Indicators:
    sampling = sampling or Sampling()
    asked = served.served_targets(allowance)
    permitted = permits.permits(allowance, sampling, asked)
    installed = measures.measures(allowance, years)
    return Indicators(
        permits=permitted,
        seasons=seasons.seasons(allowance, sampling),
        measures=installed,
        milestones=course.milestones(allowance, years),
        compliance=compliance.compliance(allowance, sampling, permitted, installed, asked),
        rollup=rollup.rollup(allowance),
        reserves=allowance.reserves,
        targets=course.targets_over_years(allowance, years),
        served=asked.drop(columns="load"),
    )
