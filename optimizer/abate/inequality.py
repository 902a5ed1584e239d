"""How unequally a variable (load, cost, reduction) is spread over parties, each with a weight.

Every measure takes amounts x_i >= 0 and weights w_i >= 0 of what they are set against (people, value added, claim);
without weights each party counts alike. It depends only on the shares s_i = x_i / sum x and m_i = w_i / sum w, and
on the per-unit value relative to the mean, v_i = s_i / m_i. So units and scale do not matter, and all are in the
population form: no n / (n - 1).

- A party with neither amount nor weight is left out.
- A party with an amount but no weight has an infinite v_i: the Gini index and Hoover's index bear it, Jain's index
  and Atkinson's measure stay defined, the others may become infinite.
- Where nobody bears anything, all bear the same: 0, and 1 for Jain's index and the two ratios.

All measures raise `InputError` where the arrays are empty or differ in length, where an entry is negative, not a
number or infinite, and where all weights are zero.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from abate.errors import Finding, InputError

Floats = NDArray[np.float64]

#: So many pairs are compared at once by `gini_pairwise`, to keep its memory small.
PAIRS_AT_ONCE = 1_000_000


def gini(values: Floats, weights: Floats | None = None) -> float:
    """Return the (environmental) Gini index, 0 for equal per-unit values to 1.

    G = 1 - sum_i (X_i - X_{i-1}) (Y_i + Y_{i-1}), with the parties in ascending order of x_i / w_i and the cumulative
    shares X of the weights and Y of the values: twice the area between the Lorenz curve and the diagonal. For its use
    on discharge permits see Sun et al., Resources, Conservation and Recycling 54 (2010) 601-608, who take 0.2 as a
    reasonable limit and 0.4 as a warning line.

    Parameters
    ----------
    values : (parties) amounts >= 0, in one unit of any kind.
    weights : (parties) >= 0; without them each party counts alike, which is the ordinary Gini index.

    Raises
    ------
    InputError
        Where the arrays are not amounts and weights, see the module.
    """
    share, weight = _shares(values, weights)
    # the shares must be in ascending order of the ratio: in any other order the index may come out negative
    order = np.argsort(_relative(share, weight), kind="stable")
    share, weight = share[order], weight[order]
    upper = np.cumsum(share)
    return max(0.0, 1.0 - float(weight @ (2.0 * upper - share)))


def gini_pairwise(values: Floats, weights: Floats | None = None) -> float:
    """Return the Gini index by its second formula, G = 1/2 sum_ij |s_i m_j - s_j m_i|.

    It needs no order, so that for a fixed total it can be written into a linear program; it takes time quadratic in
    the number of parties, so `gini` is the one to compute with. Parameters and errors are those of `gini`.
    """
    share, weight = _shares(values, weights)
    step = max(1, PAIRS_AT_ONCE // len(share))
    total = 0.0
    for first in range(0, len(share), step):
        rows = slice(first, first + step)
        total += float(np.abs(np.outer(share[rows], weight) - np.outer(weight[rows], share)).sum())
    return 0.5 * total


def theil_t(values: Floats, weights: Floats | None = None) -> float:
    """Return Theil's T = sum s_i ln(s_i / m_i), 0 for equal per-unit values, with 0 ln 0 = 0.

    Without weights it is ln n at most. Source: Theil, Economics and Information Theory (1967). Parameters and errors
    are those of `gini`.
    """
    share, weight = _shares(values, weights)
    bears = share > 0
    return max(0.0, float(share[bears] @ np.log(_relative(share[bears], weight[bears]))))


def theil_l(values: Floats, weights: Floats | None = None) -> float:
    """Return Theil's L = sum m_i ln(m_i / s_i), the mean logarithmic deviation, 0 for equal per-unit values.

    NaN where a party with a weight bears nothing: L is undefined there. Source: Theil, Economics and Information
    Theory (1967). Parameters and errors are those of `gini`.
    """
    share, weight = _shares(values, weights)
    counts = weight > 0
    if np.any(share[counts] == 0):
        return np.nan
    return max(0.0, float(weight[counts] @ -np.log(_relative(share[counts], weight[counts]))))


def atkinson(values: Floats, weights: Floats | None = None, epsilon: float = 0.5) -> float:
    """Return Atkinson's measure, 0 for equal per-unit values to 1.

    A = 1 - (sum m_i v_i^(1 - epsilon))^(1 / (1 - epsilon)), and 1 - exp(sum m_i ln v_i) for epsilon = 1: the share of
    the total that could be forgone if the rest were spread equally. Source: Atkinson, Journal of Economic Theory 2
    (1970) 244-263.

    Parameters
    ----------
    values, weights : as in `gini`.
    epsilon : aversion to inequality, >= 0; at 0 the measure is 0 whatever the values. NaN is returned from 1 on where
        a party with a weight bears nothing: the measure is undefined there.

    Raises
    ------
    InputError
        Where the arrays are not amounts and weights, see the module, or `epsilon` is negative or not finite.
    """
    if not 0 <= epsilon < np.inf:
        cure = "give a number of zero or more, such as 0.5"
        raise InputError([Finding("epsilon", "is no aversion to inequality", cure, value=f"{epsilon}")])
    share, weight = _shares(values, weights)
    # a party without weight adds m v^(1 - epsilon) = s^(1 - epsilon) m^epsilon = 0; at epsilon 0 nothing counts
    share, weight = share[weight > 0], weight[weight > 0]
    if epsilon == 0:
        return 0.0
    if epsilon >= 1 and np.any(share == 0):
        return np.nan
    with np.errstate(divide="ignore"):
        logarithm = np.log(_relative(share, weight))
    power = 1.0 - epsilon
    mean = weight @ logarithm if power == 0 else logsumexp(power * logarithm, b=weight) / power
    return max(0.0, 1.0 - float(np.exp(mean)))


def jain(values: Floats, weights: Floats | None = None) -> float:
    """Return Jain's index of fairness, (sum m_i v_i)^2 / sum m_i v_i^2: 1 for equal per-unit values, down to 0.

    If only k of n parties bear something, and these the same, it is k / n. Source: Jain, Chiu and Hawe, DEC Research
    Report TR-301 (1984). Parameters and errors are those of `gini`.
    """
    return 1.0 / (1.0 + _variance(*_shares(values, weights)))


def hoover(values: Floats, weights: Floats | None = None) -> float:
    """Return Hoover's index 1/2 sum |s_i - m_i|: the share that would have to change hands, 0 for equality to 1.

    Source: Hoover, Review of Economic Statistics 18 (1936) 162-171. Parameters and errors are those of `gini`.
    """
    share, weight = _shares(values, weights)
    return 0.5 * float(np.abs(share - weight).sum())


def variation(values: Floats, weights: Floats | None = None) -> float:
    """Return the coefficient of variation of the per-unit values, by the standard deviation of the population.

    sqrt(sum m_i (v_i - 1)^2), infinite where a party without weight bears something. Parameters and errors are those
    of `gini`.
    """
    return float(np.sqrt(_variance(*_shares(values, weights))))


def max_over_mean(values: Floats, weights: Floats | None = None) -> float:
    """Return the greatest per-unit value over the mean, max v_i, 1 or more.

    Infinite where a party without weight bears something. Parameters and errors are those of `gini`.
    """
    return float(_relative(*_shares(values, weights)).max())


def max_over_min(values: Floats, weights: Floats | None = None) -> float:
    """Return the greatest per-unit value over the least, max v_i / min v_i, 1 or more.

    Infinite where a party with a weight bears nothing, or one without weight bears something. Parameters and errors
    are those of `gini`.
    """
    relative = _relative(*_shares(values, weights))
    least, most = float(relative.min()), float(relative.max())
    return most / least if least > 0 and np.isfinite(most) else np.inf


def envy(values: Floats, weights: Floats | None = None) -> float:
    """Return the mean envy between parties: the mean over all ordered pairs (i, j) of max(0, v_j - v_i).

    Each party counts once whatever its weight, and the n pairs of a party with itself count as 0: how much worse off a
    mill or a town is than the others, not a head in it, as a share of the mean. That tells it from the Gini index,
    which is the same mean with each pair weighted by m_i m_j; without weights both are equal. Over all pairs it is the
    same for goods and for burdens. Infinite where a party without weight bears something. After Feldman and Kirman,
    American Economic Review 64 (1974) 995-1005, who add up what the parties envy each other. Parameters and errors are
    those of `gini`.
    """
    relative = np.sort(_relative(*_shares(values, weights)))
    if np.isinf(relative[-1]):
        return np.inf
    count = len(relative)
    # the k-th smallest (from 0) exceeds k others and is exceeded by count - 1 - k
    exceeds = 2.0 * np.arange(count) - (count - 1)
    return max(0.0, float(exceeds @ relative)) / count**2


def _variance(share: Floats, weight: Floats) -> float:
    """Return sum m (v - 1)^2 = sum (s - m) (v - 1); unlike sum m v^2 - 1 it is exact near equality."""
    return max(0.0, float(((share - weight) * (_relative(share, weight) - 1.0)).sum()))


def _relative(share: Floats, weight: Floats) -> Floats:
    """Return the per-unit value relative to the mean, infinite where there is an amount but no weight."""
    with np.errstate(divide="ignore", over="ignore"):
        return share / weight


def _shares(values: Floats, weights: Floats | None) -> tuple[Floats, Floats]:
    """Return the shares of the values and of the weights, of the parties that have either."""
    amount = np.asarray(values, dtype=np.float64)
    weight = np.ones_like(amount) if weights is None else np.asarray(weights, dtype=np.float64)
    _check(amount, weight)
    weight = _normalised(weight)
    # where nobody bears anything, all bear the same
    share = _normalised(amount) if amount.any() else weight
    counts = (share > 0) | (weight > 0)
    return share[counts], weight[counts]


def _normalised(amount: Floats) -> Floats:
    """Return the shares of a sum; the largest goes first to 1, so that the sum can neither overflow nor vanish."""
    scaled = amount / amount.max()
    return np.asarray(scaled / scaled.sum())


def _check(amount: Floats, weight: Floats) -> None:
    """Raise an `InputError` with every entry that is no amount or weight."""
    if amount.ndim != 1 or amount.shape != weight.shape or not len(amount):
        cure = "give one value, and one weight if any, for each party, and at least one party"
        found = f"{amount.shape} values, {weight.shape} weights"
        raise InputError([Finding("values", "values and weights do not pair up", cure, value=found)])
    findings = [
        Finding(
            name,
            f"{name[:-1]} is no amount",
            "give a finite number of zero or more",
            f"entry {at + 1}",
            value=f"{array[at]:g}",
        )
        for name, array in (("values", amount), ("weights", weight))
        for at in np.flatnonzero(~((array >= 0) & np.isfinite(array)))
    ]
    if not findings and not weight.any():
        cure = "give a weight above zero to at least one party, or leave the weights out"
        findings.append(Finding("weights", "all weights are zero", cure))
    if findings:
        raise InputError(findings)
