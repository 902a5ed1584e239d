"""The most that can be reached, derived by hand."""

from __future__ import annotations

import pytest

import abate

TABLES = {
    "regions": "region parent\nbasin .\nupper basin\nlower basin\nempty .",
    "sources": "source region\nmill upper\ntown lower\nfarm .",
    "loads": "source pollutant load floor\nmill P 100 30\ntown P 50 .\nfarm P 25 .\nmill N 8 .",
    "options": """
        source measure max_extent unit_cost group
        mill   half    1          10        way
        mill   full    1          45        way
        town   filter  1          20        .
        town   polish  1          90        .
        farm   strip   10         2         .""",
    "removals": """
        source measure pollutant removal basis
        *      half    P         0.5     fraction
        *      full    P         0.9     fraction
        *      filter  P         0.8     fraction
        *      polish  P         0.2     fraction
        *      strip   P         2       mass""",
    "receptors": "receptor\nlake\nriver",
    "transfer": """
        source receptor pollutant parameter coefficient
        mill   lake     P         tp        0.001
        town   lake     P         tp        0.002
        mill   river    P         do        -0.01""",
    "background": "receptor parameter value\nlake tp 0.05\nriver do 9",
    "targets": """
        target kind    receptor parameter sense    limit pollutant
        fish   quality river    do        at_least 8     .
        basin  load    .        .         .        10    P""",
}


@pytest.fixture
def reach_of(make_case):
    """Return a function that gives both tables of the reach, by place."""

    def reach(tables):
        found = abate.reach(make_case(tables, signed_transfer=True))
        return (
            found.receptors.set_index(["receptor", "parameter"])[["baseline", "best", "cost"]],
            found.regions.set_index(["region", "pollutant"])[["baseline", "least", "percent", "cost"]],
        )

    return reach


def test_receptors_and_regions(reach_of):
    receptors, regions = reach_of(TABLES)
    # the mill comes to its floor of 30 t: 70 t along the edge between half and full, 27.5; the town to nothing: 20 + 90
    assert receptors.loc["lake", "tp"].tolist() == pytest.approx([0.25, 0.08, 137.5], rel=1e-4)
    # more oxygen is better, for a target limits it from below
    assert receptors.loc["river", "do"].tolist() == pytest.approx([8, 8.7, 27.5], rel=1e-4)
    assert regions.loc["upper", "P"].tolist() == pytest.approx([100, 30, 70, 27.5], rel=1e-4)
    assert regions.loc["lower", "P"].tolist() == pytest.approx([50, 0, 100, 110], rel=1e-4)
    assert regions.loc["basin", "P"].tolist() == pytest.approx([150, 30, 80, 137.5], rel=1e-4)
    # the farm lies in no region; it takes 20 of its 25 t off for 20
    assert regions.loc["all", "P"].tolist() == pytest.approx([175, 35, 80, 157.5], rel=1e-4)
    # nothing can be done about N
    assert regions.loc["all", "N"].tolist() == pytest.approx([8, 8, 0, 0], abs=1e-6)


def test_regions_without_loads_are_left_out(reach_of):
    _, regions = reach_of(TABLES)
    assert list(regions.index) == [
        ("all", "P"),
        ("all", "N"),
        ("basin", "P"),
        ("basin", "N"),
        ("upper", "P"),
        ("upper", "N"),
        ("lower", "P"),
    ]


def test_a_zone_without_targets_and_rules(reach_of):
    # neither the budget of nothing nor the rule that forbids all is technical
    targets = TABLES["targets"].replace("pollutant", "pollutant priority") + " 0\npurse budget . . . 0 . 0"
    targets = targets.replace("8     .", "8     . 0")
    _, regions = reach_of({**TABLES, "targets": targets, "rules": "rule kind upper\nnone reduction_percent 0"})
    assert regions.loc["all", "P"]["least"] == pytest.approx(35)


def test_resources_hold_back(reach_of):
    resources = {
        "resources": "resource region available\nland . 0.5",
        "resource_use": "resource measure use\nland filter 1\nland full 1",
    }
    _, regions = reach_of({**TABLES, **resources})
    # alone the mill takes half of full: 25 + 45 = 70 t, the town half a filter and all of the polish: 20 + 10 t
    assert regions.loc["upper", "P"]["least"] == pytest.approx(30)
    assert regions.loc["lower", "P"]["least"] == pytest.approx(20)
    # together they share the land: a unit is worth 40 t at the town and 40 t (full for half) at the mill: 110 - 20 t
    assert regions.loc["basin", "P"]["least"] == pytest.approx(150 - 50 - 10 - 20)


def test_yes_or_no_options(reach_of):
    options = """
        source measure max_extent unit_cost fixed_cost
        mill   full    0.5        45        7
        town   filter  1          20        .
        farm   strip   10         2         ."""
    removals = """
        source measure pollutant removal basis
        *      full    P         0.9     fraction
        *      filter  P         0.8     fraction
        *      strip   P         2       mass"""
    # 45 t for half of 45, and 7 for having it
    _, regions = reach_of({**TABLES, "options": options, "removals": removals})
    assert regions.loc["upper", "P"].tolist() == pytest.approx([100, 55, 45, 29.5], rel=1e-4)


def test_progress_and_units(make_case):
    steps = []
    found = abate.reach(make_case(TABLES, signed_transfer=True), progress=lambda *step: steps.append(step))
    count = len(found.receptors) + len(found.regions)
    assert [(done, total) for _, done, total in steps] == [(done, count) for done in range(count)]
    assert found.receptors["unit"].tolist() == ["mg/L", "mg/L"]
    assert found.regions.attrs["units"]["cost"] == "EUR/yr"


def test_a_load_that_may_rise_without_bound(make_case):
    # lime and strip each remove what the other adds; neither has a largest extent
    tables = {
        "sources": "source\nmill",
        "loads": "source pollutant load\nmill P 100\nmill N 100",
        "options": "source measure unit_cost\nmill lime 3\nmill strip 5",
        "removals": """
            source measure pollutant removal basis
            *      lime    P         1       mass
            *      lime    N         -0.5    mass
            *      strip   N         1       mass
            *      strip   P         -0.5    mass""",
        "targets": "target kind pollutant limit\np load P 50",
    }
    regions = abate.reach(make_case(tables)).regions.set_index("pollutant")
    # P to nothing with N at most: x - y / 2 = 100, and N may rise, so y = 0: 100 x 3
    assert regions.loc["P", ["least", "cost"]].tolist() == pytest.approx([0, 300], abs=1e-3)
    assert regions.loc["N", ["least", "cost"]].tolist() == pytest.approx([0, 500], abs=1e-3)
