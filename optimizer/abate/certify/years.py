"""The proof of what ties the years of a plan together, recomputed from the case's tables with NumPy alone.

Each year by itself is proved as any plan is; here stands what only several years have: what is built stays, grows no
faster than its ramp and works no sooner than it can, and the cost of all years is what is said.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abate.certify.arrays import SMALLEST_SHARE, Flags, Floats, relative, spread, totals
from abate.certify.claim import Check, check
from abate.certify.measures import recovery_factor
from abate_data.case import Case


@dataclass(frozen=True, eq=False)
class YearsClaim:
    """What a plan of several years says, in the case's units; the first axis of every array is that of the years.

    Attributes
    ----------
    years : the years, in order.
    extent, capacity : (years x options), what is used, and what stands.
    installed : (years x options), whether it is installed.
    yearly_cost : (years,), money/yr.
    cost : discounted to the first year.
    bound : proved lower bound of the least cost; -infinity where none is.
    """

    years: Floats
    extent: Floats
    capacity: Floats
    installed: Flags
    yearly_cost: Floats
    cost: float
    bound: float


def verify_years(case: Case, claim: YearsClaim) -> list[Check]:
    """Return one check for every kind of row that ties years together, always in the same order."""
    with np.errstate(invalid="ignore", over="ignore"):
        rows = _Years(case, claim)
        return [
            rows.finite(),
            rows.used(),
            rows.standing(),
            rows.unbuilt(),
            rows.ramp(),
            rows.availability(),
            rows.installed(),
            rows.yearly_cost(),
            rows.discounted_cost(),
            rows.bound(),
        ]


class _Years:
    """The rows of several years, with one method for each kind."""

    def __init__(self, case: Case, claim: YearsClaim) -> None:
        self.case, self.claim = case, claim
        self.built = case.values("options", "built")
        self.before = np.vstack([self.built, claim.capacity[:-1]])
        most = case.values("options", "max_extent")
        largest = np.maximum(claim.capacity.max(axis=0, initial=0.0), self.built)
        # an option is judged against what stands of it, but at least against a share of what fits
        self.size = np.maximum(largest, SMALLEST_SHARE * np.where(np.isfinite(most), most, 0.0))

    def finite(self) -> Check:
        """Every number is one; only the bound may be missing, as -infinity."""
        claim = self.claim
        numbers = np.array([claim.cost, 0.0 if claim.bound == -np.inf else claim.bound, *claim.yearly_cost])
        parts = (claim.extent.ravel(), claim.capacity.ravel(), numbers)
        bad = np.concatenate([np.where(np.isfinite(part), 0.0, np.inf) for part in parts])
        options = claim.extent.size

        def name(row: int) -> str:
            if row >= 2 * options:
                return "the cost"
            return f"{'extent' if row < options else 'capacity'} of {self._name(row % options)}"

        return check("finite", bad, name)

    def used(self) -> Check:
        """No more is used than stands."""
        return self._check("used", self.claim.extent - self.claim.capacity)

    def standing(self) -> Check:
        """Nothing that stood before the first year is gone in a later one."""
        return self._check("standing", self.built - self.claim.capacity)

    def unbuilt(self) -> Check:
        """Nothing is un-built from one year to the next."""
        return self._check("un-built", self.before - self.claim.capacity)

    def ramp(self) -> Check:
        """Nothing grows in a year by more than its ramp."""
        return self._check("ramp", self.claim.capacity - self.before - self.case.values("options", "ramp"))

    def availability(self) -> Check:
        """Nothing new stands before its first year, or before the lead time after the first decision has passed."""
        years = self.claim.years
        lead = years[0] + self.case.values("options", "lead_time")
        first = np.fmax(self.case.values("options", "first_year"), lead)
        return self._check("availability", np.where(years[:, None] < first, self.claim.capacity - self.built, 0.0))

    def installed(self) -> Check:
        """No yes is followed by a no, unless another option of the group takes its place."""
        case, now = self.case, self.claim.installed
        decision = (case.values("options", "fixed_cost") > 0) | (case.values("options", "min_extent") > 0)
        source, group = case.codes("options", "source"), case.codes("options", "group")
        # an option outside any group is one by itself
        alone = np.where(group < 0, np.arange(len(group)), -1)
        _, party = np.unique(np.stack([source, group, alone]), axis=1, return_inverse=True)
        count = np.array([totals(party.ravel(), year & decision, len(party.ravel()))[party.ravel()] for year in now])
        dropped = np.where(now[:-1] & decision & (count[1:] < count[:-1]), np.inf, 0.0)
        return check("installed", dropped.ravel(), lambda row: self._name(row + len(group)))

    def yearly_cost(self) -> Check:
        """No year costs anything but operating, fixed cost and the capital of what was added by then."""
        claimed, costs = self.claim.yearly_cost, self._costs
        dearest = np.full(len(costs), SMALLEST_SHARE * costs.max(initial=0.0))
        share = relative(np.abs(claimed - costs.sum(axis=1)), claimed, np.abs(costs).sum(axis=1), dearest)
        return check("yearly cost", share, lambda row: f"{self.claim.years[row]:.0f}")

    def discounted_cost(self) -> Check:
        """No other cost is said than the sum of those of the years, each discounted to the first."""
        since = self.claim.years - self.claim.years[0]
        worth = self._costs.sum(axis=1) / (1.0 + self.case.settings.discount_rate) ** since
        error, size = np.array([abs(worth.sum() - self.claim.cost)]), np.array([np.abs(worth).sum()])
        return check("discounted cost", relative(error, size, np.array([self.claim.cost])), lambda _: "all years")

    def bound(self) -> Check:
        """No cost is below its proved bound."""
        below = np.array([self.claim.bound - self.claim.cost])
        return check("bound", relative(below, np.array([self.claim.cost])), lambda _: "all years")

    @property
    def _costs(self) -> Floats:
        """Cost of each option in each year [money/yr], (years x options)."""
        case, claim = self.case, self.claim
        lifetime = spread(case, "measures", "lifetime_years", len(case.ids("measures", "measure")))
        factor = recovery_factor(case.settings.discount_rate, lifetime[case.codes("options", "measure")])
        capital = case.values("options", "capital_cost")
        annual = np.where(capital > 0, capital * factor, 0.0)
        running = case.values("options", "unit_cost") * claim.extent
        fixed = case.values("options", "fixed_cost") * claim.installed
        return np.asarray(running + fixed + annual * (claim.capacity - self.built))

    def _check(self, kind: str, violation: Floats) -> Check:
        sizes = np.broadcast_to(self.size, violation.shape)
        return check(kind, relative(violation, sizes).ravel(), self._name)

    def _name(self, row: int) -> str:
        """Return a year and option in the planner's words, by the position in an array (years x options)."""
        year, option = divmod(row, len(self.built))
        source = self.case.ids("options", "source")[self.case.codes("options", "source")[option]]
        measure = self.case.ids("options", "measure")[self.case.codes("options", "measure")[option]]
        return f"source {source!r}, measure {measure!r} in {self.claim.years[year]:.0f}"
