"""Fronts of objectives that are not all linear: searched from exact points, and stated against exact bounds."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from abate.attainable import no_report
from abate.front.case_source import CaseSource
from abate.front.effort import Effort
from abate.front.exact.cuts import area_above
from abate.front.exact.method import Report
from abate.front.exact.point import Floats, non_dominated
from abate.front.front import Front
from abate.front.indicators import hypervolume
from abate.front.searched.archive import MARGIN
from abate.front.searched.batch import Batch
from abate.front.searched.evaluation import ATTAINMENT, Evaluation, OwnFunction
from abate.front.searched.exact_seeds import Seeds, exact_seeds
from abate.front.searched.polish import polish
from abate.front.searched.search import SearchResult, search
from abate.front.searched.spaces import choose_encoding
from abate.front.searched.state import EVALUATED, STALLED
from abate_data.case import Case
from abate_models.objectives import RATIOS, split_name
from abate_models.problem import Problem
from abate_models.relaxation import relaxable


def explore_searched(
    case: Case, asked: Sequence[str | OwnFunction], effort: Effort, progress: Report | None
) -> tuple[Front, CaseSource]:
    """Return the searched front of objectives of which some are not linear, and the case behind it.

    Raises
    ------
    InfeasibleError
        Where the targets cannot hold together.
    InputError, SolverError
        As `abate.explore`.
    """
    report = progress or no_report
    deadline = np.inf if effort.time_limit is None else time.monotonic() + effort.time_limit
    source = _source(case, asked)
    evaluation = Evaluation(case, source.problem, asked, seed=effort.seed)
    source = replace(source, names=tuple(criterion.name for criterion in evaluation.criteria))
    budget = np.inf if effort.solves is None else effort.solves
    seeds = exact_seeds(source, workers=effort.workers, deadline=deadline, budget=budget, report=report)
    given = source.extents(seeds.columns)
    box = _box(evaluation, seeds, given)
    result = search(
        evaluation,
        choose_encoding(evaluation, effort.space),
        given,
        evaluations=effort.evaluations,
        seed=effort.seed,
        deadline=deadline,
        box=box,
        checkpoint=None if effort.checkpoint is None else Path(effort.checkpoint),
        report=lambda generation, count, volume: report(f"generation {generation}", count, 1.0 - volume),
    )
    extents, values = polish(evaluation, result.extents, result.values, deadline=deadline)
    return _front(source, evaluation, seeds, result, (extents, values, box)), source


def _source(case: Case, asked: Sequence[str | OwnFunction]) -> CaseSource:
    """Return the source of a case with the objectives that its model can tell, and two linear ones at least."""
    known = [one for one in asked if isinstance(one, str) and one != ATTAINMENT]
    linear = [name for name in known if split_name(name)[0] not in RATIOS]
    kinds = [name.partition(":")[0] for name in linear]
    more = [name for name in _companions(case, ATTAINMENT in asked) if name.partition(":")[0] not in kinds]
    return CaseSource.of(case, known + more[: max(2 - len(linear), 0)])


def _companions(case: Case, simulated: bool) -> list[str]:
    """Return linear objectives along which exact points are spread where too few are asked for."""
    has_quality = bool((case["targets"]["kind"] == "quality").any()) and len(case["transfer"]) > 0
    loads = [f"total_load:{case.ids('loads', 'pollutant')[0]}"]
    return ["cost", *(["tail_risk:0.9"] if simulated and has_quality else []), *loads]


def _box(evaluation: Evaluation, seeds: Seeds, given: Floats) -> tuple[Floats, Floats]:
    """Return ideal and reference of the box in which hypervolume is told: exact where that is known."""
    values = evaluation.values(given)
    exact = np.array([seeds.ideal.get(criterion.name, np.nan) for criterion in evaluation.criteria])
    ideal = np.fmin(exact, values.min(axis=0))
    worst = values.max(axis=0)
    size = np.where(worst > ideal, worst - ideal, np.maximum(np.abs(ideal), 1.0))
    return ideal, ideal + (1.0 + MARGIN) * size


def _front(
    source: CaseSource,
    evaluation: Evaluation,
    seeds: Seeds,
    result: SearchResult,
    found: tuple[Floats, Floats, tuple[Floats, Floats]],
) -> Front:
    extents, values, (ideal, reference) = found
    order = np.lexsort(values.T[::-1])
    order = order[non_dominated(values[order], reference - ideal)]
    ordinary = result.reason.endswith((EVALUATED, STALLED))
    asked = "it was asked for" if source.linear is not None else "not every objective is linear"
    return Front(
        criteria=evaluation.criteria,
        values=values[order],
        columns=_columns(source, extents[order]),
        optimal=np.zeros(len(order), dtype=bool),
        gaps=np.full(len(order), np.inf),
        ideal=ideal,
        scale=reference - ideal,
        gap=np.inf,
        unexplored=np.nan,
        method="search",
        why=f"{asked}; {result.reason}; {_against_bounds(evaluation, seeds, values)}",
        reason=seeds.reason if ordinary else "; ".join(filter(None, [seeds.reason, result.reason])),
        solves={**seeds.solves, "evaluations": int(result.history["evaluations"].max()) if len(result.history) else 0},
        history=result.history,
        origin=source,
    )


def _against_bounds(evaluation: Evaluation, seeds: Seeds, values: Floats) -> str:
    """Say how much is held of what two linear objectives can come to at most, which is proved."""
    names = [criterion.name for criterion in evaluation.criteria]
    if len(seeds.linear) != 2 or not set(seeds.linear) <= set(names) or not seeds.found.cuts:
        return "no bound is known for what was missed"
    exact = np.array([point.objectives for point in seeds.found.points])
    low, high = seeds.found.ideal, exact.max(axis=0)
    possible = area_above(low, high, high - low, seeds.found.cuts) if (high > low).all() else 0.0
    held = hypervolume(values[:, [names.index(name) for name in seeds.linear]], low, high)
    share = 100.0 * held / possible if possible > 0 else 100.0
    return f"it holds {share:.4g} % of all that {' and '.join(seeds.linear)} can come to"


def _columns(source: CaseSource, extents: Floats) -> Floats:
    """Return the columns of the model for plans given by their extents; those of other blocks stay 0."""
    problem: Problem = source.problem
    options, slices = problem.options, source.compiled.columns
    columns = np.zeros((len(extents), len(source.compiled.cost)))
    columns[:, slices["extent"]] = extents
    columns[:, slices["allowed_load"]] = problem.loads.baseline - extents @ options.removal.T
    if "installed" in slices:
        columns[:, slices["installed"]] = extents[:, options.discrete] > 0
    if "expansion" in slices:
        columns[:, slices["expansion"]] = np.maximum(extents - options.built, 0.0)[:, options.expandable]
    if "exceedance" in slices:
        targets = problem.targets
        passed = targets.sign * (Batch(problem, extents).targets - targets.allowed)
        columns[:, slices["exceedance"]] = np.maximum(passed, 0.0)[:, relaxable(problem)]
    return columns
