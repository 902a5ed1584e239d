"""The parts of a workbook as streams of XML: elements by their local names, and numbers as XML writes them."""

from __future__ import annotations

import math
import re
from typing import IO, Any
from xml.parsers import expat

_BLANK = " \t\r\n"
_DOUBLE = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


class Broken(ValueError):  # noqa: N818 - what is wrong is its text
    """A part of a workbook that says no one thing; the text tells where and why, as a phrase."""


def whole_of(text: str) -> int:
    """Return a number that is written in the digits 0 to 9 alone; ValueError where it is not."""
    if not (text.isascii() and text.isdigit()):
        raise ValueError("no digits")
    return int(text)


def number_of(text: str) -> float | None:
    """Return a finite number that is written as a double of XML Schema (part 2, section 3.2.5), None for all else.

    `float` would take more, such as `1_000` and the digits of other scripts.

    >>> number_of("1e3"), number_of(" 7 "), number_of("1_000"), number_of("INF")
    (1000.0, 7, None, None)
    """
    if text.isascii() and text.lstrip("-").isdigit() and text.count("-") < 2:
        return int(text)
    text = text.strip(_BLANK)
    if text.isascii() and text.isdigit():
        return int(text)
    number = float(text) if _DOUBLE.fullmatch(text) else math.inf
    return number if math.isfinite(number) else None


def parse(file: IO[bytes], handlers: dict[str, Any]) -> None:
    """Parse XML with handlers of expat; entities are refused, so that nothing grows while it is read."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    for name, handler in handlers.items():
        setattr(parser, name, handler)
    parser.ParseFile(file)


def _refuse(*_: object) -> None:
    raise ValueError("a part of a workbook declares no document type")


class LocalNames(dict[str, str]):
    """The name of an element without its prefix, worked out once."""

    def __missing__(self, name: str) -> str:
        """Return what follows the prefix."""
        self[name] = name.rpartition(":")[2]
        return self[name]
