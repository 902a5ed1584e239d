"""What an inspector can hold each source to, as far as a page has room for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abate.indicators import indicators
from abate.report.parts import Section, table
from abate.words import Words

if TYPE_CHECKING:
    from abate.plan import Plan


#: What a page has room for of the table of permits.
_COLUMNS = (
    "source",
    "pollutant",
    "kind",
    "permitted_today",
    "allowed",
    "percent",
    "concentration",
    "average_monthly",
    "maximum_daily",
    "no_concentration",
    "targets",
)


def permits_section(plan: Plan, words: Words) -> Section:
    """Return the section of permits: allowed load, concentration and removal of each source, and how it is judged."""
    made = indicators(plan)
    return Section(
        "permits",
        words("report.permits"),
        (words("report.permits_told"),),
        tables=table("permits", made.permits, words, _COLUMNS),
    )
