"""Ways to leave a synthetic case without a plan, each with its proof."""

from __future__ import annotations

from abate_data.synthetic.site import Response, Site, Tables
from abate_data.synthetic.targets import add_rows, cap_zones


def put_target_out_of_reach(tables: Tables, response: Response) -> None:
    """Set the first quality target half-way between the technical limit and no load at all."""
    tables["targets"].loc[0, "limit"] = (response.best[0, 0] + response.clean[0, 0]) / 2
    if "basis" in tables["targets"]:
        tables["targets"].loc[0, "basis"] = "value"


def add_budget_below_cap(tables: Tables, site: Site) -> None:
    """Add a budget of the first cap's region, nine tenths of a lower bound on what that cap costs.

    Every option costs at least its full cost times its extent, so the cap costs at least its demand times the
    least full cost per unit of load removed in its region.
    """
    zone = cap_zones(site)[0]
    members = site.zone == zone
    loads, cost = site.loads[members, 0], site.cost[members]
    cheapest = (cost / (loads[:, None] * site.removal[:, 0])).min()
    first_cap = tables["targets"]["kind"].eq("load").to_numpy().argmax()
    demand = loads.sum() - float(tables["targets"]["limit"].iloc[first_cap])
    row = {"target": "too-little-money", "kind": "budget", "region": site.regions[zone + 1], "basis": "value"}
    add_rows(tables, "targets", [{**row, "limit": 0.9 * cheapest * demand, "priority": 1}])


def add_joint_conflict(tables: Tables, site: Site) -> None:
    """Add two sources, far from every receptor, whose caps each take 0.8 of a crew that both share."""
    pair, pollutant = ("twin-1", "twin-2"), site.pollutants[0]
    region, measure, crew = "twins", "joint-works", "twin-crew"
    add_rows(tables, "regions", [{"region": region, "parent": "all", "population": 0.0}])
    attributes = {"region": region, "kind": "point", "output": 100.0, "income": 100.0}
    add_rows(tables, "sources", [{"source": twin, "sector": twin, **attributes} for twin in pair])
    add_rows(tables, "loads", [{"source": twin, "pollutant": pollutant, "load": 100.0} for twin in pair])
    add_rows(tables, "measures", [{"measure": measure}])
    option = {"measure": measure, "max_extent": 1.0, "min_extent": 0.0, "unit_cost": 1.0, "fixed_cost": 0.0}
    add_rows(tables, "options", [{"source": twin, **option} for twin in pair])
    removal = {"measure": measure, "pollutant": pollutant, "removal": 0.5, "basis": "fraction"}
    add_rows(tables, "removals", [removal])
    add_rows(tables, "resources", [{"resource": crew, "region": region, "available": 1.0}])
    add_rows(tables, "resource_use", [{"resource": crew, "measure": measure, "use": 1.0}])
    cap = {"kind": "load", "region": region, "pollutant": pollutant, "limit": 60.0, "basis": "value"}
    caps = [{"target": f"{twin}/cap", "sector": twin, "priority": 1, **cap} for twin in pair]
    add_rows(tables, "targets", caps)
