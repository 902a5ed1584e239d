"""Texts beside marks, each where it hides nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from abate.report.charts.theme import rounded

Floats = NDArray[np.float64]

#: Width and height for which texts are placed, in pixels: they stay apart on any wider panel.
NARROWEST, HEIGHT = 260, 340
#: Width of a letter, height of a line, half a mark, and gap between mark and text, in pixels.
LETTER, LINE, MARK, GAP = 7.0, 13.0, 5.0, 3.0
#: Where a text may stand beside its mark, the best places first, across and up.
SIDES = ((1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1), (0, 1), (0, -1))
#: Marks that lie no further apart than this, in pixels, share one text.
NEAR = 9.0


def place_labels(x: Floats, y: Floats, texts: list[str], ends: list[list[float]]) -> list[dict[str, Any]]:
    """Return the texts beside the marks, one for marks that lie together: text, x, y (data), dx, dy (pixels from it).

    One after the other takes the first side on which it hides no mark and no other text; where there is none, the side
    on which it hides least.
    """
    span = [high - low for low, high in ends]
    at = np.column_stack([(x - ends[0][0]) / span[0] * NARROWEST, (ends[1][1] - y) / span[1] * HEIGHT])
    taken = [(place - MARK, place + MARK) for place in at]
    found = []
    for members in _together(at):
        text = ", ".join(texts[row] for row in members)
        size = np.array([LETTER * len(text), LINE])
        middle, half = (at[members].min(axis=0) + at[members].max(axis=0)) / 2, np.ptp(at[members], axis=0) / 2
        # a wider panel moves marks of a group apart, so that beside them there is no place to be sure of
        offsets = [
            np.array([side[0], -side[1]]) * (half + MARK + GAP + size / 2)
            for side in (SIDES if len(members) == 1 else SIDES[::-1])
        ]
        hidden = [_hidden(middle + offset, size, taken) for offset in offsets]
        offset = offsets[int(np.argmin(hidden))]
        taken.append((middle + offset - size / 2, middle + offset + size / 2))
        across, up = middle[0] / NARROWEST * span[0] + ends[0][0], ends[1][1] - middle[1] / HEIGHT * span[1]
        columns = rounded(np.array([across, up, *offset]), 6)
        found.append({"text": text, **dict(zip(("x", "y", "dx", "dy"), columns, strict=True))})
    return found


def _together(at: Floats) -> list[list[int]]:
    """Return the marks in groups, each mark near another one of its group."""
    groups: list[list[int]] = []
    for row, mark in enumerate(at):
        near = [group for group in groups if (np.abs(at[group] - mark) <= NEAR).all(axis=1).any()]
        groups = [group for group in groups if group not in near]
        groups.append(sorted([row, *(one for group in near for one in group)]))
    return groups


def _hidden(centre: Floats, size: Floats, taken: list[tuple[Floats, Floats]]) -> int:
    """Return how many boxes a text lies over; to stand outside the panel counts twice."""
    low, high = centre - size / 2, centre + size / 2
    outside = bool((low < 0).any() or (high > (NARROWEST, HEIGHT)).any())
    return sum(bool((low < top).all() and (high > bottom).all()) for bottom, top in taken) + 2 * outside
