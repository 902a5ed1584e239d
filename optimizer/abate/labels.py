"""What stands at the axes of figures: names that fit, and sums in words."""

from __future__ import annotations


def fitted(text: str, most: int) -> str:
    r"""Return a text cut to so many letters, in which a dollar sign is a dollar sign and begins no formula.

    >>> fitted("cost in $ of a long year", 12)
    'cost in \\$...'
    """
    cut = text if len(text) <= most else f"{text[: most - 3]}..."
    return cut.replace("$", r"\$")


def scaled(largest: float) -> tuple[float, str]:
    """Return by what numbers up to a largest one are divided on an axis, and the word for it.

    >>> scaled(6.7e9), scaled(1500.0)
    ((1000000000.0, 'billion '), (1.0, ''))
    """
    for scale, word in ((1e9, "billion "), (1e6, "million "), (1e3, "thousand ")):
        if largest >= 2 * scale:
            return scale, word
    return 1.0, ""
