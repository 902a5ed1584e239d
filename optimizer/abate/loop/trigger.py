"""When to plan anew: where a target is likely to be missed and need not be, or where money can be saved.

A trigger on the risk of missing alone lets plans only ever grow dearer, because what turns out to be unnecessary never
raises a risk (section 3 of the project's closed loop). So a plan also gives way to one that is cheaper by enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from abate.errors import Finding, InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Trigger:
    """Thresholds, all as shares.

    Attributes
    ----------
    risk : probability of missing a target beyond which its risk counts.
    relief : by how much a new plan has to lower that probability, so that what cannot be helped triggers nothing.
    savings : share of the cost still to come that a new plan has to save.
    """

    risk: float = 0.40
    relief: float = 0.05
    savings: float = 0.10

    def __post_init__(self) -> None:
        """Refuse what cannot be compared with anything."""
        wrong = [
            Finding("trigger", "is no number", "give a share such as 0.05", column=one.name, value=str(value)[:80])
            for one in fields(self)
            if not isinstance(value := getattr(self, one.name), int | float | np.number) or np.isnan(value)
        ]
        if wrong:
            raise InputError(wrong)

    def reason(self, targets: Sequence[str], standing: Floats, renewed: Floats, savings: float) -> str:
        """Return in words why to plan anew, or nothing where the plan may stand.

        Parameters
        ----------
        targets : their names.
        standing, renewed : (targets,), probability that each is missed in the years that are judged, under the plan
            that stands and under the new one.
        savings : share of the cost still to come that the new plan saves; negative where it costs more.
        """
        helped = (standing > self.risk) & (standing - renewed >= self.relief)
        if helped.any():
            worst = int(np.argmax(np.where(helped, standing, -np.inf)))
            others = int(helped.sum()) - 1
            beside = f" (and {others} more target{'s' if others > 1 else ''})" if others else ""
            return (
                f"{targets[worst]}{beside} would be missed with a probability of {standing[worst]:.0%} under the plan "
                f"in force, {renewed[worst]:.0%} under the new one"
            )
        if savings >= self.savings:
            return f"the new plan saves {savings:.1%} of the cost still to come"
        return ""
