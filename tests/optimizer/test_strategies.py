"""Strategies as a whole: filling against the targets, measures that reach what is allowed, tiers, given, bad input."""

from __future__ import annotations

import dataclasses
import inspect
import math
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo
import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from independent import Reading, _minimum, physical_rows, target_value
from random_cases import changed, examples, shapes, with_column, written
from random_divisions import CLAIMS, RULES, Division, division
from scipy.optimize import linprog

import abate
from abate.certify import verify
from abate.solver import FEASIBILITY_TOLERANCE
from abate.strategies.allocate import allocate, parse, plan_of, sweep
from abate.strategies.handing import rule_of
from abate.strategies.naming import named
from abate.strategies.registry import strategies
from abate.strategies.study import Study
from abate_data.case import Case
from abate_data.synthetic import synthetic_case

SEEDS = st.integers(0, 10**6)
#: Everything kept within this share of the size of a target is kept.
KEPT = 1e-9


def shares(case: Case, strategy: str, **options: Any) -> np.ndarray:
    """What a strategy hands out, in the order of the loads."""
    return allocate(case, strategy, **options).allocation["allowed"].to_numpy()


def handed(study: Study, name: str, **options: Any) -> np.ndarray:
    """The same of a rule without the search for measures."""
    return rule_of(name)(study.parties(), **options)[0]


def basin(
    loads: dict[str, float], limits: dict[str, float], transfer: dict[str, list[float]] | None = None, **columns: Any
) -> Case:
    """A case of one pollutant: loads, a limit for each receptor of `transfer` and for the cap, columns of sources."""
    sources, transfer = list(loads), transfer or {}
    rows = [
        (source, at, "P", "tp", a) for at, given in transfer.items() for source, a in zip(sources, given, strict=True)
    ]
    quality = [(at, "quality", at, limit) for at, limit in limits.items() if at in transfer]
    caps = [(name, "load", "", limit) for name, limit in limits.items() if name not in transfer]
    tables = {
        "case": {"name": "basin", "currency": "EUR", "units": {"load": "kg/d", "quality": {"tp": "mg/L"}}},
        "sources": pd.DataFrame({"source": sources, **columns}),
        "loads": pd.DataFrame({"source": sources, "pollutant": "P", "load": list(loads.values())}),
        "targets": pd.DataFrame(quality + caps, columns=["target", "kind", "receptor", "limit"]),
    }
    if rows:
        names = ["source", "receptor", "pollutant", "parameter", "coefficient"]
        tables["transfer"] = pd.DataFrame(rows, columns=names).query("coefficient != 0")
    return abate.load(tables)


# --- filling ------------------------------------------------------------------------------------------------------


def two_receptors() -> Case:
    # Source: the reference on strategies, section 0, pitfall of several receptors
    rows = {"one": [0.02, 0.03, 0.05], "two": [0.0, 0.0, 0.06]}
    return basin({"a": 600.0, "b": 300.0, "c": 300.0}, {"one": 28.0, "two": 9.0}, rows)


def test_one_level_for_all_wastes_what_progressive_filling_uses():
    case = two_receptors()
    uniform = allocate(case, "equal-percent", mode="uniform")
    # receptor two stops c, and with it everybody, at 9 / 0.06 = 150 of 300
    assert uniform.allocation["allowed"].tolist() == pytest.approx([300, 150, 150])
    assert uniform.attainment.set_index("target")["after"].to_dict() == pytest.approx({"one": 18, "two": 9})
    # by hand: a and b go on to t with 0.02 x 600 t + 0.03 x 300 t = 28 - 0.05 x 150, t = 20.5 / 21
    t = 20.5 / 21
    progressive = allocate(case, "equal-percent mode=progressive")
    assert progressive.allocation["allowed"].tolist() == pytest.approx([600 * t, 300 * t, 150])
    assert progressive.attainment.set_index("target")["after"].to_dict() == pytest.approx({"one": 28, "two": 9})
    assert progressive.attained
    assert uniform.attained


def test_a_source_in_no_target_is_left_alone_but_by_one_level_for_all():
    case = basin({"a": 100.0, "b": 100.0}, {"lake": 1.0}, {"lake": [0.02, 0.0]})
    assert shares(case, "equal-percent") == pytest.approx([50, 100])
    assert shares(case, "talmud") == pytest.approx([50, 100])
    assert shares(case, "equal-percent", mode="uniform") == pytest.approx([50, 50])


def check_bounds(made: Division, loads: np.ndarray) -> None:
    assert (loads >= made.lower * (1 - KEPT)).all()
    assert (loads <= made.current * (1 + KEPT)).all()
    assert made.excess(loads).max() <= KEPT


def check_nobody_could_have_more(made: Division, loads: np.ndarray) -> None:
    """No load can be raised by itself without passing a target."""
    full = made.excess(loads) >= -KEPT
    stopped = (made.rows[full] > 0).any(axis=0)
    assert (stopped | (loads >= made.current * (1 - KEPT))).all()


@given(SEEDS)
@examples(6)
def test_every_rule_keeps_bounds_and_targets_and_leaves_nothing_that_could_be_had(seed):
    made = division(seed)
    study = Study(made.case)
    idle = made.excess(made.current).max() <= 0
    event(f"idle {idle}")
    for name, options in RULES + CLAIMS:
        if idle and (name, options) in CLAIMS:
            continue
        loads, uniform = (handed(study, name, **options, mode=mode) for mode in ("progressive", "uniform"))
        check_bounds(made, loads)
        check_bounds(made, uniform)
        check_nobody_could_have_more(made, loads)
        assert (loads >= uniform - KEPT * made.current).all(), name
        if len(made.limits) == 1 and (name, options) not in CLAIMS:
            inside = made.rows[0] > 0
            assert loads[inside] == pytest.approx(uniform[inside], rel=1e-7, abs=1e-9)


@given(SEEDS)
@examples(3)
def test_with_one_cap_all_of_it_is_handed_out_and_nobody_has_less_of_a_larger_one(seed):
    made = division(seed, caps=1, receptors=0, pollutants=1)
    shares = np.array([0.1, 0.4, 0.9])
    limits = made.lower.sum() + shares * (made.current.sum() - made.lower.sum())
    studies = [Study(made.with_limits(np.array([limit])).case) for limit in limits]
    for name, options in RULES + CLAIMS:
        loads = np.array([handed(study, name, **options) for study in studies])
        assert loads.sum(axis=1) == pytest.approx(limits, rel=KEPT), name
        assert (np.diff(loads, axis=0) >= -1e-8 * made.current).all(), name


@given(SEEDS, st.randoms(use_true_random=False))
@examples(3)
def test_names_and_order_of_sources_change_nothing(seed, random):
    made = division(seed, pollutants=1)
    order = np.array(random.sample(range(len(made.current)), len(made.current)))
    study, other = Study(made.case), Study(abate.load(made.reordered(order)))
    idle = made.excess(made.current).max() <= 0
    for name, options in RULES + (() if idle else CLAIMS):
        loads, turned = handed(study, name, **options), handed(other, name, **options)
        assert turned == pytest.approx(loads[order], rel=1e-7, abs=1e-7 * made.current.max()), name


@given(SEEDS)
@examples(3)
def test_units_change_nothing(seed):
    """Kilogrammes for tonnes, and thousands for people."""
    made = division(seed)
    tables = dict(made.tables)
    loads, sources, targets = tables["loads"], tables["sources"], tables["targets"]
    unit = {"units": {**tables["case"]["units"], "load": "kg/yr"}}
    kilos = {column: loads[column] * 1e3 for column in ("load", "floor", "raw_load")}
    figures = {"historical_load": sources["historical_load"] * 1e3, "gdp": sources["gdp"] / 1e6}
    tables |= {"case": {**tables["case"], **unit}, "loads": loads.assign(**kilos)}
    tables["sources"] = sources.assign(**figures, population=sources["population"] / 1e3)
    tables["targets"] = targets.assign(limit=targets["limit"] * np.where(targets["kind"] == "load", 1e3, 1.0))
    if "transfer" in tables:
        tables["transfer"] = tables["transfer"].assign(coefficient=tables["transfer"]["coefficient"] / 1e3)
    study, other = Study(made.case), Study(abate.load(tables))
    idle = made.excess(made.current).max() <= 0
    for name, options in RULES + (() if idle else CLAIMS):
        ours, theirs = handed(study, name, **options), handed(other, name, **options) / 1e3
        assert theirs == pytest.approx(ours, rel=1e-7, abs=1e-8 * made.current.max()), name


@given(SEEDS)
@examples(5)
def test_no_greater_level_would_do(seed):
    made = division(seed, caps=1, receptors=2, floors=False)
    case = made.case
    study, movable = Study(case), np.repeat(case["sources"]["controllable"].to_numpy(), len(set(made.pollutant)))
    for name in ("equal-percent", "per-capita"):
        loads = handed(study, name, mode="uniform")
        free = movable & (loads < made.current * (1 - 1e-6))
        event(f"somebody is held back {free.any()}")
        if free.any():
            more = np.where(movable, np.minimum(loads * (1 + 1e-5), made.current), loads)
            assert made.excess(more).max() > 0


@given(SEEDS)
@examples(3)
def test_rules_that_are_one_another(seed):
    made = division(seed, caps=1, receptors=0, pollutants=1, floors=False)
    one = made.with_limits(np.array([made.lower.sum() + 0.7 * (made.current - made.lower).sum()]))
    study = Study(one.case)

    def same(first: tuple[str, dict[str, Any]], second: tuple[str, dict[str, Any]]) -> bool:
        return handed(study, first[0], **first[1]) == pytest.approx(handed(study, second[0], **second[1]), rel=1e-7)

    assert same(("equal-percent", {}), ("grandfathering", {}))
    assert same(("equal-percent", {}), ("proportional", {}))
    assert same(("equal-mass", {}), ("equal-awards", {}))
    assert same(("equal-reduction", {"baseline": "current"}), ("equal-losses", {}))
    assert same(("convergence", {"elapsed": 0.0}), ("grandfathering", {}))
    assert same(("convergence", {"elapsed": 1.0}), ("per-capita", {}))
    assert same(("boltzmann", {"beta": 0.0}), ("per-capita", {}))
    assert same(("multi-criteria", {"criteria": ("gdp",)}), ("per-attribute", {"attribute": "gdp"}))
    assert same(("multi-criteria", {"weights": (0.0, 1.0)}), ("per-gdp", {}))
    assert same(("removal-by-income", {}), ("removal-by-income", {"most": 1.0}))


def test_weights_of_any_size_are_driven_to_the_cap():
    """Shares may differ by hundreds of orders of magnitude; still all of the cap is handed out."""
    for people in ([1e-120, 1.0, 1.0], [1e9, 1e-9, 1e-200]):
        case = basin({"a": 100.0, "b": 100.0, "c": 100.0}, {"cap": 250.0}, population=people)
        loads = shares(case, "per-capita")
        assert loads.sum() == pytest.approx(250)
        assert loads[np.argsort(people)].tolist() == sorted(loads)


def test_a_pollutant_that_nobody_may_be_asked_for_harms_no_rule():
    made = division(3, pollutants=2, caps=1, receptors=1)
    loads = made.tables["loads"]
    kept = loads[(loads["pollutant"] == "P") | (loads["source"] == "s0")].reset_index(drop=True)
    sources = made.tables["sources"].assign(
        controllable=[source != "s0" for source in made.tables["sources"]["source"]]
    )
    tables = {**made.tables, "loads": kept, "sources": sources}
    tables["targets"] = pd.DataFrame({"target": ["cap"], "kind": "load", "pollutant": "P", "limit": [0.0]})
    del tables["transfer"]
    tables["loads"] = kept.assign(floor=0.0)
    fixed = kept.loc[(kept["source"] == "s0") & (kept["pollutant"] == "P"), "load"].sum()
    total = kept.loc[kept["pollutant"] == "P", "load"].sum()
    tables["targets"]["limit"] = fixed + 0.5 * (total - fixed)
    study = Study(abate.load(tables))
    for name, options in RULES + CLAIMS:
        given_out = handed(study, name, **options)
        assert given_out[kept["pollutant"] == "N"].tolist() == kept.loc[kept["pollutant"] == "N", "load"].tolist()
        assert given_out[kept["pollutant"] == "P"].sum() == pytest.approx(fixed + 0.5 * (total - fixed))


def test_a_plan_says_what_was_asked_for_and_text_and_keywords_are_the_same():
    made = division(8, caps=1, receptors=1)
    study = Study(made.case)
    for name, options in RULES + CLAIMS:
        plan = plan_of(study, named(name, options))
        assert plan.strategy == named(name, options)
        assert plan.allocation["allowed"].to_numpy() == pytest.approx(handed(study, name, **options))
    assert {name for name, _ in RULES + CLAIMS} | {"equal-effort", "best-technology"} >= {
        one.name for one in strategies().values() if one.kind in ("rule", "claims") and "cost" not in one.name
    }


def test_a_floor_of_the_measures_holds_instead_of_that_of_the_table(minimal_case_tables):
    tables = minimal_case_tables
    tables["targets"] = pd.DataFrame({"target": ["cap"], "kind": ["load"], "limit": [80.0]})
    case = abate.load(tables)
    # precipitation leaves 20 % of 40 and 30 % of 25, buffers of 120 km take 30 of 60
    least = [8.0, 7.5, 30.0]
    assert shares(case, "equal-losses") == pytest.approx([25, 10, 45])
    assert shares(case, "equal-losses", floor="measures") == pytest.approx([25, 10, 45])
    plan = allocate(case, "equal-mass", floor="measures")
    assert plan.allocation["allowed"].tolist() == pytest.approx([25, 25, 30])
    assert (plan.allocation["allowed"].to_numpy() >= np.array(least) - 1e-9).all()
    assert plan.strategy == "equal-mass floor=measures"
    assert not len(plan.out_of_reach)


# --- what regions and sources say ---------------------------------------------------------------------------------


def test_a_source_takes_its_part_of_the_figure_of_the_nearest_region_that_has_one():
    case = abate.load(
        {
            "case": {"name": "zones", "units": {"load": "t/yr"}},
            "regions": pd.DataFrame(
                {"region": ["basin", "north", "creek", "south"], "parent": ["", "basin", "north", "basin"],
                 "population": [900.0, 300.0, None, None]}
            ),
            "sources": pd.DataFrame(
                {"source": ["a", "b", "c", "d"], "region": ["north", "creek", "south", "south"],
                 "population": [None, None, None, 50.0]}
            ),
            "loads": pd.DataFrame({"source": ["a", "b", "c", "d"], "pollutant": "P", "load": [10.0, 20.0, 30.0, 30.0]}),
            "targets": pd.DataFrame({"target": ["cap"], "kind": ["load"], "limit": [45.0]}),
        }
    )  # fmt: skip
    # north's 300 by load among a and its creek's b; the basin's 900 by load among c and d, of which d has its own
    assert Study(case).figures("population").tolist() == pytest.approx([100, 200, 450, 50])


def test_a_figure_may_differ_by_pollutant():
    case = basin({"a": 100.0, "b": 100.0}, {"cap": 90.0}, jobs=[1.0, 1.0], **{"jobs:P": [2.0, None]})
    assert shares(case, "per-attribute attribute=jobs") == pytest.approx([60, 30])
    assert shares(case, "per-attribute", attribute="jobs") == pytest.approx([60, 30])


# --- measures that reach what is allowed --------------------------------------------------------------------------


class Oracle:
    """The cheapest measures for allowed loads, and the least sum of relative overshoots, by dense matrices."""

    def __init__(self, case: Case) -> None:
        self.case = Reading(case)
        self.loads, self.options = len(self.case.base), len(self.case.options)

    def overshoot(self, allowed: np.ndarray) -> float:
        aim = np.concatenate([np.zeros(self.case.width), 1 / np.where(self.case.base > 0, self.case.base, 1.0)])
        return self._least(aim, allowed, None)[1]

    def cost(self, allowed: np.ndarray) -> float:
        aim = np.concatenate([self.case.cost_row(np.ones(self.options, dtype=bool)), np.zeros(self.loads)])
        size = float(aim.max(initial=0.0)) or 1.0
        status, least = self._least(aim / size, allowed, np.zeros(self.loads))
        return least * size if status == 0 else math.inf

    def _least(self, aim: np.ndarray, allowed: np.ndarray, most: np.ndarray | None) -> tuple[int, float]:
        width = self.case.width
        rows = physical_rows(self.case, width + self.loads)
        for at in range(self.loads):
            row = np.zeros(rows.width)
            row[: self.options], row[width + at] = -self.case.removed[:, at], -1.0
            rows.at_most(row, allowed[at] - self.case.base[at], f"load {at}")
            if most is not None:
                row = np.zeros(rows.width)
                row[width + at] = 1.0
                rows.at_most(row, most[at], f"slack {at}")
        status, least, _ = _minimum(self.case, aim, rows, 0)
        return status, least


def check_reached(plan: abate.Plan, asked: np.ndarray) -> None:
    """The cheapest measures for what was asked, or as near to it as they come; and the plan says so."""
    oracle = Oracle(plan.case)
    loads, base = plan.allocation["allowed"].to_numpy(), oracle.case.base
    gap = loads - asked
    missed = gap > 2e-6 * base
    assert (np.abs(gap[~missed]) <= 2e-6 * base[~missed]).all()
    keys = list(zip(plan.allocation["source"], plan.allocation["pollutant"], strict=True))
    told = plan.out_of_reach
    assert [(row.source, row.pollutant) for row in told.itertuples()] == [keys[at] for at in np.flatnonzero(missed)]
    assert told["gap"].to_numpy() == pytest.approx(gap[missed], rel=1e-6)
    assert told["asked"].to_numpy() == pytest.approx(asked[missed], rel=1e-6, abs=1e-9)
    assert float((gap[missed] / base[missed]).sum()) == pytest.approx(oracle.overshoot(asked), abs=1e-5)
    cheapest = oracle.cost(np.where(missed, loads * (1 + 1e-6), loads))
    assert plan.cost == pytest.approx(cheapest, rel=2e-4 if missed.any() else 1e-6, abs=1e-6)
    check_attainment(plan, oracle.case, loads)
    check_model(plan)


def check_attainment(plan: abate.Plan, case: Reading, loads: np.ndarray) -> None:
    """What the plan says of each target follows from the loads alone."""
    table = plan.attainment.set_index("target")
    for target in case.tables["targets"].itertuples():
        value, size = target_value(case, target, loads, case.spent(*_decisions(plan)))
        row = table.loc[target.target]
        assert row["after"] == pytest.approx(value, rel=1e-9, abs=1e-9 * size)
        sign = -1 if target.sense == "at_least" else 1
        over = sign * (value - row["limit"]) + row["margin"] + row["reserve"]
        assert row["attained"] == (over <= 1e-6 * max(abs(value), abs(row["limit"] - row["margin"] - row["reserve"])))
    assert plan.attained == table["attained"].all()


def _decisions(plan: abate.Plan) -> tuple[np.ndarray, np.ndarray]:
    used = plan.measures.set_index(["source", "measure"])["extent"].to_dict()
    table = plan.case.tables["options"]
    pairs = list(zip(table["source"], table["measure"], strict=True))
    return np.array([used.get(pair, 0.0) for pair in pairs]), np.array([pair in used for pair in pairs], dtype=bool)


def check_model(plan: abate.Plan) -> None:
    """The model of the plan holds at the values in it, and its objective is the plan's cost."""
    for row in plan.model.component_data_objects(pyo.Constraint, active=True):
        body = pyo.value(row.body)
        size = 1e-6 * max(1.0, abs(body))
        assert row.lb is None or body >= row.lb - size, row.name
        assert row.ub is None or body <= row.ub + size, row.name
    objective = next(plan.model.component_data_objects(pyo.Objective, active=True))
    assert pyo.value(objective) == pytest.approx(plan.cost, rel=1e-9, abs=1e-9)


#: Rules that need nothing but loads and measures.
OF_MEASURES = (
    *("equal-percent", "equal-mass", "equal-losses", "equal-effort", "equal-unit-cost", "equal-mass floor=measures"),
)


@given(shapes(fixed_cost_shares=(0.0, 0.0, 0.4)), st.sampled_from(OF_MEASURES))
@examples(8)
def test_measures_are_the_cheapest_that_reach_what_is_allowed(shape, asked):
    case = synthetic_case(**shape)
    study = Study(case)
    name, options = parse(asked)
    try:
        loads, _ = rule_of(name)(study.parties(options.pop("floor", "table")))
    except abate.NoPlanError:
        event("floors above the limits")
        return
    plan = plan_of(study, asked)
    check_reached(plan, loads)
    event(f"out of reach {len(plan.out_of_reach) > 0}")
    assert plan.certificate.checks["worst"].max() <= FEASIBILITY_TOLERANCE
    source = str(plan.allocation["source"].iloc[0])
    assert source in str(plan.explain(source))


def shared(fixed: float = 0.0) -> Case:
    """Two farms that share 30 ha, and a works whose two plants exclude one another."""
    return abate.load(
        {
            "case": {"name": "shared", "currency": "EUR", "units": {"load": "t/yr"}},
            "sources": pd.DataFrame({"source": ["f", "g", "w"]}),
            "loads": pd.DataFrame({"source": ["f", "g", "w"], "pollutant": "P", "load": [100.0, 50.0, 100.0]}),
            "options": pd.DataFrame(
                {
                    "source": ["f", "g", "w", "w"],
                    "measure": ["pond", "pond", "small", "large"],
                    "max_extent": [40.0, 40.0, 1.0, 1.0],
                    "unit_cost": [2.0, 3.0, 10.0, 40.0],
                    "fixed_cost": [0.0, 0.0, fixed, fixed],
                    "group": ["", "", "plant", "plant"],
                }
            ),
            "removals": pd.DataFrame(
                {
                    "source": "*",
                    "measure": ["pond", "small", "large"],
                    "pollutant": "P",
                    "removal": [1.0, 0.4, 0.8],
                    "basis": ["mass", "fraction", "fraction"],
                }
            ),
            "resources": pd.DataFrame({"resource": ["land"], "available": [30.0]}),
            "resource_use": pd.DataFrame({"resource": ["land"], "measure": ["pond"], "use": [1.0]}),
            "targets": pd.DataFrame({"target": ["cap"], "kind": ["load"], "limit": [200.0]}),
        }
    )


@pytest.mark.parametrize("fixed", [0.0, 5.0])
def test_shared_land_is_given_where_the_relative_gap_is_least(fixed):
    """70 of 100, 30 of 50 and 70 of 100 are asked: 50 ha for ponds where there are 30."""
    asked = pd.DataFrame({"source": ["f", "g", "w"], "allowed": [70.0, 30.0, 70.0]})
    plan = allocate(shared(fixed), "given", allocations=asked)
    # a hectare at g mends 1 / 50 of a relative gap, one at f 1 / 100: g gets its 20, f the other 10
    assert plan.allocation["allowed"].tolist() == pytest.approx([90, 30, 70], rel=1e-5)
    row = plan.out_of_reach.iloc[0]
    assert (len(plan.out_of_reach), row["source"], row["pollutant"]) == (1, "f", "P")
    assert (row["asked"], row["reached"], row["gap"]) == pytest.approx((70, 90, 20), rel=1e-5)
    # w: 30 by parts of both plants, whose extents share one unit: 0.75 of the small one costs 7.5, which is the least;
    # yes-or-no decisions exclude one another, and 0.75 of the small one it stays
    assert plan.cost == pytest.approx(3 * 20 + 2 * 10 + 7.5 + fixed, rel=1e-4)
    assert plan.attained
    check_reached(plan, asked["allowed"].to_numpy())


def test_a_plan_that_misses_its_targets_says_so_and_by_how_much():
    case = changed(shared(), targets=pd.DataFrame({"target": ["cap"], "kind": ["load"], "limit": [60.0]}))
    plan = allocate(case, "equal-percent")  # asks for 24, 12 and 24; ponds take 30 in all, the plant 80
    assert not plan.attained
    # g can be brought to 12 + 38 - 30 = 20 with all of the land: then f stays at 100, w comes to 24
    assert plan.allocation["allowed"].tolist() == pytest.approx([100, 20, 24], rel=1e-5)
    row = plan.attainment.iloc[0]
    assert (row["after"], row["unused"], row["attained"]) == pytest.approx((144, -84, False), rel=1e-5)
    assert plan.out_of_reach["source"].tolist() == ["f", "g"]
    assert "1 of 1 targets missed" in repr(plan)
    assert plan.plot() is not None
    expected = {"allocation", "regions", "measures", "practices", "attainment", "balance", "prices", "out_of_reach"}
    assert set(plan.tables()) == expected | {"certificate"}


def test_the_model_of_a_plan_solves_to_its_cost_elsewhere():
    plan = allocate(shared(5.0), "equal-percent")
    model = plan.model
    for variable in model.component_data_objects(pyo.Var):
        variable.set_value(None)
    pyo.SolverFactory("appsi_highs").solve(model)
    assert pyo.value(next(model.component_data_objects(pyo.Objective))) == pytest.approx(plan.cost, rel=1e-6)


def test_without_options_there_is_a_plan_but_no_model():
    plan = allocate(basin({"a": 60.0, "b": 40.0}, {"cap": 50.0}), "equal-percent")
    assert plan.allocation["allowed"].tolist() == pytest.approx([30, 20])
    assert np.isnan(plan.cost)
    assert plan.attained
    assert plan.plot() is not None
    for ask in (lambda: plan.model, lambda: plan.explain("a")):
        with pytest.raises(abate.InputError, match="which measures each source can take"):
            ask()


# --- the certificate of shares --------------------------------------------------------------------------------------


def claimed(plan: abate.Plan, **other: Any) -> dict[str, str]:
    """The kinds of row that a plan's claim fails after it was tampered with, and where."""
    claim = plan._outcome.claim(np.full(len(plan.attainment), np.nan))
    claim = dataclasses.replace(claim, **other)
    return {one.kind: one.where for one in verify(plan.case, claim) if not one.worst <= FEASIBILITY_TOLERANCE}


def test_what_a_strategy_claims_is_held_against_the_tables():
    case = changed(shared(), targets=pd.DataFrame({"target": ["cap"], "kind": ["load"], "limit": [60.0]}))
    plan = allocate(case, "equal-percent")
    load, slack = plan._outcome.load, plan._outcome.slack
    assert claimed(plan) == {}
    assert slack == pytest.approx([84], rel=1e-5)
    # a miss that is overstated, one that is hidden, a load below what its measures leave
    assert claimed(plan, slack=slack + 1.0) == {"slack": "target 'cap'"}
    assert claimed(plan, slack=np.zeros(1)) == {"cap": "target 'cap'", "identity": "target 'cap'"}
    assert claimed(plan, slack=slack - 1.0) == {"cap": "target 'cap'", "identity": "target 'cap'"}
    assert claimed(plan, slack=-slack)["slack"] == "target 'cap'"
    lower = np.where(np.arange(3) == 2, load - 1.0, load)
    assert claimed(plan, load=lower, slack=slack - 1.0) == {"balance": "source 'w', pollutant 'P'"}
    # more than its measures leave is what a source may be allowed
    assert claimed(plan, load=load + 1.0, slack=slack + 3.0) == {}
    assert claimed(plan, cost=plan.cost - 1.0)["cost"] == "yearly cost"
    assert "balance" in claimed(plan, load=load + 1.0, slack=slack + 3.0, shares=False)


# --- tiers ----------------------------------------------------------------------------------------------------------


def provinces(cap: float = 120.0, **tables: pd.DataFrame) -> Case:
    return abate.load(
        {
            "case": {"name": "provinces", "currency": "EUR", "units": {"load": "t/yr", "quality": {"tp": "mg/L"}}},
            "regions": pd.DataFrame(
                {
                    "region": ["basin", "north", "south"],
                    "parent": ["", "basin", "basin"],
                    "population": [None, 100.0, 300.0],
                }
            ),
            "sources": pd.DataFrame(
                {
                    "source": ["a", "b", "c", "d", "e"],
                    "region": ["north", "north", "north", "south", "south"],
                    "sector": ["town", "mill", "mill", "town", "mill"],
                }
            ),
            "loads": pd.DataFrame({"source": list("abcde"), "pollutant": "P", "load": [60.0, 20.0, 20.0, 50.0, 50.0]}),
            "targets": pd.DataFrame({"target": ["cap"], "kind": ["load"], "region": ["basin"], "limit": [cap]}),
            **tables,
        }
    )


def test_provinces_by_heads_then_sectors_then_sources():
    # 120 by 100 and 300 heads: 30 and 90
    plan = allocate(provinces(), "tiers", levels=("1:per-capita", "source:equal-percent"))
    assert plan.allocation["allowed"].tolist() == pytest.approx([18, 6, 6, 45, 45])
    assert plan.strategy == "tiers levels=1:per-capita,source:equal-percent"
    # the same mass for each sector: 15 and 15 in the north, 45 and 45 in the south
    plan = allocate(provinces(), "tiers levels=1:per-capita,sector:equal-mass,source:equal-percent")
    assert plan.allocation["allowed"].tolist() == pytest.approx([15, 7.5, 7.5, 45, 45])
    # towns have 110, mills 90: the same mass for each, then by the losses
    plan = allocate(provinces(), "tiers levels=sector:equal-mass,source:equal-losses")
    assert plan.allocation["allowed"].tolist() == pytest.approx([35, 10, 10, 25, 40])


def test_sources_outside_every_region_are_a_group_of_their_own():
    case = provinces()
    sources = written(case)["sources"].assign(region=["north", "north", "north", "", ""])
    targets = pd.DataFrame({"target": ["cap"], "kind": ["load"], "limit": [120.0]})
    plan = allocate(changed(case, sources=sources, targets=targets), "tiers levels=1:equal-mass,source:equal-percent")
    assert plan.allocation["allowed"].tolist() == pytest.approx([36, 12, 12, 30, 30])


def test_least_cost_within_what_the_provinces_were_given():
    options = pd.DataFrame(
        {"source": list("abcde"), "measure": "filter", "max_extent": 0.9, "unit_cost": [600.0, 100, 500, 250, 100]}
    )
    removals = pd.DataFrame({"source": ["*"], "measure": "filter", "pollutant": "P", "removal": [1.0]})
    case = provinces(options=options, removals=removals)
    plan = allocate(case, "tiers levels=1:per-capita,source:least-cost")
    load, cost = np.array([60.0, 20, 20, 50, 50]), options["unit_cost"].to_numpy()
    groups = np.array([[1.0, 1, 1, 0, 0], [0, 0, 0, 1, 1]])
    found = linprog(cost, A_ub=-groups * load, b_ub=[30 - 100, 90 - 100], bounds=[(0, 0.9)] * 5)
    assert plan.cost == pytest.approx(found.fun)
    assert plan.allocation["allowed"].tolist() == pytest.approx((load * (1 - found.x)).tolist())
    assert plan.attained
    assert plan.cost > abate.decompose(case).cost


def test_a_target_at_a_receptor_takes_the_load_of_a_province_to_be_spread_as_equal_percentages_leave_it():
    transfer = pd.DataFrame({"source": list("abcde"), "coefficient": [0.1, 0.1, 0.1, 0.2, 0.0]})
    transfer = transfer.assign(receptor="bay", pollutant="P", parameter="tp")
    targets = pd.DataFrame({"target": ["bay"], "kind": ["quality"], "receptor": ["bay"], "limit": [10.0]})
    case = provinces(transfer=transfer, targets=targets)
    # equal percentages: 20 t = 10, so a, b, c, d are halved and e, which does not reach the bay, keeps its 50;
    # a load of the north then adds 0.1, one of the south 0.2 x 25 / 75 = 1/15: m (1/10 + 1/15) = 10, 60 for each;
    # within these a, b, c, d are halved again until the bay is full, and e gets what is left of the 60
    plan = allocate(case, "tiers levels=1:equal-mass,source:equal-percent")
    assert plan.allocation["allowed"].tolist() == pytest.approx([30, 10, 10, 25, 35])
    assert plan.attained


@given(SEEDS)
@examples(4)
def test_tiers_are_what_they_are_made_of(seed):
    made = division(seed, caps=1, receptors=0, pollutants=1, floors=False)
    limit = made.lower.sum() + 0.6 * (made.current.sum() - made.lower.sum())
    study = Study(made.with_limits(np.array([limit])).case)
    alone = plan_of(study, "tiers levels=source:equal-percent").allocation["allowed"].to_numpy()
    assert alone == pytest.approx(handed(study, "equal-percent"))
    plan = plan_of(study, "tiers levels=1:equal-mass,source:per-capita")
    loads, region = plan.allocation["allowed"].to_numpy(), plan.allocation["region"].to_numpy()
    assert loads.sum() == pytest.approx(limit)
    names = sorted(set(region))
    today, least, given_out = (
        np.array([values[region == name].sum() for name in names]) for values in (made.current, made.lower, loads)
    )
    movable = np.array([(made.lower < made.current)[region == name].any() for name in names])
    # what each province has in all is equal mass among provinces: clip(m, least, today) with one m
    bound = ~movable | (given_out <= least * (1 + 1e-7)) | (given_out >= today * (1 - 1e-7))
    level = given_out[~bound]
    assert level == pytest.approx(np.full(len(level), level.mean() if len(level) else 0.0), rel=1e-6)


def test_a_figure_missing_for_somebody_who_cannot_be_asked_is_not_needed_by_the_province():
    case = provinces()
    sources = written(case)["sources"].assign(controllable=[True] * 4 + [False], jobs=[6.0, 2, 2, 20, None])
    regions = written(case)["regions"].drop(columns="population").assign(population=[None, None, None])
    sources["population"] = sources.pop("jobs")
    plan = allocate(changed(case, sources=sources, regions=regions), "tiers levels=1:per-capita,source:equal-percent")
    # 120 by 10 and 20 heads: 40 and 80, of which e keeps its 50
    assert plan.allocation["allowed"].tolist() == pytest.approx([24, 8, 8, 30, 50])


BAD_LEVELS = {
    "": "does not go down to the source",
    "1:per-capita": "does not go down to the source",
    "source:per-capita,source:equal-percent": "does not go down to the source",
    "per-capita": "is no level",
    "city:per-capita,source:equal-percent": "is no level",
    "²:per-capita,source:equal-percent": "is no level",
    "-1:per-capita,source:equal-percent": "is no level",
    "1:per-captia,source:equal-percent": "did you mean 'per-capita'",
    "1:tiers,source:equal-percent": "is no rule",
    "1:least-cost,source:equal-percent": "is no rule",
    "1:per-attribute,source:equal-percent": "needs options of its own",
    "source:historical-responsibility": "a level cannot give years",
    "1:equal-unit-cost,source:equal-percent": "use this rule at the level of the source",
}


@pytest.mark.parametrize("levels", BAD_LEVELS)
def test_levels_that_are_none(levels):
    with pytest.raises(abate.InputError, match=BAD_LEVELS[levels]):
        allocate(provinces(), f"tiers levels={levels}")


# --- given ----------------------------------------------------------------------------------------------------------


def test_permits_are_judged_and_loads_without_one_stay():
    case = with_column(provinces(), "loads", "permit_load", [30.0, None, 10.0, 25.0, 70.0])
    plan = allocate(case, "given")
    assert plan.allocation["allowed"].tolist() == [30, 20, 10, 25, 70]
    assert plan.figures == {"loads with an allocation": 4.0}
    assert not plan.attained
    assert plan.attainment["unused"].tolist() == pytest.approx([-35])


def given_table(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"source": ["a", "b"], "allowed": [10.0, 5.0], **columns})


def test_a_table_of_allocations_is_judged():
    plan = allocate(provinces(), "given", allocations=given_table())
    assert plan.allocation["allowed"].tolist() == [10, 5, 20, 50, 50]


BAD_GIVEN = [
    (given_table(source=["a", "x"]), "row 2.*no such load"),
    (given_table(source=["a", "A"]), "did you mean 'a'"),
    (given_table(source=["a", "a"]), "row 2.*stands there twice"),
    (given_table(allowed=[1.0, -2.0]), "row 2, allowed: is no load.*-2"),
    (given_table(allowed=["1", "x"]), "row 2, allowed: is no load.*'x'"),
    (given_table(allowed=[1.0, math.inf]), "row 2, allowed: is no load"),
    (given_table().drop(columns="allowed"), "allocations, allowed: is missing"),
    (given_table(pollutant=["P", "N"]), "no such load"),
]


@pytest.mark.parametrize(("table", "said"), BAD_GIVEN)
def test_a_table_of_allocations_that_does_not_fit(table, said):
    with pytest.raises(abate.InputError, match=said):
        allocate(provinces(), "given", allocations=table)


def test_nothing_given():
    with pytest.raises(abate.InputError, match="permit_load: gives no allocation to judge"):
        allocate(provinces(), "given")
    with pytest.raises(abate.InputError, match="allocations: given cannot use it"):
        allocate(provinces(), "given allocations=source,allowed")


# --- bad input ------------------------------------------------------------------------------------------------------


#: What is asked for, and what has to be said.
BAD = {
    "equal-percnt": "strategy: is not known.*did you mean 'equal-percent'",
    "": "strategy: is not known",
    "equal-percent basline=raw": "no such option.*did you mean 'baseline'",
    "equal-percent self=1": "no such option",
    "equal-percent study=1": "no such option",
    "equal-percent baseline=rw": "baseline: equal-percent cannot use it.*'current', 'raw' or 'permitted'",
    "equal-percent mode=both": "mode: .*'uniform' or 'progressive'",
    "equal-percent floor=none": "floor: .*'table' or 'measures'",
    "equal-percent baseline": "is no option.*option=value",
    "equal-percent =raw": "is no option.*option=value",
    "equal-percent baseline=raw baseline=raw": "baseline: is given twice",
    "equal-percent baseline=raw": "loads, raw_load: is needed by equal-percent.*'a', 'b', 'c', 'd', 'e', or choose",
    "talmud baseline=permitted": "loads, permit_load: is needed by talmud",
    "talmud beta=1": "no such option.*name one of 'baseline', 'mode', 'floor'",
    "per-attribute": "attribute: per-attribute needs it",
    "per-attribute attribute=jobs": "sources, jobs: is missing, and per-attribute needs it.*'a', 'b', 'c', 'd', 'e'",
    "per-attribute attribute=jobs:P": "sources, jobs:P: is missing",
    "per-attribute attribute=jobs:X": "sources, jobs:X: is missing",
    "per-attribute attribute=sector": "sector: is not a column of numbers",
    "per-gdp": "sources, gdp: is missing, and per-gdp needs it; give it in table sources or regions",
    "multi-criteria criteria=population weights=0.5": "weights: do not sum to one.*sum 0.5",
    "multi-criteria criteria=population weights=0.5,0.5": "give 1 weights, one for each criterion",
    "multi-criteria criteria=population weights=nan": "weight 1: is no weight",
    "multi-criteria criteria=": "criteria: there is nothing to share by",
    "multi-criteria criteria=population method=guess": "multi-criteria cannot use it.*given.*entropy.*ahp",
    "multi-criteria criteria=population method=ahp judgements=1,2": "judgements: does not compare every pair",
    "multi-criteria criteria=population method=ahp judgements=a": "judgements: multi-criteria cannot use it",
    "convergence elapsed=1.5": "elapsed: is not a share",
    "convergence elapsed=nan": "elapsed: is not a share",
    "boltzmann beta=inf": "beta: is no number that shares can be told by",
    "boltzmann beta=x": "beta: boltzmann cannot use it.*valid number",
    "removal-by-size most=0": "most: is not a share",
    "historical-responsibility": "years: historical-responsibility needs it",
    "historical-responsibility years=0": "years: is not a number of years",
    "best-technology sectors=twon": "sectors: is no sector of the sources.*did you mean 'town'",
    "best-technology": "options: has no measures",
    "equal-effort": "options: has no measures",
    "equal-unit-cost": "options: has no measure with a cost, and equal-unit-cost needs them",
    "equal-cost-per-output": "options: has no measure with a cost",
    "least-cost": "options: the case does not say which measures",
    "zero-sum-dea outputs=": "outputs: there is nothing to be efficient at",
    "equal-percent floor=measures": "options: has no measures",
    "tiers levels=source:least-cost": "options: the case does not say which measures",
}


@pytest.mark.parametrize("asked", BAD)
def test_what_cannot_be_done_is_refused_with_what_where_and_the_cure(asked):
    with pytest.raises(abate.InputError, match=BAD[asked]):
        allocate(provinces(), asked)


def test_an_option_in_text_and_as_keyword_is_refused():
    with pytest.raises(abate.InputError, match="baseline: is given twice"):
        allocate(provinces(), "equal-percent baseline=current", baseline="current")


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"gap": 2.0}, "gap: is not a share"), ({"time_limit": -1.0}, "time_limit: is not a number of seconds")],
)
def test_settings_of_the_solves_are_checked(settings, said):
    with pytest.raises(abate.InputError, match=said):
        allocate(provinces(), "equal-percent", **settings)
    with pytest.raises(abate.InputError, match=r"abate\.load"):
        allocate("provinces", "equal-percent")


def test_sources_without_or_with_an_attribute_of_zero_are_named():
    jobs = [1.0, None, 1.0, 1.0, 1.0]
    missing = with_column(provinces(), "sources", "jobs", jobs)
    with pytest.raises(abate.InputError, match=r"jobs: is missing.* for 'b', or choose"):
        allocate(missing, "per-attribute attribute=jobs")
    zero = with_column(provinces(), "sources", "jobs", [1.0, 0.0, 1.0, 0.0, 1.0])
    with pytest.raises(abate.InputError, match=r"jobs: is zero or negative.* for 'b', 'd', or choose"):
        allocate(zero, "per-attribute attribute=jobs")
    many = basin({f"s{at}": 1.0 for at in range(9)}, {"cap": 5.0})
    with pytest.raises(abate.InputError, match="for 's0', 's1', 's2', 's3', 's4' and 4 more"):
        allocate(many, "per-capita")


def test_a_cap_above_the_claims_leaves_nothing_to_divide():
    case = provinces(cap=250.0)
    for name, _ in CLAIMS:
        with pytest.raises(abate.InputError, match=f"every limit is above the sum of claims on it, so {name} is idle"):
            allocate(case, name)
    assert shares(case, "equal-percent") == pytest.approx([60, 20, 20, 50, 50])


def test_a_cap_below_the_floors_is_no_plan():
    case = with_column(provinces(), "loads", "floor", [50.0, 20.0, 20.0, 40.0, 10.0])
    for name, options in (("equal-percent", {}), ("per-capita", {}), *CLAIMS, ("tiers", {})):
        with pytest.raises(
            abate.NoPlanError, match=r"target 'cap' leaves 120 .* floors of its sources come to 140"
        ) as caught:
            allocate(case, name, **options)
        assert caught.value.conflict == ["cap"]
        assert caught.value.reach[["allowed", "best"]].to_numpy().tolist() == [[120, 140]]


def test_a_sweep_is_every_combination():
    assert sweep("boltzmann", beta=(0, 2)) == ["boltzmann beta=0", "boltzmann beta=2"]
    asked = sweep("equal-percent", baseline=("raw", "current"), mode=("uniform", "progressive"))
    assert len(set(asked)) == 4
    assert parse(asked[1]) == ("equal-percent", {"baseline": "raw", "mode": "progressive"})


#: What somebody may write for an option.
VALUES = (
    *("", "0", "1", "-1", "nan", "inf", "1e308", "-1e308", "1e-320", "x", "raw", "current", "permitted", "uniform"),
    *("population", "gdp", "population,gdp", "0.5,0.5", "1,3,0.3333,1", "entropy", "ahp", "measures", "table", "town"),
    *("1:per-capita,source:equal-percent", "sector:talmud,source:least-cost", ":", "source:", "½", "²", "true", "a:b"),
    *("source,allowed", "region", "controllable", "*", "1,", ",", "9" * 400, "0x10", "1_0", " "),
)


@given(st.data())
@examples(50)
def test_whatever_is_asked_there_is_a_plan_or_an_error_that_says_what_is_wrong(data):
    known = strategies()
    name = data.draw(st.sampled_from(sorted(known)))
    option = st.sampled_from([*known[name].options, "baseline", "beta", "", "gap "])
    options = data.draw(st.dictionaries(option, st.sampled_from(VALUES), max_size=3))
    for needed in known[name].required:
        options.setdefault(needed, data.draw(st.sampled_from(VALUES)))
    study = Study(data.draw(st.sampled_from(fuzzed())))
    asked = named(name, options) if data.draw(st.booleans()) else name
    try:
        plan = plan_of(study, asked, None if asked != name else options)
    except (abate.InputError, abate.NoPlanError) as error:
        event(f"{type(error).__name__}: {error}"[:60])
    else:
        event("plan")
        assert np.isfinite(plan.allocation["allowed"]).all()


def fuzzed() -> list[Case]:
    """Cases with and without measures, made once."""
    if not _FUZZED:
        _FUZZED.extend([division(5, caps=1, receptors=2, pollutants=2).case, provinces(), shared()])
    return _FUZZED


_FUZZED: list[Case] = []


def test_no_option_is_called_like_an_argument_of_allocate():
    taken = set(inspect.signature(abate.allocate).parameters) - {"options"}
    assert not [(name, taken & set(one.options)) for name, one in strategies().items() if taken & set(one.options)]


def test_what_nobody_may_be_asked_for_is_out_of_reach_without_measures_too():
    case = abate.load("tampa-bay")
    sources = case["sources"]
    name = str(sources["source"][~sources["controllable"].to_numpy(dtype=bool)].iloc[0])
    plan = abate.allocate(case, "given", allocations=pd.DataFrame({"source": [name], "allowed": [0.0]}))
    loads = plan.allocation.set_index("source")
    assert loads.loc[name, "allowed"] == loads.loc[name, "baseline"]
    assert plan.out_of_reach["source"].tolist() == [name]


def test_a_source_without_a_past_has_no_debt():
    case = abate.load(
        {
            "case": {"name": "past", "currency": "EUR", "units": {"load": "t/yr"}},
            "sources": pd.DataFrame(
                {"source": ["old", "new"], "population": [1.0, 1.0], "historical_load": [30.0, 0.0]}
            ),
            "loads": pd.DataFrame({"source": ["old", "new"], "pollutant": "P", "load": [50.0, 50.0]}),
            "targets": pd.DataFrame({"target": ["cap"], "kind": ["load"], "limit": [60.0]}),
        }
    )
    plan = abate.allocate(case, "historical-responsibility", years=3)
    # (60 + 30 / 3) / 2 - 30 / 3 and (60 + 30 / 3) / 2
    assert plan.allocation["allowed"].tolist() == pytest.approx([25.0, 35.0])
