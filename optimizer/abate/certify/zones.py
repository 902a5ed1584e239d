"""Sums and figures over the tree of regions."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from abate.certify.arrays import Codes, Flags, Floats, spread, totals
from abate_data.case import Case


class Zones:
    """The tree of regions of a case, and where its sources stand in it.

    Arrays over zones have one row more than there are regions: row 0 is the whole case and row r + 1 is
    region r with everything inside it, so that a blank id (code -1) finds the whole case by itself. Sectors
    likewise.
    """

    def __init__(self, case: Case) -> None:
        self._case = case
        self.count = len(case.ids("regions", "region"))
        self.parent = np.full(self.count, -1, dtype=np.int64)
        self.parent[case.codes("regions", "region")] = case.codes("regions", "parent")
        sources, sectors = len(case.ids("sources", "source")), case.ids("sources", "sector")
        self.region = np.full(sources, -1, dtype=np.int64)
        self.sector = np.full(sources, -1, dtype=np.int64)
        self.region[case.codes("sources", "source")] = case.codes("sources", "region")
        self.sector[case.codes("sources", "source")] = case.codes("sources", "sector")
        self._sectors = len(sectors)

    @cached_property
    def levels(self) -> list[Codes]:
        """The regions by their depth in the tree, roots first."""
        levels, above = [], np.array([-1], dtype=np.int64)
        while len(above):
            above = np.flatnonzero(np.isin(self.parent, above))
            levels.append(above)
        return levels[:-1]

    def inside(self, region: int, sector: int) -> Flags:
        """Return which sources lie in a region, zones inside it included, and a sector; -1 is any."""
        zone = np.zeros(self.count + 1, dtype=bool)
        zone[region] = region >= 0
        for level in self.levels[1:]:
            zone[level] |= zone[self.parent[level]]
        found = zone[self.region] if region >= 0 else np.ones(len(self.region), dtype=bool)
        return found if sector < 0 else found & (self.sector == sector)

    def sums(self, source: Codes, kind: Codes, kinds: int, weights: Floats) -> Floats:
        """Return the sums of weights, each of a source and a kind, shape (zones, sectors, kinds)."""
        cell = (self.region[source] + 1) * (self._sectors + 1) + self.sector[source] + 1
        shape = (self.count + 1, self._sectors + 1, kinds)
        sums = totals(cell * kinds + kind, weights, shape[0] * shape[1] * shape[2]).reshape(shape)
        sums[:, 0] = sums.sum(axis=1)
        whole = sums.sum(axis=0)
        for level in reversed(self.levels[1:]):
            np.add.at(sums, self.parent[level] + 1, sums[level + 1])
        sums[0] = whole
        return sums

    def figures(self, attribute: str) -> Floats:
        """Return an attribute of every zone: its own, or that of the outermost zones inside that give one."""
        own = spread(self._case, "regions", attribute, self.count)
        inside = np.zeros(self.count + 1)
        figure = np.zeros(self.count)
        for level in reversed(self.levels):
            figure[level] = np.where(np.isnan(own[level]), inside[level + 1], own[level])
            np.add.at(inside, self.parent[level] + 1, figure[level])
        return np.concatenate((inside[:1], figure))
