"""The tables of what must hold, what was found and what is asked for: targets, rules, observations, proposals.

`abate_data.schema` joins them to the tables that say what there is.
"""

from __future__ import annotations

import math

from abate_data.columns import Column, Table, amount, choice, id_column, text

TARGETS = Table(
    "targets",
    "what must hold",
    (
        id_column("target", "the target's id", required=True),
        choice(
            "kind",
            "quality at a receptor; load, reduction or intensity of a region and sector; yearly cost of a region",
            "quality",
            "load",
            "reduction",
            "intensity",
            "budget",
            required=True,
        ),
        id_column("receptor", "of a quality target: where it is judged; may be blank where the case has one receptor"),
        id_column("region", "of any other target: the zone, with all zones inside it; blank for the whole case"),
        id_column("sector", "of any other target: the sector; blank for all"),
        id_column(
            "pollutant",
            "of a load, reduction or intensity target; may be blank where the case has one pollutant",
        ),
        id_column("parameter", "of a quality target; may be blank where the case has one parameter"),
        choice(
            "sense",
            "of a quality target: whether the limit is an upper or a lower one",
            "at_most",
            "at_least",
        ),
        amount("limit", "the limit, in the unit that kind and basis give", "target", required=True),
        choice(
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
        amount(
            "margin_of_safety",
            "held back from the limit for what is not known, in the unit of the cap",
            "cap",
            0.0,
        ),
        amount("reserve", "held back from a cap for growth", "load", 0.0),
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
        amount(
            "probability",
            "probability with which it must hold, where relative_sd of transfer and loads or sd of background say how "
            "well the figures are known; a margin for it is held back besides margin_of_safety",
            "",
            low=0.5,
            high=0.999999,
        ),
        amount(
            "price_ceiling",
            "the most that one unit of tightening may cost; beyond it a target of priority above 0 gives way when "
            "targets are re-aligned",
            "price",
        ),
        amount(
            "reference_flow",
            "of a load target: the flow of water through its region that the cap is meant for; a monitored load is "
            "multiplied by it and divided by the flow of its year before it is judged",
            "flow",
        ),
    ),
    key=("target",),
    required=True,
)

RULES = Table(
    "rules",
    "a limit on how the burden may be shared",
    (
        id_column("rule", "the rule's id", required=True),
        choice(
            "kind",
            "reduction_percent: bounds on each source's reduction; uniform: one percentage for all sources "
            "of the scope; burden: bound on each source's cost over its ability to pay",
            "reduction_percent",
            "uniform",
            "burden",
            required=True,
        ),
        id_column("region", "the zone, with all zones inside it; blank for the whole case"),
        id_column("sector", "the sector; blank for all"),
        id_column("pollutant", "of reduction_percent and uniform; blank for every pollutant, each by itself"),
        amount("lower", "least reduction of each source", "%", high=100),
        amount("upper", "greatest reduction of each source, or greatest burden", "% or share"),
        choice(
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
        Column("period_start", "text", "first day, YYYY-MM-DD", required=True, default=""),
        Column("period_end", "text", "last day, YYYY-MM-DD", required=True, default=""),
        choice(
            "kind",
            "quality at a receptor; load of a source as reported; activity of a source as a share of that behind its "
            "baseline load; operation of its measures as a share of full operation; flow of water through a region",
            "quality",
            "load",
            "activity",
            "operation",
            "flow",
            required=True,
        ),
        id_column("receptor", "of a quality: where"),
        id_column("source", "of a load, an activity or an operation: whose"),
        id_column("region", "of a flow: where"),
        id_column("pollutant", "of a load"),
        id_column("parameter", "of a quality"),
        amount(
            "value",
            "the result; a load is a rate, per year in a month too; blank where none could be taken, and in a "
            "correction that takes a result back",
            "observation",
            low=-math.inf,
        ),
        text("unit", "the unit of the value; blank for that of the case"),
        choice(
            "qualifier",
            "blank, or < for below the detection limit given as the value, or estimated",
            "",
            "<",
            "estimated",
        ),
        amount("sd", "standard deviation of the value", "observation"),
        Column(
            "revision",
            "integer",
            "0 for the first report, one more for each correction; the greatest counts",
            default=0,
            low=0,
        ),
        text("received", "day on which it was reported, YYYY-MM-DD; blank for the last day of its period"),
    ),
    key=("period_start", "period_end", "kind", "receptor", "source", "region", "pollutant", "parameter", "revision"),
)

PROPOSALS = Table(
    "proposals",
    "what a proposed project adds or changes; a project may take several rows",
    (
        id_column("proposal", "the project's id; a new source is called like it", required=True),
        choice(
            "kind",
            "new_source; expansion of a source; measure: other extents than planned at a source; shutdown of a source",
            "new_source",
            "expansion",
            "measure",
            "shutdown",
            required=True,
        ),
        id_column("source", "of all but a new source: which one; blank for a new source"),
        id_column("pollutant", "of a load or a coefficient; may be blank where the case has one pollutant"),
        amount(
            "load",
            "of a new source: what it will emit; of an expansion: by how much more than the plan allows the source",
            "load",
        ),
        id_column("measure", "of a measure: which one; of a new source: one that it could take on its own premises"),
        amount(
            "extent",
            "of a measure: the extent that is asked for; of a new source: the most of the measure that fits there",
            "extent",
        ),
        amount("unit_cost", "of a new source's measure: yearly cost of one unit of extent", "money/yr/extent"),
        id_column(
            "like", "of a new source: a source whose place it shares, so that receptors respond alike", domain="source"
        ),
        id_column(
            "receptor", "of a new source: a receptor that responds to it, in a row of its own with the coefficient"
        ),
        id_column("parameter", "of a coefficient; may be blank where the case has one parameter"),
        amount(
            "coefficient",
            "of a new source: rise of the parameter at the receptor per unit of its load; 0 where there is none",
            "quality/load",
            low=-math.inf,
        ),
        choice(
            "elsewhere",
            "of a new source: none where receptors that no row of it names do not respond to it; blank where every "
            "receptor with a target has to be named",
            "",
            "none",
        ),
        text("name", "of a new source: what people call it"),
        id_column("region", "of a new source: the zone it lies in"),
        id_column("sector", "of a new source: its branch of activity"),
        choice("source_kind", "of a new source: an outfall or stack, or a diffuse sector", "point", "diffuse"),
        amount("latitude", "of a new source: north of the equator", "degrees", low=-90, high=90),
        amount("longitude", "of a new source: east of Greenwich", "degrees", low=-180, high=180),
        id_column("reach", "of a new source: the river reach it lies on"),
        amount("position", "of a new source: distance from the head of its reach", "length", 0.0),
        amount("output", "yearly production of a new source, or by how much an expansion raises that of the source"),
    ),
    key=("proposal", "pollutant", "measure", "receptor", "parameter"),
)
