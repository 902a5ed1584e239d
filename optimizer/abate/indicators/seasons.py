"""What may be emitted in each part of the year: by the table `seasons`, or else by the days of twelve months."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from abate.indicators.allowance import Allowance, Codes, Floats, Words
from abate.indicators.sampling import Sampling
from abate_data.case import Case
from abate_data.seasons import DAYS, MONTHS, covered
from abate_data.units import DAYS_PER_YEAR


@dataclass(frozen=True)
class Division:
    """How a year is divided: a row per season of a division, those of one after the other.

    Attributes
    ----------
    names, first, last, days, share : of each row; the shares of one division add up to 1.
    start, count : (divisions,), first row of each and how many it has; the first one is that of twelve months.
    of_load : (loads,), the division of each load.
    """

    names: Words
    first: Codes
    last: Codes
    days: Codes
    share: Floats
    start: Codes
    count: Codes
    of_load: Codes


def division(case: Case) -> Division:
    """Return how the year is divided for each load of a case.

    Of the table's rows those count for a load that name its source and pollutant, or else just its source, or else just
    its pollutant, or else neither.
    """
    source, pollutant = case.codes("seasons", "source"), case.codes("seasons", "pollutant")
    order = np.lexsort((pollutant, source))
    keys = list(zip(source[order].tolist(), pollutant[order].tolist(), strict=True))
    groups = {key: row for row, key in reversed(list(enumerate(keys)))}
    start = np.array([0, *(len(MONTHS) + row for row in sorted(groups.values()))], dtype=np.int64)
    place = {key: number for number, key in enumerate(dict.fromkeys(keys), start=1)}
    count = np.diff(np.append(start, len(MONTHS) + len(keys)))
    months = np.arange(1, len(MONTHS) + 1)
    first = np.concatenate([months, np.asarray(case["seasons"]["first_month"], dtype=np.int64)[order]])
    last = np.concatenate([months, np.asarray(case["seasons"]["last_month"], dtype=np.int64)[order]])
    share = np.concatenate([DAYS / DAYS_PER_YEAR, case.values("seasons", "share")[order]])
    # what rounding of the table leaves
    share = share / np.repeat(np.add.reduceat(share, start), count)
    return Division(
        names=np.array([*MONTHS, *case["seasons"]["season"].astype(str).to_numpy()[order]], dtype=object),
        first=first,
        last=last,
        days=np.asarray(covered(first, last) @ DAYS, dtype=np.int64),
        share=share,
        start=start,
        count=count,
        of_load=_of_loads(case, place),
    )


def _of_loads(case: Case, place: dict[tuple[int, int], int]) -> Codes:
    pairs = zip(case.codes("loads", "source").tolist(), case.codes("loads", "pollutant").tolist(), strict=True)
    return np.array(
        [
            next((place[key] for key in ((s, p), (s, -1), (-1, p), (-1, -1)) if key in place), 0)
            for s, p in pairs
        ],
        dtype=np.int64,
    )  # fmt: skip


def seasons(allowance: Allowance, sampling: Sampling) -> pd.DataFrame:
    """Return a row per source, pollutant and season.

    Returns
    -------
    source, pollutant, season, first_month, last_month, days; share of the yearly load, load (mass in the season), daily
    (mean mass per day), rate (the same in the unit of loads); concentration, average_monthly and maximum_daily as in
    the permits, at the same flow the whole year; samples and tolerance (percent by which the estimated load may pass
    what is allowed) of sources that are sampled.
    """
    parts = division(allowance.case)
    count = parts.count[parts.of_load]
    load = np.repeat(np.arange(len(count)), count)
    first_of_load = np.cumsum(count) - count
    row = np.arange(len(load)) - first_of_load[load] + parts.start[parts.of_load[load]]
    mass = allowance.allowed[load] * allowance.mass_per_year * parts.share[row]
    rate = allowance.allowed[load] * parts.share[row] * DAYS_PER_YEAR / parts.days[row]
    average = allowance.concentration(rate, load)
    months = covered(parts.first, parts.last).sum(axis=1)[row]
    sampled = allowance.is_point[load]
    table = pd.DataFrame(
        {
            "source": allowance.source[load],
            "pollutant": allowance.pollutant[load],
            "season": parts.names[row],
            "first_month": parts.first[row],
            "last_month": parts.last[row],
            "days": parts.days[row],
            "share": parts.share[row],
            "load": mass,
            "daily": mass / parts.days[row],
            "rate": rate,
            "concentration": average,
            "average_monthly": average * sampling.average_monthly,
            "maximum_daily": average * sampling.maximum_daily,
            "samples": np.where(sampled, months * sampling.per_month, 0),
            "tolerance": np.where(sampled, sampling.tolerance(months), np.nan),
        }
    )
    concentrations = ("concentration", "average_monthly", "maximum_daily")
    table.attrs["units"] = {
        "days": "days",
        "load": allowance.mass_unit,
        "daily": f"{allowance.mass_unit}/d",
        "rate": allowance.load_unit,
        **dict.fromkeys(concentrations, allowance.concentration_unit),
        "tolerance": "%",
    }
    return table
