"""Names of objectives, which may be said in short."""

from __future__ import annotations

from collections.abc import Sequence

from abate.errors import Finding, InputError
from abate_data.names import offer


def place_of(names: Sequence[str], name: str) -> int:
    """Return the place of an objective by its name, or by what stands before the colon where only one has it.

    Raises
    ------
    InputError
        Where there is none, or there are several.

    >>> place_of(["cost", "exposure:pm25"], "exposure")
    1
    """
    if name in names:
        return names.index(name)
    short = [place for place, full in enumerate(names) if full.partition(":")[0] == name]
    if len(short) == 1:
        return short[0]
    cure = f"choose {', '.join(names[place] for place in short)}" if short else offer(name, names, "objective")
    raise InputError([Finding("objectives", "is none of the front's", cure, value=name)])
