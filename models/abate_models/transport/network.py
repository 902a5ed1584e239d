"""The river of a case as numbers: each reach, and each pollutant in it, in metres, days and degC."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from abate_data.case import Case
from abate_data.errors import Finding, InputError
from abate_data.schema import OXYGEN
from abate_data.units import convert
from abate_models.transport.decay import Array, rate_at
from abate_models.transport.oxygen import REAERATION_FACTOR

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class River:
    """Every reach of a case by its code, and every pollutant in it.

    Attributes
    ----------
    downstream : code of the reach it flows into, -1 at a mouth; shape (reaches,).
    length : [m], shape (reaches,).
    flow : [m3/d], more than 0, shape (reaches,).
    velocity : [m/d], more than 0, shape (reaches,).
    temperature : [degC], shape (reaches,).
    reaeration : rate at that temperature [1/d], shape (reaches,).
    decay : rate at that temperature [1/d], shape (reaches, pollutants).
    demand : oxygen used per mass decayed [-], shape (reaches, pollutants).
    parameter : code of the concentration that a pollutant makes, -1 of one without kinetics; shape (reaches,
        pollutants).
    """

    downstream: Codes
    length: Array
    flow: Array
    velocity: Array
    temperature: Array
    reaeration: Array
    decay: Array
    demand: Array
    parameter: Codes


def read_river(case: Case) -> River:
    """Return the river of a case that has reaches and kinetics.

    Of a pollutant's kinetics, a row that names the reach goes before one that does not.

    Raises
    ------
    InputError
        Where a reach has no flow or no velocity, or where a pollutant has kinetics in some reaches and not in
        others or is said to make dissolved oxygen.
    """
    row = _kinetics_row(case)
    findings = [*_standing_water(case), *_gaps(case, row), *_oxygen_as_load(case)]
    if findings:
        raise InputError(findings)
    units, given = case.settings.units, row >= 0
    temperature = case.values("reaches", "temperature")
    rate = np.where(given, case.values("kinetics", "decay")[row], 0.0)
    factor = np.where(given, case.values("kinetics", "temperature_factor")[row], 1.0)
    return River(
        downstream=case.codes("reaches", "downstream"),
        length=convert(case.values("reaches", "length"), units.length, "m"),
        flow=convert(case.values("reaches", "flow"), units.flow, "m3/d"),
        velocity=convert(case.values("reaches", "velocity"), units.velocity, "m/d"),
        temperature=temperature,
        reaeration=rate_at(case.values("reaches", "reaeration"), REAERATION_FACTOR, temperature),
        decay=rate_at(rate, factor, temperature[:, np.newaxis]),
        demand=np.where(given, case.values("kinetics", "oxygen_demand")[row], 0.0),
        parameter=np.where(given, case.codes("kinetics", "parameter")[row], -1),
    )


def _kinetics_row(case: Case) -> Codes:
    """Return the row of `kinetics` that holds in each reach for each pollutant, -1 where none does."""
    reach, pollutant = case.codes("kinetics", "reach"), case.codes("kinetics", "pollutant")
    rows = np.arange(len(reach))
    named = reach >= 0
    row = np.full((len(case.ids("reaches", "reach")), len(case.ids("loads", "pollutant"))), -1)
    row[:, pollutant[~named]] = rows[~named]
    row[reach[named], pollutant[named]] = rows[named]
    return row


def _standing_water(case: Case) -> list[Finding]:
    """Find reaches in which nothing is diluted or carried."""
    return [
        Finding(
            "reaches",
            f"a river needs a {column} above 0",
            f"give the mean {column} of the reach",
            row=f"reach {reach!r}",
            column=column,
            value=f"{value:g}",
        )
        for column in ("flow", "velocity")
        for reach, value in zip(case.ids("reaches", "reach"), case.values("reaches", column), strict=True)
        if not value > 0.0
    ]


def _gaps(case: Case, row: Codes) -> list[Finding]:
    """Find pollutants whose behaviour is known in some reaches only."""
    reaches, pollutants = case.ids("reaches", "reach"), case.ids("loads", "pollutant")
    missing = (row < 0) & (row >= 0).any(axis=0)
    return [
        Finding(
            "kinetics",
            f"pollutant {pollutants[code]!r} has kinetics in some reaches but none in reach "
            f"{reaches[np.argmax(missing[:, code])]!r}",
            "add a row for the pollutant with the reach left blank",
            column="reach",
        )
        for code in np.flatnonzero(missing.any(axis=0))
    ]


def _oxygen_as_load(case: Case) -> list[Finding]:
    """Find pollutants that would count as oxygen and as its deficit."""
    kinetics = case["kinetics"]
    return [
        Finding(
            "kinetics",
            "a pollutant uses oxygen and cannot be it",
            "name the pollutant's own concentration and give the oxygen it uses as oxygen_demand",
            row=f"pollutant {pollutant!r}",
            column="parameter",
            value=OXYGEN,
        )
        for pollutant in kinetics["pollutant"][kinetics["parameter"] == OXYGEN]
    ]
