"""Names that were mistyped, and the ones that were meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

#: So many names are compared at most; a longer list is first narrowed to those with the same first letter.
COMPARED = 2000


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that is most like `name`, or an empty string where none is."""
    names = list(known)
    folded = name.casefold()
    for candidate in names:
        if candidate.casefold() == folded:
            return candidate
    if len(names) > COMPARED:
        names = [candidate for candidate in names if candidate[:1] == name[:1]][:COMPARED]
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return near[0] if near else ""


def offer(name: str, known: Iterable[str], kind: str) -> str:
    """Return the cure for an unknown name: the nearest known one, or those there are."""
    names = list(known)
    if near := nearest(name, names):
        return f"did you mean {near!r}?"
    if not names:
        return f"there is no {kind} to name: leave it out, or add the table that defines it"
    some = ", ".join(repr(candidate) for candidate in names[:8])
    return f"name one of {some}{' ...' if len(names) > 8 else ''}"


def sentence(phrase: str) -> str:
    """Return a phrase with its end marked, so that a sentence may follow."""
    return phrase if phrase.endswith(("?", ".")) else f"{phrase}."
