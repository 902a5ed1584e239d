"""Which year asks for more than can stand by then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from abate.solver import Session, SolutionStatus
from abate.staged.model import StagedModel, reachable_capacity
from abate.staged.stage import OutOfReachError
from abate_models.compile import CompiledModel


def out_of_reach(model: StagedModel, compiled: CompiledModel) -> OutOfReachError:
    """Return the error that names the first year that has no plan even with all that can stand by then.

    Parameters
    ----------
    compiled : the model of all years, which proved infeasible.
    """
    coupling, years = model.coupling, list(model.problems)
    reach = reachable_capacity(model.problems, coupling)
    for row, stage in enumerate(model.stages):
        options = stage.problem.options
        options = replace(options, upper=np.minimum(options.upper, reach[row]))
        alone = replace(
            coupling,
            built=coupling.built[[row]],
            ramp=np.full(len(options.keys), np.inf),
            available_from=np.full(len(options.keys), -np.inf),
            previous=None,
        )
        year = StagedModel([replace(stage, problem=replace(stage.problem, options=options))], alone)
        solution, _ = year.solve(Session(year.compiled))
        if solution.status is SolutionStatus.INFEASIBLE:
            return OutOfReachError(stage.year, reach[row], years, compiled)
    return OutOfReachError(None, reach[-1], years, compiled)
