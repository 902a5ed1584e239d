"""What the options of a case cost and remove at the extents of a claim."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from abate.certify.arrays import Codes, Flags, Floats, match, spread, totals
from abate.certify.claim import Claim
from abate_data.case import Case


class Measures:
    """Options and loads of a case under a claim; arrays are per row of `options` or of `loads`.

    Attributes
    ----------
    source, measure : codes of each option.
    decision : whether an option is installed or not, as a whole: it has a fixed cost or a least extent.
    baseline : of each load.
    load_source, load_pollutant : codes of each load.
    controllable : of each source of the domain.
    """

    def __init__(self, case: Case, claim: Claim) -> None:
        self.case, self.claim = case, claim
        self.source, self.measure = case.codes("options", "source"), case.codes("options", "measure")
        self.fixed_cost = case.values("options", "fixed_cost")
        self.decision = (self.fixed_cost > 0) | (case.values("options", "min_extent") > 0)
        self.baseline = case.values("loads", "load")
        self.load_source = case.codes("loads", "source")
        self.load_pollutant = case.codes("loads", "pollutant")
        self.pollutants = len(case.ids("loads", "pollutant"))
        self.sources = len(case.ids("sources", "source"))
        self.controllable = spread(case, "sources", "controllable", self.sources, blank=1.0) > 0

    @cached_property
    def cost(self) -> Floats:
        """Yearly cost of each option [money/yr]: fixed, operating, and capital beyond what is built."""
        claim, built = self.claim, self.case.values("options", "built")
        operating = self.case.values("options", "unit_cost") * claim.extent
        capital = self.annual_capital * np.maximum(claim.extent - built, 0.0)
        return np.asarray(self.fixed_cost * claim.installed + operating + capital)

    @cached_property
    def annual_capital(self) -> Floats:
        """Yearly cost of the capital of one unit of extent [money/yr/extent]."""
        measures = len(self.case.ids("measures", "measure"))
        lifetime = spread(self.case, "measures", "lifetime_years", measures)
        capital = self.case.values("options", "capital_cost")
        factor = recovery_factor(self.case.settings.discount_rate, lifetime[self.measure])
        return np.where(capital > 0, capital * factor, 0.0)

    @cached_property
    def full_extent(self) -> Floats:
        """The most of each option that means anything: what fits, or else what takes the whole load away."""
        option, load, rate = self.effects
        whole = np.zeros(len(self.source))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            needed = np.nan_to_num(self.baseline[load] / np.abs(rate), nan=0.0, posinf=0.0)
        np.maximum.at(whole, option, needed)
        most = self.case.values("options", "max_extent")
        most = np.where(np.isfinite(most) & (most > 0), most, whole)
        return np.where(most > 0, most, 1.0)

    @cached_property
    def full_cost(self) -> Floats:
        """Yearly cost of each option at its full extent [money/yr]."""
        running = self.case.values("options", "unit_cost") + self.annual_capital
        return np.asarray(self.fixed_cost + running * self.full_extent)

    @cached_property
    def cost_size(self) -> float:
        """Cost below a share of which a cost is nothing: that of the dearest option at its full extent."""
        return float(self.full_cost.max(initial=0.0))

    @cached_property
    def source_cost(self) -> Floats:
        """Yearly cost of each source of the domain [money/yr]."""
        return totals(self.source, self.cost, self.sources)

    @cached_property
    def has_options(self) -> Flags:
        """Whether each source of the domain has any option."""
        return np.isin(np.arange(self.sources), self.source)

    @cached_property
    def effects(self) -> tuple[Codes, Codes, Floats]:
        """Every (option, load, load removed by one unit of extent); a source's own row goes first."""
        case = self.case
        source, measure = case.codes("removals", "source"), case.codes("removals", "measure")
        pollutant, removal = case.codes("removals", "pollutant"), case.values("removals", "removal")
        measures = len(case.ids("options", "measure"))
        own, general = np.flatnonzero(source >= 0), np.flatnonzero(source < 0)
        here = self.source * measures + self.measure
        own_option, own_row = match(here, source[own] * measures + measure[own])
        option, row = match(self.measure, measure[general])
        own_row, row = own[own_row], general[row]
        named = own_option * self.pollutants + pollutant[own_row]
        left = ~np.isin(option * self.pollutants + pollutant[row], named)
        option, row = np.concatenate((own_option, option[left])), np.concatenate((own_row, row[left]))
        load = self._load_rows()[self.source[option] * self.pollutants + pollutant[row]]
        option, row, load = option[load >= 0], row[load >= 0], load[load >= 0]
        fraction = (case.words("removals", "basis") == "fraction")[row]
        return option, load, removal[row] * np.where(fraction, self.baseline[load], 1.0)

    @cached_property
    def removed(self) -> Floats:
        """What the plan takes from each load."""
        option, load, rate = self.effects
        return totals(load, rate * self.claim.extent[option], len(self.baseline))

    @cached_property
    def terms(self) -> Floats:
        """Sum of the absolute terms of each load's balance."""
        option, load, rate = self.effects
        terms = totals(load, np.abs(rate * self.claim.extent[option]), len(self.baseline))
        return np.asarray(np.abs(self.baseline) + terms)

    def _load_rows(self) -> Codes:
        """Return the row of `loads` of every source and pollutant, -1 where there is none."""
        rows = np.full(self.sources * self.pollutants, -1, dtype=np.int64)
        rows[self.load_source * self.pollutants + self.load_pollutant] = np.arange(len(self.baseline))
        return rows


def recovery_factor(rate: float, years: Floats) -> Floats:
    """Return the share of a capital that is due every year to pay it back, with interest, in `years`."""
    if rate == 0:
        return 1.0 / years
    return np.asarray(-rate / np.expm1(-years * np.log1p(rate)))
