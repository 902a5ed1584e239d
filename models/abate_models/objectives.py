r"""Named objectives, minimised unless it says otherwise: what each one sums.

cost
    :math:`\sum_s c_s`, yearly cost of all sources.
exposure
    :math:`\sum_k P_k q_k` over the receptors k of one parameter: population P times quality q.
total_load
    :math:`\sum_i L_i`, load of one pollutant after measures.
removal
    :math:`\sum_i (L^0_i - L_i)`, load of one pollutant that is taken away from the baseline; maximised.
exceedance
    :math:`\sum_t s_t / S_t`, what targets of a priority above 0 give way, relative to their size.
max_burden
    the greatest cost of a source over its ability to pay.
inequity
    Gini index of the yearly cost per unit of ability to pay, see `abate_models.burden`; a ratio.
tail_risk
    mean relative miss of the targets in the worst scenarios of transfer coefficients, see `abate_models.tail`.

Where a case has several parameters or pollutants, the name carries the one that is meant: ``exposure:pm25``,
``total_load:NOx``. ``inequity:population`` names the ability to pay, ``tail_risk:0.95`` the share of the scenarios that
is not the tail.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyomo.core.base.PyomoModel import ConcreteModel
from pyomo.core.base.var import IndexedVar
from scipy import sparse

from abate_data.errors import Finding, InputError
from abate_data.schema import OXYGEN
from abate_models.burden import gap_terms, parties
from abate_models.cost import cost_vectors
from abate_models.matrix import MatrixConstraint
from abate_models.problem import Problem
from abate_models.relaxation import relaxable, target_sizes
from abate_models.tail import tail_share, tail_terms

Floats = NDArray[np.float64]

#: Every objective by name, with what it says.
OBJECTIVES = {
    "cost": "yearly cost of all measures",
    "exposure": "population-weighted quality over all receptors",
    "total_load": "load of one pollutant after measures",
    "exceedance": "sum of the relative exceedances of targets of a priority above 0",
    "max_burden": "greatest yearly cost of a source over its ability to pay",
    "removal": "load of one pollutant taken away from the baseline",
    "inequity": "Gini index of the yearly cost per unit of ability to pay",
    "tail_risk": "mean relative miss of the worst scenarios of transfer coefficients",
}
#: Objectives whose names may carry what is meant of several.
_OF_SEVERAL = ("exposure", "total_load", "removal", "inequity", "tail_risk")
#: Objectives that are not linear but a ratio of two that are.
RATIOS = ("inequity",)


@dataclass(frozen=True)
class Objective:
    """A linear objective: constant + sum of coefficients @ variable, to be minimised unless `maximised`."""

    name: str
    terms: list[tuple[np.ndarray, IndexedVar]]
    constant: float = 0.0
    maximised: bool = False


@dataclass(frozen=True)
class Ratio:
    """An objective to be minimised: numerator over denominator, 0 where both are 0; neither is ever negative."""

    name: str
    numerator: Objective
    denominator: Objective


def split_name(name: str) -> tuple[str, str]:
    """Return the objective and what stands after the colon: a parameter, pollutant, ability or share; blank for none.

    Raises
    ------
    InputError
        Where there is no such objective (the nearest name is offered), or it takes nothing after the colon.

    >>> split_name("exposure:pm25")
    ('exposure', 'pm25')
    """
    kind, colon, of = name.partition(":")
    if colon and kind in OBJECTIVES and kind not in _OF_SEVERAL:
        raise InputError([Finding("objective", "takes nothing after the colon", f"write {kind!r}", value=name)])
    if kind not in OBJECTIVES:
        near = difflib.get_close_matches(kind, OBJECTIVES, n=1)
        cure = f"did you mean {near[0]!r}?" if near else f"choose one of {', '.join(OBJECTIVES)}"
        raise InputError([Finding("objective", "is not known", cure, value=name)])
    return kind, of


def full_name(problem: Problem, name: str) -> str:
    """Return the name of an objective with what it leaves to the case, ``total_load:NOx`` for ``total_load``.

    Raises
    ------
    InputError
        Where the name is unknown, the case has several pollutants or parameters and none is named, or it lacks the
        figures that the objective asks for.
    """
    kind, of = split_name(name)
    if kind == "exposure":
        of = _one_of(name, of, problem.receptors.parameters, "parameter")
    if kind in ("total_load", "removal"):
        of = _one_of(name, of, problem.pollutants, "pollutant")
    if kind == "inequity":
        of = parties(problem, of).ability
    if kind == "tail_risk":
        of = tail_share(problem, of)
    return f"{kind}:{of}" if of else kind


def objective_of(model: ConcreteModel, problem: Problem, name: str) -> Objective:
    """Return a linear objective over the variables of an assembled model, by its full name.

    Raises
    ------
    InputError
        Where the case lacks the figures that the objective asks for.
    """
    kind, of = split_name(name)
    if kind == "cost":
        terms = [(vector, model.component(key)) for key, vector in cost_vectors(problem).items()]
        return Objective(name, terms)
    if kind == "exposure":
        per_load, constant = exposure_of(problem, of)
        return Objective(name, [(per_load, model.allowed_load)], constant)
    if kind in ("total_load", "removal"):
        return _of_loads(model, problem, name)
    if kind == "max_burden":
        return Objective(name, [(np.ones(1), model.worst_burden)])
    if kind == "tail_risk":
        return Objective(name, tail_terms(model, of))
    weights = 1.0 / target_sizes(problem)[relaxable(problem)]
    return Objective(name, [(weights, model.exceedance)] if len(weights) else [])


def ratio_of(model: ConcreteModel, problem: Problem, name: str) -> Ratio:
    """Return an objective of `RATIOS` over the variables of an assembled model, by its full name."""
    gaps = Objective(f"{name} x cost", gap_terms(model, problem, parties(problem, split_name(name)[1])))
    return Ratio(name, gaps, objective_of(model, problem, "cost"))


def free_row(objective: Objective) -> MatrixConstraint:
    """Return the objective, without its constant, as a row without bounds, to be bounded once its best is known."""
    return MatrixConstraint(
        [objective.name],
        terms=[(sparse.csr_array(vector[np.newaxis, :]), variable) for vector, variable in objective.terms],
        lower=np.array(-np.inf),
        upper=np.array(np.inf),
        doc="value of the objective",
    )


def exposure_of(problem: Problem, parameter: str) -> tuple[Floats, float]:
    """Return the exposure to a parameter as coefficients (loads) and a constant.

    Raises
    ------
    InputError
        Where more of the parameter does no harm, or no receptor has a population.
    """
    receptors, name = problem.receptors, f"exposure:{parameter}"
    if parameter == OXYGEN:
        cure = "choose a parameter that is better the lower it is"
        raise InputError([Finding("objective", "counts what people are harmed by", cure, value=name)])
    weights = receptors.population * np.array([key[1] == parameter for key in receptors.keys])
    if not weights.any():
        cure = "give the population of the receptors in table receptors"
        raise InputError([Finding("receptors", f"objective {name} needs it", cure, column="population")])
    return np.asarray(receptors.transfer.T @ weights), float(weights @ receptors.background)


def _of_loads(model: ConcreteModel, problem: Problem, name: str) -> Objective:
    kind, pollutant = split_name(name)
    counted = (problem.loads.pollutant == problem.pollutants.index(pollutant)).astype(float)
    if kind == "total_load":
        return Objective(name, [(counted, model.allowed_load)])
    return Objective(name, [(-counted, model.allowed_load)], float(counted @ problem.loads.baseline), maximised=True)


def _one_of(name: str, wanted: str, known: list[str], what: str) -> str:
    if wanted in known:
        return wanted
    if not wanted and len(known) == 1:
        return known[0]
    choices = ", ".join(f"{name.partition(':')[0]}:{choice}" for choice in known)
    cure = f"choose {choices}" if known else "give receptors and transfer coefficients, or choose another objective"
    raise InputError([Finding("objective", f"needs a {what} of the case", cure, value=name)])
