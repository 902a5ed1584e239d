"""Map of sources and receptors at their coordinates, on the same scale in every panel.

Equirectangular: a degree of longitude is drawn as long as it is at the middle latitude, that is the cosine of it times
a degree of latitude. Degrees stand at the axes; there is no map behind, which would ask for a network. Where places
lie on both sides of the 180th meridian, longitudes are counted on beyond it.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.report.charts.scene import Scene, View
from abate.report.charts.symbols import (
    largest_said,
    receptor_marks,
    receptor_records,
    source_marks,
    source_records,
)
from abate.report.charts.theme import PHONE, data, finished, panels
from abate.words import Words
from abate_data.case import Case

Floats = NDArray[np.float64]

#: Width of a panel beside another one, and of one alone; least and greatest height, in pixels.
PANEL, ALONE, LOWEST, HIGHEST = 330, 560, 160, 460
#: Share of the extent that is left free around the places, and the least extent, in degrees.
AROUND, LEAST = 0.06, 0.02


def has_coordinates(case: Case) -> bool:
    """Return whether any source has a place on the map."""
    return bool(_places(case["sources"]).notna().all(axis=1).any())


def draw_map(scene: Scene, words: Words, title: str) -> alt.TopLevelMixin:
    """Return the map: a row of panels per pollutant, a panel per view."""
    sources, receptors = _places(scene.case["sources"]), _places(scene.case["receptors"])
    both = pd.concat([sources, receptors]).dropna()
    if both["x"].max() - both["x"].min() > 180:  # on both sides of the 180th meridian
        for table in (sources, receptors, both):
            table["x"] = table["x"].where(table["x"] >= 0, table["x"] + 360)
    width = PANEL if len(scene.views) * len(scene.pollutants) > 1 else ALONE
    frame = _frame(both, width)
    spots = alt.Chart(data(receptor_records(scene, receptors, words)))
    views = []
    for pollutant in scene.pollutants:
        circles = alt.Chart(data(source_records(scene, pollutant, sources)))
        views += [_panel(circles, spots, scene, pollutant, view, frame, words) for view in scene.views]
    joined = panels(views, 2, narrow=(PHONE - 60) / width, aspect=True)
    missing = int(sources.isna().any(axis=1).sum())
    notes = [largest_said(scene, pollutant, words) for pollutant in scene.pollutants]
    notes += [words("charts.no_coordinates", count=missing)] if missing else []
    return scene.with_point(finished(_shared(joined), words, title, notes))


def _shared(joined: Any) -> Any:
    return joined.resolve_scale(fill="shared", color="shared", shape="shared", size="independent")


def _panel(
    circles: Any, spots: Any, scene: Scene, pollutant: str, view: View, frame: dict[str, Any], words: Words
) -> Any:
    x = alt.X("x:Q", scale=alt.Scale(domain=frame["x"], nice=False, zero=False), axis=_axis("E", "W"), title=None)
    y = alt.Y("y:Q", scale=alt.Scale(domain=frame["y"], nice=False, zero=False), axis=_axis("N", "S"), title=None)
    layers = [source_marks(circles.encode(x=x, y=y), scene, pollutant, view, words)]
    if spots.data.values:
        layers.append(receptor_marks(spots.encode(x=x, y=y), scene, view, words))
    heading = f"{pollutant}: {view.title}" if view.title else pollutant
    return alt.layer(*layers).properties(width=frame["width"], height=frame["height"], title=heading)


def _axis(positive: str, negative: str) -> alt.Axis:
    """Return an axis of degrees; longitudes beyond 180 are those of the other side."""
    degrees = "(datum.value > 180 ? datum.value - 360 : datum.value)"
    label = f"format(abs({degrees}), '~r') + '°' + ({degrees} > 0 ? '{positive}' : {degrees} < 0 ? '{negative}' : '')"
    return alt.Axis(labelExpr=label, tickCount=5, gridColor="#ececec", title=None)


def _places(table: pd.DataFrame) -> pd.DataFrame:
    longitude, latitude = (table[name].to_numpy(dtype=np.float64) for name in ("longitude", "latitude"))
    return pd.DataFrame({"x": longitude, "y": latitude})


def _frame(places: pd.DataFrame, width: int) -> dict[str, Any]:
    """Return the domains of the axes and the size of a panel, in which a degree is as long as it should be."""
    low, high = places.min().to_numpy(), places.max().to_numpy()
    middle, span = (low + high) / 2, np.maximum((high - low) * (1 + 2 * AROUND), LEAST)
    shrink = max(float(np.cos(np.radians(middle[1]))), 0.05)
    height = float(np.clip(width * span[1] / (span[0] * shrink), LOWEST, HIGHEST))
    # what the panel has too much of one direction is filled with more degrees of it
    per_pixel = max(span[0] * shrink / width, span[1] / height)
    half = np.array([per_pixel * width / shrink, per_pixel * height]) / 2
    ends = np.round(np.array([middle - half, middle + half]), 6)
    return {"x": ends[:, 0].tolist(), "y": ends[:, 1].tolist(), "width": width, "height": round(height)}
