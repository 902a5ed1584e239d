"""Which targets the allowance of a source serves, and what share each has in asking for it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

from abate.indicators.allowance import Allowance, Mask
from abate.tables import marginal_values
from abate_models.problem import Problem


def served_targets(allowance: Allowance) -> pd.DataFrame:
    """Return a row per load and target that asks for less of it, the greatest share of each load first.

    A share is the part of what one unit less of the load is worth that comes through the target. Where a plan has no
    prices, as one of a strategy that hands out loads, targets without slack that count the load stand with a blank
    share at the loads that have to be reduced.

    Returns
    -------
    load (position in the table loads), source, pollutant, target, share (0 to 1).
    """
    problem, plan = allowance.problem, allowance.plan
    values = sparse.coo_array(marginal_values(problem, plan._outcome))
    known = bool((plan._outcome.price > 0).any())
    if not known:
        tight = plan.attainment["binding"].to_numpy() | ~plan.attainment["attained"].to_numpy()
        reduced = allowance.allowed < problem.loads.baseline * (1 - 1e-9)
        values = sparse.coo_array(_effects(problem, tight) @ sparse.diags_array(reduced.astype(float)))
    target, load = values.coords
    kept = values.data > 0
    target, load, worth = target[kept], load[kept], values.data[kept]
    total = np.bincount(load, worth, len(allowance.allowed))
    share = worth / total[load] if known else np.full(len(worth), np.nan)
    order = np.lexsort((target, -worth, load))
    names = np.array(problem.targets.ids, dtype=object)
    return pd.DataFrame(
        {
            "load": load[order],
            "source": allowance.source[load[order]],
            "pollutant": allowance.pollutant[load[order]],
            "target": names[target[order]],
            "share": share[order],
        }
    )


def _effects(problem: Problem, tight: Mask) -> sparse.csr_array:
    """Return (targets x loads), 0 but in the tight rows: by how much a unit less of a load brings a target nearer."""
    targets, transfer = problem.targets, problem.receptors.transfer
    judged = np.flatnonzero(tight & (targets.quality >= 0))
    shape = (len(tight), transfer.shape[0])
    of_quality = sparse.csr_array((targets.sign[judged], (judged, targets.quality[judged])), shape=shape)
    of_caps = sparse.diags_array((tight & (targets.quality < 0)).astype(np.float64), format="csr") @ targets.scope
    return sparse.csr_array(of_quality @ transfer + of_caps)
