"""A report as one HTML text that needs nothing else: no network, no file beside it."""

from __future__ import annotations

import json
import math
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from abate.report.parts import Section, Table
from abate.words import LANGUAGES

if TYPE_CHECKING:
    from jinja2 import Environment

    from abate.report.report import Report

#: Marks from which a chart is drawn on a canvas, where each mark of an SVG would be an element of the page.
MANY_MARKS = 2000


def page(report: Report) -> str:
    """Return the page. All text is escaped; the data of charts and tables stand in it as JSON that no tag can end."""
    words = report.words
    template = _environment().get_template("page.html")
    return template.render(
        report=report,
        words=words,
        lang="zh-Hans" if words.lang == "zh" else words.lang,
        language=LANGUAGES[words.lang],
        data=_json(_data(report)),
        file=_file,
        has_tables=any(section.tables for section in report.sections),
    )


def _data(report: Report) -> dict[str, Any]:
    """Return what the page's script reads: charts and tables by the name of their place, and words."""
    sections = report.sections
    return {
        "lang": report.words.lang,
        "charts": {picture.name: _chart(picture.chart.to_dict()) for one in sections for picture in one.pictures},
        "tables": {f"{one.key}-{table.name}": _table(table) for one in sections for table in one.tables},
        "explorer": _explorer(sections),
        "words": report.words.table("script"),
    }


def _chart(spec: dict[str, Any]) -> dict[str, Any]:
    return {"spec": spec, "renderer": "canvas" if _marks(spec) > MANY_MARKS else "svg"}


def _marks(spec: Any) -> int:
    """Return how many records the data of a chart have, of all its parts."""
    if isinstance(spec, list):
        return sum(_marks(part) for part in spec)
    if not isinstance(spec, dict):
        return 0
    sets = [*spec.get("datasets", {}).values(), *([spec["data"].get("values", [])] if "data" in spec else [])]
    own = sum(one.count("},{") + 1 if isinstance(one, str) else len(one) for one in sets)
    return own + sum(_marks(part) for name, part in spec.items() if name not in ("data", "datasets"))


def _table(table: Table) -> dict[str, Any]:
    numeric = table.numeric
    columns = [
        [None if not math.isfinite(value) else value for value in column] if is_number else column
        for column, is_number in zip(table.columns, numeric, strict=True)
    ]
    return {"name": table.name, "headings": table.headings, "numeric": numeric, "columns": columns}


def _explorer(sections: tuple[Section, ...]) -> dict[str, Any] | None:
    for section in sections:
        if section.explorer is not None:
            one = section.explorer
            return {"start": one.start, "values": one.values, "changes": one.changes}
    return None


def _json(data: Any) -> str:
    """Return JSON in which nothing is a tag or ends a line of a script."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("abate.report", "page"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip


@cache
def _file(name: str) -> str:
    """Return one of the files of this folder, to stand in the page as it is: style or script of our own or shipped."""
    from markupsafe import Markup

    return Markup(resources.files("abate.report.page").joinpath(name).read_text("utf-8"))
