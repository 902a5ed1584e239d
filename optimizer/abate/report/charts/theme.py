"""What all charts share: colours, sizes of letters, numbers and names as they are written, and how panels stand.

A chart of one view takes the width of what contains it; drawn to a file it has `WIDTH`. A chart of several panels is a
`concat`, whose panels have a width of their own: on a screen narrower than `NARROW` the page sets ``spec.columns = 1``
and multiplies width and height of each of ``spec.concat`` by ``spec.usermeta.narrow`` (height only where
``spec.usermeta.aspect`` is true) before it draws.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt
import numpy as np
from numpy.typing import NDArray

from abate.words import Words

Floats = NDArray[np.float64]

#: Colours in an order of lightness, told apart in grey and by colour-blind readers (blues, with orange against them).
DARK, MIDDLE, LIGHT, PALE = "#1f4e79", "#6d9bc8", "#b9cfe4", "#e8eff6"
ORANGE, PALE_ORANGE, GREEN, INK, GREY, WHITE = "#c26a00", "#f7d9b5", "#00795a", "#222222", "#707070", "#ffffff"
#: Light to dark for reductions from 0 to 100 %.
BLUES = ["#e9f0f8", "#c3d8ec", "#7fabd3", "#3f7cb0", "#123a63"]
#: Letters that the systems of readers have, Chinese ones among them.
FONT = "system-ui, 'Segoe UI', 'Helvetica Neue', Arial, 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
SMALL, MEDIUM, LARGE = 11, 12, 14
#: Width of a view in a file, of the screens that count as narrow, and of what a narrow one has for a panel, in pixels.
WIDTH, NARROW, PHONE = 640, 700, 340
#: Height of a row of bars, in pixels.
ROW = 20
#: How numbers are written at axes: 4 significant digits, grouped, without an exponent.
NUMBER = ",.4~r"
#: Significant digits of the numbers in charts' data, and of those in charts of thousands of marks.
DIGITS, FEW_DIGITS = 9, 4
#: Powers of ten that a logarithmic axis spans at most with lines between them.
FEW_POWERS = 2
#: Columns of letters of a line below a title.
LINE = 56
#: Records up to which they stand in the chart as such.
FEW_RECORDS = 400
#: Columns of letters that a name may take beside a row.
LETTERS = 40
#: Room beside bars for a percentage, in pixels.
BESIDE = 48


def finished(chart: Any, words: Words, title: str, subtitle: str | Sequence[str] = "") -> alt.TopLevelMixin:
    """Return a chart with its title and the look that all charts have."""
    lines = [subtitle] if isinstance(subtitle, str) else list(subtitle)
    shown = [part for line in lines for part in wrapped(line)]
    heading = alt.TitleParams(text=title, subtitle=shown) if shown else alt.TitleParams(text=title)
    styled: alt.TopLevelMixin = chart.properties(title=heading, description=title).configure(**_config(words))
    return styled


def _config(words: Words) -> dict[str, Any]:
    axis = {
        "labelFontSize": SMALL,
        "titleFontSize": MEDIUM,
        "titleFontWeight": "normal",
        "labelColor": INK,
        "titleColor": INK,
        "domainColor": GREY,
        "tickColor": GREY,
        "gridColor": "#e4e4e4",
        "labelOverlap": True,
    }
    legend = {
        "orient": "top",
        "direction": "horizontal",
        "labelFontSize": SMALL,
        "titleFontSize": SMALL,
        "titleFontWeight": "normal",
        "labelLimit": 260,
        "titleLimit": 300,
        "gradientLength": 140,
        "labelColor": INK,
        "titleColor": INK,
        "columnPadding": 14,
        # one below the other on a narrow screen
        "columns": alt.ExprRef(f"containerSize()[0] < {NARROW - 200} ? 1 : 0"),
    }
    title = {"anchor": "start", "fontSize": LARGE, "fontWeight": "bold", "color": INK, "frame": "bounds"}
    return {
        "background": WHITE,
        "font": FONT,
        "padding": 4,
        "view": {"continuousWidth": WIDTH, "stroke": None},
        "axis": axis,
        "legend": legend,
        "title": {**title, "subtitleFontSize": SMALL, "subtitleColor": GREY, "subtitlePadding": 4, "offset": 10},
        "text": {"fontSize": SMALL, "color": INK},
        "concat": {"spacing": 24},
        "locale": {"number": _locale(words)},
    }


def _locale(words: Words) -> dict[str, Any]:
    """Return how numbers are written, in the terms of Vega; both languages write them alike."""
    del words
    return {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["", ""], "minus": "−"}


def panels(charts: Sequence[Any], columns: int, *, narrow: float, aspect: bool = False) -> Any:
    """Return panels side by side, at most so many in a row.

    Parameters
    ----------
    narrow : by what the width of a panel is multiplied on a narrow screen.
    aspect : whether its height is multiplied as well.
    """
    joined = alt.concat(*charts, columns=columns)
    return joined.properties(usermeta={"narrow": round(narrow, 3), "aspect": aspect})


def wrapped(text: str, most: int = LINE) -> list[str]:
    """Return a text in lines that a narrow screen has room for; Chinese text is broken between any two characters.

    >>> wrapped("Height: load before. Filled: what is left of it.", 30)
    ['Height: load before. Filled:', 'what is left of it.']
    """
    lines: list[str] = []
    for piece in re.findall(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+", text):
        # what ends a sentence stays with it
        if lines and (_columns((lines[-1] + piece).rstrip()) <= most or piece in "，。；：、）"):
            lines[-1] += piece
        else:
            lines.append(piece)
    return [line.strip() for line in lines if line.strip()]


def data(records: Iterable[dict[str, Any]]) -> alt.InlineData:
    """Return records as data of a chart, whatever their number.

    Of many the JSON text is given, which Vega reads as well: Altair looks at every record again and again.
    """
    values = list(records)
    if len(values) <= FEW_RECORDS:
        return alt.InlineData(values=values)
    text = json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return alt.InlineData(values=text, format=alt.JsonDataFormat(type="json"))


def rounded(values: Floats, digits: int = DIGITS) -> list[float | None]:
    """Return numbers with so many significant digits; None for those that are none.

    >>> rounded(np.array([1234.5678, 0.0, np.nan, -0.00123456]), 4)
    [1235.0, 0.0, None, -0.001235]
    """
    values = np.asarray(values, dtype=np.float64)
    size = np.floor(np.log10(np.abs(values), out=np.zeros_like(values), where=(values != 0) & np.isfinite(values)))
    power = np.power(10.0, digits - 1 - size)
    known = np.isfinite(values)
    near = np.rint(values * power, out=np.zeros_like(values), where=known) / power
    # division may leave a digit far behind the point: 17 digits of it are not worth their room
    return [float(f"{one:.{digits}g}") if here else None for one, here in zip(near, known, strict=True)]


def amount(words: Words, value: float, unit: str) -> str:
    """Return a number with its unit, for tooltips."""
    return f"{words.number(value)} {words.unit(unit)}".strip()


def scaled_amount(words: Words, value: float, unit: str, largest: float) -> str:
    """Return a number with its unit, in thousands or millions where numbers up to a largest one are."""
    power, said = scaled_unit(words, largest, unit)
    return f"{words.number(value / 10**power)} {said}".strip()


def percent(words: Words, value: float) -> str:
    """Return a reduction in whole percent, as a change of the load."""
    if not math.isfinite(value) or abs(value) < 0.5:
        return words("charts.as_today")
    return f"{'−' if value > 0 else '+'}{words.number(round(abs(value)))} %"


def scaled(words: Words, largest: float) -> tuple[int, str]:
    """Return the power of ten by which numbers up to a largest one are divided on an axis, and the word for it."""
    for power in (9, 8, 6, 4, 3):
        word = words(f"charts.ten_to_{power}")
        if word and np.isfinite(largest) and largest >= 2 * 10.0**power:
            return power, word
    return 0, ""


def amount_axis(words: Words, title: str, unit: str, largest: float, **more: Any) -> alt.Axis:
    """Return an axis of amounts, in thousands or millions where they are large, with the unit in its title."""
    power, said = scaled_unit(words, largest, unit)
    return plain_axis(f"{title} [{said}]" if said else title, power, **more)


def plain_axis(title: str, power: int = 0, **more: Any) -> alt.Axis:
    """Return an axis of numbers that are divided by a power of ten."""
    settings: dict[str, Any] = {"tickCount": 5, "labelFlush": False, **more}
    return alt.Axis(title=title, labelExpr=f"format(datum.value / 1e{power}, '{NUMBER}')", **settings)


def log_axis(title: str, low: float, high: float, power: int = 0) -> alt.Axis:
    """Return a logarithmic axis with few lines: at powers of ten, and at 2 and 5 of each where these are few."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    steps = (1, 2, 5) if last - first <= FEW_POWERS else (1,)
    values = [step * 10.0**one for one in range(first, last + 1) for step in steps]
    return plain_axis(title, power, values=[float(f"{one:.1g}") for one in values if low <= one <= high])


def scaled_unit(words: Words, largest: float, unit: str) -> tuple[int, str]:
    """Return the power of ten for numbers up to a largest one, and their unit with the word for it."""
    power, word = scaled(words, largest)
    return power, words("charts.scaled", word=word, unit=words.unit(unit)).strip() if word else words.unit(unit)


def name_axis(**more: Any) -> alt.Axis:
    """Return an axis of names, with less room for them on a narrow screen."""
    room = alt.ExprRef(f"containerSize()[0] < {NARROW - 200} ? 130 : 230")
    return alt.Axis(title=None, ticks=False, domain=False, labelLimit=room, labelOverlap=False, labelPadding=6, **more)


def room_beside(pixels: int = BESIDE) -> list[Any]:
    """Return the range of a scale that leaves room for text at its right end."""
    return [0, alt.ExprRef(f"width - {pixels}")]


def tip(field: str, title: str) -> alt.Tooltip:
    """Return a line of a tooltip that holds text."""
    return alt.Tooltip(field=field, type="nominal", title=title)


def number_tip(field: str, title: str, number: str = NUMBER) -> alt.Tooltip:
    """Return a line of a tooltip that holds a number."""
    return alt.Tooltip(field=field, type="quantitative", title=title, format=number)


def part_shown(words: Words, count: int, of: int) -> str:
    """Say how many of many are shown; nothing where all are."""
    return "" if count >= of else words("charts.shown", shown=count, there=of)


def short(names: Sequence[str], most: int = LETTERS) -> list[str]:
    """Return names cut in their middle where they are long, so that no two of them are the same.

    >>> short(["old-tampa-bay/end-of-pipe/city-of-clearwater", "a"], 20)
    ['old-tampa-…clearwater', 'a']
    """
    taken: dict[str, int] = {}
    found = []
    for name in names:
        cut = _cut(" ".join(str(name).split()), most)
        taken[cut] = taken.get(cut, 0) + 1
        found.append(cut if taken[cut] == 1 else f"{cut} ({taken[cut]})")
    return found


def _cut(name: str, most: int) -> str:
    if _columns(name) <= most:
        return name
    half = (most + 1) // 2
    head, tail = "", ""
    while _columns(head) + _columns(name[len(head)]) <= half:
        head += name[len(head)]
    while _columns(tail) + _columns(name[-1 - len(tail)]) <= half:
        tail = name[-1 - len(tail)] + tail
    return f"{head}…{tail}"


def _columns(text: str) -> int:
    """Return the columns that a text takes, of which a Chinese character has two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
