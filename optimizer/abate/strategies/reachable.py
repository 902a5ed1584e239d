"""The technical floor of each load: the least that the measures of its source can bring it to, all by itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from abate.attainable import Progress, least_of_loads, technical_session
from abate.errors import Finding, InputError, SolverError
from abate.solver import SolutionStatus
from abate_models.problem import Problem

Floats = NDArray[np.float64]


def reachable_loads(problem: Problem, *, progress: Progress | None = None) -> Floats:
    """Return the least that each load can come to with all that its source can do, in the case's load unit.

    Each load has every shared resource to itself. Sources that share none do not see one another, so one solve per
    pollutant finds the least of all their loads at once; those that share are looked at one by one.

    Raises
    ------
    InputError
        Where the case has no measures.
    SolverError
        Where a solve fails.
    """
    loads = problem.loads
    if not problem.options.keys:
        cure = "fill tables options and removals, or choose a strategy that does not ask what technology can do"
        raise InputError([Finding("options", "has no measures: nothing is known of what can be reached", cure)])
    session = technical_session(problem)
    place = session.compiled.columns["allowed_load"]
    least = loads.baseline.copy()
    sharing = np.isin(loads.source, problem.options.source[problem.resources.use.sum(axis=0) > 0])
    for code in range(len(problem.pollutants)):
        chosen = (loads.pollutant == code) & ~sharing
        costs = np.zeros(session.compiled.matrix.shape[1])
        costs[place] = chosen
        session.minimise(costs)
        solution = session.solve()
        if solution.status is not SolutionStatus.OPTIMAL:
            raise SolverError(f"the least loads were not found: {solution.status.value}")
        least[chosen] = solution.values[place][chosen]
    alone = np.flatnonzero(sharing)
    for done, load in enumerate(alone):
        if progress is not None:
            progress("least load of each source", done, len(alone))
        least[load] = least_of_loads(session, np.arange(len(loads.keys)) == load)
    return np.clip(least, loads.floor, loads.baseline)
