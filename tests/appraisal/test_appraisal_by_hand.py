"""Appraisals that can be followed by hand; the arithmetic stands in `appraisal_case` and beside each number."""

import numpy as np
import pandas as pd
import pytest
from appraisal_case import by_hand, tables

import abate
from abate.appraisal.appraise import appraise
from abate.appraisal.verdict import Verdict
from abate_data.proposals import Proposal, Site

LIKE_TOWN = Site(region="basin", like="town")


@pytest.fixture(scope="module")
def case():
    return by_hand()


@pytest.fixture(scope="module")
def plan(case):
    plan = abate.decompose(case)
    assert plan.cost == pytest.approx(1120)
    return plan


@pytest.fixture
def decide(case, plan):
    def ask(*proposals, **options):
        return appraise(case, plan, list(proposals), **options)

    return ask


def effect(made, target, proposal=None):
    rows = made.effects[made.effects["target"] == target]
    return rows[rows["proposal"] == proposal].iloc[0] if proposal else rows.iloc[-1]


# --- offsets


def test_the_ratio_of_a_source_in_the_same_place_is_one(decide):
    made = decide(Proposal.new_source("dairy", {"P": 4.0}, LIKE_TOWN))
    decision = made.decision("dairy")
    assert decision.verdict is Verdict.OFFSET
    assert decision.offset_cost == pytest.approx(4 * 12)  # the town's filter: 600 EUR/yr for 50 t/yr
    assert decision.price == pytest.approx(12)
    lake = effect(made, "lake-tp")
    assert [lake["before"], lake["after"], lake["decided"]] == pytest.approx([2.9, 2.94, 2.9])
    assert lake["exceeded_by"] == pytest.approx(0.04)
    cap = effect(made, "cap")
    assert [cap["headroom_before"], cap["headroom_after"], cap["headroom_left"]] == pytest.approx([5, 1, 5])
    ratios = made.ratios.set_index("source")["ratio"]
    assert ratios["town"] == pytest.approx(1)
    assert made.prices["price"].tolist() == pytest.approx([12])


def test_the_ratio_is_that_of_the_transfer_coefficients(decide):
    site = Site(region="basin", response={("lake", "P", "tp"): 0.03})
    made = decide(Proposal.new_source("dairy", {"P": 2.0}, site))
    ratios = made.ratios.set_index("source")
    assert ratios["ratio"].to_dict() == pytest.approx({"town": 3.0, "mill": 1.5, "dairy": 1.0})
    assert made.ratios["source"].iloc[0] == "town"  # the only one with anything left
    assert ratios["cost_per_load"]["town"] == pytest.approx(36)
    assert ratios["available"].to_dict() == pytest.approx({"town": 40.0, "mill": 0.0, "dairy": 0.0})
    assert made.offsets[["source", "measure", "own"]].to_numpy().tolist() == [["town", "filter", False]]
    assert made.offsets[["extent", "cost", "reduction"]].iloc[0].tolist() == pytest.approx([0.12, 72, 6])
    assert made.decision("dairy").price == pytest.approx(36)


def test_a_new_source_can_offset_on_its_own_premises(decide):
    # half of its own 20 t/yr for 100 EUR/yr: 10 EUR/t, cheaper than the town's 12
    site = Site(region="basin", like="town")
    made = decide(Proposal.new_source("dairy", {"P": 20.0}, site, measures={"filter": (1.0, 100.0)}))
    assert made.offsets["own"].tolist() == [False, True]  # the dearer first
    assert made.offsets["reduction"].tolist() == pytest.approx([10, 10])
    assert made.decision("dairy").offset_cost == pytest.approx(10 * 12 + 100)
    assert "own premises" in str(made)


def test_what_cannot_be_offset_says_what_is_missing_and_how_much_could_be(decide):
    site = Site(region="basin", response={("lake", "P", "tp"): 0.03})
    made = decide(Proposal.new_source("plant", {"P": 20.0}, site))
    decision = made.decision("plant")
    # 0.6 mg/L more; 40 t/yr are left at the town, 0.4 mg/L
    assert decision.verdict is Verdict.REFUSED
    assert decision.largest_share == pytest.approx(2 / 3)
    assert "still pass lake-tp by 0.2 mg/L" in str(decision)
    assert "66.67 %" in str(decision)
    assert "13.33 t/yr" in str(decision)
    assert made.plan is made.before
    assert effect(made, "lake-tp")["headroom_left"] == 0


def test_headroom_is_used_before_anything_is_offset(decide):
    far = Site(region="basin", elsewhere="none")
    made = decide(Proposal.new_source("well", {"P": 4.0}, far))
    assert made.decision("well").verdict is Verdict.APPROVED
    assert effect(made, "cap")["headroom_left"] == pytest.approx(1)
    assert "1 t/yr at cap" in str(made)


# --- reserve


def test_the_reserve_is_used_only_where_that_is_asked_for(decide):
    grown = Proposal.new_source("well", {"P": 8.0}, Site(region="basin", elsewhere="none"))
    made = decide(grown)
    assert made.decision("well").verdict is Verdict.OFFSET
    assert made.decision("well").offset_cost == pytest.approx(3 * 12)  # 148 of 145 that are allowed
    made = decide(grown, use_reserve=True)
    assert made.decision("well").verdict is Verdict.APPROVED
    cap = effect(made, "cap")
    assert [cap["reserve"], cap["reserve_used"], cap["headroom_left"]] == pytest.approx([5, 3, 0])
    assert "reserve for growth: 3 of 5 t/yr at cap" in str(made)
    assert made.plan.attainment.set_index("target")["reserve"]["cap"] == pytest.approx(2)
    assert made.plan.attained


def test_what_one_takes_of_the_reserve_the_next_has_not(decide):
    far = Site(region="basin", elsewhere="none")
    wells = [Proposal.new_source(f"well-{i}", {"P": 6.0}, far) for i in range(2)]
    made = decide(*wells, use_reserve=True)
    assert [one.verdict for one in made.decisions] == [Verdict.APPROVED, Verdict.OFFSET]
    # 146 and 152 t/yr of 150 with the whole reserve: 2 t/yr to be offset
    assert made.decisions[1].offset_cost == pytest.approx(2 * 12)
    assert made.case.values("targets", "reserve").tolist() == pytest.approx([0, 0])


def test_no_reserve_is_for_a_measure_that_is_not_taken(decide):
    made = decide(Proposal.measure("idle", "town", {"filter": 0.0}), use_reserve=True)
    assert (made.effects["reserve_used"] == 0).all()


# --- expansion, measure, shutdown


def test_an_expansion_adds_to_what_the_plan_allows(decide):
    made = decide(Proposal.expansion("more", "mill", {"P": 4.0}))
    assert effect(made, "lake-tp")["change"] == pytest.approx(0.08)  # nothing of it is filtered for free
    assert made.decision("more").offset_cost == pytest.approx(8 * 12)
    allowed = made.plan.allocation.set_index("source")["allowed"]
    assert allowed.to_dict() == pytest.approx({"mill": 54, "town": 82})


def test_another_extent_than_planned_is_offset_elsewhere(decide):
    made = decide(Proposal.measure("less", "mill", {"filter": 0.8}))
    decision = made.decision("less")
    # 10 t/yr more at the mill are 0.2 mg/L, 20 t/yr at the town
    assert decision.verdict is Verdict.OFFSET
    assert decision.offset_cost == pytest.approx(20 * 12)
    assert decision.price == pytest.approx(24)
    assert made.plan.measures["extent"].tolist() == pytest.approx([0.8, 0.6])


def test_more_than_planned_frees_headroom_for_the_next(decide):
    gift = Proposal.measure("gift", "town", {"filter": 0.4})
    dairy = Proposal.new_source("dairy", {"P": 10.0}, LIKE_TOWN)
    made = decide(gift, dairy)
    assert [one.verdict for one in made.decisions] == [Verdict.NOT_NEEDED, Verdict.APPROVED]
    other = decide(dairy, gift)
    assert [one.verdict for one in other.decisions] == [Verdict.OFFSET, Verdict.NOT_NEEDED]


def test_a_shutdown_says_what_it_frees_and_what_that_is_worth(decide):
    made = decide(Proposal.shutdown("end", "town"))
    decision = made.decision("end")
    assert decision.verdict is Verdict.NOT_NEEDED
    assert effect(made, "lake-tp")["headroom_left"] == pytest.approx(0.9)
    assert effect(made, "cap")["headroom_left"] == pytest.approx(95)
    assert decision.worth == pytest.approx(0.9 * 1200)
    assert decision.own_saving == pytest.approx(120)
    assert decision.saving == pytest.approx(900)  # the mill then has to take 5 t/yr of 50: 100 of 1000 EUR/yr
    assert made.plan.cost == pytest.approx(1000)
    assert made.plan.allocation.set_index("source")["allowed"]["town"] == 0
    assert abate.decompose(made.case).cost == pytest.approx(100)


def test_shared_land_and_groups_keep_a_measure_from_being_taken():
    land = {
        "resources": pd.DataFrame({"resource": ["land"], "region": [""], "available": [1.3]}),
        "resource_use": pd.DataFrame({"resource": ["land"], "measure": ["filter"], "use": [1.0]}),
    }
    case = by_hand(**land)
    made = appraise(case, abate.decompose(case), Proposal.measure("more", "town", {"filter": 0.6}))
    assert made.decisions[0].verdict is Verdict.REFUSED
    assert "0.3 more of land would be needed" in str(made)


# --- limits that follow from loads


def reduction(percent, **columns):
    row = {"target": "cut", "kind": "reduction", "pollutant": "P", "limit": percent, "basis": "percent"}
    return pd.DataFrame([{**row, **columns}])


def test_a_percentage_is_of_the_baseline_of_the_plan():
    case = by_hand(targets=reduction(25.0))  # of 200: 150 t/yr, by the town at 12 EUR/t
    plan = abate.decompose(case)
    assert plan.cost == pytest.approx(600)
    made = appraise(case, plan, Proposal.new_source("new", {"P": 10.0}, Site(elsewhere="none")))
    assert effect(made, "cut")["limit"] == pytest.approx(150)
    assert made.decisions[0].offset_cost == pytest.approx(10 * 20)  # by the mill
    assert made.plan.attained
    assert made.plan.attainment["limit"].tolist() == pytest.approx([150])


def test_an_intensity_allows_more_where_more_is_made():
    sources = pd.DataFrame({"source": ["mill", "town"], "region": "basin", "output": [30.0, 20.0]})
    target = pd.DataFrame([{"target": "clean", "kind": "intensity", "pollutant": "P", "limit": 3.0, "basis": "output"}])
    case = by_hand(sources=sources, targets=target)
    plan = abate.decompose(case)  # 3 x 50 = 150 t/yr
    grown = Proposal.expansion("more", "mill", {"P": 20.0}, output=5.0)
    made = appraise(case, plan, grown)
    assert effect(made, "clean")["limit"] == pytest.approx(165)
    assert effect(made, "clean")["exceeded_by"] == pytest.approx(5)
    assert made.decisions[0].offset_cost == pytest.approx(5 * 20)
    # what makes much and emits little holds others up when it closes: 3 x 30 are left for 100 t/yr
    made = appraise(case, plan, Proposal.shutdown("end", "town"))
    assert effect(made, "clean")["limit"] == pytest.approx(90)
    assert made.decisions[0].verdict is Verdict.OFFSET
    assert made.decisions[0].offset_cost == pytest.approx(10 * 20)
    both = appraise(case, plan, [Proposal.shutdown("end", "town"), Proposal.shutdown("last", "mill")])
    assert both.plan.attained


# --- plans of other kinds


def test_a_target_that_is_missed_may_not_get_worse():
    missed = by_hand(targets=tables()["targets"].assign(limit=[2.0, 150.0]))  # all filters bring 2.5
    plan = abate.allocate(missed, "equal-percent")
    assert not plan.attained
    made = appraise(missed, plan, Proposal.expansion("more", "town", {"P": 1.0}))
    assert made.decisions[0].verdict is Verdict.REFUSED
    assert "may not get worse: lake-tp" in str(made)
    made = appraise(missed, plan, [Proposal.shutdown("end", "mill"), Proposal.expansion("more", "town", {"P": 1.0})])
    assert made.decisions[1].verdict is Verdict.APPROVED


def test_without_measures_no_offset_is_planned():
    bare = {name: table for name, table in tables().items() if name not in ("options", "removals")}
    case = abate.load({**bare, "targets": tables()["targets"].assign(limit=[4.0, 230.0])})
    plan = abate.allocate(case, "equal-percent")
    made = appraise(
        case,
        plan,
        [
            Proposal.new_source("well", {"P": 4.0}, Site(elsewhere="none")),
            Proposal.new_source("dairy", {"P": 4.0}, LIKE_TOWN),
            Proposal.shutdown("end", "town"),
        ],
    )
    assert [one.verdict for one in made.decisions] == [Verdict.APPROVED, Verdict.REFUSED, Verdict.NOT_NEEDED]
    assert "no measures" in str(made.decisions[1])
    assert made.ratios.set_index("source")["ratio"].to_dict() == pytest.approx({"mill": 0.5, "town": 1.0, "dairy": 1.0})
    assert np.isnan(made.decisions[2].saving)


def test_a_strategy_may_be_named_instead_of_a_plan(case):
    made = appraise(case, "equal-percent", Proposal.expansion("more", "town", {"P": 1.0}))
    assert made.before.strategy == "equal-percent"


def test_yes_or_no_measures_are_offset_whole():
    options = tables()["options"].assign(fixed_cost=[0.0, 60.0], min_extent=[0.0, 0.5])
    case = by_hand(options=options, targets=tables()["targets"].assign(limit=[3.0, 200.0]))
    plan = abate.decompose(case)  # the mill's filter alone
    assert plan.cost == pytest.approx(1000)
    made = appraise(case, plan, Proposal.new_source("dairy", {"P": 4.0}, LIKE_TOWN))
    assert made.decisions[0].offset_cost == pytest.approx(0.5 * 600 + 60)
    assert made.offsets["extent"].tolist() == pytest.approx([0.5])
    assert np.isnan(made.prices["price"].iloc[0])


def test_prices_in_another_currency_than_money_say_nothing_of_worth(case):
    receptors = pd.DataFrame({"receptor": ["lake"], "population": [10.0]})
    peopled = by_hand(receptors=receptors)
    made = appraise(peopled, abate.decompose(peopled, "exposure"), Proposal.shutdown("end", "town"))
    assert np.isnan(made.decisions[0].worth)
    assert made.decisions[0].saving == pytest.approx(900)


def test_the_margin_of_a_probability_is_kept():
    transfer = tables()["transfer"].assign(relative_sd=0.1)
    targets = tables()["targets"].assign(limit=[3.2, 150.0], probability=[0.9, np.nan])
    case = by_hand(transfer=transfer, targets=targets)
    plan = abate.decompose(case)
    margin = plan.attainment["margin"].iloc[0]
    assert margin > 0.1
    made = appraise(case, plan, Proposal.new_source("dairy", {"P": 4.0}, LIKE_TOWN))
    lake = effect(made, "lake-tp")
    assert lake["margin"] == pytest.approx(margin)
    assert lake["exceeded_by"] == pytest.approx(0.04)
    assert made.decisions[0].offset_cost == pytest.approx(48)


# --- the river


def test_a_new_source_on_a_river_is_answered_by_the_river():
    river = {
        "case": {
            "name": "river",
            "units": {"load": "kg/d", "flow": "m3/s", "length": "km", "velocity": "m/s", "quality": {"n": "mg/L"}},
        },
        "sources": pd.DataFrame({"source": ["town"], "reach": ["main"], "position": [0.0]}),
        "loads": pd.DataFrame({"source": ["town"], "pollutant": ["N"], "load": [864.0]}),
        "reaches": pd.DataFrame({"reach": ["main"], "length": [10.0], "flow": [1.0], "velocity": [0.5]}),
        "kinetics": pd.DataFrame({"pollutant": ["N"], "parameter": ["n"], "decay": [0.0]}),
        "receptors": pd.DataFrame({"receptor": ["weir"], "reach": ["main"], "position": [9.0]}),
        "options": pd.DataFrame({"source": ["town"], "measure": ["plant"], "max_extent": [1.0], "unit_cost": [1000.0]}),
        "removals": pd.DataFrame({"source": ["*"], "measure": ["plant"], "pollutant": ["N"], "removal": [0.9]}),
        "targets": pd.DataFrame({"target": ["weir-n"], "kind": ["quality"], "receptor": ["weir"], "limit": [10.0]}),
    }
    case = abate.load(river)
    plan = abate.decompose(case)  # 864 kg/d in 86,400 m3/d are 10 mg/L: nothing has to be done
    assert plan.cost == 0
    above = appraise(case, plan, Proposal.new_source("new", {"N": 86.4}, Site(reach="main", position=5.0)))
    assert effect(above, "weir-n")["change"] == pytest.approx(1.0)
    assert above.decisions[0].verdict is Verdict.OFFSET
    below = appraise(case, plan, Proposal.new_source("new", {"N": 86.4}, Site(reach="main", position=9.5)))
    assert below.decisions[0].verdict is Verdict.NOT_NEEDED
    beside = appraise(case, plan, Proposal.new_source("new", {"N": 86.4}, Site(like="town")))
    assert effect(beside, "weir-n")["change"] == pytest.approx(1.0)
    with pytest.raises(abate.InputError, match="name its reach"):
        appraise(case, plan, Proposal.new_source("new", {"N": 86.4}, Site()))


# --- the result


def test_the_plan_after_is_one_like_any_other(decide, case, plan):
    made = decide(Proposal.new_source("dairy", {"P": 4.0}, LIKE_TOWN), Proposal.shutdown("end", "mill"))
    assert made.plan.case is made.case
    assert made.case["sources"]["source"].tolist() == ["mill", "town", "dairy"]
    assert made.plan.cost == pytest.approx(120 + 48)
    assert made.plan.model.extent["town", "filter"].value == pytest.approx(0.28)
    again = appraise(made.case, made.plan, Proposal.expansion("more", "dairy", {"P": 1.0}))
    assert again.decisions[0].verdict is Verdict.APPROVED
    assert set(made.tables()) == {"verdicts", "effects", "receptors", "offsets", "ratios", "prices"}
    assert made.verdicts.attrs["units"]["price"] == "EUR/yr per t/yr"
    assert repr(made) == "<Appraisal for 'by-hand': 1 approved with offset (48 EUR/yr), 1 not needed>"
    assert case["sources"]["source"].tolist() == ["mill", "town"]
    assert plan.cost == pytest.approx(1120)


def test_a_receptor_without_a_target_is_told_of_too():
    transfer = tables()["transfer"]
    more = pd.concat([transfer, transfer.assign(receptor="bay", coefficient=0.001)])
    case = by_hand(receptors=pd.DataFrame({"receptor": ["lake", "bay"]}), transfer=more)
    made = appraise(case, abate.decompose(case), Proposal.new_source("dairy", {"P": 4.0}, LIKE_TOWN))
    assert made.receptors.set_index("receptor")["change"].to_dict() == pytest.approx({"lake": 0.04, "bay": 0.004})
