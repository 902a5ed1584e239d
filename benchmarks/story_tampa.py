"""Tampa Bay year by year: every segment judged at the hydrology of its cap, and whose load broke one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import abate
from abate.loop.departures import departures, exceedances
from abate.loop.hydrology import verdicts
from benchmarks.markdown import table
from benchmarks.story_ledger import cycles, recorded_sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Sources shown of an exceedance.
SHOWN = 6

PAGE = """\
# Tampa Bay, year by year

Written by `python -m benchmarks stories`; run it again rather than edit it.

    case = abate.load("tampa-bay")
    verdicts(case, case["observations"])         # abate.loop.hydrology
    exceedances(case, case["observations"])      # abate.loop.departures

Five bay segments have a cap on nitrogen (TN), set at about what reached them in 1992-1994. Rain decides most of what
reaches them in a year, so a year's load is not held against the cap as it came: it is multiplied by the mean hydrologic
load of 1992-1994 and divided by that of the year. The same is said by the ratio of load to hydrologic load. The figures
are those of the Tampa Bay Estuary Program; `case.toml` says where they come from, how they were brought into the case
and whom to ask before passing them on.

![Load of each segment against its cap, {first}-{last}](tampa-bay/segments.png)

## Every segment's verdict

Ratio of the year's load to its hydrologic load, {units}. A ratio above that of the cap (cap / mean hydrologic load of
1992-1994; beside it the delivery ratio as the programme publishes it) is set in **bold**.

{ratios}

{judged} segment-years, {exceeded} of them exceeded: {named}.

Held against the cap as it came, the load would give another verdict in {different} of {judged}: it is above the cap in
{raw_only} segment-years that comply, and under it in the {hidden} that does not.

{unknown}

## {title}

{cause}

{sources}

*usual* is the median of the source's own earlier years, all at the hydrology of 1992-1994; *score* is how many times
the usual scatter of those years the departure is, and a source stands out above 3.5. *otherwise* is what the segment
would have been judged at had this source stayed at its usual load.

![{title}: whose load departs from its own earlier years](tampa-bay/cause.png)
{realigned}"""


def tampa_page() -> tuple[str, dict[str, Figure]]:
    """Return the page and its figures by name."""
    case = abate.load("tampa-bay")
    observations = case["observations"]
    judged, broken = verdicts(case, observations), exceedances(case, observations)
    if len(broken) != 1:
        raise ValueError(f"the page is written for one exceedance, there are {len(broken)}")
    worst = broken.iloc[0]
    parts = departures(case, observations, str(worst["target"]), int(worst["year"]))
    names = dict(zip(case["regions"]["region"].astype(str), case["regions"]["name"], strict=True))
    segment = names[_segment(str(worst["target"]))]
    raw_only = judged["attained"] & ~judged["raw_attained"]
    hidden = ~judged["attained"] & judged["raw_attained"]
    units = case.settings.units
    text = PAGE.format(
        first=judged["year"].min(),
        last=judged["year"].max(),
        units=f"{units.load} per {units.flow}",
        ratios=_ratios(judged, names, case),
        judged=int(judged["attained"].notna().sum()),
        exceeded=int((~judged["attained"]).sum()),
        named=f"{segment} in {worst['year']}",
        different=int((raw_only | hidden).sum()),
        raw_only=int(raw_only.sum()),
        hidden=int(hidden.sum()),
        unknown=_unknown(judged),
        title=f"{segment}, {worst['year']}",
        cause=_cause(judged, worst, units.load, case),
        sources=_sources(parts),
        realigned=realigned(case, worst),
    )
    return text, {"segments": segments_figure(judged, broken, names), "cause": cause_figure(parts, worst, segment)}


#: At the reference flow a source's reports scatter by 0.2 from year to year (median over those above 1 ton).
REALIGNMENT = abate.Realignment(prior=abate.Prior(load_sd=0.3, load_noise=0.2, load_drift=0.1))

REALIGNED = """
## What is asked next, and recorded

    plan = abate.allocate(case, "given")                     # the adopted allocations
    abate.revise(case, plan, observations, ledger="plans.db")    # once a year, with all that is known by then

Each year is a cycle. The case has no measures, so nothing is optimised: where a cap was missed, sources in its scope
that emitted more than their allocation are held to it, and only where that is not enough all of them come down by one
share more (`abate.loop.account`).

{cycles}

What the cycle of {year} asks for, at the hydrology of 1992-1994, in {unit}:

{asked}

With these, {segment} would have been at {after:.1f} under its cap of {limit:.0f}. Every other segment and source keeps
its allocation. {recorded}
"""


def realigned(case: abate.Case, exceedance: pd.Series) -> str:
    """Return the section on what is asked after every year, and recorded in a ledger."""
    observations = case["observations"]
    years = range(int(observations["period_end"].str[:4].min()), int(exceedance["year"]) + 1)
    year_of = observations["period_end"].str[:4].astype(int)
    told = cycles(
        case,
        abate.allocate(case, "given"),
        f"{years[0]}-01-01",
        lambda _, year: observations[year_of == year],
        years,
        REALIGNMENT,
    )
    last = told.revisions[-1]
    attained = last.plan.attainment.set_index("target").loc[exceedance["target"]]
    rows = [
        [f"`{one.source}`", f"{one.before:.2f}", f"{one.after:.4g}", f"{one.change:.2f}"]
        for one in last.changes.itertuples()
    ]
    outcomes = [
        [
            one.inputs.cycle[:4],
            "asked" if one.renewed else "stands",
            one.reason if one.renewed else "every cap was kept",
        ]
        for one in told.revisions
    ]
    return REALIGNED.format(
        cycles=table(["cycle", "allocations", "because"], outcomes),
        year=exceedance["year"],
        unit=case.settings.units.load,
        asked=table(["source", "emitted", "may emit", "change"], rows),
        segment=_segment(str(exceedance["target"])).replace("-", " ").title(),
        after=attained["after"],
        limit=attained["limit"],
        recorded=recorded_sentence(told),
    )


def _segment(target: str) -> str:
    return target.removesuffix("-cap")


def _ratios(judged: pd.DataFrame, names: dict[str, str], case: abate.Case) -> str:
    published = dict(zip(case["regions"]["region"].astype(str), case["regions"]["delivery_ratio"], strict=True))
    years = sorted(judged["year"].unique())
    rows = []
    for target, rows_of in judged.groupby("target", sort=False):
        cells = [
            "" if np.isnan(one.ratio) else f"**{one.ratio:.3f}**" if not one.attained else f"{one.ratio:.3f}"
            for one in rows_of.sort_values("year").itertuples()
        ]
        segment = _segment(str(target))
        limits = [f"{rows_of['reference_ratio'].iloc[0]:.3f}", f"{published[segment]:.2f}"]
        rows.append([names[segment], *limits, *cells])
    return table(["segment", "cap", "published", *map(str, years)], rows)


def _unknown(judged: pd.DataFrame) -> str:
    """Say which sources have no figure in which years."""
    rows = judged[judged["missing"] != ""]
    said = [
        f"`{missing}` ({years.min()}-{years.max()})" for missing, years in rows.groupby("missing", sort=False)["year"]
    ]
    return f"Sources without a figure, which count for nothing: {', '.join(said)}." if said else "No figure is missing."


def _cause(judged: pd.DataFrame, worst: pd.Series, unit: str, case: abate.Case) -> str:
    """Say in words what was exceeded, by how much, and who made the difference."""
    row = judged[(judged["target"] == worst["target"]) & (judged["year"] == worst["year"])].iloc[0]
    sources = case["sources"].set_index("source")
    name, allowed = sources["name"][worst["source"]], case["loads"].set_index("source")["permit_load"][worst["source"]]
    outcome = "and the cap would have held" if worst["otherwise"] <= worst["limit"] else "and still above the cap"
    return (
        f"The load as it came is {row['load']:.1f} {unit}, under the cap of {row['limit']:.0f}. But the year was dry: "
        f"{row['flow']:.1f} {case.settings.units.flow} against {row['limit'] / row['reference_ratio']:.1f} in "
        f"1992-1994. At that hydrology the load is {row['normalised']:.1f}, {worst['excess']:.1f} above the cap; the "
        f"ratio is {row['ratio']:.3f} against {row['reference_ratio']:.3f}.\n\n"
        f"Of the sources that stand out, one makes the difference: **{name}** "
        f"(`{worst['source']}`). It discharged {worst['load']:.1f} {unit}; its "
        f"adopted allocation is {allowed:g}. At the reference hydrology it is {worst['departure']:.1f} above its usual "
        f"{worst['usual']:.1f}. Had it stayed there, the segment would have been judged at {worst['otherwise']:.1f}, "
        f"{outcome}."
    )


def _sources(parts: pd.DataFrame) -> str:
    heading = ["source", "load", "at reference", "usual", "departure", "score", "otherwise"]
    rows = [
        [
            f"**{one.source}**" if one.stands_out else str(one.source),
            *(f"{value:.2f}" for value in (one.load, one.normalised, one.usual, one.departure)),
            f"{one.score:.1f}",
            f"{one.otherwise:.1f}",
        ]
        for one in _most_departed(parts).itertuples()
    ]
    return table(heading, rows)


def _most_departed(parts: pd.DataFrame) -> pd.DataFrame:
    """Return the sources that depart most, up or down, in order of their departure."""
    order = parts["departure"].abs().sort_values(ascending=False).head(SHOWN).index
    return parts.loc[sorted(order)]


_NORMALISED, _RAW, _EXCEEDED, _CAP = "#1f4e79", "#b9cfe4", "#c26a00", "#444444"


def segments_figure(judged: pd.DataFrame, broken: pd.DataFrame, names: dict[str, str]) -> Figure:
    """Return a panel per segment: normalised load of each year against the cap, with the load as it came beside it."""
    from matplotlib.figure import Figure

    targets = list(dict.fromkeys(judged["target"]))
    figure = Figure(figsize=(13.5, 7.6), layout="constrained")
    panels = figure.subplots(2, 3).ravel()
    for panel, target in zip(panels, targets, strict=False):
        _segment_panel(panel, judged[judged["target"] == target], broken[broken["target"] == target])
        panel.set_title(names[_segment(target)], fontsize="medium")
    for panel in panels[len(targets) :]:
        panel.set_axis_off()
        handles, labels = panels[targets.index(broken["target"].iloc[0])].get_legend_handles_labels()
        panel.legend(handles, labels, loc="center", frameon=False, fontsize="large")
    figure.suptitle("Nitrogen to Tampa Bay: a year complies where its load, at the hydrology of the cap, is under it")
    return figure


def _segment_panel(panel: Axes, rows: pd.DataFrame, broken: pd.DataFrame) -> None:
    year = rows["year"].to_numpy()
    exceeded = (~rows["attained"]).fillna(False).to_numpy(dtype=bool)
    panel.bar(year - 0.2, rows["load"], 0.38, color=_RAW, label="load as it came")
    panel.bar(year[~exceeded] + 0.2, rows["normalised"][~exceeded], 0.38, color=_NORMALISED, label=_AT_REFERENCE)
    if exceeded.any():
        panel.bar(
            year[exceeded] + 0.2,
            rows["normalised"][exceeded],
            0.38,
            color=_EXCEEDED,
            hatch="//",
            edgecolor="white",
            label=f"{_AT_REFERENCE}: above the cap",
        )
    panel.axhline(rows["limit"].iloc[0], color=_CAP, linestyle="--", linewidth=1.4, label="cap")
    panel.set_xticks(year, [str(one) for one in year], rotation=45)
    panel.set_ylabel("TN [short_ton/yr]")
    panel.margins(x=0.02)
    panel.spines[["top", "right"]].set_visible(False)
    top = max(rows["load"].max(), rows["normalised"].max(), rows["limit"].iloc[0])
    panel.set_ylim(0, 1.12 * top)
    for one in broken.itertuples():
        panel.annotate(
            f"{one.year}: {one.excess:.0f} above the cap;\n{_plant(one.source)}\nadds {one.departure:.0f} to its usual",
            (one.year + 0.2, one.normalised),
            (one.year - 3.2, 1.06 * top),
            va="top",
            ha="center",
            fontsize="small",
            color=_EXCEEDED,
            arrowprops={"arrowstyle": "->", "color": _EXCEEDED},
        )


_AT_REFERENCE = "load at the hydrology of 1992-1994"


def _plant(source: str) -> str:
    """Return a source's own part of its id, as words."""
    return source.rpartition("/")[2].replace("-", " ").title()


def cause_figure(parts: pd.DataFrame, worst: pd.Series, segment: str) -> Figure:
    """Return a bar per source: how far it departs from the median of its own earlier years."""
    from matplotlib.figure import Figure

    shown = _most_departed(parts).iloc[::-1]
    figure = Figure(figsize=(10.5, 3.6), layout="constrained")
    panel = figure.subplots()
    place = np.arange(len(shown))
    panel.barh(place, shown["departure"], color=_colours(shown["stands_out"]))
    for at, one in enumerate(shown.itertuples()):
        said = f" {one.departure:+.1f}" + (f" (score {one.score:.0f})" if one.stands_out else "")
        panel.annotate(said, (max(one.departure, 0.0), at), va="center", fontsize="small")
    panel.axvline(worst["excess"], color=_CAP, linestyle="--", linewidth=1.2, zorder=0)
    panel.annotate(
        f" what the segment is above its cap: {worst['excess']:.1f}",
        (worst["excess"], 0),
        fontsize="small",
        va="center",
    )
    panel.set_yticks(place, [source.partition("/")[2] for source in shown["source"]])
    panel.set_xlabel("departure from its own earlier years, at the reference hydrology [short_ton/yr]")
    panel.set_title(f"{segment}, {worst['year']}: whose load is not what it used to be", fontsize="medium")
    panel.margins(x=0.16)
    panel.spines[["top", "right"]].set_visible(False)
    return figure


def _colours(stands_out: Iterable[bool]) -> list[str]:
    return [_EXCEEDED if one else _NORMALISED for one in stands_out]
