"""Policy space: how far each target is tightened, with the exact least-cost plan for it.

A gene is 0 where a target stays at its limit, and 1 where it is as tight as all measures together can bring it. Targets
that may give way start from where things are today. Where targets cannot hold together, all are eased by half, again
and again.
"""

from __future__ import annotations

import numpy as np

from abate.attainable import least_of_loads, technical_session
from abate.errors import Finding, InputError, SolverError
from abate.front.exact.corners import InfeasibleError
from abate.front.exact.point import Codes, Floats
from abate.front.searched.batch import Batch
from abate.front.searched.encoding import Genes
from abate.front.searched.limits import Limits
from abate.outcome import clean
from abate.solver import Session
from abate_models.assemble import assemble
from abate_models.compile import compile_model
from abate_models.problem import Problem
from abate_models.targets import CAP, QUALITY

#: How often targets that cannot hold together are eased by half before they go back to their limits.
HALVINGS = 5
#: Width of the band around a gene in which it is drawn where it is to be varied.
BAND = 0.2


class Policies:
    """Policy space of a problem.

    Parameters
    ----------
    problem, limits : what is planned, and what has to be kept.

    Raises
    ------
    InputError
        Where there is no target on quality or loads.
    InfeasibleError
        Where no plan keeps all limits.
    """

    whole = False

    def __init__(self, problem: Problem, limits: Limits) -> None:
        targets = problem.targets
        chosen = [target for form in (QUALITY, CAP) for target in targets.rows(form)]
        self._chosen = np.sort(np.array(chosen, dtype=np.int64))
        if not len(self._chosen):
            cure = "give targets of kind quality, load, reduction or intensity, or search the options space"
            raise InputError([Finding("targets", "are what a search of the policy space tightens", cure)])
        self._problem, self._sign = problem, targets.sign[self._chosen]
        self._from, self._constant = self._starts(limits), _constants(problem, self._chosen)
        self._best = _best(problem, self._chosen)
        count = len(self._chosen)
        self.lower, self.upper = np.zeros(count), np.ones(count)
        self.name = f"policy space of {count} targets"
        self._session, self._rows = self._ready()

    def decode(self, genes: Genes) -> Floats:
        """Return the extents of the cheapest plan for each policy, (plans x options).

        Raises
        ------
        SolverError
            Where a solve ends without an answer.
        """
        # every call starts from the same basis: what it finds does not depend on what was solved before
        session = self._session.twin()
        return np.array([self._plan(session, policy) for policy in genes]).reshape(len(genes), -1)

    def encode(self, extents: Floats, draws: Floats | None = None) -> Genes:
        """Return how far each plan tightens each target; with draws somewhat more or less."""
        values = Batch(self._problem, extents).targets[:, self._chosen]
        width = self._sign * (self._from - self._best)
        share = self._sign * (self._from - values) / np.where(width > 0, width, np.inf)
        varied = 0.0 if draws is None else BAND * (draws - 0.5)
        return np.clip(share + varied, 0.0, 1.0)

    def repair(self, genes: Genes) -> Genes:
        """Return the genes within their bounds: what cannot hold is eased when the plan is made."""
        return np.clip(genes, 0.0, 1.0)

    def _starts(self, limits: Limits) -> Floats:
        """Return what each target allows at gene 0: its limit, or where things are today where it may give way."""
        targets = self._problem.targets
        today = Batch(self._problem, np.zeros((1, len(self._problem.options.keys)))).targets[0]
        loosest = targets.sign * np.maximum(targets.sign * today, targets.sign * targets.allowed)
        hard = np.isin(self._chosen, limits.hard)
        return np.where(hard, targets.allowed[self._chosen], loosest[self._chosen])

    def _ready(self) -> tuple[Session, Codes]:
        """Return a session that has solved the policy with no tightening, and the row of each target."""
        targets = self._problem.targets
        compiled = compile_model(assemble(self._problem))
        rows = np.empty(len(self._chosen), dtype=np.int64)
        for form in (QUALITY, CAP):
            own = np.flatnonzero(np.isin(self._chosen, targets.rows(form)))
            rows[own] = compiled.rows_of(form, [targets.ids[target] for target in self._chosen[own]])
        session = Session(compiled)
        self._bound(session, rows, np.zeros(len(rows)))
        if not session.solve().found:
            raise InfeasibleError("no plan keeps all limits")
        return session, rows

    def _bound(self, session: Session, rows: Codes, policy: Floats) -> None:
        allowed = self._from + policy * (self._best - self._from) - self._constant
        free, upper = np.full(len(rows), np.inf), self._sign > 0
        session.bound_rows(rows, np.where(upper, -free, allowed), np.where(upper, allowed, free))

    def _plan(self, session: Session, policy: Floats) -> Floats:
        for eased in [0.5**step for step in range(HALVINGS + 1)] + [0.0]:
            self._bound(session, self._rows, eased * policy)
            solution = session.solve()
            if solution.found:
                return clean(self._problem, session.compiled, solution.values)[0]
        raise SolverError(f"the cheapest plan of a policy was not found: {solution.status.value}")


def _best(problem: Problem, chosen: Codes) -> Floats:
    """Return the best value that the row of each target can come to by itself."""
    targets, receptors = problem.targets, problem.receptors
    session = technical_session(problem)
    best = np.empty(len(chosen))
    for place, target in enumerate(chosen):
        at, sign = targets.quality[target], targets.sign[target]
        row = receptors.transfer[[at]] if at >= 0 else targets.scope[[target]]
        best[place] = sign * least_of_loads(session, sign * row.toarray()[0])
    best += _constants(problem, chosen)
    # a target that is out of reach by itself is not loosened by tightening it
    signs, allowed = targets.sign[chosen], targets.allowed[chosen]
    return np.asarray(signs * np.minimum(signs * best, signs * allowed))


def _constants(problem: Problem, chosen: Codes) -> Floats:
    """Return the part of each target's value that no load makes."""
    # rows of loads have the code -1, and so take the 0 at the end
    return np.append(problem.receptors.background, 0.0)[problem.targets.quality[chosen]]
