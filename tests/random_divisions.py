"""Small random cases for strategies: loads to be divided under caps and receptors, with what is known without abate.

Every limit lies between what the floors come to and a little more than today, so that something can always be divided.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

import abate
from abate import Case

ATTRIBUTES = ("population", "gdp", "area", "output", "income", "flow", "jobs", "historical_load")

#: Every rule that needs no measures, with its options.
RULES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("equal-percent", {}),
    ("equal-percent", {"baseline": "raw"}),
    ("equal-concentration", {}),
    ("equal-mass", {}),
    ("grandfathering", {}),
    ("equal-reduction", {}),
    ("equal-reduction", {"baseline": "current"}),
    ("per-capita", {}),
    ("per-output", {}),
    ("per-gdp", {}),
    ("area-share", {}),
    ("per-attribute", {"attribute": "jobs"}),
    ("multi-criteria", {}),
    ("multi-criteria", {"method": "entropy"}),
    ("convergence", {}),
    ("boltzmann", {}),
    ("boltzmann", {"beta": -2.0}),
    ("removal-by-size", {}),
    ("removal-by-size", {"baseline": "raw"}),
    ("removal-by-income", {}),
    ("ability-to-pay", {}),
    ("historical-responsibility", {"years": 20.0}),
    ("polluter-pays", {}),
    ("zero-sum-dea", {"outputs": ("gdp", "jobs")}),
)
#: Every claims rule.
CLAIMS: tuple[tuple[str, dict[str, Any]], ...] = tuple(
    (name, {})
    for name in (
        *("proportional", "equal-awards", "equal-losses", "talmud", "reverse-talmud", "piniles"),
        *("constrained-egalitarian", "adjusted-proportional", "random-arrival", "minimal-overlap"),
    )
)


@dataclass(frozen=True)
class Division:
    """What has to be divided: tables, and beside them the numbers from which they were written.

    Attributes
    ----------
    tables : for `abate.load`.
    lower, current : bounds of each load.
    pollutant : of each load.
    rows, limits : (targets x loads) and what each row may come to.
    """

    tables: dict[str, Any]
    lower: np.ndarray
    current: np.ndarray
    pollutant: np.ndarray
    rows: np.ndarray
    limits: np.ndarray

    @property
    def case(self) -> Case:
        return abate.load(self.tables)

    @property
    def sizes(self) -> np.ndarray:
        return np.maximum(np.abs(self.limits), self.rows @ self.current)

    def excess(self, loads: np.ndarray) -> np.ndarray:
        """By how much each row passes its limit, over its size."""
        return (self.rows @ loads - self.limits) / self.sizes

    def with_limits(self, limits: np.ndarray) -> Division:
        targets = self.tables["targets"].assign(limit=limits)
        return replace(self, tables={**self.tables, "targets": targets}, limits=limits)

    def reordered(self, order: np.ndarray) -> dict[str, Any]:
        """The tables with the sources in another order (of a division with one pollutant)."""
        turned = {name: self.tables[name].iloc[order].reset_index(drop=True) for name in ("sources", "loads")}
        return {**self.tables, **turned}


def division(seed: int, caps: int = -1, receptors: int = -1, pollutants: int = 0, floors: bool = True) -> Division:
    """A random division; negative counts are drawn too, and pollutants where 0."""
    rng = np.random.default_rng(seed)
    count, kinds = int(rng.integers(1, 7)), pollutants or int(rng.integers(1, 3))
    sources = [f"s{at}" for at in range(count)]
    region = rng.choice(["north", "south"], count)
    controllable = rng.random(count) > 0.2
    controllable[rng.integers(count)] = True
    table = {
        "source": sources,
        "region": region,
        "sector": rng.choice(["town", "mill"], count),
        "kind": rng.choice(["point", "diffuse"], count),
        "controllable": controllable,
        **{name: _amounts(rng, count) for name in ATTRIBUTES},
    }
    current = _amounts(rng, count * kinds)
    share = np.where(rng.random(count * kinds) < 0.5, rng.random(count * kinds) * 0.8, 0.0) * floors
    loads = pd.DataFrame(
        {
            "source": np.repeat(sources, kinds),
            "pollutant": np.tile(["P", "N"][:kinds], count),
            "load": current,
            "floor": current * share,
            "raw_load": current * (1 + rng.random(count * kinds)),
        }
    )
    lower = np.where(np.repeat(controllable, kinds), loads["floor"], current)
    made = _Targets(loads, np.repeat(region, kinds), lower, rng)
    made.draw(int(rng.integers(0, 3)) if caps < 0 else caps, int(rng.integers(0, 4)) if receptors < 0 else receptors)
    tables = {
        "case": {
            "name": "division",
            "currency": "EUR",
            "units": {"load": "t/yr", "flow": "m3/d", "area": "km2", "quality": {"tp": "mg/L"}},
        },
        "regions": pd.DataFrame({"region": ["basin", "north", "south"], "parent": ["", "basin", "basin"]}),
        "sources": pd.DataFrame(table),
        "loads": loads,
        **made.tables(),
    }
    return Division(tables, lower, current, loads["pollutant"].to_numpy(), np.array(made.rows), np.array(made.limits))


def _amounts(rng: np.random.Generator, count: int) -> np.ndarray:
    """Amounts above nothing over two orders of magnitude."""
    return np.round(10 ** rng.uniform(0, 2, count), 3)


class _Targets:
    """The targets of a division, as tables and as rows."""

    def __init__(self, loads: pd.DataFrame, region: np.ndarray, lower: np.ndarray, rng: np.random.Generator) -> None:
        self.loads, self.region, self.lower, self.rng = loads, region, lower, rng
        self.targets: list[dict[str, Any]] = []
        self.transfer: list[pd.DataFrame] = []
        self.rows: list[np.ndarray] = []
        self.limits: list[float] = []

    def draw(self, caps: int, receptors: int) -> None:
        for at in range(max(caps, 1 - receptors)):
            self._cap(at)
        for at in range(receptors):
            self._receptor(at)

    def tables(self) -> dict[str, pd.DataFrame]:
        tables = {"targets": pd.DataFrame(self.targets)}
        if self.transfer:
            tables["transfer"] = pd.concat(self.transfer, ignore_index=True)
        return tables

    def _add(self, row: np.ndarray, **target: Any) -> None:
        least, today = row @ self.lower, row @ self.loads["load"].to_numpy()
        self.rows.append(row)
        self.limits.append(float(least + self.rng.uniform(0.02, 1.1) * (today - least) + 1e-6))
        self.targets.append({**target, "limit": self.limits[-1]})

    def _cap(self, at: int) -> None:
        inside = np.isin(self.region, ["north"]) if at else np.ones(len(self.region), dtype=bool)
        pollutant = self.rng.choice(self.loads["pollutant"].unique())
        row = (inside & (self.loads["pollutant"] == pollutant)).to_numpy(dtype=float)
        if row.any():
            zone = "north" if at else ""
            self._add(row, target=f"cap{at}", kind="load", region=zone, pollutant=pollutant)

    def _receptor(self, at: int) -> None:
        row = np.round(10 ** self.rng.uniform(-3, 0, len(self.loads)), 6)
        reaching = self.rng.random(len(row)) < 0.7
        reaching[self.rng.integers(len(row))] = True
        row *= reaching
        reached = self.loads[["source", "pollutant"]].assign(coefficient=row)[row > 0]
        self.transfer.append(reached.assign(receptor=f"r{at}", parameter="tp"))
        self._add(row, target=f"quality{at}", kind="quality", receptor=f"r{at}", parameter="tp")
