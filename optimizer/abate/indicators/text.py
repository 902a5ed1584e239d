"""The permit of one source in plain words."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

#: Seasons, milestones and measures of a permit that are listed.
LISTED = 24


def permit_text(tables: dict[str, pd.DataFrame]) -> str:
    """Return the permit of the one source that the tables are of, as lines.

    Parameters
    ----------
    tables : as `Indicators.of(source).tables()` gives them.
    """
    permits = tables["permits"]
    first = permits.iloc[0]
    name = f", {first['name']}" if first["name"] and first["name"] != first["source"] else ""
    place = ", ".join(str(part) for part in (first["region"], first["sector"], f"{first['kind']} source") if part)
    lines = [f"{first['source']}{name} ({place})"]
    for _, row in permits.iterrows():
        lines += _of_load(row, permits.attrs["units"], tables)
    lines += _of_measures(tables["measures"])
    lines += _of_milestones(tables["milestones"])
    return "\n".join(lines)


def _of_load(row: pd.Series, units: dict[str, str], tables: dict[str, pd.DataFrame]) -> Iterator[str]:
    unit, pollutant = units["allowed"], row["pollutant"]
    yield f"{pollutant}: at most {row['allowed']:,.4g} {unit}"
    if row["reduction"] > 0:
        of_raw = f", {row['percent_of_raw']:.3g} % of the raw load" if pd.notna(row["percent_of_raw"]) else ""
        said = f"{row['reduction']:,.4g} {unit} or {row['percent']:.3g} % of its baseline of {row['baseline']:,.4g}"
        yield f"  it removes {said}{of_raw}"
    if row["early_action"] > 0:
        yield f"  {row['early_action']:,.4g} {unit} of it are given back for early action"
    if row["no_concentration"]:
        yield f"  no concentration: {row['no_concentration']}"
    else:
        mg = units["concentration"]
        yield (
            f"  {row['concentration']:.4g} {mg} as long-term average; at most {row['average_monthly']:.4g} {mg} as "
            f"average of a month and {row['maximum_daily']:.4g} {mg} on any day"
        )
    if row["targets"]:
        yield f"  it serves {row['targets']}"
    if row["remark"]:
        yield f"  {row['remark']}"
    yield from _of_seasons(tables["seasons"], pollutant)
    yield from _judged(tables["compliance"], pollutant)


def _of_seasons(seasons: pd.DataFrame, pollutant: str) -> Iterator[str]:
    own, unit = seasons[seasons["pollutant"] == pollutant], seasons.attrs["units"]["load"]
    said = [f"{row.season} {row.load:,.4g}" for row in own.itertuples()]
    yield f"  by season [{unit}]: {', '.join(said)}"


def _judged(compliance: pd.DataFrame, pollutant: str) -> Iterator[str]:
    own = compliance[compliance["pollutant"] == pollutant]
    for row in own[own["limit"].notna()].to_dict("records"):
        allowed = f"tolerance {row['tolerance']:.3g} %" if row["tolerance"] > 0 else "no tolerance"
        samples = f", {row['samples']} samples" if row["samples"] > 1 else ""
        why = f"{allowed} ({row['tolerance_from']})"
        yield f"  {row['indicator']}: {row['formula']}; by {row['period']}{samples}; {why}"


def _of_measures(measures: pd.DataFrame) -> Iterator[str]:
    if not len(measures):
        yield "measures: none is planned"
        return
    money = measures.attrs["units"]["cost"]
    yield f"measures, {measures['cost'].sum():,.0f} {money} in all:"
    for row in measures.head(LISTED).to_dict("records"):
        name = f" ({row['name']})" if row["name"] else ""
        since = f" from {row['from_year']:.0f}" if pd.notna(row["from_year"]) else ""
        yield f"  {row['measure']}{name}: {row['extent']:,.4g} {row['unit']}{since}, {row['cost']:,.0f} {money}"
    if len(measures) > LISTED:
        yield f"  and {len(measures) - LISTED} more"


def _of_milestones(milestones: pd.DataFrame) -> Iterator[str]:
    if milestones["after"].nunique() < 2:
        return
    yield "milestones:"
    for row in milestones.head(LISTED).to_dict("records"):
        when = f"{row['year']:.0f}" if pd.notna(row["year"]) else f"{row['after']} years after the decision"
        yield f"  {when}: {row['item']} {row['what']} {row['value']:,.4g} {row['unit']}"
    if len(milestones) > LISTED:
        yield f"  and {len(milestones) - LISTED} more"
