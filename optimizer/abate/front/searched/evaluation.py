"""What plans come to in every objective, linear or not: many plans at once, by their extents.

Named objectives are those of `abate_models.objectives`, and besides

attainment
    the probability that all targets are attained although coefficients are not known exactly, see
    `abate.comparison.chance`; maximised.

A function of one's own is called with the allocation of a plan, a table of source, pollutant, baseline, allowed and
reduction with the units of its columns in ``attrs["units"]``, and returns one number. Its name is that of the function,
and it is maximised where it has an attribute ``maximise`` that is true.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from abate.comparison.chance import Chances
from abate.comparison.view import View
from abate.errors import AbateError, Finding, InputError
from abate.front.criterion import Criterion
from abate.front.exact.point import Floats
from abate.front.searched.batch import Batch
from abate.front.searched.limits import Limits
from abate.solver import FEASIBILITY_TOLERANCE
from abate.tables import objective_unit
from abate_data.case import Case
from abate_models.burden import inequity_of, parties
from abate_models.equity import burdened
from abate_models.objectives import exposure_of, full_name, split_name
from abate_models.problem import Problem
from abate_models.relaxation import relaxable, target_sizes
from abate_models.tail import tail_risk_of

#: The objective that only a search knows.
ATTAINMENT = "attainment"
#: Draws by which the probability of attainment is told.
SAMPLES = 200
#: Objectives that are maximised.
_MAXIMISED = ("removal", ATTAINMENT)

#: A function of one's own: the allocation of a plan to one number.
OwnFunction = Callable[[pd.DataFrame], float]
#: Values of one objective for the plans of a batch.
_Measure = Callable[[Batch], Floats]


class EvaluationError(AbateError):
    """A function of the user's own raised an error, or returned no number."""


class Evaluation:
    """All objectives of a search, and what has to be kept.

    Parameters
    ----------
    case : from `abate.load`.
    problem : the same as numbers, with every limit resolved.
    objectives : names, and functions of one's own.
    seed : of the draws of attainment.

    Attributes
    ----------
    criteria : the objectives: name, unit, whether more is better.
    problem, limits : what is planned, and what has to be kept. Where exceedance is an objective, targets of a priority
        above 0 may give way.

    Raises
    ------
    InputError
        Where an objective is unknown, named twice, or asks for figures that the case does not give.
    """

    def __init__(self, case: Case, problem: Problem, objectives: Sequence[str | OwnFunction], *, seed: int = 0) -> None:
        self.case, self.problem, self.seed = case, problem, seed
        self.criteria = tuple(_criterion(case, problem, objective) for objective in objectives)
        names = [criterion.name for criterion in self.criteria]
        twice = dict.fromkeys(name for place, name in enumerate(names) if name in names[:place])
        if twice:
            cure = "name it once; give each function a name of its own"
            raise InputError([Finding("objectives", "is named twice", cure, value=name) for name in twice])
        soft = np.zeros(len(problem.targets.ids), dtype=bool)
        soft[relaxable(problem)] = "exceedance" in names
        self.limits = Limits(problem, soft)
        self._measures = [
            _measure(case, problem, name, seed) if isinstance(objective, str) else _own(case, objective, name)
            for objective, name in zip(objectives, names, strict=True)
        ]
        self._signs = np.array([-1.0 if criterion.maximised else 1.0 for criterion in self.criteria])

    def values(self, extents: Floats) -> Floats:
        """Return the objectives of plans, (plans x p), to be minimised: negatives of those that are maximised.

        Parameters
        ----------
        extents : (plans x options).

        Raises
        ------
        EvaluationError
            Where a function of one's own raises an error or returns no finite number.
        """
        batch = Batch(self.problem, extents)
        return np.asarray(self._signs * np.array([measure(batch) for measure in self._measures]).T)

    def violation(self, extents: Floats) -> Floats:
        """Return the sum of the relative violations of targets, resources and rules, (plans); 0 where all are kept."""
        return self.limits.violation(Batch(self.problem, extents))


def _criterion(case: Case, problem: Problem, objective: str | OwnFunction) -> Criterion:
    if isinstance(objective, str):
        name = objective if objective == ATTAINMENT else full_name(problem, objective)
        return Criterion(name, objective_unit(case, name), name.partition(":")[0] in _MAXIMISED)
    if not callable(objective):
        cure = "give a name, or a function that takes the allocation of a plan and returns a number"
        raise InputError([Finding("objectives", "is neither a name nor a function", cure, value=repr(objective)[:80])])
    name = getattr(objective, "__name__", type(objective).__name__)
    return Criterion(name, "", bool(getattr(objective, "maximise", False)))


def _measure(case: Case, problem: Problem, name: str, seed: int) -> _Measure:
    """Return the measure of a named objective, by its full name."""
    if name == ATTAINMENT:
        return _attainment(case, problem, seed)
    kind, of = split_name(name)
    return _BUILDERS[kind](problem, of)


def _cost(_problem: Problem, _of: str) -> _Measure:
    return lambda batch: np.asarray(batch.option_cost.sum(axis=1))


def _exposure(problem: Problem, parameter: str) -> _Measure:
    per_load, constant = exposure_of(problem, parameter)
    return lambda batch: np.asarray(batch.load @ per_load + constant)


def _total_load(problem: Problem, pollutant: str) -> _Measure:
    counted = problem.loads.pollutant == problem.pollutants.index(pollutant)
    return lambda batch: np.asarray(batch.load[:, counted].sum(axis=1))


def _removal(problem: Problem, pollutant: str) -> _Measure:
    counted, baseline = problem.loads.pollutant == problem.pollutants.index(pollutant), problem.loads.baseline
    return lambda batch: np.asarray((baseline - batch.load)[:, counted].sum(axis=1))


def _inequity(problem: Problem, ability: str) -> _Measure:
    paying = parties(problem, ability)
    return lambda batch: inequity_of(paying, batch.source_cost)


def _exceedance(problem: Problem, _of: str) -> _Measure:
    chosen, targets = relaxable(problem), problem.targets
    sizes = target_sizes(problem)

    def measure(batch: Batch) -> Floats:
        passed = (targets.sign * (batch.targets - targets.allowed) / sizes)[:, chosen]
        return np.asarray(np.maximum(passed, 0.0).sum(axis=1))

    return measure


def _max_burden(problem: Problem, _of: str) -> _Measure:
    members, ability = burdened(problem)
    return lambda batch: np.asarray((batch.source_cost[:, members] / ability).max(axis=1))


def _tail_risk(problem: Problem, share: str) -> _Measure:
    risk = tail_risk_of(problem, float(share))
    return lambda batch: risk(batch.load)


_BUILDERS: dict[str, Callable[[Problem, str], _Measure]] = {
    "cost": _cost,
    "exposure": _exposure,
    "total_load": _total_load,
    "removal": _removal,
    "inequity": _inequity,
    "exceedance": _exceedance,
    "max_burden": _max_burden,
    "tail_risk": _tail_risk,
}


def _attainment(case: Case, problem: Problem, seed: int) -> _Measure:
    chances = Chances(case, problem, View(samples=SAMPLES, seed=seed))
    targets = problem.targets
    if not len(targets.ids) or not chances.uncertain:
        cure = "give targets of kind quality, or relative_sd in table loads, or choose another objective"
        raise InputError(
            [Finding("objective", "needs targets that something uncertain bears on", cure, "", "", ATTAINMENT)]
        )
    room = FEASIBILITY_TOLERANCE * target_sizes(problem)

    def measure(batch: Batch) -> Floats:
        known = targets.sign * (batch.targets - targets.allowed) <= room
        plans = zip(batch.load, known, strict=True)
        return np.array([chances.attained(load, as_known).all(axis=1).mean() for load, as_known in plans])

    return measure


def _own(case: Case, function: OwnFunction, name: str) -> _Measure:
    """Return the measure that calls a function of the user's own, plan by plan."""
    loads = case["loads"]
    ids = {key: loads[key].astype(str).to_numpy(dtype=object) for key in ("source", "pollutant")}
    unit = case.settings.units.load

    def measure(batch: Batch) -> Floats:
        baseline = batch.problem.loads.baseline
        values = np.empty(len(batch.extents))
        for plan, allowed in enumerate(batch.load):
            # a table of its own for every call: what the function does to it stays there
            table = pd.DataFrame({**ids, "baseline": baseline, "allowed": allowed, "reduction": baseline - allowed})
            table.attrs["units"] = {"baseline": unit, "allowed": unit, "reduction": unit}
            values[plan] = _called(function, name, table)
        return values

    return measure


def _called(function: OwnFunction, name: str, table: pd.DataFrame) -> float:
    try:
        value: Any = function(table)
    except Exception as error:
        raise EvaluationError(f"the function {name!r} raised {type(error).__name__}: {error}") from error
    if not isinstance(value, Real) or isinstance(value, bool) or not np.isfinite(float(value)):
        raise EvaluationError(f"the function {name!r} returned {value!r:.80}, which is no finite number")
    return float(value)
