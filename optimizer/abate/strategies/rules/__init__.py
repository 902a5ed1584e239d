"""Rules that say directly what each source may emit: each a family of allocations, driven up to the targets.

Every rule takes the parties, and options of its own by name, and returns a `Family`: the load of each party, in the
case's load unit, at a level that rises. It raises InputError where a party of whom something may be asked lacks an
attribute, baseline or cost curve that the rule needs, naming those that do; what else it refuses stands with the rule.
"""

from __future__ import annotations

from collections.abc import Callable

from abate.strategies.filling import Family
from abate.strategies.rules.ability_to_pay import ability_to_pay
from abate.strategies.rules.area_share import area_share
from abate.strategies.rules.best_technology import best_technology
from abate.strategies.rules.boltzmann import boltzmann
from abate.strategies.rules.convergence import convergence
from abate.strategies.rules.equal_concentration import equal_concentration
from abate.strategies.rules.equal_cost_per_output import equal_cost_per_output
from abate.strategies.rules.equal_effort import equal_effort
from abate.strategies.rules.equal_mass import equal_mass
from abate.strategies.rules.equal_percent import equal_percent
from abate.strategies.rules.equal_reduction import equal_reduction
from abate.strategies.rules.equal_unit_cost import equal_unit_cost
from abate.strategies.rules.grandfathering import grandfathering
from abate.strategies.rules.historical_responsibility import historical_responsibility
from abate.strategies.rules.multi_criteria import multi_criteria
from abate.strategies.rules.per_attribute import per_attribute
from abate.strategies.rules.per_capita import per_capita
from abate.strategies.rules.per_gdp import per_gdp
from abate.strategies.rules.per_output import per_output
from abate.strategies.rules.polluter_pays import polluter_pays
from abate.strategies.rules.removal_by_income import removal_by_income
from abate.strategies.rules.removal_by_size import removal_by_size
from abate.strategies.rules.zero_sum_dea import zero_sum_dea

#: Every rule by its name.
RULES: dict[str, Callable[..., Family]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        *(equal_percent, equal_concentration, equal_mass, equal_reduction, grandfathering),
        *(per_capita, per_output, per_gdp, area_share, per_attribute, multi_criteria, convergence, boltzmann),
        *(removal_by_size, removal_by_income, ability_to_pay, historical_responsibility, polluter_pays),
        *(equal_effort, best_technology, equal_unit_cost, equal_cost_per_output, zero_sum_dea),
    )
}
