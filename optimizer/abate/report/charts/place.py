"""Where loads go: a map where places are known, a river where sources lie on one, else the tree of zones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abate.report.charts.geography import draw_map, has_coordinates
from abate.report.charts.river import draw_river, has_river
from abate.report.charts.scene import Scene, scene_of
from abate.report.charts.tree import draw_tree

if TYPE_CHECKING:
    import altair as alt

    from abate.plan import Plan
    from abate.words import Words


def place(plan: Plan, words: Words) -> alt.TopLevelMixin | None:
    """Return sources, and receptors where they have a place, before and after; None where nothing is emitted."""
    return draw(scene_of(plan, words), words, words("charts.place"))


def draw(scene: Scene, words: Words, title: str) -> alt.TopLevelMixin | None:
    """Return a scene in the form that the case gives the places for; None where nothing is emitted."""
    if not scene.pollutants:
        return None
    if has_coordinates(scene.case):
        return draw_map(scene, words, title)
    if has_river(scene.case):
        return draw_river(scene, words, title)
    return draw_tree(scene, words, title)
