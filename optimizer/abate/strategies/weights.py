"""Weights of several criteria: given, from the spread of the data (entropy), or from judgements in pairs (AHP)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from abate.errors import Finding, InputError

Floats = NDArray[np.float64]

#: Mean consistency index of random judgements on 1 to 15 criteria, by Saaty, The Analytic Hierarchy Process (1980).
RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59)
#: Weights may miss their sum of one by so much.
SUM_TOLERANCE = 1e-6
#: The two judgements on a pair may miss a product of one by so much: 0.11 passes for 1/9, and 0.13 for 1/8.
RECIPROCAL_TOLERANCE = 0.05
#: A criterion whose entropy is below the greatest by less than this tells the alternatives apart by rounding alone.
SAME = 1e-12


def check_weights(weights: Floats, count: int) -> None:
    """Raise an `InputError` unless there are `count` weights, none negative, with sum one."""
    given = np.asarray(weights, dtype=np.float64)
    if given.shape != (count,):
        cure = f"give {count} weights, one for each criterion"
        raise InputError([Finding("weights", "are not one for each criterion", cure, value=str(given.tolist()))])
    findings = [
        Finding("weights", "is no weight", "give a number from 0 to 1", f"weight {at + 1}", value=f"{given[at]:g}")
        for at in np.flatnonzero(~((given >= 0) & np.isfinite(given)))
    ]
    total = float(given.sum())
    if not findings and abs(total - 1.0) > SUM_TOLERANCE:
        cure = f"divide each by {total:g}" if total > 0 else "give at least one above zero"
        findings.append(Finding("weights", "do not sum to one", cure, value=f"sum {total:g}"))
    if findings:
        raise InputError(findings)


def entropy_weights(matrix: Floats) -> Floats:
    """Return the weights of criteria by how far each tells the alternatives apart, w_k = (1 - e_k) / sum (1 - e_k).

    e_k = - sum_i p_ik ln p_ik / ln n is Shannon's entropy of the column, with p_ik = x_ik / sum_i x_ik and 0 ln 0 = 0.
    Source: Hwang and Yoon, Multiple Attribute Decision Making (1981).

    Parameters
    ----------
    matrix : (n alternatives x criteria) amounts >= 0, each criterion in any unit.

    Returns
    -------
    (criteria) weights with sum 1. A criterion that is the same for all, or zero for all, has weight 0; with a single
    alternative, or where no criterion tells them apart, the weights are equal.

    Raises
    ------
    InputError
        Where the matrix is empty, or an entry is negative or not finite.
    """
    table = np.asarray(matrix, dtype=np.float64)
    _check_amounts(table)
    alternatives, criteria = table.shape
    scaled = table / np.maximum(table.max(axis=0), np.finfo(np.float64).tiny)
    share = np.divide(scaled, scaled.sum(axis=0), out=np.full_like(table, 1.0 / alternatives), where=scaled.any(axis=0))
    # (1 - e) ln n is sum p ln(p n), which does not cancel; the division by ln n drops out of the weights
    spread = (share * np.log(np.where(share > 0, share * alternatives, 1.0))).sum(axis=0)
    spread = np.where(spread > SAME, spread, 0.0)
    return spread / spread.sum() if spread.any() else np.full(criteria, 1.0 / criteria)


def ahp_weights(judgements: Floats) -> tuple[Floats, float]:
    """Return the weights of criteria from judgements in pairs, and how consistent these are.

    The weights are the principal eigenvector with sum 1; the consistency ratio is CR = CI / RI with
    CI = (lambda_max - n) / (n - 1) and the random index RI. Above 0.1 the judgements should be thought over.
    Source: Saaty, The Analytic Hierarchy Process (1980).

    Parameters
    ----------
    judgements : (criteria x criteria) a_ij > 0, how many times more criterion i matters than criterion j (1 to 9), with
        a_ji = 1 / a_ij; decimals rounded to two places will do, then both entries of a pair count.

    Returns
    -------
    (criteria) weights, and the consistency ratio: 0 where all judgements agree, and for one or two criteria.

    Raises
    ------
    InputError
        Where the table is not square, has more than 15 criteria, or has entries that are not above zero or not the
        reciprocal of each other; names the pair.
    """
    table = np.asarray(judgements, dtype=np.float64)
    _check_judgements(table)
    count = len(table)
    eigenvalues, eigenvectors = np.linalg.eig(np.sqrt(table / table.T))
    principal = int(np.argmax(eigenvalues.real))
    weights = np.abs(eigenvectors[:, principal].real)
    weights /= weights.sum()
    if count <= 2:
        return weights, 0.0
    index = (float(eigenvalues[principal].real) - count) / (count - 1)
    return weights, max(0.0, index) / RANDOM_INDEX[count - 1]


def _check_amounts(table: Floats) -> None:
    if table.ndim != 2 or not table.size:
        cure = "give one row for each alternative and one column for each criterion"
        raise InputError([Finding("matrix", "is no table of alternatives and criteria", cure, value=f"{table.shape}")])
    findings = [
        Finding(
            "matrix",
            "is no amount",
            "give a finite number of zero or more",
            f"row {row + 1}",
            f"criterion {column + 1}",
            f"{table[row, column]:g}",
        )
        for row, column in np.argwhere(~((table >= 0) & np.isfinite(table)))
    ]
    if findings:
        raise InputError(findings)


def _check_judgements(table: Floats) -> None:
    most = len(RANDOM_INDEX)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or not 1 <= len(table) <= most:
        cure = f"give one row and one column for each criterion, {most} at most"
        raise InputError([Finding("judgements", "are no square table of criteria", cure, value=f"{table.shape}")])
    positive = (table > 0) & np.isfinite(table)
    product = np.where(positive & positive.T, table * table.T, np.nan)
    bad = ~(np.abs(product - 1.0) <= RECIPROCAL_TOLERANCE)
    findings = [_pair_finding(table, first, second) for first, second in np.argwhere(np.triu(bad))]
    if findings:
        raise InputError(findings)


def _pair_finding(table: Floats, first: int, second: int) -> Finding:
    if first == second:
        cure = "write 1: a criterion matters as much as itself"
        return Finding("judgements", "is not 1", cure, f"criterion {first + 1}", value=f"{table[first, first]:g}")
    found = f"{table[first, second]:g} and {table[second, first]:g}"
    return Finding(
        "judgements",
        "are not the reciprocal of each other",
        "write how many times more the one matters, above zero, and one over that for the other",
        f"criteria {first + 1} and {second + 1}",
        value=found,
    )
