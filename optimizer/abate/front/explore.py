"""The trade-offs of a case: from names of objectives to a front of verified plans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from abate.attainable import no_report
from abate.decomposing import check_arguments, decompose_expected
from abate.errors import Finding, InputError, SolverError
from abate.front.case_source import CaseSource
from abate.front.effort import Effort
from abate.front.exact.corners import InfeasibleError
from abate.front.exact.method import Report
from abate.front.exact.point import SAME, non_dominated, spans
from abate.front.exact.space import INTERRUPTED
from abate.front.front import Front
from abate.front.searched.evaluation import ATTAINMENT, Evaluation, OwnFunction
from abate.front.solving import explore_linear
from abate_data.case import Case
from abate_models.objectives import RATIOS, split_name

#: The method for objectives that are not linear.
SEARCH = "search"


def explore(
    case: Case,
    objectives: Sequence[str | OwnFunction] = ("cost", "exposure"),
    *,
    method: str | None = None,
    effort: Effort | None = None,
    progress: Report | None = None,
) -> Front:
    """Return the trade-offs between two or more objectives under the targets of a case.

    Parameters
    ----------
    case : from `abate.load`.
    objectives : cost, exposure, total_load, removal, exceedance, max_burden, tail_risk (see
        `abate_models.objectives`): the front is exact; inequity, attainment (probability that all targets are
        attained) or a function of the allocation (a DataFrame: source, pollutant, baseline, allowed, reduction) that
        returns a number to be minimised: the front is searched from exact points.
    method : dichotomy, sandwich, epsilon, boxes, zones or search; the one that suits the case without it.
    effort : gap, limits, seed and workers.
    progress : called with (what, solves or evaluations, gap) as the work goes on.

    Returns
    -------
    Front
        Each point verified against the case's tables; it says whether it is complete. Ctrl-C ends the work and
        returns what was found by then.

    Raises
    ------
    InputError
        Where there are fewer than two objectives, one is unknown, named twice, the same in every plan, or asks for
        figures that the case does not give, the case has no options, or the method does not suit it.
    NoPlanError
        Where the targets cannot hold together.
    SolverError
        Where not a single point was found.
    """
    check_arguments(case, None, 0.0)
    effort = effort or Effort()
    asked = _asked(objectives)
    known = [one for one in asked if isinstance(one, str) and one != ATTAINMENT]
    searched = [one for one in asked if not isinstance(one, str) or one == ATTAINMENT]
    try:
        if searched or method == SEARCH or any(split_name(name)[0] in RATIOS for name in known):
            _refuse_exact(method)
            from abate.front.searched.hybrid import explore_searched

            front, source = explore_searched(case, asked, effort, progress)
        else:
            source = CaseSource.of(case, known)
            front = explore_linear(
                source.compiled, source.objectives, source, method=method, effort=effort, progress=progress
            )
            front = _as_planned(front, source)
    except InfeasibleError as error:
        decompose_expected(case, time_limit=effort.time_limit)  # says which targets are in conflict
        raise SolverError(f"no plan was found although the case has one: {error}") from error
    return _verified(front, source, progress or no_report)


def _as_planned(front: Front, source: CaseSource) -> Front:
    """Return an exact front with the objectives that its plans have.

    A column that only bounds others from above, such as the worst burden, stands where it likes until a solve makes it
    small; at a corner that was cut short none has.
    """
    told = Evaluation(source.case, source.problem, front.names).values(source.extents(front.columns))
    values = np.where(told < front.values - SAME * spans(front.values), told, front.values)
    if np.array_equal(values, front.values):
        return front
    order = np.lexsort(values.T[::-1])
    return _with_points(replace(front, values=values), order[non_dominated(values[order])])


def _with_points(front: Front, kept: Sequence[int] | np.ndarray) -> Front:
    return replace(front, **{name: getattr(front, name)[kept] for name in ("values", "columns", "optimal", "gaps")})


def _asked(objectives: Sequence[str | OwnFunction]) -> list[str | OwnFunction]:
    """Return the objectives, InputError where they are not two or more, or one is neither a name nor a function."""
    asked: list[str | OwnFunction] = [objectives] if isinstance(objectives, str) else list(objectives)
    cure = "name two or more, such as ['cost', 'exposure']"
    findings = [
        Finding("objectives", "is neither a name nor a function", cure, value=repr(one)[:80])
        for one in asked
        if not isinstance(one, str) and not callable(one)
    ]
    if len(asked) < 2:
        findings.append(Finding("objectives", "are too few to trade off", cure, value=", ".join(map(str, asked))))
    if findings:
        raise InputError(findings)
    return asked


def _refuse_exact(method: str | None) -> None:
    if method not in (None, SEARCH):
        cure = "leave it out: objectives that are no sums of loads and costs are searched"
        raise InputError([Finding("method", "cannot find the front of these objectives", cure, value=method)])


def _verified(front: Front, source: CaseSource, report: Report) -> Front:
    """Return a front after every point of it has passed its certificate; what has not is left out, and said."""
    kept: list[int] = []
    failed: list[str] = []
    stopped = ""
    solves = sum(count for what, count in front.solves.items() if what != "evaluations")
    try:
        for place, columns in enumerate(front.columns):
            report(f"checking plan {place + 1} of {len(front)}", solves, front.gap)
            try:
                source.verify(columns)
                kept.append(place)
            except SolverError as error:
                failed.append(str(error))
    except KeyboardInterrupt:
        stopped = INTERRUPTED
    if len(kept) == len(front):
        return front
    if not kept:
        raise SolverError(f"no point of the front could be verified: {failed[0] if failed else stopped}")
    left_out = f"{len(failed)} of {len(front)} points were left out, the first because {failed[0]}" if failed else ""
    reasons = [front.reason, left_out, stopped]
    return replace(_with_points(front, kept), gap=np.inf, reason="; ".join(filter(None, reasons)))
