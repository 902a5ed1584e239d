"""What a comparison of strategies says: what fairness costs, who bears what, and what could not be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abate.comparison.judging import in_percent
from abate.report.charts import strategies
from abate.report.parts import Section, Tile, pictures, table
from abate.report.sections.plan import asked_section
from abate.words import Words

if TYPE_CHECKING:
    from abate.comparison.comparing import Comparison


def comparison_sections(comparison: Comparison, words: Words) -> tuple[Section, ...]:
    """Return the sections of a comparison."""
    return (_summary(comparison, words), _side_by_side(comparison, words), _who(comparison, words),
            asked_section(comparison.case, words))  # fmt: skip


def _summary(comparison: Comparison, words: Words) -> Section:
    table_, whole = comparison.table, len(comparison.case["targets"])
    reached = table_[table_["attained"] >= whole]
    currency = f"{comparison.case.settings.currency}/{words.unit('yr')}"
    attain = words("report.attain_all", count=len(reached))
    tiles = [Tile(words("report.strategies"), words.number(len(table_)), attain)]
    costs = reached.dropna(subset=["cost"]).sort_values("cost", kind="stable")
    for key, rows in (("report.cheapest", costs.head(1)), ("report.dearest", costs.tail(1))):
        tiles += [
            Tile(words(key), words.money(cost, currency), name)
            for name, cost in zip(rows["strategy"], rows["cost"].to_list(), strict=True)
        ]
    return Section("summary", words("report.summary"), (words("report.comparison_told"),), tuple(tiles))


def _side_by_side(comparison: Comparison, words: Words) -> Section:
    return Section(
        "strategies",
        words("report.side_by_side"),
        (
            words("report.chance", deviation=words.percent(100 * comparison.view.relative_sd)),
            *(
                words("report.same", first=first, others=", ".join(others))
                for first, others in comparison.same.items()
                if others
            ),
        ),
        pictures=pictures({"cost-inequality": strategies.cost_inequality(comparison, words)}, words),
        tables=(
            *table("comparison", in_percent(comparison.table), words),
            *table("left-out", comparison.left_out, words),
        ),
    )


def _who(comparison: Comparison, words: Words) -> Section:
    return Section(
        "burden",
        words("report.burden"),
        pictures=pictures({"burden": strategies.burden(comparison, words)}, words),
        tables=(
            *table("strategy-loads", comparison.loads, words),
            *table("strategy-targets", comparison.targets, words),
        ),
    )
