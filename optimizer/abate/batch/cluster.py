"""A batch on a cluster of dask, which places the regions and runs them again when one of its workers dies.

One region is one task of dask, submitted a few at a time. A thread of a dask worker does not compute it but gives it to
a process beside it, as on one machine, kills that in time and starts it anew after a crash. So no region can take a
dask worker down, nor the regions that run beside it; and a nanny, which gives up where its worker dies at its start, is
not needed.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import current_process

from distributed import CancelledError, Client, Future, KilledWorker

from abate.batch.crew import AHEAD, drive
from abate.batch.jobs import Job, Jobs
from abate.batch.summary import Status
from abate.batch.task import Outcome, describe
from abate.batch.worker import Workers
from abate.errors import AbateError, Finding, InputError

logger = logging.getLogger(__name__)

#: How often the driver asks how many workers there are, s.
LOOK = 5.0
LOST = "the cluster was lost, or somebody restarted it; run the batch again without the regions that are kept"


def run_cluster(jobs: Jobs, compute: bytes, client: Client | str, time_limit: float | None) -> None:
    """Run all jobs on a cluster; when it returns or raises, none is left there.

    Parameters
    ----------
    compute : the packed function.
    client : of dask, or the address of its scheduler.
    time_limit : seconds for each attempt; None for no limit.

    Raises
    ------
    InputError
        Where the client is no client.
    AbateError
        Where the scheduler cannot be reached, or is lost.
    Exception
        Whatever the iterator of the tasks or `keep` raises.
    """
    with _connected(client) as live:
        crew = _Cluster(live, compute, time_limit)
        try:
            drive(jobs, crew)
        finally:
            crew.stop()


@contextmanager
def _connected(client: Client | str) -> Iterator[Client]:
    """Give the client itself, or one of our own that is closed in the end."""
    if isinstance(client, str):
        try:
            own = Client(client, set_as_default=False)
        except (OSError, ValueError) as error:
            raise AbateError(f"no scheduler answers at {client} ({error}); start it or correct the address") from error
        with own:
            yield own
    elif isinstance(client, Client) and not client.asynchronous:
        yield client
    else:
        cure = "give a distributed.Client that is not asynchronous, or a scheduler's address"
        raise InputError([Finding("options", "is no client", cure, column="client", value=repr(client)[:80])])


class _Cluster:
    """The tasks of one batch on a cluster."""

    def __init__(self, client: Client, compute: bytes, time_limit: float | None) -> None:
        self._client, self._compute, self._time_limit = client, compute, time_limit
        self._name = f"abate-batch-{uuid.uuid4().hex}"
        self._futures: dict[str, Future] = {}
        self._threads, self._looked = 1, -LOOK

    def most(self) -> int:
        if self._client.status != "running":
            raise AbateError(LOST)
        if time.monotonic() - self._looked > LOOK:
            before, self._threads, self._looked = self._threads, self._count_threads(), time.monotonic()
            if before and not self._threads:
                logger.warning("the cluster has no worker at the moment; the batch waits for one")
        return AHEAD * max(self._threads, 1)

    def _count_threads(self) -> int:
        try:
            return sum(self._client.nthreads().values())
        except OSError as error:
            raise AbateError(LOST) from error

    def submit(self, job: Job) -> Future:
        key = f"{self._name}-{job.number}-{job.attempts}"
        with warnings.catch_warnings():  # dask would have large tables scattered, but then they die with their worker
            warnings.filterwarnings("ignore", "Sending large graph")
            future = self._client.submit(
                attempt_beside, self._name, self._compute, job.packed, self._time_limit, key=key, pure=False
            )
        self._futures[key] = future
        return future

    def outcome(self, future: Future) -> Outcome:
        del self._futures[future.key]
        try:
            outcome: Outcome = future.result()
        except KilledWorker as error:
            return Outcome(Status.CRASHED, 0.0, f"dask's worker died {error.allowed_failures + 1} times in a row")
        except CancelledError as error:
            raise AbateError(LOST) from error
        except Exception as error:  # could not even begin, for instance because abate is not installed there
            return Outcome(Status.FAILED, 0.0, describe(error))
        return outcome

    def stop(self) -> None:
        if self._client.status == "running":
            self._client.cancel(list(self._futures.values()), force=True)
            with suppress(OSError):  # a worker that has just gone needs no more stopping
                self._client.run(stop_beside, self._name, on_error="ignore")


#: Processes beside this dask worker, by batch; None for a batch that has ended, though a task of it may still come.
_BESIDE: dict[str, Workers | None] = {}
_LOCK = threading.Lock()


def attempt_beside(batch: str, compute: bytes, task: bytes, time_limit: float | None) -> Outcome:
    """Compute a packed task in a process beside the dask worker that this runs on."""
    with _LOCK:
        if current_process().daemon:  # as dask starts its workers; such a process may not start others
            current_process().daemon = False
        workers = _BESIDE.setdefault(batch, Workers(compute))
    if workers is None:
        raise AbateError("the batch was stopped")
    return workers.attempt(task, time_limit)


def stop_beside(batch: str) -> None:
    """End the processes of a batch beside the dask worker that this runs on."""
    with _LOCK:
        workers, _BESIDE[batch] = _BESIDE.get(batch), None
    if workers is not None:
        workers.stop()
