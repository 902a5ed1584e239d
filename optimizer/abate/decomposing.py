"""One plan for one preference: split the case's targets into allocations at the least of one objective."""

from __future__ import annotations

from typing import Any

from pyomo.core.base.PyomoModel import ConcreteModel

from abate.attainable import Progress, no_report, require_options, resolve_limits
from abate.certify import Certificate, Claim, certify
from abate.errors import Finding, InputError, SolverError
from abate.extend import check_model
from abate.noplan import no_plan
from abate.noprobability import no_probability
from abate.outcome import outcome_of, proved_status
from abate.plan import Plan, make_plan, with_values
from abate.probability import Deviations, Probabilities, with_margins
from abate.solver import DEFAULT_GAP, Session, Solution, SolutionStatus
from abate_data.case import Case
from abate_models.assemble import assemble
from abate_models.compile import compile_model
from abate_models.margin import deviations_of
from abate_models.problem import read_problem


def build(case: Case, objective: str = "cost") -> ConcreteModel:
    """Return the Pyomo model of a case, to inspect, extend and solve.

    Rows carry the ids of the case: ``model.quality["bay"]``, ``model.cap["basin"]``, ``model.balance["plant", "NOx"]``.
    Give an extended model back with ``decompose(case, model=model)``, or solve it with any solver that Pyomo knows. Its
    rows are about expected figures: what a target's probability asks beyond them is added by `decompose` as it solves.

    Parameters
    ----------
    objective : cost, exposure, total_load, exceedance, max_burden, removal (which is maximised) or tail_risk, see
        `abate_models.objectives`.

    Raises
    ------
    InputError
        Where the case has no options, or the objective is unknown, a ratio such as inequity, or asks for figures that
        the case does not give.
    """
    require_options(case)
    problem, _ = resolve_limits(read_problem(case))
    return assemble(problem, objective)


def decompose(
    case: Case,
    objective: str = "cost",
    *,
    model: ConcreteModel | None = None,
    time_limit: float | None = None,
    gap: float = DEFAULT_GAP,
    progress: Progress | None = None,
) -> Plan:
    """Split the targets of a case into what each source has to do, at the best of one objective.

    Of the plans that share the best of another objective than cost, the cheapest is returned.

    A target with a `probability` holds with it, where the case says how well figures are known (`relative_sd` of
    transfer and loads, `sd` of background, see `abate_models.margin`): a margin that is in proportion to the deviation
    of its value, and changes with the plan, is held back besides its `margin_of_safety`. Tables show the sum of the two
    as its margin. Strategies and fronts keep targets for expected figures, and say with which probability that holds.

    Parameters
    ----------
    case : from `abate.load`.
    objective : cost, exposure, total_load, exceedance, max_burden, removal (which is maximised) or tail_risk, see
        `abate_models.objectives`.
    model : a model made by `build` for the same case and objective, with constraints of your own.
    time_limit : seconds for each solve; a plan found by then is returned with its gap, whatever it is.
    gap : relative gap at which a plan with yes-or-no decisions counts as optimal.
    progress : called with (what, done, total) as the work goes on.

    Returns
    -------
    Plan
        Verified against the case's tables.

    Raises
    ------
    InputError
        Where the case has no options, the objective is unknown, a ratio such as inequity, or asks for figures that the
        case does not give, a limit is no such number, or the given model is not one of this case and objective.
    NoPlanError
        Where the targets cannot hold together, for expected figures or with their probabilities; it names them, and the
        smallest relaxation.
    SolverError
        Where the time limit struck before any plan was found, the solver failed, or its result did not pass the
        certificate.
    """
    return _decomposed(
        case, objective, deviations_of, model=model, time_limit=time_limit, gap=gap, progress=progress or no_report
    )


def decompose_expected(
    case: Case,
    objective: str = "cost",
    *,
    model: ConcreteModel | None = None,
    time_limit: float | None = None,
    gap: float = DEFAULT_GAP,
    progress: Progress | None = None,
) -> Plan:
    """Return the plan that keeps every target for expected figures, whatever its probability; else as `decompose`."""
    return _decomposed(
        case, objective, None, model=model, time_limit=time_limit, gap=gap, progress=progress or no_report
    )


def _decomposed(
    case: Case,
    objective: str,
    deviations: Deviations | None,
    *,
    model: ConcreteModel | None,
    time_limit: float | None,
    gap: float,
    progress: Progress,
) -> Plan:
    check_arguments(case, time_limit, gap)
    require_options(case)
    problem, best = resolve_limits(read_problem(case), progress=progress)
    progress("building the model", 0, 3)
    own = model is not None
    if model is None:
        model = assemble(problem, objective)
    secondary = check_model(model, problem, objective)
    compiled = compile_model(model)
    probabilities = Probabilities.of(case, problem, compiled, deviations)
    session = Session(compiled, time_limit=time_limit, gap=gap)
    progress("solving", 1, 3)
    solution = probabilities.solve(session)
    if solution.status is SolutionStatus.INFEASIBLE:
        progress("looking for the conflict", 2, 3)
        if probabilities.chances:
            raise no_probability(case, problem, model, compiled, session.compiled)
        raise no_plan(case, problem, model, compiled)
    _refuse_nothing(solution, time_limit)
    progress("checking the plan", 2, 3)
    outcome = outcome_of(problem, session, solution, objective, secondary, probabilities)
    solves = session.solves
    del session, compiled  # makes room: HiGHS's copies of a large model are most of what is held
    certificate = (_certify_own if own else certify)(
        case,
        outcome.claim(best),
        stop=outcome.stop,
        status=proved_status(solution.status, outcome.gap, gap),
        gap=outcome.gap,
        method=solution.method,
        iterations=solution.iterations,
        solves=solves,
    )
    filled = with_values(model, outcome.columns)
    return make_plan(case, with_margins(problem, outcome.held), outcome, certificate, lambda: filled)


def check_arguments(case: object, time_limit: float | None, gap: float) -> None:
    """Raise InputError where something is no case, no time limit or no gap."""
    wrong = []
    if not isinstance(case, Case):
        wrong.append(Finding("case", "is not a case", "read it with abate.load first", value=repr(case)[:80]))
    if time_limit is not None and not time_limit >= 0:
        wrong.append(
            Finding("options", "is not a number of seconds", "give 0 or more", "", "time_limit", str(time_limit))
        )
    if not 0 <= gap <= 1:
        wrong.append(Finding("options", "is not a share", "give a number from 0 to 1", "", "gap", str(gap)))
    if wrong:
        raise InputError(wrong)


def _refuse_nothing(solution: Solution, time_limit: float | None) -> None:
    """Say why there is no plan to look at, where there is none."""
    if solution.status is SolutionStatus.UNBOUNDED:
        cure = "bound the variables that it rewards"
        raise InputError([Finding("model", "can fall without end", cure, column="objective")])
    if not solution.found:
        cure = "raise the time limit" if time_limit is not None else "check the sizes of the case's numbers"
        raise SolverError(f"no plan was found ({solution.stop.value}, {solution.status.value}); {cure}")


def _certify_own(case: Case, claim: Claim, **of_the_solver: Any) -> Certificate:
    """Certify the plan of an extended model; where it fails, the extension is to blame, not the solver."""
    try:
        return certify(case, claim, **of_the_solver)
    except SolverError as error:
        cure = "leave the rows of the case as they were built; to loosen a target, change the table targets"
        raise InputError([Finding("model", f"gives a plan that fails: {error}", cure)]) from error
