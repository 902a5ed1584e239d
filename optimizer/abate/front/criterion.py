"""A criterion: what an objective is called, its unit, and whether people want it small or large."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Criterion:
    """One objective as people read it.

    Attributes
    ----------
    name, unit : as in tables.
    maximised : whether more is better.
    """

    name: str
    unit: str
    maximised: bool = False
