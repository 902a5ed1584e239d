"""Every table of a case, declared once: columns, types, units, defaults, ranges, descriptions.

The checks, the empty template and the page of the tables are made from it. An id is a string and stays as the planner
wrote it; the ids of one kind form a *domain* (all sources ...), which `DOMAINS` says where to find.
"""

from __future__ import annotations

import math

from abate_data.columns import Column, Table, amount, choice, id_column, text
from abate_data.goals import OBSERVATIONS, PROPOSALS, RULES, TARGETS

#: Where each domain of ids is defined: the first of these columns whose table has rows; parameters by both.
DOMAINS: dict[str, tuple[str, ...]] = {
    "region": ("regions.region", "sources.region"),
    "source": ("sources.source",),
    "sector": ("sources.sector",),
    "pollutant": ("loads.pollutant",),
    "measure": ("measures.measure", "options.measure"),
    "group": ("options.group",),
    "resource": ("resources.resource",),
    "receptor": ("receptors.receptor", "transfer.receptor"),
    "parameter": ("transfer.parameter", "kinetics.parameter"),
    "reach": ("reaches.reach",),
    "target": ("targets.target",),
    "rule": ("rules.rule",),
    "proposal": ("proposals.proposal",),
}

#: Parameters that a river makes by itself, beside those that its kinetics name.
OXYGEN = "dissolved_oxygen"


_LATITUDE = amount("latitude", "north of the equator", "degrees", low=-90, high=90)
_LONGITUDE = amount("longitude", "east of Greenwich", "degrees", low=-180, high=180)
_REACH = id_column("reach", "the river reach it lies on")
_POSITION = amount("position", "distance from the head of its reach", "length", 0.0)

REGIONS = Table(
    "regions",
    "a zone in a tree of zones",
    (
        id_column("region", "the zone's id", required=True),
        id_column("parent", "the zone that contains it; blank for a root", domain="region"),
        text("name", "what people call it"),
        amount("population", "inhabitants", "people"),
        amount("gdp", "gross domestic product", "money"),
        amount("area", "surface", "area"),
    ),
    key=("region",),
    open=True,
)

SOURCES = Table(
    "sources",
    "one discharger or emitter, or a diffuse sector of a region",
    (
        id_column("source", "the source's id", required=True),
        text("name", "what people call it"),
        id_column("region", "the zone it lies in"),
        id_column("sector", "its branch of activity"),
        choice("kind", "an outfall or stack, or a diffuse sector", "point", "diffuse"),
        _LATITUDE,
        _LONGITUDE,
        Column("controllable", "flag", "whether a plan may ask anything of it", default=True),
        amount("flow", "effluent flow", "flow"),
        amount("output", "yearly production, in the source's own unit"),
        amount("income", "yearly income from which measures are paid", "money/yr"),
        _REACH,
        _POSITION,
    ),
    key=("source",),
    required=True,
    open=True,
)

LOADS = Table(
    "loads",
    "the baseline load of one pollutant from one source",
    (
        id_column("source", "the source", required=True),
        id_column("pollutant", "the pollutant", required=True),
        amount("load", "load with no measure of the options table in use", "load", required=True),
        amount("floor", "load below which no measure can bring it", "load", 0.0),
        amount("permit_load", "load that its permit allows today", "load"),
        amount("raw_load", "load generated before any treatment, of which `load` is what is left", "load"),
        amount("relative_sd", "standard deviation of the load over the load"),
        amount("growth", "share by which the load grows each year without measures", "", 0.0, low=-1),
    ),
    key=("source", "pollutant"),
    required=True,
)

MEASURES = Table(
    "measures",
    "a control technology or practice",
    (
        id_column("measure", "the measure's id", required=True),
        text("name", "what people call it"),
        Column("unit", "text", "what one unit of extent is: share, km2, km, system ...", default="share"),
        amount("lifetime_years", "years over which its capital cost is spread", "years"),
        text("description", "what it is"),
    ),
    key=("measure",),
)

OPTIONS = Table(
    "options",
    "a measure available at a source",
    (
        id_column("source", "where", required=True),
        id_column("measure", "what", required=True),
        amount("max_extent", "the most of it that fits; blank for no bound of its own", "extent", math.inf),
        amount(
            "min_extent",
            "the least of it that can be installed, where any is; min_extent = max_extent is all or nothing",
            "extent",
            0.0,
        ),
        amount("unit_cost", "yearly cost of one unit of extent", "money/yr/extent", 0.0),
        amount("fixed_cost", "yearly cost of having any of it", "money/yr", 0.0),
        amount("capital_cost", "investment for one unit of extent", "money/extent", 0.0),
        id_column(
            "group",
            "options of one source in one group share one unit of extent, or exclude one another where installed whole",
        ),
        Column("first_year", "integer", "first year in which it can work", "year", default=math.nan),
        Column("lead_time", "integer", "years from the decision until it works", "years", default=0, low=0),
        amount("ramp", "the most extent that can be added in one year", "extent", math.inf),
        amount("built", "extent that stands already and whose capital is spent", "extent", 0.0),
    ),
    key=("source", "measure"),
)

REMOVALS = Table(
    "removals",
    "what one unit of extent of a measure removes of one pollutant",
    (
        id_column("source", "where; blank or * for every source not named for this measure and pollutant"),
        id_column("measure", "the measure", required=True),
        id_column("pollutant", "the pollutant", required=True),
        amount(
            "removal",
            "removed by one unit of extent: a fraction of the load, or with basis mass a load per unit of "
            "extent, in the unit of loads; negative where it adds load",
            low=-math.inf,
            required=True,
        ),
        choice("basis", "a fraction of the baseline load, or a load per unit of extent", "fraction", "mass"),
    ),
    key=("source", "measure", "pollutant"),
)

RESOURCES = Table(
    "resources",
    "land, bank length, money ... that options of a region share",
    (
        id_column("resource", "the resource's id", required=True),
        id_column("region", "the zone whose options share it; blank for all"),
        text("name", "what people call it"),
        text("unit", "what it is counted in"),
        amount("available", "how much there is", required=True),
    ),
    key=("resource", "region"),
)

RESOURCE_USE = Table(
    "resource_use",
    "what one unit of extent of a measure takes of a resource",
    (
        id_column("resource", "the resource", required=True),
        id_column("measure", "the measure", required=True),
        amount("use", "units of the resource per unit of extent", required=True),
    ),
    key=("resource", "measure"),
)

RECEPTORS = Table(
    "receptors",
    "a place where quality is judged",
    (
        id_column("receptor", "the receptor's id", required=True),
        text("name", "what people call it"),
        id_column("region", "the zone it lies in"),
        _LATITUDE,
        _LONGITUDE,
        amount("population", "people exposed there", "people"),
        _REACH,
        _POSITION,
    ),
    key=("receptor",),
    open=True,
)

TRANSFER = Table(
    "transfer",
    "how quality at a receptor responds to a load",
    (
        id_column("source", "the source", required=True),
        id_column("receptor", "the receptor", required=True),
        id_column("pollutant", "the pollutant of the load", required=True),
        id_column("parameter", "the parameter of the quality", required=True),
        amount(
            "coefficient",
            "rise of the parameter per unit of load; negative only where case.toml says `signed_transfer = true`",
            "quality/load",
            low=-math.inf,
            required=True,
        ),
        amount("relative_sd", "standard deviation of the coefficient over the coefficient"),
    ),
    key=("source", "receptor", "pollutant", "parameter"),
)

REACHES = Table(
    "reaches",
    "a stretch of river with one flow and one velocity",
    (
        id_column("reach", "the reach's id", required=True),
        id_column("downstream", "the reach it flows into; blank at the mouth", domain="reach"),
        amount("length", "from head to end", "length", required=True),
        amount("flow", "river flow in the reach, effluents included", "flow", required=True),
        amount("velocity", "mean velocity", "velocity", required=True),
        amount("temperature", "water temperature", "temperature", 20.0, low=-2, high=45),
        amount("reaeration", "reaeration rate at 20 degC", "1/d", 0.0),
    ),
    key=("reach",),
)

KINETICS = Table(
    "kinetics",
    "how a pollutant behaves in the river",
    (
        id_column("reach", "where; blank or * for every reach not named for this pollutant"),
        id_column("pollutant", "the pollutant", required=True),
        id_column("parameter", "the concentration that it makes", required=True),
        amount("decay", "first-order decay rate at 20 degC", "1/d", 0.0),
        amount("temperature_factor", "factor on the rate per degree above 20 degC", "", 1.047, low=0.8, high=1.3),
        amount(
            "oxygen_demand",
            "mass of oxygen used per mass decayed; more than 0 makes `dissolved_oxygen`",
            "",
            0.0,
        ),
    ),
    key=("reach", "pollutant"),
)

BACKGROUND = Table(
    "background",
    "quality at a receptor from everything that is not in the loads table",
    (
        id_column("receptor", "the receptor", required=True),
        id_column("parameter", "the parameter", required=True),
        amount(
            "value",
            "quality with no load at all; dissolved oxygen of a receptor on a reach that has no row here is taken "
            "as saturation at the reach's temperature; below zero only as the intercept of a linear model, where "
            "case.toml says `signed_transfer = true`",
            "quality",
            low=-math.inf,
            required=True,
        ),
        amount("sd", "standard deviation", "quality"),
    ),
    key=("receptor", "parameter"),
)

SEASONS = Table(
    "seasons",
    "a part of the year, and the share of the yearly load that may be emitted in it",
    (
        id_column("source", "whose; blank or * for every source not named for this pollutant"),
        id_column("pollutant", "of which pollutant; blank or * for every one not named"),
        Column("season", "text", "what the part of the year is called", required=True, default=""),
        Column("first_month", "integer", "its first month, 1 for January", required=True, low=1, high=12),
        Column(
            "last_month",
            "integer",
            "its last month; the seasons of a source together cover every month once, and one may run over New Year",
            required=True,
            low=1,
            high=12,
        ),
        amount("share", "share of the yearly load; those of a source's seasons add up to 1", high=1.0, required=True),
    ),
    key=("source", "pollutant", "season"),
)

#: Every table, in the order in which they are read, checked and documented.
TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        *(REGIONS, SOURCES, LOADS, MEASURES, OPTIONS, REMOVALS, RESOURCES, RESOURCE_USE, RECEPTORS, TRANSFER),
        *(REACHES, KINETICS, BACKGROUND, TARGETS, RULES, SEASONS, OBSERVATIONS, PROPOSALS),
    )
}
