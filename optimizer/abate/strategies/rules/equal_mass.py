"""Equal mass."""

from __future__ import annotations

import numpy as np

from abate.strategies.filling import Family, proportional
from abate.strategies.parties import Parties


def equal_mass(parties: Parties) -> Family:
    """Allow every source the same load: x = min(D, m) (TSD scheme 3)."""
    return proportional(parties, np.ones(len(parties.names)))
