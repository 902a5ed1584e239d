"""Sharing the cost of a joint plan: the pooling game by hand, games solved once more, laws, samples, refusals."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from independent import Reading, physical_rows, target_value
from random_cases import examples
from scipy.optimize import linprog

import abate
from abate import Case, CostSharing, InputError, NoPlanError

#: Source: worked example "pooling_game" (worked_examples.json, constructed and computed there):
#: c(S) = (sum z)^2 / sum(1/k), k = .01, .02, .005 and z = 240, 120, 120, which is equal percentages of 600, 300, 300.
LOADS, CUTS, RATES = (600.0, 300.0, 300.0), (240.0, 120.0, 120.0), (0.01, 0.02, 0.005)
ALONE, GRAND = [576.0, 288.0, 72.0], 658.285714
SHARED = {"shapley": [490.62857, 245.82857, -78.17143], "nucleolus": [501.942857, 257.142857, -100.8]}
#: Costs k z^2 are given as chords of this length, which lie above the curve by k STEP^2 / 4 at most.
STEP = 4.0
ERROR = sum(RATES) * STEP**2 / 4
#: Caps hold to a ten-millionth of 1200, where a unit costs 2 k z = 7.2 at most.
ROOM = 1e-3


def capped(loads: list[float], limit: float, steps: list[list[tuple[float, float]]], **tables: pd.DataFrame) -> Case:
    """A case of one cap on sources in a region each; steps are (size, cost of a unit) of each source."""
    names = [f"s{at}" for at in range(len(loads))]
    rows = [
        (name, f"step{at}", size, cost)
        for name, curve in zip(names, steps, strict=True)
        for at, (size, cost) in enumerate(curve)
    ]
    options = pd.DataFrame(rows, columns=["source", "measure", "max_extent", "unit_cost"])
    removals = pd.DataFrame({"source": "*", "measure": options["measure"].unique(), "pollutant": "P", "removal": 1.0})
    own = {
        "case": {"name": "capped", "currency": "EUR", "units": {"load": "t/yr"}},
        "regions": pd.DataFrame({"region": ["basin", *(f"r{at}" for at in range(len(loads)))]}).assign(
            parent=["", *["basin"] * len(loads)]
        ),
        "sources": pd.DataFrame({"source": names, "region": [f"r{at}" for at in range(len(loads))]}),
        "loads": pd.DataFrame({"source": names, "pollutant": "P", "load": loads}),
        "options": options,
        "removals": removals.assign(basis="mass"),
        "targets": pd.DataFrame({"target": ["cap"], "kind": "load", "limit": limit}),
    }
    return abate.load({**own, **tables})


@pytest.fixture(scope="module")
def pool() -> Case:
    steps = []
    for load, rate in zip(LOADS, RATES, strict=True):
        ends = np.arange(0.0, load + STEP / 2, STEP)
        steps.append([(STEP, rate * (start + end)) for start, end in itertools.pairwise(ends)])
    return capped(list(LOADS), 720.0, steps)


@pytest.fixture(scope="module")
def echo() -> Case:
    return abate.load("echo-reservoir", "pooled")


def keeps_laws(shared: CostSharing) -> CostSharing:
    """What holds of every sharing, whatever the game."""
    players, ledger = shared.players.set_index("player"), shared.ledger
    room = 1e-6 * max(shared.plan.cost, 1.0)
    assert players["spent"].sum() == pytest.approx(shared.plan.cost, abs=room)
    assert players["charge"].sum() == pytest.approx(shared.plan.cost, abs=room)
    saved = (players["alone"] - players["charge"]).to_numpy()
    assert players["saving"].to_numpy() == pytest.approx(saved, abs=1e-6 * players["alone"].max())
    assert (players["saving"] >= 0).all()
    paid = ledger.groupby("payer")["amount"].sum().reindex(players.index, fill_value=0.0)
    received = ledger.groupby("receiver")["amount"].sum().reindex(players.index, fill_value=0.0)
    assert (paid - received).to_numpy() == pytest.approx(players["payment"].to_numpy(), abs=room)
    assert players["payment"].sum() == pytest.approx(0.0, abs=room)
    assert (ledger["amount"] > 0).all()
    assert len(ledger) < len(players)
    assert not set(ledger["payer"]) & set(ledger["receiver"])
    assert shared.plan.attained
    return shared


# --- by hand ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["shapley", "nucleolus"])
@pytest.mark.parametrize("players", ["region", "source"])
def test_pooling_game(pool, method, players):
    shared = keeps_laws(abate.share_costs(pool, players=players, method=method))
    table = shared.players
    assert table["player"].tolist() == [f"{players[0]}{at}" for at in range(3)]
    # what each has to do alone ends at the end of a chord, where it meets the curve
    assert table["alone"].tolist() == pytest.approx(ALONE, abs=ROOM)
    assert -ROOM <= shared.plan.cost - GRAND <= ERROR + ROOM
    # each marginal cost is off by an ERROR at most, and so is their mean; a nucleolus of three moves by two at most
    within = ERROR if method == "shapley" else 2 * ERROR
    assert table["charge"].tolist() == pytest.approx(SHARED[method], abs=within)
    assert table["standard_error"].tolist() == [0.0] * 3
    # at the least cost all marginal costs are the same: 2 k z is 2 x 480 / 350
    spent = [rate * (480 / 350 / rate) ** 2 for rate in RATES]
    assert table["spent"].tolist() == pytest.approx(spent, abs=3 * STEP)
    assert shared.obligations.strategy == "equal-percent"
    assert shared.method == method
    assert table.attrs["units"]["charge"] == "EUR/yr"
    # v(12) = 864 - 360^2/150 = 0, v(13) = 648 - 360^2/300 = 216, v(23) = 360 - 240^2/250 = 129.6, v(123) = 277.714
    values = {(0, 1): 0.0, (0, 2): 216.0, (1, 2): 129.6, **{(at,): 0.0 for at in range(3)}}
    worst = max(value - sum(table["saving"][at] for at in members) for members, value in values.items())
    assert shared.excess == pytest.approx(worst, abs=4 * ERROR)
    assert shared.in_core


def test_the_seller_is_paid_more_than_it_spends(pool):
    ledger = abate.share_costs(pool, method="nucleolus").ledger
    assert set(ledger["receiver"]) == {"r2"}
    assert ledger["payer"].tolist() == ["r0", "r1"]


def test_obligations_may_be_a_strategy_with_options_or_a_plan(pool):
    named = abate.share_costs(pool, "equal-mass")
    plan = abate.allocate(pool, "equal-mass")
    made = abate.share_costs(pool, plan)
    pd.testing.assert_frame_equal(named.players, made.players)
    assert made.obligations is plan
    # 240 each: cuts of 360, 60 and 60
    expected = [rate * cut**2 for rate, cut in zip(RATES, (360, 60, 60), strict=True)]
    assert named.players["alone"].tolist() == pytest.approx(expected, abs=ROOM)


def test_sectors_share_and_nobody_counts_twice(echo):
    shared = keeps_laws(abate.share_costs(echo, players="sector"))
    # a cap for each sector: there is nothing to gain together
    assert shared.players["player"].tolist() == ["manure", "grazing", "runoff"]
    assert shared.players["saving"].to_numpy() == pytest.approx(np.zeros(3), abs=1.0)
    assert shared.in_core


# --- solved once more -------------------------------------------------------------------------------------------------


def coalition_cost(reading: Reading, allowed: np.ndarray, members: np.ndarray) -> float:
    """Least cost of some loads' sources where all targets hold and all others emit what they are allowed.

    Load targets alone, by scipy from the tables.
    """
    rows = physical_rows(reading, reading.width)
    start = np.where(members, reading.base, allowed)
    own = reading.options["source"].isin(reading.loads["source"][members]).to_numpy()
    for target in reading.tables["targets"].itertuples():
        mask = reading.scope(reading.loads, target)
        base = reading.base[mask].sum()
        limit = base - target.limit if target.kind == "reduction" else target.limit
        rows.at_most(-reading.removed[:, mask].sum(axis=1), limit - start[mask].sum() + 1e-7 * base, target.target)
        assert target_value(reading, target, start, np.zeros(0))[0] == pytest.approx(start[mask].sum())
    upper = np.where(own, reading.upper, 0.0)
    aim = reading.cost_row(np.ones(len(own), dtype=bool))
    answer = linprog(aim, A_ub=rows.matrix(), b_ub=rows.bounds, bounds=np.column_stack([np.zeros(len(upper)), upper]))
    assert answer.status == 0
    return float(answer.fun)


def test_echo_pooled_against_scipy(echo):
    shared = keeps_laws(abate.share_costs(echo, method="nucleolus"))
    reading, names = Reading(echo), shared.players["player"].tolist()
    assert names == ["chalk-creek", "weber-below", "weber-above"]
    allowed = shared.obligations.allocation["allowed"].to_numpy()
    region = reading.loads["region"].to_numpy()
    costs = {
        chosen: coalition_cost(reading, allowed, np.isin(region, chosen))
        for size in (1, 2, 3)
        for chosen in itertools.combinations(names, size)
    }
    table = shared.players.set_index("player")
    for name in names:
        assert table.loc[name, "alone"] == pytest.approx(costs[name,], rel=1e-5)
    assert shared.plan.cost == pytest.approx(costs[tuple(names)], rel=1e-5)
    # the published least cost of the pooled caps
    assert shared.plan.cost == pytest.approx(985_317.9, rel=1e-6)
    savings = {chosen: sum(costs[name,] for name in chosen) - cost for chosen, cost in costs.items()}
    excess = {
        chosen: saved - table.loc[list(chosen), "saving"].sum() for chosen, saved in savings.items() if len(chosen) < 3
    }
    assert shared.excess == pytest.approx(max(excess.values()), abs=2.0)
    assert shared.in_core
    assert shared.objector == []
    assert "no coalition objects" in repr(shared)
    by_shapley = abate.share_costs(echo).players.set_index("player")["saving"]
    for name in names:
        orders = list(itertools.permutations(names))
        gains = []
        for order in orders:
            before = order[: order.index(name)]
            after = tuple(one for one in names if one in (*before, name))
            gains.append(savings[after] - savings.get(tuple(one for one in names if one in before), 0.0))
        assert by_shapley[name] == pytest.approx(np.mean(gains), abs=2.0)


# --- laws -------------------------------------------------------------------------------------------------------------


@st.composite
def pools(draw: st.DrawFn) -> Case:
    """One cap on two to four sources, each with two or three ever dearer steps that can take away all."""
    count = draw(st.integers(2, 4))
    loads = draw(st.lists(st.integers(10, 100), min_size=count, max_size=count))
    steps = []
    for load in loads:
        prices = sorted(draw(st.lists(st.integers(1, 90), min_size=2, max_size=3)))
        steps.append([(load / len(prices), price) for price in prices])
    share = draw(st.integers(3, 9)) / 10
    return capped([float(load) for load in loads], share * sum(loads), steps)


@examples(5)
@given(pools(), st.sampled_from(["equal-percent", "equal-awards", "equal-losses"]))
def test_nobody_is_charged_more_than_alone(case, obligations):
    shared = keeps_laws(abate.share_costs(case, obligations, method="nucleolus"))
    room = 1e-5 * max(shared.players["alone"].sum(), 1.0)
    # one cap: coalitions that meet their parts one by one meet them together, so the game is superadditive
    assert (shared.players["saving"] >= -room).all()
    assert (abate.share_costs(case, obligations).players["saving"] >= -room).all()
    # and convex costs under one cap have a core: the price of the cap, times what each has to do
    assert shared.excess <= room
    assert shared.in_core


def test_cheap_and_dear_alike_have_nothing_to_share():
    case = capped([100.0, 100.0], 120.0, [[(100.0, 5.0)], [(100.0, 5.0)]])
    shared = keeps_laws(abate.share_costs(case))
    assert shared.players["charge"].tolist() == pytest.approx([200.0, 200.0])
    assert shared.players["saving"].tolist() == pytest.approx([0.0, 0.0], abs=1e-3)


def test_who_takes_no_part_does_what_is_asked(make_case):
    case = make_case(
        {
            "regions": "region parent\nbasin .\nup basin\ndown basin",
            "sources": "source region controllable\na up yes\nb down yes\nc basin yes\nd down no",
            "loads": "source pollutant load\na P 100\nb P 100\nc P 100\nd P 50",
            "options": "source measure max_extent unit_cost\na m 1 100\nb m 1 300\nc m 1 200",
            "removals": "source measure pollutant removal\n* m P 1",
            "targets": "target kind limit\ncap load 200",
        }
    )
    shared = abate.share_costs(case)
    # 150 of 300 go: c, outside both, takes away its 50 for 100 a year; a does the other 100, for 100
    assert shared.players["player"].tolist() == ["up", "down"]
    assert shared.players["alone"].tolist() == pytest.approx([50, 150], abs=1e-3)
    assert shared.players["charge"].tolist() == pytest.approx([0, 100], abs=1e-3)
    assert shared.players["spent"].tolist() == pytest.approx([100, 0], abs=1e-3)
    assert shared.plan.cost == pytest.approx(200, abs=1e-3)
    loads = shared.plan.allocation.set_index("source")["allowed"]
    assert loads.to_dict() == pytest.approx({"a": 0, "b": 100, "c": 50, "d": 50}, abs=1e-3)
    by_source = abate.share_costs(case, players="source")
    assert by_source.players["player"].tolist() == ["a", "b", "c"]


# --- samples ----------------------------------------------------------------------------------------------------------


def test_beyond_sixteen_players_values_are_sampled():
    # 17 sources of 1000 have to cut 20 each; a coalition does all at its cheapest member: c(S) = 20 |S| min of p
    prices = np.array([7.0, 3, 9, 4, 12, 5, 8, 2, 11, 6, 10, 15, 13, 14, 1, 16, 17])
    count = len(prices)
    case = capped([1000.0] * count, 980.0 * count, [[(1000.0, price)] for price in prices])
    rng = np.random.default_rng(99)
    orders = rng.permuted(np.tile(np.arange(count), (40_000, 1)), axis=1)
    costs = 20 * np.arange(1, count + 1) * np.minimum.accumulate(prices[orders], axis=1)
    added = np.diff(costs, axis=1, prepend=0.0)
    expected = np.array([added[orders == player].mean() for player in range(count)])
    own_error = np.array([added[orders == player].std() / math.sqrt(len(orders)) for player in range(count)])
    shared = keeps_laws(abate.share_costs(case, samples=12, seed=7))
    table = shared.players
    error = table["standard_error"].to_numpy()
    assert (error > 0).all()
    assert np.isnan(shared.excess)
    assert not shared.in_core
    assert shared.objector == []
    assert (np.abs(table["charge"] - expected) <= 4 * np.hypot(error, own_error)).all()
    # the same seed draws the same orders
    again = abate.share_costs(case, samples=12, seed=7).players
    pd.testing.assert_frame_equal(table, again)
    assert not abate.share_costs(case, samples=2, seed=8).players["charge"].equals(table["charge"])


# --- refusals ---------------------------------------------------------------------------------------------------------


def refused(said: str, *arguments: Any, **options: Any) -> None:
    with pytest.raises(InputError, match=said):
        abate.share_costs(*arguments, **options)


def test_refusals(pool, echo):
    refused("did you mean 'region'", pool, players="regions")
    refused("did you mean 'nucleolus'", pool, method="nucleolis")
    refused("did you mean 'equal-percent'", pool, "equal-procent")
    refused("has nobody to share with.*choose players region, sector or source", pool, players="sector")
    refused("is a plan of another case", echo, abate.allocate(pool, "talmud"))
    refused("read it with abate.load first", "echo-reservoir")


def test_missed_targets_are_no_obligation(pool):
    little = abate.allocate(pool, "given", allocations=pd.DataFrame({"source": ["s0"], "allowed": [500.0]}))
    refused("the obligations miss targets .*'cap'.*; choose an allocation that meets all targets", pool, little)


def test_without_measures_there_is_no_cost():
    refused("without measures there is no cost to share", abate.load("tampa-bay"))


def test_too_many_for_the_nucleolus_are_refused_before_any_solve(monkeypatch):
    case = capped([10.0] * 11, 100.0, [[(10.0, 1.0)]] * 11)
    plan = abate.allocate(case, "equal-percent")
    monkeypatch.setattr("abate.sharing.coalitions.Session.solve", lambda *_: pytest.fail("solved"))
    refused("at most 10 players, or choose shapley", case, plan, method="nucleolus")


def test_a_player_that_cannot_do_its_part_is_named():
    case = capped([100.0, 100.0, 100.0], 150.0, [[(100.0, 1.0)], [(40.0, 1.0)], [(100.0, 1.0)]])
    plan = abate.allocate(case, "equal-percent floor=measures")
    # 50 each would take the second one below what its measures can reach, 60
    asked = replace(plan, allocation=plan.allocation.assign(allowed=50.0))
    with pytest.raises(NoPlanError, match="'r1' cannot meet the obligation by own measures"):
        abate.share_costs(case, asked)
