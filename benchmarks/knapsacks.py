"""Knapsacks with several objectives whose exact fronts are known, as Pyomo models."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyomo.environ as pyo

INSTANCES = Path(__file__).parent / "instances" / "knapsacks.json"


@dataclass(frozen=True, eq=False)
class Knapsack:
    """Items of which some are taken, so that every weight is within its capacity; all profits are to be large.

    Attributes
    ----------
    weights, capacities, profits : (rows x items), (rows), (objectives x items).
    front : (points x objectives), sorted.
    """

    weights: np.ndarray
    capacities: np.ndarray
    profits: np.ndarray
    front: np.ndarray

    def model(self) -> pyo.ConcreteModel:
        """Return the model, with an objective ``profit[k]`` for each row of profits."""
        model = pyo.ConcreteModel()
        items = range(self.weights.shape[1])
        model.taken = pyo.Var(items, domain=pyo.Binary)
        model.fits = pyo.Constraint(
            range(len(self.weights)),
            rule=lambda m, row: sum(self.weights[row, i] * m.taken[i] for i in items) <= self.capacities[row],
        )
        model.profit = pyo.Objective(
            range(len(self.profits)),
            rule=lambda m, k: sum(self.profits[k, i] * m.taken[i] for i in items),
            sense=pyo.maximize,
        )
        return model


def knapsack(name: str) -> Knapsack:
    """Return an instance by its name, 2kp50 or 3kp40."""
    given = json.loads(INSTANCES.read_text("utf-8"))[name]
    return Knapsack(*(np.array(given[part], dtype=float) for part in ("weights", "capacities", "profits", "front")))
