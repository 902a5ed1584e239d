"""What abate takes, from a case in memory to a verified plan: as a whole, and phase by phase."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import numpy as np

import abate
from abate import solver
from abate.certify import certify
from abate.outcome import outcome_of
from abate.plan import make_plan
from abate.reach import resolve_limits
from abate.solver import Session
from abate_models.assemble import assemble
from abate_models.compile import CompiledModel, compile_model
from abate_models.problem import read_problem
from benchmarks.clock import Clock
from benchmarks.stored import read_case

#: New right-hand sides are the old ones times 1 plus or minus at most this.
CHANGE = 0.01


def whole(folder: Path) -> dict[str, object]:
    """One call of `decompose`."""
    case = read_case(folder)
    clock = Clock()
    plan = abate.decompose(case)
    clock.lap("decompose")
    certificate = plan.certificate
    return {
        **clock.seconds,
        "memory": clock.peak,
        "memory at start": clock.peaks["start"],
        "objective": plan.value,
        "gap": certificate.gap,
        "method": certificate.method,
    }


def phases(folder: Path) -> dict[str, object]:
    """The steps of `decompose`, and a second solve with new limits."""
    case = read_case(folder)
    clock = Clock()
    problem, best = resolve_limits(read_problem(case))
    model = assemble(problem)
    clock.lap("build")
    compiled = compile_model(model)
    clock.lap("compile")
    session = Session(compiled)
    clock.lap("load")
    solution = session.solve()
    clock.lap("solve")
    outcome = outcome_of(problem, compiled, session, solution, "cost")
    work = {"method": solution.method, "iterations": solution.iterations, "solves": session.solves}
    state = {"stop": solution.stop, "status": solution.status, "gap": outcome.gap}
    certificate = certify(case, outcome.claim(best), **state, **work)
    make_plan(case, problem, model, outcome, certificate)
    clock.lap("check")
    peaks = dict(clock.peaks)
    _new_limits(session, compiled)
    session.solve()
    clock.lap("solve again")
    rows, columns = compiled.matrix.shape
    size = {"rows": rows, "columns": columns, "nonzeros": compiled.matrix.nnz}
    return {**clock.seconds, **size, **work, "peaks": peaks, "objective": outcome.value}


def choose(folder: Path) -> dict[str, object]:
    """Our scaled model with the method that HiGHS chooses by itself."""
    compiled = compile_model(assemble(resolve_limits(read_problem(read_case(folder)))[0]))
    with patch.object(solver, "choose_method", lambda _: "choose"):
        session = Session(compiled)
    clock = Clock()
    solution = session.solve()
    clock.lap("solve")
    return {**clock.seconds, "memory": clock.peak, "objective": solution.objective}


def _new_limits(session: Session, compiled: CompiledModel) -> None:
    """Move every limit of quality and caps up or down a little."""
    rows = np.concatenate([compiled.rows[name] for name in ("quality", "cap")])
    factor = 1.0 + np.random.default_rng(1).uniform(-CHANGE, CHANGE, len(rows))
    session.bound_rows(rows, compiled.row_lower[rows] * factor, compiled.row_upper[rows] * factor)


TASKS: dict[str, Callable[[Path], dict[str, object]]] = {"whole": whole, "phases": phases, "choose": choose}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](Path(sys.argv[2]))))
