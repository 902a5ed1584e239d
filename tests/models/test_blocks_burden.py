"""The burden block: the rows that small cases make, written out by hand, what they solve to, and the index itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from abate_data.errors import InputError
from abate_models import burden
from abate_models.assemble import assemble, assemble_several
from abate_models.burden import inequity_of, parties
from abate_models.compile import compile_model
from abate_models.objectives import Ratio
from abate_models.problem import read_problem

INF = np.inf

#: Three sources with options in two regions, and one without any.
FOUR = {
    "regions": "region population\nnorth 3000\nsouth 1000",
    "sources": "source region income output\na north 1000 5\nb north 3000 4\nc south 4000 .\nd south . 1",
    "loads": "source pollutant load\na P 100\nb P 60\nc P 40\nd P 7",
    "options": "source measure max_extent unit_cost\na filter 1 10\nb filter 1 20\nc filter 1 30",
    "removals": "source measure pollutant removal\n* filter P 0.5",
    "targets": "target kind limit\nbasin load 200",
}


@pytest.fixture
def problem(make_case):
    return read_problem(make_case(FOUR))


def ratio_in(problem, name):
    model, (ratio,) = assemble_several(problem, [name])
    assert isinstance(ratio, Ratio)
    return model, ratio


class TestParties:
    @pytest.mark.parametrize(
        ("ability", "names", "parts"),
        [
            ("income", ["a", "b", "c"], [1 / 8, 3 / 8, 4 / 8]),
            ("population", ["north", "south"], [3 / 4, 1 / 4]),
            ("baseline", ["a", "b", "c"], [0.5, 0.3, 0.2]),
            ("equal", ["a", "b", "c"], [1 / 3] * 3),
        ],
    )
    def test_what_costs_are_set_against(self, problem, ability, names, parts):
        found = parties(problem, ability)
        assert (found.ability, found.names) == (ability, names)
        assert found.part == pytest.approx(parts)

    @pytest.mark.parametrize(
        ("changes", "chosen"),
        [
            ({}, "income"),
            ({"sources": "source region output\na north 5\nb north 4\nc south 3\nd south 1"}, "output"),
            ({"sources": "source region\na north\nb north\nc south\nd south"}, "population"),
            ({"sources": "source region\na north\nb north\nc .\nd south"}, "baseline"),
            ({"sources": "source\na\nb\nc\nd", "loads": FOUR["loads"] + "\na N 5"}, "equal"),
        ],
    )
    def test_the_first_that_all_have_is_chosen(self, make_case, changes, chosen):
        targets = "target kind pollutant limit\nbasin load P 200"
        assert parties(read_problem(make_case({**FOUR, "targets": targets, **changes}))).ability == chosen

    @pytest.mark.parametrize(
        ("name", "changes", "said"),
        [
            (
                "inequity:output",
                {},
                "output: is needed by objective inequity:output; give a positive output for .* 'c'",
            ),
            ("inequity:wealth", {}, "name one of 'income'"),
            ("inequity:incom", {}, "did you mean 'income'"),
            ("inequity:population", {"regions": "region population\nnorth 5\nsouth ."}, "for regions 'south'"),
            (
                "inequity:population",
                {"sources": "source region\na north\nb north\nc .\nd south"},
                "give the region of every source",
            ),
            (
                "inequity:baseline",
                {"loads": FOUR["loads"] + "\na N 5", "targets": "target kind pollutant limit\nbasin load P 200"},
                "several pollutants",
            ),
            (
                "inequity:population",
                {"sources": "source region\na north\nb north\nc north\nd south"},
                "there are no two",
            ),
        ],
    )
    def test_what_cannot_be_is_refused_with_a_cure(self, make_case, name, changes, said):
        problem = read_problem(make_case({**FOUR, **changes}))
        with pytest.raises(InputError, match=said):
            assemble_several(problem, [name])

    def test_too_many_to_compare_pair_by_pair(self, problem, monkeypatch):
        monkeypatch.setattr(burden, "MOST_PARTIES", 2)
        with pytest.raises(InputError, match="compares 3 parties"):
            assemble_several(problem, ["inequity"])
        assemble_several(problem, ["inequity:population"])


class TestRows:
    def test_costs_of_parties_and_their_gaps(self, problem, rows_of):
        # north can come to pay 30 for 3 parts of the people, south 30 for 1: north goes first
        model, ratio = ratio_in(problem, "inequity:population")
        cost = "party_cost[population,{}]".format
        gap = "cost_gap[population,north,south]"
        assert rows_of(model, "party_cost_balance") == {
            ("population", "north"): ({"extent[a,filter]": 10, "extent[b,filter]": 20, cost("north"): -1}, 0, 0),
            ("population", "south"): ({"extent[c,filter]": 30, cost("south"): -1}, 0, 0),
        }
        assert rows_of(model, "cost_gap_need") == {
            ("population", "north", "south"): ({cost("north"): 1 / 4, cost("south"): -3 / 4, gap: -1}, -INF, 0)
        }
        assert [value.ub for value in model.cost_gap.values()] == [30 / 4]
        ((of_costs, _), (of_gaps, _)) = ratio.numerator.terms
        assert of_costs == pytest.approx([-1 / 4, 3 / 4])
        assert of_gaps == pytest.approx([2])
        assert ratio.denominator.name == "cost"

    def test_two_abilities_in_one_model(self, problem):
        model, (first, second) = assemble_several(problem, ["inequity:population", "inequity:income"])
        assert [first.name, second.name] == ["inequity:population", "inequity:income"]
        assert (len(model.party_cost), len(model.cost_gap)) == (5, 4)
        assert np.flatnonzero(first.numerator.terms[1][0]).tolist() == [0]
        assert np.flatnonzero(second.numerator.terms[1][0]).tolist() == [1, 2, 3]

    @pytest.mark.parametrize("ability", burden.ABILITIES[:1] + burden.ABILITIES[2:])
    def test_at_fixed_costs_the_gaps_are_the_index(self, problem, ability):
        model, ratio = ratio_in(problem, f"inequity:{ability}")
        rng = np.random.default_rng(1)
        for extent in [*rng.random((5, 3)), np.array([1.0, 0.0, 0.0]), np.array([0.8, 0.4, 0.8])]:
            cost = extent * [10, 20, 30]
            least = least_of(model, ratio.numerator, extent)
            expected = inequity_of(parties(problem, ability), np.append(cost, 0.0))
            assert least / cost.sum() == pytest.approx(float(expected), abs=1e-9)

    def test_no_plan_is_made_for_a_ratio(self, problem):
        with pytest.raises(InputError, match=r"is a ratio.*abate\.explore"):
            assemble(problem, "inequity")


class TestIndex:
    @pytest.mark.parametrize(
        ("ability", "cost", "expected"),
        [
            ("equal", [9, 9, 9], 0),
            ("equal", [0, 0, 9], 2 / 3),  # one of n pays all: (n - 1) / n
            ("equal", [9, 0, 0], 2 / 3),
            ("equal", [0, 0, 0], 0),
            ("income", [1, 3, 4], 0),
            ("income", [8, 0, 0], 7 / 8),  # one of part m pays all: 1 - m
            ("population", [2, 2, 4], 1 / 4),  # halves on 3/4 and 1/4: |1/2 x 3/4 - 1/2 x 1/4|
        ],
    )
    def test_by_hand(self, problem, ability, cost, expected):
        assert inequity_of(parties(problem, ability), np.array([*cost, 0.0])) == pytest.approx(expected, abs=1e-15)

    def test_many_plans_at_once(self, problem):
        costs = np.array([[1.0, 3.0, 4.0, 0.0], [8.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
        assert inequity_of(parties(problem, "income"), costs) == pytest.approx([0, 7 / 8, 0], abs=1e-15)


def least_of(model, objective, extent):
    """Return the least of an objective while the extents are as given."""
    compiled = compile_model(model)
    cost = np.zeros(compiled.matrix.shape[1])
    for coefficients, variable in objective.terms:
        cost[compiled.columns[variable.name]] += coefficients
    lower, upper = compiled.column_lower.copy(), compiled.column_upper.copy()
    lower[compiled.columns["extent"]] = upper[compiled.columns["extent"]] = extent
    rows = np.concatenate([compiled.rows[name] for name in ("party_cost_balance", "cost_gap_need")])
    matrix = compiled.matrix[rows].toarray()
    equal = compiled.row_lower[rows] == compiled.row_upper[rows]
    found = linprog(
        cost,
        A_ub=matrix[~equal],
        b_ub=compiled.row_upper[rows][~equal],
        A_eq=matrix[equal],
        b_eq=compiled.row_upper[rows][equal],
        bounds=np.stack([lower, upper], axis=1),
    )
    assert found.status == 0
    return found.fun
