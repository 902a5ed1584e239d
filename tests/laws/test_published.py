"""Plans of the shipped cases return what is published, and what an independent solver finds."""

from __future__ import annotations

import pytest
from independent import least_cost
from plan_check import decisions, faults

import abate


@pytest.fixture(scope="module")
def echo() -> abate.Plan:
    return abate.decompose(abate.load("echo-reservoir"))


@pytest.fixture(scope="module")
def europe() -> abate.Plan:
    return abate.decompose(abate.load("europe-air"))


@pytest.fixture(scope="module")
def installations() -> abate.Plan:
    return abate.decompose(abate.load("europe-air", scenario="installations"))


def test_echo_costs_what_is_published(echo):
    assert echo.cost == pytest.approx(1_000_074, abs=1)
    assert faults(echo) == []


def test_echo_splits_its_cost_by_sub_watershed_as_published(echo):
    cost = echo.regions.set_index("region")["cost"]
    thousands = (cost[["chalk-creek", "weber-below", "weber-above"]] / 1000).round()
    assert thousands.tolist() == [242, 172, 587]
    assert cost["all"] == pytest.approx(echo.cost)


def test_echo_removes_by_each_practice_what_is_published(echo):
    removals = echo.case["removals"].astype({"measure": str}).set_index("measure")["removal"]
    kilograms = echo.measures["extent"] * echo.measures["measure"].map(removals)
    by_practice = kilograms.groupby(echo.measures["measure"]).sum().to_dict()
    assert by_practice == pytest.approx(
        {
            "grazing-land-protection": 880,
            "stream-bank-stabilization": 2816,
            "conservation-tillage": 87,
            "nutrient-management": 4283,
        },
        abs=0.7,
    )
    assert sum(by_practice.values()) == pytest.approx(echo.allocation["reduction"].sum())


def test_echo_pooled_costs_what_is_published():
    plan = abate.decompose(abate.load("echo-reservoir", scenario="pooled"))
    assert plan.cost == pytest.approx(985_318, abs=1)
    assert faults(plan) == []


def test_europe_keeps_its_ceilings_and_quality_targets(europe):
    assert set(europe.attainment["kind"]) == {"load", "quality"}
    assert europe.attainment["attained"].all()
    assert faults(europe) == []
    assert europe.cost == pytest.approx(least_cost(europe.case)[0], rel=1e-6)


def test_installations_cost_what_an_independent_solver_finds(installations):
    cost, extents = least_cost(installations.case)
    assert installations.cost == pytest.approx(cost, rel=2e-6)
    assert faults(installations) == []
    _, installed = decisions(installations)
    cost_as_installed, _ = least_cost(installations.case, decisions=installed)
    assert installations.cost == pytest.approx(cost_as_installed, rel=1e-6)
    assert len(extents) == len(installed)


def test_shares_cost_no_more_than_installations(europe, installations):
    """At full extent both cost the same, so shares are the LP relaxation of installations."""
    assert europe.cost <= installations.cost * (1 + 1e-6)
    assert installations.certificate.bound <= installations.cost
    assert installations.certificate.gap <= 1e-6


def test_all_ceilings_have_no_plan():
    """What FIN and SWE would have to reach lies beyond their measures; the other forty ceilings do not."""
    case = abate.load("europe-air", scenario="all-ceilings")
    with pytest.raises(abate.NoPlanError) as refused:
        abate.decompose(case)
    assert set(refused.value.conflict) <= {"FIN-NOx-ceiling", "SWE-NH3-ceiling"}
    assert set(refused.value.relaxation["target"]) == {"FIN-NOx-ceiling", "SWE-NH3-ceiling"}
