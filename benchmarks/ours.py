"""What abate takes from a case in memory: for a verified plan, for a second solve, and with HiGHS's own method."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

import abate
from abate import solver
from abate.attainable import resolve_limits
from abate.solver import Session
from abate_models.assemble import assemble
from abate_models.compile import CompiledModel, compile_model
from abate_models.problem import read_problem
from benchmarks.clock import Clock
from benchmarks.stored import read_case

#: New right-hand sides are the old ones times 1 plus or minus at most this.
CHANGE = 0.01
#: Phases of `decompose` by the function that ends each; what is left is the solve and then the check.
ENDS = {"assemble": "build", "compile_model": "compile", "Session": "load"}
CHECK = "outcome_of"


def whole(folder: Path) -> dict[str, Any]:
    """Call `decompose` once, with a lap for each phase."""
    case = read_case(folder)
    clock = Clock()
    with _laps(clock):
        plan = abate.decompose(case)
    clock.lap("check")
    return {
        **clock.seconds,
        "decompose": sum(clock.seconds.values()),
        "memory": clock.peak,
        "peaks": clock.peaks,
        "objective": plan.value,
        "method": plan.certificate.method,
    }


def again(folder: Path) -> dict[str, Any]:
    """Solve, and solve again after new limits."""
    compiled = _compiled(folder)
    session = Session(compiled)
    clock = Clock()
    objective = session.solve().objective
    clock.lap("first")
    _move_limits(session, compiled)
    session.solve()
    clock.lap("second")
    rows, columns = compiled.matrix.shape
    size = {"rows": rows, "columns": columns, "nonzeros": compiled.matrix.nnz}
    return {**clock.seconds, **size, "objective": objective}


def choose(folder: Path) -> dict[str, Any]:
    """Solve our scaled model with the method and the presolve that HiGHS chooses by itself."""
    compiled = _compiled(folder)
    own = {"choose_method": lambda _: "choose", "choose_presolve": lambda _: "choose"}
    with patch.multiple(solver, **own):
        session = Session(compiled)
    clock = Clock()
    solution = session.solve()
    clock.lap("solve")
    return {**clock.seconds, "objective": solution.objective}


def _laps(clock: Clock) -> AbstractContextManager[Any]:
    """Let `decompose` end a lap of the clock with each phase, without a copy of its steps here."""
    steps = import_module("abate.decomposing")

    def ending(function: Callable[..., Any], phase: str) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            result = function(*arguments, **named)
            clock.lap(phase)
            return result

        return call

    def checking(*arguments: Any) -> Any:
        clock.lap("solve")
        return check(*arguments)

    check = getattr(steps, CHECK)
    ends = {name: ending(getattr(steps, name), phase) for name, phase in ENDS.items()}
    return patch.multiple(steps, **ends, **{CHECK: checking})


def _compiled(folder: Path) -> CompiledModel:
    return compile_model(assemble(resolve_limits(read_problem(read_case(folder)))[0]))


def _move_limits(session: Session, compiled: CompiledModel) -> None:
    """Move every limit of quality and caps up or down a little."""
    rows = np.concatenate([compiled.rows[name] for name in ("quality", "cap")])
    factor = 1.0 + np.random.default_rng(1).uniform(-CHANGE, CHANGE, len(rows))
    session.bound_rows(rows, compiled.row_lower[rows] * factor, compiled.row_upper[rows] * factor)


TASKS: dict[str, Callable[[Path], dict[str, Any]]] = {"whole": whole, "again": again, "choose": choose}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](Path(sys.argv[2]))))
