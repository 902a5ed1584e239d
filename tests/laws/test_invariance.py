"""The same case in other units, another order or another process is the same plan."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_cases import Tables, examples, shapes, written

import abate
from abate import Plan
from abate_data.synthetic import synthetic_case

#: Amounts of one t/yr in the unit, and of one ug/m3.
LOADS = {"g/yr": 1e6, "kg/yr": 1e3, "kt/yr": 1e-3}
QUALITIES = {"ng/m3": 1e3, "mg/m3": 1e-3}


def rescaled(tables: Tables, load: str, quality: str, money: float) -> Tables:
    """A case in t/yr and ug/m3 written in other units of load, quality and money."""
    loads, qualities = LOADS.get(load, 1.0), QUALITIES.get(quality, 1.0)
    factors: dict[str, dict[str, float]] = {
        "loads": dict.fromkeys(("load", "floor"), loads),
        "transfer": {"coefficient": qualities / loads},
        "background": {"value": qualities},
        "sources": {"income": money},
        "options": dict.fromkeys(("unit_cost", "fixed_cost", "capital_cost"), money),
    }
    new = dict(tables)
    for name, columns in factors.items():
        new[name] = tables[name].assign(**{c: tables[name][c] * factor for c, factor in columns.items()})
    targets = tables["targets"]
    kind, basis = targets["kind"], targets["basis"]
    factor = np.select([kind == "quality", kind == "budget"], [qualities, money], loads)
    factor = np.where(basis.isin(["percent", "gap_closure"]), 1.0, factor)
    new["targets"] = targets.assign(limit=targets["limit"] * factor)
    units = tables["case"]["units"]
    quality_units = dict.fromkeys(units["quality"], quality)
    new["case"] = {**tables["case"], "units": {**units, "load": load, "quality": quality_units}}
    return new


@given(shapes(kinds=("air", "mixed"), fixed_cost_shares=(0.0, 0.0, 0.4)), st.data())
@examples(7)
def test_other_units_give_the_same_plan(shape, data):
    tables = written(synthetic_case(**shape))
    load, quality = data.draw(st.sampled_from(list(LOADS))), data.draw(st.sampled_from(list(QUALITIES)))
    money = data.draw(st.sampled_from([1e-3, 1e3]))
    plan = abate.decompose(abate.load(tables))
    other = abate.decompose(abate.load(rescaled(tables, load, quality, money)))
    assert other.cost == pytest.approx(plan.cost * money, rel=3e-6, abs=1e-6 * money)
    if shape["fixed_cost_share"] == 0:
        assert_same_plan(plan, other, LOADS[load])


def assert_same_plan(plan: Plan, other: Plan, loads: float = 1.0) -> None:
    """Both ask the same of every source; a row each, in the same order."""
    for column in ("source", "pollutant"):
        assert plan.allocation[column].tolist() == other.allocation[column].tolist()
    size = plan.allocation["baseline"].to_numpy()
    np.testing.assert_allclose(other.allocation["allowed"] / loads / size, plan.allocation["allowed"] / size, atol=1e-6)
    np.testing.assert_allclose(other.allocation["percent"], plan.allocation["percent"], atol=1e-4)
    assert plan.measures[["source", "measure"]].equals(other.measures[["source", "measure"]])


@given(shapes(kinds=("air", "mixed")), st.data())
@examples(5)
def test_headers_in_another_unit_give_the_same_plan(shape, data):
    """Loads and coefficients are converted at the door; the plan is in the unit of the settings."""
    tables = written(synthetic_case(**shape))
    load, quality = data.draw(st.sampled_from(list(LOADS))), data.draw(st.sampled_from(list(QUALITIES)))
    other = rescaled(tables, load, quality, 1.0)
    stated = {
        "loads": {"load": f"load [{load}]", "floor": f"floor [{load}]"},
        "transfer": {"coefficient": f"coefficient [{quality} per {load}]"},
        "background": {"value": f"value [{quality}]"},
    }
    headed = {name: other[name].rename(columns=columns) for name, columns in stated.items()}
    plan, same = abate.decompose(abate.load(tables)), abate.decompose(abate.load({**tables, **headed}))
    assert same.cost == pytest.approx(plan.cost, rel=1e-6, abs=1e-6)
    assert_same_plan(plan, same)


@given(shapes(fixed_cost_shares=(0.0, 0.0, 0.4)), st.randoms(use_true_random=False))
@examples(7)
def test_the_order_of_rows_changes_nothing_and_is_kept(shape, random):
    tables = written(synthetic_case(**shape))
    shuffled = {name: _shuffled(table, random) for name, table in tables.items()}
    plan, other = abate.decompose(abate.load(tables)), abate.decompose(abate.load(shuffled))
    assert other.cost == pytest.approx(plan.cost, rel=3e-6, abs=1e-6)
    for name, key in (("loads", ["source", "pollutant"]), ("targets", ["target"])):
        table = {"loads": other.allocation, "targets": other.attainment}[name]
        assert table[key].to_numpy().tolist() == shuffled[name][key].to_numpy().tolist()
    place = {pair: row for row, pair in enumerate(_pairs(shuffled["options"]))}
    rows = [place[pair] for pair in _pairs(other.measures)]
    assert rows == sorted(rows)
    if shape["fixed_cost_share"] == 0:  # costs are random, so the cheapest allocation is the only one
        ours, theirs = (each.allocation.set_index(["source", "pollutant"])["percent"] for each in (plan, other))
        np.testing.assert_allclose(theirs.loc[ours.index], ours, atol=1e-4)


def _shuffled(table: Any, random: Any) -> Any:
    if not isinstance(table, pd.DataFrame):
        return table
    rows = list(range(len(table)))
    random.shuffle(rows)
    return table.iloc[rows].reset_index(drop=True)


def _pairs(table: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(table["source"], table["measure"], strict=True))


SAME = """
import hashlib, sys
import abate
from abate_data.synthetic import synthetic_case
for kind in ("air", "river", "mixed"):
    case = synthetic_case(kind, sources=7, technologies=3, receptors=3, fixed_cost_share=float(sys.argv[1]))
    plan = abate.decompose(case)
    for name, table in plan.tables().items():
        print(kind, name, hashlib.sha256(table.to_csv().encode()).hexdigest())
"""


def hashes(fixed_cost_share: float) -> list[str]:
    lines = []
    for kind in ("air", "river", "mixed"):
        case = synthetic_case(kind, sources=7, technologies=3, receptors=3, fixed_cost_share=fixed_cost_share)
        for name, table in abate.decompose(case).tables().items():
            lines.append(f"{kind} {name} {hashlib.sha256(table.to_csv().encode()).hexdigest()}")
    return lines


@pytest.mark.parametrize("fixed_cost_share", [0.0, 0.4])
def test_the_same_input_gives_the_same_bytes(fixed_cost_share):
    """In two runs of one process, and in another process with another hash seed."""
    first = hashes(fixed_cost_share)
    assert hashes(fixed_cost_share) == first
    run = subprocess.run(
        [sys.executable, "-c", SAME, str(fixed_cost_share)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent,
        env={"PYTHONHASHSEED": "12345"},
    )
    assert run.stdout.split("\n")[:-1] == first
