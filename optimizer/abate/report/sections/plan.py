"""What a plan says: what was asked, what it costs, who reduces what and why, what is attained, and the proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from abate.report.charts import attainment, bars, marginal_cost, place, prices
from abate.report.parts import Section, Tile, pictures, table
from abate.report.sections.certificate import certificate_section
from abate.report.sections.permits import permits_section
from abate.tables import BINDING_SHARE, objective_unit
from abate.words import Words
from abate_data.case import Case

if TYPE_CHECKING:
    from abate.plan import Plan


def plan_sections(plan: Plan, words: Words) -> tuple[Section, ...]:
    """Return the sections of a plan, in the order in which it is defended."""
    return (
        summary_section(plan, words),
        asked_section(plan.case, words),
        *result_sections(plan, words),
        certificate_section(plan.certificate, words, objective_unit(plan.case, plan.objective)),
    )


def result_sections(plan: Plan, words: Words) -> tuple[Section, ...]:
    """Return the sections of what a plan comes to."""
    return (
        _cost(plan, words),
        _who(plan, words),
        _where(plan, words),
        _targets(plan, words),
        _prices(plan, words),
        permits_section(plan, words),
    )


def summary_section(plan: Plan, words: Words) -> Section:
    """Return the section of key figures."""
    return Section("summary", words("report.summary"), (_headline(plan, words),), key_figures(plan, words))


def key_figures(plan: Plan, words: Words) -> tuple[Tile, ...]:
    """Return cost, targets attained, the reduction of each pollutant, and how many sources act."""
    met, there = int(plan.attainment["attained"].sum()), len(plan.attainment)
    moved = plan.allocation["reduction"] > 1e-9 * plan.allocation["baseline"]
    acting, sources = plan.allocation.loc[moved, "source"].nunique(), plan.allocation["source"].nunique()
    currency = f"{plan.case.settings.currency}/{words.unit('yr')}"
    return (
        Tile(words("report.cost"), words.money(plan.cost, currency), _price_year(plan.case, words)),
        Tile(words("report.targets_attained"), words("report.of", part=met, whole=there)),
        *_reductions(plan, words),
        Tile(words("report.acting"), words("report.of", part=acting, whole=sources)),
    )


def _price_year(case: Case, words: Words) -> str:
    year = case.settings.price_year
    return "" if year is None else words("report.price_year", year=str(year))


def _reductions(plan: Plan, words: Words) -> list[Tile]:
    """Return the reduction of each pollutant; of more than four their mean percentage is no figure, so the first."""
    unit = words.unit(plan.case.settings.units.load)
    rows = plan.regions[plan.regions["region"] == "all"].drop_duplicates("pollutant").head(4)
    columns = [rows[name].to_list() for name in ("pollutant", "percent", "baseline", "allowed")]
    return [
        Tile(
            words("report.reduction_of", pollutant=pollutant),
            words.percent(percent),
            words("report.from_to", before=baseline, after=allowed, unit=unit),
        )
        for pollutant, percent, baseline, allowed in zip(*columns, strict=True)
    ]


def _headline(plan: Plan, words: Words) -> str:
    kind = "optimised" if plan.strategy in (f"least-{plan.objective}", f"most-{plan.objective}") else "by_strategy"
    goal = words.known(f"report.goal.{plan.strategy.partition(':')[0]}", plan.strategy)
    said = words(f"report.headline_{kind}", goal=goal, strategy=plan.strategy)
    missed = int((~plan.attainment["attained"]).sum())
    return f"{said} {words('report.misses', count=missed) if missed else words('report.keeps_all')}"


def asked_section(case: Case, words: Words) -> Section:
    """Return the section of what was asked: the case in its own words, its targets, and what it takes for granted."""
    targets = case["targets"]
    shown = ["target", "kind", "receptor", "region", "sector", "pollutant", "parameter", "limit", "basis"]
    used = [column for column in shown if _is_used(targets[column])]
    text = case.settings.description or case.settings.title
    details = [*case.settings.assumptions, *(words("report.source", text=one) for one in case.settings.citations)]
    if case.settings.licence:
        details.append(words("report.licence", text=case.settings.licence))
    asked = targets[used].assign(unit=_units(case)).rename(columns={"basis": "limit_basis"})
    return Section(
        "asked",
        words("report.asked"),
        (text,) if text else (),
        tables=table("targets", asked.astype({name: object for name in asked if name != "limit"}), words),
        details=tuple(details),
    )


def _is_used(column: pd.Series) -> bool:
    return bool((column.notna() & (column.astype(str) != "")).any())


def _units(case: Case) -> list[str]:
    """Return the unit in which each limit was asked."""
    from abate.tables import asked_units, target_units
    from abate_models.problem import read_problem

    return asked_units(case, target_units(case, read_problem(case)))


def _cost(plan: Plan, words: Words) -> Section:
    if np.isnan(plan.cost):
        return Section("cost", words("report.what_it_costs"), (words("report.no_costs"),))
    told = words("report.cost_told") if len(plan.practices) else words("report.no_measure")
    return Section(
        "cost",
        words("report.what_it_costs"),
        (told,),
        pictures=pictures({"marginal-cost": marginal_cost.marginal_cost(plan, words)}, words),
        tables=table("practices", plan.practices.sort_values("cost", ascending=False, kind="stable"), words),
    )


def _who(plan: Plan, words: Words) -> Section:
    charts = {
        "sources": bars.sources(plan, words),
        "regions": bars.regions(plan, words),
        "sectors": bars.sectors(plan, words),
    }
    regions = plan.regions.assign(
        region=plan.regions["region"].where(plan.regions["region"] != "all", words("report.whole"))
    )
    return Section(
        "who",
        words("report.who"),
        (words("report.who_told"),),
        pictures=pictures(charts, words),
        tables=(
            *table("sources", with_measures(plan), words, _columns(plan)),
            *table("regions", regions, words),
            *table("measures", plan.measures, words),
            *table("out-of-reach", plan.out_of_reach, words),
        ),
    )


def _columns(plan: Plan) -> tuple[str, ...]:
    """Return the columns of the table of sources, those first by which a plan is judged."""
    named = ("name",) if _is_used(plan.case["sources"]["name"]) else ()
    parts = [name for name in ("region", "sector") if (plan.allocation[name] != "").any()]
    figures = ("baseline", "allowed", "reduction", "percent", "asked_by", "measures", "cost")
    return ("source", *named, "pollutant", *figures, *parts)


def with_measures(plan: Plan) -> pd.DataFrame:
    """Return the allocation, greatest reductions first, with the yearly cost and the measures of each source."""
    cost = plan.measures.groupby("source")["cost"].sum()
    done = {name: ", ".join(dict.fromkeys(rows)) for name, rows in plan.measures.groupby("source")["measure"]}
    source = plan.allocation["source"]
    unspent = 0.0 if np.isfinite(plan.cost) else np.nan
    made = plan.allocation.assign(
        cost=source.map(cost).fillna(unspent), measures=[done.get(name, "") for name in source]
    )
    sources = plan.case["sources"]
    names = dict(zip(sources["source"].astype(str), sources["name"].astype(object).fillna(""), strict=True))
    made.insert(1, "name", [names[one] for one in source])
    made = made.rename(columns={"basis": "asked_by"}).sort_values("reduction", ascending=False, kind="stable")
    made.attrs["units"] = {**plan.allocation.attrs["units"], "cost": f"{plan.case.settings.currency}/yr"}
    return made


def _where(plan: Plan, words: Words) -> Section:
    charts = {"map": place.place(plan, words)}
    return Section("where", words("report.where"), (words("report.where_told"),), pictures=pictures(charts, words))


def _targets(plan: Plan, words: Words) -> Section:
    parts = {"point": "point_part", "diffuse": "diffuse_part"}
    rounding = plan.balance["unused"].abs() <= BINDING_SHARE * plan.balance["limit"].abs()
    balance = plan.balance.assign(unused=plan.balance["unused"].mask(rounding, 0.0)).rename(columns=parts)
    return Section(
        "targets",
        words("report.targets"),
        (words("report.targets_told"),),
        pictures=pictures({"attainment": attainment.attainment(plan, words)}, words),
        tables=(*table("attainment", plan.attainment, words), *table("balance", balance, words)),
    )


def _prices(plan: Plan, words: Words) -> Section:
    priced = plan.prices[plan.prices["price_as_asked"] > 0].rename(columns={"basis": "price_basis"})
    priced = priced.sort_values("price_as_asked", ascending=False, kind="stable")
    told = words("report.prices_told") if len(priced) else words("report.no_prices")
    columns = ("target", "price_as_asked", "unit_as_asked", "price_basis")
    return Section(
        "prices",
        words("report.prices"),
        (told,),
        pictures=pictures({"prices": prices.prices(plan, words)}, words),
        tables=table("prices", priced, words, columns),
    )
