"""Every kind of row of a case, checked under a claim."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from abate.certify import objectives
from abate.certify.arrays import SMALLEST_SHARE, Flags, Floats, match, relative, totals
from abate.certify.chance import Chance
from abate.certify.claim import Check, Claim, check, refuse_misfits
from abate.certify.measures import Measures
from abate.certify.quality import Quality
from abate.certify.rules import Rules
from abate.certify.targets import Targets
from abate.certify.zones import Zones
from abate_data.case import Case


def held_with_probability(case: Case, claim: Claim) -> Flags:
    """Return which targets a plan holds with their probability, and not just for expected figures."""
    return _Rows(case, claim).with_probability


def verify(case: Case, claim: Claim) -> list[Check]:
    """Return one check for every kind of row, always in the same order.

    What a strategy hands out is not checked against the rules of the case.

    Parameters
    ----------
    case : the case that the plan is for.
    claim : what the plan says.

    Raises
    ------
    SolverError
        Where the claim does not have a number for every row of the case.
    """
    refuse_misfits(case, claim)
    # numbers that are none are found by the first check; they need no warning on the way to the others
    with np.errstate(invalid="ignore", over="ignore"):
        rows = _Rows(case, claim)
        rules = Rules(case, claim, rows.measures, rows.zones, rows.load_name)
        return [
            rows.finite(),
            rows.extent(),
            rows.installed(),
            rows.group(),
            rows.balance(),
            rows.floor(),
            rows.quality(),
            rows.cap(),
            rows.budget(),
            rows.chance(),
            rows.resource(),
            *([] if claim.shares else [rules.reduction_percent(), rules.uniform(), rules.burden()]),
            rows.slack(),
            rows.cost(),
            rows.identity(),
            rows.objective(),
            rows.bound(),
        ]


class _Rows:
    """The rows of a case, with one method for each kind."""

    def __init__(self, case: Case, claim: Claim) -> None:
        self.case, self.claim = case, claim
        self.measures, self.zones = Measures(case, claim), Zones(case)
        self.response = Quality(case)
        self.targets = Targets(case, claim, self.measures, self.response, self.zones)
        self.uncertain = Chance(case, self.measures, self.response, self.targets)

    def finite(self) -> Check:
        """Every number is one; only a bound may be missing, as -infinity."""
        claim, closing = self.claim, self.targets.basis == "gap_closure"
        best = np.where(closing, claim.best, 0.0)
        numbers = np.array([claim.cost, claim.objective_value, 0.0 if claim.bound == -np.inf else claim.bound])
        parts = (claim.extent, claim.load, claim.limit, best, claim.slack, numbers)
        bad = np.concatenate([np.where(np.isfinite(part), 0.0, np.inf) for part in parts])
        ends = np.cumsum([len(part) for part in parts])
        said = ("extent", "load", "limit", "best quality", "slack")
        namers = (self.option_name, self.load_name, *[self.target_name] * 3)

        def name(row: int) -> str:
            part = int(np.searchsorted(ends, row, side="right"))
            if part == len(said):
                return ("cost", "objective", "bound")[row - ends[-2]]
            return f"{said[part]} of {namers[part](row - (ends[part] - len(parts[part])))}"

        return check("finite", bad, name)

    def extent(self) -> Check:
        """0 <= extent <= max_extent, and nothing at a source of which nothing may be asked."""
        extent, measures = self.claim.extent, self.measures
        may = measures.controllable[measures.source]
        most = np.where(may, self.case.values("options", "max_extent"), 0.0)
        violation = np.maximum(-extent, extent - most)
        return check("extent", relative(violation, measures.full_extent), self.option_name)

    def installed(self) -> Check:
        """Nothing where not installed; min_extent at least where installed as a whole."""
        extent, measures, installed = self.claim.extent, self.measures, self.claim.installed
        least = self.case.values("options", "min_extent")
        sizes = (least, extent, SMALLEST_SHARE * measures.full_extent)
        short = relative(np.where(installed & measures.decision, least - extent, 0.0), *sizes)
        stray = relative(np.where(installed, 0.0, np.abs(extent)), measures.full_extent)
        return check("installed", np.maximum(short, stray), self.option_name)

    def group(self) -> Check:
        """Per source and group, extents and options installed as a whole add up to 1 at most."""
        group, measures = self.case.codes("options", "group"), self.measures
        groups = len(self.case.ids("options", "group"))
        grouped = np.flatnonzero(group >= 0)
        taken = np.where(measures.decision, self.claim.installed, self.claim.extent)[grouped]
        key, row = np.unique(measures.source[grouped] * groups + group[grouped], return_inverse=True)
        total = totals(row, taken, len(key))

        def name(row: int) -> str:
            source = self.case.ids("options", "source")[key[row] // groups]
            return f"source {source!r}, group {self.case.ids('options', 'group')[key[row] % groups]!r}"

        return check("group", relative(total - 1.0, np.ones(len(key)), total), name)

    def balance(self) -> Check:
        """Every allowed load is the baseline less what the measures remove; handed out, it is no less than that.

        Where a case has no measures at all, nothing says how a load that is handed out would be reached.
        """
        measures, shares = self.measures, self.claim.shares
        if shares and not len(self.claim.extent):
            return check("balance", np.zeros(0), self.load_name)
        error = measures.baseline - measures.removed - self.claim.load
        return check("balance", relative(error if shares else np.abs(error), measures.terms), self.load_name)

    def floor(self) -> Check:
        """No load below its floor."""
        floor = self.case.values("loads", "floor")
        size = (floor, self.claim.load, SMALLEST_SHARE * self.measures.baseline)
        return check("floor", relative(floor - self.claim.load, *size), self.load_name)

    def quality(self) -> Check:
        """Quality keeps its limit and the margin, and a limit closes its part of the gap."""
        return self._target_check("quality", self.targets.is_quality)

    def cap(self) -> Check:
        """No sum of loads passes its cap less margin and reserve."""
        return self._target_check("cap", self.targets.is_cap)

    def budget(self) -> Check:
        """Options in scope cost no more than the budget."""
        return self._target_check("budget", self.targets.is_budget)

    def chance(self) -> Check:
        """Limits are kept by the margin that each probability takes, and no other margin is claimed."""
        if self.claim.margin is None:
            return check("chance", np.zeros(0), self.target_name)
        claimed, held = self.claim.margin, self.with_probability
        rows = np.flatnonzero(held | (claimed != 0))
        margin = np.where(held, self.uncertain.margin(self.claim.load), 0.0)[rows]
        size = np.maximum(self.targets.size[rows], margin)
        short = relative(margin - self.targets.unused(self.targets.value)[rows], size)
        other = relative(np.abs(claimed[rows] - margin), size)
        return check("chance", np.maximum(short, other), lambda row: self.target_name(int(rows[row])))

    @property
    def with_probability(self) -> Flags:
        """Which targets are claimed to hold with their probability, and not just for expected figures."""
        if self.claim.margin is None:
            return np.zeros(len(self.targets.kind), dtype=bool)
        return self.uncertain.asked

    def _target_check(self, kind: str, chosen: np.ndarray) -> Check:
        rows = np.flatnonzero(chosen)
        return check(kind, self.targets.missed[rows], lambda row: self.target_name(int(rows[row])))

    def resource(self) -> Check:
        """Options of a zone use no more of a resource than there is."""
        case, measures = self.case, self.measures
        option, row = match(measures.measure, case.codes("resource_use", "measure"))
        resource = case.codes("resource_use", "resource")[row]
        names, kinds = case.ids("resources", "resource"), len(case.ids("resources", "resource"))
        zone, kind = case.codes("resources", "region") + 1, case.codes("resources", "resource")

        def total(extent: Floats) -> Floats:
            use = case.values("resource_use", "use")[row] * extent[option]
            return np.asarray(self.zones.sums(measures.source[option], resource, kinds, use)[zone, 0, kind])

        used, available = total(self.claim.extent), case.values("resources", "available")
        size = (available, total(np.abs(self.claim.extent)), SMALLEST_SHARE * total(measures.full_extent))

        def name(row: int) -> str:
            region = int(zone[row]) - 1
            where = f" of region {case.ids('regions', 'region')[region]!r}" if region >= 0 else ""
            return f"resource {names[kind[row]]!r}{where}"

        return check("resource", relative(used - available, *size), name)

    def slack(self) -> Check:
        """Nothing gives way by less than nothing, and nothing of priority 0 at all.

        A strategy may miss any target, but must not say that it misses one by more than it does.
        """
        slack = self.claim.slack
        if self.claim.shares:
            beyond = np.maximum(slack - self.targets.shortfall, 0.0)
            return check("slack", relative(np.maximum(beyond, -slack), self.targets.size), self.target_name)
        hard = self.case.values("targets", "priority") == 0
        return check("slack", relative(np.where(hard, np.abs(slack), -slack), self.targets.size), self.target_name)

    def cost(self) -> Check:
        """No cost is claimed but that of the options."""
        costs, claimed = self.measures.cost, np.array([self.claim.cost])
        size = (
            claimed,
            np.abs(costs).sum(keepdims=True),
            np.array([SMALLEST_SHARE * self.measures.cost_size]),
        )
        return check("cost", relative(np.abs(claimed - costs.sum()), *size), lambda _: "yearly cost")

    def identity(self) -> Check:
        """Target = point + diffuse allocations + background + margin + reserve + unused, unused >= 0."""
        rows = np.flatnonzero(self.targets.is_quality | self.targets.is_cap)
        return check("identity", self.targets.unbalanced, lambda row: self.target_name(int(rows[row])))

    def objective(self) -> Check:
        """No objective has another value than is claimed; one that only the model knows has no row."""
        if self._recomputed is None:
            return check("objective", np.zeros(0), lambda _: "")
        error = np.array([abs(self._recomputed[0] - self.claim.objective_value)])
        return check("objective", relative(error, self._objective_size), lambda _: self.claim.objective)

    def bound(self) -> Check:
        """No objective is below its proved bound."""
        below = np.array([self.claim.bound - self.claim.objective_value])
        return check("bound", relative(below, self._objective_size), lambda _: self.claim.objective)

    @cached_property
    def _recomputed(self) -> tuple[float, float] | None:
        claim = self.claim
        return objectives.recomputed(self.case, claim.objective, self.measures, self.response, self.targets)

    @property
    def _objective_size(self) -> Floats:
        value, size = self._recomputed or (0.0, 0.0)
        return np.array([max(abs(value), abs(self.claim.objective_value), SMALLEST_SHARE * size)])

    def option_name(self, row: int) -> str:
        """Return an option in the planner's words."""
        source = self.case.ids("options", "source")[self.measures.source[row]]
        return f"source {source!r}, measure {self.case.ids('options', 'measure')[self.measures.measure[row]]!r}"

    def load_name(self, row: int) -> str:
        """Return a load in the planner's words."""
        source = self.case.ids("loads", "source")[self.measures.load_source[row]]
        pollutant = self.case.ids("loads", "pollutant")[self.measures.load_pollutant[row]]
        return f"source {source!r}, pollutant {pollutant!r}"

    def target_name(self, row: int) -> str:
        """Return a target in the planner's words."""
        return f"target {self.case.ids('targets', 'target')[self.case.codes('targets', 'target')[row]]!r}"
