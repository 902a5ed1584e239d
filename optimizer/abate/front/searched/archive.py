"""The archive: every plan found so far that none dominates, however many there are.

Values are told apart on a grid that is `SAME` of the box between ideal and reference wide. On it dominance is
transitive, so that the hypervolume of the archive never falls.
"""

from __future__ import annotations

from dataclasses import dataclass

import moocore
import numpy as np

from abate.front.exact.point import SAME, Floats, spans
from abate.front.indicators import hypervolume

#: By how much the reference lies beyond the worst of the first plans, as a share of their range.
MARGIN = 0.1


@dataclass(frozen=True, eq=False)
class Archive:
    """Plans of which none dominates another, in the order in which they were found.

    Attributes
    ----------
    values : (plans x p) objectives, to be minimised.
    extents : (plans x options).
    ideal, reference : (p) best and worst corner of the box in which hypervolume is told; both NaN while not known.
    """

    values: Floats
    extents: Floats
    ideal: Floats
    reference: Floats

    @classmethod
    def empty(cls, objectives: int, options: int, box: tuple[Floats, Floats] | None = None) -> Archive:
        """Return an archive without plans; without a box the first plans that are added give it."""
        unknown = np.full(objectives, np.nan)
        ideal, reference = box or (unknown, unknown)
        return cls(np.zeros((0, objectives)), np.zeros((0, options)), ideal, reference)

    def __len__(self) -> int:
        return len(self.values)

    def with_plans(self, values: Floats, extents: Floats) -> Archive:
        """Return the archive with some more plans, less those that are then dominated or there twice."""
        if not len(values):
            return self
        together = np.vstack([self.values, values])
        ideal, reference = self._box(together)
        size = spans(together) if np.isnan(ideal).any() else reference - ideal
        kept = moocore.is_nondominated(np.round((together - np.nan_to_num(ideal)) / (size * SAME)))
        return Archive(together[kept], np.vstack([self.extents, extents])[kept], ideal, reference)

    def scaled(self) -> Floats:
        """Return the values with 0 at the ideal and 1 at the reference; by their ranges while these are not known."""
        if np.isnan(self.ideal).any():
            return np.asarray((self.values - self.values.min(axis=0, initial=np.inf)) / spans(self.values))
        return np.asarray((self.values - self.ideal) / (self.reference - self.ideal))

    def hypervolume(self) -> float:
        """Return the share of the box that the plans dominate."""
        if not len(self) or np.isnan(self.ideal).any():
            return 0.0
        count = len(self.ideal)
        return hypervolume(np.round(self.scaled() / SAME) * SAME, np.zeros(count), np.ones(count))

    def _box(self, values: Floats) -> tuple[Floats, Floats]:
        """Return the box; a tenth is added to the range of the first values that differ in every objective."""
        if not np.isnan(self.ideal).any():
            return self.ideal, self.reference
        best = values[moocore.is_nondominated(values)]
        ideal, worst = best.min(axis=0), best.max(axis=0)
        if not np.all(worst - ideal > SAME * np.abs(best).max(axis=0)):
            return self.ideal, self.reference
        return ideal, ideal + (1.0 + MARGIN) * (worst - ideal)
