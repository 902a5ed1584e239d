"""Where there is no plan: the conflict is irreducible, and the relaxation is the smallest."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import abate

#: 150 t, of which 80 can be filtered at the mill for 0.375 EUR/t and 40 at the town for 0.5: no less than 30 t stay.
TWO = {
    "sources": "source region\nmill upper\ntown lower",
    "regions": "region\nupper\nlower",
    "loads": "source pollutant load\nmill P 100\ntown P 50",
    "options": "source measure max_extent unit_cost\nmill filter 1 30\ntown filter 1 20",
    "removals": "source measure pollutant removal\n* filter P 0.8",
    "receptors": "receptor\nlake\nriver",
    "transfer": "source receptor pollutant parameter coefficient\nmill lake P tp 0.002\nmill river P do -0.01",
    "background": "receptor parameter value\nlake tp 0.1\nriver do 9",
}
HEADING = "target kind receptor region parameter sense limit basis margin_of_safety priority\n"
#: Never in the way, so that a case always has a target.
IDLE = "idle load . . . . 150 . . 7"


def refusal(case, **options):
    with pytest.raises(abate.NoPlanError) as caught:
        abate.decompose(case, **options)
    return caught.value


@pytest.fixture
def case_of(make_case):
    """Return a function that makes a case from lines of targets and rules."""

    def make(targets, rules=()):
        tables = {**TWO, "targets": HEADING + "\n".join([*targets, IDLE])}
        if rules:
            tables["rules"] = "rule kind lower upper\n" + "\n".join(rules)
        return make_case(tables, signed_transfer=True)

    return make


CONFLICTS = {
    # 20 t asked, 30 t stay whatever is done
    "one": (["basin load . . . . 20 . . 1"], [], {"basin"}),
    # a cap of 60 costs 35; the cap on the town by itself is no matter
    "two": (
        ["basin load . . . . 60 . . 1", "town load . lower . . 40 . . 1", "purse budget . . . . 30 . . 1"],
        [],
        {"basin", "purse"},
    ),
    # with 30 t at the town (15) the cap of 60 costs 37.5; any two of the three hold with 36
    "three": (
        [
            "basin load . . . . 60 . . 1",
            "town reduction . lower . . 30 . . 1",
            "fish quality river . do at_least 8.1 . . 1",
            "purse budget . . . . 36 . . 1",
        ],
        [],
        {"basin", "town", "purse"},
    ),
    # 60 % of everything costs 37.5
    "rule": (
        ["basin load . . . . 60 . . 1", "purse budget . . . . 36 . . 1"],
        ["alike uniform . .", "mild reduction_percent . 75"],
        {"basin", "purse", "alike"},
    ),
    # half of the town and of the mill are 75 t at most
    "upper-rule": (["basin load . . . . 60 . . 1"], ["half reduction_percent . 50"], {"basin", "half"}),
    # at best 9 - 0.2
    "lower-limit": (["fish quality river . do at_least 8.75 . 0.1 1"], [], {"fish"}),
    # the whole gap takes 80 t of the mill, 30 EUR/yr
    "gap": (
        ["clear quality lake . tp . 100 gap_closure . 1", "purse budget . . . . 29 . . 1"],
        [],
        {"clear", "purse"},
    ),
}


class TestConflict:
    @pytest.mark.parametrize("name", CONFLICTS)
    def test_conflicts_are_those_derived_by_hand(self, case_of, name):
        targets, rules, members = CONFLICTS[name]
        error = refusal(case_of(targets, rules))
        assert set(error.conflict) == members
        assert len(error.conflict) == len(members)
        assert all(member in str(error) for member in members)

    @pytest.mark.parametrize("name", CONFLICTS)
    def test_any_member_less_and_there_is_a_plan(self, case_of, name):
        targets, rules, members = CONFLICTS[name]
        for member in members:
            left = [[line for line in lines if line.split()[0] != member] for lines in (targets, rules)]
            assert abate.decompose(case_of(*left)).certificate is not None

    @pytest.mark.parametrize("name", CONFLICTS)
    def test_the_members_alone_leave_no_plan(self, case_of, name):
        targets, rules, members = CONFLICTS[name]
        kept = [[line for line in lines if line.split()[0] in members] for lines in (targets, rules)]
        assert set(refusal(case_of(*kept)).conflict) == members

    def test_whole_numbers_can_be_to_blame(self, make_case):
        # the filter starts at half: 40 t for 15; the cap needs 20 t, and 10 EUR would pay for that if it were divisible
        error = refusal(
            make_case(
                {
                    "sources": "source\nmill",
                    "loads": "source pollutant load\nmill P 100",
                    "options": "source measure max_extent min_extent unit_cost\nmill filter 1 0.5 30",
                    "removals": TWO["removals"],
                    "targets": "target kind limit priority\nbasin load 80 1\npurse budget 10 0\nidle load 100 2",
                }
            )
        )
        assert set(error.conflict) == {"basin", "purse"}
        assert error.relaxation["target"].tolist() == ["basin"]
        assert error.relaxation["becomes"].tolist() == pytest.approx([100])
        assert error.relaxed_cost == pytest.approx(0, abs=1e-6)

    def test_a_rule_may_be_called_like_a_target(self, case_of):
        error = refusal(case_of(["basin load . . . . 60 . . 1"], ["basin reduction_percent . 50"]))
        assert len(error.conflict) == 2

    def test_reach_tells_what_each_target_can_come_to(self, case_of):
        targets, rules, _ = CONFLICTS["three"]
        reach = refusal(case_of(targets, rules)).reach.set_index("target")
        # the loads of the town: 50 t, at best 10, allowed 20; a budget costs nothing today and at best
        assert reach.loc["basin", ["baseline", "allowed", "best"]].tolist() == pytest.approx([150, 60, 30])
        assert reach.loc["town", ["baseline", "allowed", "best"]].tolist() == pytest.approx([50, 20, 10])
        assert reach.loc["purse", ["baseline", "allowed", "best"]].tolist() == pytest.approx([0, 36, 0])
        assert reach["unit"].to_dict() == {"basin": "t/yr", "town": "t/yr", "purse": "EUR/yr"}
        reach = refusal(case_of(CONFLICTS["lower-limit"][0])).reach.set_index("target")
        assert reach.loc["fish", ["baseline", "allowed", "best"]].tolist() == pytest.approx([8, 8.85, 8.8])
        assert reach.loc["fish", "unit"] == "mg/L"


class TestUserConstraints:
    @pytest.fixture
    def extended(self, case_of):
        """Return a case whose cap costs 35 EUR/yr, and a model that allows 30."""
        case = case_of(["basin load . . . . 60 . . 1"])
        model = abate.build(case)
        model.purse = pyo.Constraint(expr=model.objective.expr <= 30)
        return case, model

    def test_an_added_constraint_is_named(self, extended):
        case, model = extended
        assert set(refusal(case, model=model).conflict) == {"basin", "purse"}

    def test_an_added_member_is_named(self, case_of):
        case = case_of(["basin load . . . . 60 . . 1"])
        model = abate.build(case)
        model.part = pyo.Block()
        model.part.keep = pyo.Constraint(
            ["mill", "town"], rule=lambda _, s: model.allowed_load[s, "P"] >= (70 if s == "mill" else 0)
        )
        assert set(refusal(case, model=model).conflict) == {"basin", "part.keep[mill]"}

    def test_the_relaxation_keeps_what_was_added(self, extended):
        case, model = extended
        error = refusal(case, model=model)
        # for 30 EUR/yr the mill removes 80 t: the cap has to become 70
        assert error.relaxation["becomes"].tolist() == pytest.approx([70])
        assert error.relaxed_cost == pytest.approx(30)

    def test_no_relaxation_has_no_cost(self, extended):
        case, model = extended
        error = refusal(case, model=model)
        assert len(error.relaxation) or np.isnan(error.relaxed_cost)

    def test_what_is_fixed_leaves_no_plan(self, case_of):
        case = case_of(["basin load . . . . 60 . . 1"])
        model = abate.build(case)
        model.extent["mill", "filter"].fix(0)
        assert refusal(case, model=model).conflict == ["basin"]

    def test_what_cannot_be_done_at_all_is_no_conflict_of_targets(self, case_of):
        case = case_of(["basin load . . . . 60 . . 1"])
        model = abate.build(case)
        # with the whole filter 20 t are left, not 90
        model.extent["mill", "filter"].fix(1)
        model.allowed_load["mill", "P"].fix(90)
        error = refusal(case, model=model)
        assert error.conflict == []
        assert len(error.reach) == 0
        assert "leave no plan even without targets" in str(error)

    def test_progress_tells_every_step(self, case_of):
        steps = []
        targets = ["basin load . . . . 20 . . 1", "clear quality lake . tp . 50 gap_closure . 1"]
        refusal(case_of(targets), progress=lambda what, done, total: steps.append((what, done, total)))
        assert steps == [
            ("best quality for target clear", 0, 1),
            ("building the model", 0, 3),
            ("solving", 1, 3),
            ("looking for the conflict", 2, 3),
        ]


RELAXATIONS = {
    # name: (priority of the cap of 60, of the budget of 30), what becomes of each (None: it stands), cost
    # in one tier both give way by the same share w: 35 - 30 w = 30 + 30 w, so w = 1 / 12
    "together": ((1, 1), 65, 32.5, 32.5),
    # the more important one stands
    "cap-first": ((1, 2), None, 35, 35),
    "budget-first": ((2, 1), 70, None, 30),
    # what is hard stands whatever the other's priority
    "budget-hard": ((1, 0), 70, None, 30),
    "cap-hard": ((0, 9), None, 35, 35),
}


class TestRelaxation:
    @pytest.mark.parametrize("name", RELAXATIONS)
    def test_tiers_give_way_one_after_the_other(self, case_of, name):
        (first, second), cap, purse, cost = RELAXATIONS[name]
        error = refusal(case_of([f"basin load . . . . 60 . . {first}", f"purse budget . . . . 30 . . {second}"]))
        table = error.relaxation.set_index("target")
        expected = {key: value for key, value in (("basin", cap), ("purse", purse)) if value is not None}
        assert table["becomes"].to_dict() == pytest.approx(expected, rel=1e-5)
        for target, becomes in expected.items():
            allowed = {"basin": 60, "purse": 30}[target]
            assert table.loc[target, "allowed"] == allowed
            assert table.loc[target, "gives_way"] == pytest.approx(becomes - allowed, rel=1e-5)
            assert table.loc[target, "percent"] == pytest.approx(100 * (becomes / allowed - 1), rel=1e-5)
        assert error.relaxed_cost == pytest.approx(cost, rel=1e-5)

    def test_rules_stand(self, case_of):
        # one percentage for all costs 62.5 / 150 EUR/t: 62.5 / 150 x (90 - 60 w) = 36 + 36 w
        targets, rules, _ = CONFLICTS["rule"]
        error = refusal(case_of(targets, rules))
        share = 1.5 / 61
        table = error.relaxation.set_index("target")
        assert table["becomes"].to_dict() == pytest.approx(
            {"basin": 60 * (1 + share), "purse": 36 * (1 + share)}, rel=1e-5
        )

    def test_lower_limits_give_way_downwards(self, case_of):
        # 8.75 + 0.1 asked, 8.8 at best with the whole filter of the mill for 30
        error = refusal(case_of(CONFLICTS["lower-limit"][0]))
        row = error.relaxation.iloc[0]
        assert (row["allowed"], row["becomes"]) == (pytest.approx(8.85), pytest.approx(8.8))
        assert row["percent"] == pytest.approx(100 * 0.05 / 8.85, rel=1e-4)
        assert error.relaxed_cost == pytest.approx(30, rel=1e-4)

    def test_of_equal_worst_the_sum_is_least(self, case_of):
        # the basin misses its 20 t by half; the town could give way as much in the same tier, but does not have to
        error = refusal(case_of(["basin load . . . . 20 . . 1", "town load . lower . . 10 . . 1"]))
        assert error.relaxation["target"].tolist() == ["basin"]
        assert error.relaxation["becomes"].tolist() == pytest.approx([30])

    def test_nothing_may_give_way(self, case_of):
        error = refusal(case_of(["basin load . . . . 20 . . 0"]))
        assert len(error.relaxation) == 0
        assert np.isnan(error.relaxed_cost)
        assert "no relaxation" in str(error)

    def test_the_message_is_for_planners(self, case_of):
        text = str(refusal(case_of(["basin load . . . . 20 . . 1"])))
        assert text.startswith("no plan for 'made': basin cannot be met")
        assert "basin: asked for at most 20 t/yr, can come from 150 to 30" in text
        assert "basin: 20 -> 30 t/yr (gives way by 10, 50 %, priority 1)" in text
        assert "at a cost of 50 EUR/yr" in text


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cap=st.integers(10, 150),
    town=st.integers(0, 50),
    oxygen=st.sampled_from([8.0, 8.5, 8.9]),
    purse=st.integers(0, 50),
    priorities=st.lists(st.integers(0, 2), min_size=4, max_size=4),
    rule=st.sampled_from([(), ("alike uniform . .",), ("half reduction_percent . 50",)]),
)
def test_whatever_is_asked(case_of, cap, town, oxygen, purse, priorities, rule):
    """The conflict is irreducible, and the relaxed case costs what the error says."""
    limits = {"basin": cap, "town": town, "fish": oxygen, "purse": purse}
    shapes = {
        "basin": "load . . . .",
        "town": "load . lower . .",
        "fish": "quality river . do at_least",
        "purse": "budget . . . .",
    }

    rank = dict(zip(limits, priorities, strict=True))

    def lines(limits):
        return [f"{name} {shapes[name]} {limit!r} . . {rank[name]}" for name, limit in limits.items()]

    try:
        abate.decompose(case_of(lines(limits), rule))
    except abate.NoPlanError as caught:
        error = caught
    else:
        assume(False)
    for member in error.conflict:
        left = {name: limit for name, limit in limits.items() if name in error.conflict and name != member}
        kept = [line for line in rule if line.split()[0] in error.conflict and line.split()[0] != member]
        abate.decompose(case_of(lines(left), kept))
    if len(error.relaxation):
        relaxed = limits | dict(zip(error.relaxation["target"], map(float, error.relaxation["becomes"]), strict=True))
        # a hair of room upwards or, for the oxygen, downwards
        eased = {name: limit * (1 - 1e-7 if name == "fish" else 1 + 1e-7) for name, limit in relaxed.items()}
        assert abate.decompose(case_of(lines(eased), rule)).cost == pytest.approx(
            error.relaxed_cost, rel=1e-3, abs=1e-3
        )
    else:
        hard = [name for name, rank in zip(limits, priorities, strict=True) if rank == 0]
        refusal(case_of(lines({name: limits[name] for name in hard}), rule))
