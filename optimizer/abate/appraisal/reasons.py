"""Why a verdict is what it is, in a planner's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abate.appraisal.judged import Judged
from abate.appraisal.standing import Standing, World
from abate.solver import FEASIBILITY_TOLERANCE
from abate.tables import measure_units, target_units
from abate_data.proposals import Proposal
from abate_models.targets import BUDGET

Floats = NDArray[np.float64]

#: Names of targets, sources or measures that a sentence holds.
SHOWN = 5


def amount(value: float) -> str:
    """Return a number with four digits that count, thousands apart.

    >>> amount(1234.56), amount(0.01234567), amount(61234567.0)
    ('1,235', '0.01235', '61,234,567')
    """
    return f"{value:,.0f}" if abs(value) >= 1e3 else f"{value:.4g}"


class Words:
    """Sentences about proposals in one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._units = target_units(world.case, world.problem)
        self._measures = measure_units(world.case)
        self._money = f"{world.case.settings.currency}/yr"
        self._load = world.case.settings.units.load or "unit of load"

    def tightest(self, judged: Judged) -> str:
        """Say that every target holds, and which of those that are touched has the least headroom left."""
        touched = np.flatnonzero(judged.taken > 0)
        room = np.maximum(judged.room, 0.0)
        row = int(touched[np.argmin((room / judged.size)[touched])])
        left = f"{amount(room[row])} {self._units[row]} at {self._name(row)}"
        missed = np.flatnonzero(judged.room_before < -FEASIBILITY_TOLERANCE * judged.size)
        said = "no target is passed" if not len(missed) else "no target is passed that was not missed before"
        return f"{said}; the least headroom left of those that it touches is {left}"

    def taken_from_reserve(self, used: Floats, reserve: Floats) -> list[str]:
        """Say what is taken from reserves for growth."""
        rows = np.flatnonzero(used > 0)
        said = [
            f"{amount(used[row])} of {amount(reserve[row])} {self._units[row]} at {self._name(row)}" for row in rows
        ]
        return [f"takes from the reserve for growth: {listed(said)}"] if said else []

    def exceeded(self, judged: Judged, *, unaided: str = "as it is, it would pass") -> str:
        """Say which targets a proposal would pass by itself, and those of them that are missed already."""
        said = [f"{self._name(row)} by {amount(judged.exceeded[row])} {self._units[row]}" for row in judged.over]
        return f"{unaided} {listed(said)}"

    def missed_before(self, judged: Judged) -> list[str]:
        """Say which of the targets that are passed the plan misses already."""
        missed = [row for row in judged.over if judged.room_before[row] < -FEASIBILITY_TOLERANCE * judged.size[row]]
        if not missed:
            return []
        names = listed([self._name(row) for row in missed])
        return [f"missed already without it, and may not get worse: {names}"]

    def offset(self, one: Proposal, proposed: Standing, decided: Standing, cost: float) -> list[str]:
        """Say what the offset is, and what it costs."""
        options = self._world.problem.options
        more = decided.extent - proposed.extent
        paid = self._world.cost(decided) - self._world.cost(proposed)
        rows = sorted(np.flatnonzero(more > 0), key=lambda row: -paid[row])
        said = [
            f"{options.keys[row][0]}: {amount(more[row])} {self._measures[options.measure[row]]} more of "
            f"{options.keys[row][1]}" + (" (its own premises)" if options.keys[row][0] == one.source else "")
            for row in rows
        ]
        return [f"the cheapest offset costs {amount(cost)} {self._money}: {listed(said)}"]

    def price(self, price: float, following: float) -> list[str]:
        """Say what an offset costs per unit of the proposal: all in all, and the next unit where that is another."""
        if np.isnan(price):
            return []
        said = f"each {self._load} of it costs {amount(price)} {self._money} in offsets"
        if not np.isnan(following) and not np.isclose(following, price, rtol=1e-3):
            said += f", the next one {amount(following)}"
        return [said]

    def own_cost(self, saved: float) -> list[str]:
        """Say what other measures than planned cost whoever asks for them."""
        if saved == 0:
            return []
        return [
            f"its own measures cost {amount(abs(saved))} {self._money} {'less' if saved > 0 else 'more'} than planned"
        ]

    def missing(self, passed: Floats) -> str:
        """Say what no offset can make room for."""
        rows = np.flatnonzero(passed > 0)
        said = [f"{self._name(row)} by {amount(passed[row])} {self._units[row]}" for row in rows]
        return f"with all further measures that are left it would still pass {listed(said)}"

    def exchange(self, cost: float) -> list[str]:
        """Say what it would cost to exchange planned measures for stronger ones; nothing where that does not help."""
        if np.isnan(cost):
            return []
        return [
            "there would be room if sources exchanged planned measures for stronger ones that exclude them, for "
            f"{amount(cost)} {self._money} more: that takes a new plan"
        ]

    def largest(self, one: Proposal, share: float, added: float) -> str:
        """Say how much of a proposal could be approved."""
        if share <= FEASIBILITY_TOLERANCE:
            return "no part of it can be offset as the plan stands"
        size = f", {amount(share * added)} {self._load}" if one.kind != "measure" and added > 0 else ""
        return f"at most {amount(100 * share)} % of it could be approved with offsets{size}"

    def no_measures(self) -> str:
        """Say that a case without measures knows no offset, and what others would have to give up."""
        return (
            "the case has no measures, so no offset can be planned here: it can stand once others give up what it "
            "would pass; the table of ratios says how much less each of them has to emit for a unit of it"
        )

    def freed(self, judged: Judged) -> str:
        """Say where headroom is freed."""
        rows = np.flatnonzero((judged.taken < 0) & (np.asarray(self._world.problem.targets.form) != BUDGET))
        rows = rows[np.argsort((judged.taken / judged.size)[rows], kind="stable")]
        said = [f"{amount(-judged.taken[row])} {self._units[row]} at {self._name(row)}" for row in rows]
        return f"frees headroom: {listed(said)}" if said else "frees no headroom that any target asks for"

    def worth(self, worth: float, saving: float, own: float) -> list[str]:
        """Say what freed headroom is worth, and what planning anew would save."""
        said = []
        if not np.isnan(worth):
            said.append(f"at the prices of the plan that is worth {amount(worth)} {self._money}")
        if not np.isnan(saving):
            said.append(
                f"its own measures, {amount(own)} {self._money}, fall away; planned anew, "
                f"the others could save {amount(saving)} {self._money}"
            )
        return said

    def cannot_be_built(self, proposed: Standing, one: Proposal) -> list[str]:
        """Say what keeps the measures that are asked for from being taken; nothing where nothing does."""
        problem, extent = self._world.problem, proposed.extent
        options, resources = problem.options, problem.resources
        said = []
        taken = np.where(options.discrete, proposed.installed, extent)
        total = np.bincount(options.group[options.group >= 0], taken[options.group >= 0], len(options.groups))
        said += [
            f"the measures of group {group} at {source} come to {amount(total[row])} of 1"
            for row, (source, group) in enumerate(options.groups)
            if source == one.source and total[row] > 1 + FEASIBILITY_TOLERANCE
        ]
        short = resources.use @ extent - resources.available
        for row in np.flatnonzero(short > FEASIBILITY_TOLERANCE * np.maximum(resources.available, 1.0)):
            resource, region = resources.keys[row]
            where = "" if region == "*" else f" of {region}"
            said.append(f"{amount(short[row])} more of {resource}{where} would be needed than there is")
        mine = problem.loads.source == self._world.source(one.source)
        below = mine & (
            proposed.load < problem.loads.floor - FEASIBILITY_TOLERANCE * np.maximum(problem.loads.floor, 1.0)
        )
        for row in np.flatnonzero(below):
            floor = f"{amount(problem.loads.floor[row])} {self._load} of {problem.loads.keys[row][1]}"
            said.append(f"no measure can bring it below {floor}")
        return [f"cannot be built: {listed(said)}"] if said else []

    def _name(self, row: int | np.integer[Any]) -> str:
        return self._world.problem.targets.ids[int(row)]


def listed(said: Sequence[str]) -> str:
    """Return things in a row, the first of them where there are many."""
    shown = ", ".join(said[:SHOWN])
    return shown + (f" and {len(said) - SHOWN} more" if len(said) > SHOWN else "")
