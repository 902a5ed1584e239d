"""What every synthetic case has: regions, sources, loads, and technologies that exclude one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Tables = dict[str, pd.DataFrame]

#: Share of every target's demand that is left off, so that the witness holds in spite of rounding.
SPARE = 1e-6
#: Least extent of an option that has a fixed cost.
LEAST_EXTENT = 0.1
SECTORS = ("energy", "industry", "farming")


@dataclass(frozen=True)
class Site:
    """Random numbers of S sources, K technologies, P pollutants and R regions.

    Attributes
    ----------
    rng : where all random numbers come from, in one order.
    tightness : share of the way to the technical limit that no target goes beyond, 0 to 1.
    fixed_cost_share : share of a technology's cost that is due whatever its extent, 0 to 1.
    zone, sector : region and sector of each source, shape (S,).
    loads : baseline loads, shape (S, P).
    removal : fraction of a load that a technology removes, shape (K, P); the last row is the greatest.
    cost : yearly cost of a technology at full extent, shape (S, K).
    """

    rng: np.random.Generator
    tightness: float
    fixed_cost_share: float
    zone: Codes
    sector: Codes
    loads: Floats
    removal: Floats
    cost: Floats

    @property
    def best(self) -> Floats:
        """Loads with the strongest technology everywhere, shape (S, P)."""
        return np.asarray(self.loads * (1 - self.removal[-1]))

    @property
    def extent(self) -> float:
        """Extent of the strongest technology in the witness."""
        return max(self.tightness, LEAST_EXTENT) if self.fixed_cost_share > 0 else self.tightness

    @property
    def witness_cost(self) -> Floats:
        """Yearly cost of the witness at each source, shape (S,)."""
        share = self.fixed_cost_share
        return np.asarray(self.cost[:, -1] * (share + (1 - share) * self.extent))

    @property
    def regions(self) -> list[str]:
        """Ids of the regions, the one that holds all others first."""
        return ["all", *names("region", int(self.zone.max()) + 1)]

    @property
    def sources(self) -> list[str]:
        """Ids of the sources."""
        return names("source", len(self.loads))

    @property
    def pollutants(self) -> list[str]:
        """Ids of the pollutants."""
        return names("pollutant", self.loads.shape[1])

    def demands(self, count: int) -> Floats:
        """Draw the shares of the way to the technical limit that `count` targets ask for, shape (count,)."""
        return np.asarray(self.tightness ** self.rng.uniform(1, 2, count) * (1 - SPARE))


@dataclass(frozen=True)
class Response:
    """Quality at M receptors for Q parameters.

    Attributes
    ----------
    tables : the tables that make it.
    parameters : ids of the parameters.
    clean, base, best : quality with no load, the baseline, the strongest technology everywhere, (M, Q).
    source_columns : columns that the sources table needs for it.
    """

    tables: Tables
    parameters: list[str]
    clean: Floats
    base: Floats
    best: Floats
    source_columns: dict[str, Any] = field(default_factory=dict)


def names(what: str, count: int) -> list[str]:
    """Return `source-01` ... with as many digits as the count has."""
    width = len(str(count))
    return [f"{what}-{number:0{width}d}" for number in range(1, count + 1)]


def ids(codes: Sequence[int] | NDArray[Any], domain: Sequence[str]) -> pd.Categorical[str]:
    """Return a column of ids from their positions in their domain, -1 for blank."""
    return pd.Categorical.from_codes(np.asarray(codes, dtype=np.int64), categories=pd.Index(list(domain)))


def make_site(
    rng: np.random.Generator,
    shape: tuple[int, int, int],
    *,
    fixed_cost_share: float,
    tightness: float,
) -> Site:
    """Draw a site of `shape` (sources, technologies, pollutants)."""
    sources, technologies, pollutants = shape
    regions = min(sources, max(2, min(50, sources // 10)))
    loads = rng.lognormal(3.0, 1.0, (sources, pollutants))
    ladder = np.linspace(0.2, 0.9, technologies)
    removal = ladder[:, None] * rng.uniform(0.5, 1.0, (technologies, pollutants))
    removal[-1] = np.maximum(removal.max(axis=0), rng.uniform(0.8, 0.95, pollutants))
    strength = removal.mean(axis=1)
    price = rng.lognormal(np.log(100.0), 0.4, (sources, 1)) * loads.sum(axis=1, keepdims=True)
    return Site(
        rng=rng,
        tightness=tightness,
        fixed_cost_share=fixed_cost_share,
        zone=np.sort(np.arange(sources) % regions),
        sector=rng.integers(0, len(SECTORS), sources),
        loads=loads,
        removal=removal,
        cost=price * (strength + 4 * strength**3),  # the last tenth removed costs the most
    )


def source_tables(site: Site) -> Tables:
    """Return regions, sources and loads."""
    rng, count, regions = site.rng, len(site.loads), site.regions
    inhabitants = rng.lognormal(12, 1, len(regions) - 1).round()
    source, pollutant = (index.ravel() for index in np.indices(site.loads.shape))
    return {
        "regions": pd.DataFrame(
            {
                "region": ids(range(len(regions)), regions),
                "parent": ids([-1] + [0] * (len(regions) - 1), regions),
                "population": np.append(inhabitants.sum(), inhabitants),
            }
        ),
        "sources": pd.DataFrame(
            {
                "source": ids(range(count), site.sources),
                "region": ids(site.zone + 1, regions),
                "sector": ids(site.sector, SECTORS),
                "kind": "point",
                "output": site.loads.sum(axis=1) * rng.lognormal(0, 0.3, count),
                "income": site.cost[:, -1] * rng.lognormal(3, 0.5, count),
            }
        ),
        "loads": pd.DataFrame(
            {
                "source": ids(source, site.sources),
                "pollutant": ids(pollutant, site.pollutants),
                "load": site.loads.ravel(),
            }
        ),
    }


def control_tables(site: Site) -> Tables:
    """Return measures, options and removals."""
    technologies = names("technology", len(site.removal))
    source, technology = (index.ravel() for index in np.indices(site.cost.shape))
    measure, pollutant = (index.ravel() for index in np.indices(site.removal.shape))
    fixed, cost = site.fixed_cost_share, site.cost.ravel()
    group = -1 if len(technologies) == 1 else 0  # one technology has nothing to exclude: its group is blank
    return {
        "measures": pd.DataFrame({"measure": ids(range(len(technologies)), technologies)}),
        "options": pd.DataFrame(
            {
                "source": ids(source, site.sources),
                "measure": ids(technology, technologies),
                "max_extent": 1.0,
                "min_extent": LEAST_EXTENT if fixed > 0 else 0.0,
                "unit_cost": (1 - fixed) * cost,
                "fixed_cost": fixed * cost,
                "group": ids([group] * len(source), ["technology"]),
            }
        ),
        "removals": pd.DataFrame(
            {
                "measure": ids(measure, technologies),
                "pollutant": ids(pollutant, site.pollutants),
                "removal": site.removal.ravel(),
                "basis": "fraction",
            }
        ),
    }


def background_table(receptors: list[str], parameters: list[str], clean: Floats) -> pd.DataFrame:
    """Return the quality with no load, `clean` of shape (receptors, parameters)."""
    receptor, parameter = (index.ravel() for index in np.indices(clean.shape))
    return pd.DataFrame(
        {
            "receptor": ids(receptor, receptors),
            "parameter": ids(parameter, parameters),
            "value": clean.ravel(),
        }
    )
