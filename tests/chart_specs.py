"""What tests read out of a chart's specification, and how they draw it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import altair as alt
import vl_convert

#: Names that break what takes a name for an expression, a field, a tag or a formula.
HOSTILE = ["<script>alert(1)</script>", "a.b[0]", "'\"\\", "datum.x + 1", "化工厂（一）", "=1+1", "</script>"]


def spec_of(chart: alt.TopLevelMixin | None) -> dict[str, Any]:
    """Return the specification of a chart that is there, valid by Vega-Lite's schema and written as JSON would be."""
    assert chart is not None
    return dict(json.loads(json.dumps(chart.to_dict(validate=True), allow_nan=False)))


def records(spec: dict[str, Any], *fields: str) -> list[dict[str, Any]]:
    """Return the records of all data of a specification that have the fields."""
    found = []
    for values in spec["datasets"].values():
        rows = json.loads(values) if isinstance(values, str) else values
        found += [row for row in rows if all(field in row for field in fields)]
    return found


def drawn(spec: dict[str, Any]) -> str:
    """Return the chart as SVG."""
    return vl_convert.vegalite_to_svg(spec, vl_version="6.4")


def walk(node: Any) -> Iterator[tuple[str, Any]]:
    """Yield every key of a specification with what stands under it, its data aside."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key != "datasets":
                yield key, value
                yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)
