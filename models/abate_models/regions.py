"""The tree of regions: which sources a region, with all regions inside it, covers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from abate_data.case import Case

Mask = NDArray[np.bool_]


class Scopes:
    """Answers which sources, loads or regions lie in a scope (a region's subtree and a sector).

    Parameters
    ----------
    case : a checked case; its region tree has no circle.
    """

    def __init__(self, case: Case) -> None:
        self._inside = _subtrees(case)
        self._region = case.codes("sources", "region")
        self._sector = case.codes("sources", "sector")

    def regions(self, region: int) -> Mask:
        """Return which regions lie in the subtree of `region` (itself included); all of them for -1."""
        if region < 0:
            return np.ones(len(self._inside), dtype=bool)
        return np.asarray(self._inside[region])

    def sources(self, region: int, sector: int = -1) -> Mask:
        """Return which sources lie in a region's subtree and a sector; -1 stands for any."""
        covered = np.ones(len(self._region), dtype=bool)
        if region >= 0:
            # a source without a region (code -1) picks the False appended for it
            covered &= np.append(self._inside[region], False)[self._region]
        if sector >= 0:
            covered &= self._sector == sector
        return covered


def parents(case: Case) -> NDArray[np.int64]:
    """Return the code of the region above each region, -1 for a root; a last entry, -1, is that of no region."""
    parent = np.full(len(case.ids("regions", "region")) + 1, -1, dtype=np.int64)
    parent[case.codes("regions", "region")] = case.codes("regions", "parent")
    return parent


def _subtrees(case: Case) -> Mask:
    """Return the matrix (region x region): entry [a, b] says that b lies in the subtree of a."""
    parent = parents(case)
    count = len(parent) - 1
    inside = np.eye(count, dtype=bool)
    for region in range(count):
        above = parent[region]
        while above >= 0:
            inside[above, region] = True
            above = parent[above]
    return inside
