"""The model that every block makes of a tiny case, as an LP file that people can read.

Each file in tests/golden holds the rows of one block (all other rows are switched off) as Pyomo's own LP writer
sees them. Where a change of the mathematics is meant, make the files anew, read the difference, and commit it:

    ABATE_REGENERATE_GOLDEN=1 python -m pytest tests/models/test_golden.py
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from pyomo.core.base.constraint import Constraint
from pyomo.core.base.objective import Objective
from pyomo.core.base.PyomoModel import ConcreteModel
from pyomo.repn.plugins.lp_writer import LPWriter

import abate_models
from abate_data.case import Case
from abate_models import tail
from abate_models.assemble import assemble, assemble_several
from abate_models.gini import add_gini
from abate_models.matrix import MatrixObjective
from abate_models.objectives import OBJECTIVES, RATIOS, Ratio
from abate_models.problem import Problem, read_problem
from abate_models.relaxation import relax
from abate_models.stages import Coupling, assemble_stages

GOLDEN = Path(__file__).parents[1] / "golden"
REGENERATE = "ABATE_REGENERATE_GOLDEN"

#: Two sources of one pollutant that can each filter 80 % of it; later tables replace these.
TWO_SOURCES = {
    "sources": """
        source
        mill
        town""",
    "loads": """
        source pollutant load floor
        mill   P         100  5
        town   P         50   0""",
    "options": """
        source measure max_extent unit_cost
        mill   filter  1          30
        town   filter  1          20""",
    "removals": """
        source measure pollutant removal
        *      filter  P         0.8""",
    "targets": """
        target kind limit
        basin  load 90""",
}

#: Dissolved oxygen falls and phosphorus rises with the loads of both sources.
TWO_RECEPTORS = {
    "receptors": """
        receptor population
        lake     1000
        delta    200""",
    "transfer": """
        source receptor pollutant parameter coefficient
        mill   lake     P         tp        0.002
        town   lake     P         tp        0.001
        town   delta    P         tp        0.004
        mill   delta    P         do        -0.01""",
    "background": """
        receptor parameter value
        lake     tp        0.05
        delta    do        9""",
}

#: Quality of both receptors is limited; one coefficient and one background say how well they are known.
UNCERTAIN = {
    "receptors": TWO_RECEPTORS["receptors"],
    "transfer": """
        source receptor pollutant parameter coefficient relative_sd
        mill   lake     P         tp        0.002       0.5
        town   lake     P         tp        0.001       .
        mill   delta    P         do        -0.01       .""",
    "background": """
        receptor parameter value sd
        lake     tp        0.05  0.01
        delta    do        9     .""",
    "targets": """
        target kind    receptor parameter sense    limit margin_of_safety
        clear  quality lake     tp        at_most  0.2   0.05
        fish   quality delta    do        at_least 8     .""",
}

#: Two sources with incomes.
INCOMES = {
    "sources": """
        source income
        mill   1000
        town   3000"""
}

#: A yes-or-no option beside a plain one in a group, and an option that is built in part.
THREE_KINDS_OF_OPTION = {
    "measures": """
        measure  lifetime_years
        settle   .
        filter   .
        wetland  20""",
    "options": """
        source measure max_extent min_extent unit_cost fixed_cost capital_cost built group
        mill   settle  0.75       0.25       30        7          .            .     works
        mill   filter  1          .          60        .          .            .     works
        town   wetland 40         .          2         .          100          10    .""",
    "removals": """
        source measure pollutant removal basis
        *      settle  P         0.4     fraction
        *      filter  P         0.9     fraction
        *      wetland P         1.5     mass""",
}


@dataclass(frozen=True)
class Golden:
    """What one golden file is made from, and what it shows."""

    shows: str
    tables: dict[str, str]
    components: tuple[str, ...] = ()
    objective: str = "cost"
    relax: bool = False
    keeps_objective: bool = False
    gini_cap: float | None = None
    errors: tuple[float, ...] = ()
    years: tuple[int, ...] = ()
    previous: tuple[float, ...] | None = None


GOLDENS = {
    "measures": Golden(
        "x >= 0.25 z and x <= 0.75 z; x of the plain and z of the yes-or-no option share 1; extent beyond 10 is added; "
        "bounds: the wetland goes to 50 t / 1.5 t per unit = 33.33, less than the 40 that fit",
        THREE_KINDS_OF_OPTION,
        ("minimum_extent", "maximum_extent", "group", "expansion_need"),
    ),
    "loads": Golden(
        "load + removal x extent = baseline: 80 of 100 and 40 of 50 t for a whole filter; lime adds 3 t of N a unit "
        "and its extent is bounded by nothing but its table; bounds from floor to baseline, and 12 + 3 x 2 for N",
        {
            "loads": TWO_SOURCES["loads"] + "\ntown N 12 0",
            "options": TWO_SOURCES["options"] + "\ntown lime 2 1",
            "removals": """
                source measure pollutant removal basis
                *      filter  P         0.8     fraction
                *      lime    P         0.1     fraction
                town   lime    N         -3      mass""",
            "targets": """
                target kind pollutant limit
                basin  load P         90""",
        },
        ("balance",),
    ),
    "quality": Golden(
        "0.002 mill + 0.001 town <= 0.2 - 0.05 background - 0.01 margin; -0.01 mill >= 8.5 + 0.1 margin - 9 background",
        {
            **TWO_RECEPTORS,
            "targets": """
                target kind    receptor parameter sense    limit margin_of_safety
                clear  quality lake     tp        at_most  0.2   0.01
                fish   quality delta    do        at_least 8.5   0.1""",
        },
        ("quality",),
    ),
    "caps": Golden(
        "load: 90 less margin 4 and reserve 6; reduction by 20 t: 150 - 20; by 40 % in a region of the tree: 60 % of "
        "100; intensity: 0.3 t per unit of 200 units of the mill's sector",
        {
            "regions": """
                region parent
                basin  .
                upper  basin""",
            "sources": """
                source region sector  output
                mill   upper  paper   200
                town   basin  sewage  .""",
            "targets": """
                target    kind      region sector limit basis   margin_of_safety reserve
                basin     load      basin  .      90    value   4                6
                by-amount reduction .      .      20    value   .                .
                by-share  reduction upper  .      40    percent .                .
                per-unit  intensity .      paper  0.3   output  .                .""",
        },
        ("cap",),
    ),
    "resources": Golden(
        "land: 3 per filter of both sources within 5, 3 per filter of the upper region within 2",
        {
            "regions": """
                region parent
                basin  .
                upper  basin""",
            "sources": """
                source region
                mill   upper
                town   basin""",
            "resources": """
                resource region available
                land     .      5
                land     upper  2""",
            "resource_use": """
                resource measure use
                land     filter  3""",
        },
        ("resource",),
    ),
    "cost": Golden(
        "budget of 500 less 20: 30 settle + 7 if installed + 60 filter at the mill, 2 wetland + 5 for what is added at "
        "the town (capital 100 over 20 years at 0 %: 5 a year); the objective sums the same",
        {
            **THREE_KINDS_OF_OPTION,
            "targets": """
                target kind   limit margin_of_safety
                purse  budget 500   20
                basin  load   90    .""",
        },
        ("budget",),
        keeps_objective=True,
    ),
    "equity": Golden(
        "reduction from 10 to 60 %: 40 <= mill <= 90, 20 <= town <= 45; uniform: load + percent x baseline / 100 = "
        "baseline with percent at most 70; burden: cost of mill <= 1 % of 2000, of town <= 1 % of 3000",
        {
            "sources": """
                source income
                mill   2000
                town   3000""",
            "rules": """
                rule   kind              lower upper ability
                fair   reduction_percent 10    60    .
                alike  uniform           .     70    .
                bear   burden            .     0.01  income""",
        },
        ("reduction_percent", "uniform", "burden"),
    ),
    "equity_worst_burden": Golden(
        "cost of each source <= worst burden x income",
        {
            "sources": """
                source income
                mill   2000
                town   3000"""
        },
        ("worst_burden_need",),
        objective="max_burden",
        keeps_objective=True,
    ),
    "gini": Golden(
        "people of mill 300, town 100: parts 0.75 and 0.25; gap >= 0.25 mill - 0.75 town, and 2 gap - 0.25 mill + 0.75 "
        "town <= 0.2 x (mill + town)",
        {
            "sources": """
                source population
                mill   300
                town   100"""
        },
        ("gini", "gini_gap_need"),
        gini_cap=0.2,
    ),
    "relaxation": Golden(
        "targets of priority 1 and 2 with what they give way (- for an upper, + for a lower limit), the hard one "
        "without; each exceedance within size x worst of its tier: sizes 0.15, 8.5 and 80 (the limits less margins)",
        {
            **TWO_RECEPTORS,
            "targets": """
                target kind    receptor parameter sense    limit margin_of_safety priority
                clear  quality lake     tp        at_most  0.2   0.05             1
                fish   quality delta    do        at_least 8.5   .                2
                basin  load    .        .         .        90    10               1
                hard   load    .        .         .        120   .                0""",
        },
        ("quality", "cap", "tier"),
        relax=True,
    ),
    "objectives_cost": Golden(
        "30 mill filter + 20 town filter",
        {},
        keeps_objective=True,
    ),
    "objectives_exposure": Golden(
        "people x quality: 1000 x 0.05 background, mill 1000 x 0.002, town 1000 x 0.001 + 200 x 0.004",
        TWO_RECEPTORS,
        objective="exposure:tp",
        keeps_objective=True,
    ),
    "objectives_total_load": Golden("mill + town", {}, objective="total_load", keeps_objective=True),
    "objectives_exceedance": Golden(
        "exceedance / 80 of the target that may give way (90 less margin 10)",
        {
            "targets": """
                target kind limit margin_of_safety priority
                basin  load 90    10               1
                hard   load 120   .                0"""
        },
        ("cap",),
        objective="exceedance",
        keeps_objective=True,
    ),
    "objectives_max_burden": Golden(
        "the worst burden alone",
        {
            "sources": """
                source output
                mill   2000
                town   3000"""
        },
        objective="max_burden",
        keeps_objective=True,
    ),
    "burden": Golden(
        "incomes 1000 and 3000: parts 0.25 and 0.75; who can come to pay least per income, 20 / 0.75, goes first: gap "
        "of town above mill >= 0.25 cost of town - 0.75 cost of mill, at most 0.25 x 20",
        INCOMES,
        ("party_cost_balance", "cost_gap_need"),
        objective="inequity",
    ),
    "stages": Golden(
        "two years at 25 % a year: what is used of filter and wetland must stand, grows by 0.4 filters a year at most "
        "and stays; a yes to settling stays a yes; capital of 100 over 20 years (25.29 a year) is paid on what stands; "
        "where the target gives way, 2 a tonne",
        {
            **THREE_KINDS_OF_OPTION,
            "options": """
                source measure max_extent unit_cost fixed_cost capital_cost built ramp first_year
                mill   settle  0.75       30        7          .            .     .    .
                mill   filter  1          60        .          .            .     0.4  .
                town   wetland 30         2         .          100          10    .    2031""",
            "targets": """
                target kind limit price_ceiling
                basin  load 90    2""",
        },
        tuple(
            f"stage[{year}].{name}"
            for year in (2030, 2031)
            for name in ("cap", "expansion_need", "capacity_step", "stays_installed", "group_stays_installed")
        ),
        keeps_objective=True,
        years=(2030, 2031),
    ),
    "stability": Golden(
        "extent - rise + fall = extent before, 0.25 and 0.5 in both years; the cost of all is a row without bounds",
        {},
        ("stage[2030].change", "stage[2031].change", "cost_held"),
        years=(2030, 2031),
        previous=(0.25, 0.5),
    ),
    "tail": Golden(
        "errors of one standard deviation up in scenario 0, down in 1. clear: 0.002 x (1 +- 0.5) mill + 0.001 x (1 +- "
        "0.2) town + 0.05 +- 0.01 <= 0.2, over the size 0.15; fish: 9 - 0.01 x (1 +- 0.2) mill >= 8, over 8",
        UNCERTAIN,
        ("scenario_need", "tail_need"),
        objective="tail_risk:0.75",
        errors=(1.0, -1.0),
    ),
    "objectives_removal": Golden("most of 150 - mill - town", {}, objective="removal", keeps_objective=True),
    "objectives_inequity": Golden(
        "Gini times cost: twice the gap, less 0.25 cost of town, and 0.75 cost of mill",
        INCOMES,
        objective="inequity",
        keeps_objective=True,
    ),
    "objectives_tail_risk": Golden(
        "start of the tail + what scenarios are beyond it / ((1 - 0.75) x 2)",
        UNCERTAIN,
        objective="tail_risk:0.75",
        keeps_objective=True,
        errors=(1.0, -1.0),
    ),
}


@pytest.mark.parametrize("name", GOLDENS)
def test_a_block_makes_its_golden_model(
    name: str, make_case: Callable[..., Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    golden = GOLDENS[name]
    if golden.errors:
        column = np.array(golden.errors)[:, None]
        monkeypatch.setattr(tail, "SCENARIOS", len(column))
        monkeypatch.setattr(tail, "draw_errors", lambda *counts: [np.repeat(column, count, 1) for count in counts])
    rate = {"discount_rate": 0.25} if golden.years else {}
    case = make_case({**TWO_SOURCES, **golden.tables}, signed_transfer="transfer" in golden.tables, **rate)
    problem = read_problem(case)
    model = assemble_years(problem, golden) if golden.years else assemble_any(problem, golden.objective)
    if golden.relax:
        relax(model, problem)
    if golden.gini_cap is not None:
        people = case.values("sources", "population")[problem.loads.source]
        add_gini(model, problem, {"population": people}, golden.gini_cap)
    text = lp_text(model, golden)
    file = GOLDEN / f"{name}.lp"
    if os.environ.get(REGENERATE):
        file.write_text(text, "utf-8")
    assert text == file.read_text("utf-8")


def test_every_block_has_a_golden_model() -> None:
    folder = Path(abate_models.__file__).parent
    blocks = {file.stem for file in folder.glob("*.py") if re.search(r"^def add_\w+\(model", file.read_text(), re.M)}
    assert {"measures", "loads", "quality", "caps"} <= blocks
    assert blocks <= GOLDENS.keys()
    assert {f"objectives_{name}" for name in OBJECTIVES} <= GOLDENS.keys()


def test_no_golden_file_is_left_over() -> None:
    assert {file.stem for file in GOLDEN.glob("*.lp")} == GOLDENS.keys()


def assemble_any(problem: Problem, objective: str) -> ConcreteModel:
    """Return the model of an objective, of a ratio that of its numerator."""
    if objective not in RATIOS:
        return assemble(problem, objective)
    model, (ratio,) = assemble_several(problem, [objective])
    assert isinstance(ratio, Ratio)
    model.del_component("objective")
    model.objective = MatrixObjective(terms=ratio.numerator.terms, doc=ratio.numerator.name)
    return model


def assemble_years(problem: Problem, golden: Golden) -> ConcreteModel:
    """Return the model of some years that are alike."""
    options = problem.options
    coupling = Coupling(
        built=np.tile(options.built, (len(golden.years), 1)),
        ramp=options.ramp,
        available_from=np.nan_to_num(options.first_year, nan=-np.inf),
        discount_rate=0.25,
        ceilings=True,
        previous=None if golden.previous is None else np.tile(golden.previous, (len(golden.years), 1)),
    )
    return assemble_stages(dict.fromkeys(golden.years, problem), coupling)


def lp_text(model: ConcreteModel, golden: Golden) -> str:
    """Return a model as an LP file with the rows of some components only."""
    for component in model.component_objects(Constraint):
        if component.name not in golden.components:
            component.deactivate()
    if not golden.keeps_objective:
        model.objective.deactivate()
        model.nothing = Objective(expr=0.0)
    text = io.StringIO()
    LPWriter().write(model, text, symbolic_solver_labels=True)
    return text.getvalue()
