"""What a point of a front asks of whom: allocation and place of the point that the parameter `point` names.

A record holds its loads at all points as a list, of which the chart takes the entry of the chosen point: a front of
many points takes no more room than its numbers. Where sources times points are more than `MOST_NUMBERS` loads, the
place is shown by regions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
from numpy.typing import NDArray

from abate.front.case_source import CaseSource
from abate.outcome import option_costs
from abate.report.charts.place import draw
from abate.report.charts.scene import Scene, View
from abate.report.charts.targets import keeps, lower_limits
from abate.report.charts.theme import (
    DARK,
    INK,
    LIGHT,
    ORANGE,
    ROW,
    amount_axis,
    data,
    finished,
    name_axis,
    number_tip,
    part_shown,
    plain_axis,
    rounded,
    short,
    tip,
)
from abate.report.charts.tree import draw_tree
from abate.tables import target_values

if TYPE_CHECKING:
    from abate.front.front import Front
    from abate.words import Words

Floats = NDArray[np.float64]

#: Rows that are shown: those whose load differs most between points.
MOST = 15
#: Sources up to which they are shown by themselves, beyond which by region where there are several.
FEW_SOURCES = 60
#: Loads times points beyond which places are shown by region.
MOST_NUMBERS = 60_000


def allocation(front: Front, words: Words) -> alt.TopLevelMixin | None:
    """Return what each source, or region, may emit at the chosen point, and how far that moves over all points.

    None where the front is not one of a case. Several pollutants share one axis, in percent of the load today.
    """
    source = front.origin
    if not isinstance(source, CaseSource):
        return None
    allowed = allowed_loads(front, source)
    names, baseline, values = _rows(source, allowed)
    several = len(source.problem.pollutants) > 1
    scale = 100.0 / baseline if several else np.ones(len(baseline))
    spread = (values.max(axis=0) - values.min(axis=0)) * (scale if several else 1.0)
    top = np.argsort(-spread, kind="stable")[:MOST]
    unit = "%" if several else source.case.settings.units.load
    chart = _bars([names[row] for row in top], (baseline * scale)[top], (values * scale)[:, top], unit, words)
    chart = chart.add_params(alt.param(name="point", value=front.knee().point or 0))
    return finished(chart, words, words("charts.allocation"), part_shown(words, len(top), len(names)))


def place(front: Front, words: Words) -> alt.TopLevelMixin | None:
    """Return the map, river or tree of the chosen point; None where the front is not one of a case."""
    source = front.origin
    if not isinstance(source, CaseSource):
        return None
    allowed = allowed_loads(front, source)
    scene = Scene(
        case=source.case,
        baseline=source.problem.loads.baseline,
        allowed=allowed,
        kept=_kept(front, source, allowed),
        views=(View("", "point"),),
        point=front.knee().point or 0,
    )
    title = words("charts.place_of_point")
    if allowed.size > MOST_NUMBERS and scene.pollutants:
        return draw_tree(scene, words, title)
    return draw(scene, words, title)


def allowed_loads(front: Front, source: CaseSource) -> Floats:
    """Return the load that each point allows (points x loads)."""
    loads, removal = source.problem.loads, source.problem.options.removal
    return np.asarray(loads.baseline - (removal @ source.extents(front.columns).T).T)


def _kept(front: Front, source: CaseSource, allowed: Floats) -> NDArray[np.bool_]:
    """Return which targets each point keeps (points x targets)."""
    problem = source.problem
    extents = source.extents(front.columns)
    costs = [option_costs(problem, row, row > 0) for row in extents]
    values = np.array([target_values(problem, load, cost) for load, cost in zip(allowed, costs, strict=True)])
    return keeps(values, problem.targets.allowed, lower_limits(source.case))


def _rows(source: CaseSource, allowed: Floats) -> tuple[list[str], Floats, Floats]:
    """Return name, baseline and allowed load (points x rows) of each source and pollutant, or region and pollutant."""
    problem = source.problem
    several = len(problem.pollutants) > 1
    by_region = len(problem.sources) > FEW_SOURCES and len(np.unique(problem.region)) > 1
    zone = problem.region[problem.loads.source] if by_region else problem.loads.source
    ids = [*problem.regions, ""] if by_region else problem.sources  # the code of no region is -1
    key = zone * len(problem.pollutants) + problem.loads.pollutant
    keys, place_of = np.unique(key, return_inverse=True)
    count = len(keys)
    baseline = np.bincount(place_of, problem.loads.baseline, count).astype(np.float64)
    values = np.array([np.bincount(place_of, row, count) for row in allowed], dtype=np.float64)
    names = [
        ids[one // len(problem.pollutants)]
        + (f", {problem.pollutants[one % len(problem.pollutants)]}" if several else "")
        for one in keys
    ]
    known = baseline > 0
    return [name for name, there in zip(names, known, strict=True) if there], baseline[known], values[:, known]


def _bars(names: list[str], baseline: Floats, values: Floats, unit: str, words: Words) -> Any:
    labels = short(names)
    low, high = values.min(axis=0), values.max(axis=0)
    columns = [names, labels, rounded(baseline, 6), rounded(low, 6), rounded(high, 6)]
    records = [
        {**dict(zip(("name", "label", "b", "low", "high"), row, strict=True)), "v": rounded(value, 6)}
        for row, value in zip(zip(*columns, strict=True), values.T, strict=True)
    ]
    most = float(max(baseline.max(initial=0.0), high.max(initial=0.0))) or 1.0
    title = words("charts.load_percent") if unit == "%" else words("charts.load")
    axis = plain_axis(title) if unit == "%" else amount_axis(words, title, unit, most)
    scale = alt.Scale(domain=[0, rounded(np.array([1.02 * most]), 6)[0]], nice=False)
    said = words.unit(unit)
    base = (
        alt.Chart(data(records))
        .transform_calculate(load="datum.v[point]", gone="max(datum.b, datum.v[point])")
        .encode(
            y=alt.Y("label:N", scale=alt.Scale(domain=labels), axis=name_axis()),
            tooltip=[
                tip("name", words("charts.name")),
                number_tip("load", f"{words('charts.allowed')} [{said}]"),
                number_tip("b", f"{words('charts.baseline')} [{said}]"),
                number_tip("low", f"{words('charts.least_of_points')} [{said}]"),
                number_tip("high", f"{words('charts.most_of_points')} [{said}]"),
            ],
        )
    )
    whole = base.mark_bar(height={"band": 0.72}, color=LIGHT).encode(x=alt.X("b:Q", scale=scale, axis=axis))
    kept = base.mark_bar(height={"band": 0.72}, color=DARK).encode(x=alt.X("load:Q", scale=scale, axis=axis))
    reach = base.mark_rule(color=ORANGE, strokeWidth=1.6).encode(x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q")
    here = base.mark_tick(color=INK, thickness=2, height={"band": 0.9}).encode(
        x=alt.X("load:Q", scale=scale, axis=axis)
    )
    key = _key(words, labels, scale, axis)
    return alt.layer(whole, kept, reach, here, key).properties(width="container", height=ROW * len(labels))


def _key(words: Words, labels: list[str], scale: alt.Scale, axis: Any) -> Any:
    """Return marks of no size that give the colours their legend."""
    kinds = {
        words("charts.allowed"): DARK,
        words("charts.reduction"): LIGHT,
        words("charts.over_points"): ORANGE,
    }
    rows = [{"kind": kind, "label": label, "x": 0.0} for kind in kinds for label in labels[:1]]
    colours = alt.Scale(domain=list(kinds), range=list(kinds.values()))
    legend = alt.Legend(title=None, symbolType="square", symbolOpacity=1)
    return (
        alt.Chart(data(rows))
        .mark_point(filled=True, size=0, opacity=0)
        .encode(
            x=alt.X("x:Q", scale=scale, axis=axis),
            y=alt.Y("label:N", scale=alt.Scale(domain=labels), axis=name_axis()),
            color=alt.Color("kind:N", scale=colours, legend=legend),
        )
    )
