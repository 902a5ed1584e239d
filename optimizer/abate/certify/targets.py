"""What every target asks and what the plan gives it, in the unit of the target's row."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from abate.certify.arrays import SMALLEST_SHARE, Codes, Flags, Floats, relative
from abate.certify.claim import Claim
from abate.certify.measures import Measures
from abate.certify.quality import Quality
from abate.certify.zones import Zones
from abate_data.case import Case

#: Kinds of target that limit a sum of loads.
CAPS = ("load", "reduction", "intensity")


class Targets:
    """The rows of the targets table under a claim; every array has one number for each of them.

    Attributes
    ----------
    is_quality, is_cap, is_budget : which targets are of that sort.
    sign : +1 where the limit is an upper one, -1 where it is a lower one.
    held : margin of safety and reserve.
    value : what the plan gives: quality, sum of loads, or cost.
    baseline : the same with no measure at all.
    terms, baseline_terms : the sums of the absolute terms of both.
    """

    def __init__(self, case: Case, claim: Claim, measures: Measures, quality: Quality, zones: Zones) -> None:
        self._case, self._claim, self._measures, self._zones = case, claim, measures, zones
        self._quality = quality
        self.kind, self.basis = case.words("targets", "kind"), case.words("targets", "basis")
        self.is_quality, self.is_budget = self.kind == "quality", self.kind == "budget"
        self.is_cap = np.isin(self.kind, CAPS)
        self.sign = np.where(case.words("targets", "sense") == "at_least", -1.0, 1.0)
        self.held = case.values("targets", "margin_of_safety") + case.values("targets", "reserve")
        count = len(self.kind)
        self.value, self.baseline = np.zeros(count), np.zeros(count)
        self.terms, self.baseline_terms = np.zeros(count), np.zeros(count)
        self._read_qualities()
        self._read_caps()
        self._read_budgets()

    def _read_qualities(self) -> None:
        rows, places, quality = self.is_quality, self.places, self._quality
        if not rows.any():  # a large transfer table that nobody asks for
            return
        load, baseline = self._claim.load, self._measures.baseline
        self.value[rows] = (quality.background + quality.rise(load))[places]
        self.baseline[rows] = (quality.background + quality.rise(baseline))[places]
        self.terms[rows] = quality.terms(load)[places]
        self.baseline_terms[rows] = quality.terms(baseline)[places]

    def _read_caps(self) -> None:
        rows, load, baseline = self.is_cap, self._claim.load, self._measures.baseline
        self.value[rows], self.baseline[rows] = self.in_scope(load), self.in_scope(baseline)
        self.terms[rows], self.baseline_terms[rows] = self.in_scope(np.abs(load)), self.baseline[rows]

    def _read_budgets(self) -> None:
        measures, rows = self._measures, self.is_budget
        spent = self._by_source(measures.source, measures.cost)[rows]
        self.value[rows] = self.terms[rows] = spent
        self.baseline_terms[rows] = self._by_source(measures.source, measures.full_cost)[rows]

    @cached_property
    def places(self) -> Codes:
        """The receptor and parameter of each quality target, as positions in the results of `Quality`."""
        codes = self._case.codes
        places = self._quality.place(codes("targets", "receptor"), codes("targets", "parameter"))
        return np.asarray(places[self.is_quality])

    def in_scope(self, load: Floats) -> Floats:
        """Return the sum of loads in the scope of each cap, shape (caps,)."""
        codes, measures = self._case.codes, self._measures
        sums = self._zones.sums(measures.load_source, measures.load_pollutant, measures.pollutants, load)
        region, sector, pollutant = (
            codes("targets", column)[self.is_cap] for column in ("region", "sector", "pollutant")
        )
        return np.asarray(sums[region + 1, sector + 1, pollutant])

    def _by_source(self, source: Codes, weights: Floats) -> Floats:
        """Return the sum of weights of sources in the region and sector of each target."""
        sums = self._zones.sums(source, np.zeros_like(source), 1, weights)
        region, sector = (self._case.codes("targets", column) for column in ("region", "sector"))
        return np.asarray(sums[region + 1, sector + 1, 0])

    @cached_property
    def limit(self) -> Floats:
        """The limit of each target's row, before margin and reserve."""
        limit = self._case.values("targets", "limit")
        share = limit / 100.0
        gap = self.baseline - share * (self.baseline - self._claim.best)
        limit = np.where(self.basis == "gap_closure", gap, limit)
        reduction, percent = self.kind == "reduction", self.basis == "percent"
        limit = np.where(reduction & percent, self.baseline * (1.0 - share), limit)
        limit = np.where(reduction & ~percent, self.baseline - limit, limit)
        return np.where(self.kind == "intensity", limit * self._divisor, limit)

    @cached_property
    def _divisor(self) -> Floats:
        """What each intensity is divided by: outputs of sources in scope, or a figure of the zone."""
        divisor = np.ones(len(self.kind))
        intensity, region = self.kind == "intensity", self._case.codes("targets", "region") + 1
        for basis in ("output", "population", "gdp", "area"):
            rows = intensity & (self.basis == basis)
            if rows.any() and basis == "output":
                output = np.nan_to_num(self._case.values("sources", "output"), nan=0.0)
                divisor[rows] = self._by_source(self._case.codes("sources", "source"), output)[rows]
            elif rows.any():
                divisor[rows] = self._zones.figures(basis)[region[rows]]
        return divisor

    @cached_property
    def size(self) -> Floats:
        """The size of each row, against which its violation is judged."""
        sizes = (np.abs(self.limit), self.terms, SMALLEST_SHARE * self.baseline_terms)
        return np.asarray(np.maximum.reduce(sizes))

    @cached_property
    def missed(self) -> Floats:
        """Relative violation of each target, its limit included where the claim states another."""
        other = relative(np.abs(self._claim.limit - self.limit), self.size)
        return np.maximum(relative(-self.unused(self.value), self.size), other)

    @cached_property
    def unbalanced(self) -> Floats:
        """Relative error of target = point + diffuse + background + margin + reserve + unused >= 0."""
        point = self._allocated(self._point)
        diffuse = self._allocated(~self._point)
        background = np.zeros(len(self.kind))
        background[self.is_quality] = self._quality.background[self.places]
        given = point + diffuse + background
        shares = np.maximum(relative(-self.unused(given), self.size), relative(np.abs(given - self.value), self.size))
        return np.asarray(shares[self.is_quality | self.is_cap])

    @cached_property
    def shortfall(self) -> Floats:
        """By how much each target is missed, in the unit of its row; 0 where it is attained."""
        return np.maximum(self._claim.slack - self.unused(self.value), 0.0)

    def unused(self, value: Floats) -> Floats:
        """Return what is left between each target and a value, slack included."""
        return np.asarray(self.sign * (self.limit - value) - self.held + self._claim.slack)

    @cached_property
    def _point(self) -> Flags:
        """Whether each load is that of a point source."""
        point = np.ones(self._measures.sources, dtype=bool)
        point[self._case.codes("sources", "source")] = self._case.words("sources", "kind") != "diffuse"
        return np.asarray(point[self._measures.load_source])

    def _allocated(self, chosen: Flags) -> Floats:
        """Return what the chosen loads bring to each quality and cap."""
        load, brought = np.where(chosen, self._claim.load, 0.0), np.zeros(len(self.kind))
        if self.is_quality.any():
            brought[self.is_quality] = self._quality.rise(load)[self.places]
        brought[self.is_cap] = self.in_scope(load)
        return brought

    @cached_property
    def exceedance(self) -> float:
        """Sum over targets of slack over what may be used of the limit (or the baseline where that is 0)."""
        return float(np.sum(self._claim.slack / self.relative_to))

    @cached_property
    def relative_to(self) -> Floats:
        """What a miss of each target is a share of: what may be used of its limit, or the baseline where that is 0."""
        usable = np.abs(self.limit - self.sign * self.held)
        size = np.where(usable > 0, usable, np.abs(self.baseline))
        return np.where(size > 0, size, 1.0)
