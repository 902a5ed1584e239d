"""Synthetic cases are the same for the same seed, and have a plan or none as was asked."""

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from abate_data.case import Case
from abate_data.synthetic import synthetic_case

KINDS = ("air", "river", "mixed")
SMALL = {"sources": 12, "technologies": 3, "receptors": 4}


def witness(case: Case, extent: float) -> np.ndarray:
    """Extents of the last technology at every source."""
    measure = case["options"]["measure"].astype(str)
    return np.where(measure == case.ids("measures", "measure")[-1], extent, 0.0)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_arguments_give_the_same_case(kind):
    assert synthetic_case(kind, **SMALL, seed=3) == synthetic_case(kind, **SMALL, seed=3)
    assert synthetic_case(kind, **SMALL, seed=3) != synthetic_case(kind, **SMALL, seed=4)


@pytest.mark.parametrize("kind", KINDS)
def test_the_case_has_the_size_that_was_asked_for(kind):
    case = synthetic_case(kind, sources=23, technologies=4, receptors=7, pollutants=3)
    lengths = {name: len(case[name]) for name in ("sources", "loads", "options", "removals", "receptors")}
    assert lengths == {"sources": 23, "loads": 69, "options": 92, "removals": 12, "receptors": 7}
    assert len(case["transfer"]) == (0 if kind == "river" else 23 * 7 * 3)


@pytest.mark.parametrize("kind", KINDS)
def test_the_smallest_case_is_a_case(kind):
    case = synthetic_case(kind, sources=1, technologies=1, receptors=1, pollutants=1)
    assert len(case["options"]) == 1


def test_density_is_the_share_of_the_matrix():
    case = synthetic_case(sources=100, receptors=50, pollutants=1, density=0.3)
    assert len(case["transfer"]) / 5000 == pytest.approx(0.3, abs=0.03)
    assert set(case["transfer"]["receptor"]) == set(case.ids("receptors", "receptor"))


def test_large_dense_cases_are_made():
    case = synthetic_case(sources=2000, technologies=6, receptors=50, pollutants=2)
    assert len(case["transfer"]) == 200_000


@pytest.mark.parametrize("kind", ["air", "mixed"])
@pytest.mark.parametrize("tightness", [0.0, 0.5, 1.0])
def test_the_witness_meets_every_row(kind, tightness, independent_check, independent_least_cost):
    case = synthetic_case(kind, **SMALL, tightness=tightness)
    assert independent_check(case, witness(case, tightness)) < 1e-9
    cost, _ = independent_least_cost(case)
    assert cost <= case["options"]["unit_cost"].to_numpy() @ witness(case, tightness) * (1 + 1e-6)


def test_asking_for_nothing_costs_nothing(independent_least_cost):
    assert independent_least_cost(synthetic_case(**SMALL, tightness=0.0))[0] == pytest.approx(0.0, abs=1e-6)


def test_nothing_goes_beyond_the_technical_limit(independent_check):
    case = synthetic_case(**SMALL, tightness=1.0)
    assert independent_check(case, witness(case, 0.99)) > 1e-4


@pytest.mark.parametrize("tightness", [0.02, 0.6])
def test_installations_have_a_witness(tightness, independent_check):
    case = synthetic_case("mixed", **SMALL, tightness=tightness, fixed_cost_share=0.4)
    assert (case["options"]["min_extent"] == 0.1).all()
    share = case["options"]["fixed_cost"] / (case["options"]["fixed_cost"] + case["options"]["unit_cost"])
    assert share.to_numpy() == pytest.approx(0.4)
    assert independent_check(case, witness(case, max(tightness, 0.1))) < 1e-9


@pytest.mark.parametrize("kind", ["air", "mixed"])
@pytest.mark.parametrize("infeasible", ["target", "budget", "joint"])
@pytest.mark.parametrize("fixed", [0.0, 0.3])
def test_the_chosen_conflict_leaves_no_plan(kind, infeasible, fixed, independent_least_cost):
    case = synthetic_case(kind, **SMALL, infeasible=infeasible, fixed_cost_share=fixed)
    assert math.isinf(independent_least_cost(case)[0])


def without(case: Case, target: str) -> Case:
    tables = dict(case.tables)
    tables["targets"] = tables["targets"][tables["targets"]["target"] != target].reset_index(drop=True)
    return Case(case.settings, tables)


@pytest.mark.parametrize("kind", ["air", "mixed"])
@pytest.mark.parametrize(
    ("infeasible", "target"),
    [("budget", "too-little-money"), ("joint", "twin-1/cap"), ("joint", "twin-2/cap")],
)
def test_the_conflict_is_gone_without_its_target(kind, infeasible, target, independent_least_cost):
    case = without(synthetic_case(kind, **SMALL, infeasible=infeasible), target)
    assert math.isfinite(independent_least_cost(case)[0])


def test_a_mixed_case_has_every_kind_of_target_and_rule():
    case = synthetic_case("mixed", **SMALL)
    assert set(case["targets"]["kind"]) == {"quality", "load", "reduction", "intensity", "budget"}
    assert {"value", "percent", "gap_closure", "output"} <= set(case["targets"]["basis"])
    assert set(case["rules"]["kind"]) == {"reduction_percent", "uniform", "burden"}


# --- the river, integrated step by step -------------------------------------------------------------------


def course(case: Case, reach: str, position: float) -> Iterator[tuple[str, float, float]]:
    """Stretches (reach, from, to) in km from a place to the mouth."""
    reaches = case["reaches"].astype({"reach": str}).set_index("reach")
    while isinstance(reach, str):
        yield reach, position, reaches.loc[reach, "length"]
        reach, position = reaches.loc[reach, "downstream"], 0.0


def add_plume(case: Case, quality: pd.DataFrame, row: dict[str, float], steps: int = 100) -> None:
    """Follow one load downstream by the classical Runge-Kutta method; add what it does at every receptor."""
    reaches = case["reaches"].astype({"reach": str}).set_index("reach")
    state = np.array([row["load"], 0.0])
    for reach, head, end in course(case, row["reach"], row["position"]):
        place, here = reaches.loc[reach], head
        slope = np.array([[-row["decay"], 0.0], [row["oxygen_demand"] * row["decay"], -place["reaeration"]]])
        stops = case["receptors"][case["receptors"]["reach"] == reach].sort_values("position")
        for stop, name in [*zip(stops["position"], stops["receptor"], strict=True), (end, None)]:
            if stop < here:
                continue
            step = (stop - here) * 1000 / place["velocity"] / 86400 / steps
            for _ in range(steps):
                k1 = slope @ state
                k2 = slope @ (state + step / 2 * k1)
                k3 = slope @ (state + step / 2 * k2)
                state = state + step / 6 * (k1 + 2 * k2 + 2 * k3 + slope @ (state + step * k3))
            here = stop
            if name is not None:
                milligrams = state * 1e6 / (place["flow"] * 86400 * 1000)
                quality.loc[name, row["parameter"]] += milligrams[0]
                quality.loc[name, "dissolved_oxygen"] -= milligrams[1]


def river_quality(case: Case, reduction: dict[str, float]) -> pd.DataFrame:
    """Quality by receptor and parameter when each pollutant is cut by the same fraction everywhere."""
    quality = case["background"].astype({"receptor": str, "parameter": str})
    quality = quality.pivot_table(index="receptor", columns="parameter", values="value")
    loads = case["loads"].merge(case["sources"][["source", "reach", "position"]], on="source")
    loads = loads.merge(case["kinetics"].drop(columns="reach"), on="pollutant")
    loads["load"] *= 1 - loads["pollutant"].astype(str).map(reduction)
    for row in loads.to_dict("records"):
        add_plume(case, quality, row)
    return quality


@pytest.mark.parametrize("tightness", [0.0, 0.5, 1.0])
def test_a_river_meets_its_limits_by_the_witness_and_no_more_than_tightness_asks(tightness):
    case = synthetic_case("river", sources=6, receptors=4, tightness=tightness)
    removals = case["removals"][case["removals"]["measure"] == case.ids("measures", "measure")[-1]]
    strongest = dict(zip(removals["pollutant"].astype(str), removals["removal"], strict=True))
    quality = river_quality(case, {name: tightness * cut for name, cut in strongest.items()})
    targets = case["targets"][case["targets"]["kind"] == "quality"]
    reached = np.array([quality.loc[t.receptor, t.parameter] for t in targets.itertuples()])
    inside = np.where(targets["sense"] == "at_most", 1, -1) * (targets["limit"] - reached)
    assert (inside > -1e-6).all()
    if tightness in (0.0, 1.0):
        assert inside.to_numpy() == pytest.approx(0.0, abs=1e-3)


def test_a_river_target_out_of_reach_asks_more_than_the_strongest_technology_gives():
    case = synthetic_case("river", sources=6, receptors=4, infeasible="target")
    last = case["removals"].iloc[-2:]
    quality = river_quality(case, dict(zip(last["pollutant"].astype(str), last["removal"], strict=True)))
    target = case["targets"].iloc[0]
    assert target["limit"] < 0.9 * quality.loc[target["receptor"], target["parameter"]]


def test_oxygen_of_a_river_falls_to_what_the_docstring_says():
    case = synthetic_case("river", sources=6, receptors=4)
    quality = river_quality(case, dict.fromkeys(case.ids("loads", "pollutant"), 0.0))
    assert quality["dissolved_oxygen"].min() == pytest.approx(9.09 - 5.0, abs=1e-6)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"kind": "sea"}, "kind must be"),
        ({"sources": 0}, "sources must be 1 or more"),
        ({"tightness": 1.5}, "tightness must be from 0 to 1"),
        ({"infeasible": "all"}, "infeasible must be"),
        ({"infeasible": "budget", "tightness": 0.0}, "only where tightness is above 0"),
    ],
)
def test_arguments_out_of_range_are_refused(wrong, says):
    with pytest.raises(ValueError, match=says):
        synthetic_case(**wrong)
