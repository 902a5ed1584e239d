"""Targets of a case that hold with a probability: what a plan needs of them, before and after the solve."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from abate.margins import Chance, chances_of, quantiles, solve_with_margins
from abate.solver import Session, Solution
from abate_data.case import Case
from abate_models.compile import CompiledModel
from abate_models.margin import Deviation
from abate_models.problem import Problem

Floats = NDArray[np.float64]
#: Standard deviations of the values of a case's targets, by their rows, see `abate_models.margin`.
Deviations = Callable[[Case, Problem], Mapping[int, Deviation]]


@dataclass(frozen=True)
class Held:
    """By what margins targets hold with their probabilities.

    Attributes
    ----------
    margin : (targets,), what is held back from each limit, in the unit of its row; 0 where no probability is held.
    slope : (targets x loads), by how much that grows with a unit of each load.
    """

    margin: Floats
    slope: sparse.csr_array


@dataclass(frozen=True)
class Probabilities:
    """The probabilities with which targets of a problem are to hold.

    Attributes
    ----------
    quantile : per target, standard normal quantile of its probability; 0 where the expected value is judged.
    deviations : by row of the targets, the standard deviation of those that have a probability and are uncertain.
    chances : the same over the columns of a model.
    """

    quantile: Floats
    deviations: Mapping[int, Deviation]
    chances: list[Chance]

    @classmethod
    def of(cls, case: Case, problem: Problem, compiled: CompiledModel, deviations: Deviations | None) -> Probabilities:
        """Return the probabilities of a case's targets in a model of it; none where no deviations are given."""
        probability = problem.targets.probability
        asked = set(np.flatnonzero(~np.isnan(probability)).tolist()) if deviations else set()
        found = deviations(case, problem) if deviations and asked else {}
        own = {row: deviation for row, deviation in found.items() if row in asked}
        quantile = quantiles(probability)
        return cls(quantile, own, chances_of(problem, compiled, own, quantile))

    def solve(self, session: Session) -> Solution:
        """Solve a session on the model with everything held."""
        return solve_with_margins(session, self.chances)[0] if self.chances else session.solve()

    def held(self, load: Floats, extent: Floats) -> Held | None:
        """Return the margins under loads and extents; None where nothing uncertain is to hold with a probability."""
        if not self.deviations:
            return None
        margin, slopes = np.zeros(len(self.quantile)), []
        for row in range(len(margin)):
            slope = np.zeros(len(load))
            if row in self.deviations:
                deviation, quantile = self.deviations[row], self.quantile[row]
                margin[row] = quantile * deviation.at(load, extent)
                slope = quantile * deviation.slope(load, extent)
            slopes.append(sparse.csr_array(slope[None, :]))
        return Held(margin, sparse.csr_array(sparse.vstack(slopes, format="csr")))


def with_margins(problem: Problem, held: Held | None) -> Problem:
    """Return the problem with what is held back for probabilities added to the margins of its targets."""
    if held is None:
        return problem
    return replace(problem, targets=replace(problem.targets, margin=problem.targets.margin + held.margin))
