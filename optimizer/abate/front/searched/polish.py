"""Polish: the same yes-or-no decisions and no more load anywhere, at less cost if that can be.

One model is compiled, and each plan changes bounds of it only: what is installed is fixed, and every load is at most
what it is in the plan. The cheapest plan within that replaces it where it is worse in no objective.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace

import numpy as np

from abate.errors import SolverError
from abate.front.exact.point import SAME, Floats, spans
from abate.front.searched.evaluation import Evaluation, EvaluationError
from abate.outcome import clean
from abate.solver import Session
from abate_models.assemble import assemble
from abate_models.compile import compile_model
from abate_models.targets import BUDGET, CAP, QUALITY

logger = logging.getLogger(__name__)

#: Plans that are polished at most, unless another number is asked for.
MOST = 200


def polish(
    evaluation: Evaluation, extents: Floats, values: Floats, *, most: int = MOST, deadline: float = np.inf
) -> tuple[Floats, Floats]:
    """Return plans with their objectives, each polished or as it was.

    Parameters
    ----------
    extents, values : (plans x options) and (plans x p), to be minimised.
    most : how many plans are polished; where there are more, these are spread over the range of the first objective.
    deadline : time of `time.monotonic` after which the others are left as they are, as they are after Ctrl-C or where
        a solve or a function of the user's own fails.
    """
    extents, values = extents.copy(), values.copy()
    order = np.argsort(values[:, 0], kind="stable")
    chosen = order[np.unique(np.linspace(0, len(order) - 1, min(most, len(order))).astype(int))]
    if not len(chosen):
        return extents, values
    room = SAME * spans(values)
    polisher = _Polisher(evaluation)
    try:
        for plan in chosen:
            if time.monotonic() >= deadline:
                break
            better = polisher.polished(extents[plan])
            if better is None:
                continue
            told = evaluation.values(better[None])[0]
            if np.all(told <= values[plan] + room) and evaluation.violation(better[None])[0] == 0:
                extents[plan], values[plan] = better, told
    except KeyboardInterrupt:
        logger.info("polishing was interrupted")
    except (EvaluationError, SolverError) as error:
        logger.warning("polishing stopped: %s", error)
    return extents, values


class _Polisher:
    """The least-cost model of a problem, with decisions and loads that are set plan by plan."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._problem = problem = evaluation.problem
        compiled = compile_model(assemble(problem))
        self._compiled = replace(compiled, integer=np.zeros_like(compiled.integer))
        self._session = Session(self._compiled)
        soft = np.setdiff1d(np.arange(len(problem.targets.ids)), evaluation.limits.hard)
        for form in (QUALITY, CAP, BUDGET):
            ids = [problem.targets.ids[target] for target in np.intersect1d(soft, problem.targets.rows(form))]
            rows, free = compiled.rows_of(form, ids), np.full(len(ids), np.inf)
            self._session.bound_rows(rows, -free, free)

    def polished(self, extent: Floats) -> Floats | None:
        """Return the cheapest plan with the same decisions and no more load, None where none is found."""
        problem, compiled = self._problem, self._compiled
        loads = compiled.positions("allowed_load")
        load = problem.loads.baseline - problem.options.removal @ extent
        floor = compiled.column_lower[loads]
        self._session.bound_columns(loads, floor, np.maximum(load, floor))
        if "installed" in compiled.columns:
            decided = (extent[problem.options.discrete] > 0).astype(float)
            self._session.bound_columns(compiled.positions("installed"), decided, decided)
        solution = self._session.solve()
        return clean(problem, compiled, solution.values)[0] if solution.found else None
