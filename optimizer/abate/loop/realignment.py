"""How targets are re-aligned: the choices that are the planner's, with defaults that were measured.

The numbers behind the defaults are those of `python -m benchmarks loop`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np

from abate.errors import Finding, InputError
from abate.loop.prior import Prior
from abate.loop.trigger import Trigger


@dataclass(frozen=True)
class Realignment:
    """The choices of a revision.

    Attributes
    ----------
    probability : with which targets that give none of their own are to hold, from 0.5 (expected values) up.
    margin_years : years from the next one on in which targets hold with their probability, later ones in expectation:
        a margin on the whole horizon builds more than is ever needed.
    tolerance : share of the least cost that may be paid so that fewer measures change; None for plain least cost.
    freeze_years : years from the next one on in which nothing may change that can stay.
    trigger : when a new plan replaces the old one.
    credit_share : share of what a source stays under its allocation that it may ask back out of the reserve.
    prior : how well figures are known before anything is observed; None takes it from the case.
    first_plan : the plan in force before a region's first cycle, by its strategy, with its first day where it had one:
        `least-cost since 2026-01-01`. Blank for none, or where the plan itself is given.
    as_of : day of the revision, YYYY-MM-DD; what was received later is not used. Blank for no such day.
    """

    probability: float = 0.8
    margin_years: int = 2
    tolerance: float | None = 0.0125
    freeze_years: int = 0
    trigger: Trigger = field(default_factory=Trigger)
    credit_share: float = 0.0
    prior: Prior | None = None
    first_plan: str = ""
    as_of: str = ""

    def __post_init__(self) -> None:
        """Refuse what means nothing."""
        is_share = self.tolerance is None or _between(self.tolerance, 0.0, 1.0)
        a_trigger, a_prior = isinstance(self.trigger, Trigger), self.prior is None or isinstance(self.prior, Prior)
        likely = _between(self.probability, 0.5, 1.0) and self.probability < 1
        wrong = [
            Finding("realignment", problem, cure, column=name, value=str(getattr(self, name))[:80])
            for name, holds, problem, cure in (
                ("probability", likely, "is no such probability", "give 0.5 to 0.999"),
                ("margin_years", _is_count(self.margin_years), "is no number of years", "give 0 or more"),
                ("tolerance", is_share, "is no share", "give 0 to 1"),
                ("freeze_years", _is_count(self.freeze_years), "is no number of years", "give 0 or more"),
                ("trigger", a_trigger, "is no trigger", "give an abate.Trigger"),
                ("credit_share", _between(self.credit_share, 0.0, 1.0), "is no share", "give 0 to 1"),
                ("prior", a_prior, "is no prior", "give an abate.Prior, or None"),
            )
            if not holds
        ]
        if wrong:
            raise InputError(wrong)

    def to_json(self) -> dict[str, Any]:
        """Return the choices as a document."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Realignment:
        """Return the choices of a document."""
        own = {one.name: document[one.name] for one in fields(cls) if one.name not in ("trigger", "prior")}
        prior = document["prior"]
        return cls(**own, trigger=Trigger(**document["trigger"]), prior=None if prior is None else Prior(**prior))


def _between(value: object, least: float, most: float) -> bool:
    return isinstance(value, int | float | np.number) and bool(least <= value <= most)


def _is_count(value: object) -> bool:
    return isinstance(value, int | np.integer) and int(value) >= 0
