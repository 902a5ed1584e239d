"""Fixtures for the tests of the engine: cases from small texts, and the laws that every plan keeps."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo
import pytest

import abate
from abate_data.case import Case

#: What every made case says unless a test says otherwise.
SETTINGS = {
    "name": "made",
    "currency": "EUR",
    "units": {"load": "t/yr", "area": "km2", "quality": {"tp": "mg/L", "do": "mg/L"}},
}


@pytest.fixture(scope="session")
def make_case() -> Callable[..., Case]:
    """Return a function that makes a case from a text per table, columns apart by blanks and `.` for a blank cell."""

    def make(tables: dict[str, str], **settings: Any) -> Case:
        frames = {
            name: pd.read_csv(io.StringIO(text.strip()), sep=r"\s+", dtype=str, na_values=["."], keep_default_na=False)
            for name, text in tables.items()
        }
        return abate.load({"case": {**SETTINGS, **settings}, **frames})

    return make


@pytest.fixture(scope="session")
def keeps_laws() -> Callable[[abate.Plan], abate.Plan]:
    """Return a function that checks a plan's tables against its own Pyomo model, and returns the plan."""

    def check(plan: abate.Plan) -> abate.Plan:
        _rows_hold(plan.model)
        _values_agree(plan)
        _allocation_agrees(plan)
        _attainment_agrees(plan)
        _balance_adds_up(plan)
        return plan

    return check


def _rows_hold(model: pyo.ConcreteModel) -> None:
    """Every active constraint and bound of the model holds, evaluated as Pyomo expressions."""
    for row in model.component_data_objects(pyo.Constraint, active=True):
        body = pyo.value(row.body)
        size = 1e-6 * max(1.0, abs(body))
        assert row.lb is None or body >= row.lb - size, row.name
        assert row.ub is None or body <= row.ub + size, row.name
    for variable in model.component_data_objects(pyo.Var):
        size = 1e-6 * max(1.0, abs(variable.value))
        assert variable.lb is None or variable.value >= variable.lb - size, variable.name
        assert variable.ub is None or variable.value <= variable.ub + size, variable.name
        assert variable.is_continuous() or variable.value == round(variable.value), variable.name


def _values_agree(plan: abate.Plan) -> None:
    """The objective is the model's; the cost is the sum of the measures and of the least-cost objective."""
    objective = next(plan.model.component_data_objects(pyo.Objective, active=True))
    assert plan.value == pytest.approx(pyo.value(objective), abs=1e-9)
    assert plan.cost == pytest.approx(plan.measures["cost"].sum(), abs=1e-9)
    if plan.objective == "cost":
        assert plan.cost == pytest.approx(pyo.value(objective), abs=1e-9)


def _allocation_agrees(plan: abate.Plan) -> None:
    allowed = {(row.source, row.pollutant): row.allowed for row in plan.allocation.itertuples()}
    model_loads = {key: variable.value for key, variable in plan.model.allowed_load.items()}
    assert allowed == pytest.approx(model_loads)
    table = plan.allocation
    assert table["reduction"].to_numpy() == pytest.approx((table["baseline"] - table["allowed"]).to_numpy())
    extents = {(row.source, row.measure): row.extent for row in plan.measures.itertuples()}
    model_extents = {key: v.value for key, v in plan.model.extent.items() if v.value or key in extents}
    assert extents == pytest.approx(model_extents)
    whole = plan.regions[plan.regions["region"] == "all"]
    assert whole["allowed"].sum() == pytest.approx(table["allowed"].sum())
    assert whole["cost"].to_numpy() == pytest.approx(np.full(len(whole), plan.cost))


def _attainment_agrees(plan: abate.Plan) -> None:
    """What a target attains is the body of its row, plus the background of its receptor, less what gives way."""
    background = plan.case["background"].set_index(["receptor", "parameter"])["value"].to_dict()
    targets = plan.case["targets"].set_index("target")
    slack = plan.model.component("exceedance")
    for row in plan.attainment.itertuples():
        found = [plan.model.component(name) for name in ("quality", "cap", "budget")]
        holder = next((one for one in found if one is not None and row.target in one), None)
        if holder is None or type(holder[row.target]).__name__ != "MatrixRow":
            continue
        place = (targets.loc[row.target, "receptor"], targets.loc[row.target, "parameter"])
        value = pyo.value(holder[row.target].body) + background.get(place, 0.0)
        if slack is not None and row.target in slack:
            sign = -1 if targets.loc[row.target, "sense"] == "at_least" else 1
            value += sign * slack[row.target].value
        assert row.after == pytest.approx(value, rel=1e-6, abs=1e-9), row.target


def _balance_adds_up(plan: abate.Plan) -> None:
    parts = ["point", "diffuse", "background", "margin", "reserve", "unused"]
    assert plan.balance[parts].sum(axis=1).to_numpy() == pytest.approx(plan.balance["limit"].to_numpy())
