"""Formulas of a built page as MathML, which browsers set without a script or a font from elsewhere."""

from __future__ import annotations

import html
import re

from latex2mathml.converter import convert

_FORMULA = re.compile(r'<(span|div) class="arithmatex">\s*\\([(\[])(.*?)\\[)\]]\s*</\1>', re.DOTALL)


def set_formulas(page: str) -> str:
    """Return a page with the formulas that the Markdown extension marked as MathML."""
    return _FORMULA.sub(_set, page)


def _set(found: re.Match[str]) -> str:
    display = "block" if found.group(2) == "[" else "inline"
    return convert(html.unescape(found.group(3)).strip(), display=display)
