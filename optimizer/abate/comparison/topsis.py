"""TOPSIS: ranks strategies by how near they come to the best in every criterion and how far they keep from the worst.

Source: Hwang and Yoon, Multiple Attribute Decision Making (1981).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from abate.errors import Finding, InputError
from abate.strategies.weights import check_weights
from abate_data.names import offer

Floats = NDArray[np.float64]

MIN_MAX, VECTOR = "min-max", "vector"
NORMALISATIONS = (MIN_MAX, VECTOR)


def topsis(matrix: Floats, weights: Floats, senses: Floats, normalisation: str = MIN_MAX) -> Floats:
    """Return the closeness of each row to the ideal, d_worst / (d_best + d_worst), 0 to 1.

    d_best and d_worst are the Euclidean distances, in normalised and weighted criteria, to the best and the worst that
    any row has in each criterion. The normalisation is part of the result: the two differ, so name it with the figures.

    Parameters
    ----------
    matrix : (rows x criteria) finite numbers, each criterion in a unit of its own.
    weights : (criteria) >= 0 with sum 1.
    senses : (criteria) 1 where more is better, -1 where less is.
    normalisation : "min-max", (x - min) / (max - min), or "vector", x / sqrt(sum x^2).

    Returns
    -------
    (rows) closeness; a criterion that is the same in every row does not count, and rows all alike get 0.5.

    Raises
    ------
    InputError
        Where the matrix is empty or not finite, the weights are none, a sense is neither 1 nor -1, or the
        normalisation is unknown.
    """
    table, sense = np.asarray(matrix, dtype=np.float64), np.asarray(senses, dtype=np.float64)
    _check(table, sense, normalisation)
    check_weights(weights, table.shape[1])
    scaled = sense * weights * _normalised(table, normalisation)
    to_best = np.linalg.norm(scaled - scaled.max(axis=0), axis=1)
    to_worst = np.linalg.norm(scaled - scaled.min(axis=0), axis=1)
    both = to_best + to_worst
    closeness: Floats = np.divide(to_worst, both, out=np.full(len(both), 0.5), where=both > 0)
    return closeness


def _normalised(table: Floats, normalisation: str) -> Floats:
    """Return the criteria without units; the origin of each is of no matter, as only distances are taken."""
    scale = np.ptp(table, axis=0) if normalisation == MIN_MAX else np.linalg.norm(table, axis=0)
    normalised: Floats = np.divide(table, scale, out=np.zeros_like(table), where=scale > 0)
    return normalised


def _check(table: Floats, sense: Floats, normalisation: str) -> None:
    if table.ndim != 2 or not table.size:
        cure = "give one row for each strategy and one column for each criterion"
        raise InputError([Finding("matrix", "is no table of strategies and criteria", cure, value=f"{table.shape}")])
    findings = [
        Finding("matrix", "is no number to compare", "leave this row out", f"row {row + 1}", f"criterion {column + 1}")
        for row, column in np.argwhere(~np.isfinite(table))
    ]
    if sense.shape != table.shape[1:] or not np.all(np.abs(sense) == 1):
        cure = "give one for each criterion: 1 where more is better, -1 where less is"
        findings.append(Finding("senses", "do not say what is better", cure, value=str(sense.tolist())))
    if normalisation not in NORMALISATIONS:
        cure = offer(normalisation, NORMALISATIONS, "normalisation")
        findings.append(Finding("normalisation", "is unknown", cure, value=normalisation))
    if findings:
        raise InputError(findings)
