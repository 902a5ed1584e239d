"""Leximin: the greatest burden as small as can be, then the second greatest, and so on.

With f_i the burden of party i, and S the parties that are settled at their levels u:

    min t    subject to    f_i <= t  for i not in S,    f_i <= u_i  for i in S.

Whoever is at t in every optimum is settled at u_i = t; by complementary slackness these are the parties whose row has a
price, and at least one has. So every step settles somebody; then comes the cheapest plan that keeps all levels. No
party can be spared anything without a higher burden on one that bears as much or more. Source: Luss, On equitable
resource allocation problems: a lexicographic minimax approach, Operations Research 47 (1999) 361-378.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pyomo.core.base.PyomoModel import ConcreteModel
from pyomo.core.base.var import Var
from scipy import sparse

from abate.attainable import require_options
from abate.plan import Plan
from abate.strategies.naming import asked
from abate.strategies.staging import ROOMS, cheapest, model_of, optimum, refuse_whole, session_of, signed
from abate.strategies.study import Study
from abate_models.equity import add_worst_burden
from abate_models.matrix import MatrixConstraint, Term, selection

Floats = NDArray[np.float64]
Burden = Literal["reduction", "cost"]

#: A row has a price, and is settled, from so much of the greatest price on.
PRICED = 1e-6
#: A burden below this share of the most that one could be is none.
NOTHING = 1e-9


@dataclass(frozen=True)
class Burdens:
    """A model with the rows of burdens: ``worst_burden_need`` f_i <= t, and ``level`` f_i <= u_i.

    Row i of `level` is terms <= u_i size_i - constant_i, with the burden f_i = (terms + constant_i) / size_i.
    """

    model: ConcreteModel
    size: Floats
    constant: Floats


def leximin(study: Study, *, of: Burden = "reduction") -> Plan:
    """Make the greatest burden as small as can be, then the second greatest, and so on (progressive).

    Parameters
    ----------
    of : `reduction` is the reduction of each load as a share of it; `cost` is the yearly cost of each source over its
        income, or its output where no income is given.

    Raises
    ------
    InputError
        Where some measures are all or nothing; of `cost`, where the case has no options or a source lacks the ability.
    NoPlanError
        Where the targets cannot hold together.
    """
    burdens = _of_reduction(study) if of == "reduction" else _of_cost(study)
    levels = _levels(study, burdens)
    model = burdens.model
    for name in ("worst_burden_need", "worst_burden"):
        model.del_component(name)

    def hold(room: float) -> None:
        model.level.upper = _bounds(burdens, levels, room)

    plan = cheapest(study, model, hold)
    unit, scale = ("reduction, %", 100.0) if of == "reduction" else ("burden", 1.0)
    figures = {
        f"greatest {unit}": scale * float(levels.max(initial=0.0)),
        f"least {unit}": scale * float(levels.min(initial=np.inf)),
    }
    return signed(plan, asked(leximin, of=of), figures if len(levels) else {})


def _of_reduction(study: Study) -> Burdens:
    """Return the model with f_i = (D_i - L_i) / D_i, for each load of which something may be asked."""
    model, loads = _start(study), study.problem.loads
    chosen = np.flatnonzero(study.parties().movable & (loads.baseline > 0))
    keys, baseline = [loads.keys[row] for row in chosen], loads.baseline[chosen]
    terms = [(selection(chosen, len(loads.keys), -1.0), model.allowed_load)]
    model.worst_burden = Var([0], bounds=(0, 1), doc="greatest reduction, as a share of the baseline")
    model.worst_burden_need = MatrixConstraint(
        keys,
        terms=[*terms, (sparse.csr_array(-baseline[:, None]), model.worst_burden)],
        lower=np.array(-np.inf),
        upper=-baseline,
        doc="reduction of each load within the greatest",
    )
    _add_levels(model, keys, terms)
    return Burdens(model, baseline, baseline)


def _of_cost(study: Study) -> Burdens:
    """Return the model with f_s = cost_s / ability_s, for each source that has options."""
    require_options(study.case)
    model = _start(study)
    add_worst_burden(model, study.problem)
    *terms, (ability, _) = model.worst_burden_need.terms
    _add_levels(model, list(model.worst_burden_need.keys()), terms)
    size = -ability.toarray()[:, 0]
    return Burdens(model, size, np.zeros(len(size)))


def _start(study: Study) -> ConcreteModel:
    model = model_of(study)
    refuse_whole(study, "leximin")
    return model


def _add_levels(model: ConcreteModel, keys: Sequence[Hashable], terms: list[Term]) -> None:
    model.level = MatrixConstraint(
        keys, terms=terms, lower=np.array(-np.inf), upper=np.array(np.inf), doc="burden within what is settled"
    )


def _bounds(burdens: Burdens, levels: Floats, room: float) -> Floats:
    return burdens.size * (levels + room) - burdens.constant


def _levels(study: Study, burdens: Burdens) -> Floats:
    """Return the level at which each party is settled."""
    session = session_of(study, burdens.model)
    compiled = session.compiled
    need, level = compiled.rows["worst_burden_need"], compiled.rows["level"]
    worst = np.zeros(compiled.matrix.shape[1])
    worst[compiled.columns["worst_burden"]] = 1.0
    session.minimise(worst)
    upper = compiled.column_upper[compiled.columns["worst_burden"]][0]
    most = float(upper) if np.isfinite(upper) else 1.0
    levels, moving = np.full(len(need), np.inf), np.ones(len(need), dtype=bool)
    free = np.full(len(need), np.inf)

    def hold(room: float) -> None:
        rows = ~moving
        session.bound_rows(need[rows], -free[rows], free[rows])
        session.bound_rows(level[rows], -free[rows], _bounds(burdens, levels, room)[rows])

    while moving.any():
        if study.progress is not None:
            study.progress("settling burdens", int((~moving).sum()), len(moving))
        solution = optimum(study, session, hold)
        greatest = max(solution.objective, 0.0)
        price = np.where(moving, -solution.prices[need] * burdens.size, -np.inf)
        # at no burden at all, nobody has any
        settled = moving if greatest <= NOTHING * most else moving & (price >= PRICED * price.max())
        levels[settled] = greatest
        moving = moving & ~settled
        hold(ROOMS[0])
    return levels
