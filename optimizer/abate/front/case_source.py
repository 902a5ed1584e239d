"""A case behind a front: its model with several objectives, and the verified plan of each point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from abate.attainable import require_options, resolve_limits
from abate.certify import Certificate, certify, prove
from abate.front.exact.point import Floats
from abate.front.exact.space import LinearObjective
from abate.front.navigator import priced_rows
from abate.outcome import Outcome, clean, outcome_at
from abate.plan import Plan, make_plan, with_values
from abate.solver import Session, SolutionStatus
from abate.tables import objective_unit
from abate_data.case import Case
from abate_models.assemble import assemble_several
from abate_models.compile import CompiledModel, compile_model
from abate_models.objectives import Objective, Ratio
from abate_models.problem import Problem, read_problem


@dataclass(frozen=True, eq=False)
class CaseSource:
    """The model of a case in which all objectives that are linear, or a ratio of linear ones, can be told.

    Attributes
    ----------
    case, problem, best : the case, its numbers with every limit resolved, the reach of each gap closure target.
    names : every objective of the front by its full name; None where these are those of the model.
    compiled : the model.
    modelled : the objectives that the model can tell, by their full names.
    """

    case: Case
    problem: Problem
    best: Floats
    names: tuple[str, ...] | None
    compiled: CompiledModel
    modelled: list[Objective | Ratio]

    @classmethod
    def of(cls, case: Case, names: Sequence[str]) -> CaseSource:
        """Return the source of a case.

        Parameters
        ----------
        names : of the objectives in the model, see `abate_models.objectives`.

        Raises
        ------
        InputError
            Where the case has no options, or an objective is unknown, named twice or asks for figures that the case
            does not give.
        """
        require_options(case)
        problem, best = resolve_limits(read_problem(case))
        model, modelled = assemble_several(problem, names)
        return cls(case, problem, best, None, compile_model(model), modelled)

    @cached_property
    def objectives(self) -> list[LinearObjective]:
        """The linear objectives of the model."""
        linear = [one for one in self.modelled if isinstance(one, Objective)]
        return [self.row(one, objective_unit(self.case, one.name)) for one in linear]

    @cached_property
    def linear(self) -> tuple[CompiledModel, list[LinearObjective]] | None:
        """The model with its objectives, where that is all of the front's."""
        objectives = self.objectives
        asked = self._modelled_names if self.names is None else list(self.names)
        return (self.compiled, objectives) if [one.name for one in objectives] == asked else None

    def row(self, objective: Objective, unit: str = "") -> LinearObjective:
        """Return an objective, or a part of a ratio, over the columns of the model."""
        coefficients = np.zeros(len(self.compiled.cost))
        for vector, variable in objective.terms:
            coefficients[self.compiled.columns[variable.name]] += vector
        sign = -1.0 if objective.maximised else 1.0
        return LinearObjective(
            objective.name, unit, sign * coefficients, sign * objective.constant, objective.maximised
        )

    def extents(self, columns: Floats) -> Floats:
        """Return the extent of each option without rounding, (points x options): what is not installed has none."""
        return np.array([clean(self.problem, self.compiled, row.copy())[0] for row in columns])

    def verify(self, columns: Floats) -> None:
        """Prove that the plan of given columns keeps everything that the case asks for.

        Raises
        ------
        SolverError
            Where it does not.
        """
        outcome = self._outcome(columns, np.full(len(self.compiled.row_lower), np.nan))
        prove(self.case, outcome.claim(self.best), np.inf)

    def plan(self, columns: Floats, name: str) -> Plan:
        """Return the verified plan of given columns, priced with everything else on the front held where it is.

        Where an objective is not linear there are no prices.
        """
        prices = np.full(len(self.compiled.row_lower), np.nan)
        if self.linear is not None:
            prices = priced_rows(*self.linear, columns)
        outcome = self._outcome(columns, prices)
        return make_plan(
            self.case,
            self.problem,
            outcome,
            self._certify(outcome),
            lambda: with_values(assemble_several(self.problem, self._modelled_names)[0], self._told(outcome.columns)),
            strategy=name,
        )

    @property
    def _modelled_names(self) -> list[str]:
        return [one.name for one in self.modelled]

    def _told(self, columns: Floats) -> Floats:
        """Return columns of which a search knows the measures alone, with all that follows from these in the model."""
        if self.names is None:
            return columns
        told = [one.numerator if isinstance(one, Ratio) else one for one in self.modelled]
        session = Session(self.compiled)
        for name in {"extent", "installed"} & set(self.compiled.columns):
            measures = self.compiled.positions(name)
            session.bound_columns(measures, columns[measures], columns[measures])
        # what bounds others from above, such as the worst burden, comes down to them
        session.minimise(np.sum([self.row(one).coefficients for one in told], axis=0))
        solution = session.solve()
        return solution.values if solution.found else columns

    def _outcome(self, columns: Floats, prices: Floats) -> Outcome:
        return outcome_at(self.problem, self.compiled, columns, prices)

    def _certify(self, outcome: Outcome) -> Certificate:
        return certify(
            self.case,
            outcome.claim(self.best),
            stop=outcome.stop,
            status=SolutionStatus.FEASIBLE,
            gap=np.inf,
            method="front",
            iterations=0,
            solves=0,
        )
