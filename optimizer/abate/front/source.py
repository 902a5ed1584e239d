"""Where a front comes from: the model behind it, which can be solved again, and what a point of it means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pyomo.core.base.PyomoModel import ConcreteModel

from abate.errors import Finding, InputError
from abate.front.exact.point import Floats
from abate.front.exact.space import LinearObjective
from abate.plan import Plan, with_values
from abate_models.compile import CompiledModel


class Source(Protocol):
    """What a front needs of where it comes from."""

    @property
    def linear(self) -> tuple[CompiledModel, list[LinearObjective]] | None:
        """The model with all objectives of the front, None where one of them is not linear."""

    def plan(self, columns: Floats, name: str) -> Plan:
        """Return the verified plan of a point."""


@dataclass(frozen=True, eq=False)
class ModelSource:
    """Any linear Pyomo model."""

    build: Callable[[], ConcreteModel]
    linear: tuple[CompiledModel, list[LinearObjective]]

    def plan(self, columns: Floats, name: str) -> Plan:
        """Refuse: a model that is none of a case has no plans."""
        del columns, name
        cure = "take front.fill(number), the model with the point's values"
        raise InputError([Finding("front", "is one of a model, not of a case, and has no plans", cure)])

    def fill(self, columns: Floats) -> ConcreteModel:
        """Return the model with the values of a point in its variables."""
        return with_values(self.build(), columns)
