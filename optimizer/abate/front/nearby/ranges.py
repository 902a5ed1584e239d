"""Ranges: between which ends each load and the cost of each source may move among the near-optimal plans.

Each end is a solve. It is spared where a plan that was met already stands at an end that the case itself sets: no load
exceeds what it can become, none falls below its floor, no cost below nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import sparse

from abate.front.exact.point import Floats
from abate.front.nearby.near_optimal import NearOptimal
from abate_data.case import Case
from abate_models.cost import greatest_costs

#: Share of a quantity's size within which an end is reached.
REACHED = 1e-7


class Ranges:
    """The ranges of all loads and, after them, of the yearly costs of all sources.

    Parameters
    ----------
    near : the near-optimal plans.
    best : columns of the best of them.
    meet : called with the columns of every plan that is met.
    """

    def __init__(self, near: NearOptimal, best: Floats, meet: Callable[[Floats], None]) -> None:
        self._near, self._meet = near, meet
        self._best = np.concatenate(near.meaning(best))
        self._ends = np.array([self._best, self._best])
        self._proved = np.ones(self._ends.shape, dtype=bool)
        full = greatest_costs(near.problem)
        least, most = near.load_bounds()
        self._sure = np.array([np.append(least, np.zeros_like(full)), np.append(most, full)])
        self._size = np.append(near.problem.loads.baseline, np.where(np.isfinite(full), full, 0.0))

    def settle(self, report: Callable[[str, int, int], None]) -> None:
        """Find both ends of every quantity."""
        loads = self._near.load_weights()
        names = [source for source, _ in self._near.problem.loads.keys] + self._near.problem.sources
        for side, sign in enumerate((1.0, -1.0)):
            costs = self._near.cost_weights(most=side == 1)
            weights = sparse.csr_array(sparse.vstack([loads, costs], format="csr"))
            for place, name in enumerate(names):
                report(f"how far {name} may go", side * len(names) + place, 2 * len(names))
                if abs(self._ends[side, place] - self._sure[side, place]) > REACHED * self._size[place]:
                    self._solve(side, place, sign * weights[[place]].toarray()[0])

    def _solve(self, side: int, place: int, weights: Floats) -> None:
        answer = self._near.least(weights)
        self._proved[side, place] = answer.proved
        if answer.columns is None:
            return
        self._meet(answer.columns)
        reached = np.concatenate(self._near.meaning(answer.columns))
        self._ends = np.array([np.minimum(self._ends[0], reached), np.maximum(self._ends[1], reached)])
        # what was charged for capital that is built already is more than the cost, so that the most may lie higher
        short = abs(abs(float(weights @ answer.columns)) - abs(reached[place]))
        self._proved[side, place] &= short <= REACHED * max(self._size[place], abs(reached[place]))

    def loads(self, case: Case) -> pd.DataFrame:
        """Return a row per load: source, pollutant, baseline, best, least, most, proved."""
        loads = self._near.problem.loads
        table = pd.DataFrame(loads.keys, columns=["source", "pollutant"]).assign(baseline=loads.baseline)
        return self._filled(table, slice(0, len(table)), case.settings.units.load)

    def costs(self, case: Case) -> pd.DataFrame:
        """Return a row per source: source, best, least, most, proved."""
        table = pd.DataFrame({"source": self._near.problem.sources})
        return self._filled(table, slice(len(self._best) - len(table), None), f"{case.settings.currency}/yr")

    def _filled(self, table: pd.DataFrame, at: slice, unit: str) -> pd.DataFrame:
        table["best"], table["least"], table["most"] = self._best[at], self._ends[0, at], self._ends[1, at]
        table["proved"] = np.logical_and(*self._proved[:, at])
        table.attrs["units"] = dict.fromkeys(table.columns.intersection(["baseline", "best", "least", "most"]), unit)
        return table
