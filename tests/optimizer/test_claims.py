"""Claims rules: published awards, and the laws that the rules keep on any claims."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from three_dischargers import ALLOCATIONS, CAP, CURRENT

from abate.errors import InputError
from abate.strategies.claims import RULES, check_estate, with_floors

THIRD = 100 / 3

# Source: Aumann & Maschler (1985), the Talmud's three estates; CoopGame 0.2.2 vignette, section 5.3.2; CEA, CEL and
# random arrival of the same estates are standard textbook values.
TALMUD_ESTATES = {
    ("talmud", 100): [THIRD, THIRD, THIRD],
    ("talmud", 200): [50, 75, 75],
    ("talmud", 300): [50, 100, 150],
    ("equal-awards", 100): [THIRD, THIRD, THIRD],
    ("equal-losses", 100): [0, 0, 100],
    ("random-arrival", 100): [THIRD, THIRD, THIRD],
    ("equal-awards", 200): [2 * THIRD, 2 * THIRD, 2 * THIRD],
    ("equal-losses", 200): [0, 50, 150],
    ("random-arrival", 200): [THIRD, 250 / 3, 250 / 3],
    ("equal-awards", 300): [100, 100, 100],
    ("equal-losses", 300): [0, 100, 200],
    ("random-arrival", 300): [50, 100, 150],
    # Source: identity with the tau value, ClaimsProblems APRO
    ("adjusted-proportional", 350): [54.545455, 109.090909, 186.363636],
}

every_rule = pytest.mark.parametrize("name", RULES)
few = settings(max_examples=25, deadline=None)
amounts = st.integers(0, 100_000).map(lambda amount: amount / 16)
small_groups = st.lists(amounts, min_size=1, max_size=6).map(np.array)
#: Up to 20 claimants: random arrival is exact to 16 and sampled beyond.
groups = st.lists(amounts, min_size=1, max_size=20).map(np.array)
shares = st.floats(0, 1)


def near(expected, claims):
    """Equal up to rounding at the size of the claims."""
    return pytest.approx(expected, rel=1e-9, abs=1e-9 * max(1.0, claims.sum()))


class TestPublished:
    @pytest.mark.parametrize(("name", "estate"), TALMUD_ESTATES)
    def test_the_estates_of_the_talmud(self, name, estate):
        awards = RULES[name](float(estate), np.array([100.0, 200.0, 300.0]))
        assert awards == pytest.approx(TALMUD_ESTATES[name, estate], abs=1e-5)

    @every_rule
    def test_three_dischargers(self, name):
        awards = RULES[name](CAP, np.array(CURRENT))
        assert awards == pytest.approx(ALLOCATIONS[name], abs=1e-3)

    def test_the_heirs_of_ibn_ezra(self):
        claims = np.array([120.0, 60.0, 40.0, 30.0])
        # Source: O'Neill (1982), Aumann (2010); CoopGame 0.2.2 vignette
        expected = [80.83333333333333, 20.833333333333332, 10.833333333333334, 7.5]
        assert RULES["minimal-overlap"](120.0, claims) == pytest.approx(expected)
        # Source: note to the same example: random arrival is another rule
        expected = [57.5, 29.1667, 19.1667, 14.1667]
        assert RULES["random-arrival"](120.0, claims) == pytest.approx(expected, abs=1e-4)

    def test_max_min_fair_share(self):
        # Source: Keshav (1997), An Engineering Approach to Computer Networking
        awards = RULES["equal-awards"](10.0, np.array([2.0, 2.6, 4.0, 5.0]))
        assert awards == pytest.approx([2, 2.6, 2.7, 2.7])


class TestLaws:
    @every_rule
    @few
    @given(claims=groups, share=shares)
    def test_awards_add_up_to_the_estate_within_the_claims(self, name, claims, share):
        estate = share * claims.sum()
        awards = RULES[name](estate, claims)
        assert awards.sum() == near(estate, claims)
        assert np.all(awards >= 0)
        assert np.all(awards <= claims)

    @every_rule
    @few
    @given(claims=groups, share=shares, more=shares)
    def test_nobody_loses_and_nobody_jumps_when_the_estate_grows(self, name, claims, share, more):
        low, high = sorted((share * claims.sum(), more * claims.sum()))
        gain = RULES[name](high, claims) - RULES[name](low, claims)
        room = 1e-9 * max(1.0, claims.sum())
        assert np.all(gain >= -room)
        # all gains are gains and add up to the growth: every award is continuous in the estate
        assert np.all(gain <= high - low + room)

    @every_rule
    @few
    @given(claims=groups, share=shares, data=st.data())
    def test_names_do_not_matter(self, name, claims, share, data):
        order = np.array(data.draw(st.permutations(range(len(claims)))))
        estate = share * claims.sum()
        assert RULES[name](estate, claims[order]) == near(RULES[name](estate, claims)[order], claims)

    @every_rule
    @few
    @given(claims=groups, share=shares)
    def test_equal_claims_get_equal_awards(self, name, claims, share):
        doubled = np.concatenate([claims, claims])
        awards = RULES[name](share * doubled.sum(), doubled)
        assert awards[: len(claims)] == near(awards[len(claims) :], doubled)

    @every_rule
    @few
    @given(claims=groups, share=shares, unit=st.floats(1e-6, 1e6))
    def test_the_unit_does_not_matter(self, name, claims, share, unit):
        estate = share * claims.sum()
        awards = RULES[name](unit * estate, unit * claims)
        assert awards / unit == near(RULES[name](estate, claims), claims)

    @every_rule
    @few
    @given(claims=groups)
    def test_nothing_and_everything(self, name, claims):
        assert RULES[name](0.0, claims) == near(np.zeros(len(claims)), claims)
        assert RULES[name](float(claims.sum()), claims) == near(claims, claims)

    @pytest.mark.parametrize(
        ("name", "dual"),
        [
            ("equal-losses", "equal-awards"),
            *((name, name) for name in ("proportional", "talmud", "reverse-talmud")),
            *((name, name) for name in ("adjusted-proportional", "random-arrival")),
        ],
    )
    @few
    @given(claims=groups, share=shares)
    def test_duality(self, name, dual, claims, share):
        estate = share * claims.sum()
        expected = claims - RULES[dual](claims.sum() - estate, claims)
        assert RULES[name](estate, claims) == near(expected, claims)

    @every_rule
    @few
    @given(pairs=st.lists(st.tuples(amounts, shares), min_size=1, max_size=20), share=shares)
    def test_floors_are_kept(self, name, pairs, share):
        claims = np.array([claim for claim, _ in pairs])
        floors = claims * np.array([part for _, part in pairs])
        estate = floors.sum() + share * (claims - floors).sum()
        awards = with_floors(RULES[name], estate, claims, floors)
        room = 1e-9 * max(1.0, claims.sum())
        assert np.all(awards >= floors)
        assert np.all(awards <= claims + room)
        assert awards.sum() == near(estate, claims)

    @pytest.mark.parametrize("name", [name for name in RULES if name != "random-arrival"])
    @few
    @given(claims=groups, share=shares)
    def test_who_claims_more_gets_no_less_and_loses_no_less(self, name, claims, share):
        claims = np.sort(claims)
        awards = RULES[name](share * claims.sum(), claims)
        room = 1e-9 * max(1.0, claims.sum())
        assert np.all(np.diff(awards) >= -room)
        assert np.all(np.diff(claims - awards) >= -room)


class TestIndependentRecomputation:
    @few
    @given(claims=small_groups, share=shares)
    def test_levels_by_bisection(self, claims, share):
        estate = share * claims.sum()
        level = bisect(lambda level: np.minimum(claims, level).sum(), estate, claims.max())
        assert RULES["equal-awards"](estate, claims) == near(np.minimum(claims, level), claims)
        kept = bisect(lambda kept: np.maximum(0, claims - claims.max() + kept).sum(), estate, claims.max())
        expected = np.maximum(0, claims - claims.max() + kept)
        assert RULES["equal-losses"](estate, claims) == near(expected, claims)

    @few
    @given(claims=small_groups, share=st.floats(0.5, 1))
    def test_constrained_egalitarian_above_half_by_bisection(self, claims, share):
        estate = share * claims.sum()
        level = bisect(lambda level: np.clip(level, claims / 2, claims).sum(), estate, claims.max())
        expected = np.clip(level, claims / 2, claims)
        assert RULES["constrained-egalitarian"](estate, claims) == near(expected, claims)

    @few
    @given(claims=small_groups, share=shares)
    def test_random_arrival_over_all_orders(self, claims, share):
        estate = share * claims.sum()
        expected = np.zeros(len(claims))
        orders = list(itertools.permutations(range(len(claims))))
        for order in orders:
            left = estate
            for claimant in order:
                taken = min(claims[claimant], left)
                expected[claimant] += taken / len(orders)
                left -= taken
        assert RULES["random-arrival"](estate, claims) == near(expected, claims)


class TestRandomArrivalOfMany:
    #: Beyond this many standard errors, documented in the module, an award is wrong.
    WIDE = 5

    @pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.9])
    def test_one_great_and_many_small(self, share):
        small, great, count = 3.0, 100.0, 59
        estate = share * (count * small + great)
        # the great one comes after 0..59 small ones, each place as likely
        expected = np.mean([min(great, max(0.0, estate - place * small)) for place in range(count + 1)])
        awards = RULES["random-arrival"](estate, np.array([great] + [small] * count))
        assert awards[0] == pytest.approx(expected)
        assert awards[1:] == pytest.approx(np.full(count, (estate - expected) / count))

    @pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.9])
    def test_two_great_and_many_small(self, share):
        small, great, count = 3.0, np.array([100.0, 60.0]), 58
        claims = np.concatenate([great, np.full(count, small)])
        estate = share * claims.sum()
        expected = np.zeros(2)
        places = list(itertools.permutations(range(count + 2), 2))
        for first, second in places:
            # whoever comes later finds one small claimant less and the other great one before
            before = np.array([first, second]) * small + (great[::-1] - small) * [second < first, first < second]
            expected += np.clip(estate - before, 0, great) / len(places)
        awards = RULES["random-arrival"](estate, claims)
        assert np.all(np.abs(awards[:2] - expected) < self.WIDE * self.error(claims)[:2])

    @pytest.mark.parametrize("spread", [0.3, 1.5])
    def test_against_a_simulation_of_many_orders(self, spread):
        random = np.random.default_rng(5)
        claims = random.lognormal(0, spread, 40)
        estate = 0.35 * claims.sum()
        orders = random.permuted(np.tile(np.arange(40), (40_000, 1)), axis=1)
        ends = np.cumsum(claims[orders], axis=1)
        taken = np.empty((40_000, 40))
        np.put_along_axis(taken, orders, np.diff(np.minimum(ends, estate), axis=1, prepend=0.0), axis=1)
        error = np.hypot(self.error(claims), taken.std(axis=0) / 200)
        assert np.all(np.abs(RULES["random-arrival"](estate, claims) - taken.mean(axis=0)) < self.WIDE * error)

    def test_ten_thousand(self):
        claims = np.random.default_rng(6).lognormal(0, 1, 10_000)
        estate = 0.4 * claims.sum()
        awards = RULES["random-arrival"](estate, claims)
        # with so many claimants, none of them great, nobody is far from proportional
        assert awards.sum() == pytest.approx(estate)
        assert awards / claims == pytest.approx(np.full(10_000, 0.4), abs=0.02)

    @staticmethod
    def error(claims):
        """Return the standard error of an award as the documentation of random arrival gives it."""
        return 1.5e-3 * claims * claims.std() / claims.mean()


class TestBadInput:
    @pytest.mark.parametrize("estate", [-1.0, np.nan, 601.0, np.inf])
    @every_rule
    def test_estate_outside(self, name, estate):
        with pytest.raises(InputError, match="the cap to divide is"):
            RULES[name](estate, np.array([100.0, 200.0, 300.0]))

    @pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
    @every_rule
    def test_claim_that_is_none(self, name, bad):
        with pytest.raises(InputError, match="claimant 2, claim: the claim is no amount of at least 0"):
            RULES[name](0.0, np.array([1.0, bad]))

    def test_no_claims(self):
        with pytest.raises(InputError, match="there is no claim; give a claim for each claimant"):
            check_estate(0.0, np.array([]))

    def test_the_amounts_are_named(self):
        with pytest.raises(
            InputError, match=r"above the sum of the claims, which is 600 \(found '700'\); lower the cap"
        ):
            check_estate(700.0, np.array([100.0, 200.0, 300.0]))

    def test_several_bad_claims_are_counted(self):
        with pytest.raises(InputError, match="and so it is for 1 more"):
            check_estate(1.0, np.array([-1.0, 3.0, -2.0]))

    def test_rounding_is_no_error(self):
        claims = np.array([0.1, 0.2])
        assert check_estate(0.3 * (1 + 1e-12), claims) == claims.sum()
        assert check_estate(-1e-12, claims) == 0.0

    def test_cap_below_the_floors(self):
        with pytest.raises(InputError, match=r"the sum of the floors, which is 30 \(found '20'\); raise the cap by at"):
            with_floors(RULES["talmud"], 20.0, np.array([40.0, 50.0]), np.array([10.0, 20.0]))

    def test_floor_above_its_claim(self):
        with pytest.raises(
            InputError, match=r"claimant 2, floor: the floor is above the claim, which is 50 \(found '60'"
        ):
            with_floors(RULES["talmud"], 70.0, np.array([40.0, 50.0]), np.array([10.0, 60.0]))

    def test_floor_that_is_none(self):
        with pytest.raises(InputError, match="claimant 1, floor: the floor is no amount of at least 0"):
            with_floors(RULES["talmud"], 70.0, np.array([40.0, 50.0]), np.array([-1.0, 0.0]))


def bisect(total, wanted, top):
    """Return where a rising function comes to what is wanted."""
    low, high = 0.0, top
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if total(middle) < wanted else (low, middle)
    return high
