"""What is traded off where nobody says what."""

from __future__ import annotations

import numpy as np

from abate_data.case import Case
from abate_data.schema import OXYGEN


def usual_objectives(case: Case) -> list[str]:
    """Return the objectives that are traded off where none are named: cost, and exposure or else a load."""
    harmful = [name for name in case.ids("transfer", "parameter") if name != OXYGEN]
    people = np.nan_to_num(case.values("receptors", "population")).any()
    if harmful and people:
        return ["cost", f"exposure:{harmful[0]}"]
    return ["cost", f"total_load:{case.ids('loads', 'pollutant')[0]}"]
