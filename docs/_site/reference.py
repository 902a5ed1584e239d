"""Docstrings of the public names, made ready for the reference; loaded by mkdocstrings."""

from __future__ import annotations

from typing import Any

import griffe
from docstrings import for_reference

import abate


class PlainDocstrings(griffe.Extension):
    """Rewrites every docstring as the reference reads it."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of an object that was read."""
        if obj.docstring is not None:
            obj.docstring.value = for_reference(obj.docstring.value, NAMES)


NAMES = {f"abate.{name}": f"abate.{name}" for name in abate.__all__}
