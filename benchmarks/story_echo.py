"""Echo Reservoir with a simulated monitoring history: what the reports say, and what is learnt from them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import abate
from abate.attainable import resolve_limits
from abate.loop.belief import Belief, start, update
from abate.loop.periods import periods_of
from abate.loop.prior import Prior
from abate.loop.simulate import StatedTruth, simulate_history
from abate_data.observations import clean_observations
from abate_models.problem import read_problem
from benchmarks.markdown import table
from benchmarks.story_ledger import cycles, recorded_sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Years of the history; the plan's measures stand from IN_FORCE_FROM on.
YEARS, IN_FORCE_FROM, SEED = range(2024, 2030), 2026, 20260101
TRUTH = StatedTruth(
    effectiveness={"nutrient-management": 0.75, "stream-bank-stabilization": 0.90, "conservation-tillage": 0.85},
    growth={"chalk-creek/grazing": 0.015},
    bias={"weber-above/runoff": 0.90},
)

PAGE = """\
# Echo Reservoir: a simulated history

Written by `python -m benchmarks stories`; run it again rather than edit it.

**Nothing on this page was measured.** The case is real, its monitoring is not: the case has no reports by source, so
they are drawn with a stated truth (`abate.loop.simulate`), against which what is learnt can be held.

    case = abate.load("echo-reservoir")
    plan = abate.decompose(case)                                  # {cost:,.0f} {currency}/yr
    truth = StatedTruth(
{truth}
    )
    history = simulate_history(case, plan, range({first}, {after}), {seed}, truth, in_force_from={in_force})

## What is true, and what the planner is not told

{stated}

Months are reported with a noise of {load_noise:.0%}, activity varies by {activity_noise:.0%} and is reported as it is.

## What the reports say

Mean of the monthly reports of {last}, the last year, in {unit}.

![Reported loads by month against the limit](echo-loop/loads.png)

{reports}

{verdict}

## What is learnt

The belief starts from the case's own figures (`Prior.of(case)`) and takes in month by month. Effectiveness is what an
option removes over what the case says; intervals hold it with a probability of 90 %.

![Effectiveness: believed before and after, and true](echo-loop/effectiveness.png)

{learnt}

{calibrated}
{realigned}"""


def echo_page() -> tuple[str, dict[str, Figure]]:
    """Return the page and its figures by name."""
    case = abate.load("echo-reservoir")
    plan = abate.decompose(case)
    history = simulate_history(case, plan, YEARS, SEED, TRUTH, in_force_from=IN_FORCE_FROM)
    still = replace(TRUTH, bias={}, load_noise=0.0)
    true = simulate_history(case, plan, YEARS, SEED, still, in_force_from=IN_FORCE_FROM)
    effectiveness = _effectiveness(plan, *_beliefs(case, plan, history))
    reports = _reports(plan, history, true)
    text = PAGE.format(
        cost=plan.cost,
        currency=case.settings.currency,
        truth=_arguments(),
        first=YEARS[0],
        after=YEARS[-1] + 1,
        last=YEARS[-1],
        seed=SEED,
        in_force=IN_FORCE_FROM,
        stated=_stated(),
        load_noise=TRUTH.load_noise,
        activity_noise=TRUTH.activity_noise,
        unit=case.settings.units.load,
        reports=_reports_table(reports),
        verdict=_verdict(reports),
        learnt=_learnt_table(effectiveness),
        calibrated=_calibrated(effectiveness),
        realigned=realigned(case, plan, history),
    )
    return text, {
        "loads": loads_figure(plan, history, true, case.settings.units.load),
        "effectiveness": effectiveness_figure(effectiveness),
    }


REALIGNED = """
## What is revised, and recorded

    plan = abate.in_force(plan, since="{in_force}-01-01")
    abate.revise(case, plan, history, ledger="plans.db")         # once a year, with all that is known by then

From {in_force} on each year is a cycle, and the next year is drawn from the same truth with the revised plan in force.

{cycles}

*True* is how many of {targets} targets hold in the next year under the plan of each cycle, in the truth that nobody was
told; they are asked to hold with a probability of 80 %. Where they cannot all be held with what is now believed of the
measures, the smallest easing is proposed with the plan: *eased* counts the targets. After the last cycle these removals
of the library are proposed to be revised, in {unit}, with the interval that holds the truth with a probability of 90 %:

{standards}

{recorded}
"""


def realigned(case: abate.Case, plan: abate.Plan, history: pd.DataFrame) -> str:
    """Return the section on what is revised year by year, and recorded in a ledger."""
    before = history[history["period_end"] < f"{IN_FORCE_FROM}-01-01"]

    def monitored(plan: abate.Plan, year: int) -> pd.DataFrame:
        drawn = simulate_history(case, plan, range(YEARS[0], year + 1), SEED, TRUTH, in_force_from=IN_FORCE_FROM)
        of_year = drawn[drawn["period_start"].str[:4] == str(year)]
        return pd.concat([before, of_year]) if year == IN_FORCE_FROM else of_year

    told = cycles(
        case, plan, f"{IN_FORCE_FROM}-01-01", monitored, range(IN_FORCE_FROM, YEARS[-1] + 1), abate.Realignment()
    )
    rows = [
        [
            one.inputs.cycle[:4],
            "new plan" if one.renewed else "stands",
            f"{one.plan.cost:,.0f}",
            str(len(one.changes)),
            str(len(one.targets)),
            str(_truly_attained(case, one.plan, int(one.inputs.cycle[:4]) + 1)),
            one.how,
        ]
        for one in told.revisions
    ]
    standards = [
        [
            f"`{one.measure}`",
            f"{one.library:.4g}",
            f"{one.proposed:.4g}",
            f"{one.lower:.4g} to {one.upper:.4g}",
            f"{one.library * TRUTH.effectiveness.get(str(one.measure), 1.0):.4g}",
            str(one.sources),
        ]
        for one in told.revisions[-1].standards.itertuples()
    ]
    return REALIGNED.format(
        cycles=table(["cycle", "plan", f"cost [{case.settings.currency}/yr]", "moved", "eased", "true", "model"], rows),
        in_force=IN_FORCE_FROM,
        targets=len(case["targets"]),
        unit="the unit of the table removals",
        standards=table(["measure", "library", "proposed", "interval", "truth", "sources"], standards),
        recorded=recorded_sentence(told),
    )


def _truly_attained(case: abate.Case, plan: abate.Plan, year: int) -> int:
    """Return how many targets hold in a year under a plan in the stated truth, without noise."""
    still = replace(TRUTH, bias={}, load_noise=0.0, activity_noise=0.0)
    drawn = simulate_history(case, plan, range(YEARS[0], year + 1), SEED, still, in_force_from=IN_FORCE_FROM)
    of_year = drawn[(drawn["period_start"].str[:4] == str(year)) & (drawn["kind"] == "load")]
    load = of_year.groupby(["source", "pollutant"])["value"].mean()
    problem, _ = resolve_limits(read_problem(case))
    value = problem.targets.scope @ load.reindex(pd.MultiIndex.from_tuples(problem.loads.keys)).to_numpy()
    return int((value <= problem.targets.allowed * (1 + 1e-6)).sum())


def _arguments() -> str:
    return "\n".join(f"        {name}={getattr(TRUTH, name)}," for name in ("effectiveness", "growth", "bias"))


def _stated() -> str:
    said = {
        "effectiveness": "removes, of what the case says",
        "growth": "activity grows a year by",
        "bias": "reports, of its true load",
    }
    rows = [
        [f"`{name}`", words, f"{value:.1%}" if kind == "growth" else f"{value:.0%}"]
        for kind, words in said.items()
        for name, value in getattr(TRUTH, kind).items()
    ]
    return table(["who", "what", "how much"], rows)


def _beliefs(case: abate.Case, plan: abate.Plan, history: pd.DataFrame) -> tuple[Belief, Belief]:
    """Return the belief before the first month and after the last."""
    problem = read_problem(case)
    before = after = start(problem, Prior.of(case))
    used = dict(
        zip(zip(plan.measures["source"], plan.measures["measure"], strict=True), plan.measures["extent"], strict=True)
    )
    extents = np.array([used.get(key, 0.0) for key in problem.options.keys])
    for period in periods_of(clean_observations(case, history).table, problem):
        in_force = period.start >= f"{IN_FORCE_FROM}-01-01"
        after, _ = update(after, problem, period, extents if in_force else np.zeros(len(extents)))
    return before, after


def _effectiveness(plan: abate.Plan, before: Belief, after: Belief) -> pd.DataFrame:
    """Return a row per option in use: what is believed of it before and after, and the truth."""
    keys = ["source", "measure"]
    first, last = (
        belief.parameters().query("kind == 'effectiveness'")[[*keys, "mean", "lower", "upper"]]
        for belief in (before, after)
    )
    joined = plan.measures[keys].astype(str).merge(first, on=keys).merge(last, on=keys, suffixes=("_before", "_after"))
    return joined.assign(true=[TRUTH.effectiveness.get(name, 1.0) for name in joined["measure"]])


def _reports(plan: abate.Plan, history: pd.DataFrame, true: pd.DataFrame) -> pd.DataFrame:
    """Return a row per source: limit, planned, reported and true load of the last year."""
    limit = plan.attainment.set_index("target")["limit"]
    rows = []
    for row in plan.allocation.itertuples():
        reported, real = (_of(table, row.source, YEARS[-1])["value"].mean() for table in (history, true))
        rows.append([row.source, row.baseline, limit[row.source], reported, real])
    return pd.DataFrame(rows, columns=["source", "baseline", "limit", "reported", "true"])


def _of(history: pd.DataFrame, source: str, year: int | None = None) -> pd.DataFrame:
    rows = history[(history["kind"] == "load") & (history["source"] == source)]
    return rows if year is None else rows[rows["period_end"].str.startswith(str(year))]


def _reports_table(reports: pd.DataFrame) -> str:
    rows = [
        [
            str(one.source),
            *(f"{value:,.0f}" for value in (one.baseline, one.limit)),
            _marked(one.reported, one.limit),
            _marked(one.true, one.limit),
        ]
        for one in reports.itertuples()
    ]
    return table(["source", "before the plan", "limit", "reported", "true"], rows) + "\n\nAbove the limit in **bold**."


def _marked(value: float, limit: float) -> str:
    return f"**{value:,.0f}**" if value > limit else f"{value:,.0f}"


def _verdict(reports: pd.DataFrame) -> str:
    reported, true = reports["reported"] > reports["limit"], reports["true"] > reports["limit"]
    return (
        f"By their reports {int(reported.sum())} of {len(reports)} sources are above their limit, in truth "
        f"{int(true.sum())}; the reports are wrong about {int((reported != true).sum())}. A limit that a plan meets "
        "exactly is met in every other month of a truth that is as planned."
    )


def _learnt_table(effectiveness: pd.DataFrame) -> str:
    rows = [
        [
            f"{one.source}: {one.measure}",
            f"{one.mean_before:.2f} [{one.lower_before:.2f}, {one.upper_before:.2f}]",
            f"{one.mean_after:.2f} [{one.lower_after:.2f}, {one.upper_after:.2f}]",
            f"{one.true:.2f}",
        ]
        for one in effectiveness.itertuples()
    ]
    return table(["option in use", "before", "after", "true"], rows)


def _calibrated(effectiveness: pd.DataFrame) -> str:
    inside = (effectiveness["lower_after"] <= effectiveness["true"]) & (
        effectiveness["true"] <= effectiveness["upper_after"]
    )
    width = [(effectiveness[f"upper_{when}"] - effectiveness[f"lower_{when}"]).median() for when in ("before", "after")]
    return (
        f"{int(inside.sum())} of {len(inside)} intervals hold the truth. The median interval is {width[1]:.2f} wide "
        f"after the history, {width[0]:.2f} before it: where a measure takes a tenth of a load, a noise of "
        f"{TRUTH.load_noise:.0%} a month and a bias that nobody knows hide most of what it does, while what is known "
        "of it fades with the drift that the prior expects."
    )


_REPORTED, _TRUE, _LIMIT, _BEFORE = "#7fa6cc", "#1f4e79", "#c26a00", "#b9cfe4"


def loads_figure(plan: abate.Plan, history: pd.DataFrame, true: pd.DataFrame, unit: str) -> Figure:
    """Return a panel per source: reports of each month, the true load, the limit."""
    from matplotlib.figure import Figure

    limit = plan.attainment.set_index("target")["limit"]
    figure = Figure(figsize=(13.5, 8.4), layout="constrained")
    panels = figure.subplots(3, 3, sharex=True).ravel()
    for panel, source in zip(panels, plan.allocation["source"], strict=True):
        _load_panel(panel, _of(history, source), _of(true, source), float(limit[source]))
        panel.set_title(source, fontsize="medium")
    for panel in panels[::3]:
        panel.set_ylabel(f"P [{unit}]")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    figure.suptitle("Echo Reservoir, simulated: reported and true loads against the limit of each source")
    return figure


def _load_panel(panel: Axes, reported: pd.DataFrame, true: pd.DataFrame, limit: float) -> None:
    month = YEARS[0] + (np.arange(len(reported)) + 0.5) / 12
    panel.plot(month, reported["value"], ".", color=_REPORTED, label="reported (simulated)")
    panel.plot(month, true["value"], color=_TRUE, linewidth=1.2, label="true")
    panel.plot([IN_FORCE_FROM, YEARS[-1] + 1], [limit, limit], color=_LIMIT, linestyle="--", label="limit")
    panel.axvline(IN_FORCE_FROM, color="#888888", linewidth=0.8, linestyle=":", label="measures stand")
    panel.set_ylim(0, 1.1 * max(reported["value"].max(), true["value"].max()))
    panel.set_xticks(list(YEARS))
    panel.spines[["top", "right"]].set_visible(False)


def effectiveness_figure(effectiveness: pd.DataFrame) -> Figure:
    """Return an interval per option in use, before and after the history, with the truth."""
    from matplotlib.figure import Figure

    shown = effectiveness.iloc[::-1]
    place = np.arange(len(shown))
    figure = Figure(figsize=(9.5, 4.8), layout="constrained")
    panel = figure.subplots()
    for when, offset, colour, width in (("before", 0.16, _BEFORE, 5.0), ("after", -0.08, _TRUE, 5.0)):
        ends = shown[f"lower_{when}"], shown[f"upper_{when}"]
        panel.hlines(place + offset, *ends, color=colour, linewidth=width, label=f"believed {when}, 90 %")
        panel.plot(shown[f"mean_{when}"], place + offset, "|", color="white", markersize=7)
    panel.plot(shown["true"], place, "D", color=_LIMIT, markersize=5, label="true")
    panel.axvline(1.0, color="#888888", linewidth=0.8, linestyle=":")
    panel.set_yticks(place, [f"{one.source}: {one.measure}" for one in shown.itertuples()])
    panel.set_xlabel("removal over what the case says")
    panel.set_title("What is learnt of the measures in use", fontsize="medium")
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    panel.spines[["top", "right"]].set_visible(False)
    return figure
