r"""How an effluent is sampled, and how far samples stray from a long-term average that is kept.

Concentrations of an effluent are taken as lognormal with mean LTA (the long-term average) and coefficient of variation
CV (standard deviation over mean). A single sample stays below

.. math::

    LTA \; e^{z \sigma - \sigma^2 / 2} , \qquad \sigma^2 = \ln(CV^2 + 1)

with the probability whose standard normal quantile is z; the mean of n samples below the same with
:math:`\sigma_n^2 = \ln(CV^2 / n + 1)`. The first at 99 % is the maximum daily limit, the second at 95 % with the
samples of a month the average monthly limit. Source: US EPA, Technical Support Document for Water Quality-based Toxics
Control, EPA/505/2-90-001 (1991), section 5.4.4 and table 5-2. The load that a plan allows is a yearly one, so that its
concentration is the LTA itself: the steps from an acute or chronic wasteload allocation to it (table 5-1) fall away.

CV is 0.6, what that document takes where fewer than ten samples are at hand, or what the planner's own samples say.
`relative_sd` of the table loads is not used for it: that tells how well the load of a year is known, in which the days
have evened out, and would make limits that an effluent as usual breaks every month.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from abate.errors import Finding, InputError

#: What a yearly or seasonal load that is kept is estimated below, by chance of sampling.
CONFIDENCE = 0.95
#: Decimals of standard normal quantiles, 1.645 and 2.326, with which the published multipliers are computed.
DECIMALS = 3


def multiplier(cv: ArrayLike, samples: ArrayLike, probability: float) -> NDArray[np.float64]:
    """Return what the mean of some samples stays below, over the long-term average.

    Parameters
    ----------
    cv : coefficient of variation of single samples, at least 0.
    samples : how many are averaged, 1 for a single one; broadcast with `cv`.
    probability : with which it stays below.

    Examples
    --------
    >>> float(multiplier(0.6, 1, 0.99).round(2)), float(multiplier(0.6, 4, 0.95).round(2))
    (3.11, 1.55)
    """
    variance = np.log1p(np.asarray(cv, dtype=np.float64) ** 2 / np.asarray(samples, dtype=np.float64))
    quantile = round(NormalDist().inv_cdf(probability), DECIMALS)
    return np.asarray(np.exp(quantile * np.sqrt(variance) - 0.5 * variance))[()]


@dataclass(frozen=True)
class Sampling:
    """How effluents are sampled.

    Attributes
    ----------
    cv : coefficient of variation of the samples of an effluent whose long-term average stays the same.
    per_month : samples that are taken in a month.
    """

    cv: float = 0.6
    per_month: int = 4

    #: Probabilities with which an effluent that keeps its long-term average keeps the two limits.
    MONTHLY, DAILY = 0.95, 0.99

    def __post_init__(self) -> None:
        """Refuse what means nothing."""
        number = isinstance(self.cv, int | float) and math.isfinite(self.cv) and self.cv >= 0
        count = isinstance(self.per_month, int | np.integer) and self.per_month >= 1
        wrong = [
            Finding("sampling", problem, cure, column=name, value=str(getattr(self, name))[:80])
            for name, holds, problem, cure in (
                ("cv", number, "is no coefficient of variation", "give standard deviation over mean, such as 0.6"),
                ("per_month", count, "is no number of samples", "give a whole number of at least 1"),
            )
            if not holds
        ]
        if wrong:
            raise InputError(wrong)

    @property
    def average_monthly(self) -> float:
        """Average monthly limit over the long-term average."""
        return float(multiplier(self.cv, self.per_month, self.MONTHLY))

    @property
    def maximum_daily(self) -> float:
        """Maximum daily limit over the long-term average."""
        return float(multiplier(self.cv, 1, self.DAILY))

    def tolerance(self, months: ArrayLike) -> NDArray[np.float64]:
        """Return by what percentage the mean of so many months' samples may pass what is kept, at 95 %."""
        samples = np.asarray(months) * self.per_month
        return np.asarray(100.0 * (multiplier(self.cv, samples, CONFIDENCE) - 1.0))
