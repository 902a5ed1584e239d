"""A plan on the screen: what it costs, who reduces what and by which measures, what binds, and the proof."""

from __future__ import annotations

import numpy as np
import pandas as pd
from rich.console import Console

from abate.cli.show import WITHIN_REACH, counted, money, number, printable, show_title, tabled
from abate.errors import Finding, InputError
from abate.plan import Plan
from abate.solver import SolutionStatus
from abate.tables import first_level, objective_unit
from abate_data.case import Case
from abate_data.names import offer

#: Rows of a table of regions or measures, and of one of targets; the files hold all of them.
ROWS, TARGETS = 24, 12


def show_plan(screen: Console, plan: Plan) -> None:
    """Show a plan in short."""
    _show_heading(screen, plan)
    screen.print("\nby region")
    screen.print(tabled(split(plan), once=("region", "cost")))
    _show_practices(screen, plan)
    _show_out_of_reach(screen, plan)
    _show_targets(screen, plan)
    _show_certificate(screen, plan)


def _show_heading(screen: Console, plan: Plan) -> None:
    show_title(screen, plan.case)
    screen.print(printable(_headline(plan)), soft_wrap=True)
    for figure, value in plan.figures.items():
        screen.print(printable(f"  {figure}: {number(value)}"), soft_wrap=True)


def _headline(plan: Plan) -> str:
    """Return what was made least, or the strategy, and what that costs."""
    currency = plan.case.settings.currency
    best = "most" if plan.certificate.maximised else "least"
    if plan.strategy != f"{best}-{plan.objective}":
        cost = "its cost is not known" if np.isnan(plan.cost) else f"{money(plan.cost)} {currency}/yr"
        return f"{plan.strategy}: {cost}"
    optimal = plan.certificate.status is SolutionStatus.OPTIMAL
    how = f"{best} {plan.objective}" if optimal else f"best {plan.objective} found, not proved {best}"
    said = f"{how}: {_value(plan, plan.value)}"
    return said if plan.objective == "cost" else f"{said}, at a cost of {money(plan.cost)} {currency}/yr"


def _value(plan: Plan, value: float) -> str:
    """Return a value of the objective with its unit."""
    said = money(value) if plan.objective == "cost" else number(value)
    return f"{said} {objective_unit(plan.case, plan.objective)}"


def split(plan: Plan) -> pd.DataFrame:
    """Return the rows of the regions of the first level, of what lies outside them, and of the whole case."""
    table, size = plan.regions, len(plan.case.ids("loads", "pollutant"))
    whole = table.iloc[:size]
    level = first_level(plan.case)
    blocks = [table.iloc[size * (region + 1) : size * (region + 2)] for region in level]
    kept = _dearest(np.array([block["cost"].iloc[0] for block in blocks]), np.full(len(blocks), size))
    shown = [blocks[position] for position in kept]
    hidden = len(blocks) - len(shown)
    rest = whole.assign(region=f"({hidden} more)" if hidden else "(elsewhere)")
    for column in ("baseline", "allowed", "reduction", "cost"):
        rest[column] -= sum((block[column].to_numpy() for block in shown), np.zeros(size))
    rest["percent"] = 100 * rest["reduction"] / rest["baseline"].where(rest["baseline"] > 0)
    outside = (rest["baseline"] > 1e-9 * whole["baseline"]).any()
    parts = [*shown, rest, whole] if shown and outside else [*shown, whole]
    result = pd.concat(parts, ignore_index=True)
    result.attrs = table.attrs
    return result


def _dearest(cost: np.ndarray, rows: np.ndarray) -> list[int]:
    """Return the positions of the dearest things that together take up to `ROWS` rows, in their own order."""
    order = np.argsort(-cost, kind="stable")
    count = max(1, int((np.cumsum(rows[order]) <= ROWS).sum()))
    return [int(position) for position in np.sort(order[:count])]


def _show_practices(screen: Console, plan: Plan) -> None:
    table = plan.practices
    none = "no measure is needed" if len(plan.case["options"]) else "the case names no measures"
    screen.print("\nby measure" if len(table) else f"\n{none}")
    if not len(table):
        return
    by_measure = table.groupby("measure", sort=False)["cost"].agg(["first", "size"])
    kept = by_measure.index[_dearest(by_measure["first"].to_numpy(), by_measure["size"].to_numpy())]
    screen.print(tabled(table[table["measure"].isin(kept)], once=("measure", "sources", "extent", "unit", "cost")))
    if hidden := by_measure["first"].drop(kept).tolist():
        screen.print(f"and {len(hidden)} more at {money(sum(hidden))} {plan.case.settings.currency}/yr")


def _show_out_of_reach(screen: Console, plan: Plan) -> None:
    """Show the loads that the strategy would bring lower than measures can, the greatest gaps first."""
    table = plan.out_of_reach
    if len(table):
        screen.print(f"\nout of technical reach: {counted(len(table), 'load')}")
        largest = table.sort_values("gap", ascending=False, kind="stable").head(TARGETS)
        largest.attrs = table.attrs
        screen.print(tabled(largest))
        screen.print(WITHIN_REACH)


def _show_targets(screen: Console, plan: Plan) -> None:
    """Show the targets that are missed (where the objective lets them), bind, or are kept with room to spare.

    Of many those are shown that ask most: where tightening the limit by one percent costs most.
    """
    paid = objective_unit(plan.case, plan.objective)
    attained, binding = plan.attainment["attained"], plan.attainment["binding"]
    prices = plan.prices.assign(per=plan.prices["unit_as_asked"].str.removeprefix(f"{paid} per "))
    table = plan.attainment[["target", "before", "after", "limit", "unit"]].assign(
        price=prices["price_as_asked"], per=prices["per"]
    )
    table.attrs["units"] = {"price": paid}
    screen.print(f"\ntargets: {attained.sum()} of {len(table)} attained, {binding.sum()} binding")
    percent_worth = (plan.prices["price"] * plan.attainment["limit"].abs()).fillna(0.0)
    known = prices["price"].notna().any()
    priced = ", with the price of one unit more of what was asked" if known else ""
    plain = ["target", "before", "after", "limit", "unit"]
    for heading, chosen, columns in (
        (f"missed{priced}", ~attained, table.columns if known else plain),
        (f"binding{priced}", attained & binding, table.columns if known else plain),
        ("kept with room to spare", attained & ~binding, plain),
    ):
        shown = percent_worth[chosen].sort_values(ascending=False, kind="stable").index[:TARGETS].sort_values()
        if len(shown):
            screen.print(heading)
            screen.print(tabled(table.loc[shown, columns]))
        if hidden := int(chosen.sum()) - len(shown):
            screen.print(f"and {hidden} more")


def _show_certificate(screen: Console, plan: Plan) -> None:
    proof = plan.certificate
    checks = proof.checks[proof.checks["rows"] > 0]
    worst = checks.iloc[int(checks["worst"].to_numpy().argmax())]
    where = f" ({worst['kind']}, {worst['where']})" if worst["worst"] else ""
    proved = "no bound: there may be better plans"
    if np.isnan(plan.cost):
        proved = "nothing of costs, which the case does not give"
    elif np.isfinite(proof.bound):
        proved = f"{proof.proved} {_value(plan, proof.bound)}, gap {proof.gap:.2g}"
    for line in (
        "\ncertificate",
        f"  checks  {counted(len(checks), 'kind')} passed on {counted(int(checks['rows'].sum()), 'row')}; worst "
        f"violation {worst['worst']:.2g}{where}",
        f"  proved  {proved}",
        f"  solver  {proof.stop.value}, {proof.status.value}; {proof.method}, {counted(proof.iterations, 'iteration')}",
        f"  case    {proof.case_hash[:12]}",
    ):
        screen.print(printable(line), soft_wrap=True)


def refuse_unknown_source(case: Case, source: str) -> None:
    """Raise InputError where the case has no such source, before a plan is made that cannot be explained."""
    sources = case.ids("sources", "source")
    if source not in sources:
        cure = offer(source, sources, "source")
        raise InputError([Finding("sources", "the case has no such source", cure, value=source)])


def show_explanation(screen: Console, plan: Plan, source: str) -> None:
    """Show which targets ask a source for its reduction, and between which prices it stays as it is."""
    explanation = plan.explain(source)
    units = explanation.margins.attrs["units"]
    margins = explanation.margins.drop(columns="value")
    for column, otherwise in (("does_more_above", "can do no more"), ("does_less_below", "does nothing")):
        margins[column] = [otherwise if np.isnan(price) else number(price) for price in margins[column]]
    screen.print(printable(f"\nwhy {source} does what it does; prices in {units['does_more_above']}"), soft_wrap=True)
    screen.print(tabled(_worded(margins)))
    if len(explanation.asked_by):
        screen.print(printable(f"what each target pays for one unit less there, in {units['value']}"), soft_wrap=True)
        screen.print(tabled(explanation.asked_by.rename(columns={"value": "pays"})))


def _worded(margins: pd.DataFrame) -> pd.DataFrame:
    load = margins.attrs["units"]["allowed"]
    worded = margins.rename(columns=lambda name: name.replace("_", " "))
    worded.attrs["units"] = {"baseline": load, "allowed": load}
    return worded
