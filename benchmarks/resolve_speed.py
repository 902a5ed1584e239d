"""Speed of solving again: a case with new limits and transfer coefficients on a warm model, against one from cold.

Each figure is of the same new numbers, solved from cold and on the warm model one after the other in one process, so
that the ratios are of pairs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from abate.attainable import resolve_limits
from abate.solver import Session
from abate_data.case import Case
from abate_data.synthetic import synthetic_case
from abate_models.assemble import assemble
from abate_models.compile import CompiledModel, compile_model
from abate_models.problem import read_problem
from benchmarks.registry import CASES

SEED = 5
REPEATS = 5
SIZES = ("medium-dense", "medium-sparse")
#: New limits are the old ones times 1 plus or minus at most this ...
LIMIT_CHANGE = 0.01
#: ... and this share of the transfer coefficients changes by at most so much.
CHANGED_SHARE, COEFFICIENT_CHANGE = 0.05, 0.05
#: What counts as the same optimum, relative.
SAME = 1e-7

Report = Callable[[str], None]


@dataclass(frozen=True)
class Pair:
    """CPU seconds of one change of a case, from cold and warm.

    Attributes
    ----------
    build : from the case to the compiled model, which both need.
    load, cold : handing the model to a new session, and solving it.
    update, warm : handing it to the session of the case before the change, and solving it.
    cold_iterations, warm_iterations : of the simplex method.
    """

    build: float
    load: float
    cold: float
    update: float
    warm: float
    cold_iterations: int
    warm_iterations: int


def resolve_table(sizes: tuple[str, ...] = SIZES, repeats: int = REPEATS, report: Report = print) -> pd.DataFrame:
    """Return a row per size: medians of the CPU seconds of each step, and of the ratios of pairs.

    Columns
    -------
    build, load, cold, update, warm : see `Pair`.
    cold_iterations, warm_iterations : of the simplex method.
    solve_ratio : update and warm solve over the cold solve alone.
    loaded_ratio : update and warm solve over load and cold solve.
    whole_ratio : build, update and warm solve over build, load and cold solve.
    """
    rows = []
    for size in sizes:
        report(size)
        pairs = pd.DataFrame([vars(pair) for pair in resolve(size, repeats)])
        again, cold = pairs["update"] + pairs["warm"], pairs["cold"]
        ratios = pairs.assign(
            solve_ratio=again / cold,
            loaded_ratio=again / (pairs["load"] + cold),
            whole_ratio=(pairs["build"] + again) / (pairs["build"] + pairs["load"] + cold),
        )
        rows.append({"size": size, **ratios.median().to_dict()})
    return pd.DataFrame(rows)


def resolve(size: str, repeats: int) -> list[Pair]:
    """Return the times of some changes of a case, each a change of the one before.

    Raises
    ------
    RuntimeError
        Where the warm model is rebuilt or does not come to the same optimum.
    """
    case, rng = synthetic_case("air", **CASES[size].arguments()), np.random.default_rng(SEED)
    warm = Session(_compiled(case))
    warm.solve()
    pairs = []
    for _ in range(repeats):
        case = _changed(case, rng)
        pairs.append(_pair(case, warm))
    return pairs


def _pair(case: Case, warm: Session) -> Pair:
    times = [time.process_time()]

    def lap() -> None:
        times.append(time.process_time())

    compiled = _compiled(case)
    lap()
    cold = Session(compiled)
    lap()
    first = cold.solve()
    lap()
    said = warm.update(compiled)
    lap()
    again = warm.solve()
    lap()
    if said != "updated" or abs(again.objective - first.objective) > SAME * abs(first.objective):
        raise RuntimeError(f"{said}, and came to {again.objective!r} instead of {first.objective!r}")
    build, load, solve, update, resolve = np.diff(times).tolist()
    return Pair(build, load, solve, update, resolve, first.iterations, again.iterations)


def _compiled(case: Case) -> CompiledModel:
    return compile_model(assemble(resolve_limits(read_problem(case))[0]))


def _changed(case: Case, rng: np.random.Generator) -> Case:
    """Return the case with new limits and some new transfer coefficients."""
    transfer, targets = case["transfer"], case["targets"]
    count = len(transfer)
    moved = np.where(rng.random(count) < CHANGED_SHARE, rng.uniform(-1, 1, count) * COEFFICIENT_CHANGE, 0.0)
    shifted = rng.uniform(-1, 1, len(targets)) * LIMIT_CHANGE
    tables = {
        **case.tables,
        "transfer": transfer.assign(coefficient=transfer["coefficient"] * (1.0 + moved)),
        "targets": targets.assign(limit=targets["limit"] * (1.0 + shifted)),
    }
    return replace(case, tables=tables)
