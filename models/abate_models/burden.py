r"""Burden: how unequally the yearly cost is spread over those who pay, set against what each can bear.

For parties i with yearly cost c and part m of the ability to pay (their sum is 1):

.. math:: G = \sum_{i<j} |m_j c_i - m_i c_j| \, / \, \sum_i c_i

G is the Gini index of the cost per unit of ability: 0 where all pay in proportion, and where nobody pays. Both sums
are linear in the costs and the gaps d of the pairs, of which one row each is enough, since
:math:`|y| = 2 \max(0, y) - y`:

.. math::

    d_{ij} \ge m_j c_i - m_i c_j, \qquad d_{ij} \ge 0, \qquad
    \sum_{i<j} |m_j c_i - m_i c_j| = \min \sum_{i<j} \left( 2 d_{ij} - m_j c_i + m_i c_j \right)

Parties are the sources that have options or, where population is the ability, the regions that these stand in.
Row names: ``party_cost_balance`` by (ability, party), ``cost_gap_need`` by (ability, party, other party).
Source of the index: Sun et al., Resources, Conservation and Recycling 54 (2010) 601-608.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyomo.core.base.PyomoModel import ConcreteModel
from pyomo.core.base.var import IndexedVar
from scipy import sparse

from abate_data.errors import Finding, InputError
from abate_data.names import offer
from abate_models.cost import cost_terms, greatest_costs
from abate_models.equity import SHOWN_SOURCES
from abate_models.matrix import MatrixConstraint, bounded_variable, selection
from abate_models.problem import Problem

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

#: What a cost may be set against, in the order in which one is looked for where none is named.
ABILITIES = ("income", "output", "population", "baseline", "equal")
#: So many parties are compared pair by pair at most; a model of more would not fit into memory.
MOST_PARTIES = 2000


@dataclass(frozen=True, eq=False)
class Parties:
    """Those who pay.

    Attributes
    ----------
    ability : what their costs are set against, one of `ABILITIES`.
    names : ids of sources, or of regions where the ability is population.
    members : (parties x sources), 1 where a source is, or stands in, a party.
    part : share of each in the sum of the abilities; their sum is 1.
    """

    ability: str
    names: list[str]
    members: sparse.csr_array
    part: Floats


@dataclass(frozen=True, eq=False)
class _Pairs:
    """All pairs of some parties: places of the two of each, the one that can come to less per ability first."""

    first: Codes
    second: Codes


def parties(problem: Problem, ability: str = "") -> Parties:
    """Return the parties with their parts of an ability; without one, of the first that all figures are given for.

    Raises
    ------
    InputError
        Where there is no such ability, a party lacks it, or there are fewer than two parties.
    """
    if ability and ability not in ABILITIES:
        finding = Finding("objective", "is no ability to pay", offer(ability, ABILITIES, "ability"), value=ability)
        raise InputError([finding])
    chosen = ability or next(name for name in ABILITIES if _is_given(_amounts(problem, name)[2]) or name == "equal")
    codes, party, amount = _amounts(problem, chosen)
    names = [
        (problem.regions if chosen == "population" else problem.sources)[code] if code >= 0 else "" for code in codes
    ]
    _refuse_gaps(problem, chosen, names, amount)
    paying = np.unique(problem.options.source)
    members = sparse.csr_array(
        sparse.coo_array((np.ones(len(paying)), (party, paying)), shape=(len(codes), len(problem.sources)))
    )
    return Parties(chosen, names, members, amount / amount.sum())


def inequity_of(of: Parties, source_cost: Floats) -> Floats:
    """Return the Gini index of yearly costs per unit of ability, 0 where nobody pays.

    Parameters
    ----------
    source_cost : (sources) or (plans x sources), money per year.

    Returns
    -------
    One number, or (plans).
    """
    cost = np.asarray(source_cost @ of.members.T)
    # the costs must be in ascending order of the burden: in any other order the index may come out negative
    order = np.argsort(cost / of.part, axis=-1, kind="stable")
    part = of.part[order]
    cost = np.take_along_axis(cost, order, axis=-1)
    total = cost.sum(axis=-1)
    below = np.cumsum(cost, axis=-1) - cost / 2.0
    area = 2.0 * (part * below).sum(axis=-1)
    return np.asarray(np.maximum(0.0, 1.0 - np.divide(area, total, out=np.ones_like(total), where=total > 0)))


def add_cost_gaps(model: ConcreteModel, problem: Problem, of: Sequence[Parties]) -> None:
    """Add the cost of each party and the gaps between the parties, for one set of parties per ability.

    Raises
    ------
    InputError
        Where there are too many parties to compare them pair by pair.
    """
    for one in of:
        _refuse_many(one)
    keys: list[Hashable] = [(one.ability, name) for one in of for name in one.names]
    members = sparse.csr_array(sparse.vstack([one.members for one in of], format="csr"))
    most = _greatest(problem, members)
    model.party_cost = bounded_variable(keys, np.zeros(len(keys)), most, doc="yearly cost of a party")
    model.party_cost_balance = MatrixConstraint(
        model.party_cost.index_set(),
        terms=[
            *cost_terms(model, problem, members),
            (-sparse.eye_array(len(keys), format="csr"), model.party_cost),
        ],
        lower=np.array(0.0),
        upper=np.array(0.0),
        doc="yearly cost of the sources of a party",
    )
    _add_gaps(model, problem, of, most)


def gap_terms(model: ConcreteModel, problem: Problem, of: Parties) -> list[tuple[np.ndarray, IndexedVar]]:
    """Return the terms of the sum of all gaps between parties whose gaps are in the model."""
    pairs, count = _pairs(problem, of), len(of.names)
    slope = np.zeros(count)
    np.add.at(slope, pairs.second, of.part[pairs.first])
    np.subtract.at(slope, pairs.first, of.part[pairs.second])
    return [
        (_spread(model.party_cost, of.ability, slope), model.party_cost),
        (_spread(model.cost_gap, of.ability, np.full(len(pairs.first), 2.0)), model.cost_gap),
    ]


def _add_gaps(model: ConcreteModel, problem: Problem, of: Sequence[Parties], most: Floats) -> None:
    pieces = [_pairs(problem, one) for one in of]
    starts = np.cumsum([0, *(len(one.names) for one in of)])
    named = list(zip(of, pieces, strict=True))
    keys: list[Hashable] = [
        (one.ability, one.names[i], one.names[j])
        for one, pairs in named
        for i, j in zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)
    ]
    first = np.concatenate([pairs.first + start for pairs, start in zip(pieces, starts, strict=False)])
    second = np.concatenate([pairs.second + start for pairs, start in zip(pieces, starts, strict=False)])
    of_first = np.concatenate([one.part[pairs.first] for one, pairs in named])
    of_second = np.concatenate([one.part[pairs.second] for one, pairs in named])
    width, count = len(model.party_cost), len(keys)
    doc = "by how much the first of a pair pays more than in proportion"
    model.cost_gap = bounded_variable(keys, np.zeros(count), of_second * most[first], doc=doc)
    model.cost_gap_need = MatrixConstraint(
        model.cost_gap.index_set(),
        terms=[
            (selection(first, width, of_second) - selection(second, width, of_first), model.party_cost),
            (selection(np.arange(count), count, -1.0), model.cost_gap),
        ],
        lower=np.array(-np.inf),
        upper=np.array(0.0),
        doc="gap of a pair, cost by cost in proportion to the ability",
    )


def _pairs(problem: Problem, of: Parties) -> _Pairs:
    # who can come to pay least per ability goes first: most gaps are then 0, where the solver starts from
    order = np.argsort(_greatest(problem, of.members) / of.part, kind="stable")
    first, second = np.triu_indices(len(order), 1)
    return _Pairs(order[first], order[second])


def _greatest(problem: Problem, members: sparse.csr_array) -> Floats:
    """Return the most that each party can come to pay."""
    return np.asarray(members @ greatest_costs(problem))


def _spread(variable: IndexedVar, ability: str, values: Floats) -> Floats:
    """Return coefficients for all members of a variable: the values for those of an ability, else 0."""
    own = np.array([key[0] == ability for key in variable], dtype=bool)
    coefficients = np.zeros(len(own))
    coefficients[own] = values
    return coefficients


def _amounts(problem: Problem, ability: str) -> tuple[Codes, Codes, Floats]:
    """Return the codes of the parties, the party of each source that has options, and the ability of each party."""
    paying = np.unique(problem.options.source)
    if ability == "population":
        codes, party = np.unique(problem.region[paying], return_inverse=True)
        return codes, np.asarray(party.ravel(), dtype=np.int64), np.append(problem.population, np.nan)[codes]
    own = np.arange(len(paying))
    if ability == "equal":
        return paying, own, np.ones(len(paying))
    if ability == "baseline":
        baseline = np.asarray(
            np.bincount(problem.loads.source, problem.loads.baseline, len(problem.sources)), dtype=float
        )
        return paying, own, baseline[paying] if len(problem.pollutants) == 1 else np.full(len(paying), np.nan)
    return paying, own, problem.abilities[ability][paying]


def _is_given(amount: Floats) -> bool:
    return len(amount) > 1 and bool(np.all((amount > 0) & np.isfinite(amount)))


def _refuse_gaps(problem: Problem, ability: str, names: list[str], amount: Floats) -> None:
    """Say what is lacking where costs cannot be set against an ability."""
    if _is_given(amount):
        return
    table, asked = "regions" if ability == "population" else "sources", f"inequity:{ability}"
    lacking = [name for name, given in zip(names, amount, strict=True) if not given > 0]
    shown = ", ".join(repr(name) for name in lacking[:SHOWN_SOURCES])
    more = f" and {len(lacking) - SHOWN_SOURCES} more" if len(lacking) > SHOWN_SOURCES else ""
    need, other = f"is needed by objective {asked}", "choose another ability"
    finding = Finding(table, need, f"give a positive {ability} for {table} {shown}{more}, or {other}", column=ability)
    if ability == "baseline" and len(problem.pollutants) > 1:
        finding = Finding("objective", "cannot add up the loads of several pollutants", other, value=asked)
    elif "" in lacking:
        cure = f"give the region of every source that has options, or {other}"
        finding = Finding("sources", need, cure, column="region")
    elif not lacking:
        finding = Finding("objective", "compares those who pay, and there are no two", other, value=asked)
    raise InputError([finding])


def _refuse_many(of: Parties) -> None:
    if len(of.names) > MOST_PARTIES:
        cure = f"choose an ability with {MOST_PARTIES} parties at most, such as inequity:population"
        problem = f"compares {len(of.names)} parties pair by pair"
        raise InputError([Finding("objective", problem, cure, value=f"inequity:{of.ability}")])
