"""Claims rules: who gets how much of an estate that cannot satisfy everybody who has a claim on it.

The claims are loads (current or raw), the estate is the cap on their sum, the award is the load that a source may
keep and the loss is its reduction. All rules award the whole estate, give nobody less than nothing or more than the
claim, treat equal claims alike, and let nobody lose when the estate grows. Each is a function of

    estate : E, the amount to divide, in the unit of the claims
    claims : d, shape (claimants,), in one unit of the caller's choice

that returns the awards, shape (claimants,), in that unit and in the order of the claims. It raises InputError where the
estate and the claims are no claims problem: see `check_estate`.
"""

from __future__ import annotations

from abate.strategies.claims.adjusted_proportional import adjusted_proportional
from abate.strategies.claims.constrained_egalitarian import constrained_egalitarian
from abate.strategies.claims.equal_awards import equal_awards
from abate.strategies.claims.equal_losses import equal_losses
from abate.strategies.claims.estate import Rule, check_estate, with_floors
from abate.strategies.claims.minimal_overlap import minimal_overlap
from abate.strategies.claims.piniles import piniles
from abate.strategies.claims.proportional import proportional
from abate.strategies.claims.random_arrival import random_arrival
from abate.strategies.claims.reverse_talmud import reverse_talmud
from abate.strategies.claims.talmud import talmud

__all__ = ["RULES", "Rule", "check_estate", "with_floors"]

#: Every rule by the name a planner calls it.
RULES: dict[str, Rule] = {
    "proportional": proportional,
    "equal-awards": equal_awards,
    "equal-losses": equal_losses,
    "talmud": talmud,
    "reverse-talmud": reverse_talmud,
    "piniles": piniles,
    "constrained-egalitarian": constrained_egalitarian,
    "adjusted-proportional": adjusted_proportional,
    "random-arrival": random_arrival,
    "minimal-overlap": minimal_overlap,
}
