"""Cost sharing: published values of games, and the laws of the values."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abate.errors import InputError
from abate.games import (
    check_game,
    core_excess,
    in_core,
    membership,
    nucleolus,
    sampled_shapley,
    savings,
    shapley,
    side_payments,
    subset_sums,
    tau,
)
from abate.strategies.claims import RULES

few = settings(max_examples=40, deadline=None)
amounts = st.integers(0, 4000).map(lambda amount: amount / 8)
claims_of_few = st.lists(amounts, min_size=1, max_size=5).map(np.array)
games = st.integers(1, 5).flatmap(
    lambda players: st.lists(st.integers(-50, 50), min_size=2**players - 1, max_size=2**players - 1).map(
        lambda values: np.array([0.0, *values])
    )
)


def from_lists(order, values):
    """Return a game of three whose coalitions are listed as in the literature, e.g. `1,2,3,12,13,23,123`."""
    game = np.zeros(8)
    for coalition, value in zip(order.split(","), values, strict=True):
        game[sum(1 << int(player) - 1 for player in coalition)] = value
    return game


def of_three(*values):
    return from_lists("1,2,3,12,13,23,123", values)


def bankruptcy_game(estate, claims):
    """v(S) = max(0, E - d(N without S)). Source: O'Neill (1982)."""
    return np.maximum(0.0, estate - (claims.sum() - subset_sums(claims)))


def pooling_costs():
    """Return c(S) = (sum z)^2 / sum(1/k), the least cost of pooled abatement z with marginal costs 2 k z."""
    costs = np.zeros(8)
    costs[1:] = subset_sums(np.array([240.0, 120, 120]))[1:] ** 2 / subset_sums(1 / np.array([0.01, 0.02, 0.005]))[1:]
    return costs


#: Tennessee Valley Authority: navigation, flood control, power; thousands of dollars.
TVA = of_three(163520, 140826, 250096, 301607, 378821, 367370, 412584)


class TestPublished:
    # Source: Straffin & Heaney (1981); CoopGame 0.2.2 vignette, section 5.3.3
    @pytest.mark.parametrize(
        ("value", "charges"),
        [
            (shapley, [117829, 100756.5, 193998.5]),
            (nucleolus, [116234, 93540, 202810]),
            (tau, [117475.54, 99157.29, 195951.16]),
        ],
    )
    def test_tennessee_valley(self, value, charges):
        alone = TVA[[1, 2, 4]]
        assert alone - value(savings(TVA)) == pytest.approx(charges, abs=0.006)

    def test_savings_of_the_tennessee_valley(self):
        # Source: the same
        assert savings(TVA).tolist() == of_three(0, 0, 0, 2739, 34795, 23552, 141858).tolist()

    def test_nucleolus_with_a_negative_singleton(self):
        # Source: CoopGame 0.2.2, test_49 ("ucla")
        assert nucleolus(of_three(-1, 0, 1, 3, 4, 2, 5)) == pytest.approx([8 / 3, 2 / 3, 5 / 3])

    def test_tau_value(self):
        # Source: CoopGame 0.2.2, test_73
        assert tau(of_three(0, 0, 0, 2, 2, 3, 5)) == pytest.approx([1.25, 1.875, 1.875])

    def test_shapley_value(self):
        # Source: CoopGame 0.2.2, test_15
        assert shapley(of_three(2, 4, 5, 18, 14, 9, 24)) == pytest.approx([9.5, 8, 6.5])

    def test_pooled_abatement(self):
        # Source: worked example of the reference, k = 0.01, 0.02, 0.005 and z = 240, 120, 120
        costs = pooling_costs()
        assert costs[[1, 2, 4]] == pytest.approx([576, 288, 72])
        assert costs[-1] == pytest.approx(658.285714)
        assert shapley(costs) == pytest.approx([490.62857, 245.82857, -78.17143])
        alone = costs[[1, 2, 4]]
        assert alone - shapley(savings(costs)) == pytest.approx([490.62857, 245.82857, -78.17143])
        assert alone - nucleolus(savings(costs)) == pytest.approx([501.942857, 257.142857, -100.8])


class TestValues:
    @few
    @given(values=games)
    def test_shapley_over_all_orders(self, values):
        players = check_game(values)
        orders = list(itertools.permutations(range(players)))
        expected = np.zeros(players)
        for order in orders:
            mask = 0
            for player in order:
                expected[player] += (values[mask | 1 << player] - values[mask]) / len(orders)
                mask |= 1 << player
        assert shapley(values) == pytest.approx(expected, abs=1e-9)

    @few
    @given(values=games)
    def test_values_are_efficient(self, values):
        for value in (shapley, nucleolus):
            assert value(values).sum() == pytest.approx(values[-1], abs=1e-7)

    def test_a_player_alone(self):
        for value in (shapley, nucleolus, tau):
            assert value(np.array([0.0, 7.0])) == pytest.approx([7.0])

    def test_a_game_without_anything_to_share(self):
        for value in (shapley, nucleolus, tau):
            assert value(np.zeros(16)) == pytest.approx(np.zeros(4))

    @few
    @given(claims=claims_of_few, share=st.floats(0, 1))
    def test_claims_rules_are_values_of_the_bankruptcy_game(self, claims, share):
        estate = share * claims.sum()
        game = bankruptcy_game(estate, claims)
        room = 1e-6 * max(1.0, claims.sum())
        # Source: Aumann & Maschler (1985)
        assert nucleolus(game) == pytest.approx(RULES["talmud"](estate, claims), abs=room)
        # Source: O'Neill (1982)
        assert shapley(game) == pytest.approx(RULES["random-arrival"](estate, claims), abs=room)
        # Source: Curiel, Maschler & Tijs (1987)
        assert tau(game) == pytest.approx(RULES["adjusted-proportional"](estate, claims), abs=room)

    @few
    @given(claims=claims_of_few, share=st.floats(0, 1))
    def test_minimal_overlap_is_the_shapley_value_of_the_greatest_claim(self, claims, share):
        # Source: O'Neill (1982), for estates up to the greatest claim
        estate = share * claims.max()
        cut = np.minimum(claims, estate)
        game = np.max(np.where(membership(len(claims)), cut, 0.0), axis=1)
        assert shapley(game) == pytest.approx(RULES["minimal-overlap"](estate, claims), abs=1e-9 * (1 + estate))

    def test_equal_players_get_equal_shares(self):
        game = membership(7).sum(axis=1) ** 2.0
        for value in (shapley, nucleolus, tau):
            assert value(game) == pytest.approx(np.full(7, 7.0))


class TestNucleolus:
    @few
    @given(values=games, seed=st.integers(0, 2**32 - 1))
    def test_no_other_shares_have_lexicographically_smaller_excesses(self, values, seed):
        shares = nucleolus(values)
        excesses = self.excesses(values, shares)
        random = np.random.default_rng(seed)
        for size in (20.0, 1.0, 0.05):
            for _ in range(20):
                move = random.normal(0, size, len(shares))
                other = self.excesses(values, shares + move - move.mean())
                differ = np.flatnonzero(np.abs(other - excesses) > 1e-6)
                assert not len(differ) or other[differ[0]] > excesses[differ[0]]

    @few
    @given(values=games)
    def test_it_lies_in_the_core_where_there_is_one(self, values):
        # the least greatest excess says whether there is a core
        excess, _ = core_excess(values, nucleolus(values))
        anywhere = core_excess(values, shapley(values))[0]
        assert excess <= anywhere + 1e-6

    def test_ten_players_of_whom_many_are_alike(self):
        # a majority game has no core; players alike share alike
        game = (membership(10).sum(axis=1) >= 6).astype(float)
        assert nucleolus(game) == pytest.approx(np.full(10, 0.1))

    def test_ten_claimants(self):
        claims = np.array([10.0, 20, 20, 35, 50, 70, 80, 120, 150, 200])
        for share in (0.2, 0.5, 0.7):
            estate = share * claims.sum()
            found = nucleolus(bankruptcy_game(estate, claims))
            assert found == pytest.approx(RULES["talmud"](estate, claims), abs=1e-5)

    @staticmethod
    def excesses(values, shares):
        return np.sort((values - subset_sums(shares))[1:-1])[::-1]


class TestSampledShapley:
    def test_within_its_standard_error_and_exactly_efficient(self):
        random = np.random.default_rng(3)
        values = np.concatenate([[0.0], random.normal(100, 30, 2**8 - 1)])
        shares, errors = sampled_shapley(values.__getitem__, 8, 400, seed=11)
        assert np.all(errors > 0)
        assert np.all(np.abs(shares - shapley(values)) < 4 * errors)
        assert shares.sum() == pytest.approx(values[-1], rel=1e-12)

    def test_the_same_seed_gives_the_same(self):
        values = savings(TVA)
        first, again = (sampled_shapley(values.__getitem__, 3, 5, seed=1) for _ in range(2))
        assert np.array_equal(first, again)

    def test_a_coalition_is_asked_once_and_the_empty_one_never(self):
        asked = []
        sampled_shapley(lambda mask: asked.append(mask) or 1.0, 4, 50, seed=1)
        assert len(asked) == len(set(asked))
        assert 0 not in asked

    def test_without_interplay_there_is_no_error(self):
        # an additive game of 70 players, more than bits in a machine word
        worth = np.arange(70.0)
        shares, errors = sampled_shapley(
            lambda mask: sum(worth[player] for player in range(70) if mask >> player & 1), 70, 3, seed=1
        )
        assert shares == pytest.approx(worth)
        assert errors == pytest.approx(np.zeros(70), abs=1e-9)

    def test_antithetic_orders_end_the_error_of_two_player_interplay(self):
        # in every order or its reverse a pair's value falls to each of the two once
        values = np.array([0.0, 0.0, 0.0, 10.0])
        shares, errors = sampled_shapley(values.__getitem__, 2, 2, seed=1)
        assert shares.tolist() == [5.0, 5.0]
        assert errors.tolist() == [0.0, 0.0]

    @pytest.mark.parametrize(("players", "samples", "what"), [(0, 5, "players"), (3, 1, "samples")])
    def test_too_few(self, players, samples, what):
        with pytest.raises(InputError, match=f"there are too few {what}"):
            sampled_shapley(float, players, samples, seed=1)


class TestTau:
    def test_no_compromise(self):
        # two can have everything without the third, whoever it is: they hope for nothing and insist on more
        with pytest.raises(InputError, match="there is no compromise; use the Shapley value or the nucleolus"):
            tau(of_three(0, 0, 0, 5, 5, 5, 5))


class TestCore:
    @few
    @given(values=games, data=st.data())
    def test_by_brute_force(self, values, data):
        players = check_game(values)
        shares = np.array(data.draw(st.lists(st.integers(-50, 50), min_size=players, max_size=players)), dtype=float)
        excess = {}
        for size in range(1, players):
            for coalition in itertools.combinations(range(players), size):
                mask = sum(1 << player for player in coalition)
                excess[mask] = values[mask] - sum(shares[player] for player in coalition)
        worst, mask = core_excess(values, shares)
        assert worst == max(excess.values(), default=-np.inf)
        assert mask == 0 if not excess else excess[mask] == worst
        assert in_core(values, shares) == (worst <= 1e-6 and shares.sum() == values[-1])

    def test_tennessee_valley(self):
        values = savings(TVA)
        assert in_core(values, nucleolus(values))
        # navigation with power saves 34795; 30000 for both is not enough
        assert core_excess(values, np.array([10000.0, 111858, 20000])) == pytest.approx((4795.0, 5))
        assert not in_core(values, np.array([10000.0, 111858, 20000]))
        assert not in_core(values, nucleolus(values) + 1.0)


class TestGame:
    def test_membership_and_sums(self):
        assert membership(2).tolist() == [[False, False], [True, False], [False, True], [True, True]]
        assert subset_sums(np.array([1.0, 10.0])).tolist() == [0, 1, 10, 11]

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ([], "no power of 2"),
            ([0.0], "no power of 2"),
            ([0.0, 1.0, 2.0], r"no power of 2 \(found '3'\)"),
            ([0.0, 1.0, 2.0, np.nan], "coalition of players 1, 2: the value of a coalition is no finite number"),
            ([0.0, 1.0, np.inf, 3.0], "coalition of players 2: "),
            ([1.0, 1.0], "the empty coalition has a value"),
        ],
    )
    def test_no_game(self, values, message):
        game = np.array(values)
        for function in (check_game, shapley, nucleolus, tau, savings, lambda game: core_excess(game, game)):
            with pytest.raises(InputError, match=message):
                function(game)


class TestSidePayments:
    def test_by_hand(self):
        paid = side_payments(np.array([5.0, 5.0, 0.0, -4.0]), np.array([0.0, 2.0, 3.0, 1.0]), ["a", "b", "c", "d"])
        assert paid.columns.tolist() == ["payer", "receiver", "amount"]
        assert paid.to_numpy().tolist() == [["a", "c", 3.0], ["a", "d", 2.0], ["b", "d", 3.0]]

    @few
    @given(
        spent=st.lists(st.integers(0, 1000), min_size=1, max_size=12),
        seed=st.integers(0, 2**32 - 1),
    )
    def test_the_ledger_sums_to_zero_and_everybody_is_settled(self, spent, seed):
        spent = np.array(spent, dtype=float)
        move = np.random.default_rng(seed).normal(0, 300, len(spent))
        charges = spent + move - move.mean()
        names = [f"party {number}" for number in range(len(spent))]
        paid = side_payments(charges, spent, names)
        out = paid.groupby("payer")["amount"].sum().reindex(names, fill_value=0.0).to_numpy()
        into = paid.groupby("receiver")["amount"].sum().reindex(names, fill_value=0.0).to_numpy()
        assert (out - into).sum() == pytest.approx(0, abs=1e-6)
        assert spent + out - into == pytest.approx(charges, abs=1e-5)
        assert np.all(paid["amount"] > 0)
        assert not set(paid["payer"]) & set(paid["receiver"])
        assert len(paid) < len(names)

    def test_nothing_to_pay(self):
        paid = side_payments(np.array([1.0, 2.0]), np.array([1.0, 2.0]), ["a", "b"])
        assert paid.empty
        assert paid["amount"].dtype == float

    def test_charges_that_do_not_cover_the_cost(self):
        with pytest.raises(InputError, match="the charges add up to 3, but 4 is spent; charge exactly"):
            side_payments(np.array([1.0, 2.0]), np.array([1.0, 3.0]), ["a", "b"])

    def test_a_charge_that_is_none(self):
        with pytest.raises(InputError, match="party 'b', charge: is no finite amount"):
            side_payments(np.array([1.0, np.nan]), np.array([1.0, 3.0]), ["a", "b"])
