"""Rules on how the burden may be shared, as index sets over loads and sources."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from abate_data.case import Case
from abate_models.regions import Scopes

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Rules:
    """Rules in the planner's order.

    Attributes
    ----------
    ids : the rules' ids.
    kind : `reduction_percent`, `uniform` or `burden`.
    loads : (rules x loads), which loads of controllable sources a rule covers.
    sources : (rules x sources), which controllable sources a burden rule covers.
    lower, upper : bounds in percent, or (burden) as a share of the ability; NaN where blank.
    ability : of a burden: `income`, `output` or `flow`.
    """

    ids: list[str]
    kind: list[str]
    loads: Mask
    sources: Mask
    lower: Floats
    upper: Floats
    ability: list[str]

    @classmethod
    def none(cls, loads: int, sources: int) -> Rules:
        """Return no rules, for as many loads and sources."""
        empty = np.zeros(0)
        return cls([], [], np.zeros((0, loads), dtype=bool), np.zeros((0, sources), dtype=bool), empty, empty, [])

    def rows(self, kind: str) -> Codes:
        """Return the positions of the rules of one kind."""
        return np.flatnonzero(np.asarray(self.kind) == kind)


def read_rules(case: Case, source: Codes, pollutant: Codes, scopes: Scopes) -> Rules:
    """Read the rules; `source` and `pollutant` describe the loads."""
    table = case["rules"]
    controllable = np.asarray(case["sources"]["controllable"], dtype=bool)
    zones = zip(case.codes("rules", "region"), case.codes("rules", "sector"), strict=True)
    members = [scopes.sources(*zone) & controllable for zone in zones]
    sources = np.array(members, dtype=bool).reshape(len(table), len(controllable))
    wanted = case.codes("rules", "pollutant")[:, None]
    return Rules(
        ids=[str(name) for name in table["rule"]],
        kind=[str(kind) for kind in table["kind"]],
        loads=sources[:, source] & ((wanted < 0) | (wanted == pollutant)),
        sources=sources,
        lower=case.values("rules", "lower"),
        upper=case.values("rules", "upper"),
        ability=[str(ability) for ability in table["ability"]],
    )
