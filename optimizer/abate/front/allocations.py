"""The allocations of all points of a front side by side."""

from __future__ import annotations

import pandas as pd

from abate.errors import Finding, InputError
from abate.front.case_source import CaseSource
from abate.front.front import Front


def allocations(front: Front) -> pd.DataFrame:
    """Return a row per load: source, pollutant, baseline, and the load that each point allows, a column per point.

    Raises
    ------
    InputError
        Where the front is one of a model, or was loaded without its case.
    """
    source = front.origin
    if not isinstance(source, CaseSource):
        cure = "explore a case, or load the front with its case"
        raise InputError([Finding("front", "has no case to take sources and pollutants from", cure)])
    loads, removal = source.problem.loads, source.problem.options.removal
    allowed = loads.baseline[:, None] - removal @ source.extents(front.columns).T
    table = pd.DataFrame(loads.keys, columns=["source", "pollutant"]).assign(baseline=loads.baseline)
    points = pd.DataFrame(allowed, columns=[f"point {place}" for place in range(len(front))])
    joined = pd.concat([table, points], axis=1)
    joined.attrs["units"] = dict.fromkeys(joined.columns[2:], source.case.settings.units.load)
    return joined
