r"""How often single samples exceed a limit, and whether that says that the water exceeds it too often.

The usual rule calls a place impaired where more than 10 % of its samples exceed the limit. A place that truly exceeds
it in 10 % of all moments breaks that rule by chance about every fourth time with ten samples. So the share of samples
stands beside the binomial test of "it exceeds the limit in no more than 10 % of all moments",

.. math::

    p = \Pr(X \ge k) , \quad X \sim \mathrm{Binomial}(n, 0.1)

for k exceedances in n samples, and the exact interval of the true share. Assumption: samples are independent of each
other and taken without regard to the result. Sources: Smith, Ye, Hughes and Shabman, Environmental Science & Technology
35 (2001) 606-612 (the rule and the test); Clopper and Pearson, Biometrika 26 (1934) 404-413 (the interval).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from abate_models.problem import Problem

#: Share of samples that may exceed a limit.
ALLOWED_SHARE = 0.10
#: Level of the test, and one less the cover of the interval.
LEVEL = 0.10


def exceedance_test(exceedances: int, samples: int, share: float = ALLOWED_SHARE) -> float:
    """Return the probability of so many exceedances or more where `share` of all moments exceed the limit."""
    return float(stats.binom.sf(exceedances - 1, samples, share))


def exact_interval(exceedances: int, samples: int, cover: float = 1.0 - LEVEL) -> tuple[float, float]:
    """Return the Clopper-Pearson interval of the true share of exceedances; 0 to 1 without samples.

    Both ends are quantiles of beta distributions; the interval covers the truth with at least `cover`.
    """
    tail = (1.0 - cover) / 2
    low = stats.beta.ppf(tail, exceedances, samples - exceedances + 1) if exceedances else 0.0
    high = stats.beta.ppf(1.0 - tail, exceedances + 1, samples - exceedances) if exceedances < samples else 1.0
    return float(low), float(high)


def compliance(problem: Problem, observations: pd.DataFrame) -> pd.DataFrame:
    """Return how often the samples exceed each quality target, a row per target with samples.

    Parameters
    ----------
    problem : the case as numbers; a target whose limit is not known (gap closure before it is resolved) is left out.
    observations : as `abate_data.observations` cleans them. A non-detect counts where its detection limit decides it,
        and is no sample where it does not.

    Returns
    -------
    Columns target, receptor, parameter, samples, exceedances, share, lower, upper (exact 90 % interval of the true
    share), over_10_percent (the raw rule), p (of the binomial test), verdict: `exceeds too often` where p < 0.1,
    `holds` where the upper end of the interval is within 10 %, else `not decided`.
    """
    targets = problem.targets
    rows = []
    for row in np.flatnonzero((targets.quality >= 0) & ~np.isnan(targets.limit)):
        receptor, parameter = problem.receptors.keys[targets.quality[row]]
        chosen = (observations["kind"] == "quality") & (observations["receptor"] == receptor)
        series = observations[chosen & (observations["parameter"] == parameter)]
        exceeds = _exceeds(series, float(targets.limit[row]), float(targets.sign[row]))
        if len(exceeds):
            rows.append((targets.ids[row], receptor, parameter, *_judged(int(exceeds.sum()), len(exceeds))))
    head = ["target", "receptor", "parameter", "samples", "exceedances", "share", "lower", "upper"]
    return pd.DataFrame(rows, columns=[*head, "over_10_percent", "p", "verdict"])


def _exceeds(series: pd.DataFrame, limit: float, sign: float) -> pd.Series[bool]:
    """Return which samples exceed an upper limit (sign 1) or stay below a lower one (-1), without undecided ones."""
    value, below = series["value"], series["qualifier"] == "<"
    exceeds = sign * (value - limit) > 0
    # a non-detect is anywhere between zero and the detection limit that stands as its value
    decided = ~below | (value <= limit)
    return (exceeds | (below & (sign < 0)))[decided]


def _judged(exceedances: int, samples: int) -> tuple[int, int, float, float, float, bool, float, str]:
    low, high = exact_interval(exceedances, samples)
    p = exceedance_test(exceedances, samples)
    share = exceedances / samples
    verdict = "exceeds too often" if p < LEVEL else "holds" if high <= ALLOWED_SHARE else "not decided"
    return samples, exceedances, share, low, high, share > ALLOWED_SHARE, p, verdict
