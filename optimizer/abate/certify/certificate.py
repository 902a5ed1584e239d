"""The certificate: what is printed with a plan so that nobody has to take it on trust."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import ClassVar

import numpy as np
import pandas as pd

from abate.certify.arrays import SMALLEST_SHARE, relative
from abate.certify.checks import held_with_probability, verify
from abate.certify.claim import Check, Claim, check
from abate.certify.objectives import is_known
from abate.errors import SolverError
from abate.solver import (
    FEASIBILITY_TOLERANCE,
    OPTIMALITY_TOLERANCE,
    SOLVER_TOLERANCE,
    SolutionStatus,
    StopReason,
)
from abate_data.case import Case

#: What the figures of a plan depend on.
SOFTWARE = ("abate", "highspy", "pyomo", "numpy", "pandas")
#: Checks of what is proved to be best; all others are of what must hold.
_OF_THE_BEST = ("bound", "gap")


@dataclass(frozen=True, eq=False)
class Certificate:
    """The proof of a plan; it exists only where every check holds.

    Attributes
    ----------
    case, case_hash : name of the case and SHA-256 of its tables and settings.
    checks : a row per kind of row of the case: kind, rows, worst (largest violation over the size of its
        row), where, tolerance.
    stop, status : why the solver stopped and what it knows.
    objective, objective_value, bound : name, value and proved lower bound of what was minimised; of what was
        maximised, the bound is an upper one.
    maximised : whether the objective was maximised.
    gap : relative difference between value and bound, infinite where nothing is proved.
    method, iterations, solves : how the solver worked.
    tolerances : every tolerance by name.
    versions : of the software, by name.
    assumptions : what the proof takes as given, in sentences.
    """

    case: str
    case_hash: str
    checks: pd.DataFrame
    stop: StopReason
    status: SolutionStatus
    objective: str
    objective_value: float
    bound: float
    maximised: bool
    gap: float
    method: str
    iterations: int
    solves: int
    tolerances: dict[str, float]
    versions: dict[str, str]
    assumptions: tuple[str, ...]

    SHOWN: ClassVar[int] = 5

    @property
    def proved(self) -> str:
        """What is proved of the objective: to be `at least` its bound, or `at most`."""
        return "at most" if self.maximised else "at least"

    def __str__(self) -> str:
        name, proved = f"{self.objective} = {self.objective_value:.4g}", "no bound is proved"
        if np.isfinite(self.bound):
            proved = f"proved to be {self.proved} {self.bound:.4g} (gap {self.gap:.2g})"
        lines = [
            f"certificate of a plan for {self.case!r} ({self.case_hash[:12]})",
            f"  objective   {name}, {proved}",
            f"  solver      {self.stop.value}, {self.status.value}; method {self.method}, "
            f"{self.iterations} iterations, {self.solves} solves",
            "  check              rows  worst violation  tolerance",
        ]
        for kind, rows, worst, where, tolerance in self.checks.to_numpy().tolist():
            if rows:
                lines.append(f"  {kind:17} {rows:>5}  {worst:>15.2g}  {tolerance:>9.2g}  {where}".rstrip())
        lines += [f"  assumption  {sentence}" for sentence in self.assumptions[: self.SHOWN]]
        if len(self.assumptions) > self.SHOWN:
            lines.append(f"  assumption  and {len(self.assumptions) - self.SHOWN} more")
        software = ", ".join(f"{name} {number}" for name, number in self.versions.items())
        return "\n".join([*lines, f"  software    {software}"])


def certify(
    case: Case,
    claim: Claim,
    *,
    stop: StopReason,
    status: SolutionStatus,
    gap: float,
    method: str,
    iterations: int,
    solves: int,
) -> Certificate:
    """Check a plan against its case and return the proof.

    Parameters
    ----------
    case, claim : the case and what the plan says.
    stop, status, gap, method, iterations, solves : what the solver says of its work; gap is (value - bound)
        over the larger of the two, infinite where no bound is proved.

    Raises
    ------
    SolverError
        Where any check fails, with the largest violation in words.
    """
    checks = prove(case, claim, gap)
    table = pd.DataFrame(checks, columns=["kind", "rows", "worst", "where"])
    return Certificate(
        case=case.settings.name,
        case_hash=case.hash,
        checks=table.assign(tolerance=[tolerance_of(one) for one in checks]),
        stop=stop,
        status=status,
        objective=claim.objective,
        objective_value=-claim.objective_value if claim.maximised else claim.objective_value,
        bound=-claim.bound if claim.maximised else claim.bound,
        maximised=claim.maximised,
        gap=gap,
        method=method,
        iterations=iterations,
        solves=solves,
        tolerances={
            "feasibility": FEASIBILITY_TOLERANCE,
            "optimality": OPTIMALITY_TOLERANCE,
            "solver": SOLVER_TOLERANCE,
            "smallest share": SMALLEST_SHARE,
        },
        versions=software_versions(),
        assumptions=tuple(_assumptions(case, claim)),
    )


def prove(case: Case, claim: Claim, gap: float) -> list[Check]:
    """Return the checks of a plan.

    Raises
    ------
    SolverError
        Where any check fails, with the largest violation in words.
    """
    checks = [*verify(case, claim), _gap_check(claim, gap)]
    refuse_failures(checks)
    return checks


@cache
def _version(name: str) -> str:
    return version(name)


def software_versions() -> dict[str, str]:
    """Return the version of everything that the figures of a plan depend on, by name."""
    return {name: _version(name) for name in SOFTWARE}


def _gap_check(claim: Claim, gap: float) -> Check:
    """Check that the objective is no further from its bound than the gap says."""
    if np.isneginf(claim.bound):
        share = 0.0 if np.isposinf(gap) else np.inf
        return check("gap", np.array([share]), lambda _: claim.objective)
    size = np.array([max(abs(claim.objective_value), abs(claim.bound))])
    with np.errstate(invalid="ignore"):  # numbers that are none fail, here and in the check of finite ones
        beyond = np.array([claim.objective_value - claim.bound]) - gap * size
    return check("gap", relative(beyond, size), lambda _: claim.objective)


def tolerance_of(one: Check) -> float:
    """Return up to which relative violation a check holds."""
    return OPTIMALITY_TOLERANCE if one.kind in _OF_THE_BEST else FEASIBILITY_TOLERANCE


def refuse_failures(checks: list[Check]) -> None:
    """Raise SolverError where a check fails, with the largest violation in words."""
    failed = [one for one in checks if one.worst > tolerance_of(one)]
    if not failed:
        return
    worst = max(failed, key=lambda one: one.worst)
    others = ", ".join(one.kind for one in failed if one is not worst)
    raise SolverError(
        f"the plan does not pass its certificate: the check of {worst.kind} fails at {worst.where} by "
        f"{worst.worst:.2g} of its size, where {tolerance_of(worst):.2g} is allowed"
        + (f"; so do the checks of {others}" if others else "")
        + ". This is no fault of your case unless its numbers differ by many powers of ten; please report it"
    )


def _assumptions(case: Case, claim: Claim) -> list[str]:
    """Return what the proof takes as given, what matters most to the planner first."""
    names = [str(name) for name in case["targets"]["target"]]
    limit, probability = case.values("targets", "limit"), case.values("targets", "probability")
    said = [f"target {names[row]!r} gives way by {claim.slack[row]:.4g}" for row in np.flatnonzero(claim.slack)]
    if not is_known(claim.objective):
        said.append(f"the value of the objective {claim.objective!r} is the model's, not recomputed")
    held = held_with_probability(case, claim)
    said += [
        f"target {names[row]!r} is proved for expected figures, not with probability {probability[row]:.4g}"
        for row in np.flatnonzero(~np.isnan(probability) & ~held)
    ]
    if held.any():
        said.append("probabilities are those of figures whose errors are normal and independent")
    return said + [
        f"target {names[row]!r} closes {limit[row]:.4g} % of its gap where the best that can be reached is "
        f"{claim.best[row]:.4g}: limit {claim.limit[row]:.4g}"
        for row in np.flatnonzero(case.words("targets", "basis") == "gap_closure")
    ]
