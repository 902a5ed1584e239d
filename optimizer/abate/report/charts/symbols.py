"""Marks of sources and receptors, the same on a map and on a river."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from abate.report.charts.scene import KEPT, MISSED, UNJUDGED, Scene, View, cut_expression, named, reduction_fill
from abate.report.charts.theme import (
    FEW_DIGITS,
    GREEN,
    GREY,
    INK,
    ORANGE,
    WHITE,
    number_tip,
    rounded,
    tip,
)
from abate.words import Words

#: Area of the largest source's mark, where there are few and where there are many, in square pixels.
LARGEST, SMALLEST, ROOM = 700.0, 60.0, 40_000.0
#: Area of a source without a load.
DOT = 8.0
#: Sources up to which each mark has an outline of its own.
FEW = 1_000


def source_records(scene: Scene, pollutant: str, at: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a record per source of a pollutant that has a place: name, its place, loads by state.

    Parameters
    ----------
    at : a row per source: columns of its place, all known where it has one.
    """
    loads = scene.loads_of(pollutant)
    source = scene.case.codes("loads", "source")[loads]
    there = at.notna().all(axis=1).to_numpy()[source] & (scene.baseline[loads] > 0)
    loads, source = loads[there], source[there]
    digits = FEW_DIGITS + 1
    # large ones first, so that small ones lie on top of them
    order = np.argsort(-scene.baseline[loads], kind="stable")
    loads, source = loads[order], source[order]
    names = _by_source(scene)
    values = np.array([rounded(row, digits) for row in scene.allowed[:, loads]]).T.tolist()
    places = [rounded(at[column].to_numpy(dtype=np.float64)[source], 6) for column in at]
    columns = [[names[one] for one in source], rounded(scene.baseline[loads], digits), values, *places]
    return [dict(zip(("s", "b", "v", *at), row, strict=True)) for row in zip(*columns, strict=True)]


def receptor_records(scene: Scene, at: pd.DataFrame, words: Words) -> list[dict[str, Any]]:
    """Return a record per receptor that has a place: name, its place, its state by state of the scene."""
    table, states = scene.case["receptors"], scene.receptors()
    labels = {code: label for code, (label, _, _) in _kinds(words).items()}
    there = np.flatnonzero(at.notna().all(axis=1))
    places = [rounded(at[column].to_numpy(dtype=np.float64)[there], 6) for column in at]
    said = [[labels[int(code)] for code in states[:, one]] for one in there]
    columns = [[named(table, "receptor")[one] for one in there], said, *places]
    return [dict(zip(("r", "k", *at), row, strict=True)) for row in zip(*columns, strict=True)]


def source_marks(base: Any, scene: Scene, pollutant: str, view: View, words: Words) -> Any:
    """Return circles of sources: area by load, colour by reduction. `base` has their records and their places."""
    loads = scene.loads_of(pollutant)
    most = float(np.maximum(scene.baseline, scene.allowed.max(axis=0))[loads].max())
    count = len(loads)
    area = float(np.clip(ROOM / max(count, 1), SMALLEST, LARGEST))
    size = alt.Size("load:Q", scale=alt.Scale(type="linear", domain=[0, most], range=[DOT, area]), legend=None)
    unit = words.unit(scene.case.settings.units.load)
    marks = base.transform_calculate(load=f"datum.v[{view.state}]", cut=cut_expression(view.state)).mark_point(
        filled=True, opacity=0.9, stroke=INK, strokeWidth=0.6 if count <= FEW else 0.25
    )
    risen = alt.condition("datum.cut < -0.05", alt.value(ORANGE), alt.value(INK))
    return marks.encode(
        size=size,
        fill=reduction_fill(words),
        stroke=risen,
        tooltip=[
            tip("s", words("charts.source")),
            number_tip("load", f"{view.title} [{unit}]"),
            number_tip("b", f"{words('charts.baseline')} [{unit}]"),
            number_tip("cut", f"{words('charts.reduction')} [%]", ",.1f"),
        ],
    )


def receptor_marks(base: Any, scene: Scene, view: View, words: Words) -> Any:
    """Return triangles of receptors: pointing up where targets are kept, down where one is missed."""
    there = set(np.unique(scene.receptors()).tolist())
    kinds = [kind for code, kind in _kinds(words).items() if code in there]
    labels = [label for label, _, _ in kinds]
    legend = alt.Legend(title=words("charts.receptor"), symbolSize=80)
    marks = base.transform_calculate(kind=f"datum.k[{view.state}]").mark_point(
        filled=True, size=60, stroke=WHITE, strokeWidth=0.9, opacity=1
    )
    return marks.encode(
        shape=alt.Shape(
            "kind:N", scale=alt.Scale(domain=labels, range=[shape for _, shape, _ in kinds]), legend=legend
        ),
        color=alt.Color(
            "kind:N", scale=alt.Scale(domain=labels, range=[colour for _, _, colour in kinds]), legend=legend
        ),
        tooltip=[tip("r", words("charts.receptor")), tip("kind", words("charts.targets"))],
    )


def largest_said(scene: Scene, pollutant: str, words: Words) -> str:
    """Say what load the largest circle stands for."""
    most = float(np.maximum(scene.baseline, scene.allowed.max(axis=0))[scene.loads_of(pollutant)].max())
    unit = words.unit(scene.case.settings.units.load)
    return words("charts.largest_circle", pollutant=pollutant, value=most, unit=unit)


def _kinds(words: Words) -> dict[int, tuple[str, str, str]]:
    """Return label, shape and colour of each state of a receptor."""
    return {
        KEPT: (words("charts.kept"), "triangle-up", GREEN),
        MISSED: (words("charts.missed"), "triangle-down", ORANGE),
        UNJUDGED: (words("charts.no_target"), "diamond", GREY),
    }


def _by_source(scene: Scene) -> list[str]:
    """Return the name of each source."""
    table = scene.case["sources"]
    # of many sources the id alone: names would be most of the page
    return named(table, "source") if len(table) <= FEW else list(table["source"].astype(str))
