"""The state of a search: its population, its archive and its history, all of them arrays."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from abate.front.exact.point import Floats
from abate.front.exact.space import OVER
from abate.front.searched.archive import Archive
from abate.front.searched.checkpoint import Arrays
from abate.front.searched.encoding import Genes

#: Share of the hypervolume that counts as progress.
STALL_SHARE = 1e-4
#: Why a search ends where that is no fault.
EVALUATED, STALLED = "evaluations were made", "stalled"


@dataclass(frozen=True, eq=False)
class Plans:
    """Some plans of a generation, evaluated."""

    extents: Floats
    values: Floats
    violations: Floats


@dataclass(frozen=True, eq=False)
class State:
    """All that a search is after a generation.

    Attributes
    ----------
    genes, values, violations : of the population.
    archive : plans found so far.
    history : (generations x 3) generation, evaluations, hypervolume.
    """

    genes: Genes
    values: Floats
    violations: Floats
    archive: Archive
    history: Floats

    @property
    def evaluations(self) -> int:
        """How many plans were evaluated."""
        return int(self.history[-1, 1]) if len(self.history) else 0

    @property
    def told(self) -> tuple[int, int, float]:
        """Number of the generation, evaluations so far, and hypervolume."""
        generation, evaluations, hypervolume = self.history[-1]
        return int(generation), int(evaluations), float(hypervolume)

    def ended(self, most: int, deadline: float, stall: int) -> str:
        """Return why the search ends, blank where it goes on.

        Parameters
        ----------
        most : evaluations after which no generation is begun.
        deadline : time of `time.monotonic` after which none is.
        stall : generations over which the hypervolume has to grow by `STALL_SHARE` of itself.
        """
        grown = self.history[:, 2]
        if not len(grown):
            return ""  # given plans join the archive in any case
        if self.evaluations > most:
            return f"{self.evaluations} {EVALUATED}"
        if time.monotonic() >= deadline:
            return OVER
        # generation 0 is the given plans, and generation 1 the first population
        if len(grown) > stall + 2 and grown[-1] - grown[-1 - stall] <= STALL_SHARE * grown[-1]:
            return STALLED
        return ""

    def arrays(self) -> Arrays:
        """Return the state as arrays by name."""
        archive = self.archive
        own = {"genes": self.genes, "values": self.values, "violations": self.violations, "history": self.history}
        found = {"archive_values": archive.values, "archive_extents": archive.extents}
        return {**own, **found, "ideal": archive.ideal, "reference": archive.reference}

    @classmethod
    def of_arrays(cls, arrays: Arrays) -> State:
        """Return the state that was turned into arrays."""
        archive = Archive(arrays["archive_values"], arrays["archive_extents"], arrays["ideal"], arrays["reference"])
        return cls(arrays["genes"], arrays["values"], arrays["violations"], archive, arrays["history"])

    def grown(self, groups: Sequence[Plans]) -> State:
        """Return the state with those plans in the archive that keep every limit, and one more row of history."""
        values, extents, violations = (
            np.concatenate([getattr(plans, name) for plans in groups]) for name in ("values", "extents", "violations")
        )
        feasible = violations == 0
        archive = self.archive.with_plans(values[feasible], extents[feasible])
        row = [len(self.history), self.evaluations + len(values), archive.hypervolume()]
        return replace(self, archive=archive, history=np.vstack([self.history, row]))
