"""What a recorded cycle says, drawn together for pages: how targets stand, what warns, what was planned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from abate.ledger import Entry

Table = Mapping[str, list[Any]]

ON_TRACK = "on track"
#: The verdicts on a target, best first.
VERDICTS = ("attained", "not certain", "missed")
#: An interval is drawn on a scale from 0 to this many times the limit.
SCALE = 1.5


@dataclass(frozen=True)
class Interval:
    """A value with its interval on the scale of its limit, which lies at 1; each from 0 to `SCALE`."""

    expected: float
    lower: float
    upper: float


@dataclass(frozen=True)
class CycleView:
    """A cycle of a region as a page shows it.

    Attributes
    ----------
    entry : as it was recorded.
    verdicts : number of targets by verdict, in the order of `VERDICTS`.
    late : rows of early warnings that are not on track.
    alarms : number of series that began to differ from what was expected, in the last year.
    """

    entry: Entry
    verdicts: dict[str, int]
    late: list[dict[str, Any]]
    alarms: int

    @property
    def renewed(self) -> bool:
        """Whether a new plan was proposed."""
        return bool(self.entry.result.get("renewed"))

    def table(self, name: str) -> Table:
        """Return one of the result's tables; an empty one where an older abate did not record it."""
        found: Table = self.entry.result.get("tables", {}).get(name, {})
        return found

    def latest_first(self, name: str, column: str) -> Table:
        """Return one of the result's tables with the rows of the latest year or day first."""
        found = self.table(name)
        moments = found.get(column, [])
        order = sorted(range(len(moments)), key=lambda row: str(moments[row]), reverse=True)
        return {key: [values[row] for row in order] for key, values in found.items()}

    def intervals(self) -> list[Interval | None]:
        """Return for each target what it is believed to stand at, relative to its limit; None where it has none."""
        table = self.table("evaluated_attainment")
        columns = [table.get(name, []) for name in ("expected", "lower", "upper", "limit")]
        return [_interval(*row) for row in zip(*columns, strict=False)]


def view(entry: Entry) -> CycleView:
    """Return what a page shows of an entry."""
    tables = entry.result.get("tables", {})
    counted = Counter(tables.get("evaluated_attainment", {}).get("verdict", []))
    verdicts = {name: counted[name] for name in VERDICTS if counted[name]}
    late = [
        row for row in rows(tables.get("evaluated_warnings", {})) if row.get("standing") not in (ON_TRACK, "", None)
    ]
    return CycleView(entry, verdicts, late, len(_recent(tables)))


def _recent(tables: Mapping[str, Table]) -> list[str]:
    """Return when the alarms of the last year were raised; the table holds those of the whole history."""
    detected = [str(day) for day in tables.get("evaluated_alarms", {}).get("detected", [])]
    until = max((str(day) for day in tables.get("evaluated_forecasts", {}).get("made", [])), default="")
    if not until[:4].isdecimal():
        return detected
    return [day for day in detected if day > f"{int(until[:4]) - 1}{until[4:]}"]


def rows(table: Table) -> Iterable[dict[str, Any]]:
    """Return a table of lists by column as rows."""
    return [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]


def newest(history: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return for each region the row of the newest revision of the cycle that was begun last."""
    begun = {row["region"]: row["cycle"] for row in history if row["revision"] == 1}
    found: dict[str, dict[str, Any]] = {}
    for row in history:
        if begun.get(row["region"]) == row["cycle"]:
            found[row["region"]] = row
    return found


def _interval(expected: float | None, lower: float | None, upper: float | None, limit: float | None) -> Interval | None:
    if not limit or limit < 0 or None in (expected, lower, upper):
        return None
    return Interval(*(max(0.0, min(SCALE, value / limit)) for value in (expected, lower, upper) if value is not None))
