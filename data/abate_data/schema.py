"""Every table of a case, declared once: columns, types, units, defaults, ranges, descriptions.

The checks, the empty template and the documentation page of the tables are all made from this declaration.

An id is a string and stays as the planner wrote it. The ids of one kind form a *domain* (all sources, all
regions ...); `DOMAINS` says which column defines it and every other column of that domain refers to it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "text", "number", "integer", "flag", "choice"]

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
}

#: Parameters that a river makes by itself, beside those that its kinetics name.
OXYGEN = "dissolved_oxygen"


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name : column name as in the file's header.
    kind : what a cell holds; a `choice` is one of `choices`, an `id` belongs to `domain`.
    description : what it means, for the planner.
    unit : the dimension (`load`, `flow`, `quality` ...) that `case.toml` or the header gives a unit to, or a
        fixed unit such as `%`, `years` or `1/d`; empty for plain numbers.
    required : every row must give a value.
    default : what a blank cell or an absent column means; `math.nan` is "not given".
    low, high : the closed range of a number.
    domain : of an `id`; a blank cell in a column that is not required means "any".
    """

    name: str
    kind: Kind
    description: str
    unit: str = ""
    required: bool = False
    default: str | float | bool | None = None
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    domain: str = ""


@dataclass(frozen=True)
class Table:
    """One table: its columns, its key, and whether the planner may add attributes of their own."""

    name: str
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    required: bool = False
    open: bool = False

    def column(self, name: str) -> Column:
        """Return the column called `name`; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name} has no column {name!r}")


def _id(name: str, description: str, *, required: bool = False, domain: str = "") -> Column:
    return Column(name, "id", description, required=required, domain=domain or name)


def _text(name: str, description: str) -> Column:
    return Column(name, "text", description, default="")


def _amount(name: str, description: str, unit: str = "", default: float = math.nan, **rest: float | bool) -> Column:
    required = bool(rest.pop("required", False))
    low, high = rest.pop("low", 0.0), rest.pop("high", math.inf)
    return Column(name, "number", description, unit, required, default, float(low), float(high))


def _choice(name: str, description: str, *choices: str, required: bool = False) -> Column:
    return Column(name, "choice", description, required=required, default=choices[0], choices=choices)


_LATITUDE = _amount("latitude", "north of the equator", "degrees", low=-90, high=90)
_LONGITUDE = _amount("longitude", "east of Greenwich", "degrees", low=-180, high=180)
_REACH = _id("reach", "the river reach it lies on")
_POSITION = _amount("position", "distance from the head of its reach", "length", 0.0)

REGIONS = Table(
    "regions",
    "a zone in a tree of zones",
    (
        _id("region", "the zone's id", required=True),
        _id("parent", "the zone that contains it; blank for a root", domain="region"),
        _text("name", "what people call it"),
        _amount("population", "inhabitants", "people"),
        _amount("gdp", "gross domestic product", "money"),
        _amount("area", "surface", "area"),
    ),
    key=("region",),
    open=True,
)

SOURCES = Table(
    "sources",
    "one discharger or emitter, or a diffuse sector of a region",
    (
        _id("source", "the source's id", required=True),
        _text("name", "what people call it"),
        _id("region", "the zone it lies in"),
        _id("sector", "its branch of activity"),
        _choice("kind", "an outfall or stack, or a diffuse sector", "point", "diffuse"),
        _LATITUDE,
        _LONGITUDE,
        Column("controllable", "flag", "whether a plan may ask anything of it", default=True),
        _amount("flow", "effluent flow", "flow"),
        _amount("output", "yearly production, in the source's own unit"),
        _amount("income", "yearly income from which measures are paid", "money/yr"),
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
        _id("source", "the source", required=True),
        _id("pollutant", "the pollutant", required=True),
        _amount("load", "load with no measure of the options table in use", "load", required=True),
        _amount("floor", "load below which no measure can bring it", "load", 0.0),
        _amount("permit_load", "load that its permit allows today", "load"),
        _amount("relative_sd", "standard deviation of the load over the load"),
    ),
    key=("source", "pollutant"),
    required=True,
)

MEASURES = Table(
    "measures",
    "a control technology or practice",
    (
        _id("measure", "the measure's id", required=True),
        _text("name", "what people call it"),
        Column("unit", "text", "what one unit of extent is: share, km2, km, system ...", default="share"),
        _amount("lifetime_years", "years over which its capital cost is spread", "years"),
        _text("description", "what it is"),
    ),
    key=("measure",),
)

OPTIONS = Table(
    "options",
    "a measure available at a source",
    (
        _id("source", "where", required=True),
        _id("measure", "what", required=True),
        _amount("max_extent", "the most of it that fits; blank for no bound of its own", "extent", math.inf),
        _amount("min_extent", "the least of it that can be installed, where any is", "extent", 0.0),
        _amount("unit_cost", "yearly cost of one unit of extent", "money/yr/extent", 0.0),
        _amount("fixed_cost", "yearly cost of having any of it", "money/yr", 0.0),
        _amount("capital_cost", "investment for one unit of extent", "money/extent", 0.0),
        _id(
            "group",
            "options of one source in one group share one unit of extent, or exclude one another where installed whole",
        ),
        Column("first_year", "integer", "first year in which it can work", "year", default=math.nan),
        _amount("built", "extent that stands already and whose capital is spent", "extent", 0.0),
    ),
    key=("source", "measure"),
    required=True,
)

REMOVALS = Table(
    "removals",
    "what one unit of extent of a measure removes of one pollutant",
    (
        _id("source", "where; blank or * for every source not named for this measure and pollutant"),
        _id("measure", "the measure", required=True),
        _id("pollutant", "the pollutant", required=True),
        _amount(
            "removal",
            "removed by one unit of extent; negative where it adds load",
            low=-math.inf,
            required=True,
        ),
        _choice("basis", "a fraction of the baseline load, or a load per unit of extent", "fraction", "mass"),
    ),
    key=("source", "measure", "pollutant"),
    required=True,
)

RESOURCES = Table(
    "resources",
    "land, bank length, money ... that options of a region share",
    (
        _id("resource", "the resource's id", required=True),
        _id("region", "the zone whose options share it; blank for all"),
        _text("name", "what people call it"),
        _text("unit", "what it is counted in"),
        _amount("available", "how much there is", required=True),
    ),
    key=("resource", "region"),
)

RESOURCE_USE = Table(
    "resource_use",
    "what one unit of extent of a measure takes of a resource",
    (
        _id("resource", "the resource", required=True),
        _id("measure", "the measure", required=True),
        _amount("use", "units of the resource per unit of extent", required=True),
    ),
    key=("resource", "measure"),
)

RECEPTORS = Table(
    "receptors",
    "a place where quality is judged",
    (
        _id("receptor", "the receptor's id", required=True),
        _text("name", "what people call it"),
        _id("region", "the zone it lies in"),
        _LATITUDE,
        _LONGITUDE,
        _amount("population", "people exposed there", "people"),
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
        _id("source", "the source", required=True),
        _id("receptor", "the receptor", required=True),
        _id("pollutant", "the pollutant of the load", required=True),
        _id("parameter", "the parameter of the quality", required=True),
        _amount(
            "coefficient",
            "rise of the parameter per unit of load; negative only where case.toml says `signed_transfer = true`",
            "quality/load",
            low=-math.inf,
            required=True,
        ),
        _amount("relative_sd", "standard deviation of the coefficient over the coefficient"),
    ),
    key=("source", "receptor", "pollutant", "parameter"),
)

REACHES = Table(
    "reaches",
    "a stretch of river with one flow and one velocity",
    (
        _id("reach", "the reach's id", required=True),
        _id("downstream", "the reach it flows into; blank at the mouth", domain="reach"),
        _amount("length", "from head to end", "length", required=True),
        _amount("flow", "river flow in the reach, effluents included", "flow", required=True),
        _amount("velocity", "mean velocity", "velocity", required=True),
        _amount("temperature", "water temperature", "temperature", 20.0, low=-2, high=45),
        _amount("reaeration", "reaeration rate at 20 degC", "1/d", 0.0),
    ),
    key=("reach",),
)

KINETICS = Table(
    "kinetics",
    "how a pollutant behaves in the river",
    (
        _id("reach", "where; blank or * for every reach not named for this pollutant"),
        _id("pollutant", "the pollutant", required=True),
        _id("parameter", "the concentration that it makes", required=True),
        _amount("decay", "first-order decay rate at 20 degC", "1/d", 0.0),
        _amount("temperature_factor", "factor on the rate per degree above 20 degC", "", 1.047, low=0.8, high=1.3),
        _amount(
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
        _id("receptor", "the receptor", required=True),
        _id("parameter", "the parameter", required=True),
        _amount(
            "value",
            "quality with no load at all; below zero only as the intercept of a linear model, where "
            "case.toml says `signed_transfer = true`",
            "quality",
            low=-math.inf,
            required=True,
        ),
        _amount("sd", "standard deviation", "quality"),
    ),
    key=("receptor", "parameter"),
)

TARGETS = Table(
    "targets",
    "what must hold",
    (
        _id("target", "the target's id", required=True),
        _choice(
            "kind",
            "quality at a receptor; load, reduction or intensity of a region and sector; yearly cost of a region",
            "quality",
            "load",
            "reduction",
            "intensity",
            "budget",
            required=True,
        ),
        _id("receptor", "of a quality target: where it is judged"),
        _id("region", "of any other target: the zone, with all zones inside it; blank for the whole case"),
        _id("sector", "of any other target: the sector; blank for all"),
        _id(
            "pollutant",
            "of a load, reduction or intensity target; may be blank where the case has one pollutant",
        ),
        _id("parameter", "of a quality target; may be blank where the case has one parameter"),
        _choice(
            "sense",
            "of a quality target: whether the limit is an upper or a lower one",
            "at_most",
            "at_least",
        ),
        _amount("limit", "the limit, in the unit that kind and basis give", "target", required=True),
        _choice(
            "basis",
            "value: the limit as it stands; percent: of the baseline load; gap_closure: percent of the way "
            "from the baseline quality to the best that can be reached; output, population, gdp, area: what "
            "an intensity is divided by",
            "value",
            "percent",
            "gap_closure",
            "output",
            "population",
            "gdp",
            "area",
        ),
        _amount(
            "margin_of_safety",
            "held back from the limit for what is not known, in the unit of the cap",
            "cap",
            0.0,
        ),
        _amount("reserve", "held back from a cap for growth", "load", 0.0),
        Column(
            "year",
            "integer",
            "year by which it must hold; blank for the end of the horizon",
            "year",
            default=math.nan,
        ),
        Column(
            "priority",
            "integer",
            "0 is never relaxed; the higher the number, the sooner it gives way",
            default=1,
            low=0,
            high=99,
        ),
        _amount("probability", "probability with which it must hold", "", low=0.5, high=0.999999),
    ),
    key=("target",),
    required=True,
)

RULES = Table(
    "rules",
    "a limit on how the burden may be shared",
    (
        _id("rule", "the rule's id", required=True),
        _choice(
            "kind",
            "reduction_percent: bounds on each source's reduction; uniform: one percentage for all sources "
            "of the scope; burden: bound on each source's cost over its ability to pay",
            "reduction_percent",
            "uniform",
            "burden",
            required=True,
        ),
        _id("region", "the zone, with all zones inside it; blank for the whole case"),
        _id("sector", "the sector; blank for all"),
        _id("pollutant", "of reduction_percent and uniform; blank for every pollutant, each by itself"),
        _amount("lower", "least reduction of each source", "%", high=100),
        _amount("upper", "greatest reduction of each source, or greatest burden", "% or share"),
        _choice(
            "ability",
            "of a burden: the column of sources that measures the ability to pay",
            "income",
            "output",
            "flow",
        ),
    ),
    key=("rule",),
)

OBSERVATIONS = Table(
    "observations",
    "a monitored result",
    (
        _text("period_start", "first day, YYYY-MM-DD"),
        _text("period_end", "last day, YYYY-MM-DD"),
        _choice("kind", "what was observed", "quality", "load", "activity", "operation", required=True),
        _id("receptor", "of a quality: where"),
        _id("source", "of anything else: whose"),
        _id("pollutant", "of a load"),
        _id("parameter", "of a quality"),
        _amount("value", "the result", "observation", low=-math.inf, required=True),
        _text("unit", "the unit of the value"),
        _choice(
            "qualifier",
            "blank, or < for below the detection limit given as the value, or estimated",
            "",
            "<",
            "estimated",
        ),
        _amount("sd", "standard deviation of the value", "observation"),
        Column("revision", "integer", "0 for the first report, one more for each correction", default=0, low=0),
    ),
    key=("period_start", "period_end", "kind", "receptor", "source", "pollutant", "parameter", "revision"),
)

#: Every table, in the order in which they are read, checked and documented.
TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        REGIONS,
        SOURCES,
        LOADS,
        MEASURES,
        OPTIONS,
        REMOVALS,
        RESOURCES,
        RESOURCE_USE,
        RECEPTORS,
        TRANSFER,
        REACHES,
        KINETICS,
        BACKGROUND,
        TARGETS,
        RULES,
        OBSERVATIONS,
    )
}
