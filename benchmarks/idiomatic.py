"""The same model as a Pyomo user writes it: sets, indexed variables, a rule per constraint with sums over generators.

The rows are those of abate: the load after measures is a variable, which is the best form for Pyomo too. It starts
from the arrays of a `Problem`; the tables are read, and effects and costs worked out, before the clock runs. It ends
with `set_instance` of Pyomo's persistent interface to HiGHS; nothing is written to files.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyomo.environ as pyo
from pyomo.contrib.solver.solvers.highs import Highs

from abate_models.cost import cost_vectors
from abate_models.problem import Problem, read_problem
from abate_models.targets import CAP, QUALITY
from benchmarks.clock import Clock
from benchmarks.stored import read_case

Key = tuple[str, str]


@dataclass(frozen=True)
class Data:
    """What the model needs, by id: of options, loads, receptors and targets."""

    upper: dict[Key, float]
    cost: dict[Key, float]
    groups: dict[Key, list[Key]]
    baseline: dict[Key, float]
    removal: dict[Key, dict[Key, float]]
    quality: dict[str, dict[Key, float]]
    quality_limit: dict[str, float]
    cap: dict[str, list[Key]]
    cap_limit: dict[str, float]


def read_data(problem: Problem) -> Data:
    """Return the data of a problem with options in groups, quality targets from above and caps."""
    options, loads, targets, receptors = problem.options, problem.loads, problem.targets, problem.receptors
    groups: dict[Key, list[Key]] = {key: [] for key in options.groups}
    for option, group in zip(options.keys, options.group, strict=True):
        groups[options.groups[group]].append(option)
    quality, cap = targets.rows(QUALITY), targets.rows(CAP)
    room = targets.allowed[quality] - receptors.background[targets.quality[quality]]
    named = {row: targets.ids[row] for row in range(len(targets.ids))}
    return Data(
        upper=dict(zip(options.keys, options.upper.tolist(), strict=True)),
        cost=dict(zip(options.keys, cost_vectors(problem)["extent"].tolist(), strict=True)),
        groups=groups,
        baseline=dict(zip(loads.keys, loads.baseline.tolist(), strict=True)),
        removal={key: _entries(options.removal, i, options.keys) for i, key in enumerate(loads.keys)},
        quality={named[t]: _entries(receptors.transfer, targets.quality[t], loads.keys) for t in quality},
        quality_limit=dict(zip([named[t] for t in quality], room.tolist(), strict=True)),
        cap={named[t]: list(_entries(targets.scope, t, loads.keys)) for t in cap},
        cap_limit={named[t]: float(targets.allowed[t]) for t in cap},
    )


def build(data: Data) -> pyo.ConcreteModel:
    """Return the model."""
    model = pyo.ConcreteModel()
    model.options = pyo.Set(initialize=list(data.upper))
    model.loads = pyo.Set(initialize=list(data.baseline))
    model.extent = pyo.Var(model.options, bounds=lambda _, *option: (0, data.upper[option]))
    model.emitted = pyo.Var(model.loads, bounds=lambda _, *load: (0, data.baseline[load]))
    model.groups = pyo.Set(initialize=list(data.groups))
    model.receptors = pyo.Set(initialize=list(data.quality))
    model.caps = pyo.Set(initialize=list(data.cap))

    @model.Constraint(model.groups)
    def group(model: pyo.ConcreteModel, *key: str) -> object:
        return sum(model.extent[option] for option in data.groups[key]) <= 1

    @model.Constraint(model.loads)
    def balance(model: pyo.ConcreteModel, *key: str) -> object:
        removed = sum(value * model.extent[option] for option, value in data.removal[key].items())
        return model.emitted[key] + removed == data.baseline[key]

    @model.Constraint(model.receptors)
    def quality(model: pyo.ConcreteModel, target: str) -> object:
        brought = sum(value * model.emitted[load] for load, value in data.quality[target].items())
        return brought <= data.quality_limit[target]

    @model.Constraint(model.caps)
    def cap(model: pyo.ConcreteModel, target: str) -> object:
        return sum(model.emitted[load] for load in data.cap[target]) <= data.cap_limit[target]

    model.cost = pyo.Objective(expr=sum(data.cost[option] * model.extent[option] for option in model.options))
    return model


def main(folder: Path) -> dict[str, float]:
    problem = read_problem(read_case(folder))
    clock = Clock()
    data = read_data(problem)
    clock.lap("data")
    model = build(data)
    clock.lap("build")
    Highs().set_instance(model)
    clock.lap("hand over")
    return {**clock.seconds, "memory": clock.peak}


def _entries(matrix: object, row: int, keys: list[Key]) -> dict[Key, float]:
    start, stop = matrix.indptr[row : row + 2]  # type: ignore[attr-defined]
    columns, values = matrix.indices[start:stop], matrix.data[start:stop]  # type: ignore[attr-defined]
    return {keys[column]: float(value) for column, value in zip(columns, np.asarray(values), strict=True)}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
