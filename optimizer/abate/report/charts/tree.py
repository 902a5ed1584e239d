"""Tree of zones as an icicle: from the whole case through its regions to sectors and sources.

The height of a zone is its load before, as a share of the pollutant's, the width of what is filled in it the share
that is left, so that what is filled is the load after; the colour is the reduction in percent. Several pollutants
stand below one another, each with the same height.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import altair as alt
import numpy as np
from numpy.typing import NDArray

from abate.report.charts.scene import Scene, View, cut_expression, reduction_fill
from abate.report.charts.theme import (
    FEW_DIGITS,
    GREY,
    INK,
    WHITE,
    data,
    finished,
    number_tip,
    rounded,
    tip,
)
from abate.words import Words
from abate_data.case import Case
from abate_models.regions import parents

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

#: Zones of a level beyond which it is left out, unless it is the first.
MOST_ZONES = 60
#: Least and greatest height of a pollutant's tree, that of one of its zones where there is room, and that of a zone
#: from which on its name is written in it, in pixels.
LOWEST, HIGHEST, EACH, LEGIBLE = 260, 560, 16, 12
#: Share of that height between the trees of two pollutants.
GAP = 0.05
#: Share of a level's width that its zones take.
WIDE = 0.97


@dataclass
class _Zone:
    """A zone: its name, the loads in it, and the zones within."""

    name: str
    loads: Codes
    within: list[_Zone] = field(default_factory=list)


def draw_tree(scene: Scene, words: Words, title: str) -> alt.TopLevelMixin:
    """Return the tree, with what is left in the last of the scene's views."""
    trees = [(pollutant, _tree(scene, pollutant, words)) for pollutant in scene.pollutants]
    records: list[dict[str, Any]] = []
    top = 0.0
    for pollutant, root in trees:
        total = float(scene.baseline[root.loads].sum())
        _lay(scene, root, pollutant, 0, top, total, records)
        top += 1.0 + GAP
    levels = 1 + max(int(record["level"]) for record in records)
    view, end = scene.views[-1], top - GAP
    height = end * float(np.clip(EACH * max(_leaves(root) for _, root in trees), LOWEST, HIGHEST))
    chart = _icicle(records, levels, height, end, view, scene.case.settings.units.load, words)
    return scene.with_point(finished(chart.properties(width="container"), words, title, words("charts.tree_note")))


def _tree(scene: Scene, pollutant: str, words: Words) -> _Zone:
    """Return the tree of a pollutant, without its last levels where they have too many zones."""
    case = scene.case
    loads = scene.loads_of(pollutant)
    loads = loads[scene.baseline[loads] > 0]
    source = case.codes("loads", "source")[loads]
    sector, names = case.codes("sources", "sector")[source], case.ids("sources", "source")
    several = len(scene.pollutants) > 1
    root = _Zone(pollutant if several else words("charts.everything"), loads)
    leaves = _regions(case, root, case.codes("sources", "region")[source], loads, words)
    for code, ids in ((sector, case.ids("sources", "sector")), (source, names)):
        of_load = dict(zip(loads.tolist(), code.tolist(), strict=True))
        parts = [len({of_load[load] for load in leaf.loads.tolist()}) for leaf in leaves]
        # a level in which every zone has one part, or all their parts are sources, says what the next one says better
        alone = max(parts) < 2 or (code is sector and parts == [len(leaf.loads) for leaf in leaves])
        if sum(parts) <= MOST_ZONES and not (alone and (code is sector or len(leaves) > 1)):
            leaves = [zone for leaf in leaves for zone in _split(leaf, of_load, ids, words)]
    if len(root.within) == 1 and root.within[0].within:  # the one region that holds all others says nothing new
        root.within, root.name = root.within[0].within, root.name if several else root.within[0].name
    return root


def _regions(case: Case, root: _Zone, region: Codes, loads: Codes, words: Words) -> list[_Zone]:
    """Hang the regions that have loads under the root; return the zones in which sources lie themselves."""
    names, parent = case.ids("regions", "region"), parents(case)
    zones: dict[int, _Zone] = {}
    leaves = []
    for code in dict.fromkeys(region.tolist()):
        if not names or (code < 0 and len(np.unique(region)) == 1):
            return [root]
        own = loads[region == code]
        way = [code]
        while way[-1] >= 0 and parent[way[-1]] >= 0:
            way.append(int(parent[way[-1]]))
        above = root
        for one in reversed(way):
            if one not in zones:
                zones[one] = _Zone(names[one] if one >= 0 else words("charts.elsewhere"), own[:0])
                above.within.append(zones[one])
            zones[one].loads = np.concatenate([zones[one].loads, own])
            above = zones[one]
        leaves.append((code, own))
    return [_own(zones[code], own, words) for code, own in leaves]


def _own(zone: _Zone, own: Codes, words: Words) -> _Zone:
    """Return the zone for the loads that lie in a region itself: the region, or a part of it beside those within."""
    if not zone.within:
        return zone
    part = _Zone(words("charts.itself"), own)
    zone.within.append(part)
    return part


def _split(zone: _Zone, of: dict[int, int], names: list[str], words: Words) -> list[_Zone]:
    """Hang the parts of a zone under it by a code of its loads."""
    codes = np.array([of[load] for load in zone.loads.tolist()])
    for code in dict.fromkeys(codes.tolist()):
        name = names[code] if code >= 0 else words("charts.elsewhere")
        zone.within.append(_Zone(name, zone.loads[codes == code]))
    return zone.within


def _leaves(zone: _Zone) -> int:
    return sum(_leaves(one) for one in zone.within) if zone.within else 1


def _lay(
    scene: Scene, zone: _Zone, pollutant: str, level: int, top: float, total: float, records: list[dict[str, Any]]
) -> None:
    """Write a record for a zone and for all within it; `top` is where it begins, in heights of a pollutant's tree."""
    before = float(scene.baseline[zone.loads].sum())
    values = scene.allowed[:, zone.loads].sum(axis=1)
    low, high = rounded(np.array([top, top + before / total]), 7)
    records.append(
        {
            "name": zone.name,
            "pollutant": pollutant,
            "level": level,
            "y": low,
            "y2": high,
            "b": rounded(np.array([before]), FEW_DIGITS + 2)[0],
            "v": rounded(values, FEW_DIGITS + 2),
        }
    )
    within = sorted(zone.within, key=lambda one: -float(scene.baseline[one.loads].sum()))
    for one in within:
        _lay(scene, one, pollutant, level + 1, top, total, records)
        top += float(scene.baseline[one.loads].sum()) / total


def _icicle(
    records: list[dict[str, Any]], levels: int, height: float, end: float, view: View, unit: str, words: Words
) -> Any:
    legible = LEGIBLE * end / height
    x = alt.X("level:Q", scale=alt.Scale(domain=[0, levels], nice=False), axis=None)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, end], reverse=True, nice=False), axis=None)
    base = (
        alt.Chart(data(records))
        .transform_calculate(
            load=f"datum.v[{view.state}]", cut=cut_expression(view.state), edge=f"datum.level + {WIDE}"
        )
        .transform_calculate(left=f"datum.level + {WIDE} * min(1, max(0, datum.load / datum.b))")
    )
    said = words.unit(unit)
    tips = [
        tip("name", words("charts.zone")),
        tip("pollutant", words("charts.pollutant")),
        number_tip("b", f"{words('charts.before')} [{said}]"),
        number_tip("load", f"{words('charts.after')} [{said}]"),
        number_tip("cut", f"{words('charts.reduction')} [%]", ",.1f"),
    ]
    frame = base.mark_rect(fill=WHITE, stroke=GREY, strokeWidth=0.6)
    left = base.mark_rect(stroke=WHITE, strokeWidth=0.4)
    named = base.transform_filter(f"datum.y2 - datum.y >= {legible:.6g}")
    text: dict[str, Any] = {
        "align": "left",
        "baseline": "top",
        "dx": 4,
        "dy": 2,
        "limit": alt.ExprRef(f"width / {levels} - 12"),
    }
    # a light edge keeps letters legible on whatever is filled
    halo, names = named.mark_text(stroke=WHITE, strokeWidth=3, opacity=0.8, **text), named.mark_text(color=INK, **text)
    return alt.layer(
        frame.encode(x=x, x2="edge:Q", y=y, y2="y2:Q", tooltip=tips),
        left.encode(x=x, x2="left:Q", y=y, y2="y2:Q", fill=reduction_fill(words), tooltip=tips),
        *(letters.encode(x=x, y=y, text="name:N", tooltip=tips) for letters in (halo, names)),
    ).properties(height=round(height))
