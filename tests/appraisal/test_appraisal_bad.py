"""Proposals that cannot be judged: each is refused with what is wrong, where, and the cure."""

import math

import numpy as np
import pandas as pd
import pytest
from appraisal_case import by_hand, tables
from random_cases import written

import abate
from abate.appraisal.appraise import appraise
from abate_data.proposals import Proposal, Site, read_proposals


@pytest.fixture(scope="module")
def case():
    return by_hand()


@pytest.fixture(scope="module")
def plan(case):
    return abate.decompose(case)


def findings(case, plan, given):
    with pytest.raises(abate.InputError) as caught:
        appraise(case, plan, given)
    return caught.value.findings


NEW = {"proposal": "new", "kind": "new_source", "like": "town"}
MORE = {"proposal": "more", "kind": "expansion", "source": "town"}
FILTER = {"proposal": "filter", "kind": "measure", "source": "town", "measure": "filter"}


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ({**MORE, "load": 1, "source": "twon"}, "source", "did you mean 'town'?"),
        ({**MORE, "load": 1, "kind": "expand"}, "kind", "expansion"),
        ({**MORE, "load": 1, "kind": ""}, "kind", "blank"),
        ({**MORE, "load": 1, "proposal": ""}, "proposal", "blank"),
        ({**MORE, "load": "1 t/yr"}, "load", "number with a unit"),
        ({**MORE, "load": -1}, "load", "negative"),
        ({**MORE, "load": "inf"}, "load", "number"),
        ({**MORE, "load": ""}, "load", "load is missing"),
        ({**MORE, "load": 1, "pollutant": "N"}, "pollutant", "not defined"),
        ({**MORE, "load": 1, "source": ""}, "source", "source is missing"),
        ({**MORE, "load": 1, "measure": "filter"}, "measure", "has no measure"),
        ({**MORE, "load": 1, "like": "mill"}, "like", "has no like"),
        ({**MORE, "load": 1, "colour": "red"}, "colour", "not a column"),
        ({**FILTER, "extent": ""}, "extent", "extent is missing"),
        ({**FILTER, "extent": 1.5}, "extent", "more than fits"),
        ({**FILTER, "extent": 0.1, "measure": "fliter"}, "measure", "did you mean 'filter'?"),
        ({"proposal": "end", "kind": "shutdown"}, "source", "source is missing"),
        ({"proposal": "end", "kind": "shutdown", "source": "town", "load": 3}, "load", "has no load"),
        ({**NEW, "load": 1, "proposal": "town"}, "proposal", "has already"),
        ({**NEW, "load": 1, "source": "town"}, "source", "has no source"),
        ({**NEW}, "load", "load is missing"),
        ({**NEW, "load": 1, "like": "twon"}, "like", "did you mean 'town'?"),
        ({**NEW, "load": 1, "region": "basen"}, "region", "did you mean 'basin'?"),
        ({**NEW, "load": 1, "source_kind": "plume"}, "source_kind", "point"),
        ({**NEW, "load": 1, "latitude": 91}, "latitude", "out of range"),
        ({**NEW, "load": 1, "measure": "filter", "extent": 1}, "unit_cost", "unit_cost is missing"),
        ({**NEW, "load": 1, "receptor": "lake", "coefficient": 0.1}, "load", "more than one thing"),
        ({**NEW, "load": 1, "elsewhere": "none"}, "like", "beside"),
        ({**NEW, "load": 1, "reach": "main"}, "reach", "not defined"),
        ({**NEW, "load": 1, "position": 3}, "position", "no reach"),
        ({**NEW, "like": "", "load": 1}, "receptor", "nothing says how tp at lake responds to P"),
    ],
)
def test_a_row_that_cannot_be_is_refused(case, plan, row, column, words):
    found = findings(case, plan, pd.DataFrame([row]))
    assert any(one.table == "proposals" and one.column == column and words in str(one) for one in found), found
    assert all(one.cure for one in found)


def test_everything_that_is_wrong_is_said_at_once(case, plan):
    rows = [{**MORE, "source": "twon", "load": 1}, {**FILTER, "extent": -1}, {"proposal": "end", "kind": "shutdown"}]
    assert len(findings(case, plan, pd.DataFrame(rows))) >= 3


def test_rows_of_one_project_agree(case, plan):
    rows = [{**MORE, "load": 1}, {**MORE, "source": "mill", "load": 1, "pollutant": "P"}]
    assert any("another source" in one.problem for one in findings(case, plan, pd.DataFrame(rows)))
    rows = [{**MORE, "load": 1}, {**MORE, "load": 2}]
    assert any("same proposal" in one.problem for one in findings(case, plan, pd.DataFrame(rows)))


def test_a_coefficient_is_no_less_than_nothing_unless_that_is_meant(case, plan):
    site = Site(response={("lake", "P", "tp"): -0.1})
    assert "negative" in findings(case, plan, Proposal.new_source("new", {"P": 1.0}, site))[0].problem
    signed = by_hand(case={**tables()["case"], "signed_transfer": True})
    made = appraise(signed, abate.decompose(signed), Proposal.new_source("new", {"P": 1.0}, site))
    assert made.effects["change"].iloc[0] == pytest.approx(-0.1)


def test_a_zero_that_is_said_is_a_zero(case, plan):
    site = Site(response={("lake", "P", "tp"): 0.0})
    made = appraise(case, plan, Proposal.new_source("new", {"P": 1.0}, site))
    assert made.effects["change"].iloc[0] == 0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "no proposal"),
        (None, "no proposal"),
        (pd.DataFrame(), "missing"),
        (3, "are no proposals"),
        (["town"], "are no proposals"),
        ([Proposal.shutdown("end", "town"), Proposal.shutdown("end", "mill")], "have one id"),
        ([Proposal.shutdown("end", "town"), Proposal.expansion("more", "town", {"P": 1.0})], "closes"),
        (Proposal("new", "new_source", "new", {"P": 1.0}), "no site"),
        (Proposal("odd", "merger", "town"), "merger"),
        (Proposal.new_source("new", {}, Site(like="town")), "load"),
        (Proposal.new_source("new", {"P": math.nan}, Site(like="town")), "load is missing"),
        (Proposal.new_source("new", {"P": math.inf}, Site(like="town")), "finite"),
        (Proposal.expansion("more", "town", {"N": 1.0}), "not defined"),
        (Proposal.measure("no", "town", {"fence": 1.0}), "not defined"),
        (Proposal.new_source("new", {"P": 1.0}, Site(like="town"), measures={"fence": (1.0, 1.0)}), "not defined"),
        ("nowhere.csv", "nowhere.csv"),
    ],
)
def test_what_is_no_proposal_is_refused(case, plan, given, words):
    with pytest.raises(abate.InputError, match=words):
        appraise(case, plan, given)


def test_a_measure_of_which_nobody_knows_what_it_removes_is_refused():
    removals = pd.concat([tables()["removals"].assign(source=source) for source in ("mill", "town")])
    case = by_hand(removals=removals)
    plan = abate.allocate(case, "equal-percent")
    offered = {"filter": (1.0, 100.0)}
    new = Proposal.new_source("new", {"P": 1.0}, Site(elsewhere="none"), measures=offered)
    with pytest.raises(abate.InputError, match="nothing says what the measure removes"):
        appraise(case, plan, new)
    appraise(case, plan, Proposal.new_source("new", {"P": 1.0}, Site(like="town"), measures=offered))


def test_an_intensity_asks_what_a_new_source_makes():
    sources = tables()["sources"].assign(output=10.0)
    target = [{"target": "clean", "kind": "intensity", "pollutant": "P", "limit": 9.0, "basis": "output"}]
    case = by_hand(sources=sources, targets=pd.DataFrame(target))
    with pytest.raises(abate.InputError, match="output is missing"):
        appraise(case, "least-cost", Proposal.new_source("new", {"P": 1.0}, Site(elsewhere="none")))


def test_a_plan_of_another_case_is_refused(plan):
    other = by_hand(targets=tables()["targets"].assign(limit=[3.5, 180.0]))
    with pytest.raises(abate.InputError, match="plan of another case"):
        appraise(other, plan, Proposal.shutdown("end", "town"))
    with pytest.raises(abate.InputError, match="not a plan"):
        appraise(by_hand(), None, Proposal.shutdown("end", "town"))
    with pytest.raises(abate.InputError, match="not a case"):
        appraise("by-hand", plan, Proposal.shutdown("end", "town"))


def test_a_table_may_state_its_unit(case, tmp_path):
    path = tmp_path / "proposals.csv"
    path.write_text("proposal,kind,source,load [kg/yr]\nmore,expansion,town,4000\n")
    assert read_proposals(case, path)[0].loads == {"P": 4.0}
    path.write_text("proposal,kind,source,load [ton]\nmore,expansion,town,4000\n")
    with pytest.raises(abate.InputError, match="ton"):
        read_proposals(case, path)


def test_a_workbook_and_the_table_of_a_case_are_read_alike(tmp_path):
    frame = pd.DataFrame([{**MORE, "load": 4.0}, {**NEW, "load": 2.0}, {**NEW, "measure": "filter", "extent": 1.0}])
    frame.loc[2, "unit_cost"] = 90.0
    case = by_hand(proposals=frame)
    path = tmp_path / "book.xlsx"
    with pd.ExcelWriter(path) as book:
        frame.to_excel(book, sheet_name="proposals", index=False)
    own, read = read_proposals(case), read_proposals(case, path)
    assert str(own) == str(read)
    assert own[1].measures == {"filter": 1.0}
    assert own[1].unit_costs == {"filter": 90.0}
    assert np.isnan(own[0].output)


def test_what_is_approved_is_no_proposal_any_more():
    frame = pd.DataFrame([{**NEW, "load": 2.0}, {**NEW, "proposal": "vast", "load": 900.0}])
    case = by_hand(proposals=frame)
    made = appraise(case, abate.decompose(case))
    assert [one.verdict.counts for one in made.decisions] == [True, False]
    again = abate.load(written(made.case))
    assert again["proposals"]["proposal"].tolist() == ["vast"]
    assert again["sources"]["source"].tolist() == ["mill", "town", "new"]


def test_names_may_hold_anything(case, plan):
    name = '<b>"new"</b> =1+1; -- \u6c5f'
    made = appraise(case, plan, Proposal.new_source(name, {"P": 1.0}, Site(like="town", name="=HYPERLINK(1)")))
    assert made.decision(name).verdict.counts
    assert made.plan.allocation["source"].tolist()[-1] == name
