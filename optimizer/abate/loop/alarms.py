r"""Alarms where a source or a receptor starts to differ from what was expected of it, by sums of what was left over.

Page's cumulative sum in both directions over the standardised residuals z (observed less expected, over the deviation
expected):

.. math::

    C^+_t = \max(0,\; C^+_{t-1} + z_t - k), \qquad C^-_t = \max(0,\; C^-_{t-1} - z_t - k), \qquad
    \text{alarm where either} > h

with the allowance k = 0.5, which makes it quickest for a shift of one standard deviation, and the limit h = 5. Then a
series that behaves as expected raises a false alarm every 465 periods on average, and a shift of one standard deviation
is found after 10.4 periods, of two after 4. The change is dated to the period in which the sum last left zero. After an
alarm the sum starts again, so a change that goes on alarms again.

Assumption: residuals of a series are independent and normal while nothing changes, which innovations of a filter with
the right model are. One wild value is no change, so no residual counts for more than `CAP`. A sum over the reports of a
source names the source; one over a receptor cannot tell by itself who is behind it, and does not name any. Sources:
Page, Biometrika 41 (1954) 100-115; run lengths: Brook and Evans, Biometrika 59 (1972) 539-549, and Montgomery,
Introduction to Statistical Quality Control, chapter 9 (tables of the same two-sided scheme).
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]

ALLOWANCE = 0.5
LIMIT = 5.0
#: The most that one residual counts for: two periods at least are needed for an alarm.
CAP = 4.0
#: Steps into which the sum is cut to compute run lengths.
STEPS = 100

COLUMNS = (
    "kind",
    "source",
    "receptor",
    "pollutant",
    "parameter",
    "direction",
    "since",
    "detected",
    "periods",
    "message",
)


def alarms(residuals: pd.DataFrame) -> pd.DataFrame:
    """Return the alarms of every series, in order of their detection.

    Parameters
    ----------
    residuals : of `abate.loop.belief.update`, one period after the other in order of time.

    Returns
    -------
    Columns of `COLUMNS`: direction (higher or lower than expected), since (first day of the period in which the change
    began), detected (last day of the period of the alarm), periods between the two and a message in words. `attrs` has
    the run length without change and the number of false alarms to expect among so many results.
    """
    series = ["kind", "source", "receptor", "pollutant", "parameter"]
    rows = []
    groups = residuals.groupby(series, sort=False) if len(residuals) else ()
    for key, own in groups:
        named = dict(zip(series, map(str, key), strict=True))
        for sign, first, last in cusum(scores(own)):
            direction = "higher" if sign > 0 else "lower"
            since, detected = str(own["period_start"].iloc[first]), str(own["period_end"].iloc[last])
            said = _message(named, direction, since, detected)
            rows.append((*named.values(), direction, since, detected, last - first + 1, said))
    table = pd.DataFrame(rows, columns=list(COLUMNS)).sort_values("detected", kind="stable", ignore_index=True)
    length = run_length(0.0)
    table.attrs = {"run_length": length, "false_alarms_expected": len(residuals) / length}
    return table


def cusum(values: Floats, allowance: float = ALLOWANCE, limit: float = LIMIT) -> list[tuple[int, int, int]]:
    """Return the alarms of one series as (sign, position where the change began, position of the alarm).

    Parameters
    ----------
    values : standardised residuals in order of time, without NaN.
    """
    found = []
    for sign in (1, -1):
        total, first = 0.0, 0
        for at, value in enumerate(sign * np.clip(values, -CAP, CAP)):
            if total == 0.0:
                first = at
            total = max(0.0, total + value - allowance)
            if total > limit:
                found.append((sign, first, at))
                total = 0.0
    return sorted(found, key=lambda alarm: alarm[2])


def scores(residuals: pd.DataFrame) -> Floats:
    """Return the standardised residuals of results (rows,); of one below the detection limit what it is on average.

    Only that z lies below c is known of such a result, and the mean of a standard normal below c is - phi(c) / Phi(c).
    So the mean over all results stays 0 while nothing changes, however many of them are below the limit.
    """
    score = residuals["score"].to_numpy(dtype=np.float64)
    below = residuals["below"].to_numpy(dtype=bool)
    observed, expected, sd = (residuals[name].to_numpy(dtype=np.float64) for name in ("observed", "expected", "sd"))
    log = (residuals["scale"] == "log").to_numpy() & (observed > 0) & (expected > 0)
    away = np.where(
        log, np.log(np.where(log, observed, 1.0)) - np.log(np.where(log, expected, 1.0)), observed - expected
    )
    limit = away / sd
    return np.where(below, -np.exp(stats.norm.logpdf(limit) - stats.norm.logcdf(limit)), score)


@cache
def run_length(shift: float, allowance: float = ALLOWANCE, limit: float = LIMIT) -> float:
    """Return after how many periods the two-sided sum alarms on average, when the mean shifts by `shift` deviations.

    The sum in one direction is a Markov chain on `STEPS` cells (Brook and Evans 1972); the two directions join as
    1/L = 1/L+ + 1/L-, which is exact for this scheme. Normal residuals without the cap.
    """
    upward, downward = (_one_sided(sign * shift, allowance, limit) for sign in (1.0, -1.0))
    return 1.0 / (1.0 / upward + 1.0 / downward)


def _one_sided(shift: float, allowance: float, limit: float) -> float:
    width = 2.0 * limit / (2 * STEPS - 1)
    cell = np.arange(STEPS)
    step = (cell[None, :] - cell[:, None]) * width + allowance - shift
    moves = stats.norm.cdf(step + width / 2) - stats.norm.cdf(step - width / 2)
    moves[:, 0] = stats.norm.cdf(step[:, 0] + width / 2)
    return float(np.linalg.solve(np.eye(STEPS) - moves, np.ones(STEPS))[0])


def _message(named: dict[str, str], direction: str, since: str, detected: str) -> str:
    if named["kind"] == "load":
        what = f"Reports of {named['pollutant']} from {named['source']} are {direction} than expected"
        return f"{what} since {since}, found {detected}."
    what = f"{named['parameter']} at {named['receptor']} is {direction} than expected"
    return f"{what} since {since}, found {detected}; quality alone does not tell whose doing it is."
