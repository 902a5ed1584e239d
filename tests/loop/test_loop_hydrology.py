"""Loads judged at the hydrology of their cap: Tampa Bay against published figures, small cases by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import abate
from abate import InputError
from abate.loop.departures import departures, exceedances, usual_and_score
from abate.loop.hydrology import verdicts

SEGMENTS = ["old-tampa-bay", "hillsborough-bay", "middle-tampa-bay", "lower-tampa-bay", "remainder-lower-tampa-bay"]
YEARS = range(2012, 2022)
#: Published ratio of load to hydrologic load (column tnhy, tons per million m3), 2012 to 2021.
# Source: github.com/tbep-tech/load-estimates, commit ba405e379b05, annual loads of nitrogen and hydrology.
RATIOS = [
    (0.8178, 0.8415, 0.7924, 0.9482, 0.8206, 0.7380, 0.7702, 0.8203, 0.7403, 0.7493),
    (1.2746, 1.2332, 1.1476, 1.2180, 1.2338, 1.2817, 1.2331, 1.1900, 1.1420, 1.1869),
    (0.8388, 0.8794, 0.8193, 0.9095, 0.8878, 0.7824, 0.7551, 0.7921, 0.8146, 0.7959),
    (0.3700, 0.4645, 0.4786, 0.5476, 0.4845, 0.4302, 0.4922, 0.4451, 0.4971, 1.0919),
    (1.0518, 1.0696, 0.9914, 1.0824, 1.1131, 1.2807, 1.1767, 1.0837, 1.0321, 1.0044),
]
#: Delivery ratios that the Reasonable Assurance of 2009 judges by, tons per million m3.
DELIVERY_RATIOS = [1.08, 1.62, 1.24, 0.97, 1.59]
PINEY_POINT = "lower-tampa-bay/industrial/piney-point-facility"


@pytest.fixture(scope="module")
def tampa() -> abate.Case:
    return abate.load("tampa-bay")


@pytest.fixture(scope="module")
def judged(tampa) -> pd.DataFrame:
    return verdicts(tampa, tampa["observations"])


def by_segment(judged: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return a column of the verdicts by segment and year."""
    table = judged.pivot_table(index="target", columns="year", values=column, sort=False, aggfunc="first")
    return table.rename(index=lambda target: target.removesuffix("-cap")).loc[SEGMENTS]


class TestTampaBay:
    def test_ratios_are_the_published_ones(self, judged):
        # loads by source do not add to the published totals exactly: at most 1.1 % of a year
        assert by_segment(judged, "ratio").to_numpy() == pytest.approx(np.array(RATIOS), rel=0.011)

    def test_one_segment_year_of_fifty_is_exceeded(self, judged):
        assert len(judged) == 50
        attained = by_segment(judged, "attained").astype(bool)
        published = np.array(RATIOS) <= np.array(DELIVERY_RATIOS)[:, None]
        assert (attained.to_numpy() == published).all()
        broken = judged[~judged["attained"]]
        assert broken[["target", "year"]].values.tolist() == [["lower-tampa-bay-cap", 2021]]

    def test_the_exceedance_hides_behind_a_load_under_the_cap(self, judged):
        row = judged[(judged["target"] == "lower-tampa-bay-cap") & (judged["year"] == 2021)].iloc[0]
        # published: 333.9953 tons, 305.8938 million m3; the reference is 361.186 and the cap 349
        assert row["load"] == pytest.approx(333.9953, abs=0.1)
        assert row["raw_attained"]
        assert row["normalised"] == pytest.approx(333.9953 * 361.186 / 305.8938, abs=0.12)
        assert round(row["normalised"]) == 394
        assert row["ratio"] == pytest.approx(1.092, abs=5e-4)
        assert row["reference_ratio"] == pytest.approx(349 / 361.186)
        assert round(row["reference_ratio"], 2) == 0.97

    def test_the_load_as_it_came_would_blame_wet_years(self, judged):
        raw = by_segment(judged, "raw_attained").astype(bool)
        # published totals above 486, 1451 and 629 tons (Middle Tampa Bay never reaches 799)
        assert raw.columns[~raw.loc["old-tampa-bay"]].tolist() == [2012, 2013, 2014, 2015, 2016, 2018, 2019]
        assert raw.columns[~raw.loc["hillsborough-bay"]].tolist() == [2012, 2016, 2018, 2019]
        assert raw.columns[~raw.loc["remainder-lower-tampa-bay"]].tolist() == [2013, 2016, 2017, 2018, 2019]
        assert raw.loc[["middle-tampa-bay", "lower-tampa-bay"]].all(axis=None)

    def test_sources_without_a_figure_are_named(self, judged):
        named = judged[judged["missing"] != ""]
        assert set(named["missing"]) == {"hillsborough-bay/material-losses", "lower-tampa-bay/material-losses"}
        assert sorted(set(named["year"])) == [2017, 2018, 2019, 2020, 2021]
        assert (judged["covered"] == 1).all()

    def test_the_exceedance_is_that_of_piney_point(self, tampa):
        found = exceedances(tampa, tampa["observations"])
        assert len(found) == 1
        row = found.iloc[0]
        assert (row["target"], row["year"], row["source"]) == ("lower-tampa-bay-cap", 2021, PINEY_POINT)
        assert row["load"] == 198.6455
        # published loads of the facility, at the reference flow of 361.186 over the year's flow
        loads = np.array([0.0151, 0.7127, 0.8270, 1.3222, 1.6896, 1.8436, 4.0668, 1.9858, 2.7816])
        flows = np.array([382.8481, 408.7178, 401.3159, 382.1966, 431.4804, 265.7726, 352.0158, 384.2037, 353.3115])
        usual = np.median(loads * 361.186 / flows)
        departure = 198.6455 * 361.186 / 305.8938 - usual
        assert row["usual"] == pytest.approx(usual)
        assert row["departure"] == pytest.approx(departure)
        assert row["excess"] == pytest.approx(row["normalised"] - 349)
        assert row["departure"] > 5 * row["excess"]
        assert row["otherwise"] == pytest.approx(row["normalised"] - departure)
        assert row["otherwise"] < 349

    def test_departures_of_a_year_add_up(self, tampa):
        table = departures(tampa, tampa["observations"], "lower-tampa-bay-cap", 2021)
        assert table["source"].iloc[0] == PINEY_POINT
        assert table["normalised"].sum() == pytest.approx(394.258, abs=1e-3)
        assert (table["departure"].dropna().diff().dropna() <= 0).all()
        assert table.loc[table["source"] == "lower-tampa-bay/material-losses", "score"].isna().all()

    def test_bradenton_in_2018_stands_out_though_its_segment_complies(self, tampa):
        table = departures(tampa, tampa["observations"], "remainder-lower-tampa-bay-cap", 2018)
        first = table.iloc[0]
        assert first["source"] == "remainder-lower-tampa-bay/end-of-pipe/city-of-bradenton"
        assert first["load"] == 100.8856
        assert first["stands_out"]


# --- small cases ------------------------------------------------------------------------------------------------------


def small_case(**columns: object) -> abate.Case:
    """Return two sources in a region, with a cap of 100 at a flow of 10."""
    return abate.load(
        {
            "case": {"name": "small", "units": {"load": "kg/yr", "flow": "m3/s"}},
            "regions": pd.DataFrame({"region": ["basin", "other"]}),
            "sources": pd.DataFrame({"source": ["a", "b"], "region": "basin"}),
            "loads": pd.DataFrame({"source": ["a", "b"], "pollutant": "P", "load": 50.0}),
            "targets": pd.DataFrame(
                {"target": ["cap"], "kind": "load", "region": "basin", "limit": 100.0, "reference_flow": 10.0} | columns
            ),
        }
    )


def observed(rows: list[tuple[str, str, str, str, float]]) -> pd.DataFrame:
    """Return observations from (first day, last day, kind, source or region, value)."""
    table = pd.DataFrame(rows, columns=["period_start", "period_end", "kind", "id", "value"])
    table["source"] = table["id"].where(table["kind"] == "load", "")
    table["region"] = table["id"].where(table["kind"] == "flow", "")
    table["pollutant"] = np.where(table["kind"] == "load", "P", "")
    return table


def year_of(year: int, flow: float | None, **loads: float) -> list[tuple[str, str, str, str, float]]:
    first, last = f"{year}-01-01", f"{year}-12-31"
    rows = [(first, last, "load", source, value) for source, value in loads.items()]
    return rows if flow is None else [*rows, (first, last, "flow", "basin", flow)]


def test_by_hand():
    table = verdicts(
        small_case(), observed([*year_of(2020, 20.0, a=90.0, b=60.0), *year_of(2021, 5.0, a=30.0, b=40.0)])
    )
    assert table["load"].tolist() == [150.0, 70.0]
    assert table["normalised"].tolist() == [75.0, 140.0]
    assert table["ratio"].tolist() == [7.5, 14.0]
    assert table["reference_ratio"].tolist() == [10.0, 10.0]
    assert table["attained"].tolist() == [True, False]
    assert table["raw_attained"].tolist() == [False, True]
    assert table.attrs["units"] == {"load": "kg/yr", "normalised": "kg/yr", "limit": "kg/yr", "flow": "m3/s"}


def test_a_year_without_a_flow_is_not_judged_and_says_so():
    table = verdicts(small_case(), observed([*year_of(2019, None, a=1.0, b=1.0), *year_of(2021, 10.0, a=1.0)]))
    assert table["year"].tolist() == [2019, 2020, 2021]
    assert table["remark"].tolist() == [
        "not judged: no flow was observed",
        "not judged: no load was reported",
        "",
    ]
    assert table["attained"].isna().tolist() == [True, True, False]
    assert table["raw_attained"].isna().tolist() == [False, True, False]
    assert table["missing"].tolist() == ["", "", "b"]


def test_a_flow_of_nothing_is_no_flow():
    table = verdicts(small_case(), observed(year_of(2020, 0.0, a=1.0, b=1.0)))
    assert table["attained"].isna().all()
    assert table["remark"].tolist() == ["not judged: no flow was observed"]


def test_a_target_of_the_whole_case_names_no_region_to_take_a_flow_of():
    table = verdicts(small_case(region=""), observed(year_of(2020, 10.0, a=1.0, b=1.0)))
    assert "names no region" in table["remark"].iloc[0]


def test_targets_without_a_reference_flow_are_none_of_its_business():
    case = small_case(reference_flow=np.nan)
    assert verdicts(case, observed(year_of(2020, 10.0, a=1.0))).empty
    assert exceedances(case, observed(year_of(2020, 10.0, a=1.0))).empty
    with pytest.raises(InputError, match="reference flow"):
        departures(case, observed(year_of(2020, 10.0, a=1.0)), "cap", 2020)


def test_months_are_averaged_by_their_days_and_half_a_year_says_so():
    months = pd.period_range("2021-01", "2021-06", freq="M")
    rows = [
        (f"{month.start_time:%Y-%m-%d}", f"{month.end_time:%Y-%m-%d}", kind, name, float(month.month))
        for month in months
        for kind, name in (("load", "a"), ("load", "b"), ("flow", "basin"))
    ]
    row = verdicts(small_case(), observed(rows)).iloc[0]
    days = [31, 28, 31, 30, 31, 30]
    mean = sum(number * length for number, length in enumerate(days, start=1)) / 181
    assert row["load"] == pytest.approx(2 * mean)
    assert row["flow"] == pytest.approx(mean)
    assert row["covered"] == pytest.approx(181 / 365)


def test_a_year_of_the_water_belongs_to_the_year_in_which_it_ends():
    rows = [("2019-10-01", "2020-09-30", kind, name, 10.0) for kind, name in (("load", "a"), ("flow", "basin"))]
    row = verdicts(small_case(), observed(rows)).iloc[0]
    assert (row["year"], row["covered"]) == (2020, 1.0)


def test_periods_that_overlap_are_refused():
    rows = [*year_of(2020, 10.0, a=1.0), ("2020-06-01", "2020-06-30", "load", "a", 2.0)]
    with pytest.raises(InputError, match=r"load of a, P.*overlap"):
        verdicts(small_case(), observed(rows))


def test_an_exceedance_in_which_nobody_stands_out_names_nobody():
    loads = (40.0, 45.0, 50.0, 55.0, 60.0)
    rows = [row for place, load in enumerate(loads) for row in year_of(2016 + place, 10.0, a=load, b=load)]
    found = exceedances(small_case(), observed(rows))
    assert found["year"].tolist() == [2019, 2020]
    assert found["source"].tolist() == ["", ""]
    assert found["excess"].tolist() == pytest.approx([10.0, 20.0])


def test_an_exceedance_without_a_past_names_nobody():
    found = exceedances(small_case(), observed(year_of(2020, 10.0, a=1000.0, b=1.0)))
    assert found["source"].tolist() == [""]


def test_an_unknown_target_and_a_year_without_flow_are_refused():
    observations = observed([*year_of(2020, 10.0, a=1.0), *year_of(2021, None, a=1.0)])
    with pytest.raises(InputError, match="did you mean 'cap'"):
        departures(small_case(), observations, "cup", 2020)
    for year in (2021, 2030):
        with pytest.raises(InputError, match=f"no flow is known in {year}"):
            departures(small_case(), observations, "cap", year)


# --- laws -------------------------------------------------------------------------------------------------------------

amounts = st.floats(0.1, 1e4)


@pytest.fixture(scope="module")
def two_units() -> tuple[abate.Case, abate.Case]:
    return small_case(), small_case(reference_flow=10.0 * 7.5)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(amounts, amounts, amounts), min_size=1, max_size=6))
def test_a_flow_in_another_unit_judges_the_same(two_units, years):
    rows = [row for place, (a, b, flow) in enumerate(years) for row in year_of(2000 + place, flow, a=a, b=b)]
    table = observed(rows)
    scaled = table.assign(value=np.where(table["kind"] == "flow", table["value"] * 7.5, table["value"]))
    first, second = verdicts(two_units[0], table), verdicts(two_units[1], scaled)
    assert first["normalised"].tolist() == pytest.approx(second["normalised"].tolist())


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e3), min_size=3, max_size=9), st.floats(0, 1e3))
def test_a_score_has_the_sign_of_the_departure_and_no_unit(earlier, now):
    usual, score = usual_and_score(np.array([earlier]), np.array([now]))
    assert usual[0] == np.median(earlier)
    assert np.sign(score[0]) == np.sign(now - usual[0])
    doubled = usual_and_score(2 * np.array([earlier]), np.array([2 * now]))[1]
    assert doubled[0] == pytest.approx(score[0]) or np.isinf(score[0])


def test_scores_by_hand():
    # median 3, absolute deviations 2 1 0 1 97: their median is 1
    usual, score = usual_and_score(np.array([[1.0, 2.0, 3.0, 4.0, 100.0]]), np.array([10.0]))
    assert (usual[0], score[0]) == (3.0, pytest.approx(7 / 1.4826))
    # more than half alike: the mean absolute deviation, 4 / 5, stands in
    assert usual_and_score(np.array([[5.0, 5.0, 5.0, 5.0, 9.0]]), np.array([6.0]))[1][0] == pytest.approx(
        1 / 1.2533 / 0.8
    )
    # always the same: anything else is infinitely far
    assert usual_and_score(np.zeros((3, 3)), np.array([0.0, 1.0, -1.0]))[1].tolist() == [0.0, np.inf, -np.inf]
    # too few years, or none of this one
    none = usual_and_score(np.array([[1.0, 2.0, np.nan], [1.0, 2.0, 3.0]]), np.array([1.0, np.nan]))[1]
    assert np.isnan(none).all()
