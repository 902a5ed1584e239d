"""Keeps the books of a batch: which task is next, which is tried again, what is kept, and one row per region."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import length_hint
from typing import Any

from abate.attainable import Progress
from abate.batch.summary import Row, Status, Summary
from abate.batch.task import Outcome, Task, describe, pack, unpack

logger = logging.getLogger(__name__)

Keep = Callable[[Task, Any], None]


@dataclass(eq=False)
class Job:
    """A task that is on its way.

    Attributes
    ----------
    number : its place among the tasks.
    task : as it was given.
    packed : the task as it travels.
    attempts : how many have ended.
    seconds : wall-clock time of these, s.
    """

    number: int
    task: Task
    packed: bytes
    attempts: int = 0
    seconds: float = 0.0


class Jobs:
    """The jobs of a batch, each taken and settled by whoever runs it; of a settled job only its row is left.

    Parameters
    ----------
    tasks : taken one at a time.
    keep : called with the task and the result of each region that is done.
    retries : how often a job is taken again after an attempt that may end otherwise.
    progress : called with (region, regions that ended, regions in total or 0 where that is not known).
    """

    def __init__(self, tasks: Iterable[Task], keep: Keep, retries: int, progress: Progress) -> None:
        self._total = length_hint(tasks, 0)
        self._tasks = enumerate(tasks)
        self._keep = keep
        self._retries = retries
        self._progress = progress
        self._again: deque[Job] = deque()
        self._rows: dict[int, Row] = {}
        self._regions: set[str] = set()

    @property
    def summary(self) -> Summary:
        """The rows of all regions that ended, in the order of the tasks."""
        return Summary(tuple(row for _, row in sorted(self._rows.items())))

    def take(self) -> Job | None:
        """Return the next job; None where there is none now, though one that is on its way may have to be retried."""
        if self._again:
            return self._again.popleft()
        for number, task in self._tasks:
            if job := self._admit(number, task):
                return job
        return None

    def settle(self, job: Job, outcome: Outcome) -> None:
        """Have a job taken again where that may help, else keep its result and write its row.

        Raises
        ------
        Exception
            Whatever `keep` raises; the region then has no row.
        """
        job.attempts += 1
        job.seconds += outcome.seconds
        status, message = outcome.status, outcome.message
        if status is Status.DONE:
            try:
                result = unpack(outcome.result)
            except Exception as error:
                status, message = Status.FAILED, f"its result could not be read: {describe(error)}"
            else:
                self._keep(job.task, result)
        else:
            logger.info("region %s %s: %s\n%s", job.task.region, status, message, outcome.trace)
            if outcome.again and job.attempts <= self._retries:
                self._again.append(job)
                return
        self._write(job.number, Row(job.task.region, status, job.attempts, job.seconds, message))

    def _admit(self, number: int, task: Task) -> Job | None:
        """Return a task as a job, or fail it where it cannot even start."""
        fault = "the region stands twice in the batch; give each a name of its own" if self._seen(task.region) else ""
        if not fault:
            try:
                return Job(number, task, pack(task))
            except Exception as error:
                fault = f"its task cannot be sent to a worker: {describe(error)}"
        self._write(number, Row(task.region, Status.FAILED, 0, 0.0, fault))
        return None

    def _seen(self, region: str) -> bool:
        """Return whether a region was there before, and remember it."""
        before = len(self._regions)
        self._regions.add(region)
        return len(self._regions) == before

    def _write(self, number: int, row: Row) -> None:
        self._rows[number] = row
        self._progress(row.region, len(self._rows), self._total)
