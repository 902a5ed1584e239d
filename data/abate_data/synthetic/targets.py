"""Targets that the witness meets: quality everywhere, caps in every second region, and a mixture."""

from __future__ import annotations

import numpy as np
import pandas as pd

from abate_data.synthetic.site import SECTORS, SPARE, Floats, Response, Site, Tables, names


def targets_table(site: Site, response: Response) -> pd.DataFrame:
    """Return a quality target per receptor and parameter, and a cap per pollutant in every other region."""
    return pd.concat([_quality(site, response), _caps(site)], ignore_index=True)


def _quality(site: Site, response: Response) -> pd.DataFrame:
    receptor, parameter = (index.ravel() for index in np.indices(response.base.shape))
    receptors = names("receptor", len(response.base))
    limit = _towards(response.base, response.best, site.demands(response.base.size))
    rising = (response.base >= response.clean).ravel()
    return pd.DataFrame(
        {
            "target": [f"{receptors[r]}/{response.parameters[q]}" for r, q in zip(receptor, parameter, strict=True)],
            "kind": "quality",
            "receptor": [receptors[r] for r in receptor],
            "parameter": [response.parameters[q] for q in parameter],
            "sense": np.where(rising, "at_most", "at_least"),
            "limit": limit,
            "priority": 2,
        }
    )


def _towards(base: Floats, best: Floats, demand: Floats) -> Floats:
    """Return limits that ask for a share of the way from the baseline to the technical limit."""
    return np.asarray(base.ravel() + demand * (best - base).ravel())


def cap_zones(site: Site) -> np.ndarray:
    """Return the numbers of the regions that have caps."""
    return np.arange(0, int(site.zone.max()) + 1, 2)


def _caps(site: Site) -> pd.DataFrame:
    zones = cap_zones(site)
    base = np.array([site.loads[site.zone == zone].sum(axis=0) for zone in zones])
    best = np.array([site.best[site.zone == zone].sum(axis=0) for zone in zones])
    zone, pollutant = (index.ravel() for index in np.indices(base.shape))
    regions = [site.regions[zones[z] + 1] for z in zone]
    pollutants = [site.pollutants[p] for p in pollutant]
    return pd.DataFrame(
        {
            "target": [f"{r}/{p}/cap" for r, p in zip(regions, pollutants, strict=True)],
            "kind": "load",
            "region": regions,
            "pollutant": pollutants,
            "limit": _towards(base, best, site.demands(base.size)),
            "priority": 1,
        }
    )


def add_mixture(tables: Tables, site: Site) -> None:
    """Add every other kind of target, a resource that a region's sources share, and every kind of rule.

    All of them hold for the witness, which treats every source alike.
    """
    demand = site.demands(3)
    members = site.sector == site.sector[0]
    sector, pollutant = SECTORS[site.sector[0]], site.pollutants[0]
    output = float(tables["sources"]["output"][members].sum())
    load = site.loads[members, 0].sum()
    intensity = (load + demand[0] * (site.best[members, 0].sum() - load)) / output
    cut = 100 * site.removal[-1, 0]
    scope = {"sector": sector, "pollutant": pollutant}
    gap = tables["targets"]["kind"].eq("quality") & (tables["targets"].index % 4 == 0)
    tables["targets"]["basis"] = np.where(gap, "gap_closure", "value")
    tables["targets"].loc[gap, "limit"] = 100 * demand[1]
    rows: list[dict[str, object]] = [
        {"target": "sector-cut", "kind": "reduction", "basis": "percent", "limit": cut * demand[2], **scope},
        {"target": "sector-intensity", "kind": "intensity", "basis": "output", "limit": intensity, **scope},
        {"target": "all-budget", "kind": "budget", "limit": 2 * site.witness_cost.sum()},
    ]
    add_rows(tables, "targets", [{"basis": "value", "priority": 1, **row} for row in rows])
    _add_rules(tables, site, scope)
    _add_crews(tables, site)


def _add_rules(tables: Tables, site: Site, scope: dict[str, str]) -> None:
    members = site.sector == site.sector[0]
    burden = (site.witness_cost / tables["sources"]["income"])[members].max()
    least = 50 * site.removal[-1, 0] * site.tightness
    rows: list[dict[str, object]] = [
        {"rule": "each-some", "kind": "reduction_percent", "lower": least, "upper": 100.0, **scope},
        {"rule": "all-alike", "kind": "uniform", **scope},
        {"rule": "bearable", "kind": "burden", "upper": 2 * burden + SPARE, "sector": scope["sector"]},
    ]
    tables["rules"] = pd.DataFrame(rows)


def _add_crews(tables: Tables, site: Site) -> None:
    """Add a resource of which a region has less than the strongest technology everywhere would take."""
    regions, technologies = site.regions[1:], names("technology", len(site.removal))
    tables["resources"] = pd.DataFrame(
        {
            "resource": "crews",
            "region": regions,
            "available": np.bincount(site.zone) * (0.9 + 0.1 * site.extent),
        }
    )
    tables["resource_use"] = pd.DataFrame({"resource": "crews", "measure": technologies, "use": 1.0})


def add_rows(tables: Tables, name: str, rows: list[dict[str, object]]) -> None:
    """Add rows to a table, whose ids become text where they are new."""
    if name not in tables:
        tables[name] = pd.DataFrame(rows)
        return
    table = tables[name]
    categorical = [column for column in table.columns if isinstance(table[column].dtype, pd.CategoricalDtype)]
    plain = table.astype(dict.fromkeys(categorical, object))
    tables[name] = pd.concat([plain, pd.DataFrame(rows)], ignore_index=True)
