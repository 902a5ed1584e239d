"""What really happens in a hidden world, and what the monitoring shows of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from abate.loop.periods import Period

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

MONTHS = 12


@dataclass(frozen=True)
class Fault:
    """A source at which the effectiveness of every measure halves from a year on; `hidden` from its reports or not."""

    source: int
    year: int
    hidden: bool


@dataclass(frozen=True)
class Noise:
    """What lies between the truth and the monitoring; all drawn beforehand, so that it depends on no decision.

    Attributes
    ----------
    quality : factor on a month's quality (years, months, receptors), weather and gross errors together.
    report : factor on a month's reported load (years, months, sources), bias and noise together.
    quality_missing, report_missing : True where a value never comes, same shapes.
    detection : limit of detection of each receptor, in its unit.
    """

    quality: Floats
    report: Floats
    quality_missing: Mask
    report_missing: Mask
    detection: Floats


@dataclass(frozen=True)
class Truth:
    """The hidden figures of a world; loads and sources are one to one.

    Attributes
    ----------
    activity : of each source as a share of today's (years, sources).
    load : baseline loads at today's activity (sources,), load unit.
    removal : load that a unit of extent removes at today's activity (years, options), drift and faults included.
    reported_removal : the same as the reports have it, without the faults that they hide.
    source : position of the source of each option (options,).
    transfer : (receptors, sources), quality unit per load unit.
    background : (receptors,), quality unit.
    faults : what fails.
    """

    activity: Floats
    load: Floats
    removal: Floats
    reported_removal: Floats
    source: NDArray[np.int64]
    transfer: Floats
    background: Floats
    faults: tuple[Fault, ...]

    def loads(self, year: int, extents: Floats) -> Floats:
        """Return the loads (sources,) of a year under extents (options,)."""
        return self._loads(self.removal, year, extents)

    def quality(self, year: int, extents: Floats) -> Floats:
        """Return the quality (receptors,) of a year under extents (options,), free of weather."""
        return np.asarray(self.background + self.transfer @ self.loads(year, extents))

    def reported(self, year: int, extents: Floats) -> Floats:
        """Return the loads (sources,) that would be reported without bias or noise."""
        return self._loads(self.reported_removal, year, extents)

    def _loads(self, removal: Floats, year: int, extents: Floats) -> Floats:
        removed = np.bincount(self.source, removal[year] * extents, len(self.load))
        return np.asarray(self.activity[year] * (self.load - removed))


def observe(truth: Truth, noise: Noise, year: int, extents: Floats, first_year: int) -> list[Period]:
    """Return what the monitoring shows of each month of a year under extents (options,).

    Below the limit of detection only the limit is known. Activity is known; operation and flow are not observed.
    """
    quality = truth.quality(year, extents) * noise.quality[year]
    below = quality < noise.detection
    seen = np.where(noise.quality_missing[year], np.nan, np.where(below, noise.detection, quality))
    reports = truth.reported(year, extents) * noise.report[year]
    reports = np.where(noise.report_missing[year], np.nan, reports)
    return [
        _period(first_year + year, month, seen[month], below[month], reports[month], truth.activity[year])
        for month in range(MONTHS)
    ]


def _period(year: int, month: int, quality: Floats, below: Mask, load: Floats, activity: Floats) -> Period:
    following = np.datetime64(f"{year}-{month + 1:02d}", "M") + 1
    return Period(
        start=f"{year}-{month + 1:02d}-01",
        end=str(following.astype("datetime64[D]") - 1),
        quality=quality,
        quality_sd=np.full(len(quality), np.nan),
        nondetect=below & ~np.isnan(quality),
        load=load,
        load_sd=np.full(len(load), np.nan),
        load_nondetect=np.zeros(len(load), dtype=bool),
        activity=activity,
        operation=np.full(len(load), np.nan),
        flow=np.full(0, np.nan),
    )
