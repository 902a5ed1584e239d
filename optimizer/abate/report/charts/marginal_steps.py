"""Steps of the marginal cost curve: what each further unit of reduction costs, and what of it a plan uses.

A step is an option, or a part of one: its width is what it removes, its height what a unit of that costs in a year.

What is exact
    The widths of used steps add up to the reduction of the plan, pollutant by pollutant (what measures add to loads is
    left out). With one pollutant, continuous options and no shared resource, used steps lie below what a unit removed
    is worth in the plan, and unused ones above.
Options of an exclusive group
    Only those on the lower convex hull of cost over removal can be of use in a least-cost plan; a step is the way from
    one of them to the next. The plan's use of the group is filled in from the cheapest step on: exact where the plan
    mixes neighbours of the hull.
Options outside groups
    They may not fit beside each other. What the plan uses stands; of the rest the cheapest is shown until the load is
    down to its floor. Resources that options share are not looked at: they are why a cheap step may be unused.
Fixed costs
    Spread over the greatest extent. Extent that stands already costs no capital and is a step of its own.
Several pollutants
    The cost of an option is divided among the pollutants that it removes by what their removal is worth in the plan,
    or, where it is worth nothing, by shares of the baseline loads. Where all prices are known, step and worth compare
    for each pollutant as they do for the whole option.
Receptors
    What a unit removed is worth differs from source to source where targets count sources differently. It is drawn
    step by step; cheap steps are unused where their source matters little.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from abate.tables import marginal_values

if TYPE_CHECKING:
    from abate.plan import Plan

Floats = NDArray[np.float64]

USED, REST, UNUSED = "used", "rest", "unused"
#: A part below this share of its step is rounding.
NEGLIGIBLE = 1e-9


class Part(NamedTuple):
    """A part of a step: its measure, what it removes, what a unit of that costs, and its state."""

    measure: str
    width: float
    price: float
    state: str


class _Act(NamedTuple):
    """What an option does to a load: its place, the removal of a unit of extent, its share in the option's cost."""

    option: int
    removed: float
    share: float


@dataclass(frozen=True)
class _Book:
    """Figures of all options as lists: plain numbers are quicker where thousands of loads have a few options each."""

    measure: list[str]
    group: list[int]
    upper: list[float]
    built: list[float]
    operating: list[float]
    capital: list[float]
    fixed: list[float]
    extent: list[float]

    @classmethod
    def of(cls, plan: Plan) -> _Book:
        options = plan._problem.options  # the plan's own numbers: no table holds options that are not used
        return cls(
            [measure for _, measure in options.keys],
            options.group.tolist(),
            options.upper.tolist(),
            options.built.tolist(),
            options.operating.tolist(),
            options.annual_capital.tolist(),
            options.fixed.tolist(),
            plan._outcome.extent.tolist(),
        )

    def full_cost(self, one: int) -> float:
        """Return the yearly cost of an option at its greatest extent."""
        added = max(self.upper[one] - self.built[one], 0.0)
        return self.operating[one] * self.upper[one] + self.capital[one] * added + self.fixed[one]


def steps(plan: Plan, pollutant: int) -> pd.DataFrame:
    """Return the steps of a pollutant by rising cost: source, measure, width, price, state, worth.

    `width` is in the unit of loads, `price` and `worth` in money a year per unit of it.
    """
    problem, worth, book = plan._problem, worth_of_loads(plan), _Book.of(plan)
    removal = sparse.csr_array(problem.options.removal)
    shares = _cost_shares(removal, problem.loads.baseline, worth).tolist()
    option, removed, start = removal.indices.tolist(), removal.data.tolist(), removal.indptr.tolist()
    room = (problem.loads.baseline - problem.loads.floor).tolist()
    rows = []
    for load in np.flatnonzero(problem.loads.pollutant == pollutant).tolist():
        entries = range(start[load], start[load + 1])
        acts = [_Act(option[at], removed[at], shares[at]) for at in entries if removed[at] > 0]
        source, value = problem.loads.keys[load][0], float(worth[load])
        rows += [(source, *part, value) for part in _of_load(book, acts, room[load])]
    table = pd.DataFrame(rows, columns=["source", "measure", "width", "price", "state", "worth"])
    return table.sort_values("price", kind="stable", ignore_index=True)


def worth_of_loads(plan: Plan) -> Floats:
    """Return what one unit less of each load is worth in the plan, in money a year; NaN where that is not known."""
    price = plan._outcome.price
    if plan.objective != "cost" or np.isnan(price).all():
        return np.full(len(plan._problem.loads.keys), np.nan)
    return np.asarray(marginal_values(plan._problem, plan._outcome).sum(axis=0), dtype=np.float64).ravel()


def _cost_shares(removal: sparse.csr_array, baseline: Floats, worth: Floats) -> Floats:
    """Return for each removal, in the order of the matrix, its share in the cost of its option."""
    load = np.repeat(np.arange(len(baseline)), np.diff(removal.indptr))
    gain = np.maximum(removal.data, 0.0)
    valued = gain * np.nan_to_num(worth)[load]
    relative = np.divide(gain, baseline[load], out=np.zeros_like(gain), where=baseline[load] > 0)
    count = len(removal.indices) and int(removal.indices.max()) + 1
    by_worth, by_share = (np.bincount(removal.indices, part, count)[removal.indices] for part in (valued, relative))
    even = np.divide(relative, by_share, out=np.zeros_like(relative), where=by_share > 0)
    return np.asarray(np.divide(valued, by_worth, out=even, where=by_worth > 0), dtype=np.float64)


def _of_load(book: _Book, acts: list[_Act], room: float) -> list[Part]:
    """Return the parts of one load's steps; of those that are not used, the cheapest as far as the load reaches."""
    parts = [part for ladder, used in _ladders(book, acts) for part in _filled(ladder, used)]
    left = room - sum(part.width for part in parts if part.state == USED)
    kept = []
    for part in sorted(parts, key=lambda one: one.price):
        width = part.width
        if part.state != USED:
            width = min(width, left)
            left -= width
        if width > NEGLIGIBLE * room:
            kept.append(part._replace(width=width))
    return kept


def _ladders(book: _Book, acts: list[_Act]) -> list[tuple[list[Part], float]]:
    """Return the steps of each option, or exclusive group, by rising cost, each with what the plan removes by it."""
    found: list[tuple[list[Part], float]] = []
    groups: dict[int, list[_Act]] = {}
    for act in acts:
        if book.group[act.option] >= 0:
            groups.setdefault(book.group[act.option], []).append(act)
        else:
            found.append((_single(book, act), act.removed * book.extent[act.option]))
    used = {one: sum(act.removed * book.extent[act.option] for act in members) for one, members in groups.items()}
    return found + [(_hull(book, members), used[one]) for one, members in groups.items()]


def _single(book: _Book, act: _Act) -> list[Part]:
    """Return the steps of an option by itself: what stands already, and what can be added."""
    one, upper = act.option, book.upper[act.option]
    spread = book.fixed[one] / upper if upper > 0 else 0.0
    built = min(book.built[one], upper) if book.capital[one] > 0 else 0.0
    pieces = ((built, book.operating[one]), (upper - built, book.operating[one] + book.capital[one]))
    return [
        Part(book.measure[one], extent * act.removed, act.share * (cost + spread) / act.removed, UNUSED)
        for extent, cost in pieces
        if extent > 0
    ]


def _hull(book: _Book, members: list[_Act]) -> list[Part]:
    """Return the lower convex hull of cost over removal, from nothing to what removes most."""
    points = sorted(
        (act.removed * book.upper[act.option], act.share * book.full_cost(act.option), book.measure[act.option])
        for act in members
    )
    stack: list[tuple[float, float, str]] = [(0.0, 0.0, "")]
    for point in points:
        if point[0] <= stack[-1][0]:
            continue
        while len(stack) > 1 and _slope(stack[-2], point) <= _slope(stack[-2], stack[-1]):
            stack.pop()
        stack.append(point)
    return [Part(after[2], after[0] - before[0], _slope(before, after), UNUSED) for before, after in pairwise(stack)]


def _slope(before: tuple[float, float, str], after: tuple[float, float, str]) -> float:
    return (after[1] - before[1]) / (after[0] - before[0])


def _filled(ladder: list[Part], used: float) -> list[Part]:
    """Return the steps of a ladder, that in which the use ends in two parts; what goes beyond is of the last step."""
    parts, left = [], max(used, 0.0)
    for place, part in enumerate(ladder):
        taken = left if place == len(ladder) - 1 else min(left, part.width)
        left -= taken
        if taken > 0:
            parts.append(part._replace(width=taken, state=USED))
        rest = part.width - taken
        if rest > NEGLIGIBLE * part.width:
            parts.append(part._replace(width=rest, state=REST if taken > NEGLIGIBLE * part.width else UNUSED))
    return parts
