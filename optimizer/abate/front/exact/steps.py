"""Steps: objectives whose values are whole multiples of a number, so that a front has finitely many points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abate.front.exact.point import Floats
from abate_models.compile import CompiledModel

#: Least share of its own step that an objective may weigh while another one is made least; a solver sees no less.
SMALLEST_TIE = 1e-6
#: Powers of ten by which coefficients are multiplied in the search for a common step.
_DIGITS = range(7)
#: Relative size below which the rest of a division is rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Steps:
    """The steps of all objectives.

    Attributes
    ----------
    sizes : (p) each objective's values are a constant plus multiples of it.
    ties : (p x p) row k are weights under which objective k is made least, and then the others: all others together
        never outweigh one step of objective k.
    """

    sizes: Floats
    ties: Floats


def find_steps(compiled: CompiledModel, objectives: Floats) -> Steps | None:
    """Return the steps of objectives; None where one has none, or too many for a solver to tell one from none.

    Parameters
    ----------
    objectives : (p x columns) coefficients.
    """
    sizes = np.array([_step(compiled, coefficients) for coefficients in objectives])
    counted = np.any(objectives != 0, axis=0)
    widths = (compiled.column_upper - compiled.column_lower)[counted]
    if not (sizes > 0).all() or not np.isfinite(widths).all():
        return None
    spans = np.abs(objectives[:, counted]) @ widths
    # each of the others by itself, so that its unit does not matter
    others = 2.0 * (len(sizes) - 1) * spans
    ties = np.where(np.eye(len(sizes), dtype=bool), 1.0, sizes[:, None] / others[None, :])
    seen = ties * sizes[None, :] / sizes[:, None]
    return Steps(sizes, ties) if seen.min() >= SMALLEST_TIE else None


def _step(compiled: CompiledModel, coefficients: Floats) -> float:
    """Return the greatest number that all values of a sum are multiples of; 0 where there is none."""
    counted = coefficients != 0
    if not counted.any() or not compiled.integer[counted].all():
        return 0.0
    sizes = np.abs(coefficients[counted])
    for digits in _DIGITS:
        scaled = sizes * 10.0**digits
        if np.all(np.abs(scaled - np.round(scaled)) <= _ROUNDING * scaled) and scaled.max() < 2**53:
            return float(np.gcd.reduce(np.round(scaled).astype(np.int64)) / 10.0**digits)
    return 0.0
