"""Fixtures for the tests of the mathematics: cases from small texts, and a model's rows by name."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyomo.core.base.PyomoModel import ConcreteModel
from pyomo.core.base.var import Var

from abate_data.case import Case
from abate_data.read import load
from abate_models.compile import CompiledModel, compile_model

Row = tuple[dict[str, float], float, float]

#: What every made case says unless a test says otherwise.
SETTINGS = {
    "name": "made",
    "currency": "EUR",
    "units": {"load": "t/yr", "area": "km2", "quality": {"tp": "mg/L", "do": "mg/L"}},
}


@pytest.fixture
def make_case() -> Callable[..., Case]:
    """Return a function that makes a case from a text per table, columns apart by blanks and `.` for a blank cell."""

    def make(tables: dict[str, str], **settings: Any) -> Case:
        frames = {
            name: pd.read_csv(io.StringIO(text.strip()), sep=r"\s+", dtype=str, na_values=["."], keep_default_na=False)
            for name, text in tables.items()
        }
        return load({"case": {**SETTINGS, **settings}, **frames})

    return make


@pytest.fixture
def rows_of() -> Callable[[ConcreteModel, str], dict[Any, Row]]:
    """Return a function that compiles a model and gives a component's rows: key -> (coefficients, lower, upper)."""

    def rows(model: ConcreteModel, component: str) -> dict[Any, Row]:
        compiled = compile_model(model)
        names = column_names(model)
        found = {}
        for key, row in zip(model.find_component(component).keys(), compiled.rows[component], strict=True):
            entries = compiled.matrix[[row]].tocoo()
            coefficients = {names[column]: value for column, value in zip(entries.coords[1], entries.data, strict=True)}
            found[key] = (coefficients, compiled.row_lower[row], compiled.row_upper[row])
        return found

    return rows


@pytest.fixture
def costs_of() -> Callable[[ConcreteModel], tuple[dict[str, float], float]]:
    """Return a function that compiles a model and gives its objective: (coefficients that are not 0, constant)."""

    def costs(model: ConcreteModel) -> tuple[dict[str, float], float]:
        compiled: CompiledModel = compile_model(model)
        names = column_names(model)
        return {names[column]: compiled.cost[column] for column in np.flatnonzero(compiled.cost)}, compiled.offset

    return costs


def column_names(model: ConcreteModel) -> list[str]:
    """Return the name of every column, in the order in which a model is compiled."""
    return [member.name for variable in model.component_objects(Var) for member in variable.values()]
