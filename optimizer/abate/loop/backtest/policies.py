"""The policies that are compared: an outlook, and how plans are made, kept and changed with it.

All of them make plans with the same planner, for all years that are left, at the same price of what gives way, and all
but the static ones may plan anew once a year. What a policy is given is its brief and, year by year, what the
monitoring showed; the oracle's outlook alone is made from the truth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from abate.loop.backtest.outlook import Believed, Brief, Foresight, Library, Outlook, without_quality
from abate.loop.backtest.truth import Truth
from abate.loop.trigger import Trigger

ORACLE, LOOP, RESTLESS = "oracle", "closed loop", "closed loop, no stability rule"

#: Probability of the closed loop's margin, the years that have one, and what a smaller change may cost. The stability
#: rule is the last of them, with the trigger.
PROBABILITY, MARGIN_YEARS, TOLERANCE = 0.8, 2, 0.0125
TRIGGER = Trigger(risk=0.40, savings=0.10)
#: How many years ahead of the next one the closed loop states a forecast: next year, and in the fifth year.
HORIZONS = (0, 4)


@dataclass(frozen=True)
class Policy:
    """How plans are made.

    Attributes
    ----------
    name : what it is called.
    outlook : makes its outlook from the brief; what it is given besides is for the oracle.
    replans : whether it plans anew every year.
    probability : with which limits are to hold in the years with a margin; .5 for no margin.
    margin_years : how many years from the next one on have a margin.
    tolerance : share by which the cost may pass the least for a smaller change; None for least cost.
    trigger : when a new plan replaces the one in force; None for always.
    forecasts : how many years ahead of the next one it states what it expects.
    """

    name: str
    outlook: Callable[[Brief, Truth], Outlook]
    replans: bool = True
    probability: float = 0.5
    margin_years: int = 0
    tolerance: float | None = None
    trigger: Trigger | None = None
    forecasts: tuple[int, ...] = ()


def _library(brief: Brief, _: Truth) -> Outlook:
    return Library(brief, follows_activity=False)


def _activity(brief: Brief, _: Truth) -> Outlook:
    return Library(brief)


def _ratios(brief: Brief, _: Truth) -> Outlook:
    return Library(brief, corrects=True)


def _reports(brief: Brief, _: Truth) -> Outlook:
    return Believed(brief, glance=without_quality)


def _fixed_transfer(brief: Brief, _: Truth) -> Outlook:
    return Believed(brief, replace(brief.prior, receptor_sd=0.0, source_sd=0.0, pair_sd=0.0, transfers=()))


def _belief(brief: Brief, _: Truth) -> Outlook:
    return Believed(brief)


_RESTLESS = Policy(RESTLESS, _belief, probability=PROBABILITY, margin_years=MARGIN_YEARS)

#: In the order in which they are shown.
POLICIES = (
    Policy("static plan", _library, replans=False),
    Policy("static, 95 % margin", _library, replans=False, probability=0.95, margin_years=100),
    Policy("activity only", _activity),
    Policy("reported loads only", _reports),
    Policy("relative response factor", _ratios),
    Policy("belief, transfer fixed", _fixed_transfer),
    Policy("belief, no margin", _belief),
    _RESTLESS,
    replace(_RESTLESS, name=LOOP, tolerance=TOLERANCE, trigger=TRIGGER, forecasts=HORIZONS),
    Policy(ORACLE, Foresight, replans=False),
)
