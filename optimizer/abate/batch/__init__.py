"""Many regions, one task each: a region that crashes, hangs or fails never stops the rest."""

from __future__ import annotations

from abate.batch.running import run
from abate.batch.summary import Row, Status, Summary
from abate.batch.task import Task

__all__ = ["Row", "Status", "Summary", "Task", "run"]
