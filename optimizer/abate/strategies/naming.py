"""A strategy and its options as one text, which can be asked for again."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def named(name: str, options: dict[str, Any]) -> str:
    """Return a strategy with its options as one text.

    >>> named("multi-criteria", {"attributes": ("gdp", "area")})
    'multi-criteria attributes=gdp,area'
    """
    return " ".join([name, *(f"{key}={_text(value)}" for key, value in options.items())])


def asked(function: Callable[..., Any], **options: Any) -> str:
    """Return the text of a strategy's function with those of its options that are not what they are by default."""
    usual = {name: parameter.default for name, parameter in inspect.signature(function).parameters.items()}
    return named(
        function.__name__.replace("_", "-"), {key: value for key, value in options.items() if value != usual[key]}
    )


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
