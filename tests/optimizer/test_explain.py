"""Why a source does what it does, derived by hand."""

from __future__ import annotations

import numpy as np
import pytest

import abate

#: half takes 50 t for 10 (0.2 EUR/t); on to full, 90 t for 45, a tonne costs 35 / 40 = 0.875.
HULL = {
    "sources": "source\nmill",
    "loads": "source pollutant load\nmill P 100",
    "options": """
        source measure max_extent unit_cost group
        mill   half    1          10        way
        mill   full    1          45        way""",
    "removals": "source measure pollutant removal\n* half P 0.5\n* full P 0.9",
}
TWO = {
    "sources": "source\nmill\ntown\nfarm",
    "loads": "source pollutant load\nmill P 100\ntown P 50\nfarm P 10",
    "options": "source measure max_extent unit_cost\nmill filter 1 30\ntown filter 1 20",
    "removals": "source measure pollutant removal\n* filter P 0.8",
    "targets": "target kind limit\nbasin load 70",
}


def margins(case, source, objective="cost"):
    explanation = abate.decompose(case, objective).explain(source)
    return explanation, explanation.margins.set_index("pollutant")


@pytest.mark.parametrize(
    ("limit", "more", "less"),
    [
        (100, 0.2, np.nan),
        (70, 0.2, 0.2),
        (50, 0.875, 0.2),
        (30, 0.875, 0.875),
        (10, np.nan, 0.875),
    ],
)
def test_marginal_costs_follow_the_convex_hull(make_case, limit, more, less):
    _, table = margins(make_case({**HULL, "targets": f"target kind limit\nbasin load {limit}"}), "mill")
    assert table.loc["P", "allowed"] == pytest.approx(limit)
    assert table.loc["P", ["does_more_above", "does_less_below"]].tolist() == pytest.approx([more, less], nan_ok=True)


def test_who_asks_and_what_the_next_tonne_costs(make_case):
    # 90 t: 80 at the mill, 10 at the town; the next tonne is the town's
    plan = abate.decompose(make_case(TWO))
    mill, town, farm = (plan.explain(name) for name in ("mill", "town", "farm"))
    assert mill.asked_by[["target", "pollutant"]].values.tolist() == [["basin", "P"]]
    assert mill.asked_by["value"].tolist() == pytest.approx([0.5])
    assert mill.margins.loc[0, ["value", "does_less_below"]].tolist() == pytest.approx([0.5, 0.375])
    assert np.isnan(mill.margins.loc[0, "does_more_above"])
    assert town.margins.loc[0, ["does_more_above", "does_less_below"]].tolist() == pytest.approx([0.5, 0.5])
    assert farm.margins.loc[0, ["allowed", "value"]].tolist() == pytest.approx([10, 0.5])
    assert farm.margins.loc[0, ["does_more_above", "does_less_below"]].isna().all()
    assert "can do no more" in str(farm)
    assert "does nothing" in str(farm)
    assert "basin pays 0.5 EUR/yr per t/yr" in str(mill)


def test_a_quality_target_pays_by_its_transfer(make_case):
    # the town closes the lake: 0.1 of quality at 0.002 a tonne is 50 t over both; price 0.5 / 0.002 = 250
    case = make_case(
        {
            **TWO,
            "transfer": "source receptor pollutant parameter coefficient\nmill lake P tp 0.001\ntown lake P tp 0.002",
            "targets": "target kind receptor limit\nclear quality lake 0.16",
        }
    )
    plan = abate.decompose(case)
    assert plan.prices["price"].tolist() == pytest.approx([250])
    assert plan.explain("mill").asked_by["value"].tolist() == pytest.approx([0.25])
    assert plan.explain("town").asked_by["value"].tolist() == pytest.approx([0.5])
    assert len(plan.explain("farm").asked_by) == 0
    assert plan.explain("mill").margins["does_more_above"].tolist() == pytest.approx([0.375])


def test_an_uncontrollable_source(make_case):
    case = make_case(
        {
            **TWO,
            "sources": "source controllable\nmill no\ntown yes\nfarm yes",
            "targets": "target kind limit\nbasin load 130",
        }
    )
    explanation, table = margins(case, "mill")
    assert table.loc["P", "allowed"] == 100
    assert table.loc["P", ["does_more_above", "does_less_below"]].isna().all()
    assert "can do no more" in str(explanation)


def test_a_source_without_loads(make_case):
    case = make_case({**TWO, "sources": "source\nmill\ntown\nfarm\nidle"})
    explanation, table = margins(case, "idle")
    assert len(table) == 0
    assert str(explanation) == "idle:"


@pytest.mark.parametrize(("name", "said"), [("mil", "did you mean 'mill'"), ("zzzz", "table sources")])
def test_an_unknown_source_is_refused_with_the_nearest(make_case, name, said):
    with pytest.raises(abate.InputError, match=said):
        abate.decompose(make_case(TWO)).explain(name)


def test_decisions_stand(make_case):
    # the filter stands with its 5 EUR/yr, so a tonne more or less costs 0.375
    options = "source measure max_extent unit_cost fixed_cost\nmill filter 1 30 5"
    case = make_case({**TWO, "options": options, "targets": "target kind limit\nbasin load 120"})
    _, table = margins(case, "mill")
    assert table.loc["P", ["does_more_above", "does_less_below"]].tolist() == pytest.approx([0.375, 0.375])


def test_others_keep_their_share_of_a_resource(make_case):
    # of 1.25 of land the mill has 1 and the town 0.25, so the town can do no more
    tables = {
        **TWO,
        "resources": "resource region available\nland . 1.25",
        "resource_use": "resource measure use\nland filter 1",
    }
    _, table = margins(make_case(tables), "town")
    assert np.isnan(table.loc["P", "does_more_above"])
    assert table.loc["P", "does_less_below"] == pytest.approx(0.5)


def test_the_other_pollutants_stay_where_they_are(make_case):
    # wet takes P and N together for 60, p takes P alone at 0.9: with N kept, the next tonne of P costs 0.9
    case = make_case(
        {
            "sources": "source\nmill",
            "loads": "source pollutant load\nmill P 100\nmill N 100",
            "options": "source measure max_extent unit_cost\nmill wet 1 60\nmill p 100 0.9",
            "removals": """
                source measure pollutant removal basis
                *      wet     P         40      mass
                *      wet     N         30      mass
                *      p       P         1       mass""",
            "targets": "target kind pollutant limit\np load P 60\nn load N 85",
        }
    )
    # half of wet for N: 20 t of P with it, the other 20 t by p
    _, table = margins(case, "mill")
    assert table.loc["P", ["does_more_above", "does_less_below"]].tolist() == pytest.approx([0.9, 0.9])
    # a tonne of N more takes 1 / 30 of wet and saves 40 / 30 t of p: 2 - 1.2
    assert table.loc["N", ["does_more_above", "does_less_below"]].tolist() == pytest.approx([0.8, 0.8])


def test_units_of_margins_with_another_objective(make_case):
    case = make_case({**TWO, "targets": "target kind limit\npurse budget 15"})
    explanation, table = margins(case, "mill", "total_load")
    # what the next tonne costs is money: 0.375 EUR, whatever was minimised
    assert table.loc["P", "does_more_above"] == pytest.approx(0.375)
    assert explanation.margins.attrs["units"]["does_more_above"] == "EUR/yr per t/yr"


def test_a_load_of_nothing_can_do_no_more(make_case):
    case = make_case(
        {**TWO, "loads": TWO["loads"].replace("town P 50", "town P 0"), "targets": "target kind limit\nbasin load 70"}
    )
    _, table = margins(case, "town")
    assert np.isnan(table.loc["P", "does_more_above"])
