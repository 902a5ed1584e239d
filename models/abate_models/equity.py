r"""Equity: limits on how the burden may be shared.

Reduction percent, for each load i in the scope of a rule:

.. math:: \ell \le 100 \, (L^0_i - L_i) / L^0_i \le u

Uniform treatment, one percentage p per rule and pollutant (zoned where several rules cover several zones):

.. math:: L_i = L^0_i \, (1 - p / 100)

Burden, for each source s with ability to pay a (income, output or flow):

.. math:: c_s \le u \, a_s, \qquad \text{and, where the greatest burden t is minimised,} \quad c_s \le t \, a_s

L is the load after measures, L0 the baseline, c the yearly cost of a source.
Row names: ``reduction_percent`` and ``uniform`` by (rule, source, pollutant), ``burden`` by (rule, source),
``worst_burden_need`` by source.
"""

from __future__ import annotations

import numpy as np
from pyomo.core.base.PyomoModel import ConcreteModel
from pyomo.core.base.var import Var
from scipy import sparse

from abate_data.errors import Finding, InputError
from abate_models.cost import cost_terms, greatest_costs
from abate_models.matrix import MatrixConstraint, bounded_variable, selection
from abate_models.problem import Problem

#: Sources that a message names before it counts the rest.
SHOWN_SOURCES = 5


def add_rules(model: ConcreteModel, problem: Problem) -> None:
    """Add the rows of every rule."""
    _add_reduction_percent(model, problem)
    _add_uniform(model, problem)
    _add_burden(model, problem)


def add_worst_burden(model: ConcreteModel, problem: Problem) -> None:
    """Add the variable `worst_burden`, the greatest cost of a source over its ability to pay.

    Raises
    ------
    InputError
        As `burdened`.
    """
    members, ability = burdened(problem)
    # no plan can burden anybody more than this, and the solver sees by it what sizes to expect
    most = greatest_burden(problem, members, ability)
    model.worst_burden = Var([0], bounds=(0, most), doc="greatest yearly cost of a source over its ability to pay")
    model.worst_burden_need = MatrixConstraint(
        [problem.sources[member] for member in members],
        terms=[
            *cost_terms(model, problem, selection(members, len(problem.sources))),
            (sparse.csr_array(-ability[:, None]), model.worst_burden),
        ],
        lower=np.array(-np.inf),
        upper=np.array(0.0),
        doc="cost of the source within the greatest burden",
    )


def burdened(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Return the sources that have options and their ability to pay: income, or output where no income is given.

    Raises
    ------
    InputError
        Where one of them lacks the ability.
    """
    name = "income" if not np.isnan(problem.abilities["income"]).all() else "output"
    members = np.unique(problem.options.source)
    return members, abilities(problem, members, name, "objective max_burden")


def abilities(problem: Problem, members: np.ndarray, name: str, asked_by: str) -> np.ndarray:
    """Return the ability to pay of some sources; InputError naming those that lack it."""
    ability = np.asarray(problem.abilities[name][members])
    lacking = [problem.sources[member] for member in members[~(ability > 0)]]
    if lacking:
        names = ", ".join(repr(source) for source in lacking[:SHOWN_SOURCES])
        more = f" and {len(lacking) - SHOWN_SOURCES} more" if len(lacking) > SHOWN_SOURCES else ""
        cure = f"give a positive {name} for sources {names}{more}, or choose another ability"
        raise InputError([Finding("sources", f"is needed by {asked_by}", cure, column=name)])
    return ability


def greatest_burden(problem: Problem, members: np.ndarray, ability: np.ndarray) -> float | None:
    """Return the burden of the most burdened of some sources with all its options in full; None without bound."""
    most = float((greatest_costs(problem)[members] / ability).max(initial=0.0))
    return most if np.isfinite(most) and most > 0 else None


def _add_reduction_percent(model: ConcreteModel, problem: Problem) -> None:
    rules, loads = problem.rules, problem.loads
    rows = rules.rows("reduction_percent")
    rule, load = np.nonzero(rules.loads[rows])
    if not len(rule):
        return
    rule = rows[rule]
    baseline = loads.baseline[load]
    model.reduction_percent = MatrixConstraint(
        [(rules.ids[r], *loads.keys[i]) for r, i in zip(rule, load, strict=True)],
        terms=[(selection(load, len(loads.keys)), model.allowed_load)],
        lower=np.nan_to_num(baseline * (1 - rules.upper[rule] / 100), nan=-np.inf),
        upper=np.nan_to_num(baseline * (1 - rules.lower[rule] / 100), nan=np.inf),
        doc="reduction of each source within the bounds of the rule, said of its load",
    )


def _add_uniform(model: ConcreteModel, problem: Problem) -> None:
    rules, loads = problem.rules, problem.loads
    rows = rules.rows("uniform")
    rule, load = np.nonzero(rules.loads[rows])
    if not len(rule):
        return
    pairs = np.stack([rows[rule], loads.pollutant[load]], axis=1)
    zones, zone = np.unique(pairs, axis=0, return_inverse=True)
    keys = [(rules.ids[r], problem.pollutants[p]) for r, p in zones]
    lower = np.nan_to_num(rules.lower[zones[:, 0]], nan=0.0)
    upper = np.nan_to_num(rules.upper[zones[:, 0]], nan=100.0)
    model.uniform_percent = bounded_variable(keys, lower, upper, doc="common reduction, % of the baseline")
    model.uniform = MatrixConstraint(
        [(rules.ids[r], *loads.keys[i]) for r, i in zip(pairs[:, 0], load, strict=True)],
        terms=[
            (selection(load, len(loads.keys)), model.allowed_load),
            (selection(zone.ravel(), len(keys), loads.baseline[load] / 100), model.uniform_percent),
        ],
        lower=loads.baseline[load],
        upper=loads.baseline[load],
        doc="every source of the zone reduces by the same percentage",
    )


def _add_burden(model: ConcreteModel, problem: Problem) -> None:
    rules = problem.rules
    rows = rules.rows("burden")
    with_options = np.isin(np.arange(len(problem.sources)), problem.options.source)
    rule, source = np.nonzero(rules.sources[rows] & with_options)
    if not len(rule):
        return
    rule = rows[rule]
    limit = np.empty(len(rule))
    for row in rows:
        of_rule = rule == row
        name = rules.ability[row]
        limit[of_rule] = rules.upper[row] * abilities(problem, source[of_rule], name, f"rule {rules.ids[row]!r}")
    model.burden = MatrixConstraint(
        [(rules.ids[r], problem.sources[s]) for r, s in zip(rule, source, strict=True)],
        terms=cost_terms(model, problem, selection(source, len(problem.sources))),
        lower=np.array(-np.inf),
        upper=limit,
        doc="cost of the source within the share of its ability to pay",
    )
