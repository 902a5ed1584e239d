"""Strategies side by side on the screen."""

from __future__ import annotations

import pandas as pd
from rich.console import Console

from abate.cli.show import WITHIN_REACH, printable, show_title, tabled
from abate.comparison.comparing import Comparison
from abate.comparison.judging import in_percent

#: The parts of the table that fit a screen, by their headings.
_PARTS = {
    "cost, attainment and use of capacity": (
        *("cost", "over_least_cost", "attained", "worst_margin", "probability", "out_of_reach", "unused"),
    ),
    "what is taken away, and where": ("reduction", "quality_gain", "transfer_efficiency", "share_shift"),
    "inequality": ("gini", "theil", "atkinson", "jain", "hoover", "max_over_mean", "envy"),
}


def show_comparison(screen: Console, comparison: Comparison) -> None:
    """Show the table of a comparison in parts, strategies that hand out the same once, and what was left out."""
    show_title(screen, comparison.case)
    shown = _shown(comparison)
    for heading, columns in _PARTS.items():
        known = [column for column in columns if shown[column].notna().any()]
        of = f" of {comparison.table.attrs['inequality']}" if heading == "inequality" else ""
        if known:
            screen.print(f"\n{heading}{of}")
            screen.print(tabled(_part(shown, known), whole=("strategy",)))
    _show_notes(screen, comparison)


def _shown(comparison: Comparison) -> pd.DataFrame:
    """Return the rows that differ, with shares in percent and targets as attained of all."""
    table = in_percent(comparison.distinct)
    count = len(comparison.case["targets"])
    table["attained"] = [f"{attained} of {count}" for attained in table["attained"]]
    return table


def _part(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    words = {name: name.replace("_", "\n") for name in columns}
    part = table[["strategy", *columns]].rename(columns=words)
    part.attrs["units"] = {words[name]: unit for name, unit in table.attrs["units"].items() if name in words}
    return part


def _show_notes(screen: Console, comparison: Comparison) -> None:
    same = {name: others for name, others in comparison.same.items() if others}
    if same:
        screen.print("\nhand out the same")
        for name, others in same.items():
            screen.print(printable(f"  {name}: {', '.join(others)}"))
    if (comparison.table["out_of_reach"] > 0).any():
        screen.print(f"\n{WITHIN_REACH}")
    if len(comparison.left_out):
        screen.print("\nleft out")
        for reason, names in comparison.left_out.groupby("reason", sort=False)["strategy"]:
            screen.print(printable(f"  {', '.join(names)}: {reason}"))
        screen.print("name one with --strategy to see what to do about it")
