"""What is compared: of which variable inequality is measured, by which weight, and how attainment is tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from abate.errors import Finding, InputError
from abate.plan import Plan
from abate.strategies.study import Study
from abate_data.case import Case
from abate_data.names import offer

Floats = NDArray[np.float64]

#: What may be unequal: the load taken away, the load allowed (per controllable load), or the cost (per source).
Variable = Literal["reduction", "allowed", "cost"]
#: Weights that every case has: today's loads, or every load (source) the same.
BASELINE, EQUAL = "baseline", "equal"
#: Numbers of a source that say where it lies.
_PLACES = ("latitude", "longitude", "position")


@dataclass(frozen=True)
class View:
    """How plans are looked at.

    Attributes
    ----------
    variable : of what inequality is measured.
    weight : per unit of what: ``baseline``, ``equal``, or an attribute of sources or regions such as ``population``.
    samples, seed : how often, and from which random numbers, coefficients are drawn for the probability of attainment.
    relative_sd : standard deviation of a coefficient over the coefficient where the case gives none.
    """

    variable: Variable = "reduction"
    weight: str = BASELINE
    samples: int = 1000
    seed: int = 0
    relative_sd: float = 0.2

    def __post_init__(self) -> None:
        findings = []
        if self.variable not in get_args(Variable):
            cure = offer(self.variable, get_args(Variable), "variable")
            findings.append(Finding("comparison", "is not known", cure, "", "variable", str(self.variable)))
        if self.samples < 1:
            cure = "draw at least once; 1000 gives a probability to about 0.03"
            findings.append(Finding("comparison", "is no number of samples", cure, "", "samples", str(self.samples)))
        if not 0 <= self.relative_sd < np.inf:
            cure = "give a share from 0 on, 0.2 for 20 %"
            value = str(self.relative_sd)
            findings.append(Finding("comparison", "is no standard deviation", cure, "", "relative_sd", value))
        if self.seed < 0:
            cure = "give a whole number from 0 on"
            findings.append(Finding("comparison", "is no seed", cure, "", "seed", str(self.seed)))
        if findings:
            raise InputError(findings)

    def refuse_misfit(self, study: Study) -> None:
        """Refuse a variable or weight that a case does not have, before work is spent on plans.

        Raises
        ------
        InputError
            Where the weight is unknown, or missing, zero or negative for some controllable load; they are named. Where
            the case has no costs, and the variable is cost.
        """
        if self.variable == "cost" and not study.problem.options.keys:
            cure = "choose reduction or allowed, or fill tables options and removals"
            raise InputError([Finding("comparison", "has no costs to look at", cure, "", "variable", "cost")])
        if self.weight in (BASELINE, EQUAL):
            return
        known = _attributes(study.case)
        if self.weight not in known:
            cure = offer(self.weight, [BASELINE, EQUAL, *known], "weight")
            raise InputError([Finding("comparison", "is not known", cure, "", "weight", self.weight)])
        parties = study.parties()
        # what is no load today has no part of a region's figure
        lacking = ~(study.figures(self.weight) > 0) & parties.movable & (parties.current > 0)
        if lacking.any():
            cure = f"give it in table sources or regions for {parties.named(lacking)}, or choose another weight"
            problem = "is missing, zero or negative, and the comparison weighs by it"
            raise InputError([Finding("sources", problem, cure, column=self.weight)])

    def amounts(self, study: Study, plan: Plan) -> tuple[Floats, Floats]:
        """Return the variable and the weight of each controllable load, or of each controllable source for cost."""
        parties = study.parties()
        weight = self._weights(study)
        if self.variable == "cost":
            problem = study.problem
            count, source = len(problem.sources), problem.loads.source
            by_source = np.bincount(source, np.where(parties.movable, weight, 0.0), count).astype(float)
            asked = np.bincount(source, parties.movable, count) > 0
            return plan.source_costs[asked], np.ones(int(asked.sum())) if self.weight == EQUAL else by_source[asked]
        allowed = plan.allocation["allowed"].to_numpy()
        values = allowed if self.variable == "allowed" else parties.current - allowed
        # a negotiated allocation may lie above today's load: that is no burden
        return np.maximum(values, 0.0)[parties.movable], weight[parties.movable]

    def _weights(self, study: Study) -> Floats:
        parties = study.parties()
        if self.weight == BASELINE:
            return parties.current
        if self.weight == EQUAL:
            return np.ones(len(parties.current))
        return np.maximum(np.nan_to_num(study.figures(self.weight)), 0.0)


def _attributes(case: Case) -> list[str]:
    """Return what sources or regions have in numbers; of ``name:pollutant`` the name."""
    columns = [column for table in ("sources", "regions") for column in case[table].select_dtypes(float).items()]
    names = dict.fromkeys(str(name).partition(":")[0] for name, values in columns if values.notna().any())
    return [name for name in names if name not in _PLACES]
