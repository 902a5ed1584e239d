"""The page on the speed of the strategies: promises with met or not met, and the tables that they are read from."""

from __future__ import annotations

from statistics import median
from typing import Any

from benchmarks.markdown import table
from benchmarks.strategy_speed import GAMES, NUCLEOLUS_PLAYERS, SAVING, SHAPLEY_PLAYERS, Measured

PAGE = """\
# Speed of the strategies

Written by `python -m benchmarks strategy-speed`; run it again rather than edit it.

Times are CPU seconds of one run, in one process and after one another. Seconds are those of one machine, which others
use too: compare the ratios.

{machine}.

## What is promised

{promises}

## All rules

Cases are synthetic (`abate_data.synthetic.synthetic_case`, kind air), with random attributes, so that every rule has
what it needs. *Least cost* is one `abate.decompose` of the same case. *Prepared* is what rules share and is done once,
as in `abate.compare`: reading the case, the least load that measures reach, the cost curves, and the model of the
cheapest measures. *Hand out* is the rule alone: what each source may emit, filled up target by target (mode
progressive). *Plan* is all of it: the loads handed out once more, the cheapest measures that reach them, certificate
and tables. *Out of reach* counts loads that the rule would bring lower than measures can.

{totals}

{rules}

## Nucleolus

{games} games of {players} players, {coalitions:,} coalitions worth random amounts: {nucleolus} seconds, median
{middle:.2f}.

## Sampled Shapley value

A game of {sampled_players} players; a coalition costs the sum of its random sizes to the power {saving}. The exact
value takes {exact:.4f} seconds. Errors are root mean squares over the players, as a share of the mean value: the
standard error that `sampled_shapley` states, and what it is really off.

{sampled}
"""

#: All rules in total may take so many times one least-cost plan, and a nucleolus so many seconds.
MOST_RATIO, MOST_SECONDS = 20.0, 10.0
#: The stated standard error is right within this factor; with a few players the found one scatters.
FACTOR = 2.0


def speed_page(result: Measured, machine: dict[str, Any]) -> str:
    """Return the page in Markdown."""
    versions = ", ".join(f"{name} {version}" for name, version in machine.items() if name != "cores")
    return PAGE.format(
        machine=f"{versions}; {machine['cores']} cores",
        promises=_promises(result),
        totals=_totals(result),
        rules=_rules(result),
        games=GAMES,
        players=NUCLEOLUS_PLAYERS,
        coalitions=2**NUCLEOLUS_PLAYERS,
        nucleolus=", ".join(f"{seconds:.2f}" for seconds in result.nucleolus),
        middle=median(result.nucleolus),
        sampled_players=SHAPLEY_PLAYERS,
        saving=SAVING,
        exact=result.exact,
        sampled=_sampled(result),
    )


def _promises(result: Measured) -> str:
    rows = []
    for name, rules in result.rules.items():
        text = f"all rules in total under {MOST_RATIO:.0f} times one least-cost plan"
        for what, ratio in (("loads handed out", rules.handing_ratio), ("whole plans", rules.planning_ratio)):
            rows.append([f"{text}, {what}", name, f"{ratio:.1f}", _verdict(ratio < MOST_RATIO)])
    seconds = max(result.nucleolus)
    text = f"nucleolus of {NUCLEOLUS_PLAYERS} players in at most {MOST_SECONDS:.0f} seconds"
    rows.append([text, "the slowest", f"{seconds:.2f}", _verdict(seconds <= MOST_SECONDS)])
    for one in result.sampled:
        text = f"sampled Shapley value as far off as its standard error says, within a factor of {FACTOR:.0f}"
        ratio = one.found / one.stated
        kept = 1 / FACTOR <= ratio <= FACTOR
        rows.append([text, f"{one.samples:,} samples", f"{ratio:.2f}", _verdict(kept)])
    return table(["promise", "case", "measured", "verdict"], rows)


def _totals(result: Measured) -> str:
    rows = []
    for name, rules in result.rules.items():
        handing, planning = sum(rules.handing.values()), sum(rules.planning.values())
        seconds = [rules.least_cost, rules.prepared, handing, planning]
        ratios = [rules.handing_ratio, rules.planning_ratio]
        count = str(len(rules.handing))
        rows.append(
            [name, str(rules.size), count, *(f"{one:.1f}" for one in seconds), *(f"{one:.1f}" for one in ratios)]
        )
    heading = ["case", "sources x technologies x receptors x pollutants", "rules", "least cost", "prepared"]
    ratio = "(prepared + {}) / least cost"
    return table([*heading, "hand out", "plan", ratio.format("hand out"), ratio.format("plan")], rows)


def _rules(result: Measured) -> str:
    heading, rows = ["rule"], []
    for name in result.rules:
        heading += [f"{name}: hand out", "plan", "plan / least cost", "out of reach"]
    for rule in next(iter(result.rules.values())).handing:
        cells = [rule]
        for rules in result.rules.values():
            planning = rules.planning[rule]
            cells += [f"{rules.handing[rule]:.2f}", f"{planning:.2f}", f"{planning / rules.least_cost:.2f}"]
            cells.append(f"{rules.out_of_reach[rule]:,}")
        rows.append(cells)
    return table(heading, rows)


def _sampled(result: Measured) -> str:
    rows = [
        [f"{one.samples:,}", f"{one.stated:.3%}", f"{one.found:.3%}", f"{one.seconds:.2f}"] for one in result.sampled
    ]
    return table(["samples", "standard error stated", "error found", "seconds"], rows)


def _verdict(kept: bool) -> str:
    return "met" if kept else "**not met**"
