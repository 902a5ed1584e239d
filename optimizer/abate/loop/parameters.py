"""Every figure that a belief holds, as a table with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.loop.response import EFFECTIVENESS_KNEE, positive

if TYPE_CHECKING:
    from abate.loop.belief import Belief

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

#: Half the width of an interval that holds the truth with a probability of 90 %, in standard deviations.
NINETY_PERCENT = 1.6448536269514722
IDS = ("source", "measure", "receptor", "pollutant", "parameter")


def parameters_of(belief: Belief) -> pd.DataFrame:
    """Return the table of `Belief.parameters`."""
    layout = belief.layout
    options = {"source": [one for one, _ in belief.options], "measure": [one for _, one in belief.options]}
    loads = {"source": [one for one, _ in belief.loads], "pollutant": [one for _, one in belief.loads]}
    places = {"receptor": [one for one, _ in belief.qualities], "parameter": [one for _, one in belief.qualities]}
    pairs = {name: [ids[row] for row in layout.pair_load] for name, ids in loads.items()}
    pairs |= {name: [ids[row] for row in layout.pair_row] for name, ids in places.items()}
    measure = {"measure": options["measure"]}
    own_pair = np.where(layout.pair < 0, belief.prior.pair_sd, 0.0)  # what theta leaves out stays as uncertain
    factor = _Table(belief)
    factor.add("effectiveness", options, [layout.common, layout.own], layout.own >= 0)
    factor.add("measure", measure, [layout.common], _firsts(layout.common))
    factor.add("load", loads, [layout.growth], layout.growth >= 0)
    factor.add("report", loads, [layout.report], layout.report >= 0)
    parts = [layout.receptor[layout.pair_row], layout.source[layout.pair_load], layout.pair]
    factor.add("transfer", pairs, parts, np.ones(len(layout.pair), bool), scale=layout.pair_scale, extra=own_pair)
    factor.add("background", places, [layout.background], (layout.background >= 0) & ~layout.additive)
    factor.add("background shift", places, [layout.background], (layout.background >= 0) & layout.additive)
    return pd.concat(factor.parts, ignore_index=True)


class _Table:
    """Rows of the table, kind by kind."""

    def __init__(self, belief: Belief) -> None:
        self.belief = belief
        self.mean = np.append(belief.mean, 0.0)
        self.covariance = np.pad(belief.covariance, (0, 1))
        self.parts: list[pd.DataFrame] = []

    def add(
        self,
        kind: str,
        ids: dict[str, list[str]],
        parts: list[Codes],
        wanted: NDArray[np.bool_],
        *,
        scale: Floats | float = 1.0,
        extra: Floats | float = 0.0,
    ) -> None:
        """Add a row for each wanted sum of parts of theta; `extra` is a standard deviation besides."""
        centre = scale * sum(self.mean[part] for part in parts)
        variance = sum(self.covariance[one, other] for one in parts for other in parts) + np.square(extra)
        width = NINETY_PERCENT * scale * np.sqrt(variance)
        ends = {"mean": centre, "lower": centre - width, "upper": centre + width, "prior": np.zeros_like(centre)}
        blank = [""] * len(wanted)
        columns: dict[str, Any] = {"kind": [kind] * len(wanted), **{name: ids.get(name, blank) for name in IDS}}
        columns |= {name: self._figure(kind, np.asarray(end)) for name, end in ends.items()}
        self.parts.append(pd.DataFrame(columns)[wanted])

    def _figure(self, kind: str, theta: Floats) -> Floats:
        """Return the figure that a sum of parts of theta stands for."""
        if kind in ("effectiveness", "measure"):
            kept, one = (positive(at, EFFECTIVENESS_KNEE)[0] for at in (1.0 + theta, np.ones_like(theta)))
            return np.asarray(self.belief.prior.effectiveness * kept / one)
        return theta if kind == "background shift" else np.exp(theta)


def _firsts(label: Codes) -> NDArray[np.bool_]:
    """Return where each label of at least 0 stands first."""
    first = np.zeros(len(label), dtype=bool)
    first[np.unique(label, return_index=True)[1]] = True
    return first & (label >= 0)
