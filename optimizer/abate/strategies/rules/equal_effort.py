"""Equal effort between today's load and the technical floor."""

from __future__ import annotations

import numpy as np

from abate.strategies.filling import Family
from abate.strategies.parties import Parties


def equal_effort(parties: Parties) -> Family:
    """Ask everybody for the same share of what is possible there: (D - x) / (D - x_min) = e (TSD scheme 17).

    x_min is the least that the measures of the source can reach.
    """
    least = np.minimum(np.maximum(parties.reachable(), parties.lower), parties.current)
    return Family(lambda level: least + level * (parties.current - least))
