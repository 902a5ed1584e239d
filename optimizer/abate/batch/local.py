"""A batch on this machine: a thread for each worker process, which waits for it."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from abate.batch.crew import AHEAD, drive
from abate.batch.jobs import Job, Jobs
from abate.batch.task import Outcome
from abate.batch.worker import Workers


def run_local(jobs: Jobs, compute: bytes, workers: int, time_limit: float | None) -> None:
    """Run all jobs in worker processes; when it returns or raises, none of these is left.

    Parameters
    ----------
    compute : the packed function.
    workers : most processes at a time.
    time_limit : seconds for each attempt; None for no limit.

    Raises
    ------
    AbateError
        Where workers do not start, or cannot load the function.
    Exception
        Whatever the iterator of the tasks or `keep` raises.
    """
    crew = _Local(compute, workers, time_limit)
    try:
        drive(jobs, crew)
    finally:
        crew.stop()


class _Local:
    """Threads, each of which gives jobs to a worker process and waits for the answer."""

    def __init__(self, compute: bytes, workers: int, time_limit: float | None) -> None:
        self._size, self._time_limit = workers, time_limit
        self._workers = Workers(compute)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="abate-batch")

    def most(self) -> int:
        return AHEAD * self._size

    def submit(self, job: Job) -> Future[Outcome]:
        return self._threads.submit(self._workers.attempt, job.packed, self._time_limit)

    def outcome(self, future: Future[Outcome]) -> Outcome:
        return future.result()

    def stop(self) -> None:
        self._workers.stop()
        self._threads.shutdown(cancel_futures=True)
