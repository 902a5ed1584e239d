"""From a case's tables to numbers: index sets and sparse arrays.

Nothing downstream of this module reads tables. Every array is in the units of the case.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from abate_data.case import Case
from abate_models.options import Options, read_options
from abate_models.receptors import Receptors, read_receptors
from abate_models.regions import Scopes
from abate_models.rules import Rules, read_rules
from abate_models.targets import Targets, read_targets

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Loads:
    """Baseline loads; a row of the loads table each.

    Attributes
    ----------
    keys : (source, pollutant) of each load.
    source, pollutant : codes of the two, int.
    baseline, floor : load per year, in the case's load unit.
    growth : share by which the baseline grows each year without measures.
    """

    keys: list[tuple[str, str]]
    source: Codes
    pollutant: Codes
    baseline: Floats
    floor: Floats
    growth: Floats


@dataclass(frozen=True)
class Resources:
    """Shared resources: `use` (resources x options, resource unit per unit of extent), `available`."""

    keys: list[tuple[str, str]]
    use: sparse.csr_array
    available: Floats


@dataclass(frozen=True)
class Problem:
    """A case as numbers.

    Attributes
    ----------
    sources, pollutants : ids in the planner's order; codes elsewhere index these.
    loads, options, receptors, resources, targets, rules : the index sets with their arrays.
    abilities : per source and ability column (income, output, flow), what a burden is divided by; NaN where blank.
    regions : ids of the regions in the planner's order.
    region : code of the region that each source lies in, -1 for none.
    population : of each region; NaN where blank.
    """

    sources: list[str]
    pollutants: list[str]
    loads: Loads
    options: Options
    receptors: Receptors
    resources: Resources
    targets: Targets
    rules: Rules
    abilities: dict[str, Floats]
    regions: list[str]
    region: Codes
    population: Floats


def read_problem(case: Case) -> Problem:
    """Turn a checked case into index sets and sparse arrays.

    Raises
    ------
    InputError
        Where the case asks for something that its tables cannot give, such as an intensity without output.
    """
    loads = _loads(case)
    scopes = Scopes(case)
    options = read_options(case, loads.source, loads.pollutant, loads.baseline, loads.floor)
    receptors = read_receptors(case, loads.source, loads.pollutant)
    return Problem(
        sources=case.ids("sources", "source"),
        pollutants=case.ids("loads", "pollutant"),
        loads=loads,
        options=options,
        receptors=receptors,
        resources=_resources(case, options, scopes),
        targets=read_targets(case, loads.source, loads.pollutant, loads.baseline, receptors, scopes),
        rules=read_rules(case, loads.source, loads.pollutant, scopes),
        abilities={name: case.values("sources", name) for name in ("income", "output", "flow")},
        regions=case.ids("regions", "region"),
        region=case.codes("sources", "region"),
        population=_population(case),
    )


def _loads(case: Case) -> Loads:
    table = case["loads"]
    return Loads(
        keys=list(zip(table["source"], table["pollutant"], strict=True)),
        source=case.codes("loads", "source"),
        pollutant=case.codes("loads", "pollutant"),
        baseline=case.values("loads", "load"),
        floor=case.values("loads", "floor"),
        growth=case.values("loads", "growth"),
    )


def _resources(case: Case, options: Options, scopes: Scopes) -> Resources:
    """One row per (resource, region): the use of every option whose source lies in the region."""
    table = case["resources"]
    use = np.zeros((len(case.ids("resources", "resource")), len(case.ids("options", "measure"))))
    use[case.codes("resource_use", "resource"), case.codes("resource_use", "measure")] = case.values(
        "resource_use", "use"
    )
    resource, region = case.codes("resources", "resource"), case.codes("resources", "region")
    rows = [
        use[resource[row], options.measure] * scopes.sources(region[row])[options.source] for row in range(len(table))
    ]
    matrix = np.array(rows) if rows else np.zeros((0, len(options.keys)))
    return Resources(
        keys=[(str(name), _text(zone)) for name, zone in zip(table["resource"], table["region"], strict=True)],
        use=sparse.csr_array(matrix),
        available=case.values("resources", "available"),
    )


def _population(case: Case) -> Floats:
    population = np.full(len(case.ids("regions", "region")), np.nan)
    population[case.codes("regions", "region")] = case.values("regions", "population")
    return population


def _text(value: object) -> str:
    """Return an id, or ``*`` for a blank one."""
    return value if isinstance(value, str) else "*"
