"""Numbers beside the marks of a panel, each where it hides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

#: Marks no further apart than these shares of the panel, across and up, share one text.
NEAR = np.array([0.03, 0.025])
#: Width of a letter, height of a line, half a mark and the gap to the text, in inches.
LETTER, LINE, MARK, GAP = 0.075, 0.15, 0.045, 0.06
#: Where a text may stand beside its marks, across and up, the best places first.
SIDES = np.array([(1, 1), (1, -1), (-1, 1), (-1, -1), (1, 0), (-1, 0), (0, 1), (0, -1)])


def write_numbers(panel: Axes, x: Floats, y: Floats, numbers: list[str], inches: Floats) -> None:
    """Write a number beside each mark, one text for marks that lie together.

    Parameters
    ----------
    panel : with its limits and scales as they are to stay.
    x, y : of the marks, in data.
    inches : width and height of the panel, roughly.
    """
    marks = panel.transAxes.inverted().transform(panel.transData.transform(np.column_stack([x, y])))
    taken = np.stack([marks - MARK / inches, marks + MARK / inches], axis=1)
    for members in _together(marks):
        text = ", ".join(numbers[row] for row in members)
        size = np.array([LETTER * len(text), LINE]) / inches
        low, high = marks[members].min(axis=0), marks[members].max(axis=0)
        away = GAP / inches + size / 2
        centres = np.where(SIDES > 0, high + away, np.where(SIDES < 0, low - away, (low + high) / 2))
        boxes = np.stack([centres - size / 2, centres + size / 2], axis=1)
        place = int(np.argmin([_hidden(box, taken) for box in boxes]))
        taken = np.concatenate([taken, boxes[[place]]])
        across, up = centres[place].tolist()
        panel.text(across, up, text, ha="center", va="center", fontsize="small", transform=panel.transAxes)


def _together(marks: Floats) -> list[list[int]]:
    """Return the marks in groups, each mark near another one of its group."""
    groups: list[list[int]] = []
    for row, mark in enumerate(marks):
        near = [group for group in groups if (np.abs(marks[group] - mark) <= NEAR).all(axis=1).any()]
        groups = [group for group in groups if group not in near]
        groups.append(sorted([row, *(one for group in near for one in group)]))
    return groups


def _hidden(box: Floats, taken: Floats) -> int:
    """Return how many boxes a box lies over; to stand outside the panel counts as well."""
    over = (box[0] < taken[:, 1]) & (box[1] > taken[:, 0])
    return int(over.all(axis=1).sum()) + int((box[0] < 0).any() or (box[1] > 1).any())
