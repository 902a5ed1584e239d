"""What came of a batch: one small row for each region."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from enum import StrEnum

import pandas as pd


class Status(StrEnum):
    """How a region ended."""

    DONE = "done"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    CRASHED = "crashed"


@dataclass(frozen=True)
class Row:
    """What came of one region.

    Attributes
    ----------
    region : its name.
    status : done; failed (an error was raised), timed out (it was stopped at the time limit) or crashed (its worker
        ended), of the last attempt.
    attempts : how often it was tried.
    seconds : wall-clock time of all attempts together, s.
    message : what went wrong in the last attempt, in words; empty where it is done.
    """

    region: str
    status: Status
    attempts: int
    seconds: float
    message: str


@dataclass(frozen=True)
class Summary:
    """What came of a batch.

    Attributes
    ----------
    rows : a `Row` per region, in the order of the tasks.
    """

    rows: tuple[Row, ...]

    @property
    def table(self) -> pd.DataFrame:
        """Region, status, attempts, seconds [s] and message, a row per region in the order of the tasks."""
        columns = [field.name for field in fields(Row)]
        records = [(row.region, str(row.status), row.attempts, row.seconds, row.message) for row in self.rows]
        return pd.DataFrame.from_records(records, columns=columns)

    @property
    def failed(self) -> tuple[Row, ...]:
        """The rows of the regions that are not done, for whatever reason."""
        return tuple(row for row in self.rows if row.status is not Status.DONE)

    def __str__(self) -> str:
        counts = Counter(row.status for row in self.rows)
        others = "".join(
            f", {counts[status]} {status}" for status in Status if status is not Status.DONE and counts[status]
        )
        return f"{counts[Status.DONE]} of {len(self.rows)} regions done{others}"
