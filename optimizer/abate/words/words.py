"""Sentences, numbers and units in the language of the reader."""

from __future__ import annotations

import math
import tomllib
from functools import cache
from importlib import resources
from typing import Any

from abate.errors import Finding, InputError

#: The languages of the catalogue, each a file beside this one, and how each calls itself.
LANGUAGES = {"en": "English", "zh": "简体中文"}
#: The locale by which numbers of a language are written.
_LOCALES = {"en": "en_GB", "zh": "zh_Hans_CN"}
#: Significant digits of a number in prose; files hold all of them.
DIGITS = 4


class Words:
    """The catalogue of one language.

    Parameters
    ----------
    lang : ``en`` or ``zh`` (Simplified Chinese).

    Raises
    ------
    InputError
        Where there is no such language.
    """

    def __init__(self, lang: str = "en") -> None:
        if lang not in LANGUAGES:
            cure = "choose " + " or ".join(f"{code} ({name})" for code, name in LANGUAGES.items())
            raise InputError([Finding("options", "is no language of reports", cure, column="lang", value=str(lang))])
        self.lang = lang
        self.locale = _LOCALES[lang]
        self._entries = catalogue(lang)

    def __call__(self, key: str, **values: object) -> str:
        """Return the sentence of a key such as ``report.title``, its gaps filled with values.

        A sentence with a gap `count` may have a second form for exactly one, in the key with ``_one`` at its end.
        Text that a case gives is not escaped here: whoever makes a page of it escapes it.
        """
        entries = self._entries
        if values.get("count") == 1 and f"{key}_one" in entries:
            key = f"{key}_one"
        return entries[key].format(**{name: self._said(value) for name, value in values.items()})

    def known(self, key: str, otherwise: str) -> str:
        """Return the entry of a key, or a text as it is where the catalogue has none."""
        return self._entries.get(key, otherwise)

    def _said(self, value: object) -> str:
        return self.number(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)

    def number(self, value: float) -> str:
        """Return a number with 4 significant digits (all of its digits before the point), as the language groups it.

        >>> Words("en").number(1234567.8), Words("en").number(0.0123456), Words("en").number(float("nan"))
        ('1,234,568', '0.01235', '–')
        """
        from babel.numbers import format_decimal, format_scientific

        if not math.isfinite(value):
            return "–" if math.isnan(value) else ("∞" if value > 0 else "−∞")
        if value == 0:
            return "0"
        value = float(f"{value:.12g}")  # 167.54999999999998 is 167.55
        size = math.floor(math.log10(abs(value)))
        if not -5 <= size < 15:
            return str(format_scientific(float(f"{value:.{DIGITS - 1}e}"), locale=self.locale))
        places = max(0, DIGITS - 1 - size)
        pattern = "#,##0." + "#" * places if places else "#,##0"
        return str(format_decimal(round(value, places), format=pattern, locale=self.locale)).replace("-", "−")

    def percent(self, value: float) -> str:
        """Return a percentage, given as one: 12.34 is 12.3 %."""
        return "–" if math.isnan(value) else f"{self.number(float(f'{value:.3g}'))} %"

    def money(self, value: float, currency: str) -> str:
        """Return an amount of money in whole units with its currency's code."""
        if math.isnan(value):
            return self("cost_unknown")
        return f"{self.number(round(value))} {currency}" if abs(value) >= 100 else f"{self.number(value)} {currency}"

    def unit(self, text: str) -> str:
        """Return a unit as the language writes it: each of its parts that the catalogue knows, the others as they are.

        >>> Words("zh").unit("kg/yr"), Words("en").unit("kg/yr")
        ('kg/年', 'kg/yr')
        """
        words = [self._entries.get(f"unit.{word}", word) for word in text.split(" ")]
        return " ".join("/".join(self._entries.get(f"unit.{part}", part) for part in word.split("/")) for word in words)

    def column(self, name: str) -> str:
        """Return the heading of a table's column."""
        return self._entries.get(f"column.{name}", name.replace("_", " "))

    def value(self, text: str) -> str:
        """Return one of the fixed words that stand in tables (kinds, states), or a text as it is."""
        return self._entries.get(f"value.{text}", text)

    def table(self, area: str) -> dict[str, str]:
        """Return all entries of an area of the catalogue, by what follows its name."""
        return {key.partition(".")[2]: text for key, text in self._entries.items() if key.startswith(f"{area}.")}


@cache
def catalogue(lang: str) -> dict[str, str]:
    """Return every entry of a language, its keys with the areas they stand in: ``report.title``."""
    text = resources.files("abate.words").joinpath(f"{lang}.toml").read_text("utf-8")
    entries: dict[str, str] = {}
    _flatten(tomllib.loads(text), "", entries)
    return entries


def _flatten(level: dict[str, Any], path: str, entries: dict[str, str]) -> None:
    for key, value in level.items():
        if isinstance(value, dict):
            _flatten(value, f"{path}{key}.", entries)
        else:
            entries[path + key] = value
