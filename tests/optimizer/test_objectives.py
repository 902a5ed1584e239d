"""Objectives beside cost: what plans make of them, the certificate's own figures, and several of them in one model."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_cases import examples, shapes
from scipy.optimize import linprog

import abate
from abate.certify.checks import verify
from abate.certify.measures import Measures
from abate.certify.objectives import is_known, recomputed
from abate.certify.quality import Quality
from abate.certify.targets import Targets
from abate.certify.zones import Zones
from abate.cli.summary import _headline
from abate.inequality import gini
from abate.tables import objective_unit
from abate.workbook.plan import summary
from abate_data.case import Case
from abate_data.synthetic import synthetic_case
from abate_models.assemble import assemble_several
from abate_models.burden import ABILITIES, inequity_of, parties
from abate_models.compile import compile_model
from abate_models.objectives import OBJECTIVES, Objective, Ratio
from abate_models.problem import read_problem
from abate_models.tail import tail_risk_of

#: Each of three sources can take 80 % of its load away; the lake is tight for phosphorus, the delta for oxygen.
LAKE = {
    "regions": "region population\nnorth 3000\nsouth 1000",
    "sources": "source region income\nmill north 900\ntown north 500\nfarm south 100",
    "loads": "source pollutant load\nmill P 100\ntown P 50\nfarm P 30",
    "options": """
        source measure max_extent unit_cost group
        mill   filter  1          30        .
        town   filter  1          20        .
        farm   filter  1          60        works
        farm   pond    1          90        works""",
    "removals": "source measure pollutant removal\n* filter P 0.8\n* pond P 0.8",
    "transfer": """
        source receptor pollutant parameter coefficient relative_sd
        mill   lake     P         tp        0.002       0.5
        town   lake     P         tp        0.001       .
        farm   lake     P         tp        0.003       0.1
        mill   delta    P         do        -0.03       .
        farm   delta    P         do        -0.01       0.4""",
    "background": "receptor parameter value sd\nlake tp 0.05 0.02\ndelta do 9 0.3",
    "targets": """
        target kind    receptor parameter sense    limit margin_of_safety
        clear  quality lake     tp        at_most  0.3   0.05
        fish   quality delta    do        at_least 6     .""",
}


@pytest.fixture
def lake(make_case) -> Case:
    return make_case(LAKE, signed_transfer=True)


class TestRemoval:
    @given(shapes(kinds=("air", "river", "mixed"), fixed_cost_shares=(0.0, 0.4)))
    @examples(6)
    def test_the_most_removal_leaves_the_least_load(self, shape):
        case = synthetic_case(**shape)
        name = case.ids("loads", "pollutant")[0]
        baseline = case["loads"].loc[case["loads"]["pollutant"] == name, "load"].sum()
        most = abate.decompose(case, f"removal:{name}")
        assert most.value == pytest.approx(baseline - abate.decompose(case, f"total_load:{name}").value, rel=1e-6)
        assert most.value == pytest.approx(
            most.allocation.loc[most.allocation["pollutant"] == name, "reduction"].sum(), rel=1e-9
        )

    def test_by_hand(self, lake, keeps_laws):
        # 80 % of 180 t; of the farm's two measures the cheaper one is taken
        plan = keeps_laws(abate.decompose(lake, "removal"))
        assert plan.value == pytest.approx(144)
        assert plan.cost == pytest.approx(110)
        assert (plan.strategy, plan.objective) == ("most-removal", "removal")

    def test_what_is_proved_is_an_upper_bound(self, lake):
        plan = abate.decompose(lake, "removal")
        assert plan.certificate.objective_value == plan.value
        assert plan.certificate.bound >= plan.value
        assert "removal = 144, proved to be at most 144" in str(plan.certificate)
        assert "proved upper bound" in summary(plan).iloc[:, 0].to_list()
        assert _headline(plan) == "most removal: 144 t/yr, at a cost of 110 EUR/yr"

    def test_of_several_pollutants_one_is_named(self, make_case):
        tables = {
            **LAKE,
            "loads": LAKE["loads"] + "\nfarm N 9",
            "removals": LAKE["removals"] + "\n* pond N 0.5",
        }
        case = make_case(tables, signed_transfer=True)
        with pytest.raises(abate.InputError, match="removal:P, removal:N"):
            abate.decompose(case, "removal")
        assert abate.decompose(case, "removal:N").value == pytest.approx(4.5)


class TestTailRisk:
    @pytest.mark.parametrize("share", [0.9, 0.5, 0.97])
    def test_an_independent_program_over_all_scenarios(self, lake, share):
        plan = abate.decompose(lake, f"tail_risk:{share}")
        assert plan.value == pytest.approx(least_tail_risk(share), rel=1e-6)
        assert plan.certificate.bound <= plan.value + 1e-9

    @given(shapes(tightness=(0.2, 0.8)), st.sampled_from(["tail_risk", "tail_risk:0.75"]))
    @examples(6)
    def test_plans_pass_their_certificate(self, shape, name):
        case = synthetic_case(**shape)
        plan = abate.decompose(case, name)
        share = float(name.partition(":")[2] or 0.9)
        load = plan.allocation["allowed"].to_numpy()
        assert plan.value == pytest.approx(float(tail_risk_of(plan._problem, share)(load)), rel=1e-6, abs=1e-9)
        assert not plan.certificate.assumptions or "not recomputed" not in str(plan.certificate.assumptions)


def least_tail_risk(share: float) -> float:
    """Return the least tail risk of the lake: a program in three loads, the start of the tail and what is beyond."""
    rng = np.random.default_rng(0)
    of_background = rng.standard_normal((50, 2))
    error = rng.standard_normal((50, 5))
    rows, most = [], []
    for scenario in range(50):
        b, e = of_background[scenario], error[scenario]
        tp = [0.002 * (1 + 0.5 * e[0]), 0.001 * (1 + 0.2 * e[1]), 0.003 * (1 + 0.1 * e[2])]
        do = [-0.03 * (1 + 0.2 * e[3]), 0.0, -0.01 * (1 + 0.4 * e[4])]
        beyond = -np.eye(50)[scenario]
        rows.append([*(np.array(tp) / 0.25), -1.0, *beyond])
        most.append((0.3 - 0.05 - 0.02 * b[0]) / 0.25)
        rows.append([*(-np.array(do) / 6), -1.0, *beyond])
        most.append((9 + 0.3 * b[1] - 6) / 6)
    # the targets themselves hold for expected figures
    rows.append([0.002, 0.001, 0.003, 0.0, *np.zeros(50)])
    most.append(0.3 - 0.05 - 0.05)
    rows.append([0.03, 0.0, 0.01, 0.0, *np.zeros(50)])
    most.append(9 - 6)
    weights = [0, 0, 0, 1.0, *np.full(50, 1 / ((1 - share) * 50))]
    bounds = [(20, 100), (10, 50), (6, 30), (None, None), *[(0, None)] * 50]
    found = linprog(weights, A_ub=np.array(rows), b_ub=most, bounds=bounds)
    assert found.status == 0
    return float(found.fun)


class TestInequity:
    def test_no_plan_is_made_for_a_ratio(self, lake):
        for make in (abate.build, abate.decompose):
            with pytest.raises(abate.InputError, match=r"is a ratio.*abate\.explore"):
                make(lake, "inequity")

    @given(shapes(kinds=("mixed",)), st.sampled_from(["income", "output", "equal"]))
    @examples(6)
    def test_certificate_model_and_formula_agree(self, shape, ability):
        case = synthetic_case(**{**shape, "sources": shape["sources"] + 1})
        plan = abate.decompose(case)
        problem = read_problem(case)
        try:
            of = parties(problem, ability)
        except abate.InputError:
            return
        cost = plan.source_costs
        expected = gini(of.members @ cost, of.part)
        assert float(inequity_of(of, cost)) == pytest.approx(expected, abs=1e-12)
        assert value_in_certificate(plan, f"inequity:{ability}") == pytest.approx(expected, abs=1e-12)

    @pytest.mark.parametrize("ability", ["", "income", "population", "baseline", "equal"])
    def test_what_is_recomputed(self, lake, ability):
        plan = abate.decompose(lake)
        of = parties(read_problem(lake), ability)
        expected = float(inequity_of(of, plan.source_costs))
        assert 0 < expected < 1
        assert value_in_certificate(plan, f"inequity:{ability}" if ability else "inequity") == pytest.approx(expected)

    @pytest.mark.parametrize("ability", ABILITIES)
    def test_the_gaps_at_the_cost_of_a_plan(self, make_case, ability):
        tables = {
            **LAKE,
            "sources": "source region income output\nmill north 900 7\ntown north 500 3\nfarm south 100 4",
        }
        case = make_case(tables, signed_transfer=True)
        plan = abate.decompose(case)
        model, (ratio,) = assemble_several(plan._problem, [f"inequity:{ability}"])
        assert isinstance(ratio, Ratio)
        for key, extent in zip(model.extent, plan._outcome.extent, strict=True):
            model.extent[key].fix(float(extent))
        compiled = compile_model(model)
        session = abate.solver.Session(compiled)
        session.minimise(of_columns(compiled, ratio.numerator))
        of = parties(plan._problem, ability)
        assert session.solve().objective / plan.cost == pytest.approx(gini(of.members @ plan.source_costs, of.part))


class TestSeveral:
    NAMES = ("cost", "removal", "exposure:tp", "inequity", "tail_risk", "max_burden", "total_load")

    def test_one_model_holds_the_best_of_each(self, make_case):
        people = "receptor population\nlake 100\ndelta 5"
        case = make_case({**LAKE, "receptors": people}, signed_transfer=True)
        problem = read_problem(case)
        model, objectives = assemble_several(problem, self.NAMES)
        assert [objective.name for objective in objectives] == [
            *("cost", "removal:P", "exposure:tp", "inequity:income", "tail_risk:0.9"),
            *("max_burden", "total_load:P"),
        ]
        compiled = compile_model(model)
        session = abate.solver.Session(compiled)
        for objective in objectives:
            if isinstance(objective, Objective):
                sign = -1.0 if objective.maximised else 1.0
                session.minimise(sign * of_columns(compiled, objective), sign * objective.constant)
                best = sign * session.solve().objective
                assert best == pytest.approx(abate.decompose(case, objective.name).value, rel=1e-6), objective.name

    def test_with_exceedance_targets_give_way(self, lake):
        model, (cost, exceedance) = assemble_several(read_problem(lake), ["cost", "exceedance"])
        compiled = compile_model(model)
        session = abate.solver.Session(compiled)
        session.minimise(of_columns(compiled, cost))
        assert session.solve().objective == pytest.approx(0)
        session.minimise(of_columns(compiled, exceedance))
        assert session.solve().objective == pytest.approx(0)
        session.minimise(of_columns(compiled, cost) + 1e6 * of_columns(compiled, exceedance))
        assert session.solve().objective == pytest.approx(abate.decompose(lake).cost)

    @pytest.mark.parametrize(
        ("names", "said"),
        [
            (["cost", "cost"], "'cost'.*name it once"),
            (["removal", "removal:P"], "'removal:P'.*name it once"),
            (["inequity:income", "inequity"], "'inequity:income'.*name it once"),
            (["tail_risk:0.90", "tail_risk"], "'tail_risk:0.9'.*name it once"),
            (["cost", "inequty"], "did you mean 'inequity'"),
            (["cost", "max_burden:P"], "takes nothing after the colon"),
        ],
    )
    def test_what_cannot_be_is_refused(self, lake, names, said):
        with pytest.raises(abate.InputError, match=said):
            assemble_several(read_problem(lake), names)

    def test_every_objective_has_a_unit_and_is_recomputed(self, lake):
        units = {name: objective_unit(lake, name) for name in OBJECTIVES}
        assert units["removal"] == "t/yr"
        assert units["inequity"] == "Gini, 0 to 1"
        assert units["tail_risk"] == "share of the limit"
        assert all(is_known(name) for name in OBJECTIVES)
        assert not is_known("cost:P")
        assert not is_known("beauty")


class TestCertificate:
    @pytest.mark.parametrize("name", ["removal", "removal:P", "tail_risk", "tail_risk:0.5"])
    def test_another_value_fails(self, lake, name):
        plan = abate.decompose(lake, name)
        claim = plan._outcome.claim(np.full(2, np.nan))
        assert failing(lake, claim) == []
        wrong = dataclasses.replace(claim, objective_value=claim.objective_value * 1.001, bound=-np.inf)
        assert failing(lake, wrong) == ["objective"]


def failing(case: Case, claim: abate.certify.Claim) -> list[str]:
    return [check.kind for check in verify(case, claim) if check.worst > 1e-6]


def value_in_certificate(plan: abate.Plan, name: str) -> float:
    case, claim = plan.case, plan._outcome.claim(np.full(len(plan.attainment), np.nan))
    measures, quality = Measures(case, claim), Quality(case)
    found = recomputed(case, name, measures, quality, Targets(case, claim, measures, quality, Zones(case)))
    assert found is not None
    return found[0]


def of_columns(compiled, objective: Objective) -> np.ndarray:
    """Return the coefficient of each column of a compiled model."""
    coefficients = np.zeros(compiled.matrix.shape[1])
    for values, variable in objective.terms:
        coefficients[compiled.columns[variable.name]] += values
    return coefficients
