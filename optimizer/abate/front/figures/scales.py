"""Scales of a front's objectives in figures: by what values are divided, and what stands at their axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from abate.labels import fitted, scaled

if TYPE_CHECKING:
    from abate.front.exact.point import Floats
    from abate.front.front import Front

# the house's colours, told apart in grey and by colour-blind readers
DARK, BEYOND, GREY, CHOSEN = "#1f4e79", "#c26a00", "#8a8a8a", "#000000"
#: Dark to light from the best to the worst.
MAP = "cividis"
#: Letters of a name and its unit for which there is room.
LONGEST = 50


@dataclass(frozen=True)
class Scale:
    """How an objective is shown: its place, what values are divided by, the word for that, what stands at its axis."""

    place: int
    size: float
    word: str
    label: str

    def of(self, front: Front) -> Floats:
        """Return the value of each point as it is shown."""
        return np.asarray(front.values[:, self.place] * front.signs[self.place] / self.size)


def scales_of(front: Front, *, apart: str = " ") -> list[Scale]:
    """Return the scale of each objective; `apart` stands between name and unit."""
    scales = []
    for place, criterion in enumerate(front.criteria):
        size, word = scaled(float(np.abs(front.values[:, place]).max()))
        unit = f"{word}{criterion.unit}".strip()
        # where both are long each gets half of the room
        room = max(LONGEST - len(unit) - 3, LONGEST // 2)
        name, unit = fitted(criterion.name, room), fitted(unit, LONGEST // 2)
        scales.append(Scale(place, size, word, f"{name}{apart}[{unit}]" if unit else name))
    return scales
