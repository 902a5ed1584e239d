"""A criterion: what an objective is called, its unit, and whether people want it small or large."""

from __future__ import annotations

from dataclasses import dataclass

from abate.errors import Finding, InputError

#: Columns of the table of points that are no objectives.
TAKEN = ("point", "status", "gap")


@dataclass(frozen=True)
class Criterion:
    """One objective as people read it.

    Attributes
    ----------
    name, unit : as in tables.
    maximised : whether more is better.

    Raises
    ------
    InputError
        Where the table of points has another column of that name.
    """

    name: str
    unit: str
    maximised: bool = False

    def __post_init__(self) -> None:
        if self.name in TAKEN:
            cure = "give it another name"
            raise InputError([Finding("objectives", "has the name of a column of front.points", cure, value=self.name)])
