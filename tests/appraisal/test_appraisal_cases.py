"""Appraisals of the shipped cases: one that passes, one that needs an offset, one that cannot be offset."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import abate
from abate.appraisal.appraise import appraise
from abate.appraisal.verdict import Verdict
from abate_data.proposals import Proposal, Site

EXAMPLES = Path(__file__).parents[2] / "docs" / "appraisal"


@pytest.fixture(scope="module")
def echo():
    case = abate.load("echo-reservoir", scenario="pooled")
    return appraise(case, abate.decompose(case), EXAMPLES / "echo-reservoir.csv")


@pytest.fixture(scope="module")
def europe():
    case = abate.load("europe-air")
    return appraise(case, abate.allocate(case, "equal-percent"), EXAMPLES / "europe-air.csv")


def test_echo_reservoir_in_order(echo):
    verdicts = {one.proposal: one.verdict for one in echo.decisions}
    assert verdicts == {
        "more-manure-plans": Verdict.NOT_NEEDED,
        "dairy-oakley": Verdict.APPROVED,
        "dairy-coalville": Verdict.OFFSET,
        "feedlot": Verdict.REFUSED,
    }
    # Source: measures.csv of the case: nutrient management at 167.55 USD per kg, 43.71 kg per km2
    freed = (17 - 14.586273) * 43.71
    room = echo.effects.set_index(["proposal", "target"])["headroom_left"]
    assert room["more-manure-plans", "manure"] == pytest.approx(freed, rel=1e-6)
    assert room["dairy-oakley", "manure"] == pytest.approx(freed - 40, rel=1e-6)
    assert echo.plan.attained


def test_europe_air(europe):
    assert [one.verdict for one in europe.decisions] == [Verdict.APPROVED, Verdict.OFFSET, Verdict.REFUSED]
    assert "RFA-NOx-ceiling" in str(europe.decision("steelworks"))


def test_effects_of_europe_air_are_those_of_its_tables(europe):
    """Effects recomputed with NumPy from the coefficients of the neighbour that the new source is like."""
    table = pd.DataFrame(europe.before.case.tables["transfer"]).astype({"source": str, "receptor": str})
    loads = {"SO2": 4.0, "NOx": 6.0}
    there = table[(table["source"] == "TUR/combustion") & table["pollutant"].isin(list(loads))]
    rise = (there["coefficient"] * there["pollutant"].astype(str).map(loads)).groupby(there["receptor"]).sum()
    told = europe.receptors[europe.receptors["proposal"] == "power-turkey"].set_index("receptor")["change"]
    assert told.to_dict() == pytest.approx(rise.to_dict(), rel=1e-9, abs=1e-12)


def test_tampa_bay_has_no_measures():
    case = abate.load("tampa-bay")
    plan = abate.allocate(case, "given")
    plant = Site(region="hillsborough-bay", sector="end-of-pipe")
    made = appraise(case, plan, [Proposal.new_source("plant", {"TN": 5.0}, plant)])
    allowed = case.values("targets", "limit")[case["targets"]["target"] == "hillsborough-bay-cap"]
    row = made.effects.set_index("target").loc["hillsborough-bay-cap"]
    assert row["headroom_after"] == pytest.approx(float(allowed[0]) - row["before"] - 5)
    assert np.isnan(made.plan.cost)


def test_the_certificate_of_the_plan_after_is_that_of_its_case(echo):
    assert echo.plan.certificate.case_hash == echo.case.hash
    assert echo.plan.certificate.checks["worst"].max() <= 1e-6
