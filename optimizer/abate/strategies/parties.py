"""Parties: those among whom a strategy divides what may be emitted, and the targets that hold them together.

A party is a load (one pollutant of one source), or a group of loads in the upper tiers of a tiered strategy. What a
strategy may hand out is the set

    lower <= x <= current,    rows @ x <= limits,

with x the load allowed to each party, lower its floor (its current load where nothing may be asked of it), and a row
for each quality target and cap: the transfer coefficients or the members of its scope.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from abate.errors import Finding, InputError
from abate.strategies.curves import CostCurve

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: What a rule measures reductions from: the load before any treatment, today's load, or the load of today's permit.
Baseline = Literal["current", "raw", "permitted"]
_COLUMNS = {"current": "load", "raw": "raw_load", "permitted": "permit_load"}
#: Parties that a message names before it counts the rest.
SHOWN = 5


@dataclass(frozen=True)
class Parties:
    """Those among whom loads are divided; every array has an entry per party.

    Attributes
    ----------
    names : what people call them.
    pollutant : code of the pollutant of each.
    point : whether it is a point source.
    sector : the sector of each, blank where it has none.
    current, raw, permitted : load today, before any treatment, and as permitted; in the case's load unit, NaN where
        blank.
    floor : load below which the party is not to be brought.
    movable : whether anything may be asked of it.
    rows : (targets x parties), what a unit of each load adds to a target; a lower limit enters with its sign turned.
    limits : what the loads may add up to in each row.
    targets : name of each row.
    figures : gives an attribute by its name (population, gdp, flow ...), NaN where it is not given.
    reachable : gives the least load that the measures of each party can bring it to, all by itself.
    curves : gives the cost curve of each party.
    """

    names: list[str]
    pollutant: Codes
    point: Mask
    sector: NDArray[np.object_]
    current: Floats
    raw: Floats
    permitted: Floats
    floor: Floats
    movable: Mask
    rows: sparse.csr_array
    limits: Floats
    targets: list[str]
    figures: Callable[[str], Floats]
    reachable: Callable[[], Floats]
    curves: Callable[[], list[CostCurve]]

    @property
    def lower(self) -> Floats:
        """The least that may be handed out to each party."""
        return np.where(self.movable, np.minimum(self.floor, self.current), self.current)

    @cached_property
    def loading(self) -> sparse.csr_array:
        """The rows without the entries by which a load relieves a target."""
        return self.rows.maximum(0) if self.rows.nnz and self.rows.data.min() < 0 else self.rows

    @cached_property
    def sizes(self) -> Floats:
        """The size of each row, above 0: its limit, or all its terms at today's loads where they come to more."""
        terms = abs(self.rows) @ self.current
        return np.asarray(np.maximum(np.maximum(np.abs(self.limits), terms), np.finfo(float).tiny))

    @cached_property
    def _by_party(self) -> sparse.csc_array:
        return sparse.csc_array(self.rows)

    def baseline(self, which: Baseline, rule: str) -> Floats:
        """Return the loads from which a rule measures.

        Raises
        ------
        InputError
            Where a party has none; those that lack it are named.
        """
        values = {"current": self.current, "raw": self.raw, "permitted": self.permitted}[which]
        lacking = np.isnan(values) & self.movable
        if lacking.any():
            cure = f"fill it in for {self.named(lacking)}, or choose another baseline than {which}"
            raise InputError([Finding("loads", f"is needed by {rule}", cure, column=_COLUMNS[which])])
        return np.where(self.movable, values, self.current)

    def attribute(self, name: str, rule: str, *, or_zero: bool = False) -> Floats:
        """Return an attribute of the parties, more than 0 (or 0) for everyone of whom something may be asked.

        Raises
        ------
        InputError
            Where it is missing, zero or negative for some; they are named.
        """
        values = self.figures(name)
        lacking = ((values < 0) if or_zero else ~(values > 0)) & np.isfinite(values) & self.movable
        missing = ~np.isfinite(values) & self.movable
        for wrong, problem in ((missing, "is missing"), (lacking, "is negative" if or_zero else "is zero or negative")):
            if wrong.any():
                cure = f"give it in table sources or regions for {self.named(wrong)}, or choose another strategy"
                raise InputError([Finding("sources", f"{problem}, and {rule} needs it", cure, column=name)])
        return np.where(self.movable, values, 0.0)

    def named(self, chosen: Mask) -> str:
        """Return the names of the chosen parties, the first few of many."""
        names = [self.names[row] for row in np.flatnonzero(chosen)]
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        return ", ".join(repr(name) for name in names[:SHOWN]) + more

    def of_pollutant(self, values: Floats) -> Floats:
        """Return for each party the sum of the values of all movable parties with its pollutant."""
        sums = np.bincount(self.pollutant[self.movable], values[self.movable], int(self.pollutant.max(initial=0)) + 1)
        return np.asarray(sums[self.pollutant], dtype=np.float64)

    def shares(self, values: Floats) -> Floats:
        """Return each party's part of the sum over all movable parties with its pollutant; 0 where that is 0."""
        sums = self.of_pollutant(values)
        return np.divide(values, sums, out=np.zeros_like(sums), where=sums > 0)

    def take(self, chosen: Codes) -> Parties:
        """Return some of the parties, with the rows that they are in; the loads of the others count as settled.

        Only for parties that share no row with those left out.
        """
        rows = sparse.csr_array(self._by_party[:, chosen])
        kept = np.flatnonzero(np.diff(rows.indptr))
        figures, reachable, curves = self.figures, self.reachable, self.curves
        arrays = ("pollutant", "point", "sector", "current", "raw", "permitted", "floor", "movable")
        return replace(
            self,
            names=[self.names[row] for row in chosen],
            rows=rows[kept],
            limits=self.limits[kept],
            targets=[self.targets[row] for row in kept],
            figures=lambda name: figures(name)[chosen],
            reachable=lambda: reachable()[chosen],
            curves=lambda: [curves()[row] for row in chosen],
            **{name: getattr(self, name)[chosen] for name in arrays},
        )


def components(parties: Parties) -> list[Codes]:
    """Return the parties in sets that no target ties to one another, in the order of their first members."""
    count, targets = len(parties.names), len(parties.limits)
    entries = sparse.coo_array(parties.rows)
    row, column = entries.coords
    size = targets + count
    ties = sparse.coo_array((np.ones(len(row)), (row, targets + column)), shape=(size, size))
    _, label = sparse.csgraph.connected_components(ties.tocsr(), directed=False)
    label = label[targets:]
    order = np.argsort(label, kind="stable")
    pieces = np.split(order, np.flatnonzero(np.diff(label[order])) + 1) if count else []
    return sorted(pieces, key=lambda piece: int(piece[0]))
