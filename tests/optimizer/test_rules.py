"""Rules one by one: published and constructed figures, hand derivations, and what defines each rule."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_cases import examples
from scipy.optimize import linprog
from three_dischargers import BENCHMARK, BENCHMARK_CAP, CAP, COLUMNS, CURRENT, LIMIT, RAW, A, K

import abate
from abate.strategies.allocate import allocate
from abate.strategies.rules.zero_sum_dea import efficiencies
from abate.strategies.study import Study
from abate_data.case import Case

SEEDS = st.integers(0, 10**6)


def make(load: list[float], cap: float = 0.0, a: list[float] | None = None, limit: float = 0.0, **tables: Any) -> Case:
    """Sources a, b, c ... of one pollutant under a cap, or under a limit at one receptor with coefficients `a`.

    `tables` holds columns of the sources (lists), loads (`raw_load`, `floor`, `permit_load`) and whole frames.
    """
    names = [chr(ord("a") + at) for at in range(len(load))]
    frames = {name: value for name, value in tables.items() if isinstance(value, pd.DataFrame)}
    columns = {name: value for name, value in tables.items() if name not in frames}
    of_loads = {name: columns.pop(name) for name in ("raw_load", "floor", "permit_load") if name in columns}
    units = {"load": "kg/d", "flow": "m3/d", "area": "km2", "quality": {"tp": "mg/L"}}
    target = {"target": "cap", "kind": "load", "limit": cap}
    if a is not None:
        target = {"target": "lake", "kind": "quality", "receptor": "lake", "limit": limit}
        reached = {"receptor": "lake", "pollutant": "P", "parameter": "tp"}
        frames["transfer"] = pd.DataFrame({"source": names, "coefficient": a}).assign(**reached)
    return abate.load(
        {
            "case": {"name": "made", "currency": "EUR", "units": units},
            "sources": pd.DataFrame({"source": names, **columns}),
            "loads": pd.DataFrame({"source": names, "pollutant": "P", "load": load, **of_loads}),
            "targets": pd.DataFrame([target]),
            **frames,
        }
    )


def allowed(case: Case, strategy: str, **options: Any) -> list[float]:
    return allocate(case, strategy, **options).allocation["allowed"].tolist()


# --- three dischargers ----------------------------------------------------------------------------------------------
#: A step of the tabulated costs, in kg/d: fine enough for the tolerance of the benchmark, 1e-3.
STEP = 0.5


def quadratic() -> dict[str, pd.DataFrame]:
    """Costs k z^2 as options of STEP each: what lies between two corners costs k times the difference of squares."""
    tables = []
    for name, load, k in zip("abc", CURRENT, K, strict=True):
        before = np.arange(0.0, load, STEP)
        steps = [f"step{at}" for at in range(len(before))]
        cost = k * ((before + STEP) ** 2 - before**2) / STEP
        tables.append(pd.DataFrame({"source": name, "measure": steps, "max_extent": STEP, "unit_cost": cost}))
    options = pd.concat(tables, ignore_index=True)
    removals = pd.DataFrame({"source": "*", "measure": options["measure"].unique(), "pollutant": "P", "removal": 1.0})
    return {"options": options, "removals": removals.assign(basis="mass")}


@pytest.fixture(scope="module")
def capped() -> Case:
    return make(CURRENT, CAP, raw_load=RAW, **COLUMNS, **quadratic())


@pytest.fixture(scope="module")
def at_receptor() -> Case:
    return make(CURRENT, a=A, limit=LIMIT, raw_load=RAW, **COLUMNS, **quadratic())


def check(plan: abate.Plan, loads: list[float], cost: float, within: float) -> None:
    assert plan.allocation["allowed"].tolist() == pytest.approx(loads, abs=within)
    assert plan.cost == pytest.approx(cost, abs=3e-3)
    assert plan.attained
    assert plan.attainment["unused"].tolist() == pytest.approx([0.0], abs=1e-6)
    assert not len(plan.out_of_reach)


@pytest.mark.parametrize("strategy", BENCHMARK)
def test_three_dischargers(strategy, capped, at_receptor):
    loads, cost, loads_at_receptor, cost_at_receptor = BENCHMARK[strategy]
    check(allocate(capped, strategy), loads, cost, 1e-4)
    check(allocate(at_receptor, strategy), loads_at_receptor, cost_at_receptor, 1e-4)


@pytest.mark.parametrize("strategy", BENCHMARK_CAP)
def test_three_dischargers_under_a_cap(strategy, capped):
    check(allocate(capped, strategy), *BENCHMARK_CAP[strategy], 1e-3 if "cost" in strategy else 1e-4)


def test_three_dischargers_pay_by_what_they_contribute(at_receptor):
    check(allocate(at_receptor, "polluter-pays"), [523.8095, 242.8571, 204.7619], 168.7075, 1e-4)
    # z = R a D / sum of a^2 D, with R = 36 - 28 = 8, a D = (12, 9, 15) and sum of a^2 D = 1.26
    assert allowed(at_receptor, "polluter-pays") == pytest.approx([600 - 96 / 1.26, 300 - 72 / 1.26, 300 - 120 / 1.26])


def test_three_dischargers_without_costs_are_given_the_same():
    case = make(CURRENT, CAP, raw_load=RAW, **COLUMNS)
    for strategy in ("per-capita", "talmud", "removal-by-size baseline=raw"):
        loads = {**BENCHMARK, **BENCHMARK_CAP}[strategy][0]
        assert allowed(case, strategy) == pytest.approx(loads, abs=1e-4)


# --- worked examples ------------------------------------------------------------------------------------------------


def test_ability_to_pay():
    # Source: the formula of imagepbl/effort-sharing (ap.py); numbers computed from it in the project's reference
    case = make([100.0, 60.0, 40.0], 150.0, population=[1.0, 2.0, 3.0], gdp=[40.0, 40.0, 30.0])
    assert allowed(case, "ability-to-pay") == pytest.approx([71.0682, 46.2221, 32.7097], abs=1e-4)


def test_area_share():
    # Source: Minnesota Stormwater Manual, guidance for categorical TMDLs: an allocation of 100 by 75 % and 25 % of land
    case = make([100.0, 100.0], 100.0, area=[0.75, 0.25])
    assert allowed(case, "area-share") == pytest.approx([75, 25])


def test_equal_mass_is_max_min_fair():
    # Source: Keshav (1997), An Engineering Approach to Computer Networking: 10 among demands of 2, 2.6, 4 and 5
    case = make([2.0, 2.6, 4.0, 5.0], 10.0)
    assert allowed(case, "equal-mass") == pytest.approx([2, 2.6, 2.7, 2.7])


# --- shares -----------------------------------------------------------------------------------------------------------


def test_permits_are_honoured_by_grandfathering():
    case = make([100.0, 100.0], 90.0, permit_load=[40.0, 80.0])
    assert allowed(case, "grandfathering baseline=permitted") == pytest.approx([30, 60])
    assert allowed(case, "equal-percent baseline=permitted") == pytest.approx([30, 60])


def test_convergence_is_so_much_of_the_way():
    case = make([80.0, 20.0], 50.0, population=[1.0, 3.0])
    # shares 0.8 and 0.2 today, 0.25 and 0.75 by heads; in between 0.525 and 0.475, of which the second can use 0.4
    assert allowed(case, "convergence elapsed=0") == pytest.approx([40, 10])
    assert allowed(case, "convergence elapsed=0.2") == pytest.approx([50 * 0.69, 50 * 0.31])
    assert allowed(case, "convergence elapsed=1") == pytest.approx([30, 20])


def test_boltzmann_shares_fall_with_the_load_per_head():
    case = make([60.0, 40.0], 30.0, population=[2.0, 2.0])
    # loads per head of 30 and 20 are 1.2 and 0.8 of the mean of 25
    for beta in (-1.0, 0.0, 0.5):
        share = 1 / (1 + np.exp(0.4 * beta))
        assert allowed(case, "boltzmann", beta=beta) == pytest.approx([30 * share, 30 * (1 - share)])
    assert allowed(case, "boltzmann beta=200") == pytest.approx([0, 30], abs=1e-9)
    assert allowed(case, "boltzmann beta=-200") == pytest.approx([30, 0], abs=1e-9)


def test_shares_by_several_criteria():
    case = make([100.0, 100.0], 80.0, population=[1.0, 3.0], gdp=[4.0, 1.0])
    # half of 1/4 and 4/5, half of 3/4 and 1/5
    assert allowed(case, "multi-criteria") == pytest.approx([42, 38])
    plan = allocate(case, "multi-criteria weights=0.2,0.8")
    assert plan.allocation["allowed"].tolist() == pytest.approx([80 * 0.69, 80 * 0.31])
    assert plan.figures == {"weight of population": 0.2, "weight of gdp": 0.8}


def test_entropy_gives_weight_to_what_tells_sources_apart():
    # Source: entropy weights of the matrix [[4, 4], [1, 5], [3, 2], [4, 2]] as in pymcdm 1.4.0
    case = make([100.0] * 4, 100.0, population=[4.0, 1.0, 3.0, 4.0], gdp=[4.0, 5.0, 2.0, 2.0])
    figures = allocate(case, "multi-criteria method=entropy").figures
    assert figures == pytest.approx({"weight of population": 0.555561, "weight of gdp": 0.444439}, abs=1e-6)


def test_judgements_in_pairs_give_weights_and_say_how_consistent_they_are():
    case = make([100.0] * 2, 100.0, population=[1.0, 2.0], gdp=[2.0, 1.0], area=[1.0, 1.0])
    ask = {"criteria": ("population", "gdp", "area"), "method": "ahp"}
    # consistent: 4 to 2 to 1
    plan = allocate(case, "multi-criteria", judgements=(1, 2, 4, 0.5, 1, 2, 0.25, 0.5, 1), **ask)
    weights = {"weight of population": 4 / 7, "weight of gdp": 2 / 7, "weight of area": 1 / 7}
    assert plan.figures == pytest.approx({**weights, "consistency ratio": 0.0}, abs=1e-9)
    # a > b > c > a: lambda of [[1, t, 1/t], [1/t, 1, t], [t, 1/t, 1]] is 1 + t + 1/t, all weights are equal
    plan = allocate(case, "multi-criteria", judgements=(1, 2, 0.5, 0.5, 1, 2, 2, 0.5, 1), **ask)
    ratio = (3.5 - 3) / 2 / 0.58
    assert plan.figures == pytest.approx({**dict.fromkeys(weights, 1 / 3), "consistency ratio": ratio})


# --- removals ---------------------------------------------------------------------------------------------------------


def test_removal_by_size_has_a_greatest_percentage():
    case = make([100.0, 50.0], 60.0)
    # r = k D: 100 (1 - 100 k) + 50 (1 - 50 k) = 60 at k = 0.0072
    assert allowed(case, "removal-by-size") == pytest.approx([28, 32])
    # no more than 65 %: 35 and so 25, of 50
    assert allowed(case, "removal-by-size most=0.65") == pytest.approx([35, 25])


def test_a_greatest_percentage_may_leave_the_target_missed():
    plan = allocate(make([100.0, 50.0], 60.0), "removal-by-size most=0.5")
    assert plan.allocation["allowed"].tolist() == pytest.approx([50, 25])
    assert not plan.attained
    assert plan.attainment["unused"].tolist() == pytest.approx([-15])


def test_cumulative_loads_per_head_are_equal_in_the_end():
    case = make([100.0, 100.0], 120.0, population=[1.0, 1.0], historical_load=[500.0, 300.0])
    # over 10 years: H / T is 50 and 30, (120 + 80) / 2 = 100 each, less what was
    loads = allowed(case, "historical-responsibility years=10")
    assert loads == pytest.approx([50, 70])
    assert 500 + 10 * loads[0] == pytest.approx(300 + 10 * loads[1])
    # a debt that nobody can pay in a year ends at the floor
    assert allowed(case, "historical-responsibility years=1") == pytest.approx([20, 100])


def test_polluter_pays_takes_the_largest_share_in_a_target_that_is_missed():
    transfer = pd.DataFrame(
        {
            "source": ["a", "b", "b", "c"],
            "receptor": ["one", "one", "two", "two"],
            "coefficient": [0.1, 0.1, 0.1, 0.1],
            "pollutant": "P",
            "parameter": "tp",
        }
    )
    rows = [("one", "quality", "one", 10.0), ("two", "quality", "two", 100.0)]
    targets = pd.DataFrame(rows, columns=["target", "kind", "receptor", "limit"])
    case = make([100.0, 100.0, 100.0], transfer=transfer, targets=targets)
    # only one is missed, at 20: a and b have half of it each; c is not asked
    assert allowed(case, "polluter-pays") == pytest.approx([50, 50, 100])


def technical(
    load: list[float], cap: float, best: list[float], price: list[float] | None = None, **columns: Any
) -> Case:
    """A filter at every source that removes all but `best`, at a price for a unit removed."""
    removed = [(d - x) / d for d, x in zip(load, best, strict=True)]
    names = list("abcdef"[: len(load)])
    cost = [p * d for p, d in zip(price or [1.0] * len(load), load, strict=True)]
    options = pd.DataFrame({"source": names, "measure": "filter", "max_extent": removed, "unit_cost": cost})
    removals = pd.DataFrame({"source": ["*"], "measure": ["filter"], "pollutant": ["P"], "removal": [1.0]})
    return make(load, cap, options=options, removals=removals, **columns)


def test_equal_effort_is_the_same_share_of_what_is_possible():
    case = technical([100.0, 100.0, 50.0], 180.0, [20.0, 60.0, 30.0])
    # 140 are possible, 70 are needed
    plan = allocate(case, "equal-effort")
    assert plan.allocation["allowed"].tolist() == pytest.approx([60, 80, 40])
    assert not len(plan.out_of_reach)


def test_equal_effort_beyond_what_is_possible_ends_there():
    plan = allocate(technical([100.0, 100.0], 60.0, [20.0, 60.0]), "equal-effort")
    assert plan.allocation["allowed"].tolist() == pytest.approx([20, 60])
    assert not plan.attained


def test_best_technology_comes_first_and_the_others_share_the_remainder():
    kinds = {"sector": ["mill", "town", "town"], "kind": ["point", "point", "diffuse"]}
    case = technical([100.0, 100.0, 50.0], 140.0, [20.0, 60.0, 30.0], **kinds)
    # mills do all they can, 20; towns have the same percentage of 150 for 120
    assert allowed(case, "best-technology", sectors=("mill",)) == pytest.approx([20, 80, 40])
    assert allowed(case, "best-technology sectors=mill") == pytest.approx([20, 80, 40])
    # point sources 20 and 60, the diffuse one what it has today
    assert allowed(case, "best-technology") == pytest.approx([20, 60, 50])
    with pytest.raises(abate.InputError, match=r"sectors: is no sector of the sources.*did you mean 'mill'"):
        allocate(case, "best-technology sectors=mil")
    diffuse = technical([100.0], 50.0, [20.0], kind=["diffuse"])
    with pytest.raises(abate.InputError, match="sectors: names nobody who could be asked first"):
        allocate(diffuse, "best-technology")


# --- equal costs ------------------------------------------------------------------------------------------------------


def test_where_a_first_step_costs_more_for_some_the_cheaper_go_first():
    case = technical([100.0, 100.0, 100.0], 250.0, [40.0, 40.0, 40.0], [1.0, 1.0, 2.0])
    # a and b at 1 by the same share of their steps of 60, c at 2 not at all
    assert allowed(case, "equal-unit-cost") == pytest.approx([75, 75, 100])
    case = technical([100.0, 100.0, 100.0], 170.0, [40.0, 40.0, 40.0], [1.0, 1.0, 2.0])
    assert allowed(case, "equal-unit-cost") == pytest.approx([40, 40, 90])


def test_what_costs_nothing_is_done_first():
    case = technical([100.0, 100.0], 160.0, [40.0, 40.0], [0.0, 2.0], output=[1.0, 1.0])
    assert allowed(case, "equal-unit-cost") == pytest.approx([60, 100])
    assert allowed(case, "equal-cost-per-output") == pytest.approx([60, 100])


def test_who_has_no_measure_is_not_asked():
    case = technical([100.0, 100.0], 160.0, [40.0, 100.0], [1.0, 1.0], output=[1.0, 1.0])
    assert allowed(case, "equal-unit-cost") == pytest.approx([60, 100])
    assert allowed(case, "equal-cost-per-output") == pytest.approx([60, 100])


def stepped(seed: int) -> tuple[Case, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Sources with up to four measures each; (case, load, output, removals and unit costs per source, by cost)."""
    rng = np.random.default_rng(seed)
    count, steps = int(rng.integers(2, 5)), 4
    load, output = np.round(10 ** rng.uniform(1, 3, count), 2), np.round(10 ** rng.uniform(0, 2, count), 2)
    share = rng.dirichlet(np.ones(steps), count) * rng.uniform(0.3, 0.95, (count, 1))
    price = np.sort(np.round(10 ** rng.uniform(0, 2, (count, steps)), 3), axis=1)
    names = list("abcd"[:count])
    options = pd.DataFrame(
        {
            "source": np.repeat(names, steps),
            "measure": np.tile([f"m{at}" for at in range(steps)], count),
            "max_extent": (share * load[:, None]).ravel(),
            "unit_cost": price.ravel(),
        }
    )
    removals = pd.DataFrame({"source": "*", "measure": [f"m{at}" for at in range(steps)], "pollutant": "P"})
    cap = float(load.sum() - rng.uniform(0.05, 0.95) * (share * load[:, None]).sum())
    tables = {"options": options, "removals": removals.assign(removal=1.0, basis="mass"), "output": output.tolist()}
    return make(load.tolist(), cap, **tables), load, output, share * load[:, None], price


def spent(removal: float, steps: np.ndarray, price: np.ndarray) -> float:
    """The cost of a removal by the cheapest steps, which come first."""
    before = np.concatenate([[0.0], np.cumsum(steps)[:-1]])
    return float(price @ np.clip(removal - before, 0.0, steps))


@given(SEEDS, st.sampled_from(["equal-unit-cost", "equal-cost-per-output"]))
@examples(8)
def test_costs_are_equal_for_all_who_are_at_no_bound(seed, strategy):
    case, load, output, steps, price = stepped(seed)
    plan = allocate(case, strategy)
    removal, most = plan.allocation["reduction"].to_numpy(), steps.sum(axis=1)
    cost = np.array([spent(*one) for one in zip(removal, steps, price, strict=True)])
    real = plan.measures.groupby("source")["cost"].sum().reindex(list("abcd"[: len(load)])).fillna(0.0).to_numpy()
    assert real == pytest.approx(cost, rel=1e-6, abs=1e-6)
    assert plan.allocation["allowed"].sum() == pytest.approx(case["targets"]["limit"].iloc[0])
    base = removal if strategy == "equal-unit-cost" else output
    idle, full = removal <= 1e-9 * load, removal >= most * (1 - 1e-9)
    level = np.divide(cost, base, out=np.zeros(len(load)), where=~idle)
    common = level[~idle & ~full]
    if len(common):
        assert common == pytest.approx(np.full(len(common), common.max()), rel=1e-6)
        assert (level[full] <= common.max() * (1 + 1e-6)).all()
        first = price[:, 0] if strategy == "equal-unit-cost" else np.zeros(len(load))
        assert (first[idle] >= common.max() * (1 - 1e-6)).all()


# --- zero-sum gains DEA -----------------------------------------------------------------------------------------------


def test_three_towns_by_efficiency():
    """By hand: loads 10, 20 and 30 for outputs of 10, 20 and 10.

    The first two are efficient. The third makes as much as the first with three times its load: h = 1/3. Shares of the
    cap of 25 are in proportion to 10, 20 and 10.
    """
    case = make([10.0, 20.0, 30.0], 25.0, population=[10.0, 20.0, 10.0])
    plan = allocate(case, "zero-sum-dea")
    assert plan.allocation["allowed"].tolist() == pytest.approx([6.25, 12.5, 6.25])
    assert plan.figures == pytest.approx({"mean efficiency": 7 / 9})


def test_a_mixture_of_two_is_a_peer():
    # half of each of the first two: load 20, output 20; the third needs 30 for 20
    assert efficiencies(np.array([10.0, 30.0, 30.0]), np.array([[10.0], [30.0], [20.0]])) == pytest.approx(
        [1, 1, 2 / 3]
    )


@given(SEEDS)
@examples(12)
def test_efficiencies_are_those_of_the_full_programs(seed):
    """min h, sum of l = 1, sum of l load <= h load, sum of l made >= made, over everybody, in any unit."""
    rng = np.random.default_rng(seed)
    count, outputs = int(rng.integers(1, 9)), int(rng.integers(1, 4))
    load = np.round(10 ** rng.uniform(0, 2, count), 2)
    made = np.round(10 ** rng.uniform(0, 2, (count, outputs)), 2)
    expected = []
    for one in range(count):
        rows = np.vstack([np.append(load, -load[one]), np.column_stack([-made.T, np.zeros(outputs)])])
        bounds = np.append(0.0, -made[one])
        aim, total = np.append(np.zeros(count), 1.0), np.append(np.ones(count), 0.0)[None]
        expected.append(linprog(aim, A_ub=rows, b_ub=bounds, A_eq=total, b_eq=[1.0]).fun)
    assert efficiencies(load, made) == pytest.approx(np.array(expected), rel=1e-6)
    for size in (1e-6, 1e6):
        assert efficiencies(load * size, made * 1e-5 / size) == pytest.approx(np.array(expected), rel=1e-6)


# --- several pollutants -----------------------------------------------------------------------------------------------


def test_pollutants_in_different_sizes_are_filled_alike():
    """One receptor takes both: a per-capita level means the same share of today's loads for each pollutant."""
    loads = pd.DataFrame(
        {"source": ["a", "b"] * 2, "pollutant": ["P", "P", "N", "N"], "load": [1.0, 3.0, 1000.0, 1000.0]}
    )
    transfer = loads[["source", "pollutant"]].assign(
        receptor="lake", parameter="tp", coefficient=[1.0, 1, 0.001, 0.001]
    )
    case = abate.load(
        {
            "case": {"name": "both", "units": {"load": "t/yr", "quality": {"tp": "mg/L"}}},
            "sources": pd.DataFrame({"source": ["a", "b"], "population": [1.0, 1.0]}),
            "loads": loads,
            "transfer": transfer,
            "targets": pd.DataFrame({"target": ["lake"], "kind": ["quality"], "receptor": ["lake"], "limit": [3.0]}),
        }
    )
    # level t: P min(1, 2t) + min(3, 2t), N 1000 t each; 1 + 2t + 2t = 3 at t = 1/2
    assert allowed(case, "per-capita") == pytest.approx([1, 1, 500, 500])
    assert Study(case).parties().names == ["a, P", "b, P", "a, N", "b, N"]
