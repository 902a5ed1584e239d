"""Where jobs are computed, and the loop that keeps it busy."""

from __future__ import annotations

import queue
from collections.abc import Callable
from typing import Any, Protocol

from abate.batch.jobs import Job, Jobs
from abate.batch.task import Outcome

#: Jobs that are handed over for each that can run: one that runs, one that is there when it ends.
AHEAD = 2
#: Longest wait before Ctrl-C is heard on systems on which a wait cannot be interrupted, s.
TICK = 1.0


class Future(Protocol):
    """What stands for a job that was handed over: a future of `concurrent.futures`, or of dask."""

    def add_done_callback(self, call: Callable[[Any], Any]) -> None:
        """Have something called with the future when the job has ended."""


class Crew(Protocol):
    """Where jobs are computed."""

    def most(self) -> int:
        """Return how many jobs it can make use of at the moment."""

    def submit(self, job: Job) -> Future:
        """Hand a job over, without waiting."""

    def outcome(self, future: Any) -> Outcome:
        """Return what came of a job that has ended.

        Raises
        ------
        AbateError
            Where the crew can go on no more.
        """


def drive(jobs: Jobs, crew: Crew) -> None:
    """Have all jobs computed and settled, in the order in which they end.

    Raises
    ------
    Exception
        Whatever stops the batch: the crew, the iterator of the tasks, or whoever keeps the results.
    """
    running: dict[Job, Future] = {}
    ended: queue.SimpleQueue[Job] = queue.SimpleQueue()
    while True:
        while len(running) < crew.most() and (job := jobs.take()):
            running[job] = crew.submit(job)
            running[job].add_done_callback(_putting(ended, job))
        if not running:
            return
        try:
            job = ended.get(timeout=TICK)
        except queue.Empty:
            continue
        jobs.settle(job, crew.outcome(running.pop(job)))


def _putting(ended: queue.SimpleQueue[Job], job: Job) -> Callable[[Any], None]:
    return lambda _future: ended.put(job)
