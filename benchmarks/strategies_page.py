"""The page of all strategies on all cases. Every figure on it was computed by the command that writes it."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from abate.cli.show import counted, money, number
from abate.comparison.judging import COLUMNS
from abate.comparison.view import View
from abate.strategies.registry import strategies
from benchmarks.markdown import table
from benchmarks.strategies import Compared, Room

INTRODUCTION = """\
# Allocation strategies on the shipped cases

Written by `python -m benchmarks strategies`; run it again rather than edit it. Nothing here depends on the clock: the
same version writes the same page.

Each strategy runs with its defaults on each case and scenario, as `abate.compare(case)` does. A strategy says what
every source may emit; the cost is that of the cheapest measures that get there.

{overview}

## How to read this

{reading}
"""

READING = """\
Strategies stand in the order of the figure: the cheapest first; where a case has no costs, those first that change the
shares least. Those that hand out the same loads at the same cost share a row. A dash is what the case cannot say.

{columns}

Inequality is that of the {variable} per unit of {weight} (`abate.View`). The probability is over {samples} draws (seed
{seed}) with a relative standard deviation of {spread} where the case gives none, every draw judged against the limit
less its reserve, but not less its margin of safety.

In a figure the left panel sets cost (without costs: the share shift) against inequality; the grey line joins the
strategies that attain all targets and that no other one beats in both. The right panel says who bears it. The numbers
of both are the same, and (+2) says that two more strategies hand out the same."""

SECTION = """\
## {name}

{title}.
{counts}

{room}

{acting}

### Cost and attainment

{cost}

### Inequality

{inequality}

![Cost against inequality, and who bears the reduction: {name}]({picture})

### Left out

{left_out}

### Measures of least cost

{least_cost}
"""

STRATEGIES = """\
## The strategies

{strategies}
"""

#: The first of the columns on inequality, which make the second table.
FIRST_OF_INEQUALITY = "gini"
#: Columns in other units than shares and indices.
AMOUNTS, COUNTS = ("reduction", "quality_gain"), ("attained", "out_of_reach")


def page(results: Sequence[Compared], pictures: dict[str, str]) -> str:
    """Return the page in Markdown; `pictures` gives the place of each case's figure, as seen from the page."""
    introduction = INTRODUCTION.format(overview=_overview(results), reading=_reading(results[0].comparison.view))
    sections = [_section(result, pictures[result.name]) for result in results]
    return "\n".join([introduction, *sections, STRATEGIES.format(strategies=_strategies(results))])


def _overview(results: Sequence[Compared]) -> str:
    heading = ["case", "strategies", "of them different", "attain all targets", "left out", "least cost"]
    rows = []
    for result in results:
        comparison, targets = result.comparison, len(result.case["targets"])
        different = comparison.distinct
        cost = f"{money(result.least_cost.cost)} {_money(result)}" if result.least_cost else "none"
        counts = [len(comparison.table), len(different), int((different["attained"] == targets).sum())]
        rows.append([result.case.label, *map(str, counts), str(len(comparison.left_out)), cost])
    return table(heading, rows)


def _reading(view: View) -> str:
    columns = table(["column", "what it says"], [[_words(name), text] for name, text in COLUMNS.items()])
    return READING.format(
        columns=columns,
        variable=view.variable,
        weight={"baseline": "today's load", "equal": "party"}.get(view.weight, view.weight),
        samples=f"{view.samples:,}",
        seed=view.seed,
        spread=f"{view.relative_sd:.0%}",
    )


def _section(result: Compared, picture: str) -> str:
    names = list(COLUMNS)
    at = names.index(FIRST_OF_INEQUALITY)
    case = result.case
    pollutants = list(dict.fromkeys(case["loads"]["pollutant"].astype(str)))
    return SECTION.format(
        name=result.case.label,
        title=case.settings.title.rstrip("."),
        counts=f"{counted(len(case['sources']), 'source')}, {counted(len(case['loads']), 'load')} "
        f"({', '.join(pollutants)}), {counted(len(case['targets']), 'target')}.",
        room=_room(result.room),
        acting=_acting(result),
        cost=_columns(result, names[:at]),
        inequality=_columns(result, names[at:]),
        picture=picture,
        left_out=_left_out(result),
        least_cost=_least_cost(result),
    )


def _room(room: Sequence[Room]) -> str:
    """Return what the targets leave of today's loads, by kind."""
    heading = ["targets on", "how many", "missed today", "leave of what loads add today: least", "median", "most"]
    rows = []
    for one in room:
        shares = one.shares[~np.isnan(one.shares)]
        quantiles = np.quantile(shares, (0.0, 0.5, 1.0)) if len(shares) else np.full(3, np.nan)
        parts = ["-" if math.isnan(share) else f"{share:.0%}" for share in quantiles]
        rows.append([one.kind, str(one.targets), str(one.missed), *parts])
    return table(heading, rows)


def _acting(result: Compared) -> str:
    free = result.asked - result.acting
    text = f"Something may be asked of {counted(result.asked, 'load')}; "
    text += f"{result.acting} of them act on a missed target, " if free else "all of them act on a missed target."
    text += f"{counted(free, 'other')} may stay as today." if free else ""
    alone, missed = (sum(getattr(one, name) for one in result.room) for name in ("alone", "missed"))
    if alone:
        text += (
            f" {alone} of the {counted(missed, 'missed target')} rest on one such load each: there is nothing to "
            "divide, and strategies that ask for no more than the targets do cannot differ there."
        )
    return textwrap.fill(text, 120)


def _columns(result: Compared, names: Sequence[str]) -> str:
    comparison = result.comparison
    units = comparison.table.attrs["units"]
    same = comparison.same
    rows = comparison.distinct
    by = "share_shift" if rows["cost"].isna().all() else "cost"
    rows = rows.sort_values(by, kind="stable")
    targets = len(result.case["targets"])
    cells = [_cells(rows[name], name, targets) for name in names]
    strategies = [_shared(name, same[name]) for name in rows["strategy"]]
    heading = ["strategy", *(_words(name) + (f" [{units[name]}]" if units.get(name) else "") for name in names)]
    return table(heading, list(zip(strategies, *cells, strict=True)))


def _shared(name: str, others: Sequence[str]) -> str:
    return f"**{name}**" + (f", {', '.join(others)}" if others else "")


def _cells(column: pd.Series, name: str, targets: int) -> list[str]:
    if name == "cost":
        return [money(value) for value in column]
    if name in COUNTS:
        return [f"{value} of {targets}" if name == "attained" else str(value) for value in column]
    return [number(value) if name in AMOUNTS else _index(value) for value in column]


def _index(value: float) -> str:
    """Return a share or an index; rounding is no inequality."""
    if math.isnan(value):
        return "-"
    return f"{round(value, 3) + 0.0:.3f}" if math.isfinite(value) else "infinite"


def _left_out(result: Compared) -> str:
    left_out = result.comparison.left_out
    if not len(left_out):
        return "None."
    reasons = {reason: list(rows["strategy"]) for reason, rows in left_out.groupby("reason", sort=False)}
    return table(["strategy", "reason"], [[", ".join(names), str(reason)] for reason, names in reasons.items()])


def _least_cost(result: Compared) -> str:
    if result.least_cost is None:
        return f"There is no least-cost plan:\n\n```text\n{result.no_least_cost.strip()}\n```"
    practices = result.least_cost.practices
    units = practices.attrs["units"]
    heading = [f"{name} [{units[name]}]" if name in units else str(name) for name in practices]
    columns = [
        [
            money(value) if name == "cost" else number(value) if _is_amount(practices[name]) else str(value)
            for value in practices[name]
        ]
        for name in practices
    ]
    return table(heading, list(zip(*columns, strict=True)))


def _strategies(results: Iterable[Compared]) -> str:
    compared = {name.partition(" ")[0] for result in results for name in result.comparison.plans}
    rows = []
    for one in strategies().values():
        needed = ", ".join(one.required)
        ran = "yes" if one.name in compared else f"needs {needed}=..." if needed else "no case has what it needs"
        rows.append([one.name, one.kind, one.says, ran])
    return table(["strategy", "kind", "what it does", "above"], rows)


def _is_amount(column: pd.Series) -> bool:
    return bool(pd.api.types.is_float_dtype(column))


def _words(column: str) -> str:
    return column.replace("_", " ")


def _money(result: Compared) -> str:
    return f"{result.case.settings.currency}/yr"
