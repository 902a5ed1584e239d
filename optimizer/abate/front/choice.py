"""A point that was chosen: its objectives, its plan, and what one more unit of each objective costs there."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from abate.front.exact.point import SAME, Floats, spans
from abate.plan import Plan

if TYPE_CHECKING:
    from abate.front.front import Front


@dataclass(frozen=True, eq=False)
class Choice:
    """A chosen point, of a front or between its points.

    Attributes
    ----------
    point : its number in the front; None where it was solved for and is none of the front's points.
    minimised : (p) its objectives, to be minimised.
    columns : value of each column of the model.
    how : how it was chosen, in words.
    """

    point: int | None
    minimised: Floats
    columns: Floats
    how: str
    _front: Front = field(repr=False)

    @property
    def values(self) -> pd.Series[float]:
        """The value of each objective, as people read it."""
        return pd.Series(self.minimised * self._front.signs, index=self._front.names)

    @cached_property
    def plan(self) -> Plan:
        """The verified plan.

        Raises
        ------
        InputError
            Where the front is one of a model and not of a case.
        """
        return self._front.plan_at(self.columns, self.how)

    @cached_property
    def rates(self) -> pd.DataFrame:
        """By how much the objective of a column gets better where that of a row may be one unit worse.

        A rise of what is maximised, a fall of what is minimised: the change has its sign. Each column is a solve: that
        objective is made best while all others are held where they are, with yes-or-no decisions as they are. NaN where
        an objective is not linear in the plan.
        """
        from abate.front.navigator import rates

        known = rates(self._front.linear, self.minimised, self.columns, spans(self._front.values))
        change = 0.0 - known * self._front.signs
        table = pd.DataFrame(change, index=self._front.names, columns=self._front.names)
        table.attrs["units"] = {
            criterion.name: f"{criterion.unit} per unit of the row" for criterion in self._front.criteria
        }
        return table

    def __repr__(self) -> str:
        said = ", ".join(f"{name} {value:.4g}" for name, value in self.values.items())
        where = "between the points" if self.point is None else f"point {self.point}"
        return f"<Choice ({self.how}), {where}: {said}>"


def of_front(front: Front, point: int, how: str) -> Choice:
    """Return a point of a front as a choice."""
    return Choice(point, front.values[point], front.columns[point], how, front)


def solved(front: Front, minimised: Floats, columns: Floats, how: str) -> Choice:
    """Return a point that was solved for as a choice; one of the front's where it is the same as that."""
    room = np.maximum(10 * SAME * spans(front.values), SAME * np.abs(minimised))
    same = np.flatnonzero((np.abs(front.values - minimised) <= room).all(axis=1))
    return of_front(front, int(same[0]), how) if len(same) else Choice(None, minimised, columns, how, front)
